"""A question into an answer: condense, retrieve, quote, write, check. `ask` is `stream` drained."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from rag.aside import own_sentences
from rag.asked import gives_what_is_asked
from rag.check import check
from rag.compose import (
    answer_grammar,
    answer_messages,
    count_exchange,
    judge_messages,
    parse_reply,
)
from rag.condense import condense
from rag.dates import stated_day
from rag.embed import load_weights
from rag.evidence import build_quotes
from rag.protocols import ChatModel, Embedder, Filters, Retriever
from rag.refuse import is_relevant, missing_from, yes_probability
from rag.retrieve import check_question
from rag.settings import Settings
from rag.split import Span
from rag.types import (
    Answer,
    AnswerEvent,
    Claim,
    ClaimChecked,
    Delta,
    Document,
    Finished,
    Passage,
    Quote,
    RefusalReason,
    Retrieved,
    Timings,
    TokenCounts,
    Turn,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What writing and checking came to: claims that stand, or the reason why none does."""

    claims: tuple[Claim, ...] = ()
    dropped: tuple[Claim, ...] = ()
    reason: RefusalReason | None = None
    confidence: float | None = None
    tokens: TokenCounts | None = None


class _Clock:
    """Seconds since the question came in."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.retrieve_s = 0.0
        self.first_token_s = 0.0

    def elapsed(self) -> float:
        return time.monotonic() - self._started


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
            close: Called by `close`.
        """
        self.retriever = retriever
        self.model = model
        self.settings = settings
        self._embedder = embedder
        self._sentences = sentences or (lambda document: own_sentences(document.text))
        self._documents = documents or (lambda: ())
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

        While the model reads, `Delta` events with empty text show that it is alive.
        """
        clock = _Clock()
        question = check_question(question, self.settings)
        standalone = yield from _heartbeats(condense(question, history, self.model))
        # One's own retriever need not know filters that nobody uses.
        given: dict[str, Any] = {name: value for name, value in filters.items() if value}
        passages = self.retriever.retrieve(
            standalone,
            top_k=self.settings.top_k,
            **given,
        )
        quotes = self._quotes(standalone, passages)
        clock.retrieve_s = clock.first_token_s = clock.elapsed()
        yield Retrieved(passages=passages, quotes=quotes, standalone_question=standalone)
        outcome = yield from self._answer(standalone, passages, quotes, clock)
        cited = [one.quote.document for claim in outcome.claims for one in claim.citations]
        yield Finished(
            answer=Answer(
                question=question,
                standalone_question=standalone,
                claims=outcome.claims,
                dropped=outcome.dropped,
                passages=passages,
                refused=outcome.reason is not None,
                refusal_reason=outcome.reason,
                missing=missing_from(standalone, passages) if outcome.reason else None,
                as_of=max(filter(None, map(stated_day, cited)), default=None),
                confidence=outcome.confidence,
                timings=Timings(
                    retrieve_s=clock.retrieve_s,
                    first_token_s=clock.first_token_s,
                    total_s=clock.elapsed(),
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
    ) -> Generator[AnswerEvent, None, _Outcome]:
        """Write and check; each way out that is no answer names its reason."""
        if not quotes:
            return _Outcome(reason="no_passages")
        if not is_relevant(question, passages):
            return _Outcome(reason="no_evidence")
        messages = answer_messages(question, quotes)
        reply = ""
        for piece in self.model.stream(
            messages,
            grammar=answer_grammar(len(quotes)),
            max_tokens=self.settings.answer_tokens,
        ):
            if piece and not reply:
                clock.first_token_s = clock.elapsed()
            reply += piece
            yield Delta(text=piece)
        tokens = count_exchange(self.model, messages, reply)
        checked = [check(question, draft, quotes) for draft in parse_reply(reply)]
        for claim in checked:
            yield ClaimChecked(claim=claim)
        return replace(self._decide(question, checked), tokens=tokens)

    def _decide(self, question: str, checked: Sequence[Claim]) -> _Outcome:
        """Whether what was written may stand as the answer."""
        claims = tuple(claim for claim in checked if claim.verdict == "supported")
        dropped = tuple(claim for claim in checked if claim.verdict == "unsupported")
        if not claims:
            return _Outcome(reason="unsupported", dropped=dropped)
        if not any(gives_what_is_asked(question, claim.text) for claim in claims):
            return _Outcome(reason="not_stated", dropped=tuple(checked))
        confidence = yes_probability(self.model, judge_messages(question, claims))
        if confidence < self.settings.refuse_below:
            return _Outcome(reason="not_stated", dropped=tuple(checked), confidence=confidence)
        return _Outcome(claims=claims, dropped=dropped, confidence=confidence)

    def warm(self) -> None:
        """Load what the first question would otherwise wait for."""
        load_weights(self._embedder)

    def close(self) -> None:
        """Release the index and the model."""
        if self._close:
            self._close()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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


def _heartbeats(pieces: Generator[str, None, str]) -> Generator[AnswerEvent, None, str]:
    """Pass on that a model is at work, and hand back what it arrived at."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            result: str = end.value
            return result
        yield Delta(text="")
