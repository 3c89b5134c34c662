"""A query into passages: vectors and words side by side, their scores scaled to 0-1 and averaged."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date

from rag.derive import needs_repair, settle
from rag.errors import IndexLocked, QuestionError
from rag.index import Index
from rag.protocols import Embedder
from rag.settings import Settings
from rag.types import Chunk, Document, Passage

logger = logging.getLogger(__name__)


class HybridRetriever:
    """A `Retriever` over the index. Threads may share one; it sees what other processes ingest."""

    def __init__(self, index: Index, embedder: Embedder, settings: Settings) -> None:
        """Open the index for reading, restoring vectors or words that have been lost.

        Raises:
            IndexMismatch: the index was built with another embedder or other chunking.
        """
        index.check(embedder, settings)
        self.index = index
        self.embedder = embedder
        self._settings = settings
        if needs_repair(index):
            try:
                with index.writing():
                    settle(index, embedder)
            except IndexLocked:
                logger.warning("the index is incomplete while another process writes to it")

    def retrieve(
        self,
        query: str,
        *,
        top_k: int = 5,
        after: date | None = None,
        before: date | None = None,
        sources: Sequence[str] = (),
    ) -> tuple[Passage, ...]:
        """The ``top_k`` best passages, best first; see `Retriever` for the filters.

        Raises:
            QuestionError: the query is empty or longer than ``max_question_chars``.
        """
        query = check_question(query, self._settings)
        allowed = self.index.allowed(sources)
        if allowed == [] or top_k < 1:
            return ()
        limit = max(self._settings.candidates, top_k)
        vector = self.embedder.embed([query])[0]
        dense = dict(
            self.index.vectors.search(
                vector, limit=limit, after=after, before=before, document_ids=allowed
            )
        )
        lexical = dict(
            self.index.words.search(
                query, limit=limit, after=after, before=before, document_ids=allowed
            )
        )
        chunks = self.index.catalog.ready_chunks(dense.keys() | lexical.keys())
        dense = {chunk_id: score for chunk_id, score in dense.items() if chunk_id in chunks}
        lexical = {chunk_id: score for chunk_id, score in lexical.items() if chunk_id in chunks}
        scores = fuse(dense, lexical, lexical_weight=self._settings.lexical_weight)
        ranked = sorted(chunks.values(), key=lambda chunk: (-scores[chunk.id], chunk.id))
        return self._passages(ranked, scores, dense, lexical, top_k)

    def _passages(
        self,
        ranked: Sequence[Chunk],
        scores: Mapping[str, float],
        dense: Mapping[str, float],
        lexical: Mapping[str, float],
        top_k: int,
    ) -> tuple[Passage, ...]:
        """Load documents, folding passages whose words are exactly the same into the best of them."""
        documents: dict[str, Document | None] = {}
        texts: dict[str, Chunk] = {}
        also_in: dict[str, list[str]] = {}
        for chunk in ranked:
            if chunk.document_id not in documents:
                documents[chunk.document_id] = self.index.catalog.document(chunk.document_id)
            document = documents[chunk.document_id]
            if document is None:  # removed by another process a moment ago
                continue
            text = document.text[chunk.start : chunk.end]
            if text in texts:
                others = also_in.setdefault(texts[text].id, [])
                if chunk.document_id not in (*others, texts[text].document_id):
                    others.append(chunk.document_id)
            elif len(texts) < top_k:
                texts[text] = chunk
        return tuple(
            Passage(
                chunk=chunk,
                document=document,
                score=scores[chunk.id],
                rank=rank,
                similarity=dense.get(chunk.id),
                lexical=lexical.get(chunk.id),
                also_in=tuple(also_in.get(chunk.id, ())),
            )
            for rank, chunk in enumerate(texts.values(), start=1)
            for document in [documents[chunk.document_id]]
            if document is not None
        )


def fuse(
    dense: Mapping[str, float], lexical: Mapping[str, float], *, lexical_weight: float
) -> dict[str, float]:
    """Scale each side to 0-1 over its own candidates and average; a side that lacks one counts 0.

    Min-max averaging gave nDCG@10 .732 on SciFact where reciprocal rank fusion gave .718.
    """
    sides = ((_scale(dense), 1 - lexical_weight), (_scale(lexical), lexical_weight))
    return {
        key: sum(weight * side.get(key, 0.0) for side, weight in sides)
        for key in dense.keys() | lexical.keys()
    }


def check_question(question: str, settings: Settings) -> str:
    """The question without surrounding space.

    Raises:
        QuestionError: it is empty or too long.
    """
    question = question.strip()
    if not question:
        raise QuestionError("The question is empty. Type what you want to know.")
    if len(question) > settings.max_question_chars:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {settings.max_question_chars:,} "
            "are read. Shorten it, or ingest the text as a document and ask about it."
        )
    return question


def _scale(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {
        key: (score - low) / (high - low) if high > low else 1.0 for key, score in scores.items()
    }
