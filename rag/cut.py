"""A document as it goes into the catalog: cut into sentences and chunks, with what is known of its spans."""

from __future__ import annotations

from collections.abc import Sequence

from rag.aside import find_asides
from rag.copies import signature
from rag.dates import stated_day
from rag.details import Entry
from rag.events import find_dates
from rag.origin import document_signature
from rag.protocols import Embedder
from rag.settings import Settings
from rag.split import split_chunks, split_sentences
from rag.types import Annotation, Document


def cut_document(
    path: str,
    document: Document,
    pages: Sequence[Annotation],
    embedder: Embedder,
    settings: Settings,
) -> Entry:
    """Everything that follows from a text, so that a rebuild needs no file but for its ``pages``."""
    text = document.text
    asides = find_asides(text, pages=pages)
    sentences = split_sentences(text, asides)
    chunks = split_chunks(
        text,
        sentences,
        max_tokens=min(settings.chunk_tokens, embedder.max_tokens),
        overlap=settings.overlap_sentences,
        count_tokens=embedder.count_tokens,
    )
    return Entry(
        path=path,
        document=document,
        sentences=sentences,
        chunks=chunks,
        annotations=(*pages, *asides, *find_dates(text, sentences, stated_day(document))),
        signature=document_signature("\n".join(text[one.start : one.end] for one in sentences)),
        chunk_signatures=[signature(text[chunk.start : chunk.end]) for chunk in chunks],
    )
