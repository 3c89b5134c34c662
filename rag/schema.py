"""The tables of the catalog, and how those of an older program become these.

Everything of a document hangs on one of its versions and goes with it. What is long (text, vectors) stands last in
its row or in a table of its own, so that looking through the rest reads little.
"""

from __future__ import annotations

import sqlite3

#: Raised when what is stored changes in a way that other programs cannot read.
FORMAT = "3"

META = "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"

TABLES = """
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
    chunk_count INTEGER NOT NULL DEFAULT 0,
    signature BLOB,
    text TEXT NOT NULL
);
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
    signature BLOB,
    PRIMARY KEY (version, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS annotations (
    version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (version, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (
    version INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
    value BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS stamps (
    version INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
    stamp TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS one_ready ON versions (document_id) WHERE state = 'ready';
CREATE INDEX IF NOT EXISTS by_document ON versions (document_id);
CREATE INDEX IF NOT EXISTS by_path ON versions (path);
CREATE INDEX IF NOT EXISTS overview ON versions (state, document_id, published, source, chunk_count);
CREATE INDEX IF NOT EXISTS sizes ON versions (state, chunk_count);
CREATE INDEX IF NOT EXISTS events ON annotations
    (substr(value, 1, 10), substr(value, -10), version, start, "end") WHERE kind = 'date';
"""

# What format 1 lacks in tables that it has.
_ADDED = (
    ("versions", "chunk_count", "INTEGER NOT NULL DEFAULT 0"),
    ("versions", "signature", "BLOB"),
    ("chunks", "signature", "BLOB"),
)


def upgrade(connection: sqlite3.Connection) -> None:
    """Give the tables of an older catalog what they lack; texts stay. To be called in a transaction.

    What the new columns hold is made by the rebuild that follows.
    """
    for table, column, kind in _ADDED:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if columns and column not in columns:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    connection.execute("DROP INDEX IF EXISTS by_state")
