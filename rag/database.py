"""An SQLite file: a connection for each thread, transactions, and errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import StorageError

BUSY_TIMEOUT_S = 30.0
_CACHE_KIB = 65_536


class Database:
    """What the catalog is written in. Threads may share one."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open or create the file; ``schema`` is SQL that may be run again.

        Raises:
            StorageError: it cannot be opened or is damaged.
        """
        self._path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        with self._guard():
            self._connection().executescript(schema)

    def close(self) -> None:
        """Close every thread's connection."""
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._local = threading.local()

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
            connection = sqlite3.connect(
                self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA foreign_keys = ON")
            # Of a large catalog a question looks at pages all over; by default 2 MB of them are kept.
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            # Deleted text is overwritten with zeros, so that removing a document can be proved.
            connection.execute("PRAGMA secure_delete = ON").fetchone()
            self._local.connection = connection
            self._all.append(connection)
        return connection

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(
                f"The catalog {self._path} cannot be used ({error}). Check that its folder is writable "
                "and its disk not full; `rag doctor` looks at the rest."
            ) from error
