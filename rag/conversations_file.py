"""The file that conversations are kept in: its tables, and what is done with its rows."""

from __future__ import annotations

import json
import os
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.conversations_forget import answer_words, mentioned
from rag.conversations_types import SavedExchange
from rag.database import Database
from rag.errors import ConversationNotFound, StorageError

_FORMAT = 1
# Texts to look through stand apart from the records, which are long.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created TEXT NOT NULL,
    changed TEXT NOT NULL,
    last INTEGER NOT NULL DEFAULT 0,
    erased INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL,
    folded TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS exchanges (
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    rating TEXT,
    reason TEXT NOT NULL DEFAULT '',
    question TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (conversation, number)
);
CREATE TABLE IF NOT EXISTS records (
    conversation INTEGER NOT NULL,
    number INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (conversation, number),
    FOREIGN KEY (conversation, number) REFERENCES exchanges ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS mentions (
    document_id TEXT NOT NULL,
    conversation INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (document_id, conversation, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removals (document_id TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_exchange ON mentions (conversation, number);
CREATE INDEX IF NOT EXISTS by_owner ON conversations (owner, changed);
"""
EXCHANGE_COLUMNS = "number, state, asked_at, rating, reason, question, record"


class ConversationFile(Database):
    """Opening, reading and changing the file. Threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        """``path`` is made when something is first written, for its owner's eyes only."""
        super().__init__(path, _SCHEMA)

    def finish_deleting(self) -> None:
        """Overwrite what is deleted, if that is still to be done.

        Raises:
            StorageError: another process holds old pages open.
        """
        if not self._path.exists() or not self.unclean:
            return
        if not self.forget_deleted():
            raise StorageError(
                "It is deleted, but another process holds old pages of the conversations open. Close other rag "
                "programs, then run `rag status`, which overwrites them."
            )
        with self._write() as connection:
            connection.execute(
                "DELETE FROM mentions WHERE (conversation, number) NOT IN "
                "(SELECT conversation, number FROM exchanges)"
            )

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """Several queries that see the same state."""
        with self._guard():
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def _changing(self, owner: str, identifier: str) -> Iterator[tuple[sqlite3.Connection, int]]:
        if not self._path.exists():
            raise not_found()
        with self._write() as connection:
            found = connection.execute(
                "SELECT key FROM conversations WHERE id = ? AND owner = ?",
                (storable(identifier), owner),
            ).fetchone()
            if found is None:
                raise not_found()
            yield connection, found[0]

    def _connect(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StorageError(
                f"The conversations cannot be kept in {self._path} ({error.strerror or error}). "
                "Make its folder writable, or set RAG_HOME to another folder."
            ) from error
        connection = super()._connect()
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > _FORMAT:
            connection.close()
            raise StorageError(
                f"{self._path} was written by a newer version of this program (format {found}; this one knows "
                f"{_FORMAT}). Use that one, or move the file away to begin anew."
            )
        if found != _FORMAT:
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
        return connection


def read_exchange(row: Sequence[Any]) -> SavedExchange:
    """An exchange from its ``EXCHANGE_COLUMNS``."""
    number, state, asked_at, rating, reason, question, record = row
    return SavedExchange(
        number=number,
        question=question,
        state=state,
        record=json.loads(record) if record else {},
        rating=rating,
        reason=reason,
        asked_at=datetime.fromisoformat(asked_at),
    )


def find_exchange(connection: sqlite3.Connection, key: int, number: int) -> tuple[str, str]:
    """The question of an exchange, and when it was asked."""
    query = "SELECT question, asked_at FROM exchanges WHERE conversation = ? AND number = ?"
    found: tuple[str, str] | None = connection.execute(query, (key, number)).fetchone()
    if found is None:
        raise not_found()
    return found


def write_record(
    connection: sqlite3.Connection,
    key: int,
    number: int,
    question: str,
    record: Mapping[str, Any],
) -> None:
    """Write a record and what is found through it."""
    place = (key, number)
    connection.execute(
        "UPDATE exchanges SET folded = ? WHERE conversation = ? AND number = ?",
        (folded(f"{question}\n{answer_words(record)}"), *place),
    )
    written = storable(json.dumps(record, ensure_ascii=False))
    connection.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (*place, written))
    connection.execute("DELETE FROM mentions WHERE conversation = ? AND number = ?", place)
    connection.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?)",
        [(name, *place) for name in sorted(mentioned(record))],
    )


def read_records(connection: sqlite3.Connection, key: int) -> dict[int, dict[str, Any]]:
    """All records of a conversation, by number."""
    query = "SELECT number, record FROM records WHERE conversation = ? ORDER BY number"
    return {number: json.loads(record) for number, record in connection.execute(query, (key,))}


def mark_erased(connection: sqlite3.Connection, key: int) -> None:
    """Note that answers of a conversation said more once."""
    connection.execute("UPDATE conversations SET erased = 1 WHERE key = ?", (key,))


def not_found() -> ConversationNotFound:
    """The same error for what never was, what is no more and what is somebody else's."""
    return ConversationNotFound(
        "This conversation, or this part of it, does not exist any more. Open another one, or begin anew."
    )


def now_text() -> str:
    """This moment, in UTC."""
    return as_text(datetime.now(UTC))


def as_text(moment: datetime) -> str:
    """Sorts as the moments do."""
    return moment.isoformat(timespec="microseconds")


def one_line(text: str) -> str:
    """A title without line breaks."""
    return storable(" ".join(text.split()))


def storable(text: str) -> str:
    """Half a letter (a lone surrogate) cannot be stored."""
    return text.encode("utf-8", "replace").decode()


def folded(text: str) -> str:
    """Without case and accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return storable("".join(one for one in parts if not unicodedata.combining(one)))
