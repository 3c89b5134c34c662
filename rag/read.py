"""Files into texts: which files to read, their encoding, and a title to show. The text itself is never changed."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rag.dates import HEADER_DATE, find_published
from rag.errors import IngestError, UnreadableDocument
from rag.paths import shipped
from rag.types import Document

SUFFIXES = (".txt", ".text", ".md", ".markdown")

#: Stands for the folder of documents that ship with the program, wherever it is installed.
BUNDLED = "bundled:seeds"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Control characters that no text file has a use for; tab, newlines, form feed and escape are left out.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MAX_CONTROL_SHARE = 0.01
_DETECTION_BYTES = 64 * 1024
_CHAOS_MARGIN = 0.1
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
        return [SourceFile(path=path.parent.resolve() / path.name, source=_shown(path.name))]
    path = path.resolve()
    closed: list[OSError] = []
    found = [file for file in _walk(path, closed.append) if file.suffix.lower() in SUFFIXES]
    # A folder that cannot be opened stands for its files, so that the report tells of it.
    found += [Path(error.filename) for error in closed]
    files = [
        SourceFile(path=file, source=_shown(file.relative_to(path).as_posix())) for file in found
    ]
    if not files:
        raise IngestError(
            f"{path} holds no document that can be read. Put files of type {' '.join(SUFFIXES)} there."
        )
    return files


def file_key(path: Path) -> str:
    """An absolute path as the catalog keeps it; the same for a shipped document in every installation."""
    seeds = shipped("seeds").resolve()
    if path.is_relative_to(seeds):
        return f"{BUNDLED}/{path.relative_to(seeds).as_posix()}"
    return str(path)


def key_path(key: str) -> Path:
    """Where the file of a key lies now; it need not exist any more."""
    if key.startswith(f"{BUNDLED}/"):
        return shipped("seeds").resolve() / key.removeprefix(f"{BUNDLED}/")
    return Path(key)


def read(file: SourceFile, *, max_bytes: int) -> Document:
    """Read one file; its document id is derived from its path.

    Raises:
        UnreadableDocument: it is empty, too large, binary, cannot be opened, or its path is not text; the
            message is the reason alone, for the report.
    """
    if _shown(file.key) != file.key:
        raise UnreadableDocument("has a name or folder that is not valid UTF-8; rename it")
    try:
        size = file.path.stat().st_size
        if size > max_bytes:
            raise UnreadableDocument(
                f"{size / 1e6:.1f} MB is over the limit of {max_bytes / 1e6:.1f} MB; "
                "split it or raise max_file_mb (RAG_MAX_FILE_MB)"
            )
        raw = file.path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(f"cannot be opened ({error.strerror or error})") from error
    text = decode(raw)
    if not text.strip():
        raise UnreadableDocument("has no text")
    published, published_from = find_published(text)
    return Document(
        id=sha256(file.key.encode()).hexdigest()[:12],
        source=file.source,
        title=find_title(text) or file.path.stem,
        text=text,
        sha256=sha256(raw).hexdigest(),
        published=published,
        published_from=published_from,
    )


def decode(raw: bytes) -> str:
    """Bytes as text: by byte-order mark, as UTF-8, by detection, at worst with replacement characters.

    Raises:
        UnreadableDocument: the bytes are not text.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _checked(raw.decode(encoding, errors="replace"))
    try:
        return _checked(raw.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if b"\x00" in raw[:_DETECTION_BYTES]:
        raise UnreadableDocument("is not text")
    # A few bad bytes in UTF-8 are likelier than another encoding in which all of it makes sense.
    lenient = raw.decode("utf-8", errors="replace")
    bad = lenient.count("\ufffd")
    non_ascii = sum(byte > 0x7F for byte in raw)
    if bad * 2 < non_ascii - bad:
        return _checked(lenient)
    detected = _detect(raw)
    return _checked(raw.decode(detected, errors="replace") if detected else lenient)


def find_title(text: str) -> str | None:
    """The heading a text opens with, else its first words; ``None`` if neither can be shown."""
    for line in text.splitlines():
        # Escape sequences in a title would take effect on the terminal that lists it.
        words = " ".join(_UNPRINTABLE.sub(" ", HEADER_DATE.sub("", line, count=1)).split())
        title = words.lstrip("#").strip()
        if re.search(r"\w", title):
            return title if len(title) <= _TITLE_CHARS else _shorten(title)
    return None


def _detect(raw: bytes) -> str | None:
    """The likeliest encoding; Windows' Western one unless it makes clearly less sense than another."""
    from charset_normalizer import from_bytes

    odd = re.search(rb"[\x80-\xff]", raw)
    start = max(0, odd.start() - _DETECTION_BYTES // 2) if odd else 0
    matches = from_bytes(raw[start : start + _DETECTION_BYTES])
    best = matches.best()
    if best is None:
        return None
    for match in matches:
        # Many encodings differ from it in a few letters only, and ties would fall to the alphabet.
        if "cp1252" in (match.encoding, *match.could_be_from_charset):
            return "cp1252" if match.chaos <= best.chaos + _CHAOS_MARGIN else best.encoding
    return best.encoding


def _shorten(line: str) -> str:
    return line[:_TITLE_CHARS].rsplit(" ", 1)[0].rstrip(",;:–-") + "…"


def _checked(text: str) -> str:
    if text and len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise UnreadableDocument("is not text")
    return text


def _shown(name: str) -> str:
    """A file name that can be printed and stored, whatever its bytes."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def _walk(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    for where, folders, names in os.walk(folder, onerror=on_error, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(where, name)
            if not name.startswith(".") and path.is_file():
                yield path
