"""Dates as people write them, with or without the year: patterns, and the days each one stands for.

Rules instead of a library: of 138 expressions in hand-written sentences dateparser put 97 into the right
stretch of days, with 105 dates where none was meant, at 6 seconds for 100,000 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import TypeAlias

from rag.periods import MONTHS, Period, day_of, month_of, part_of, season, years
from rag.placing import NUMERIC_DATE, Placing, numeric_day

#: Reads a match; ``None`` if it is no date after all.
Rule: TypeAlias = Callable[["re.Match[str]", Placing], Period | None]

# "may", "march" and "august" are other words unless written as names; other months are often left small.
_FULL = [name for name in MONTHS if len(name) > 4 or name in {"may", "june", "july"}]
_SMALL = [name for name in _FULL if name not in {"may", "march", "august"}]
_SHORT = [name for name in MONTHS if name not in _FULL]
MONTH = (
    rf"(?:(?:{'|'.join([*map(str.title, _FULL), *map(str.upper, _FULL), *_SMALL])})\b|"
    rf"(?:{'|'.join([*map(str.title, _SHORT), *map(str.upper, _SHORT)])})\b\.?)"
)
WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
PART = r"(?:[Ee]arly|[Mm]id|[Ll]ate|(?:[Tt]he\s+)?(?:beginning|start|middle|end)\s+of)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"[12]\d{3}(?![\d%]|[.,]\d|\s+BCE?\b)"
_IN_YEAR = rf"(?:\s*,?\s+(?:of\s+)?(?:(?P<year>{_YEAR})|(?P<which>last|this|next)\s+year\b))"
PREPOSITION = r"(?:[Oo]n|[Ss]ince|[Bb]y|[Uu]ntil|[Tt]ill|[Ff]rom|[Bb]efore|[Aa]fter|[Tt]hrough)"
# What follows a year or a day that nothing else marks: not the thing that it would count.
_FREE = (
    r"(?=\s*(?:$|[.,;:!?](?!\d)|[)\]\"'’”–—])|\s+(?:-\s|\(|[A-Z]|(?:and|or|but|the|to|a|an|at|as|by|in|on|of|for|"
    r"from|with|that|which|who|when|while|where|after|before|because|until|since|under|over|about|it|he|she|"
    r"they|we|you|there|its|his|her|their|was|were|is|are|has|had|have|will|would|did|saw|became|began|made|took|"
    r"won|left|led|came|went|held|said|told|fell|rose|grew|alone|several|many|when|if|than|between|against|through|during|"
    r"despite|following|using|both|all|another|no|not|\w+ed|\w+ly)\b))"
)
_UNITS = (
    r"(?!\s+(?:miles?|km|kilomet|met(?:re|er)|times|percent|people|hours?|days|months|years)\b)"
)
_TO = r"(?(between)\s+and\s+|(?:\s*(?:--?|[–—])\s*|\s+(?:to|until|till|through)\s+))"
_BETWEEN = r"(?:(?P<between>[Bb]etween\s+)|[Ff]rom\s+)?"
#: Another year of a list: "in 2019, 2020 and 2022".
ANOTHER_YEAR = re.compile(rf"(?:\s?,|,?\s+and|\s+or)\s+(?P<year>(?=1[5-9]|20){_YEAR}){_FREE}")
# "On 5 June that year" belongs to a year, but to one that stands elsewhere.
_NO_YEAR = r"(?!,?\s+(?:that|each|every|of)\b)"
_EVENT = (
    r"(?:elections?|coups?|war|mutiny|agreement|treaty|accords?|budget|census|constitution|crisis|cup|earthquake|"
    r"edition|film|final|floods?|games|invasion|law|novel|olympics|protests?|referendum|report|revolution|season|"
    r"study|summit|survey|attacks?|tournament|championships?|uprising|campaign|case|visit)\b"
)


def _iso_day(match: re.Match[str], _: Placing) -> Period | None:
    return _day(int(match["year"]), int(match["month"]), int(match["day"]))


def _numeric(match: re.Match[str], placing: Placing) -> Period | None:
    day = numeric_day(match, day_first=placing.day_first)
    return day_of(day) if day else None


def _dated(match: re.Match[str], placing: Placing) -> Period | None:
    return placing.place(
        _month(match["month"]), day=_number(match["day"]), year=_year(match, placing)
    )


def _month_alone(match: re.Match[str], placing: Placing) -> Period | None:
    period = placing.place(_month(match["month"]), year=_year(match, placing))
    return _part(match, period)


def _range(match: re.Match[str], placing: Placing) -> Period | None:
    """``2 to 8 June 2025``, ``28 December 2020 – 3 January 2021``, ``between June and August``."""
    groups = match.groupdict()
    day1, day2 = groups.get("day1"), groups.get("day2")
    end_month = groups.get("month2") or match["month1"]
    end = placing.place(_month(end_month), day=_number(day2), year=_year(match, placing))
    if end is None:
        return None
    month = _month(groups.get("month1") or end_month)
    year = int(groups.get("year1") or end.first.year)
    begin = placing.place(month, day=_number(day1), year=year)
    if begin and begin.first > end.first and not groups.get("year1"):
        begin = placing.place(month, day=_number(day1), year=year - 1)
    if begin is None or begin.first >= end.first:
        return None
    return Period(begin.first, end.last)


def _year_range(match: re.Match[str], _: Placing) -> Period | None:
    first, words = int(match["year1"]), match["year2"]
    last = int(match["year1"][: 4 - len(words)] + words)
    # "From 1500 to 2000" counts something, as a rule.
    return years(first, last) if first < last and (first % 50 or last % 50) else None


def _season_year(match: re.Match[str], placing: Placing) -> Period | None:
    year = _year(match, placing)
    name = match["season"].lower()
    # "Winter 2023" may begin or end that year.
    if year is None or (name == "winter" and match["next"] is None):
        return None
    if match["next"] and (year + 1) % 100 != int(match["next"][-2:]):
        return None
    return season(name, year)


def _stretch(match: re.Match[str], placing: Placing) -> Period | None:
    year = _year(match, placing)
    words = {key: value.lower() for key, value in match.groupdict().items() if value}
    ordinal = words.get("ordinal") or words.get("half") or words["quarter"]
    at = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4, "final": 4}.get(ordinal)
    number = at or int(ordinal)
    months = 6 if "half" in words else 3
    if year is None or number * months > 12:
        return None
    last = month_of(date(year, number * months, 1)).last
    return Period(date(year, (number - 1) * months + 1, 1), last)


def _decade(match: re.Match[str], _: Placing) -> Period | None:
    first = int(match["decade"])
    # "The 1800s" are a century, "the 2000s" ten years.
    period = years(first, first + (99 if first % 100 == 0 and first < 2000 else 9))
    return _part(match, period)


def _century(match: re.Match[str], _: Placing) -> Period | None:
    last = int(match["century"]) * 100
    return _part(match, years(last - 99, last)) if 0 < last <= 2100 else None


def _year_alone(match: re.Match[str], placing: Placing) -> Period | None:
    year = _year(match, placing)
    return None if year is None else _part(match, years(year))


_NO_NUMBER = r"(?<![\w/.,-])"
#: In this order: what an earlier rule has read, a later one leaves alone.
CALENDAR_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (
            r"(?<![\w/.-])(?P<year>[12]\d{3})(?P<mark>[-/])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
            r"(?:T\d\d:?\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)?(?![\w/-]|\.\d)",
            _iso_day,
        ),
        (NUMERIC_DATE, _numeric),
        (
            rf"{_NO_NUMBER}{_BETWEEN}(?:the\s+)?(?P<day1>{_DAY})(?:(?:\s+of)?\s+(?P<month1>{MONTH})(?:\s*,?\s+(?P<year1>{_YEAR}))?)?"
            rf"{_TO}(?:the\s+)?(?P<day2>{_DAY})(?:\s+of)?\s+(?P<month2>{MONTH}){_IN_YEAR}?",
            _range,
        ),
        (
            rf"\b{_BETWEEN}(?P<month1>{MONTH})\s+(?P<day1>{_DAY})(?:\s*,?\s+(?P<year1>{_YEAR}))?{_TO}"
            rf"(?:(?P<month2>{MONTH})\s+)?(?P<day2>{_DAY}){_UNITS}{_IN_YEAR}?",
            _range,
        ),
        (
            rf"\b{_BETWEEN}(?P<month1>{MONTH})(?:\s+(?P<year1>{_YEAR}))?{_TO}(?P<month2>{MONTH}){_IN_YEAR}",
            _range,
        ),
        (rf"\b(?:(?P<between>[Bb]etween\s+)|[Ff]rom\s+)(?P<month1>{MONTH}){_TO}(?P<month2>{MONTH})", _range),
        (
            rf"{_NO_NUMBER}(?:(?:[Oo]n\s+)?{WEEKDAY},?\s+|[Oo]n\s+)?(?:the\s+)?(?P<day>{_DAY})(?:\s+of)?\s+(?P<month>{MONTH})(?:{_IN_YEAR}|{_NO_YEAR})",
            _dated,
        ),
        (
            rf"\b(?:(?:(?:[Oo]n\s+)?{WEEKDAY},?|{PREPOSITION})\s+)?(?P<month>{MONTH})\s+(?P<day>{_DAY}){_IN_YEAR}",
            _dated,
        ),
        (
            rf"\b(?:(?:[Oo]n\s+)?{WEEKDAY},?|{PREPOSITION})\s+(?P<month>{MONTH})\s+(?P<day>{_DAY}){_UNITS}(?![,.]\d){_NO_YEAR}",
            _dated,
        ),
        (rf"\b(?P<month>{MONTH})\s+(?P<day>{_DAY})(?![,.]\d){_FREE}", _dated),
        (rf"\b(?:(?P<part>{PART})[\s-])?(?P<month>{MONTH}){_IN_YEAR}", _month_alone),
        (rf"\b(?P<part>{PART})[\s-](?P<month>{MONTH})", _month_alone),
        (
            rf"\b(?:[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Tt]ill|[Dd]uring|[Ff]rom)\s+(?P<month>{MONTH})"
            rf"(?!\s+(?:\d|(?:each|every|of|that)\b)|['’]|,?\s+(?:(?:and|or)\s+)?{MONTH})",
            _month_alone,
        ),
        (
            rf"(?<!Arab )(?<!Prague )\b(?P<season>[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter)(?:\s+of)?\s+"
            rf"(?:(?P<year>{_YEAR})(?:[-–/](?P<next>\d\d(?:\d\d)?)(?!\d))?|(?P<which>last|this|next)\s+year\b)",
            _season_year,
        ),
        (
            rf"\b(?:[Qq](?P<quarter>[1-4])|[Hh](?P<half>[12])|(?:[Tt]he\s+)?(?:(?P<ordinal>first|second|third|fourth|last|final)"
            rf"\s+quarter)){_IN_YEAR}",
            _stretch,
        ),
        (rf"\b(?:[Tt]he\s+)?(?P<half>first|second)\s+half{_IN_YEAR}", _stretch),
        (rf"\b(?:(?P<part>{PART})[\s-](?:the\s+)?)?(?P<decade>(?:1\d|20)\d0)s\b", _decade),
        (
            rf"\b(?:(?P<part>{PART})[\s-](?:the\s+)?)?(?P<century>1?\d|2[01])(?:st|nd|rd|th)[\s-][Cc]entury\b(?!\s+BC)",
            _century,
        ),
        (
            rf"(?:\b(?:(?P<between>[Bb]etween\s+)|[Ff]rom\s+|(?P<loose>[Ii]n\s+|[Dd]uring\s+|[Oo]f\s+|[Tt]he\s+))|(?P<bracket>\(\s?))"
            rf"(?P<year1>(?:1[5-9]|20)\d\d){_TO}(?P<year2>(?:1[5-9]|20)\d\d|\d\d)(?![\d/-]|[.,]\d)"
            rf"(?(loose){_FREE}|(?(bracket){_FREE}|{_UNITS}))",
            _year_range,
        ),
        (rf"\b(?P<part>{PART})[\s-](?:(?P<year>{_YEAR}){_FREE}|(?P<which>last|this|next)\s+year\b)", _year_alone),
        (
            rf"\b(?:(?:[Ii]n|[Ss]ince|[Uu]ntil|[Tt]ill|[Dd]uring|[Bb]orn|[Dd]ied|[Ff]ounded|[Bb]uilt)\s+(?P<year>{_YEAR})"
            rf"(?!\s*[-–/]\s*\d|\s+to\s+\d){_FREE})",
            _year_alone,
        ),
        (
            rf"\b(?:[Bb]y|[Ff]rom|[Bb]efore|[Aa]fter|[Oo]f|[Tt]hrough)\s+(?P<year>(?=1[89]|20){_YEAR})"
            rf"(?!\s*[-–/]\s*\d|\s+to\s+\d){_FREE}",
            _year_alone,
        ),
        (rf"\b[Yy]ear\s+(?P<year>{_YEAR})(?!\s*[-–/]\s*\d)", _year_alone),
        (
            rf"\b(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir)\s+(?P<year>(?=1[5-9]|20){_YEAR})(?<!00)"
            rf"(?=\s+(?:{_EVENT}|[A-Z]))",
            _year_alone,
        ),
        (rf"\(\s?(?P<year>(?=1[5-9]|20){_YEAR})(?=\s?\))", _year_alone),
    )
)  # fmt: skip


def _day(year: int, month: int, day: int) -> Period | None:
    with suppress(ValueError):
        return day_of(date(year, month, day))
    return None


def _month(name: str) -> int:
    return MONTHS[name.lower().rstrip(".")]


def _number(words: str | None) -> int | None:
    return int(words.rstrip("sthndr")) if words else None


def _year(match: re.Match[str], placing: Placing) -> int | None:
    """The year that is said; ``None`` if none is, or if "last year" cannot be placed."""
    groups = match.groupdict()
    if groups.get("year"):
        return int(match["year"])
    if groups.get("which"):
        return placing.year(match["which"])
    return None


def _part(match: re.Match[str], period: Period | None) -> Period | None:
    """The early, mid or late part of it where the words say so."""
    part = match.groupdict().get("part")
    if part is None or period is None:
        return period
    return part_of(period, part)
