"""What one browser tab knows: its questions, how far each answer is, the quotes behind each marker.

Events change nothing in place: `advance` maps an exchange and an event to the next exchange, so
that all of it is tested without a browser or a thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from rag import (
    Answer,
    AnswerEvent,
    Claim,
    ClaimChecked,
    Delta,
    Document,
    Finished,
    Quote,
    Retrieved,
    Turn,
)
from ui.running import Run

Stage: TypeAlias = Literal[
    "waiting", "searching", "reading", "writing", "checking", "finished", "stopped", "failed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One question and what is known of its answer.

    Attributes:
        id: Number within the conversation, never used twice; markers carry it.
        draft: Text as the model wrote it that has not been checked yet.
        claims: Sentences that were checked and stand.
        answer: The answer as it stands at the end, if it came to that.
        error: What to tell the person, if it failed.
    """

    id: int
    question: str
    stage: Stage = "waiting"
    retrieved: Retrieved | None = None
    draft: str = ""
    claims: tuple[Claim, ...] = ()
    answer: Answer | None = None
    error: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in ("finished", "stopped", "failed")

    @property
    def refused(self) -> bool:
        """Whether the sources do not answer the question."""
        return self.answer is not None and self.answer.refused

    @property
    def cited(self) -> dict[str, Quote]:
        """The quotes that markers of the checked sentences stand for, by number."""
        citations = {
            citation.number: citation.quote for claim in self.claims for citation in claim.citations
        }
        for disagreement in self.answer.disagreements if self.answer else ():
            citations.update(
                (citation.number, citation.quote) for citation in disagreement.citations
            )
        return {str(number): citations[number] for number in sorted(citations)}

    @property
    def uncited(self) -> dict[str, Quote]:
        """What was retrieved besides, by a reference that no marker has (``r1``, ``r2``…)."""
        if self.retrieved is None:
            return {}
        cited = {_place(quote) for quote in self.cited.values()}
        quotes = self.retrieved.quotes or tuple(
            Quote(
                document=passage.document,
                start=passage.chunk.start,
                end=passage.chunk.end,
                also_in=passage.also_in,
            )
            for passage in self.retrieved.passages
        )
        return {
            f"r{number}": quote
            for number, quote in enumerate(quotes, start=1)
            if _place(quote) not in cited
        }

    def quote(self, reference: str) -> Quote | None:
        """The quote behind a marker or a card, ``None`` if there is none."""
        return self.cited.get(reference) or self.uncited.get(reference)

    @property
    def turn(self) -> Turn | None:
        """What the next question may lean on; ``None`` where nothing was answered."""
        if self.answer is not None and self.refused:
            return Turn(question=self.question, answer=self.answer.text)
        if self.over and self.claims:
            return Turn(
                question=self.question, answer=" ".join(claim.text for claim in self.claims)
            )
        return None


def advance(exchange: Exchange, event: AnswerEvent) -> Exchange:
    """The exchange after an event of its answer; events that come after a stop change nothing."""
    if exchange.over:
        return exchange
    match event:
        case Retrieved():
            return replace(exchange, stage="reading", retrieved=event)
        case Delta(text=""):
            return exchange  # a sign of life
        case Delta(text=text):
            return replace(exchange, stage="writing", draft=exchange.draft + text)
        case ClaimChecked(claim=claim):
            claims = (*exchange.claims, claim) if claim.verdict == "supported" else exchange.claims
            return replace(
                exchange, stage="checking", claims=claims, draft=_after(exchange.draft, claim.text)
            )
        case Finished(answer=answer):
            if answer.refusal_reason == "stopped":
                return stop(exchange)
            stands = tuple(claim for claim in answer.claims if claim.verdict == "supported")
            return replace(
                exchange,
                stage="finished",
                answer=answer,
                claims=() if answer.refused else stands,
                draft="",
            )


def begin(exchange: Exchange) -> Exchange:
    """The exchange once the pipeline works on it."""
    return replace(exchange, stage="searching") if exchange.stage == "waiting" else exchange


def stop(exchange: Exchange) -> Exchange:
    """The exchange after the person stopped it: checked sentences and the draft stay."""
    return exchange if exchange.over else replace(exchange, stage="stopped")


def fail(exchange: Exchange, message: str) -> Exchange:
    """The exchange after an error."""
    return exchange if exchange.over else replace(exchange, stage="failed", error=message, draft="")


def _place(quote: Quote) -> tuple[str, int, int]:
    return quote.document.id, quote.start, quote.end


def _after(draft: str, sentence: str) -> str:
    """What the draft says after a sentence; the draft has markers that the sentence lost."""
    gap = r"\s*(?:\[\d+\]\s*)*"
    said = gap.join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", sentence))
    found = re.search(said + gap, draft)
    # A sentence that the draft does not hold was mended on the way; what it was made of must not
    # stand beside it.
    return draft[found.end() :] if found else ""


@dataclass(slots=True)
class Conversation:
    """The mutable state of one tab. Gradio gives every tab its own copy of an empty one.

    Attributes:
        shown: Exchange whose evidence is on the right.
        active: Reference of the quote that is open in the viewer.
        opened: How often something was opened; makes the viewer scroll again when the same quote is
            opened twice.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    shown: int | None = None
    active: str | None = None
    opened: int = 0
    asked: int = 0
    run: Run | None = None

    def get(self, exchange_id: object) -> Exchange | None:
        """The exchange with this id."""
        return next((exchange for exchange in self.exchanges if exchange.id == exchange_id), None)

    def put(self, exchange: Exchange) -> None:
        """Take the next state of an exchange; one that was cleared away stays away."""
        self.exchanges = [exchange if old.id == exchange.id else old for old in self.exchanges]

    @property
    def current(self) -> Exchange | None:
        """The exchange that is being answered."""
        return self.exchanges[-1] if self.exchanges and not self.exchanges[-1].over else None

    @property
    def history(self) -> tuple[Turn, ...]:
        """Earlier exchanges as the pipeline wants them."""
        return tuple(turn for exchange in self.exchanges if (turn := exchange.turn))

    def ask(self, question: str) -> Exchange | None:
        """Add a question; ``None`` if it is empty or another one is being answered."""
        if not question.strip() or self.current:
            return None
        self.asked += 1
        exchange = Exchange(id=self.asked, question=question.strip())
        self.exchanges = [*self.exchanges, exchange]
        self.shown, self.active = exchange.id, None
        return exchange

    def stop(self) -> None:
        """Stop whatever is being answered."""
        if self.run is not None:
            self.run.stop()
        if self.current is not None:
            self.put(stop(self.current))

    def clear(self) -> None:
        """Begin anew. Ids go on counting, so a late click on an old marker opens nothing wrong."""
        self.stop()
        self.exchanges, self.shown, self.active = [], None, None
