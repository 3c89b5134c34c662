"""Files into the index. Each document's change is all or nothing, whenever the process dies.

A batch of documents is written to the catalog as pending, then to vectors and words, then published in the
catalog; what it replaced is dropped last. `settle` finishes whatever an earlier process left half done, and
restores vectors or words that were lost, from the texts in the catalog.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import DocumentNotFound, IngestError, StorageError, UnreadableDocument
from rag.index import Index, identity
from rag.read import SourceFile, find_files, key_path, read
from rag.settings import Settings
from rag.split import Span, split_chunks, split_sentences
from rag.types import Chunk, Document, Embedder
from rag.vectors import metadata
from rag.words import WordEntry

logger = logging.getLogger(__name__)

#: ``progress(done, total)``, in files.
Progress = Callable[[int, int], None]

# Enough to keep the embedder's batches full and commits rare; lost work after a kill stays under a minute.
_BATCH_CHUNKS = 256


@dataclass(slots=True, kw_only=True)
class IngestReport:
    """What an ingest did. Sources of documents, and reasons for those that were skipped."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    chunks: int = 0
    seconds: float = 0.0


def ingest_paths(
    paths: Sequence[Path | str],
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    prune: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Add or update files and folders.

    Args:
        paths: Files and folders; folders are read with everything below them.
        settings: Where the index is and how documents are cut.
        embedder: Makes the vectors; by default the embedding model of the settings.
        prune: Remove documents of these folders whose files are gone.
        progress: Called after each file.

    Raises:
        IngestError: a path does not exist, or nothing at all could be read from it.
        IndexMismatch: the index was built with another embedder or other chunking.
        IndexLocked: another process is writing.
        StorageError: the data folder cannot be written to, or the disk is full.
    """
    started = time.monotonic()
    report = IngestReport()
    embedder = embedder or _default_embedder(settings)
    given = [Path(path).expanduser().resolve() for path in paths]
    files = _files(paths, empty_ok=prune)
    with Index(settings.index_dir) as index, index.writing():
        index.check(embedder, settings)
        index.catalog.set_meta(identity(embedder, settings))
        settle(index, embedder)
        if prune:
            _prune(index, given, report)
        known = {file.path: file for file in index.catalog.files()}
        batch: list[_Entry] = []
        for done, file in enumerate(files, start=1):
            try:
                document = read(file, max_bytes=int(settings.max_file_mb * 1e6))
            except UnreadableDocument as error:
                kept = "; the version ingested before is kept" if file.key in known else ""
                report.skipped.append((file.source, f"{error}{kept}"))
            else:
                before = known.get(file.key)
                if before is not None and before.sha256 == document.sha256:
                    report.unchanged.append(file.source)
                else:
                    (report.updated if before else report.added).append(file.source)
                    batch.append(_cut(file.key, document, embedder, settings))
            if sum(len(entry[3]) for entry in batch) >= _BATCH_CHUNKS:
                report.chunks += _write(index, embedder, batch)
                batch = []
            if progress:
                progress(done, len(files))
        report.chunks += _write(index, embedder, batch)
        settle(index, embedder)
    report.seconds = time.monotonic() - started
    if files and len(report.skipped) == len(files):
        reasons = "; ".join(f"{source} {reason}" for source, reason in report.skipped[:5])
        raise IngestError(f"Nothing could be read: {reasons}. Nothing was added or updated.")
    return report


def rebuild_index(settings: Settings, *, embedder: Embedder | None = None) -> int:
    """Cut and embed every stored text anew, after the embedder or the chunking has changed.

    Returns the number of documents.
    """
    embedder = embedder or _default_embedder(settings)
    with Index.open(settings) as index, index.writing():
        versions = index.catalog.versions("ready") + index.catalog.versions("pending")
        entries = [_cut(version.path, version.document, embedder, settings) for version in versions]
        index.discard_derived()
        index.catalog.restart(
            identity(embedder, settings),
            [
                (version.number, sentences, chunks)
                for version, (_, _, sentences, chunks) in zip(versions, entries, strict=True)
            ],
        )
        settle(index, embedder)
        return index.catalog.counts()["documents"]


def remove_document(settings: Settings, document_id: str) -> Document:
    """Remove a document so that nothing of its text is left in the data folder; returns what it was.

    Raises:
        DocumentNotFound: there is none with this id.
        StorageError: the text is out of the index, but another process holds old pages open.
    """
    with Index.open(settings) as index, index.writing():
        document = index.catalog.document(document_id)
        if document is None:
            raise DocumentNotFound(f"No document has the id {document_id}. See: rag list")
        _erase(index, [document_id])
    return document


def settle(index: Index, embedder: Embedder) -> None:
    """Finish what was left half done: write pending versions, drop stale ones, restore what was lost."""
    catalog = index.catalog
    pending = catalog.numbers("pending")
    if pending:
        logger.info("finishing %d documents that were left half written", len(pending))
    for number in pending:
        _derive(index, embedder, [number])
        catalog.publish([number])
    _drop_stale(index)
    _restore(index, embedder)


def needs_repair(index: Index) -> bool:
    """Whether vectors or words hold fewer chunks than the catalog says are ready."""
    ready = index.catalog.counts()["chunks"]
    return index.vectors.count() < ready or index.words.count() < ready


def _default_embedder(settings: Settings) -> Embedder:
    from rag.embed import open_embedder

    return open_embedder(settings)


# A document on its way into the index: path, document, sentences, chunks.
_Entry = tuple[str, Document, list[Span], list[Span]]


def _files(paths: Sequence[Path | str], *, empty_ok: bool) -> list[SourceFile]:
    files: dict[str, SourceFile] = {}
    for path in paths:
        try:
            found = find_files(Path(path))
        except IngestError:
            if not (empty_ok and Path(path).is_dir()):
                raise
            found = []
        for file in found:
            files.setdefault(file.key, file)
    return list(files.values())


def _cut(key: str, document: Document, embedder: Embedder, settings: Settings) -> _Entry:
    sentences = split_sentences(document.text)
    chunks = split_chunks(
        document.text,
        sentences,
        max_tokens=min(settings.chunk_tokens, embedder.max_tokens),
        overlap=settings.overlap_sentences,
        count_tokens=embedder.count_tokens,
    )
    return key, document, sentences, chunks


def _write(index: Index, embedder: Embedder, batch: Sequence[_Entry]) -> int:
    if not batch:
        return 0
    numbers = index.catalog.add(batch)
    written = _derive(index, embedder, numbers)
    index.catalog.publish(numbers)
    return written


def _derive(index: Index, embedder: Embedder, numbers: Sequence[int]) -> int:
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


def _drop_stale(index: Index) -> None:
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


def _prune(index: Index, folders: Sequence[Path], report: IngestReport) -> None:
    """Remove documents whose file is gone from one of the folders."""
    gone = [
        file
        for file in index.catalog.files()
        for path in [key_path(file.path)]
        if any(path.is_relative_to(folder) for folder in folders) and _gone(path)
    ]
    if gone:
        _erase(index, [file.document_id for file in gone])
        report.removed.extend(file.source for file in gone)


def _gone(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:  # what cannot be looked at may well be there
        return False


def _erase(index: Index, document_ids: Sequence[str]) -> None:
    index.catalog.retire(document_ids)
    _drop_stale(index)
    if not index.catalog.forget_deleted():
        raise StorageError(
            "The documents are removed, but another process holds old pages of the catalog open. Close the "
            "chat and other rag programs, then run `rag status`, which empties the log."
        )
