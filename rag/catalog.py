"""The catalog: an SQLite file that holds every document's text, what hangs on it and what built the index.

It is the truth; what Chroma and tantivy hold is derived from it. A document is written as a *version*: ``pending``
until vectors and words hold its chunks, then ``ready``; a replaced or removed one is ``stale`` until they have let
go of it. Readers see ready versions only, so a process killed at any moment leaves a catalog that opens and
answers, and tells the next writer what is left to do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rag.database import mark_unclean
from rag.details import Details, Entry, delete_details, insert_details
from rag.errors import IndexMismatch
from rag.schema import FORMAT, META, TABLES, upgrade
from rag.types import Document
from rag.versions import VERSION_COLUMNS, KnownFile, State, Version, version_of

_FILES = (
    "SELECT path, source, document_id, sha256, version, stamp FROM versions "
    "LEFT JOIN stamps USING (version) WHERE +state = 'ready'"  # the plus: not to be looked up by
)
# As many values as one SQLite statement takes in every build.
_AT_ONCE = 900


class Catalog(Details):
    """All reads and writes of the SQLite file. Threads may share one; one process at a time should write."""

    def __init__(self, path: Path, *, upgrading: bool = False) -> None:
        """Open or create the file; one of an older format only when ``upgrading``.

        Raises:
            IndexMismatch: another program wrote it, in a format that this one does not read.
            StorageError: it cannot be opened or is damaged.
        """
        super().__init__(path, META)
        try:
            self._prepare(upgrading=upgrading)
        except BaseException:
            self.close()
            raise

    def _prepare(self, *, upgrading: bool) -> None:
        found = self.meta().get("format", FORMAT)
        if found != FORMAT:
            if not upgrading:
                raise IndexMismatch(
                    f"The index in {self._path.parent} was built by another version of this program: format was "
                    f"{found}, now {FORMAT}. Build it anew from the stored texts: rag ingest --rebuild"
                )
            with self._write() as connection:
                upgrade(connection)
        with self._guard():
            self._connection().executescript(TABLES)

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
            f"SELECT {VERSION_COLUMNS}, text FROM versions WHERE document_id = ? AND state = 'ready'",
            document_id,
        )
        return next((version_of(row).document for row in rows), None)

    def versions(self, state: State) -> list[Version]:
        """All versions in a state, by source."""
        return [
            version_of(row)
            for row in self._rows(
                f"SELECT {VERSION_COLUMNS}, text FROM versions WHERE state = ? "
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
        query = f"SELECT {VERSION_COLUMNS}, text FROM versions WHERE version = ?"
        return version_of(self._rows(query, number)[0])

    def files(self) -> list[KnownFile]:
        """The files behind the ready documents, by source, without reading any text."""
        return [KnownFile(*row) for row in self._rows(f"{_FILES} ORDER BY source, path")]

    def known(self, paths: Sequence[str]) -> dict[str, KnownFile]:
        """Those of the given files that are behind ready documents, by path."""
        found = {}
        for at in range(0, len(paths), _AT_ONCE):
            part = paths[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            for row in self._rows(f"{_FILES} AND path IN ({marks})", *part):
                found[row[0]] = KnownFile(*row)
        return found

    def restamp(self, stamps: Mapping[int, str | None]) -> None:
        """Record what the files behind versions look like now."""
        if not stamps:
            return
        with self._write() as connection:
            for version, stamp in stamps.items():
                _insert_stamp(connection, version, stamp)

    def counts(self) -> dict[str, int]:
        """How many documents, chunks and unfinished versions there are."""
        ((documents, chunks, unfinished),) = self._rows(
            "SELECT count(*), ifnull(sum(chunk_count), 0), "
            "(SELECT count(*) FROM versions WHERE state IN ('pending', 'stale')) "
            "FROM versions WHERE state = 'ready'"
        )
        return {"documents": documents, "chunks": chunks, "unfinished": unfinished}

    def changes(self) -> tuple[int, int]:
        """Counts that differ after a change: of what is ready, and of rebuilds, which reuse version numbers."""
        rows = dict(self._rows("SELECT name, value FROM counters"))
        return rows.get("changes", 0), rows.get("restarts", 0)

    def overview(self) -> list[tuple[int, int, str, str | None, str]]:
        """Version, number of chunks, document id, publication day and source of all ready documents."""
        return self._rows(
            "SELECT version, chunk_count, document_id, published, source FROM versions "
            "WHERE state = 'ready' ORDER BY version"
        )

    def add(self, entries: Sequence[Entry]) -> list[int]:
        """Write new versions as pending; returns their numbers."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        numbers = []
        with self._write() as connection:
            for entry in entries:
                document = entry.document
                cursor = connection.execute(
                    "INSERT INTO versions (document_id, state, path, source, title, sha256, published, "
                    "published_from, ingested_at, chunk_count, signature, text) "
                    "VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        document.id, entry.path, document.source, document.title, document.sha256,
                        document.published and document.published.isoformat(),
                        document.published_from, now, len(entry.chunks), entry.signature,
                        document.text,
                    ),
                )  # fmt: skip
                number = cursor.lastrowid
                assert number is not None
                numbers.append(number)
                _insert_stamp(connection, number, entry.stamp)
                insert_details(connection, number, entry)
        return numbers

    def restart(self, meta: dict[str, str], entries: Iterable[tuple[int, Entry]]) -> None:
        """Make ready versions pending with other spans and all that hangs on them: ``(version, entry)`` each.

        Vectors are kept if neither ``meta`` nor the version's chunks are different.
        """
        with self._write() as connection:
            same = dict(connection.execute("SELECT key, value FROM meta")) == meta
            connection.execute("DELETE FROM meta")
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            for number, entry in entries:
                before = connection.execute(
                    'SELECT start, "end" FROM chunks WHERE version = ? ORDER BY number', (number,)
                ).fetchall()
                fits = same and before == [(span.start, span.end) for span in entry.chunks]
                delete_details(connection, number, vectors=not fits)
                insert_details(connection, number, entry)
                connection.execute(
                    "UPDATE versions SET chunk_count = ?, signature = ? WHERE version = ?",
                    (len(entry.chunks), entry.signature, number),
                )
            connection.execute("UPDATE versions SET state = 'pending' WHERE state = 'ready'")
            _count_change(connection, "changes", "restarts")

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
            _count_change(connection, "changes")

    def retire(self, document_ids: Sequence[str]) -> None:
        """Make all versions of documents stale: readers stop seeing them now, and no update comes back."""
        with self._write() as connection:
            connection.executemany(
                "UPDATE versions SET state = 'stale' WHERE document_id = ?",
                [(document_id,) for document_id in document_ids],
            )
            mark_unclean(connection)
            _count_change(connection, "changes")

    def erase(self, numbers: Sequence[int]) -> None:
        """Delete versions, overwriting their bytes on disk."""
        with self._write() as connection:
            connection.executemany(
                "DELETE FROM versions WHERE version = ?", [(n,) for n in numbers]
            )

    def any_removed(self) -> bool:
        """Whether a stale version was removed, not replaced."""
        query = (
            "SELECT EXISTS (SELECT * FROM versions AS gone WHERE state = 'stale' AND NOT EXISTS "
            "(SELECT * FROM versions WHERE state = 'ready' AND document_id = gone.document_id))"
        )
        return bool(self._rows(query)[0][0])


def _insert_stamp(connection: sqlite3.Connection, number: int, stamp: str | None) -> None:
    connection.execute("DELETE FROM stamps WHERE version = ?", (number,))
    if stamp is not None:
        connection.execute("INSERT INTO stamps VALUES (?, ?)", (number, stamp))


def _count_change(connection: sqlite3.Connection, *names: str) -> None:
    for name in names:
        connection.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT DO UPDATE SET value = value + 1",
            (name,),
        )
