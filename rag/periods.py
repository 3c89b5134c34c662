"""Stretches of days: weeks, months, seasons, decades, their parts, and how they are written as ISO text."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, TypeAlias

from dateutil.relativedelta import relativedelta

Unit: TypeAlias = Literal["day", "week", "month", "year"]

#: Month names and their usual abbreviations, in lower case.
MONTHS = {name.lower(): at for at, name in enumerate(calendar.month_name) if name} | {
    name.lower(): at for at, name in enumerate(calendar.month_abbr) if name
}
MONTHS["sept"] = 9
WEEKDAYS = {name.lower(): at for at, name in enumerate(calendar.day_name)}
# By the weather of the northern hemisphere: the first month of each, three months long.
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_OPEN = ".."
# Early, mid and late May begin after so many days.
_MONTH_ENDS = (0, 10, 20)
# "The late 1980s" are 1987 to 1989.
_DECADE_PARTS = ((0, 3), (4, 6), (7, 9))
_CENTURY_PARTS = ((0, 32), (33, 66), (67, 99))
_PARTS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}


@dataclass(frozen=True, slots=True)
class Period:
    """All days from ``first`` to ``last``.

    Attributes:
        last: ``None`` if it goes on ("since 2021").
        whole: The week, month or year that the words name, where they mean a part of it ("late May").
    """

    first: date
    last: date | None
    whole: Period | None = None

    @property
    def iso(self) -> str:
        """``2025-06-02``, ``2025-06-02/2025-06-08`` or, if it goes on, ``2021-12-01/..``."""
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()}/{self.last.isoformat() if self.last else _OPEN}"

    @classmethod
    def from_iso(cls, text: str) -> Period:
        """The period that `iso` wrote."""
        first, _, last = text.partition("/")
        end = None if last == _OPEN else date.fromisoformat(last or first)
        return cls(date.fromisoformat(first), end)

    @property
    def days(self) -> int:
        """How many; without an end, one."""
        return ((self.last or self.first) - self.first).days + 1

    @property
    def label(self) -> str:
        """The days in words: ``9 June 2025``, ``July 2024``, ``2 to 8 June 2025``, ``2026``."""
        if self.whole:
            return self.whole.label
        first, last = self.first, self.last or self.first
        if first == last:
            return f"{first.day} {first:%B} {first.year}"
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
            return f"{first.year}" if first.year == last.year else f"{first.year} to {last.year}"
        if first.day == 1 and last == month_of(last).last:
            if (first.year, first.month) == (last.year, last.month):
                return f"{first:%B} {first.year}"
            head = f"{first:%B}" if first.year == last.year else f"{first:%B} {first.year}"
            return f"{head} to {last:%B} {last.year}"
        head = f"{first.day}"
        if (first.year, first.month) != (last.year, last.month):
            head += f" {first:%B}"
        if first.year != last.year:
            head += f" {first.year}"
        return f"{head} to {last.day} {last:%B} {last.year}"

    def since(self) -> Period:
        """From its first day on."""
        return Period(self.first, None, self.whole or self)


def day_of(day: date) -> Period:
    """A day alone."""
    return Period(day, day)


def week_of(day: date) -> Period:
    """Monday to Sunday around a day."""
    monday = day - timedelta(day.weekday())
    return Period(monday, monday + timedelta(6))


def weekend_of(day: date) -> Period:
    """Saturday and Sunday of the week that a day is in."""
    sunday = week_of(day).first + timedelta(6)
    return Period(sunday - timedelta(1), sunday)


def month_of(day: date) -> Period:
    """The month that a day is in."""
    last = calendar.monthrange(day.year, day.month)[1]
    return Period(day.replace(day=1), day.replace(day=last))


def years(first: int, last: int | None = None) -> Period:
    """A year or several."""
    return Period(date(first, 1, 1), date(last or first, 12, 31))


def season(name: str, year: int) -> Period:
    """A season that begins in a year."""
    first = date(year, _SEASONS[name], 1)
    return Period(first, first + relativedelta(months=3, days=-1))


def span(unit: Unit, day: date) -> Period:
    """The whole week, month or year that a day is in."""
    if unit == "week":
        return week_of(day)
    if unit == "month":
        return month_of(day)
    return years(day.year) if unit == "year" else day_of(day)


def moved(day: date, unit: Unit, count: int) -> date:
    """A day so many units later."""
    steps = {
        "day": relativedelta(days=count),
        "week": relativedelta(weeks=count),
        "month": relativedelta(months=count),
        "year": relativedelta(years=count),
    }
    return day + steps[unit]


def part_of(period: Period, part: str) -> Period | None:
    """The "early", "mid", "end of" … third of a month, year, decade or century; ``None`` of other periods."""
    third = next(at for word, at in _PARTS.items() if word in part.lower())
    first, last = period.first, period.last
    assert last is not None
    if period == month_of(first):
        begin = first + timedelta(_MONTH_ENDS[third])
        end = last if third == 2 else first + timedelta(_MONTH_ENDS[third + 1] - 1)
    elif period == years(first.year):
        begin = first.replace(month=4 * third + 1)
        end = begin + relativedelta(months=4, days=-1)
    elif period in (years(first.year, first.year + 9), years(first.year, first.year + 99)):
        parts = _DECADE_PARTS if last.year - first.year == 9 else _CENTURY_PARTS
        low, high = parts[third]
        return replace(years(first.year + low, first.year + high), whole=period)
    else:
        return None
    return Period(begin, end, period)
