"""Files into the index. Each document's change is all or nothing, whenever the process dies.

A batch of documents is written to the catalog as pending, then to vectors and words (`rag.derive`), then
published in the catalog; what it replaced is dropped last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.derive import derive, drop_stale, settle
from rag.errors import DocumentNotFound, IngestError, StorageError, UnreadableDocument
from rag.index import Index, identity
from rag.protocols import Embedder
from rag.read import SourceFile, find_files, key_path, read
from rag.settings import Settings
from rag.split import Span, split_chunks, split_sentences
from rag.types import Document

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
    written = derive(index, embedder, numbers)
    index.catalog.publish(numbers)
    return written


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
    drop_stale(index)
    if not index.catalog.forget_deleted():
        raise StorageError(
            "The documents are removed, but another process holds old pages of the catalog open. Close the "
            "chat and other rag programs, then run `rag status`, which empties the log."
        )
