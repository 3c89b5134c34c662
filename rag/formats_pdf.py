"""PDF files: the text of each page, lines put together to paragraphs.

A PDF knows no paragraphs, only where characters stand on the page. PDFium gives the characters in reading order with
their places; here lines are joined where the next one goes on in the same paragraph (`rag.formats_lines`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.errors import UnreadableDocument
from rag.formats import Extracted
from rag.formats_lines import Line, join_lines, vocabulary

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfTextPage

# What PDFium puts in place of a hyphen that ends a line, and of a character that the font does not explain.
_HYPHENS = {0x02, 0xFFFE, 0xAD}
_LINE_ENDS = {0x0A, 0x0D}
_CHARACTERS = {0: "\ufffd", 0xF0B7: "•", 0xF0A7: "▪"} | {
    0xFB00 + at: letters for at, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))
}
_MAX_UNKNOWN_SHARE = 0.3
# Titles that programs make up from the name of the file.
_NO_TITLE = re.compile(
    r"\s*(?:untitled.*|microsoft (?:word|powerpoint|excel) - .*|.*\.(?:docx?|pdf|indd|tex|odt|rtf|qxd|pptx?))\s*",
    re.IGNORECASE,
)


def read_pdf(raw: bytes) -> Extracted:
    """The text of a PDF with its pages.

    Raises:
        UnreadableDocument: it is broken, locked, or holds pictures of pages only.
    """
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(raw) as pdf:
            pages = [_page(pdf, number) for number in range(len(pdf))]
            title, author = (pdf.get_metadata_value(key).strip() for key in ("Title", "Author"))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableDocument("is locked with a password; save it without one") from error
        raise UnreadableDocument(f"is broken or cut off ({error})") from error
    words = vocabulary(pages)
    texts = [join_lines(lines, words) for lines in pages]
    text, spans = _bound(texts)
    if not text:
        raise UnreadableDocument("is scanned: its pages are pictures without text; run OCR first")
    unknown = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in text)
    if unknown > _MAX_UNKNOWN_SHARE * len(text):
        raise UnreadableDocument("has fonts that do not say which letters they draw; run OCR first")
    return Extracted(
        text=text,
        title=None if not title or _NO_TITLE.fullmatch(title) else title,
        author=author or None,
        pages=spans,
    )


def _bound(texts: list[str]) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    """Pages put together, and ``(start, end, number)`` of those that have text."""
    parts: list[str] = []
    spans = []
    at = 0
    for number, text in enumerate(texts, start=1):
        if text:
            at += 2 if parts else 0
            parts.append(text)
            spans.append((at, at + len(text), number))
            at += len(text)
    return "\n\n".join(parts), tuple(spans)


def _page(pdf: PdfDocument, number: int) -> list[Line]:
    page = pdf[number]
    try:
        text = page.get_textpage()
        try:
            return _lines(text)
        finally:
            text.close()
    finally:
        page.close()


def _lines(text: PdfTextPage) -> list[Line]:
    from pypdfium2 import raw as pdfium

    codes = [pdfium.FPDFText_GetUnicode(text.raw, at) for at in range(text.count_chars())]
    lines: list[Line] = []
    start = 0
    for at, code in enumerate([*codes, 0x0A]):
        hyphenated = code in _HYPHENS
        if not hyphenated and code not in _LINE_ENDS:
            continue
        line = _line(text, codes, start, at, hyphenated=hyphenated)
        if line is not None:
            lines.append(line)
        start = at + 1
    return lines


def _line(
    text: PdfTextPage, codes: list[int], start: int, end: int, *, hyphenated: bool
) -> Line | None:
    words = _characters(codes[start:end])
    if not words:
        return None
    solid = [at for at in range(start, end) if codes[at] not in (0x20, 0xA0, 0x09)]
    if not solid:
        return None
    left, bottom, _, top = text.get_charbox(solid[0], loose=True)
    _, last_bottom, right, last_top = text.get_charbox(solid[-1], loose=True)
    return Line(
        text=words,
        left=left,
        right=right,
        bottom=min(bottom, last_bottom),
        top=max(top, last_top),
        size=_size(text, solid[len(solid) // 2]),
        hyphenated=hyphenated,
    )


def _size(text: PdfTextPage, at: int) -> float:
    """Height of a character as it is drawn, which a scaled page makes differ from its font's size."""
    _, bottom, _, top = text.get_charbox(at, loose=True)
    return max(float(top - bottom), 0.1)


def _characters(codes: list[int]) -> str:
    words = "".join(
        _CHARACTERS.get(code) or chr(code) for code in codes if code in _CHARACTERS or code >= 0x20
    )
    # PDFium gives characters beyond the first 65,536 as two halves.
    words = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub(" {2,}", " ", words).strip()
