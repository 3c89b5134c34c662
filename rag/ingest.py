"""Files into the index. Each document's change is all or nothing, whenever the process dies.

A batch of documents is written to the catalog as pending, then to vectors and words (`rag.derive`), then
published in the catalog; what it replaced is dropped last.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rag.conversations import ConversationStore
from rag.cut import cut_document
from rag.derive import drop_stale, settle
from rag.errors import DocumentNotFound, IngestError, StorageError
from rag.index import Index, identity
from rag.intake import IngestReport, OnFile, Progress, take_in
from rag.protocols import Embedder
from rag.read import SourceFile, find_files, key_path, shown_name
from rag.settings import Settings
from rag.types import Document
from rag.uploaded import discard_upload


def ingest_paths(
    paths: Sequence[Path | str],
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    prune: bool = False,
    read: bool = True,
    progress: Progress | None = None,
    on_file: OnFile | None = None,
    root: Path | None = None,
) -> IngestReport:
    """Add or update files and folders.

    Args:
        paths: Files and folders; folders are read with everything below them.
        settings: Where the index is and how documents are cut.
        embedder: Makes the vectors; by default the embedding model of the settings.
        prune: Remove documents of these folders whose files are gone.
        read: Without, nothing is added or updated.
        progress: Called after each file.
        on_file: Called before and after each file.
        root: Sources of files below this folder are relative to it, whatever path was given.

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
    files = _files(paths, empty_ok=prune) if read else {}
    if root is not None:
        files = {key: _below(root, file) for key, file in files.items()}
    with Index(settings.index_dir) as index, index.writing():
        index.check(embedder, settings)
        index.catalog.set_meta(identity(embedder, settings))
        settle(index, embedder)
        if index.catalog.unclean:  # a removal was cut off
            index.catalog.forget_deleted()
        if prune:
            _prune(index, given, settings, report)
        take_in(index, files, embedder, settings, report=report, progress=progress, on_file=on_file)
        settle(index, embedder)
    report.seconds = time.monotonic() - started
    if files and len(report.skipped) == len(files):
        reasons = "; ".join(f"{source} {reason}" for source, reason in report.skipped[:5])
        raise IngestError(f"Nothing could be read: {reasons}. Nothing was added or updated.")
    return report


def rebuild_index(settings: Settings, *, embedder: Embedder | None = None) -> int:
    """Build the index anew from the stored texts: after a change of settings or damage, or an older program's.

    Vectors are kept where the embedder and the text are the same. Returns the number of documents.
    """
    embedder = embedder or _default_embedder(settings)
    with Index.open(settings, upgrading=True) as index, index.writing():
        catalog = index.catalog
        versions = catalog.versions("ready") + catalog.versions("pending")
        entries = []
        for version in versions:
            # Pages are known from the file alone.
            known = catalog.version_annotations(version.number)
            pages = [one for one in known if one.kind == "page"]
            entries.append(cut_document(version.path, version.document, pages, embedder, settings))
        index.discard_derived()
        index.catalog.restart(
            identity(embedder, settings),
            [(version.number, entry) for version, entry in zip(versions, entries, strict=True)],
        )
        settle(index, embedder)
        return index.catalog.counts()["documents"]


def remove_document(settings: Settings, document_id: str) -> Document:
    """Remove a document so that nothing of its text is left in the data folder; returns what it was.

    That goes for conversations too: see `ConversationStore.forget_documents`.

    Raises:
        DocumentNotFound: there is none with this id.
        StorageError: the text is out of the index, but another process holds old pages open.
    """
    with Index.open(settings) as index, index.writing():
        document = index.catalog.document(document_id)
        if document is None:
            raise DocumentNotFound(f"No document has the id {document_id}. See: rag list")
        _erase(index, [document_id], settings)
    return document


def _default_embedder(settings: Settings) -> Embedder:
    from rag.embed import open_embedder

    return open_embedder(settings)


def _files(paths: Sequence[Path | str], *, empty_ok: bool) -> dict[str, SourceFile]:
    """By key, each once."""
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
    return files


def _below(root: Path, file: SourceFile) -> SourceFile:
    """The same file, named by its place under a folder if it lies there."""
    try:
        return replace(file, source=shown_name(file.path.relative_to(root.resolve()).as_posix()))
    except ValueError:
        return file


def _prune(index: Index, folders: Sequence[Path], settings: Settings, report: IngestReport) -> None:
    """Remove documents whose file is gone from one of the folders."""
    gone = [
        file
        for file in index.catalog.files()
        for path in [key_path(file.path)]
        if any(path.is_relative_to(folder) for folder in folders) and _gone(path)
    ]
    if gone:
        _erase(index, [file.document_id for file in gone], settings)
        report.removed.extend(file.source for file in gone)


def _gone(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:  # what cannot be looked at may well be there
        return False


def _delete_uploads(index: Index, document_ids: Sequence[str], settings: Settings) -> None:
    folder = settings.uploads_dir.resolve()
    wanted = set(document_ids)
    for file in index.catalog.files():
        path = key_path(file.path)
        if file.document_id not in wanted or not path.is_relative_to(folder):
            continue
        try:
            discard_upload(folder, path)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be deleted ({error.strerror or error}), so its document is kept. Make the folder "
                "writable, then remove it again."
            ) from error


def _erase(index: Index, document_ids: Sequence[str], settings: Settings) -> None:
    with closing(ConversationStore(settings.conversations_path)) as conversations:
        # First, so that whenever the process dies the documents are still there to be removed once more.
        conversations.forget_documents(document_ids)
        # Before the documents, as a file without one is taken for an upload that is yet to be read.
        _delete_uploads(index, document_ids, settings)
        index.catalog.retire(document_ids)
        # What was asked until now may yet be answered from them; what is asked from now on cannot.
        conversations.forget_documents(document_ids)
    drop_stale(index)
    if not index.catalog.forget_deleted():
        raise StorageError(
            "The documents are removed, but another process holds old pages of the catalog open. Close the "
            "chat and other rag programs, then run `rag status`, which empties the log."
        )
