"""An SQLite file: a connection for each thread, transactions, and errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import StorageError

_BUSY_TIMEOUT_S = 30.0
# Readers are in the way for as long as one query takes; whatever takes longer will not end soon.
_CHECKPOINT_TIMEOUT_S = 2.0
_CACHE_KIB = 65_536
_UNCLEAN = "CREATE TABLE IF NOT EXISTS unclean (one INTEGER PRIMARY KEY CHECK (one = 1))"


class Database:
    """What the catalog and the conversations are written in. Threads may share one.

    The file is opened, and made if need be, by the first thing that is done with it.
    """

    def __init__(self, path: Path, schema: str) -> None:
        """``schema`` is SQL that may be run again: every connection begins with it."""
        self._path = path
        self._schema = schema
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: dict[threading.Thread, sqlite3.Connection] = {}

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._all.values():
                connection.close()
            self._all.clear()
            self._local = threading.local()

    @property
    def unclean(self) -> bool:
        """Whether something that was deleted for good is still to be overwritten."""
        return bool(self._rows("SELECT * FROM unclean"))

    def forget_deleted(self) -> bool:
        """Overwrite what was deleted for good, and empty the write-ahead log, which may still hold it.

        That is what was deleted together with `mark_unclean`. ``secure_delete`` overwrites a row where it last was;
        copies stay behind where SQLite has moved rows between pages, so the file is written anew.

        Returns:
            False if a reader is in the way; what is missing is done by the next call.
        """
        with self._guard():
            connection = self._connection()
            unclean = connection.execute("SELECT * FROM unclean").fetchone()
            if unclean:
                connection.execute("VACUUM")
            connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_TIMEOUT_S * 1000:.0f}")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_S * 1000:.0f}")
            if unclean and not busy:
                connection.execute("DELETE FROM unclean")
        return not busy

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._guard():
            return self._connection().execute(query, values).fetchall()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._guard():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
            with self._lock:
                # A server starts threads without end; what those that are over had open is closed.
                for thread in [one for one in self._all if not one.is_alive()]:
                    self._all.pop(thread).close()
                self._all[threading.current_thread()] = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA foreign_keys = ON")
            # Of a large catalog a question looks at pages all over; by default 2 MB of them are kept.
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            # Deleted text is overwritten with zeros, so that removing a document can be proved.
            connection.execute("PRAGMA secure_delete = ON").fetchone()
            connection.executescript(f"{_UNCLEAN}; {self._schema}")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(
                f"The file {self._path} cannot be used ({error}). Check that its folder is writable "
                "and its disk not full; `rag doctor` looks at the rest."
            ) from error


def mark_unclean(connection: sqlite3.Connection) -> None:
    """Note that what this transaction deletes has to be overwritten: see `Database.forget_deleted`."""
    connection.execute("INSERT OR IGNORE INTO unclean VALUES (1)")
