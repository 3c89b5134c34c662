"""Files into the index. Each document's change is all or nothing, whenever the process dies.

A batch of documents is written to the catalog as pending, then to vectors and words (`rag.derive`), then
published in the catalog; what it replaced is dropped last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.conversations import ConversationStore
from rag.cut import cut_document
from rag.derive import derive, drop_stale, settle
from rag.errors import DocumentNotFound, IngestError, StorageError, UnreadableDocument
from rag.index import Index, identity
from rag.protocols import Embedder
from rag.read import ReadDocument, SourceFile, find_files, key_path, read_source, shown_name
from rag.settings import Settings
from rag.stamps import stamp
from rag.types import Document
from rag.uploaded import discard_upload

if TYPE_CHECKING:
    from rag.details import Entry
    from rag.versions import KnownFile

Outcome: TypeAlias = Literal["reading", "added", "updated", "unchanged", "skipped"]
#: ``progress(done, total)``, in files.
Progress = Callable[[int, int], None]


# Enough to keep the embedder's batches full and commits rare; lost work after a kill stays under a minute.
_BATCH_CHUNKS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one file.

    Attributes:
        source: As its document's source.
        outcome: ``reading`` when its turn comes; the others when it is settled, for added and updated ones that
            is when the document can be found.
        reason: Why it was skipped.
        done: How many files are settled.
        total: How many there are.
    """

    path: Path
    source: str
    outcome: Outcome
    reason: str = ""
    done: int = 0
    total: int = 0


#: Told of each file. What it raises ends the ingest; documents that were told of as settled stay.
OnFile: TypeAlias = Callable[[FileOutcome], None]


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
        _take_in(
            index, files, embedder, settings, report=report, progress=progress, on_file=on_file
        )
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


def _take_in(
    index: Index,
    files: Mapping[str, SourceFile],
    embedder: Embedder,
    settings: Settings,
    *,
    report: IngestReport,
    progress: Progress | None,
    on_file: OnFile | None,
) -> None:
    """Read what is new or changed, and write it in batches: one while the next is read."""
    known = index.catalog.known([key for key in files if _is_text(key)])
    batch: list[Entry] = []
    stamps: dict[int, str | None] = {}
    told = _Told(on_file, len(files))
    writing = _Writing(index, embedder)

    def settled() -> None:
        report.chunks += writing.finish()
        told.tell_written()

    with writing:
        for done, (key, file) in enumerate(files.items(), start=1):
            before = known.get(key)
            now = _stamp(file)
            told.tell(file, "reading")
            if before and now and before.stamp == now:
                report.unchanged.append(file.source)
                told.tell(file, "unchanged")
            elif (found := _read(file, before, settings, report)) is not None:
                entry = cut_document(key, found.document, found.pages, embedder, settings)
                batch.append(replace(entry, stamp=now))
                told.waiting.append((file, "updated" if before else "added"))
            elif before and file.source in report.unchanged[-1:]:
                stamps[before.version] = now
                told.tell(file, "unchanged")
            else:
                told.tell(file, "skipped", report.skipped[-1][1])
            if sum(len(entry.chunks) for entry in batch) >= _BATCH_CHUNKS:
                settled()
                writing.begin(batch)
                told.begin_writing()
                batch = []
            if progress:
                progress(done, len(files))
        settled()
        writing.begin(batch)
        told.begin_writing()
        settled()
    index.catalog.restamp(stamps)


class _Writing:
    """Writes a batch of documents in a thread of its own: embedding leaves Python free to read the next."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index, self._embedder = index, embedder
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="write")
        self._current: Future[int] | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def begin(self, batch: Sequence[Entry]) -> None:
        """Only once the batch before is finished."""
        self._current = self._pool.submit(_write, self._index, self._embedder, batch)

    def finish(self) -> int:
        """Wait for the batch under way; the number of chunks that it wrote."""
        current, self._current = self._current, None
        return current.result() if current else 0


class _Told:
    """Tells of files; those in a batch when the batch is written."""

    def __init__(self, on_file: OnFile | None, total: int) -> None:
        self._on_file = on_file
        self._done, self._total = 0, total
        self.waiting: list[tuple[SourceFile, Outcome]] = []
        self._written: list[tuple[SourceFile, Outcome]] = []

    def tell(self, file: SourceFile, outcome: Outcome, reason: str = "") -> None:
        self._done += outcome != "reading"
        if self._on_file:
            self._on_file(
                FileOutcome(
                    path=file.path, source=file.source, outcome=outcome, reason=reason,
                    done=self._done, total=self._total,
                )
            )  # fmt: skip

    def begin_writing(self) -> None:
        """Those that wait are in the batch that is now under way."""
        self._written, self.waiting = self.waiting, []

    def tell_written(self) -> None:
        written, self._written = self._written, []
        for file, outcome in written:
            self.tell(file, outcome)


def _below(root: Path, file: SourceFile) -> SourceFile:
    """The same file, named by its place under a folder if it lies there."""
    try:
        return replace(file, source=shown_name(file.path.relative_to(root.resolve()).as_posix()))
    except ValueError:
        return file


def _is_text(name: str) -> bool:
    """Whether a name can be stored; `read` turns away a file whose name cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _stamp(file: SourceFile) -> str | None:
    try:
        return stamp(file.path.stat())
    except OSError:  # reading it says why
        return None


def _read(
    file: SourceFile, before: KnownFile | None, settings: Settings, report: IngestReport
) -> ReadDocument | None:
    """What is to be written of a file; ``None`` if it holds what was ingested before or cannot be read."""
    try:
        found = read_source(file, max_bytes=int(settings.max_file_mb * 1e6))
    except UnreadableDocument as error:
        kept = "; the version ingested before is kept" if before else ""
        report.skipped.append((file.source, f"{error}{kept}"))
        return None
    if before and before.sha256 == found.document.sha256:
        report.unchanged.append(file.source)
        return None
    (report.updated if before else report.added).append(file.source)
    return found


def _write(index: Index, embedder: Embedder, batch: Sequence[Entry]) -> int:
    if not batch:
        return 0
    numbers = index.catalog.add(batch)
    written = derive(index, embedder, numbers)
    index.catalog.publish(numbers)
    return written


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
