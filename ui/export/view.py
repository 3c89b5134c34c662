"""A kept conversation as it is printed: every quote has a number of its own across the whole conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

from rag import Conversation, SavedExchange
from ui.chat.view import telling_words
from ui.markup import day, published, seconds

UNTITLED = "Conversation"
_ENDS = {
    "asked": "No answer was kept: the program ended while it was at work, or the answer is still coming.",
    "stopped": "Stopped before the answer was checked as a whole.",
    "failed": "This did not work.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A quote.

    Attributes:
        number: Unique in the conversation.
        copies: How many other documents held the same words.
        removed: Whether its document was removed since, and its words with it.
        marked: What refers to it, in order; each is the name of a place in the page.
    """

    number: int
    title: str
    source: str
    published: date | None
    published_from: str | None
    start: int
    end: int
    text: str
    copies: int
    removed: bool
    marked: tuple[str, ...]

    @property
    def day(self) -> str:
        """When its document was published, in words."""
        return published(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, or one side of a disagreement, with the numbers of its quotes.

    Attributes:
        places: A name for the place of each marker.
        by: Of a side, whose words these are, and when they were published.
        reason: Of a sentence that did not pass, what speaks against it.
    """

    text: str
    numbers: tuple[int, ...] = ()
    places: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""

    @property
    def markers(self) -> tuple[tuple[int, str], ...]:
        """Number and place of each."""
        return tuple(zip(self.numbers, self.places, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """An exchange.

    Attributes:
        understood: What was searched for, if that is not what was typed.
        sentences: The answer; a sentence whose document was removed has no text.
        differing: For each disagreement its sides.
        left_out: Sentences that did not pass their check.
        draft: What the model had written and nobody had checked when it was stopped.
        note: How it ended, if not with an answer.
        facts: As of when, how long it took, which model wrote.
    """

    number: int
    question: str
    asked_at: datetime
    understood: str
    scope: str
    refused: bool
    missing: str
    sentences: tuple[Sentence, ...]
    differing: tuple[tuple[Sentence, ...], ...]
    left_out: tuple[Sentence, ...]
    quotes: tuple[Quoted, ...]
    draft: str
    note: str
    error: str
    as_of: str
    facts: tuple[str, ...]
    rating: str


def title_of(conversation: Conversation) -> str:
    """Its title, or its first question if it has none."""
    questions = (" ".join(one.question.split()) for one in conversation.exchanges)
    return conversation.title or next(questions, "") or UNTITLED


def printed(conversation: Conversation) -> Iterator[Printed]:
    """The exchanges in order."""
    numbers = count(1)
    for exchange in conversation.exchanges:
        yield _Printing(exchange, numbers).printed()


class _Printing:
    """Gives the quotes of one exchange their numbers, and notes where they are referred to."""

    def __init__(self, exchange: SavedExchange, numbers: Iterator[int]) -> None:
        self._exchange = exchange
        self._record = exchange.record
        self._cited = {one["number"]: one for one in self._rows("citations")}
        self._numbers = {own: next(numbers) for own in sorted(self._cited)}
        self._marked: dict[int, list[str]] = {}

    def printed(self) -> Printed:
        exchange, record = self._exchange, self._record
        page = record.get("page") or {}
        standalone = record.get("standalone_question") or ""
        refused = bool(record.get("refused")) and exchange.state == "finished"
        sentences = () if refused else tuple(self._sentence(one) for one in self._rows("claims"))
        differing = tuple(self._sides(one) for one in self._rows("disagreements"))
        return Printed(
            number=exchange.number,
            question=exchange.question,
            asked_at=exchange.asked_at,
            understood=standalone if standalone != exchange.question else "",
            scope=page.get("scope") or "",
            refused=refused,
            missing=(record.get("missing") or "") if refused else "",
            sentences=sentences,
            differing=tuple(sides for sides in differing if sides),
            left_out=tuple(
                Sentence(text=one["text"], reason=one.get("reason") or "")
                for one in self._rows("dropped")
                if one.get("text")
            ),
            quotes=tuple(
                self._quoted(own, number) for own, number in self._numbers.items() if not refused
            ),
            draft=(page.get("draft") or "").strip() if exchange.state == "stopped" else "",
            note=_ENDS.get(exchange.state, ""),
            error=page.get("error") or "",
            as_of=_as_of(record),
            facts=_facts(record),
            rating=_rating(exchange),
        )

    def _rows(self, name: str) -> list[Mapping[str, Any]]:
        return list(self._record.get(name) or ())

    def _sentence(self, claim: Mapping[str, Any]) -> Sentence:
        text = claim.get("text") or ""
        numbers = self._known(claim.get("citations") or ()) if text else ()
        return Sentence(text=text, numbers=numbers, places=self._mark(numbers))

    def _sides(self, disagreement: Mapping[str, Any]) -> tuple[Sentence, ...]:
        sides = []
        for one in disagreement.get("citations") or ():
            numbers = self._known((one["number"],))
            words = telling_words(disagreement.get("text") or "", one["number"])
            words = "" if one.get("removed") else words or one.get("quote") or ""
            by = ", ".join(filter(None, (_outlet(one), published(_dated(one)))))
            sides.append(
                Sentence(
                    text=" ".join(words.split()), numbers=numbers, places=self._mark(numbers),
                    by="" if one.get("removed") else by,
                )
            )  # fmt: skip
        return tuple(sides) if any(side.text for side in sides) else ()

    def _known(self, own: Any) -> tuple[int, ...]:
        return tuple(self._numbers[one] for one in own if one in self._numbers)

    def _mark(self, numbers: tuple[int, ...]) -> tuple[str, ...]:
        places = []
        for number in numbers:
            marked = self._marked.setdefault(number, [])
            marked.append(f"mark-{number}-{len(marked) + 1}")
            places.append(marked[-1])
        return tuple(places)

    def _quoted(self, own: int, number: int) -> Quoted:
        kept = self._cited[own]
        dated = _dated(kept)
        return Quoted(
            number=number,
            title=kept.get("title") or "",
            source=kept.get("source") or "",
            published=dated.published,
            published_from=dated.published_from,
            start=int(kept.get("start") or 0),
            end=int(kept.get("end") or 0),
            text=kept.get("quote") or "",
            copies=len(kept.get("also_in") or ()),
            removed=bool(kept.get("removed")),
            marked=tuple(self._marked.get(number, ())),
        )


@dataclass(frozen=True, slots=True)
class _Dated:
    published: date | None
    published_from: str | None


def _dated(kept: Mapping[str, Any]) -> _Dated:
    stated = kept.get("published")
    return _Dated(date.fromisoformat(stated) if stated else None, kept.get("published_from"))


def _outlet(kept: Mapping[str, Any]) -> str:
    return kept.get("title") or kept.get("source") or ""


def _as_of(record: Mapping[str, Any]) -> str:
    stated = record.get("as_of")
    return day(date.fromisoformat(stated)) if stated else ""


def _facts(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands below an answer in small print."""
    timings, model = record.get("timings") or {}, record.get("model") or {}
    searched, first, total = (
        float(timings.get(name) or 0) for name in ("retrieve_s", "first_token_s", "total_s")
    )
    facts = []
    if total:
        facts.append(f"searched in {seconds(searched)}")
        facts += [f"first word after {seconds(first)}"] if first > searched else []
        facts.append(f"{seconds(total)} in all")
    return (*facts, *([model["name"]] if model.get("name") else []))


def _rating(exchange: SavedExchange) -> str:
    if exchange.rating is None:
        return ""
    words = "Rated good" if exchange.rating == "up" else "Rated bad"
    return f"{words}: {exchange.reason}" if exchange.reason else words
