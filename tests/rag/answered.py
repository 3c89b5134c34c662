"""Answers and their records as the chat keeps them, for tests of what is done with them later."""

from datetime import UTC, date, datetime
from typing import Any

from rag import (
    Answer,
    Chunk,
    Citation,
    Claim,
    Disagreement,
    Document,
    ModelInfo,
    Passage,
    Quote,
    Settings,
    Timings,
    Turn,
    make_record,
)

BRIDGE = "The work on the harbour bridge cost 4.2 million euros, said Lena Ortiz."
FERRY = "The ferry company puts the cost of the bridge at 5.1 million euros."


def document(key: str, text: str, *, title: str | None = None, day: date | None = None) -> Document:
    return Document(
        id=key,
        source=f"{key}.txt",
        title=title or f"About {key}",
        text=text,
        sha256=f"{len(text):064x}",
        published=day or date(2025, 3, 12),
        published_from="header",
    )


def quote(of: Document, *, also_in: tuple[str, ...] = ()) -> Quote:
    return Quote(document=of, start=0, end=len(of.text), also_in=also_in)


def claim(text: str, *cited: Citation, supported: bool = True, reason: str | None = None) -> Claim:
    return Claim(
        text=text,
        citations=cited,
        support=0.9 if supported else 0.2,
        verdict="supported" if supported else "unsupported",
        reason=reason,
    )


def passage(of: Document, rank: int) -> Passage:
    chunk = Chunk(id=f"{of.id}:0", document_id=of.id, start=0, end=len(of.text))
    return Passage(chunk=chunk, document=of, score=0.5, rank=rank)


def answer(*claims: Claim, documents: tuple[Document, ...] = (), **more: Any) -> Answer:
    question = more.pop("question", "What did the bridge cost?")
    return Answer(
        question=question,
        standalone_question=more.pop("standalone_question", question),
        claims=claims,
        passages=tuple(passage(one, rank) for rank, one in enumerate(documents, start=1)),
        timings=Timings(retrieve_s=0.1, first_token_s=0.5, total_s=1.5),
        model=ModelInfo(name="scripted", sha256="0" * 64),
        **more,
    )


def record(
    of: Answer, *, history: tuple[Turn, ...] = (), filters: Any = None, **page: Any
) -> dict[str, Any]:
    offered = [
        {"document_id": one.document.id, "start": 0, "end": 9, "also_in": list(one.also_in)}
        for one in of.passages
    ]
    made = make_record(of, Settings(), asked_at=datetime.now(UTC), history=history, filters=filters)
    return {**made, "page": {"error": None, "offered": offered, **page}}


def simple(text: str = "It cost 4.2 million euros.") -> dict[str, Any]:
    """A record of an answer of one sentence from one document."""
    source = document("bridge", BRIDGE)
    cited = Citation(number=1, quote=quote(source))
    return record(answer(claim(text, cited), documents=(source,)))


def two_sided(bridge: Document, ferry: Document, **more: Any) -> Answer:
    """Two sentences from two documents that differ, and one that did not pass."""
    one, other = (
        Citation(number=number, quote=quote(of)) for number, of in enumerate((bridge, ferry), 1)
    )
    sides = (
        f"“{of.text}” ({of.title}, 12 March 2025) [{number}]"
        for number, of in enumerate((bridge, ferry), 1)
    )
    said = f"Sources differ: {' — '.join(sides)}."
    return answer(
        claim(f"The sources state: “{bridge.text}”", one),
        claim("The ferry company says otherwise.", other),
        documents=(bridge, ferry),
        dropped=(claim(f"Dropped, but {bridge.text}", one, supported=False, reason="not so"),),
        disagreements=(Disagreement(about="cost", citations=(one, other), text=said),),
        as_of=date(2025, 3, 12),
        flagged=(bridge.id,),
        confidence=0.8,
        **more,
    )


def refusal(*documents: Document, **more: Any) -> Answer:
    return answer(
        documents=documents,
        refused=True,
        refusal_reason="not_stated",
        missing="Nothing about “dragons” was found.",
        **more,
    )
