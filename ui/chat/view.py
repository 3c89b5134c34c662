"""What the page knows of one question and its answer, as plain values, and as the documents of today bear it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

from rag import (
    REFUSAL,
    Document,
    Quote,
    Turn,
)

Stage: TypeAlias = Literal[
    "waiting",
    "searching",
    "reading",
    "writing",
    "checking",
    "finished",
    "stopped",
    "failed",
    "interrupted",
]
#: What a document is called that is no longer there.
GONE = "A removed document"
#: The same within a sentence.
REMOVED = "a document that was removed"
# In place of what a search was narrowed to: it may name documents.
_SCOPE = "something that has been removed in part"
OVER = ("finished", "stopped", "failed", "interrupted")
QuoteState: TypeAlias = Literal["current", "changed", "removed"]
Rating: TypeAlias = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """A quote as the page shows it, whatever has become of its document.

    Attributes:
        reference: What markers and cards call it within the exchange: ``2`` if cited, ``r2`` if not.
        also_in: Ids of other documents that hold it.
        state: ``changed`` if the document no longer has these words, ``removed`` if it is no longer there.
    """

    reference: str
    document_id: str
    source: str
    title: str
    start: int
    end: int
    text: str
    published: date | None = None
    published_from: str | None = None
    also_in: tuple[str, ...] = ()
    state: QuoteState = "current"

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it stands."""
        return self.document_id, self.start, self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """A sentence that was checked.

    Attributes:
        numbers: The quotes that it rests on.
        reason: What speaks against one that did not pass.
        replaces: The sentence that failed and in whose place this one stands.
    """

    text: str
    numbers: tuple[int, ...] = ()
    support: float = 1.0
    verdict: Literal["supported", "unsupported"] = "supported"
    reason: str | None = None
    replaces: str | None = None

    @property
    def stands(self) -> bool:
        """Whether it may be shown as part of an answer."""
        return self.verdict == "supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one source says where sources differ.

    Attributes:
        words: Its own words.
    """

    number: int
    words: str
    quote: QuoteView


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """Where sources differ."""

    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One question and what is known of its answer.

    Attributes:
        number: Within the conversation, never used twice; markers carry it.
        scope: What the search was narrowed to, in words; empty if to nothing.
        stage: What goes on.
        loading: Whether models were still being loaded when the search began.
        replacing: Whether it was asked in place of an earlier answer.
        place: How many questions are answered before this one, while it waits.
        since: Second since asking at which the stage began.
        stage_seconds: The stages that are over and how long they took.
        passages: How many passages were found, in how many ``documents``.
        draft: Text as the model wrote it that has not been checked yet.
        claims: Sentences that were checked and stand.
        dropped: Sentences that did not pass.
        pondering: Whether the model has been at work since the last sentence was checked.
        cited: The quotes that markers stand for.
        offered: Everything that was found, referred to as ``r1``, ``r2``…
        flagged: Ids and titles of documents found that speak to the software which reads them.
        error: What to tell the person, if it failed.
        unsaved: Why the exchange is not kept, if it could not be.
        reason: Why the person rated it as they did.
    """

    number: int
    question: str
    standalone_question: str = ""
    scope: str = ""
    stage: Stage = "waiting"
    loading: bool = False
    replacing: bool = False
    place: int = 0
    since: float = 0.0
    stage_seconds: tuple[tuple[str, float], ...] = ()
    passages: int = 0
    documents: int = 0
    draft: str = ""
    claims: tuple[ClaimView, ...] = ()
    dropped: tuple[ClaimView, ...] = ()
    pondering: bool = False
    cited: tuple[QuoteView, ...] = ()
    offered: tuple[QuoteView, ...] = ()
    differing: tuple[Differing, ...] = ()
    refused: bool = False
    missing: str | None = None
    as_of: date | None = None
    flagged: tuple[tuple[str, str], ...] = ()
    total_s: float = 0.0
    model: str = ""
    error: str | None = None
    unsaved: str | None = None
    rating: Rating | None = None
    reason: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in OVER

    @property
    def uncited(self) -> tuple[QuoteView, ...]:
        """What was found besides the cited quotes."""
        cited = {quote.place for quote in self.cited}
        return tuple(quote for quote in self.offered if quote.place not in cited)

    @property
    def rewritten(self) -> bool:
        """Whether something else was searched for than what was typed."""
        return bool(self.standalone_question) and self.standalone_question != self.question

    def quote(self, reference: str) -> QuoteView | None:
        """The quote behind a marker or a card, ``None`` if there is none."""
        quotes = (*self.cited, *self.uncited)
        return next((quote for quote in quotes if quote.reference == reference), None)

    def resting_on(self, quote: QuoteView) -> tuple[int, ...]:
        """Which sentences of the answer rest on a quote, from 1."""
        return tuple(
            place
            for place, claim in enumerate(self.claims, start=1)
            if quote.reference in map(str, claim.numbers)
        )

    @property
    def turn(self) -> Turn | None:
        """What the next question may lean on; ``None`` where nothing was answered."""
        if self.over and self.refused:
            return Turn(question=self.question, answer=REFUSAL)
        said = " ".join(claim.text for claim in self.claims if claim.text)
        return Turn(question=self.question, answer=said) if self.over and said else None


def see_today(quote: QuoteView, documents: Mapping[str, Document]) -> QuoteView:
    """The quote as the documents of today bear it out.

    One whose words have moved is found again; one whose words are gone keeps them and says so; of a removed
    document nothing is shown.
    """
    document = documents.get(quote.document_id)
    if document is None:
        return replace(
            quote, state="removed", text="", title=GONE, source="", published=None, start=0, end=0
        )
    if not quote.text:
        return replace(quote, state="changed")
    if document.text[quote.start : quote.end] == quote.text:
        return quote if quote.state == "current" else replace(quote, state="current")
    start = document.text.find(quote.text)
    if start < 0:
        return replace(quote, state="changed")
    return replace(quote, start=start, end=start + len(quote.text), state="current")


def forget(exchange: Exchange, documents: Mapping[str, Document]) -> Exchange:
    """The exchange as the documents of today bear it out, without what rested on removed ones.

    What goes is what `rag.ConversationStore.forget_documents` erases: sentences, sides of disagreements, and what
    may be anybody's words.
    """
    cited, offered = (
        tuple(see_today(quote, documents) for quote in quotes)
        for quotes in (exchange.cited, exchange.offered)
    )
    sides = [side.quote for one in exchange.differing for side in one.sides]
    seen = replace(exchange, cited=cited, offered=offered)
    flagged = tuple(
        (one, title if one in documents else REMOVED) for one, title in exchange.flagged
    )
    quotes = (*exchange.cited, *exchange.offered, *sides)
    gone = {quote.reference for quote in quotes if quote.document_id not in documents}
    if not gone and flagged == exchange.flagged:
        return replace(seen, differing=_seen(exchange.differing, documents))
    return replace(
        without_unclear(seen),
        claims=tuple(
            replace(
                claim,
                text="" if gone & {str(number) for number in claim.numbers} else claim.text,
                replaces=None if claim.replaces is None else "",
            )
            for claim in exchange.claims
        ),
        differing=_seen(exchange.differing, documents),
        flagged=flagged,
        draft="",
        scope=_SCOPE if exchange.scope else "",
    )


def without_unclear(exchange: Exchange) -> Exchange:
    """The exchange without sentences that did not pass, of which it cannot be told whose words they are."""
    dropped = tuple(replace(claim, text="", reason=None) for claim in exchange.dropped)
    return replace(exchange, dropped=dropped)


def view_of(quote: Quote, reference: str) -> QuoteView:
    """A quote as the page keeps it."""
    return QuoteView(
        reference=reference,
        document_id=quote.document.id,
        source=quote.document.source,
        title=quote.document.title,
        start=quote.start,
        end=quote.end,
        text=quote.text,
        published=quote.document.published,
        published_from=quote.document.published_from,
        also_in=quote.also_in,
    )


def telling_words(text: str, number: int) -> str:
    """What a disagreement quotes of the source with this number; empty if it does not say."""
    found = re.search(rf".*“([^“]*)” \([^“]*\) \[{number}\]", text, re.DOTALL)
    return found[1] if found else ""


def _seen(
    differing: Iterable[Differing], documents: Mapping[str, Document]
) -> tuple[Differing, ...]:
    return tuple(
        Differing(sides=tuple(_side(side, documents) for side in one.sides)) for one in differing
    )


def _side(side: Side, documents: Mapping[str, Document]) -> Side:
    quote = see_today(side.quote, documents)
    return replace(side, quote=quote, words="" if quote.state == "removed" else side.words)
