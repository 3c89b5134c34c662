"""What the page knows of one question and its answer, as plain values.

Events change nothing in place: `advance` maps an exchange and an event to the next exchange, so that all of it
is tested without a browser or a thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

from rag import (
    REFUSAL,
    Answer,
    AnswerEvent,
    Claim,
    ClaimChecked,
    Delta,
    Disagreement,
    Document,
    Finished,
    Quote,
    Retrieved,
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

    about: str
    sides: tuple[Side, ...]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One question and what is known of its answer.

    Attributes:
        number: Within the conversation, never used twice; markers carry it.
        scope: What the search was narrowed to, in words; empty if to nothing.
        stage: What goes on.
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
        flagged: Titles of documents found that speak to the software which reads them.
        error: What to tell the person, if it failed.
        unsaved: Why the exchange is not kept, if it could not be.
        reason: Why the person rated it as they did.
    """

    number: int
    question: str
    standalone_question: str = ""
    scope: str = ""
    stage: Stage = "waiting"
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
    refusal_reason: str | None = None
    missing: str | None = None
    as_of: date | None = None
    flagged: tuple[str, ...] = ()
    confidence: float | None = None
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


def begin(exchange: Exchange, at: float = 0.0) -> Exchange:
    """The exchange once the pipeline works on it; ``at`` is seconds since it was asked."""
    if exchange.stage != "waiting":
        return exchange
    return replace(_enter(exchange, "searching", at), place=0)


def queue(exchange: Exchange, place: int) -> Exchange:
    """The exchange while others are first."""
    return replace(exchange, place=place) if exchange.stage == "waiting" else exchange


def advance(exchange: Exchange, event: AnswerEvent, at: float = 0.0) -> Exchange:
    """The exchange after an event of its answer; events that come after a stop change nothing."""
    if exchange.over:
        return exchange
    match event:
        case Retrieved():
            return _found(exchange, event, at)
        case Delta(text=""):
            return replace(exchange, pondering=True)  # a sign of life
        case Delta(text=text):
            return replace(_enter(exchange, "writing", at), draft=exchange.draft + text)
        case ClaimChecked(claim=claim):
            return _checked(_enter(exchange, "checking", at), claim)
        case Finished(answer=answer):
            return _finished(exchange, answer, at)


def stop(exchange: Exchange, at: float | None = None) -> Exchange:
    """The exchange after the person stopped it: checked sentences and the draft stay."""
    return exchange if exchange.over else _enter(exchange, "stopped", at)


def fail(exchange: Exchange, message: str, at: float | None = None) -> Exchange:
    """The exchange after an error."""
    if exchange.over:
        return exchange
    return replace(_enter(exchange, "failed", at), error=message, draft="")


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


def _enter(exchange: Exchange, stage: Stage, at: float | None) -> Exchange:
    if exchange.stage == stage:
        return exchange
    if at is None:  # nobody looked at the clock
        return replace(exchange, stage=stage)
    took = (exchange.stage, max(0.0, at - exchange.since))
    return replace(exchange, stage=stage, since=at, stage_seconds=(*exchange.stage_seconds, took))


def _found(exchange: Exchange, event: Retrieved, at: float) -> Exchange:
    quotes = event.quotes or tuple(
        Quote(
            document=passage.document,
            start=passage.chunk.start,
            end=passage.chunk.end,
            also_in=passage.also_in,
        )
        for passage in event.passages
    )
    return replace(
        _enter(exchange, "reading", at),
        standalone_question=event.standalone_question,
        passages=len(event.passages),
        documents=len({passage.document.id for passage in event.passages}),
        offered=tuple(view_of(quote, f"r{place}") for place, quote in enumerate(quotes, start=1)),
    )


def _checked(exchange: Exchange, claim: Claim) -> Exchange:
    view = _claim(claim)
    draft = _after(exchange.draft, claim.text)
    if not view.stands:
        dropped = (*exchange.dropped, view)
        return replace(exchange, dropped=dropped, draft=draft, pondering=False)
    # Something new, after thinking about sentences of which none passed.
    if exchange.pondering and exchange.dropped and not exchange.claims:
        view = replace(view, replaces=exchange.dropped[0].text)
    return replace(
        exchange,
        claims=(*exchange.claims, view),
        cited=_by_number(exchange.cited, [claim]),
        draft=draft,
        pondering=False,
    )


def _finished(exchange: Exchange, answer: Answer, at: float) -> Exchange:
    if answer.refusal_reason == "stopped":
        return stop(exchange, at)
    standing = [claim for claim in answer.claims if claim.verdict == "supported"]
    replaced = {claim.text: claim.replaces for claim in exchange.claims if claim.replaces}
    differing = tuple(_differing(one) for one in answer.disagreements)
    titles = {passage.document.id: passage.document.title for passage in answer.passages}
    exchange = replace(
        _enter(exchange, "finished", at),
        draft="",
        dropped=tuple(_claim(claim) for claim in answer.dropped),
        standalone_question=answer.standalone_question,
        refusal_reason=answer.refusal_reason,
        as_of=answer.as_of,
        flagged=tuple(titles.get(one, one) for one in answer.flagged),
        confidence=answer.confidence,
        total_s=answer.timings.total_s,
        model=answer.model.name if answer.model else "",
    )
    if answer.refused:
        return replace(exchange, refused=True, missing=answer.missing, claims=(), cited=())
    return replace(
        exchange,
        claims=tuple(replace(_claim(one), replaces=replaced.get(one.text)) for one in standing),
        cited=_by_number((side.quote for one in differing for side in one.sides), standing),
        differing=differing,
    )


def _claim(claim: Claim) -> ClaimView:
    return ClaimView(
        text=claim.text,
        numbers=tuple(citation.number for citation in claim.citations),
        support=claim.support,
        verdict=claim.verdict,
        reason=claim.reason,
    )


def _by_number(known: Iterable[QuoteView], claims: Sequence[Claim]) -> tuple[QuoteView, ...]:
    quotes = {int(quote.reference): quote for quote in known}
    for claim in claims:
        for citation in claim.citations:
            quotes[citation.number] = view_of(citation.quote, str(citation.number))
    return tuple(quotes[number] for number in sorted(quotes))


def _differing(disagreement: Disagreement) -> Differing:
    sides = tuple(
        Side(
            number=one.number,
            words=telling_words(disagreement.text, one.number) or one.quote.text,
            quote=view_of(one.quote, str(one.number)),
        )
        for one in disagreement.citations
    )
    return Differing(about=disagreement.about, sides=sides, text=disagreement.text)


def _after(draft: str, sentence: str) -> str:
    """What the draft says after a sentence; the draft has markers that the sentence lost."""
    gap = r"\s*(?:\[\d+\]\s*)*"
    said = gap.join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", sentence))
    found = re.search(said + gap, draft)
    # A sentence that the draft does not hold was mended on the way; what it was made of must not
    # stand beside it.
    return draft[found.end() :] if found else ""
