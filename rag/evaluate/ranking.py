"""Whether what was retrieved is what answers the question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rag.evaluate.contexts import locate_all
from rag.gold import GoldQuestion
from rag.types import Document, Passage

if TYPE_CHECKING:
    from ir_measures.measures import Measure

_CONTEXT_DEPTH = 5
#: ``(document id, start, end)``
Span = tuple[str, int, int]


def ranking_scores(
    gold: GoldQuestion,
    passages: Sequence[Passage],
    *,
    depth: int,
    documents: Mapping[str, Document] | None = None,
) -> dict[str, float]:
    """Retrieval metrics of one question.

    Documents are ranked by their first passage. A document whose very same text was folded into a passage
    (`Passage.also_in`) is found by it too: which of several copies stands for the others is chance.

    Args:
        gold: The question.
        passages: Best first.
        depth: How many passages were asked for: what a metric looks at beyond them was never shown.
        documents: The stored documents by id; only needed where a gold file names copies by path.

    Returns:
        Values by name of metric. Without reference documents, or contexts, their metrics are left out.
    """
    scores: dict[str, float] = {}
    if gold.reference_context_ids:
        ranking = _ranking(gold.reference_context_ids, passages, documents or {})
        scores = _measure(ranking, gold.reference_context_ids, depth)
    contexts = contexts_of(gold)
    if contexts and depth >= _CONTEXT_DEPTH:
        scores["context_recall@5"] = _context_recall(contexts, passages[:_CONTEXT_DEPTH])
    return scores


def is_reference(
    document: Document,
    names: Iterable[str],
    also_in: Sequence[str],
    documents: Mapping[str, Document],
) -> bool:
    """Whether a gold question means this document or a copy: by its id, its path or the path's last part."""
    return not _names(document, also_in, documents).isdisjoint(names)


def _names(
    document: Document, also_in: Sequence[str], documents: Mapping[str, Document]
) -> frozenset[str]:
    paths = [document.source, *(documents[copy].source for copy in also_in if copy in documents)]
    last = [PurePosixPath(path).name for path in paths]
    return frozenset((document.id, *also_in, *paths, *last))


def _ranking(
    wanted: Sequence[str], passages: Sequence[Passage], documents: Mapping[str, Document]
) -> list[str]:
    """Documents by their first passage; a wanted one goes by the name that the gold question gives it."""
    ranking: dict[str, None] = {}
    seen: set[str] = set()
    for passage in passages:
        if passage.document.id in seen:
            continue
        seen.update((passage.document.id, *passage.also_in))
        names = _names(passage.document, passage.also_in, documents)
        meant = [name for name in wanted if name in names and name not in ranking]
        # the prefix keeps a document that nobody wants apart from a wanted one that is called like it
        ranking.update(dict.fromkeys(meant or [f"other:{passage.document.id}"]))
    return list(ranking)


def _measure(ranking: list[str], relevant: Sequence[str], depth: int) -> dict[str, float]:
    import ir_measures

    measures = {measure: name for name, (measure, k) in _measures().items() if k <= depth}
    if not measures:
        return {}
    if not ranking:
        # without a single document the question would be missing from what ir_measures returns
        return dict.fromkeys(measures.values(), 0.0)
    # strictly descending: equal scores would be reordered by name
    run = {"q": {name: float(len(ranking) - place) for place, name in enumerate(ranking)}}
    evaluator = ir_measures.evaluator(list(measures), {"q": dict.fromkeys(relevant, 1)})
    values = {measures[one.measure]: float(one.value) for one in evaluator.iter_calc(run)}
    return {name: values[name] for name in measures.values()}


@cache
def _measures() -> dict[str, tuple[Measure, int]]:
    """What ir_measures calls each metric, and how deep that looks."""
    from ir_measures import RR, R, Success, nDCG

    named = {f"hit_rate@{k}": (Success @ k, k) for k in (1, 5, 10)}
    named |= {f"recall@{k}": (R @ k, k) for k in (5, 10, 100)}
    return named | {"mrr@10": (RR @ 10, 10), "ndcg@10": (nDCG @ 10, 10)}


def contexts_of(gold: GoldQuestion) -> tuple[str, ...]:
    """The reference contexts, each once."""
    return tuple(dict.fromkeys(context for context in gold.reference_contexts if context.strip()))


def _context_recall(contexts: Sequence[str], passages: Sequence[Passage]) -> float:
    documents = {passage.document.id: passage.document for passage in passages}
    spans = [(one.document.id, one.chunk.start, one.chunk.end) for one in passages]
    covered = 0.0
    for context in contexts:
        places = (place for one in documents.values() for place in places_of(context, one))
        covered += len(context) * max((_covered(place, spans) for place in places), default=0.0)
    return covered / sum(map(len, contexts))


def places_of(context: str, document: Document) -> list[Span]:
    """Where a reference context stands in a document."""
    return [(document.id, start, end) for start, end in locate_all(context, document.text)]


def touch(one: Span, other: Span) -> bool:
    """Whether two spans have a character in common."""
    return one[0] == other[0] and max(one[1], other[1]) < min(one[2], other[2])


def _covered(place: Span, spans: Sequence[Span]) -> float:
    """Share of a place that the spans cover together."""
    _, at, end = place
    covered = 0
    for span in sorted(span for span in spans if touch(place, span)):
        start, stop = max(at, span[1]), min(end, span[2])
        covered += max(0, stop - start)
        at = max(at, stop)
    return covered / (end - place[1])
