"""Vectors and words out of the catalog: writing them, dropping them, and making good what was cut off or lost.

Everything here can be done again and changes nothing then, so a process that dies half way does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rag.index import Index
from rag.protocols import Embedder
from rag.words import WordEntry, word_entries

if TYPE_CHECKING:
    from rag.details import Vectors

logger = logging.getLogger(__name__)

# Versions whose vectors are in memory together.
_AT_ONCE = 500


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
    _restore(index)


def needs_repair(index: Index) -> bool:
    """Whether vectors or words hold fewer chunks than the catalog says are ready."""
    ready = index.catalog.counts()["chunks"]
    return index.vectors.count() < ready or index.words.count() < ready


def derive(index: Index, embedder: Embedder, numbers: Sequence[int]) -> int:
    """Write the vectors and words of versions; writing them again changes nothing, nor embeds again."""
    catalog = index.catalog
    versions = [(number, catalog.version(number).document) for number in numbers]
    chunks = {number: catalog.chunks(number) for number in numbers}
    texts = {
        number: [document.text[chunk.start : chunk.end] for chunk in chunks[number]]
        for number, document in versions
    }
    kept = dict(catalog.vectors(numbers))
    missing = {number: texts[number] for number in numbers if number not in kept}
    kept |= _embed(index, embedder, missing)
    _write_vectors(index, [(number, kept[number]) for number in numbers if number in kept])
    index.words.write(
        [entry for number in numbers for entry in word_entries(number, texts[number])]
    )
    return sum(map(len, chunks.values()))


def _embed(
    index: Index, embedder: Embedder, texts: Mapping[int, Sequence[str]]
) -> dict[int, Vectors]:
    """Vectors of the chunks of versions, as the catalog keeps them from now on."""
    import numpy as np

    counts = {number: len(own) for number, own in texts.items() if own}
    if not counts:
        return {}
    made = np.asarray(embedder.embed([text for own in texts.values() for text in own]), np.float32)
    parts = np.split(made, np.cumsum(list(counts.values()))[:-1])
    index.catalog.keep_vectors(zip(counts, parts, strict=True))
    return dict(index.catalog.vectors(list(counts)))


def _write_vectors(index: Index, vectors: Sequence[tuple[int, Vectors]]) -> None:
    import numpy as np

    if vectors:
        index.vectors.upsert(
            [f"{number}:{at}" for number, rows in vectors for at in range(len(rows))],
            np.concatenate([rows for _, rows in vectors]),
        )


def _restore(index: Index) -> None:
    catalog, ready = index.catalog, index.catalog.counts()["chunks"]
    if index.words.count() != ready:
        logger.info("rebuilding the word index from the catalog")
        index.words.rebuild(_all_words(index))
    if index.vectors.count() != ready:
        logger.info("rebuilding missing vectors from the catalog")
        wanted, present = catalog.ready_chunk_ids(), index.vectors.ids()
        index.vectors.delete(sorted(present - wanted))
        lost = sorted({int(chunk_id.split(":")[0]) for chunk_id in wanted - present})
        for at in range(0, len(lost), _AT_ONCE):
            _write_vectors(index, list(catalog.vectors(lost[at : at + _AT_ONCE])))


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
    for number in index.catalog.numbers("ready"):
        text = index.catalog.version(number).document.text
        chunks = index.catalog.chunks(number)
        yield from word_entries(number, [text[chunk.start : chunk.end] for chunk in chunks])
