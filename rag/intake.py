"""Files read, cut and written in batches: one batch is written while the next is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.cut import cut_document
from rag.derive import derive
from rag.errors import UnreadableDocument
from rag.index import Index
from rag.protocols import Embedder
from rag.read import ReadDocument, SourceFile, read_source
from rag.settings import Settings
from rag.stamps import stamp

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


def take_in(
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
