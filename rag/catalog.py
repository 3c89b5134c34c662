"""The catalog: an SQLite file that holds every document's text, its spans and what built the index.

It is the truth; vectors and words are derived from it. A document is written as a *version*: ``pending`` until
vectors and words hold its chunks, then ``ready``; a replaced or removed one is ``stale`` until they have let go of
it. Readers see ready versions only, so a process killed at any moment leaves a catalog that opens and answers, and
tells the next writer what is left to do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rag.database import BUSY_TIMEOUT_S, Database
from rag.split import Span
from rag.types import Chunk, Document

State = Literal["pending", "ready", "stale"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'stale')),
    path TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    published TEXT,
    published_from TEXT,
    ingested_at TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS one_ready ON versions (document_id) WHERE state = 'ready';
CREATE INDEX IF NOT EXISTS by_state ON versions (state);
CREATE TABLE IF NOT EXISTS sentences (
    version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    number INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    PRIMARY KEY (version, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (
    version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    number INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    PRIMARY KEY (version, number)
) WITHOUT ROWID;
"""
# Readers are in the way for as long as one query takes; whatever takes longer will not end soon.
_CHECKPOINT_TIMEOUT_S = 2.0
_VERSION_COLUMNS = "version, document_id, state, path, source, title, sha256, published, published_from, ingested_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a document, as stored.

    Attributes:
        path: Absolute path of the file it was read from; identifies the document.
        ingested_at: When it was written, UTC, ISO 8601.
    """

    number: int
    state: State
    path: str
    ingested_at: str
    document: Document


class KnownFile(NamedTuple):
    """What is known of an ingested file."""

    path: str
    source: str
    document_id: str
    sha256: str


class Catalog(Database):
    """All reads and writes of the SQLite file. Threads may share one; one process at a time should write."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StorageError: it cannot be opened or is damaged.
        """
        super().__init__(path, _SCHEMA)

    # what built the index

    def meta(self) -> dict[str, str]:
        """Key and value of everything recorded about the index as a whole."""
        return dict(self._rows("SELECT key, value FROM meta"))

    def set_meta(self, values: dict[str, str]) -> None:
        """Record facts about the index as a whole."""
        with self._write() as connection:
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                values.items(),
            )

    # documents

    def documents(self) -> list[Document]:
        """All ready documents, by source."""
        return [version.document for version in self.versions("ready")]

    def document(self, document_id: str) -> Document | None:
        """The ready document with this id."""
        rows = self._rows(
            f"SELECT {_VERSION_COLUMNS}, text FROM versions WHERE document_id = ? AND state = 'ready'",
            document_id,
        )
        return next((_version(row).document for row in rows), None)

    def versions(self, state: State) -> list[Version]:
        """All versions in a state, by source."""
        return [
            _version(row)
            for row in self._rows(
                f"SELECT {_VERSION_COLUMNS}, text FROM versions WHERE state = ? "
                "ORDER BY source, path",
                state,
            )
        ]

    def numbers(self, state: State) -> list[int]:
        """The numbers of all versions in a state, oldest first."""
        query = "SELECT version FROM versions WHERE state = ? ORDER BY version"
        return [number for (number,) in self._rows(query, state)]

    def version(self, number: int) -> Version:
        """One version, whatever its state."""
        query = f"SELECT {_VERSION_COLUMNS}, text FROM versions WHERE version = ?"
        return _version(self._rows(query, number)[0])

    def files(self) -> list[KnownFile]:
        """The files behind the ready documents, by source, without reading any text."""
        return [
            KnownFile(*row)
            for row in self._rows(
                "SELECT path, source, document_id, sha256 FROM versions WHERE state = 'ready' "
                "ORDER BY source, path"
            )
        ]

    def counts(self) -> dict[str, int]:
        """How many documents, chunks and unfinished versions there are."""
        ((documents, chunks, unfinished),) = self._rows(
            "SELECT (SELECT count(*) FROM versions WHERE state = 'ready'), "
            "(SELECT count(*) FROM chunks JOIN versions USING (version) WHERE state = 'ready'), "
            "(SELECT count(*) FROM versions WHERE state <> 'ready')"
        )
        return {"documents": documents, "chunks": chunks, "unfinished": unfinished}

    def add(
        self, entries: Sequence[tuple[str, Document, Sequence[Span], Sequence[Span]]]
    ) -> list[int]:
        """Write new versions as pending: ``(path, document, sentences, chunks)`` each.

        Returns their numbers.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        numbers = []
        with self._write() as connection:
            for path, document, sentences, chunks in entries:
                cursor = connection.execute(
                    "INSERT INTO versions (document_id, state, path, source, title, sha256, published, "
                    "published_from, ingested_at, text) VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        document.id, path, document.source, document.title, document.sha256,
                        document.published and document.published.isoformat(),
                        document.published_from, now, document.text,
                    ),
                )  # fmt: skip
                number = cursor.lastrowid
                assert number is not None
                numbers.append(number)
                _insert_spans(connection, number, sentences, chunks)
        return numbers

    def restart(
        self, meta: dict[str, str], spans: Iterable[tuple[int, Sequence[Span], Sequence[Span]]]
    ) -> None:
        """Make ready versions pending with new spans: ``(version, sentences, chunks)`` each."""
        with self._write() as connection:
            connection.execute("DELETE FROM meta")
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            for number, sentences, chunks in spans:
                for table in ("sentences", "chunks"):
                    connection.execute(f"DELETE FROM {table} WHERE version = ?", (number,))
                _insert_spans(connection, number, sentences, chunks)
            connection.execute("UPDATE versions SET state = 'pending' WHERE state = 'ready'")

    def publish(self, numbers: Sequence[int]) -> None:
        """Make pending versions ready and what they replace stale, at one stroke."""
        with self._write() as connection:
            for number in numbers:
                connection.execute(
                    "UPDATE versions SET state = 'stale' WHERE state = 'ready' AND document_id = "
                    "(SELECT document_id FROM versions WHERE version = ?)",
                    (number,),
                )
                connection.execute(
                    "UPDATE versions SET state = 'ready' WHERE version = ?", (number,)
                )

    def retire(self, document_ids: Sequence[str]) -> None:
        """Make all versions of documents stale: readers stop seeing them now, and no update comes back."""
        with self._write() as connection:
            connection.executemany(
                "UPDATE versions SET state = 'stale' WHERE document_id = ?",
                [(document_id,) for document_id in document_ids],
            )

    def erase(self, numbers: Sequence[int]) -> None:
        """Delete versions, overwriting their bytes on disk."""
        with self._write() as connection:
            connection.executemany(
                "DELETE FROM versions WHERE version = ?", [(n,) for n in numbers]
            )

    def any_removed(self) -> bool:
        """Whether a stale version was removed, not replaced."""
        query = (
            "SELECT EXISTS (SELECT * FROM versions WHERE state = 'stale' AND document_id NOT IN "
            "(SELECT document_id FROM versions WHERE state = 'ready'))"
        )
        return bool(self._rows(query)[0][0])

    def forget_deleted(self) -> bool:
        """Empty the write-ahead log, which may still hold deleted pages; false if a reader is in the way."""
        with self._guard():
            connection = self._connection()
            connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_TIMEOUT_S * 1000:.0f}")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}")
        return not busy

    # spans

    def chunks(self, version: int) -> list[Chunk]:
        """The chunks of one version, in order."""
        return [
            Chunk(id=f"{version}:{number}", document_id=document_id, start=start, end=end)
            for document_id, number, start, end in self._rows(
                'SELECT document_id, number, start, "end" FROM chunks JOIN versions USING (version) '
                "WHERE version = ? ORDER BY number",
                version,
            )
        ]

    def ready_chunks(self, chunk_ids: Iterable[str]) -> dict[str, Chunk]:
        """Those of the given chunks whose version is ready."""
        found: dict[str, Chunk] = {}
        for chunk_id in chunk_ids:
            version, number = chunk_id.split(":")
            for document_id, start, end in self._rows(
                'SELECT document_id, start, "end" FROM chunks JOIN versions USING (version) '
                "WHERE version = ? AND number = ? AND state = 'ready'",
                int(version), int(number),
            ):  # fmt: skip
                found[chunk_id] = Chunk(id=chunk_id, document_id=document_id, start=start, end=end)
        return found

    def ready_chunk_ids(self) -> set[str]:
        """Every chunk that may be found."""
        query = (
            "SELECT version, number FROM chunks JOIN versions USING (version) WHERE state = 'ready'"
        )
        return {f"{version}:{number}" for version, number in self._rows(query)}

    def sentences(self, document_id: str) -> list[Span]:
        """The sentences of a ready document, in order."""
        return [
            Span(start, end)
            for start, end in self._rows(
                'SELECT start, "end" FROM sentences JOIN versions USING (version) '
                "WHERE document_id = ? AND state = 'ready' ORDER BY number",
                document_id,
            )
        ]


def _insert_spans(
    connection: sqlite3.Connection, number: int, sentences: Sequence[Span], chunks: Sequence[Span]
) -> None:
    for table, spans in (("sentences", sentences), ("chunks", chunks)):
        connection.executemany(
            f"INSERT INTO {table} VALUES (?, ?, ?, ?)",
            [(number, at, span.start, span.end) for at, span in enumerate(spans)],
        )


def _version(row: tuple[Any, ...]) -> Version:
    number, document_id, state, path, source, title, digest, published, origin, at, text = row
    return Version(
        number=number,
        state=state,
        path=path,
        ingested_at=at,
        document=Document(
            id=document_id,
            source=source,
            title=title,
            text=text,
            sha256=digest,
            published=published and date.fromisoformat(published),
            published_from=origin,
        ),
    )
