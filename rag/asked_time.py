"""Which time a question asks about, and passages weighed by it: what is told of that time, or in it, comes earlier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from rag.dates import stated_day
from rag.events import read_dates
from rag.periods import Period, day_of, years
from rag.split import Span, split_sentences
from rag.types import Passage
from rag.wording import content_words

#: ``first`` of a period that has no beginning ("before 2019").
ALWAYS = date.min
# "Still Life" and "Now" as a title are names.
_NOW = re.compile(
    r"\b(?:(?<!until )(?<!till )(?<!by )(?<!just )now(?!\s+that\b)|nowadays|today|currently|presently|"
    r"at present|"
    r"at the moment|right now|these days|still|so far|to date|as of (?:now|today)|any ?more|any longer|"
    r"(?:latest|most recent|newest|current))\b"
)
_OPENS_NOW = re.compile(
    r"^\W*(?:Now(?!\s+that\b)|Nowadays|Today|Currently|Presently|At present|At the moment|Right now|These days|"
    r"As of (?:now|today))\b"
)
_YEAR = re.compile(r"(?<![\w.,$€£-])(?:19|20)\d\d(?![\w%]|[.,]\d|-\d)")
# Before a date: which side of it is asked about. "By 2020" takes its own days in.
_BEFORE = re.compile(
    r"\b(?:before|prior\s+to|earlier\s+than|until|till|up\s+to|ahead\s+of)\s+(?:the\s+)?(?:\w+\s+of\s+)?$",
    re.IGNORECASE,
)
_BY = re.compile(r"\b(?:by|no\s+later\s+than)\s+(?:the\s+)?(?:end\s+of\s+)?$", re.IGNORECASE)
_AFTER = re.compile(
    r"\b(?:after|later\s+than|following)\s+(?:the\s+)?(?:\w+\s+of\s+)?$", re.IGNORECASE
)
_SINCE = re.compile(r"\bsince\s+(?:the\s+)?$", re.IGNORECASE)
_ON = re.compile(r"^\W*(?:on(?:wards?)?|and\s+after|or\s+later)\b", re.IGNORECASE)
_LEADS = re.compile(r"^(?:before|until|till|by|after|since|from|through)\s+", re.IGNORECASE)
_UP_TO_NOW = re.compile(
    r"\b(?:since(?:\s+then)?|to\s+(?:now|today|date)|ever\s+since)\s*\W*$", re.IGNORECASE
)
_EVENT = re.compile(
    r"\b(?P<side>before|prior to|until|after|following|since|during|at the time of)\s+"
    r"(?P<event>(?:(?:the|its|his|her|their|that|this)\s+)?"
    r"(?:[\w'’-]+\s+){0,4}?(?:coup|mutiny|war|election|re-election|invasion|crash|attack|takeover|withdrawal|departure|"
    r"deal|agreement|treaty|"
    r"pandemic|revolution|uprising|rebellion|earthquake|summit|referendum|independence|merger|strike|flood|fire|death))\b",
    re.IGNORECASE,
)
# How many places a passage rises for each of three steps in which it fits the time.
_PLACES = 2
_STEPS = 3


def asked_period(question: str, today: date) -> Period | None:
    """The days that a question asks about; ``None`` if it names no time, or only by an event ("before the coup").

    "Before 2019" begins with `ALWAYS`, "since 2019" and "after 2019" have no end, "currently" is today alone.
    Several dates ("from 2013 to 2017", "in 2021 and 2025") are one period that holds them all. A date that is
    stated goes before "still" and "now".

    Args:
        question: With its history written out.
        today: What "last year" and "now" lean on.
    """
    dated = [
        _sided(question, one.start, one.end, one.period)
        for one in read_dates(question, split_sentences(question), today)
    ] or [
        _sided(question, match.start(), match.end(), years(int(match.group())))
        for match in _YEAR.finditer(question)
    ]
    if dated:
        found = _hull(dated)
        ends_now = _UP_TO_NOW.search(question)
        return Period(found.first, None) if ends_now else found
    if asks_about_now(question):
        return day_of(today)
    return None


def asks_about_a_time(question: str, today: date) -> bool:
    """Whether a question names a time, be it by an event."""
    return asked_period(question, today) is not None or _EVENT.search(question) is not None


def asks_about_now(question: str) -> bool:
    """Whether it asks for the present state ("currently", "still", "the latest")."""
    return bool(_NOW.search(question) or _OPENS_NOW.match(question))


def weigh_by_time(question: str, passages: Sequence[Passage], today: date) -> tuple[Passage, ...]:
    """The passages with those further up that were published in, or speak of, the time that is asked about.

    Relevance counts as before: a passage rises by six places at most. For the present the
    newest rise; for an event ("before the coup") its day is read from the passages themselves. Without a time in
    the question, or if no passage has a date, nothing changes. ``rank`` is written anew, ``score`` is left.
    """
    period = asked_period(question, today) or _event_period(question, passages)
    if period is None or len(passages) < 2:
        return tuple(passages)
    of_now = period == day_of(today) and asks_about_now(question)
    fits = _newness(passages) if of_now else [_fit(one, period) for one in passages]
    order = sorted(range(len(passages)), key=lambda at: (at - _PLACES * fits[at], -fits[at], at))
    return tuple(replace(passages[at], rank=rank) for rank, at in enumerate(order, 1))


def _sided(question: str, start: int, end: int, period: Period) -> Period:
    """The period with what "before", "by", "after" or "since" make of it."""
    lead = _LEADS.match(question[start:end])
    before = question[:start] + (lead.group() if lead else "")
    last = period.last or period.first
    if _BEFORE.search(before):
        return Period(ALWAYS, period.first - timedelta(1))
    if _BY.search(before):
        return Period(ALWAYS, last)
    if _AFTER.search(before):
        return Period(last + timedelta(1), None)
    if _ON.match(question[end:]) or _SINCE.search(before):
        return Period(period.first, None)
    return Period(period.first, period.last)


def _hull(periods: Sequence[Period]) -> Period:
    first = min(one.first for one in periods)
    ends = [one.last for one in periods]
    # "After 2019 and before 2022": a side that is open on one date is closed by the other.
    if len(periods) > 1 and any(one.first == ALWAYS for one in periods) and None in ends:
        first = max(one.first for one in periods)
        closed = [end for end in ends if end is not None]
        if closed and first <= min(closed):
            return Period(first, min(closed))
    return Period(first, None if None in ends else max(end for end in ends if end))


def overlaps(one: Period, other: Period) -> bool:
    """Whether two periods share a day; what has no end goes on for ever."""
    return one.first <= (other.last or date.max) and other.first <= (one.last or date.max)


def _fit(passage: Passage, period: Period) -> float:
    """How well a passage fits a time: 3 for speaking of it, 2 for being of it, 1 for no date at all, 0 for others."""
    published = stated_day(passage.document)
    spoken = _spoken(passage)
    if any(overlaps(one, period) for one in spoken):
        return 3
    if published and overlaps(day_of(published), period):
        return 2
    return 1 if not spoken and published is None else 0


def _spoken(passage: Passage) -> list[Period]:
    """The days that a passage's text speaks of; a bare year counts for all of it."""
    text = passage.text
    found = [
        one.period for one in read_dates(text, split_sentences(text), stated_day(passage.document))
    ]
    return found or [years(int(match.group())) for match in _YEAR.finditer(text)]


def _newness(passages: Sequence[Passage]) -> list[float]:
    """From 0 for the oldest to `_STEPS` for the newest; without a date, in the middle."""
    days = [stated_day(one.document) for one in passages]
    known = sorted({day for day in days if day})
    if len(known) < 2:
        return [_STEPS / 2 if day is None or not known else _STEPS for day in days]
    return [_STEPS * (known.index(day) / (len(known) - 1) if day else 0.5) for day in days]


def _event_period(question: str, passages: Sequence[Passage]) -> Period | None:
    """The time that an event in the question stands for, by the first passage that dates it in one sentence."""
    match = _EVENT.search(question)
    if match is None:
        return None
    words = content_words(match["event"])
    head = content_words(match["event"].split()[-1])
    for passage in passages:
        text, published = passage.text, stated_day(passage.document)
        for span in split_sentences(text):
            sentence = text[span.start : span.end]
            held = content_words(sentence) & words
            dates = list(read_dates(sentence, [Span(0, len(sentence))], published))
            if not head <= held or len(held) * 2 < len(words) or not dates:
                continue
            at = sentence.lower().find(match["event"].split()[-1].lower())
            day = min(dates, key=lambda one: abs(one.start - at)).period
            return _side(match["side"].lower(), day)
    return None


def _side(side: str, event: Period) -> Period:
    last = event.last or event.first
    if side in {"before", "prior to", "until"}:
        return Period(ALWAYS, event.first - timedelta(1))
    if side in {"after", "following", "since"}:
        return Period(last + timedelta(1), None)
    return Period(event.first, last)
