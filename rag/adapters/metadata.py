"""What a framework is told about a passage beside its text."""

from __future__ import annotations

from typing import Any

from rag.types import Passage


def passage_metadata(passage: Passage) -> dict[str, Any]:
    """Plain values only, so that it can be written as JSON; ``published`` is an ISO day or ``None``.

    ``start`` and ``end`` are character offsets into the document's text; ``also_in`` are ids of documents.
    """
    document, chunk = passage.document, passage.chunk
    return {
        "document_id": document.id,
        "source": document.source,
        "title": document.title,
        "published": document.published and document.published.isoformat(),
        "start": chunk.start,
        "end": chunk.end,
        "score": passage.score,
        "also_in": list(passage.also_in),
    }
