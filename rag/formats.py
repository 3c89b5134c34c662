"""What kind of file some bytes are, and their text: one function for every format that is read.

A file is what its bytes say, whatever its name: a PDF named ``.txt`` is read as a PDF. Only formats that are
plain text inside (HTML, CSV, JSON, mail) are told apart by name. Dates are taken from where a format states
the day of publication (HTML metadata, a mail's ``Date``); the dates of making and saving that PDF, Word and EPUB
files carry are left alone, since conversion and copying change them.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias, get_args

from rag.errors import UnreadableDocument
from rag.types import PublishedFrom

Kind: TypeAlias = Literal["text", "html", "pdf", "docx", "epub", "csv", "json", "jsonl", "eml"]

_BY_SUFFIX: dict[str, Kind] = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".markdown": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".epub": "epub",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".eml": "eml",
}
#: The endings of files that are looked for in folders.
SUFFIXES = tuple(_BY_SUFFIX)

_ZIP = b"PK\x03\x04"
# What Word wrote before 2007, and what it writes around a document that is locked with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF_HEADER_BYTES = 1024
# The text of a book is a few MB; a file that unfolds to more than this is made to do harm.
_MAX_TEXT_CHARS = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a file holds.

    Attributes:
        text: Paragraphs, separated by blank lines.
        title: As the format states it.
        author: As the format states it.
        published: Day of publication, where the format has a field for it.
        published_from: Which kind of field.
        url: The address that a web page gives as its own.
        pages: ``(start, end, number)`` of every page that has text, in characters of ``text``.
        many: Whether it is a list of records, so that a date in the text is not the whole file's.
    """

    text: str
    title: str | None = None
    author: str | None = None
    published: date | None = None
    published_from: PublishedFrom | None = None
    url: str | None = None
    pages: tuple[tuple[int, int, int], ...] = ()
    many: bool = False


def sniff(raw: bytes, suffix: str) -> Kind:
    """The kind of a file, from its first bytes and its ending.

    Raises:
        UnreadableDocument: it is of a kind that is not read, or not what its ending says.
    """
    named = _BY_SUFFIX.get(suffix.lower(), "text")
    if b"%PDF-" in raw[:_PDF_HEADER_BYTES] and (named == "pdf" or raw.startswith(b"%PDF-")):
        return "pdf"
    if raw.startswith(_ZIP):
        return _sniff_zip(raw)
    if raw.startswith(_OLE):
        raise UnreadableDocument(
            "is an old Office file or locked with a password; save it as .docx without a password"
        )
    if named in ("pdf", "docx", "epub"):
        reason = "is broken" if raw else "is empty"
        raise UnreadableDocument(f"{reason}: it ends in {suffix} but holds no {named.upper()}")
    return named


def extract(raw: bytes, kind: Kind) -> Extracted:
    """The text of a file and what the format says about it.

    Raises:
        UnreadableDocument: it is broken, locked, made to do harm, or has no text.
    """
    found = _extract(raw, kind)
    found = replace(
        found,
        text=_whole(found.text),
        title=found.title and _whole(found.title),
        author=found.author and _whole(found.author),
    )
    if not found.text.strip():
        raise UnreadableDocument("has no text")
    if len(found.text) > _MAX_TEXT_CHARS:
        raise UnreadableDocument(
            f"unfolds to more than {_MAX_TEXT_CHARS / 1e6:.0f} million characters; split it"
        )
    return found


def _whole(words: str) -> str:
    """Without halves of characters, which broken files hold and nothing can store; offsets stay."""
    return words.encode("utf-8", "replace").decode("utf-8")


def _extract(raw: bytes, kind: Kind) -> Extracted:
    assert kind in get_args(Kind)
    if kind == "pdf":
        from rag.formats_pdf import read_pdf

        return read_pdf(raw)
    if kind == "docx":
        from rag.formats_docx import read_docx

        return read_docx(raw)
    if kind == "epub":
        from rag.formats_epub import read_epub

        return read_epub(raw)
    if kind == "html":
        from rag.formats_html import read_html

        return read_html(raw)
    if kind == "eml":
        from rag.formats_mail import read_mail

        return read_mail(raw)
    if kind in ("csv", "json", "jsonl"):
        from rag.formats_table import read_csv, read_json

        return read_csv(raw) if kind == "csv" else read_json(raw, lines=kind == "jsonl")

    from rag.formats_text import decode

    return Extracted(text=decode(raw))


def _sniff_zip(raw: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableDocument(f"is broken or cut off ({error})") from error
    if "META-INF/container.xml" in names:
        return "epub"
    if any(name.startswith("word/") and name.endswith(".xml") for name in names):
        return "docx"
    raise UnreadableDocument("is an archive of files; unpack it")
