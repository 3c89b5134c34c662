"""Relative dates ("on Monday", "last July") into calendar ones, by the day a document was published.

The text is never changed: a resolved date is an annotation of a span. Newspapers look back, so a weekday or
month without more is the last one that had come when the document was published.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_COUNTS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"a": 1, "an": 1}

_WEEKDAY = "|".join(_WEEKDAYS)
_MONTH = "|".join(_MONTHS)
_COUNT = "|".join(_COUNTS)
_RELATIVE = re.compile(
    rf"\b(?:"
    rf"(?P<day>yesterday|today|tomorrow)"
    rf"|(?:on|last|this|next)\s+(?P<weekday>{_WEEKDAY})"
    rf"|(?P<shift>last|this|next|previous|earlier\s+this)\s+(?P<unit>week|month|year)"
    rf"|(?P<last_month>last|this\s+past)\s+(?P<month>{_MONTH})"
    rf"|(?P<part>early|mid|late)[\s-](?P<part_month>{_MONTH})"
    rf"|(?:on\s+)?(?P<number>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<dated_month>{_MONTH})"
    rf"|(?:on\s+)?(?P<american_month>{_MONTH})\s+(?P<american_number>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?P<count>\d+|{_COUNT})\s+(?P<ago_unit>day|week|month|year)s?\s+ago"
    rf")\b(?!,?\s+\d{{4}})",
    re.IGNORECASE,
)
# "may" and "march" are months only where they are written as names.
_VERBS = frozenset({"may", "march"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedDate:
    """An expression at ``[start, end)`` of a text, and the first and last day it stands for."""

    start: int
    end: int
    first: date
    last: date

    @property
    def label(self) -> str:
        """The days in words: ``9 June 2025``, ``July 2024``, ``2 to 8 June 2025``, ``2026``."""
        first, last = self.first, self.last
        if first == last:
            return f"{first.day} {first:%B %Y}"
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
            return f"{first:%Y}"
        whole_month = first.day == 1 and last == _month(first.year, first.month)[1]
        if whole_month and first.month == last.month:
            return f"{first:%B %Y}"
        head = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"
        return f"{head} to {last.day} {last:%B %Y}"


def resolve_dates(text: str, published: date | None) -> list[ResolvedDate]:
    """Every relative date of a text that can be placed, in order; none without a publication day."""
    if published is None:
        return []
    found = []
    for match in _RELATIVE.finditer(text):
        days = _days(match, published)
        if days is not None:
            found.append(
                ResolvedDate(start=match.start(), end=match.end(), first=days[0], last=days[1])
            )
    return found


def spell_out(text: str, published: date | None) -> str:
    """The text with each relative date followed by what it stands for in parentheses, for prompts."""
    parts, at = [], 0
    for one in resolve_dates(text, published):
        parts += [text[at : one.end], f" ({one.label})"]
        at = one.end
    return "".join(parts) + text[at:]


def _days(match: re.Match[str], published: date) -> tuple[date, date] | None:
    word = {key: value.lower() for key, value in match.groupdict().items() if value}
    if "day" in word:
        day = published + timedelta({"yesterday": -1, "today": 0, "tomorrow": 1}[word["day"]])
        return day, day
    if "weekday" in word:
        return _weekday(match.group().lower(), _WEEKDAYS[word["weekday"]], published)
    if "unit" in word:
        return _shifted(word["shift"], word["unit"], published)
    if "ago_unit" in word:
        count = _COUNTS.get(word["count"]) or int(word["count"])
        return _span(word["ago_unit"], _moved(published, word["ago_unit"], -count))
    name = next(
        word[key] for key in ("month", "part_month", "dated_month", "american_month") if key in word
    )
    if name in _VERBS and not re.search(rf"\b{name.title()}\b", match.group()):
        return None
    number = word.get("number") or word.get("american_number")
    if number:
        return _day_of_year(int(number), _MONTHS[name], published)
    return _past_month(_MONTHS[name], published, before="last_month" in word)


def _weekday(words: str, weekday: int, published: date) -> tuple[date, date]:
    if words.startswith("next"):
        day = published + timedelta((weekday - published.weekday() - 1) % 7 + 1)
    elif words.startswith("last"):
        day = published - timedelta((published.weekday() - weekday - 1) % 7 + 1)
    else:
        day = published - timedelta((published.weekday() - weekday) % 7)
    return day, day


def _shifted(shift: str, unit: str, published: date) -> tuple[date, date]:
    step = {"last": -1, "previous": -1, "next": 1}.get(shift, 0)
    return _span(unit, _moved(published, unit, step))


def _moved(day: date, unit: str, count: int) -> date:
    steps = {
        "day": relativedelta(days=count),
        "week": relativedelta(weeks=count),
        "month": relativedelta(months=count),
        "year": relativedelta(years=count),
    }
    return day + steps[unit]


def _span(unit: str, day: date) -> tuple[date, date]:
    """The whole week, month or year that a day is in."""
    if unit == "week":
        monday = day - timedelta(day.weekday())
        return monday, monday + timedelta(6)
    if unit == "month":
        return _month(day.year, day.month)
    if unit == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return day, day


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _past_month(month: int, published: date, *, before: bool) -> tuple[date, date]:
    """The latest such month that had begun; with ``before``, that was over."""
    latest = published.month - 1 if before else published.month
    return _month(published.year if month <= latest else published.year - 1, month)


def _day_of_year(number: int, month: int, published: date) -> tuple[date, date] | None:
    """The latest such day that had come."""
    for year in (published.year, published.year - 1):
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if day <= published:
            return day, day
    return None
