"""The day a document was published: where its format, its text, its name or its file states one.

In this order: a field that its format has for it (a page's metadata, a mail's header), a header line of the
text, a byline, a heading that ends with a day, the file name or address, and at last the file's own time. A day that
does not exist or is still to come is not taken, nor 03/04/2024 where the text does not show which order it keeps:
then the next origin is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from rag.types import Document, PublishedFrom

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_WEEKDAYS = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
#: A calendar date in words or digits.
_DATE = (
    rf"{_WEEKDAYS}(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{4}}/\d{{1,2}}/\d{{1,2}}|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}|"
    rf"(?:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTHS})\.?,?\s+\d{{4}})(?!\d)"
)
#: ``date 2024-03-27``, ``Date: 27 March 2024``, ``published: …`` at the start of a line.
HEADER_DATE = re.compile(
    rf"^[ \t]*[\"']?(?:date|(?:first[ \t]+)?published(?:[ \t]+(?:on|at)|_at)?|publi(?:cation|shed|sh)[ _]?date|"
    rf"date[ _]published|pubdate|posted(?:[ \t]+on)?)[\"']?\s*[:=]?\s*"
    # A row of a table goes on: "Date: 27 March 2024; Flight: …".
    rf"[\"']?(?P<date>{_DATE})[\"']?(?:T[\d:.]+(?:Z|[+-][\d:]+)?[\"']?)?(?![\dTZ:.+-]*[\"']?\s*;)",
    re.IGNORECASE | re.MULTILINE,
)
#: ``Invoice date: 12 December 2024``, at the start of a line or of a column.
_LABEL_DATE = re.compile(
    r"(?:^[ \t]*|(?<=[ \t]{2})|(?<=\t)|(?<=\|)|(?<=\|[ \t]))"
    r"(?:(?:invoice|bill|billing|issue|letter|statement|report|receipt|quotation)[ \t]+date|"
    r"date[ \t]+of[ \t]+(?:issue|invoice|letter|statement|report|publication)|issued(?:[ \t]+on)?|dated|"
    rf"(?:rechnungs|brief)?datum)[ \t]*:[ \t]*(?P<date>{_DATE})",
    re.IGNORECASE | re.MULTILINE,
)
#: ``by Jane M. Doe on April 11, 2021``; the name may be missing, but "by both sides on …" is none.
BYLINE_DATE = re.compile(
    rf"^[ \t]*by[ \t]+(?:(?-i:(?![a-z]))(?:[^\n.|·•]|(?<=\b\w)\.){{1,80}}?"
    rf"(?:\s+on\s+|,\s*|\s*[|·•–—]\s*|[ \t]*\n[ \t]*)|on\s+)"
    rf"(?P<date>{_DATE})[^\S\n]*(?:[|·•,–—-][^\n]{{0,40}})?$",
    re.IGNORECASE | re.MULTILINE,
)
#: ``BAMAKO, 27 March 2024 (AFP) –`` and ``March 27, 2024 · 3 min read`` at the start of a line.
_DATELINE = re.compile(
    rf"^[ \t]*(?:(?-i:[A-Z][A-Z .,'’-]+)[,;][ \t]+(?P<date>{_DATE})[ \t]*(?:\([^)\n]{{1,30}}\)[ \t]*)?"
    rf"(?:[-–—]|--)[ \t]|(?P<stamp>{_DATE})[ \t]*[|·•,–—-]?[ \t]*(?:\d+[ \t]min(?:ute)?s?[ \t]read|"
    r"(?:at[ \t]+)?\d{1,2}:\d\d[ \t]*(?:[ap]\.?m\.?[ \t]*)?(?:GMT|UTC|CES?T|[ECMP][SD]?T)\b))",
    re.IGNORECASE | re.MULTILINE,
)
# "Minutes of the meeting, 14 May 2024" is a heading; "valid until 14 May 2024" and "it was sold on 14 May 2024" say
# something else.
_NO_TITLE = re.compile(
    r"\b(?:from|since|until|till|before|after|by|to|due|deadline|expires?|valid|born|was|were|is|are|has|had|will)\b",
    re.IGNORECASE,
)
_TITLE_CHARS = 100
#: ``This Lease is made on 3 March 2023 between …``.
_CONTRACT_DATE = re.compile(
    r"^[ \t]*(?:this|the)[ \t][^\n.]{3,80}?[ \t](?:made|dated|signed|concluded|entered[ \t]into)"
    rf"(?:[ \t](?:on|as[ \t]of))?[ \t](?P<date>{_DATE})",
    re.IGNORECASE | re.MULTILINE,
)
#: ``House rules (version of 1 February 2025)``, ``Travel policy (valid from 1 April 2025)``.
_VERSION_DATE = re.compile(
    r"\b(?:(?:valid|effective|in[ \t]force|applicable)[ \t]+(?:from|since|as[ \t]of)|(?:version|edition|as)[ \t]+of|"
    rf"last[ \t]+(?:updated|revised|changed)(?:[ \t]+on)?:?|stand:?)[ \t]+(?P<date>{_DATE})\W*$",
    re.IGNORECASE,
)
# Headings with older days are about history.
_TITLES_SINCE = date(1990, 1, 1)
_TITLE_BLOCKS = 3
# A dateline stands at the top; further down, "date …" is a sentence about something else.
_HEAD_CHARS = 1500
# In names and addresses: 2024-03-27, 20240327, 27-march-2024, march-27-2024.
_NAMED = re.compile(
    r"(?<![0-9a-z])(?:"
    r"(?P<year>(?:1[5-9]|20)\d\d)(?P<mark>[-_.]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?:t?\d{4}(?:\d\d)?)?|"
    r"(?P<day1>\d{1,2})(?P<mark1>[-_.])(?P<month1>\d{1,2})(?P=mark1)(?P<year1>(?:1[5-9]|20)\d\d)|"
    rf"(?P<words>\d{{1,2}}(?:st|nd|rd|th)?[-_. ]?(?:{_MONTHS})[-_. ]?\d{{4}}|"
    rf"(?:{_MONTHS})[-_. ]\d{{1,2}}(?:st|nd|rd|th)?[-_. ,]+\d{{4}}))"
    r"(?![0-9a-z])",
    re.IGNORECASE,
)
_FOLDERS = re.compile(
    r"(?<![^/])(?P<year>(?:1[5-9]|20)\d\d)/(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![^/])"
)
# What archives and version control write for "unknown".
_NO_TIME = (date(1970, 1, 1), date(1980, 1, 1))


def find_published(
    text: str,
    *,
    known: date | None = None,
    known_from: PublishedFrom | None = None,
    name: str = "",
    modified: date | None = None,
    today: date | None = None,
) -> tuple[date | None, PublishedFrom | None]:
    """The publication day of a document, and where it was found.

    Args:
        text: The document's text; only its top is looked at.
        known: The day in a field that the file's format has for it, such as the metadata of a web page.
        known_from: What that field is; by default ``"html"``.
        name: The file's path, as shown, or its address; words of folders count too.
        modified: Day on which the file was last changed, the last resort.
        today: By default the system's; a day after tomorrow is not taken.
    """
    latest = (today or date.today()) + timedelta(1)  # noqa: DTZ011 - a calendar day is meant
    if known is not None and known <= latest:
        return known, known_from or "html"
    found = _find(text, latest)
    if found:
        return found[0], found[1]
    others: tuple[tuple[date | None, PublishedFrom], ...] = (
        (_in_title(text, latest), "header"),
        (_in_name(name), "filename"),
        (None if modified in _NO_TIME else modified, "mtime"),
    )
    for day, origin in others:
        if day is not None and day <= latest:
            return day, origin
    return None, None


def stated_day(document: Document) -> date | None:
    """The publication day to place "last week" by and to show as a fact: never a mere file time."""
    return None if document.published_from == "mtime" else document.published


def dateline_end(text: str) -> int:
    """Where the words that state the publication day end; 0 if there are none."""
    found = _find(text, date.max)
    return found[2] if found else 0


def _find(text: str, latest: date) -> tuple[date, PublishedFrom, int] | None:
    head = text[:_HEAD_CHARS]
    origins: tuple[tuple[PublishedFrom, re.Pattern[str]], ...] = (
        ("header", HEADER_DATE),
        ("header", _LABEL_DATE),
        ("byline", BYLINE_DATE),
        ("byline", _DATELINE),
    )
    for origin, pattern in origins:
        for match in pattern.finditer(head):
            words = match["date"] or match["stamp"]
            day = _parse(words, text)
            if day is not None and day <= latest and not _in_prose(head, match):
                return day, origin, match.end()
    return None


def _in_title(text: str, latest: date) -> date | None:
    """The one day that ends a heading at the top, or on which the text says that it was made."""
    blocks = [block for block in re.split(r"\n\s*\n", text[:_HEAD_CHARS].strip()) if block.strip()]
    lines = [
        block.strip().splitlines()[-1] for block in blocks[:-1]
    ]  # a heading has a text below it
    found = {
        _parse(dates[0], text)
        for line in lines[:_TITLE_BLOCKS]
        if len(dates := re.findall(_DATE, line, re.IGNORECASE)) == 1
        and line.rstrip(" \t#*=_)]").endswith(dates[0])
        and len(line) <= _TITLE_CHARS
        and not _NO_TITLE.search(line)
    }
    found |= {
        _parse(match["date"], text)
        for line in lines[:_TITLE_BLOCKS]
        if len(line) <= _TITLE_CHARS and (match := _VERSION_DATE.search(line))
    }
    found |= {_parse(match["date"], text) for match in _CONTRACT_DATE.finditer(text[:_HEAD_CHARS])}
    days = {day for day in found if day is not None and _TITLES_SINCE <= day <= latest}
    return days.pop() if len(days) == 1 else None


def _in_prose(head: str, match: re.Match[str]) -> bool:
    """Whether "published on …" is a wrapped line of prose: small letters, no colon, not a paragraph's first line."""
    above = head[: match.start()].splitlines()
    starts_paragraph = not above or not above[-1].strip()
    is_verb = re.match(r"\s*(?:published|posted)\b[^:=]*$", match[0]) is not None
    return is_verb and not starts_paragraph


def _in_name(name: str) -> date | None:
    """The one day that a path or address names; ``None`` if it names several."""
    folders, _, last = name.rpartition("/")
    for part in (last, folders):
        days = set(_named_days(part))
        if days:
            return days.pop() if len(days) == 1 else None
    match = _FOLDERS.search(name)
    return _day(match["year"], match["month"], match["day"]) if match else None


def _named_days(part: str) -> Iterator[date]:
    for match in _NAMED.finditer(part):
        if match["words"]:
            day = _parse(re.sub(r"[-_.,]+", " ", match["words"]), "")
        elif match["year"]:
            day = _day(match["year"], match["month"], match["day"])
        else:
            day = _parse(f"{match['day1']}/{match['month1']}/{match['year1']}", "")
        if day is not None:
            yield day


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _parse(words: str, text: str) -> date | None:
    """The day that words mean; the text may show whether days come before months in it."""
    from dateutil import parser

    from rag.placing import NUMERIC_DATE, days_come_first, numeric_day

    numeric = re.search(NUMERIC_DATE, words)
    if numeric:
        return numeric_day(numeric, day_first=days_come_first(text))
    try:
        return parser.parse(words).date()
    except (parser.ParserError, OverflowError):
        return None
