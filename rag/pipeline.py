"""A question into an answer: condense, retrieve, quote, write, check. `ask` is `stream` drained."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, Unpack

from rag.aside import own_sentences
from rag.asked_time import asks_about_a_time, weigh_by_time
from rag.asked_year import tells_of_its_year
from rag.condense import condense
from rag.dates import stated_day
from rag.decide import Outcome, decide, write
from rag.detail import add_detail
from rag.disagreement.asked import answer_by_difference
from rag.disagreement.sources import differences, find_disagreements
from rag.disagreement.timeline import is_overtaken, order_claims_by_date
from rag.embed import load_weights
from rag.evidence import build_quotes
from rag.instructions import speaks_to_software
from rag.newer import add_newer
from rag.protocols import ChatModel, Embedder, Filters, Interruptible, Retriever
from rag.refuse import Judgement, is_relevant, missing_from, prepare
from rag.retrieve import check_question
from rag.settings import Settings
from rag.split import Span
from rag.types import (
    Answer,
    AnswerEvent,
    Claim,
    ClaimChecked,
    Delta,
    Disagreement,
    Document,
    Finished,
    Passage,
    Quote,
    Retrieved,
    Timings,
    Turn,
)

_Result = TypeVar("_Result")


class _Clock:
    """Seconds since the question came in."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.retrieve_s = 0.0
        self.first_token_s: float | None = None

    def elapsed(self) -> float:
        return time.monotonic() - self._started

    def heard(self, piece: str) -> str:
        """The piece; of the first one that is not empty it is noted when it came."""
        if piece and self.first_token_s is None:
            self.first_token_s = self.elapsed()
        return piece


class Pipeline:
    """Answers questions from what a retriever finds."""

    def __init__(
        self,
        retriever: Retriever,
        model: ChatModel,
        embedder: Embedder,
        settings: Settings,
        *,
        sentences: Callable[[Document], Sequence[Span]] | None = None,
        documents: Callable[[], Sequence[Document]] | None = None,
        flagged: Callable[[Document], bool] = speaks_to_software,
        close: Callable[[], None] | None = None,
    ) -> None:
        """Put the parts together; `open_pipeline` does it for an index on disk.

        Args:
            retriever: Finds passages; may be your own.
            model: Writes the sentences.
            embedder: Compares sentences with the question.
            settings: Budgets and the strictness of refusing.
            sentences: Gives a document's sentences, by default by splitting its text.
            documents: Gives all documents, for `documents`.
            flagged: Whether a document holds text that speaks to the software that reads it.
            close: Called by `close`.
        """
        self.retriever = retriever
        self.model = model
        self.settings = settings
        self._embedder = embedder
        self._sentences = sentences or (lambda document: own_sentences(document.text))
        self._documents = documents or (lambda: ())
        self._flagged = flagged
        self._close = close

    def documents(self) -> tuple[Document, ...]:
        """Every document that can be found."""
        return tuple(self._documents())

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        **filters: Unpack[Filters],
    ) -> Answer:
        """The answer, or the refusal, to a question; see `HybridRetriever.retrieve` for the filters.

        Raises:
            QuestionError: the question is empty or too long.
        """
        for event in self.stream(question, history, **filters):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        **filters: Unpack[Filters],
    ) -> Generator[AnswerEvent, None, None]:
        """The same step by step. Close the generator to stop the model.

        `Delta` events with empty text show that the model is at work. While it judges quotes, some seconds before an
        answer and now and then after it, only `interrupt` ends it.
        """
        clock = _Clock()
        if isinstance(self.model, Interruptible):
            self.model.resume()
        question = check_question(question, self.settings)
        standalone = yield from _heartbeats(condense(question, history, self.model))
        # One's own retriever need not know filters that nobody uses.
        given: dict[str, Any] = {name: value for name, value in filters.items() if value}
        passages = self._passages(standalone, given)
        quotes = self._quotes(standalone, passages)
        clock.retrieve_s = clock.elapsed()
        yield Retrieved(passages=passages, quotes=quotes, standalone_question=standalone)
        outcome = yield from self._answer(standalone, passages, quotes, clock)
        origins = {one.document.id: one.origin for one in passages if one.origin}
        if outcome.reason and (claim := answer_by_difference(standalone, quotes, origins)):
            outcome = replace(outcome, claims=(claim,), reason=None, confidence=None)
            yield ClaimChecked(claim=claim)
        claims, disagreements = _compare(standalone, outcome.claims, quotes, origins)
        total_s = clock.elapsed()
        cited = [one.quote.document for claim in claims for one in claim.citations]
        yield Finished(
            answer=Answer(
                question=question,
                standalone_question=standalone,
                claims=claims,
                disagreements=disagreements,
                dropped=outcome.dropped,
                passages=passages,
                refused=outcome.reason is not None,
                refusal_reason=outcome.reason,
                missing=missing_from(standalone, passages) if outcome.reason else None,
                as_of=max(filter(None, map(stated_day, cited)), default=None),
                flagged=tuple(
                    {one.document.id: None for one in passages if self._flagged(one.document)}
                ),
                confidence=outcome.confidence,
                timings=Timings(
                    retrieve_s=clock.retrieve_s,
                    first_token_s=clock.first_token_s or total_s,
                    total_s=total_s,
                ),
                tokens=outcome.tokens,
                model=self.model.info,
            )
        )

    def _answer(
        self,
        question: str,
        passages: Sequence[Passage],
        quotes: Sequence[Quote],
        clock: _Clock,
    ) -> Generator[AnswerEvent, None, Outcome]:
        """Write and check; each way out that is no answer names its reason."""
        if not quotes:
            return Outcome(reason="no_passages")
        if not is_relevant(question, passages):
            return Outcome(reason="no_evidence")
        if not tells_of_its_year(question, quotes):
            return Outcome(reason="not_stated")
        yield Delta(text="")
        judgement = Judgement(self.model, question, quotes, self.settings)
        read = judgement.to_read()
        if not read:
            return Outcome(reason="not_stated", confidence=judgement.highest)
        checked, tokens = yield from _passed_on(
            write(question, quotes, read, self.model, self.settings.answer_tokens), clock.heard
        )
        for claim in checked:
            yield ClaimChecked(claim=claim)
        outcome = yield from _heartbeats(
            decide(
                question,
                checked,
                quotes,
                self.model,
                self.settings,
                judgement,
                read=read,
            )
        )
        if outcome.claims:
            if len(read) == 1:
                outcome = yield from _heartbeats(
                    add_detail(question, outcome, quotes, judgement, self.model)
                )
            claims = add_newer(question, outcome.claims, quotes, judgement)
            outcome = replace(outcome, claims=claims)
        seen = {claim.text for claim in checked}
        for claim in outcome.claims:
            if claim.text not in seen:
                yield ClaimChecked(claim=claim)
        return replace(outcome, tokens=tokens + outcome.tokens if outcome.tokens else tokens)

    def interrupt(self) -> None:
        """End what the model computes, from another thread; a running `stream` raises `Interrupted`.

        A model that cannot be interrupted stops when the generator is closed.
        """
        if isinstance(self.model, Interruptible):
            self.model.interrupt()

    def warm(self) -> None:
        """Load what the first question would otherwise wait for.

        A model whose answers are judged by a probe (see `rag.probe`) reads its instruction as well.
        """
        load_weights(self._embedder)
        prepare(self.model)

    def close(self) -> None:
        """Release the index and the model."""
        if self._close:
            self._close()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _passages(self, question: str, filters: Mapping[str, Any]) -> tuple[Passage, ...]:
        """What answers are built from; those of the time that is asked about come up from further down."""
        top_k, today = self.settings.top_k, datetime.now().astimezone().date()
        if not asks_about_a_time(question, today):
            return self.retriever.retrieve(question, top_k=top_k, **filters)
        found = self.retriever.retrieve(question, top_k=2 * top_k, **filters)
        return weigh_by_time(question, found, today)[:top_k]

    def _quotes(self, question: str, passages: Sequence[Passage]) -> tuple[Quote, ...]:
        documents = {passage.document.id: passage.document for passage in passages}
        return build_quotes(
            question,
            passages,
            {key: self._sentences(document) for key, document in documents.items()},
            self._embedder,
            budget=self.settings.evidence_tokens,
            count_tokens=self.model.count_tokens,
        )


def _compare(
    question: str,
    claims: Sequence[Claim],
    quotes: Sequence[Quote],
    origins: Mapping[str, str],
) -> tuple[tuple[Claim, ...], tuple[Disagreement, ...]]:
    """The claims, in the order of time if later ones overtake earlier ones, and where sources differ."""
    differing = list(differences(question, claims, quotes, origins))
    if is_overtaken(differing, claims):
        claims = order_claims_by_date(claims)
    return tuple(claims), find_disagreements(differing, quotes)


def _passed_on(
    pieces: Generator[str, None, _Result], shown: Callable[[str], str]
) -> Generator[AnswerEvent, None, _Result]:
    """Tell of each piece what is to be shown of it, and hand back what came of them all."""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            result: _Result = end.value
            return result
        yield Delta(text=shown(piece))


def _heartbeats(pieces: Generator[str, None, _Result]) -> Generator[AnswerEvent, None, _Result]:
    """Pass on that a model is at work, and hand back what it arrived at."""
    return _passed_on(pieces, lambda _: "")
