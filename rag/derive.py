"""Vectors and words out of the catalog: writing them, dropping them, and making good what was cut off or lost.

Everything here can be done again and changes nothing then, so a process that dies half way does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from rag.index import Index
from rag.protocols import Embedder
from rag.types import Chunk, Document
from rag.vectors import metadata
from rag.words import WordEntry

logger = logging.getLogger(__name__)


def settle(index: Index, embedder: Embedder) -> None:
    """Finish what was left half done: write pending versions, drop stale ones, restore what was lost."""
    catalog = index.catalog
    pending = catalog.numbers("pending")
    if pending:
        logger.info("finishing %d documents that were left half written", len(pending))
    for number in pending:
        derive(index, embedder, [number])
        catalog.publish([number])
    drop_stale(index)
    _restore(index, embedder)


def needs_repair(index: Index) -> bool:
    """Whether vectors or words hold fewer chunks than the catalog says are ready."""
    ready = index.catalog.counts()["chunks"]
    return index.vectors.count() < ready or index.words.count() < ready


def derive(index: Index, embedder: Embedder, numbers: Sequence[int]) -> int:
    """Write the vectors and words of versions; writing them again changes nothing."""
    entries = [
        (number, chunk, version.document)
        for number in numbers
        for version in [index.catalog.version(number)]
        for chunk in index.catalog.chunks(number)
    ]
    _write_vectors(index, embedder, [(chunk, document) for _, chunk, document in entries])
    index.words.write([_word_entry(*entry) for entry in entries])
    return len(entries)


def _write_vectors(
    index: Index, embedder: Embedder, entries: Sequence[tuple[Chunk, Document]]
) -> None:
    if not entries:
        return
    index.vectors.upsert(
        [chunk.id for chunk, _ in entries],
        embedder.embed([document.text[chunk.start : chunk.end] for chunk, document in entries]),
        [metadata(document.id, document.source, document.published) for _, document in entries],
    )


def _word_entry(number: int, chunk: Chunk, document: Document) -> WordEntry:
    return WordEntry(
        chunk_id=chunk.id,
        version=number,
        document_id=document.id,
        published=document.published,
        text=document.text[chunk.start : chunk.end],
    )


def _restore(index: Index, embedder: Embedder) -> None:
    catalog, ready = index.catalog, index.catalog.counts()["chunks"]
    if index.words.count() != ready:
        logger.info("rebuilding the word index from the catalog")
        index.words.rebuild(_all_words(index))
    if index.vectors.count() != ready:
        logger.info("rebuilding missing vectors from the catalog")
        wanted, present = catalog.ready_chunk_ids(), index.vectors.ids()
        index.vectors.delete(sorted(present - wanted))
        for version in catalog.versions("ready"):
            missing = [
                (chunk, version.document)
                for chunk in catalog.chunks(version.number)
                if chunk.id not in present
            ]
            _write_vectors(index, embedder, missing)


def drop_stale(index: Index) -> None:
    """Take replaced and removed versions out of vectors and words, and last out of the catalog, which knows them."""
    catalog = index.catalog
    stale = catalog.numbers("stale")
    if not stale:
        return
    index.vectors.delete([chunk.id for number in stale for chunk in catalog.chunks(number)])
    if catalog.any_removed():
        # Deleting leaves words in tantivy's term lists until segments merge; a new index has none.
        index.words.rebuild(_all_words(index))
    else:
        index.words.write([], without=stale)
    catalog.erase(stale)


def _all_words(index: Index) -> Iterator[WordEntry]:
    for version in index.catalog.versions("ready"):
        for chunk in index.catalog.chunks(version.number):
            yield _word_entry(version.number, chunk, version.document)
