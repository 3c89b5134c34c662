"""Figures and dates that two sentences give for the same thing, where both cannot be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from rag.disagreement.figures import DONE, DONE_TO, Figure, figures
from rag.disagreement.said import (
    EVENT_GAP,
    STATE_GAP,
    Said,
    about_others,
    apart,
    fold,
    shared_names,
    stems,
)
from rag.events import Dated
from rag.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two values for one thing.

    Attributes:
        kind: ``figure``, ``date``, ``role``, ``rank``, ``outcome``, ``scope``, ``list`` or ``denial``.
        about: What they are values of, in words.
        values: As the two sentences write them.
        anchors: Stems by one of which a question asks for it.
        subject: Names of whose it is, one of which has to be spoken of; empty if the sentences tell enough.
        timeline: Whether it is told of two times, so that both may have been right.
    """

    kind: str
    about: str
    values: tuple[str, str]
    anchors: frozenset[str]
    subject: frozenset[str] = frozenset()
    timeline: bool = False


_ASKS_WHEN = frozenset({"date", "day", "month", "year", "when"})
#: What happens to a thing once, as a rule; told with two dates, one is wrong.
_ONCE = {
    "founded": r"found(?:ed|ing|ation)|establish(?:ed|ment|ing)|creat(?:ed|ion)|set up|formed",
    "born": r"born|birth",
    "died": r"died|death|killed|assassinat\w+|murdered",
    "began": r"[Ss]ince|deployed|deployment|present|active|operated|arrived|arrival",
    "independent": r"independen\w+",
    "crashed": r"crash(?:ed)?",
    "mutiny": r"mutiny|rebellion",
    "coup": r"coup|overthr\w+|ousted|toppled",
    "built": r"built|completed|inaugurated",
}
#: What may happen again: two dates near each other are one event, dates far apart are two.
_AGAIN = {
    "signed": r"sign(?:ed|ing)", "announced": r"announc\w+", "opened": r"open(?:ed|ing)|launch(?:ed)?",
    "elected": r"elect(?:ed|ion)", "attacked": r"attack(?:ed)?|strike|struck|raid",
    "met": r"met|meeting|summit|visit(?:ed)?|talks",
    "resigned": r"resign\w*|stepped down",
    "left": r"left|leav\w+|withdr\w+|pull\w* out|depart\w+", "closed": r"clos(?:ed|ure)|shut",
    "arrested": r"arrest(?:ed)?|detained",
}  # fmt: skip
_EVENTS = {**_ONCE, **_AGAIN}
# One way and the other way: their figures have nothing to do with each other.
_OTHER_WAY = tuple(
    stems(words)
    for words in (
        "exports imports", "export import", "exported imported", "buys sells", "bought sold", "births deaths",
        "arrivals departures", "income spending", "revenue costs", "profit loss", "men women", "first second",
        "inflation unemployment", "lent borrowed", "gave received", "north south", "east west",
    )
)  # fmt: skip
# What a sum is of and for: two may share it by chance.
_MEASURES = stems(
    "euros dollars pounds francs roubles percent cents per night day week month year hour"
)
_FIT = 0.4
# A sentence with more dates is a list of them.
_MAX_DATES = 6
# A date further from the word for an event than this belongs to something else.
_NEAR = 80


def figures_differ(one: Said, other: Said) -> Iterator[Difference]:
    """Two numbers of the same thing: 39 percent and 21 percent, 12 killed and 15 killed."""
    firsts, seconds = one.once("figures", _figures), other.once("figures", _figures)
    for first in firsts:
        same = [second for second in seconds if first.counts_like(second)]
        # A sentence with several such numbers tells of a change or of parts.
        peers = [figure for figure in firsts if first.counts_like(figure)]
        if not same or any(figure.agrees(second) for figure in peers for second in same):
            continue
        second = same[0]
        if not _same_counted(one, first, other, second):
            continue
        gap = EVENT_GAP if first.kind in {"killed", "injured", "arrested", "missing"} else STATE_GAP
        spans = (one.clause(first.start, first.end), other.clause(second.start, second.end))
        yield Difference(
            kind="figure",
            about=_about(one, other),
            values=(first.shown, second.shown),
            anchors=frozenset(
                {first.thing, second.thing, first.kind, "many", "much", "shar", "number", "percentag"} - {""}
            )
            | stems(first.shown) & stems(second.shown),
            timeline=_of_two_times(one, spans[0], other, spans[1], gap),
        )  # fmt: skip


def _of_two_times(
    one: Said, span: tuple[int, int], other: Said, its: tuple[int, int], gap: timedelta
) -> bool:
    """Whether two clauses speak of times that far apart; of dates that both state, any that differ."""
    when, then = one.placed(*span), other.placed(*its)
    between = apart(when, then)
    both = all(
        any(first <= date.start < last for date in said.dates)
        for said, (first, last) in ((one, span), (other, its))
    )
    if both and when and then:
        return between > timedelta(0) and abs(when.first - then.first) > timedelta(2)
    return between >= gap


def _figures(said: Said) -> Iterator[Figure]:
    for figure in figures(said.text):
        if not any(when.start <= figure.start < when.end for when in said.dates):
            yield figure


def _same_counted(one: Said, first: Figure, other: Said, second: Figure) -> bool:
    spans = (one.clause(first.start, first.end), other.clause(second.start, second.end))
    names = (one.names_in(*spans[0]), other.names_in(*spans[1]))
    if about_others(*names):
        return False
    words = [
        frozenset(
            word
            for word in stems(DONE.sub("", said.unattributed[span[0] : span[1]]))
            if word not in {first.thing, second.thing} | _MEASURES and not word[0].isdigit()
        )
        for said, span in ((one, spans[0]), (other, spans[1]))
    ]
    if any(
        bool(words[0] & pair) and bool(words[1] & pair) and not words[0] & words[1] & pair
        for pair in _OTHER_WAY
    ):
        return False
    rest = [
        frozenset(word for word in mine if not shared_names(frozenset({fold(word)}), named))
        for mine, named in zip(words, names, strict=True)
    ]
    if all(rest) and not rest[0] & rest[1]:
        return False
    if first.kind not in DONE_TO and _other_subject(one, spans[0], other, spans[1]):
        return False
    shared = (words[0] & words[1]) | shared_names(words[0], words[1])
    least = min(map(len, words), default=0)
    named = bool(shared_names(*names))
    if first.kind == "percent" or not first.thing or first.thing != second.thing:
        return len(shared) >= 2 and len(shared) >= _FIT * least
    return len(shared) >= (1 if named else 2) and len(shared) >= (0.3 if named else _FIT) * least


def _other_subject(one: Said, span: tuple[int, int], other: Said, its: tuple[int, int]) -> bool:
    """Whether each clause opens with a thing that the other sentence does not speak of: prices, and wages."""
    opens = [
        next(
            (word for word in re.findall(r"[\w'-]+", said.unattributed[first:last]) if stems(word)),
            "",
        )
        for said, (first, last) in ((one, span), (other, its))
    ]
    return all(
        word
        and not word[0].isdigit()
        and not stems(word) & against.words
        and not shared_names(frozenset({fold(word.lower())}), against.names)
        for word, against in ((opens[0], other), (opens[1], one))
    )


def dates_differ(one: Said, other: Said) -> Iterator[Difference]:
    """Two days on which the same thing is said to have happened."""
    for first, event in one.once("events", _events):
        for second, same in other.once("events", _events):
            if event != same:
                continue
            gap = _disjoint(first, second)
            if gap is None or (event in _AGAIN and gap > EVENT_GAP):
                continue
            spans = (one.clause(first.start, first.end), other.clause(second.start, second.end))
            names = (one.names_in(*spans[0]), other.names_in(*spans[1]))
            if about_others(*names) or not shared_names(*names):
                continue
            words = (
                stems(one.unattributed[spans[0][0] : spans[0][1]]),
                stems(other.unattributed[spans[1][0] : spans[1][1]]),
            )
            shared = len(words[0] & words[1])
            if shared < (2 if event in _ONCE else 3):
                continue
            yield Difference(
                kind="date",
                about=_about(one, other),
                values=(first.period.label, second.period.label),
                anchors=_ASKS_WHEN | stems(event),
            )


def _events(said: Said) -> Iterator[tuple[Dated, str]]:
    for when in said.dates[:_MAX_DATES]:
        event = _event(said, when)
        if event:
            yield when, event


def _event(said: Said, when: Dated) -> str | None:
    """What happened on a day: the nearest word for an event in its clause."""
    first, last = said.clause(when.start, when.end)
    near = [
        (min(abs(first + match.end() - when.start), abs(first + match.start() - when.end)), event)
        for event, pattern in _EVENTS.items()
        # The Black Death was no day's event.
        for match in re.finditer(rf"\b(?:{pattern})\b", said.text[first:last])
        if not (when.start < first + match.start() < when.end)
    ]
    return min((one for one in near if one[0] <= _NEAR), default=(0, None))[1]


def _disjoint(one: Dated, other: Dated) -> timedelta | None:
    """Time between two dates that cannot be the same; ``None`` if they can."""
    first, second = (_whole(date.period) for date in (one, other))
    between = apart(first, second)
    # A day told as "on Monday" is placed by the day of publication, which may be off by one.
    exact = one.stated and other.stated
    return between if between > timedelta(0 if exact else 2) else None


def _whole(period: Period) -> Period:
    """What a date names: of "since 2021" the year, of "late May" all of May."""
    if period.whole:
        return _whole(period.whole)
    return period if period.last else Period(period.first, period.first)


def _about(one: Said, other: Said) -> str:
    """What both speak of: their common words, in the order of the first."""
    return common(one, other)


def common(one: Said, other: Said) -> str:
    """The words that two sentences share, in the order of the first, a handful at most."""
    shared = one.words & other.words
    shown = [
        word
        for word in re.findall(r"[\w'-]+", one.unattributed)
        if stems(word) & shared and not word[0].isdigit()
    ]
    return " ".join(dict.fromkeys(shown[:8]))
