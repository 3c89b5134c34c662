"""Word documents (.docx): paragraphs, table rows and notes in reading order.

What is left out: headers and footers, comments, deleted words of tracked changes, pictures, and the numbers that
Word computes for lists and headings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import UnreadableDocument
from rag.formats import Extracted
from rag.formats_table import LEAST_COLUMNS, row_texts
from rag.formats_zip import Parts, attribute, first_text, local_name, open_parts, resolve

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAIN = "word/document.xml"
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
# Fallback repeats a text box for old programs; the rest is not shown as text of the document.
_UNREAD = {"Fallback", "del", "moveFrom", "instrText", "delText", "rPr", "pPr", "sectPr", "tblPr"}


def read_docx(raw: bytes) -> Extracted:
    """The text of a Word document.

    Raises:
        UnreadableDocument: it is broken, locked or a zip bomb.
    """
    with open_parts(raw) as parts:
        main = _main_part(parts)
        paragraphs = _paragraphs(parts.xml(main))
        for notes in ("footnotes", "endnotes"):
            name = resolve(main, f"{notes}.xml")
            if name in parts:
                paragraphs += _paragraphs(parts.xml(name))
        core = parts.xml("docProps/core.xml") if "docProps/core.xml" in parts else None
        return Extracted(
            text="\n\n".join(paragraphs),
            title=None if core is None else first_text(core, "title"),
            author=None if core is None else first_text(core, "creator"),
        )


def _main_part(parts: Parts) -> str:
    """The name of the main part, which some programs call otherwise than Word does."""
    if "_rels/.rels" in parts:
        for relation in parts.xml("_rels/.rels").iter():
            target = attribute(relation, "Target")
            kind = attribute(relation, "Type") or ""
            if target and kind.endswith("/officeDocument"):
                return resolve("", target)
    if _MAIN not in parts:
        raise UnreadableDocument("is broken: it has no main part")
    return _MAIN


def _paragraphs(root: _Element) -> list[str]:
    """Paragraphs and table rows, by walking the tree without recursion: files may nest deeply."""
    from lxml import etree

    layout = _Layout()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = local_name(element)
        if event == "end":
            layout.end(name, str(element.text or ""))
        elif name in _UNREAD:
            walk.skip_subtree()
        else:
            layout.start(name)
    return layout.done


class _Layout:
    """Puts characters into paragraphs, cells into rows and rows into tables.

    A paragraph inside another (a text box) comes first, and a table inside a cell becomes part of that cell.
    """

    def __init__(self) -> None:
        self.done: list[str] = []
        self._words: list[list[str]] = []
        self._tables: list[list[list[str]]] = []
        self._targets = [self.done]

    def start(self, name: str) -> None:
        if name == "p":
            self._words.append([])
        elif name == "tbl":
            self._tables.append([])
        elif name == "tr" and self._tables:
            self._tables[-1].append([])
        elif name == "tc":
            self._targets.append([])

    def end(self, name: str, text: str) -> None:
        if name == "p":
            self._put("".join(self._words.pop()).strip())
        elif name == "tc":
            cell = " ".join(" ".join(self._targets.pop()).split())
            if self._tables and self._tables[-1]:
                self._tables[-1][-1].append(cell)
        elif name == "tbl":
            self._put_table(self._tables.pop())
        elif self._words:
            self._words[-1].append(text if name == "t" else _CHARACTERS.get(name, ""))

    def _put_table(self, rows: list[list[str]]) -> None:
        columns = {len(row) for row in rows}
        lists = len(columns) == 1 and min(columns) >= LEAST_COLUMNS
        for line in row_texts(rows, sure=True) if lists else (" | ".join(row) for row in rows):
            self._put(line)

    def _put(self, paragraph: str) -> None:
        if paragraph.strip(" |"):
            self._targets[-1].append(paragraph)
