"""What the list of sources shows, and what a tab has chosen of it: pure values, no HTML."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeAlias

from rag import Document, HeldFile
from ui.desk.desk import Desk

State: TypeAlias = Literal["ready", "changed", "missing"]

# Files are looked at again after so long, for all tabs together.
_FRESH_S = 3.0
_STATES: Mapping[str, State] = {"same": "ready", "changed": "changed", "missing": "missing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One document of the list, without its text.

    Attributes:
        kind: Ending of the file's name, without the dot.
        uploaded: Its file is a copy that the program keeps.
    """

    document_id: str
    title: str
    source: str
    kind: str
    published: date | None
    published_from: str | None
    state: State = "ready"
    uploaded: bool = False

    @property
    def words(self) -> str:
        """What the filter looks in."""
        return f"{self.title}\n{self.source}".casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All documents at one moment.

    Attributes:
        changes: Differs after each change of the documents.
    """

    rows: tuple[Row, ...] = ()
    changes: tuple[int, ...] = ()


class Shelves:
    """The shelf as it is now, made once for all tabs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = Lock()
        self._shelf = Shelf()
        self._looked = float("-inf")

    def now(self) -> Shelf:
        """The documents, and how they stand with their files, seconds old at most.

        Raises:
            RagError: the index cannot be used.
        """
        with self._turn:
            changes = self._desk.changes()
            if changes == self._shelf.changes and time.monotonic() - self._looked < _FRESH_S:
                return self._shelf
            rows = make_rows(self._desk.documents(), self._desk.files(), self._desk.uploads.folder)
            # The same object as long as nothing has changed, so that tabs need not look closer.
            if rows != self._shelf.rows or changes != self._shelf.changes:
                self._shelf = Shelf(rows=rows, changes=changes)
            self._looked = time.monotonic()
            return self._shelf


def make_rows(
    documents: Sequence[Document], files: Sequence[HeldFile], uploads: Path
) -> tuple[Row, ...]:
    """Documents and the files behind them, put together."""
    held = {file.document_id: file for file in files}
    return tuple(_row(document, held.get(document.id), uploads) for document in documents)


def _row(document: Document, file: HeldFile | None, uploads: Path) -> Row:
    return Row(
        document_id=document.id,
        title=document.title,
        source=document.source,
        kind=Path(document.source).suffix.lstrip(".").lower(),
        published=document.published,
        published_from=document.published_from,
        state=_STATES[file.state] if file else "ready",
        uploaded=bool(file and file.path.is_relative_to(uploads)),
    )


@dataclass(slots=True)
class Choice:
    """What one tab has chosen, and what it has seen.

    Attributes:
        ticked: Ids of the documents to search in; none stands for all.
        sure: Id of the document whose removal has been asked for and not yet confirmed.
        shelf: What the list was drawn from, and ``reading`` and ``watched`` likewise.
        said: What became of the last thing that was asked for.
        changed: How often the documents have changed under it.
        draws: How often the list was drawn; the browser leaves alone what looks as it was sent last.
    """

    ticked: set[str] = field(default_factory=set)
    after: date | None = None
    before: date | None = None
    words: str = ""
    sure: str = ""
    said: str = ""
    shelf: Shelf | None = None
    reading: int = -1
    watched: object = None
    changed: int = 0
    draws: int = 0

    @property
    def drawn(self) -> tuple[object, ...]:
        """What the list is drawn from besides the documents."""
        return self.words, self.sure, self.said

    def scope(self) -> dict[str, Any]:
        """As `rag.Filters`; empty for everything."""
        chosen: dict[str, Any] = {}
        if self.ticked:
            chosen["documents"] = sorted(self.ticked)
        if self.after:
            chosen["after"] = self.after
        if self.before:
            chosen["before"] = self.before
        return chosen

    def tick(self, document_id: str, *, on: bool) -> None:
        """Search in a document, or no longer."""
        (self.ticked.add if on else self.ticked.discard)(document_id)

    def reset(self) -> None:
        """Search in everything."""
        self.ticked.clear()
        self.after = self.before = None

    def keep(self, rows: Sequence[Row]) -> None:
        """Let go of documents that are gone."""
        self.ticked &= {row.document_id for row in rows}

    def searched(self, rows: Sequence[Row]) -> list[Row]:
        """What questions are answered from."""
        return [
            row
            for row in rows
            if (not self.ticked or row.document_id in self.ticked)
            and (not self.after or (row.published is not None and row.published >= self.after))
            and (not self.before or (row.published is not None and row.published <= self.before))
        ]

    def undated(self, rows: Sequence[Row]) -> int:
        """How many documents are left out because they have no date."""
        if not (self.after or self.before):
            return 0
        return sum(
            row.published is None and (not self.ticked or row.document_id in self.ticked)
            for row in rows
        )

    def listed(self, rows: Sequence[Row]) -> list[Row]:
        """Rows that the filter leaves: each word is in the title or the source."""
        wanted = self.words.casefold().split()
        return (
            [row for row in rows if all(word in row.words for word in wanted)]
            if wanted
            else list(rows)
        )


def parse_day(text: object) -> date | None:
    """What a date field holds; ``None`` if it is empty or half typed."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
