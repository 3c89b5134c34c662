"""Expressions that lean on another day.

On the day of publication ("last week", "on Monday"), or on a date in the same sentence ("two days later").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias, cast

from rag.calendar_words import MONTH, PART, PREPOSITION, WEEKDAY
from rag.periods import (
    MONTHS,
    WEEKDAYS,
    Period,
    Unit,
    day_of,
    month_of,
    moved,
    part_of,
    season,
    span,
    weekend_of,
)
from rag.placing import Placing

#: Reads a match against the day of publication; ``None`` if it is no date after all.
DeicticRule: TypeAlias = Callable[["re.Match[str]", date, Placing], Period | None]

_COUNTS = {
    word: at
    for at, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"a": 1, "an": 1}
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_COUNTS)})"
_UNIT = r"(?P<unit>day|week|month|year)"
_STEPS = {"last": -1, "this": 0, "next": 1}
_OTHER_DAYS = {"yesterday": -1, "last night": -1, "tomorrow": 1}
_TIME_OF_DAY = r"(?:early\s+|late\s+)?(?:morning|afternoon|evening|night)"
_NO_NAME = r"(?!\s+(?:Times|Post|Mail|Herald|prayers|school|mornings|afternoons|evenings|nights)\b)"
_SAID = r"(?:said|told|announced|reported|confirmed|met|held|killed|began|died|opened|arrived|left|late|early)"
_SHIFT = r"(?P<shift>[Ll]ast|[Tt]his|[Nn]ext)"
# "The last week of the war", not "the last week".
_NO_PHRASE = r"(?!\s+of\s+(?!(?:last|this|next)\b))"
# "Open on Monday, Tuesday and Friday morning" is every week.
_WEEKDAY_NEXT = re.compile(rf"(?:\s*(?:,|and|or|to|[-–])\s*)+{WEEKDAY}")
_ENDS_IN_WEEKDAY = re.compile(rf"{WEEKDAY}(?:\s*(?:,|and|or|to|[-–]))+\s*$")


def _near_day(match: re.Match[str], published: date, _: Placing) -> Period:
    words = " ".join(match["near"].lower().split())
    return day_of(published + timedelta(_OTHER_DAYS.get(words, 0)))


def _weekday(match: re.Match[str], published: date, placing: Placing) -> Period | None:
    at = WEEKDAYS[match["weekday"].lower()]
    shift = (match.groupdict().get("shift") or "").lower()
    among = _ENDS_IN_WEEKDAY.search(match.string, 0, match.start()) or _WEEKDAY_NEXT.match(
        match.string, match.end()
    )
    if among or (placing.frame and not shift):
        return None
    ahead = shift == "next" or (not shift and placing.ahead)
    if ahead is None:
        return None
    if ahead:
        return day_of(published + timedelta((at - published.weekday() - 1) % 7 + 1))
    back = (
        (published.weekday() - at - 1) % 7 + 1
        if shift == "last"
        else (published.weekday() - at) % 7
    )
    return day_of(published - timedelta(back))


def _unit(match: re.Match[str], published: date, _: Placing) -> Period | None:
    unit = cast("Unit", match["unit"].lower())
    found = span(unit, moved(published, unit, _STEPS[match["shift"].lower()]))
    return part_of(found, match["part"].lower()) if match["part"] else found


def _side_of_unit(match: re.Match[str], published: date, _: Placing) -> Period:
    """``earlier this year``: up to the day of publication; ``later this year``: from it."""
    found = span(cast("Unit", match["unit"].lower()), published)
    if match["side"].lower() == "earlier":
        return Period(found.first, published, found)
    return Period(published, found.last, found)


def _shifted_month(match: re.Match[str], published: date, _: Placing) -> Period:
    month, shift = MONTHS[match["month"].lower().rstrip(".")], match["shift"].split()[-1].lower()
    year = published.year
    if shift in {"last", "past"} and month >= published.month:
        year -= 1
    elif shift == "next" and month <= published.month:
        year += 1
    return month_of(date(year, month, 1))


def _shifted_season(match: re.Match[str], published: date, _: Placing) -> Period | None:
    name, shift = match["season"].lower(), match["shift"].lower()
    near = [season(name, published.year + step) for step in (-2, -1, 0, 1)]
    if shift == "last":
        return max((one for one in near if _ended(one, published)), key=lambda one: one.first)
    if shift == "next":
        return min((one for one in near if one.first > published), key=lambda one: one.first)
    now = [one for one in near if one.first <= published and not _ended(one, published)]
    if now:
        return now[0]
    # Of two winters in a year "this winter" is the nearer only shortly before it.
    return season(name, published.year) if name != "winter" or published.month > 8 else None


def _ended(period: Period, published: date) -> bool:
    return period.last is not None and period.last < published


def _weekend(match: re.Match[str], published: date, placing: Placing) -> Period | None:
    shift = (match["shift"] or "").lower()
    this = weekend_of(published)
    ahead = shift == "next" or (shift != "last" and placing.ahead)
    if ahead is None:
        return None
    if shift == "next":
        return weekend_of(published + timedelta(7))
    if shift == "this" or ahead or (not shift and this.first <= published):
        return this
    return weekend_of(published - timedelta(7))


def _ago(match: re.Match[str], published: date, _: Placing) -> Period | None:
    unit = cast("Unit", match["unit"].lower())
    count = _counted(match) * (1 if "now" in match.group() else -1)
    return span(unit, moved(published, unit, count))


def _lately(match: re.Match[str], published: date, _: Placing) -> Period | None:
    unit = cast("Unit", match["unit"].lower())
    return Period(moved(published, unit, -_counted(match)), published)


def later(match: re.Match[str], anchor: Period) -> Period | None:
    """``two months later`` after a date in the sentence; ``None`` if that date is too vague for it."""
    unit = cast("Unit", (match["unit"] or match["side_unit"] or match["which_unit"]).lower())
    finest = {"day": 1, "week": 7, "month": 31, "year": 366}[unit]
    if anchor.days > finest or anchor.last is None:
        return None
    if match["side"]:
        found = span(unit, anchor.first)
        if match["side"].lower() == "later":
            return Period(anchor.first, found.last, found)
        return Period(found.first, anchor.last, found)
    if match["which"]:
        step = {"following": 1, "next": 1, "same": 0, "previous": -1}[match["which"].lower()]
    else:
        step = _counted(match) * (1 if match["way"].lower() == "later" else -1)
    return span(unit, moved(anchor.first, unit, step))


def _counted(match: re.Match[str]) -> int:
    words = (match["count"] or "one").lower()
    return _COUNTS[words] if words in _COUNTS else int(words)


#: In this order: what an earlier rule has read, a later one leaves alone.
DEICTIC_RULES: tuple[tuple[re.Pattern[str], DeicticRule], ...] = tuple(
    (re.compile(pattern, flags), rule)
    for pattern, flags, rule in (
        (
            rf"\b(?P<near>yesterday|tomorrow|last\s+night|tonight|this\s+{_TIME_OF_DAY}|"
            # Alone it may mean "nowadays".
            r"(?:earlier|later)\s+today|(?<=said )today|(?<=told )today|(?<=announced )today|"
            r"(?<=[a-z]ed )today(?=[.,;]?$)|"
            r"today(?=\s+(?:said|announced|reported|confirmed|told|signed|approved|rejected)))\b",
            re.IGNORECASE,
            _near_day,
        ),
        (
            rf"\b(?:in|over|during|for|within)\s+the\s+(?:past|last)\s+(?:{_COUNT}\s+)?{_UNIT}s?\b(?!\s+of\b)",
            re.IGNORECASE,
            _lately,
        ),
        (rf"\b(?P<side>earlier|later)\s+this\s+{_UNIT}\b", re.IGNORECASE, _side_of_unit),
        (
            rf"(?<!the )(?<!The )\b(?:(?P<part>{PART})[\s-])?{_SHIFT}\s+(?P<unit>week|month|year)\b{_NO_PHRASE}",
            0,
            _unit,
        ),
        (rf"\b(?P<shift>[Ll]ast|[Tt]his(?:\s+past)?|[Nn]ext)\s+(?P<month>{MONTH})(?!\s+\d)", 0, _shifted_month),
        (
            r"(?<!the )\b(?P<shift>last|this|next)\s+(?P<season>spring|summer|autumn|fall|winter)\b(?!\s+of\b)",
            re.IGNORECASE,
            _shifted_season,
        ),
        (
            r"\b(?:(?<!the )(?P<shift>last|this|next)|(?:at|over)\s+the)\s+weekend\b(?!\s+of\b)",
            re.IGNORECASE,
            _weekend,
        ),
        (
            rf"(?<!every )(?<!each )\b(?:{_SHIFT}|{PREPOSITION}|{_SAID})"
            rf"\s+(?P<weekday>{WEEKDAY})\b{_NO_NAME}(?:\s+{_TIME_OF_DAY}\b)?",
            0,
            _weekday,
        ),
        (rf"(?<!every )(?<!each )(?<!of )\b(?P<weekday>{WEEKDAY})(?=['’]s\s+[a-z])", 0, _weekday),
        (rf"(?<!every )(?<!each )\b(?P<weekday>{WEEKDAY})\s+{_TIME_OF_DAY}\b", 0, _weekday),
        (rf"(?<![\w.,]){_COUNT}\s+{_UNIT}s?\s+(?:ago|from\s+now)\b", re.IGNORECASE, _ago),
    )
)  # fmt: skip

#: Read by `later`.
LATER = re.compile(
    rf"(?<![\w.,])(?:{_COUNT}\s+{_UNIT}s?\s+(?P<way>later|earlier)|(?P<side>later|earlier)\s+that\s+(?P<side_unit>week|month|year)|"
    r"the\s+(?P<which>following|next|same|previous)\s+(?P<which_unit>day|week|month|year))\b(?!\s+of\b)",
    re.IGNORECASE,
)
