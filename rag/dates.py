"""The day a document was published, where its text states one."""

from __future__ import annotations

import re
from datetime import date

from rag.types import PublishedFrom

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
#: A calendar date in words or digits; numeric dates only in the unambiguous year-first order.
_DATE = (
    rf"(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|(?:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})\.?,?\s+\d{{4}})(?!\d)"
)
#: ``date 2024-03-27``, ``Date: 27 March 2024``, ``published: …`` at the start of a line.
HEADER_DATE = re.compile(
    rf"^[ \t]*(?:date|published(?:\s+on)?|publication date|posted(?:\s+on)?)\s*[:=]?\s*"
    rf"[\"']?(?P<date>{_DATE})[\"']?(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?",
    re.IGNORECASE | re.MULTILINE,
)
#: ``by Jane M. Doe on April 11, 2021``; the name may be missing, but "by both sides on …" is none.
BYLINE_DATE = re.compile(
    rf"^[ \t]*by[ \t]+(?:(?-i:(?![a-z]))(?:[^\n.]|(?<=\b\w)\.){{1,80}}?(?:\s+on\s+|,\s*)|on\s+)"
    rf"(?P<date>{_DATE})\s*?$",
    re.IGNORECASE | re.MULTILINE,
)
# A dateline stands at the top; further down, "date …" is a sentence about something else.
_HEAD_CHARS = 1500


def find_published(text: str) -> tuple[date | None, PublishedFrom | None]:
    """The publication day stated at the top of a text, and where it was found."""
    found = _find(text)
    return (found[0], found[1]) if found else (None, None)


def dateline_end(text: str) -> int:
    """Where the words that state the publication day end; 0 if there are none."""
    found = _find(text)
    return found[2] if found else 0


def _find(text: str) -> tuple[date, PublishedFrom, int] | None:
    head = text[:_HEAD_CHARS]
    origins: dict[PublishedFrom, re.Pattern[str]] = {"header": HEADER_DATE, "byline": BYLINE_DATE}
    for origin, pattern in origins.items():
        for match in pattern.finditer(head):
            day = _parse(match["date"])
            if day is not None and not _in_prose(head, match):
                return day, origin, match.end()
    return None


def _in_prose(head: str, match: re.Match[str]) -> bool:
    """Whether "published on …" is a wrapped line of prose: small letters, no colon, not a paragraph's first line."""
    above = head[: match.start()].splitlines()
    starts_paragraph = not above or not above[-1].strip()
    is_verb = re.match(r"\s*(?:published|posted)\b[^:=]*$", match[0]) is not None
    return is_verb and not starts_paragraph


def _parse(words: str) -> date | None:
    from dateutil import parser

    try:
        return parser.parse(words).date()
    except (parser.ParserError, OverflowError):
        return None
