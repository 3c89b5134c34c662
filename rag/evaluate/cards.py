"""What the page shows of one question: prepared here, so that the template has nothing to decide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rag.evaluate.contexts import locate_all
from rag.evaluate.metrics import METRICS
from rag.evaluate.phrases import OUTCOMES, REFUSAL_REASONS, Tone, shown
from rag.evaluate.results import FAILURES, QuestionResult
from rag.gold import GoldQuestion

_MARKER = re.compile(r"\[(\d+)\]")
#: Of a passage that is no reference, this many characters are shown: thousands of questions must still open.
_EXCERPT = 320
_STAGES = {"retrieve_s": "passages", "first_token_s": "first word", "total_s": "checked answer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text; with a number it is the marker of a quote, ``marked`` if it is what was looked for."""

    text: str
    number: int | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A claim with what the checks said about it."""

    pieces: Sequence[Piece]
    supported: bool
    support: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage of a search."""

    rank: int
    source: str
    published: str | None
    relevant: bool
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One question. ``pieces`` is the answer where it is not told sentence by sentence."""

    anchor: str
    gold: GoldQuestion
    record: Mapping[str, Any]
    outcome: str
    label: str
    tone: Tone
    failure: bool
    asked_as: str | None
    pieces: Sequence[Piece]
    sentences: Sequence[Sentence]
    dropped: Sequence[Sentence]
    refusal: str | None
    references: Sequence[str]
    passages: Sequence[Found]
    confidence: float | None
    timings: str
    scores: str


def card(result: QuestionResult, number: int) -> Card:
    """Prepare a result; ``number`` is its place in the gold file, from 1."""
    gold, record = result.gold, result.record
    label, tone = OUTCOMES[result.outcome]
    asked = record.get("standalone_question") or record.get("query")
    numbers = {one.get("number") for one in record.get("citations") or ()}
    text = str(record.get("answer") or "")
    claims = [] if record.get("refused") else record.get("claims") or []
    told = bool(claims) and all(str(one.get("text")).rstrip(".!? ") in text for one in claims)
    refused = record.get("refused") is True
    return Card(
        anchor=f"q{number}",
        gold=gold,
        record=record,
        outcome=result.outcome,
        label=label,
        tone=tone,
        failure=result.outcome in FAILURES,
        asked_as=asked if asked and asked != gold.user_input else None,
        pieces=[] if told else list(_marked(text, numbers)),
        sentences=[_sentence(one, numbers) for one in claims],
        dropped=[_sentence(one, numbers) for one in record.get("dropped") or ()],
        refusal=_refusal(record.get("refusal_reason")) if refused else None,
        references=tuple(
            dict.fromkeys([*([gold.reference] if gold.reference else []), *gold.references])
        ),
        passages=[_found(one, gold) for one in record.get("passages") or () if "text" in one],
        confidence=result.confidence if result.confidence is not None else record.get("confidence"),
        timings=_timings(record.get("timings")),
        scores=_scores(result.scores),
    )


def _marked(text: str, numbers: set[Any]) -> Iterator[Piece]:
    """The text with the markers that stand for a citation set apart; other brackets are only text."""
    at = 0
    for match in _MARKER.finditer(text):
        if int(match[1]) in numbers:
            yield Piece(text=text[at : match.start()])
            yield Piece(text=match[1], number=int(match[1]))
            at = match.end()
    yield Piece(text=text[at:])


def _sentence(claim: Mapping[str, Any], numbers: set[Any]) -> Sentence:
    text = str(claim.get("text") or "")
    end = len(text.rstrip(".!? "))
    cited = "".join(f"[{number}]" for number in claim.get("citations") or ())
    pieces = _marked(f"{text[:end]} {cited}{text[end:]}" if cited else text, numbers)
    return Sentence(
        pieces=[piece for piece in pieces if piece.text],
        supported=claim.get("supported") is True,
        support=claim.get("support"),
    )


def _refusal(reason: Any) -> str:
    return REFUSAL_REASONS.get(str(reason), str(reason)) if reason else "no reason was given"


def _found(passage: Mapping[str, Any], gold: GoldQuestion) -> Found:
    source, text = str(passage.get("source") or ""), str(passage.get("text") or "")
    names = {passage.get("document_id"), source, PurePosixPath(source).name}
    relevant = not names.union(passage.get("also_in") or ()).isdisjoint(gold.reference_context_ids)
    pieces = list(_with_contexts(text, gold.reference_contexts if relevant else ()))
    if not relevant and len(text) > _EXCERPT:
        pieces = [Piece(text=f"{text[:_EXCERPT].rstrip()} …")]
    return Found(
        rank=int(passage.get("rank") or 0),
        source=source or str(passage.get("document_id") or "unknown"),
        published=passage.get("published"),
        relevant=relevant,
        pieces=pieces,
    )


def _with_contexts(text: str, contexts: Sequence[str]) -> Iterator[Piece]:
    """The text with the reference contexts in it marked."""
    at = 0
    for start, end in sorted(span for context in contexts for span in locate_all(context, text)):
        if start >= at:
            yield Piece(text=text[at:start])
            yield Piece(text=text[start:end], marked=True)
            at = end
    yield Piece(text=text[at:])


def _timings(timings: Mapping[str, Any] | None) -> str:
    timings = timings or {}
    parts = [
        f"{label} {shown(timings[name], 'seconds')}"
        for name, label in _STAGES.items()
        if timings.get(name)
    ]
    return ", ".join(parts)


def _scores(scores: Mapping[str, float]) -> str:
    named = ((metric, scores[name]) for name, metric in METRICS.items() if name in scores)
    return " · ".join(
        f"{metric.label} {shown(value, metric.unit)}"
        for metric, value in named
        if metric.unit != "seconds"
    )
