"""Files into documents: which files to read, their text and its pages, a title to show, the day of publication.

Plain text is kept as it is; what other formats hold is put into words by `rag.formats`, in a process of its own. The
same bytes always give the same text, so that offsets stay true.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from rag.dates import HEADER_DATE, find_published
from rag.errors import IngestError, UnreadableDocument
from rag.formats import SUFFIXES, Extracted, extract, sniff
from rag.paths import shipped
from rag.types import Annotation, Document, PublishedFrom

#: Stands for the folder of documents that ship with the program, wherever it is installed.
BUNDLED = "bundled:seeds"

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TITLE_CHARS = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file to ingest.

    Attributes:
        source: Path relative to the folder given to ingest, with forward slashes.
    """

    path: Path
    source: str

    @property
    def key(self) -> str:
        """Identifies the document: the file's path."""
        return file_key(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """What was read of a file.

    Attributes:
        pages: The text of each page that has any, where the format knows pages; of kind ``page``.
        author: As the file states it.
    """

    document: Document
    pages: tuple[Annotation, ...] = ()
    author: str | None = None


def find_files(path: Path) -> list[SourceFile]:
    """The files that a path stands for, in a stable order; hidden files and folders are left out.

    Raises:
        IngestError: there is no such path, or a folder holds no file of a known type.
    """
    path = path.expanduser()
    try:
        exists = path.exists()
    except OSError as error:
        raise IngestError(f"{path} cannot be opened ({error.strerror or error}).") from error
    if not exists:
        raise IngestError(f"There is no file or folder {path}. Check the spelling.")
    if path.is_file():
        # A link keeps its own name, as it does in a folder.
        return [SourceFile(path=path.parent.resolve() / path.name, source=shown_name(path.name))]
    path = path.resolve()
    closed: list[OSError] = []
    found = [file for file in _walk(path, closed.append) if file.suffix.lower() in SUFFIXES]
    # A folder that cannot be opened stands for its files, so that the report tells of it.
    found += [Path(error.filename) for error in closed]
    files = [
        SourceFile(path=file, source=shown_name(file.relative_to(path).as_posix()))
        for file in found
    ]
    if not files:
        raise IngestError(
            f"{path} holds no document that can be read. Put files of type {' '.join(SUFFIXES)} there."
        )
    return files


def file_key(path: Path) -> str:
    """An absolute path as the catalog keeps it; the same for a shipped document in every installation."""
    seeds, name = str(_bundled_folder()), str(path)
    if name.startswith(seeds + os.sep):
        return f"{BUNDLED}/{path.relative_to(seeds).as_posix()}"
    return name


def key_path(key: str) -> Path:
    """Where the file of a key lies now; it need not exist any more."""
    if key.startswith(f"{BUNDLED}/"):
        return _bundled_folder() / key.removeprefix(f"{BUNDLED}/")
    return Path(key)


@cache
def _bundled_folder() -> Path:
    return shipped("seeds").resolve()


def read(file: SourceFile, *, max_bytes: int) -> Document:
    """As `read_source`, the document alone."""
    return read_source(file, max_bytes=max_bytes).document


def read_source(file: SourceFile, *, max_bytes: int) -> ReadDocument:
    """Read one file; its document id is derived from its path.

    Raises:
        UnreadableDocument: it is empty, too large, broken, locked, of no known kind, cannot be opened, or its path
            is not text; the message is the reason alone, for the report.
    """
    raw, changed = _bytes(file, max_bytes)
    found = _extract(raw, file.path.suffix)
    published, published_from = _published(found, file, changed)
    title = shown_title(found.title or "") or (None if found.many else find_title(found.text))
    document = Document(
        id=sha256(file.key.encode()).hexdigest()[:12],
        source=file.source,
        title=title or file.path.stem,
        text=found.text,
        sha256=sha256(raw).hexdigest(),
        published=published,
        published_from=published_from,
    )
    pages = tuple(
        Annotation(start=start, end=end, kind="page", value=str(number))
        for start, end, number in found.pages
    )
    return ReadDocument(document=document, pages=pages, author=found.author)


def _bytes(file: SourceFile, max_bytes: int) -> tuple[bytes, float]:
    """What is in a file, and when that was changed, in seconds since 1970."""
    if shown_name(file.key) != file.key:
        raise UnreadableDocument("has a name or folder that is not valid UTF-8; rename it")
    try:
        status = file.path.stat()
        if status.st_size > max_bytes:
            raise UnreadableDocument(
                f"{status.st_size / 1e6:.1f} MB is over the limit of {max_bytes / 1e6:.1f} MB; "
                "split it or raise max_file_mb (RAG_MAX_FILE_MB)"
            )
        return file.path.read_bytes(), status.st_mtime
    except OSError as error:
        raise UnreadableDocument(f"cannot be opened ({error.strerror or error})") from error


def _extract(raw: bytes, suffix: str) -> Extracted:
    kind = sniff(raw, suffix)
    if kind == "text":
        return extract(raw, kind)
    from rag.formats_worker import shared

    return shared.extract(raw, kind)


def _published(
    found: Extracted, file: SourceFile, changed: float
) -> tuple[date | None, PublishedFrom | None]:
    """What the format says comes first; a date in a list of records is one record's alone."""
    # The time of a shipped file is that of the installation.
    shipped_file = file.key.startswith(f"{BUNDLED}/")
    return find_published(
        "" if found.many else found.text,
        known=found.published,
        known_from=found.published_from,
        name=f"{found.url or ''}/{file.source}",
        modified=None if shipped_file else _day(changed),
    )


def _day(seconds: float) -> date | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).date()
    except (OSError, OverflowError, ValueError):  # beyond the calendar
        return None


def find_title(text: str) -> str | None:
    """The heading a text opens with, else its first words; ``None`` if neither can be shown."""
    for line in text.splitlines():
        title = shown_title(HEADER_DATE.sub("", line, count=1).lstrip("# \t"))
        if title:
            return title
    return None


def shown_title(words: str) -> str | None:
    """A title as it can be shown anywhere; ``None`` if there is no word in it."""
    # Escape sequences in a title would take effect on the terminal that lists it.
    title = " ".join(_UNPRINTABLE.sub(" ", words).split())
    if not re.search(r"\w", title):
        return None
    return title if len(title) <= _TITLE_CHARS else _shorten(title)


def _shorten(line: str) -> str:
    return line[:_TITLE_CHARS].rsplit(" ", 1)[0].rstrip(",;:–-") + "…"


def shown_name(name: str) -> str:
    """A file name that can be printed and stored, whatever its bytes."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def _walk(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    for where, folders, names in os.walk(folder, onerror=on_error, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(where, name)
            if not name.startswith(".") and path.is_file():
                yield path
