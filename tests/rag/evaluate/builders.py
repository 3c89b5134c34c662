"""Small values to measure: documents, passages, answers, gold questions, results."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from rag.evaluate.results import Outcome, QuestionResult
from rag.gold import GoldQuestion
from rag.types import Answer, Chunk, Citation, Claim, Document, Passage, Quote, Verdict


def document(source: str, text: str = "Nothing much.") -> Document:
    digest = sha256(text.encode()).hexdigest()
    name = sha256(source.encode()).hexdigest()[:12]
    return Document(id=name, source=source, title=source, text=text, sha256=digest)


def passages(
    *spans: tuple[Document, int, int], also_in: Sequence[Sequence[str]] = ()
) -> tuple[Passage, ...]:
    """Passages in this order; equal scores, so that nothing but the order says which is best."""
    return tuple(
        Passage(
            chunk=Chunk(id=str(rank), document_id=one.id, start=start, end=end),
            document=one,
            score=0.5,
            rank=rank,
            also_in=tuple(also_in[rank - 1]) if also_in else (),
        )
        for rank, (one, start, end) in enumerate(spans, 1)
    )


def ranked(*documents: Document) -> tuple[Passage, ...]:
    return passages(*((one, 0, len(one.text)) for one in documents))


def quote(source: Document, words: str) -> Quote:
    start = source.text.index(words)
    return Quote(document=source, start=start, end=start + len(words))


def claim(text: str, *quotes: Quote, verdict: Verdict = "supported") -> Claim:
    cited = tuple(Citation(number=number, quote=one) for number, one in enumerate(quotes, 1))
    return Claim(text=text, citations=cited, support=0.9, verdict=verdict)


def answer(*claims: Claim, **more: Any) -> Answer:
    return Answer(question="Q?", standalone_question="Q?", claims=claims, **more)


def refusal(*dropped: Claim, **more: Any) -> Answer:
    return answer(refused=True, refusal_reason="not_stated", dropped=dropped, **more)


def gold(*references: str, **more: Any) -> GoldQuestion:
    fields = {"id": "one", "user_input": "Q?", "answerable": bool(references), "reference": None}
    return GoldQuestion.model_validate({**fields, "references": references, **more})


def result(
    name: str,
    scores: dict[str, float] | None = None,
    *,
    outcome: Outcome = "right",
    confidence: float | None = None,
    risk: float | None = None,
    record: dict[str, Any] | None = None,
    **more: Any,
) -> QuestionResult:
    return QuestionResult(
        gold=gold("28", id=name, **more),
        record=record or {"answer": f"answer to {name}"},
        scores=scores or {},
        outcome=outcome,
        confidence=confidence,
        risk=risk,
    )
