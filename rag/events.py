"""The dates that sentences speak of: where each stands and which days it means.

Absolute dates ("27 March 2024", "late May 2023", "the 1990s", "2013-17") are read as they are. What leans on
another day is placed by the day of publication ("last week", "on Monday"), or by a date before it in the same
sentence ("two days later"). What cannot be placed with confidence has no annotation: a vague expression ("in
recent weeks"), 03/04/2024 in a text that does not show which order it keeps, "in May" after an older year.

Conventions: weeks run from Monday; early, mid and late are thirds of a month, a year or a decade; seasons are
those of the northern hemisphere by whole months; newspapers look back, so a weekday, day or month without more
is the last that had come when the document was published, unless the verb before it looks ahead; "since" has no
end; "until" and "before" mean the date they name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.calendar_words import ANOTHER_YEAR, CALENDAR_RULES, Rule
from rag.deictic import DEICTIC_RULES, LATER, later
from rag.periods import MONTHS, Period, years
from rag.placing import Placing, days_come_first
from rag.split import Span
from rag.types import Annotation

# No date is without one of these; most sentences have none, and are spared the rules.
_HINT = re.compile(
    r"[12]\d{3}|\d[/.]\d\d?[/.]\d|\d(?:th|st) |"
    + "|".join(f"{name.title()}|{name.upper()}" for name in MONTHS if len(name) == 3)
    + r"|(?:janua|februa|april|june|july|septe|octob|novem|decem)|day\b|day['’]s|nday|\bago\b|to(?:day|morrow|night)|"
    r"(?:[Ll]ast|[Tt]his|[Nn]ext|past|[Ff]ollowing|same|previous|that|the)\s+(?:\w+\s+)?(?:week|month|year|night|weekend|spring|summer|"
    r"autumn|fall|winter|morning|afternoon|evening|days)|later|earlier|from\s+now"
)
# Whether the words say their year themselves.
_STATED = re.compile(r"[12]\d{3}|\d{3}0s|[Cc]entury")
_YEAR = re.compile(r"(?<![\d.,-])(?:1[5-9]|20)\d\d(?![\d.,-]*\d)")
_MAX_CHARS = 1000
# The verb that leads to a date is nearer than this.
_VERB_CHARS = 200
_SINCE = re.compile(r"\b[Ss]ince\s+(?:the\s+)?$")
_OPENS = re.compile(r"\W*(?:(?:[Ii]n|[Oo]n|[Dd]uring|[Ee]arly|[Ll]ate|[Tt]he)\s+)*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """An expression at ``[start, end)`` of a text and the days it means.

    Attributes:
        stated: Whether it says its year itself, so that it means the same in any document.
    """

    start: int
    end: int
    period: Period
    stated: bool


def find_dates(
    text: str, sentences: Sequence[Span], published: date | None
) -> tuple[Annotation, ...]:
    """Annotations of kind ``date`` for what the sentences speak of, in order, not overlapping.

    Args:
        text: The document.
        sentences: Spans to look into, in order; what lies outside them is left alone.
        published: Its day of publication; without one only what needs none is found.
    """
    return tuple(
        Annotation(start=one.start, end=one.end, kind="date", value=one.period.iso)
        for one in read_dates(text, sentences, published)
    )


def read_dates(text: str, sentences: Iterable[Span], published: date | None) -> Iterator[Dated]:
    """The same with the periods themselves."""
    day_first = days_come_first(text) if "/" in text else None
    old = False
    for start, end in _pieces(text, sentences):
        words = text[start:end]
        if not _HINT.search(words):
            continue
        placing = Placing(published=published, old=old, day_first=day_first)
        found = _Reading(words, placing).dates()
        yield from (replace(one, start=start + one.start, end=start + one.end) for one in found)
        # A text that has gone back to an older year stays there until something shows otherwise.
        old = _is_old(found[-1], published) if found else old


def spoken_of(annotations: Iterable[Annotation], start: int, end: int) -> tuple[date, date] | None:
    """First and last day that ``text[start:end]`` speaks of; ``None`` without a date.

    A hull: it holds every day spoken of, and days between them. A store filters by it first, then asks
    `speaks_of`. An open end ("since 2021") is `date.max`. A date belongs to where it begins.
    """
    periods = list(_inside(annotations, start, end))
    if not periods:
        return None
    return min(one.first for one in periods), max(one.last or date.max for one in periods)


def speaks_of(
    annotations: Iterable[Annotation],
    start: int,
    end: int,
    *,
    after: date | None = None,
    before: date | None = None,
) -> bool:
    """Whether some date in ``text[start:end]`` overlaps the window; both its days are inside."""
    return any(
        (after is None or (one.last or date.max) >= after)
        and (before is None or one.first <= before)
        for one in _inside(annotations, start, end)
    )


def _inside(annotations: Iterable[Annotation], start: int, end: int) -> Iterator[Period]:
    for one in annotations:
        if one.kind == "date" and start <= one.start < end:
            yield Period.from_iso(one.value)


def _pieces(text: str, sentences: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """The sentences, in parts where one is so long that it must be a table."""
    for sentence in sentences:
        start = sentence.start
        while sentence.end - start > _MAX_CHARS:
            end = text.rfind(" ", start + 1, start + _MAX_CHARS)
            end = end if end > start else start + _MAX_CHARS
            yield start, end
            start = end
        yield start, sentence.end


class _Reading:
    """What has been read of one sentence so far."""

    def __init__(self, words: str, placing: Placing) -> None:
        self.words = words
        self.placing = placing
        self.found: list[Dated] = []
        self._taken: list[tuple[int, int]] = []

    def dates(self) -> list[Dated]:
        """The dates of the sentence, in order."""
        left = self._read_stated()
        self._frame()
        self._place(left)
        self._lean()
        return sorted(self.found, key=lambda one: one.start)

    def _read_stated(self) -> list[tuple[re.Match[str], Rule]]:
        """Read what says its year; the others, which may need it, are returned."""
        left = []
        for pattern, rule in CALENDAR_RULES:
            for match in pattern.finditer(self.words):
                if not _STATED.search(match.group()):
                    left.append((match, rule))
                elif self._free(*match.span()):
                    self._take(*match.span(), rule(match, self.placing), stated=True)
        for match in ANOTHER_YEAR.finditer(self.words):
            if any(one.end == match.start() for one in self.found):
                self._take(*match.span("year"), years(int(match["year"])), stated=True)
        return left

    def _frame(self) -> None:
        """What the years that the sentence says mean for its other dates."""
        closed = [one for one in self.found if one.period.last]
        opening = next((one for one in closed if _OPENS.fullmatch(self.words, 0, one.start)), None)
        # "Formed in 2014, the unit left in May" may mean May of any year, and 2000 may be a year.
        astray = any(
            _is_old(one, self.placing.published) for one in closed if one is not opening
        ) or any(self._free(*number.span()) for number in _YEAR.finditer(self.words))
        self.placing = replace(
            self.placing, frame=opening.period if opening else None, old=self.placing.old or astray
        )

    def _place(self, matches: Iterable[tuple[re.Match[str], Rule]]) -> None:
        for match, rule in matches:
            unplaced = match.groupdict().get("which") and not self.placing.published
            if self._free(*match.span()) and not unplaced:
                self._take(*match.span(), rule(match, self._before(match)))

    def _lean(self) -> None:
        """Read what leans on the day of publication, then what leans on a date of the sentence."""
        published = self.placing.published
        for pattern, rule in DEICTIC_RULES if published else ():
            for match in pattern.finditer(self.words):
                if published and self._free(*match.span()):
                    self._take(*match.span(), rule(match, published, self._before(match)))
        for match in LATER.finditer(self.words):
            anchors = [one for one in self.found if one.end <= match.start()]
            if len(anchors) == 1 and self._free(*match.span()):
                self._take(*match.span(), later(match, anchors[0].period))

    def _before(self, match: re.Match[str]) -> Placing:
        return replace(
            self.placing,
            before=self.words[max(0, match.start() - _VERB_CHARS) : match.start()],
            expression=match[0],
            after=self.words[match.end() : match.end() + _VERB_CHARS],
        )

    def _free(self, start: int, end: int) -> bool:
        return all(end <= first or last <= start for first, last in self._taken)

    def _take(self, start: int, end: int, period: Period | None, *, stated: bool = False) -> None:
        # What is no date as a whole (31 June) holds none either.
        self._taken.append((start, end))
        if period is None:
            return
        since = _SINCE.search(self.words, 0, start)
        start = since.start() if since else start
        if self.words[start:end].lower().startswith("since"):
            period = period.since()
        self.found.append(Dated(start=start, end=end, period=period, stated=stated))


def _is_old(one: Dated, published: date | None) -> bool:
    """Whether it speaks of a year well before the publication, and of that alone."""
    last = one.period.last
    return bool(one.stated and published and last and last.year < published.year - 1)
