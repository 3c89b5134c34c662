"""Conversations, kept in one SQLite file in the data folder: what was asked, what was answered, how it was rated.

An exchange is written when its question is asked and again when its answer is there; a process that is killed between
the two leaves an exchange that is still ``asked``. Every change is one transaction.

The words of an answer are those of the documents, so removing a document erases them here as well;
`rag.conversations_forget` says what of a record is erased.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from rag.conversations_file import (
    EXCHANGE_COLUMNS,
    ConversationFile,
    as_text,
    find_exchange,
    folded,
    mark_erased,
    now_text,
    one_line,
    read_exchange,
    read_records,
    storable,
    write_record,
)
from rag.conversations_forget import answers_of, mentioned, without_documents, without_unsaid
from rag.conversations_types import Conversation, ConversationSummary, RatedExchange, Rating
from rag.database import mark_unclean

# No answer is under way for longer.
_UNDER_WAY = timedelta(days=1)


class ConversationStore(ConversationFile):
    """All conversations of a data folder. Threads and processes may share the file.

    A conversation belongs to its ``owner``, the login name, or ``""`` where there are no logins. To everybody else it
    does not exist.
    """

    def create(self, owner: str, title: str) -> str:
        """Begin a conversation; returns its id."""
        identifier = secrets.token_urlsafe(12)
        moment, title = now_text(), one_line(title)
        with self._write() as connection:
            connection.execute(
                "INSERT INTO conversations (id, owner, created, changed, title, folded) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (identifier, owner, moment, moment, title, folded(title)),
            )
        return identifier

    def list(self, owner: str, search: str = "") -> tuple[ConversationSummary, ...]:
        """Somebody's conversations, the one changed last first.

        Args:
            owner: Whose.
            search: Words; each has to occur in the title, a question or an answer. Case and accents do not matter.
        """
        if not self._path.exists():
            return ()
        query = (
            "SELECT id, title, created, changed, "
            "(SELECT count(*) FROM exchanges WHERE conversation = key) "
            "FROM conversations AS one WHERE owner = ?"
        )
        words = dict.fromkeys(folded(search).split())
        query += (
            " AND (instr(one.folded, ?) OR EXISTS (SELECT * FROM exchanges WHERE conversation = key "
            "AND instr(exchanges.folded, ?)))"
        ) * len(words)
        twice = [word for word in words for _ in range(2)]
        rows = self._rows(f"{query} ORDER BY changed DESC, key DESC", owner, *twice)
        return tuple(
            ConversationSummary(
                id=identifier,
                title=title,
                created=datetime.fromisoformat(created),
                changed=datetime.fromisoformat(changed),
                exchanges=count,
            )
            for identifier, title, created, changed, count in rows
        )

    def get(self, owner: str, identifier: str) -> Conversation | None:
        """A conversation with all its exchanges, ``None`` if this person has none with this id."""
        if not self._path.exists():
            return None
        with self._read() as connection:
            found = connection.execute(
                "SELECT key, title, created, changed FROM conversations WHERE id = ? AND owner = ?",
                (storable(identifier), owner),
            ).fetchone()
            if found is None:
                return None
            rows = connection.execute(
                f"SELECT {EXCHANGE_COLUMNS} FROM exchanges LEFT JOIN records USING (conversation, number) "
                "WHERE conversation = ? ORDER BY number",
                found[:1],
            ).fetchall()
        _, title, created, changed = found
        return Conversation(
            id=identifier,
            title=title,
            created=datetime.fromisoformat(created),
            changed=datetime.fromisoformat(changed),
            exchanges=tuple(read_exchange(row) for row in rows),
        )

    def rename(self, owner: str, identifier: str, title: str) -> None:
        """Give a conversation another title.

        Raises:
            ConversationNotFound: this person has none with this id.
        """
        title = one_line(title)
        with self._changing(owner, identifier) as (connection, key):
            connection.execute(
                "UPDATE conversations SET title = ?, folded = ? WHERE key = ?",
                (title, folded(title), key),
            )

    def delete(self, owner: str, identifier: str) -> None:
        """Delete a conversation; nothing of its text is left in the file.

        Raises:
            ConversationNotFound: this person has none with this id.
            StorageError: it is deleted, but another process holds old pages open.
        """
        with self._changing(owner, identifier) as (connection, key):
            connection.execute("DELETE FROM conversations WHERE key = ?", (key,))
            mark_unclean(connection)
        self.finish_deleting()

    def begin(
        self, owner: str, identifier: str, question: str, *, instead_of: int | None = None
    ) -> int:
        """Add a question; returns the number of the exchange.

        Args:
            owner: Whose conversation it is.
            identifier: The conversation's id.
            question: As it was typed.
            instead_of: Number of an exchange that goes, with those after it, as when its question is asked anew.

        Raises:
            ConversationNotFound: this person has none with this id.
        """
        question, moment = storable(question), now_text()
        with self._changing(owner, identifier) as (connection, key):
            if instead_of is not None:
                connection.execute(
                    "DELETE FROM exchanges WHERE conversation = ? AND number >= ?",
                    (key, instead_of),
                )
            (number,) = connection.execute(
                "UPDATE conversations SET last = last + 1, changed = ? WHERE key = ? RETURNING last",
                (moment, key),
            ).fetchone()
            connection.execute(
                "INSERT INTO exchanges (conversation, number, state, asked_at, question, folded) "
                "VALUES (?, ?, 'asked', ?, ?, ?)",
                (key, number, moment, question, folded(question)),
            )
        return int(number)

    def finish(
        self,
        owner: str,
        identifier: str,
        number: int,
        state: Literal["finished", "stopped", "failed"],
        record: Mapping[str, Any],
    ) -> None:
        """Keep what a question came to.

        What documents say that have been removed since it was asked is left out.

        Raises:
            ConversationNotFound: this person has none with this id, or the exchange was dropped meanwhile.
        """
        with self._changing(owner, identifier) as (connection, key):
            question, asked_at = find_exchange(connection, key, number)
            names = mentioned(record)
            removals = connection.execute(
                "SELECT document_id FROM removals WHERE at >= ?", (asked_at,)
            )
            if removed := {name for (name,) in removals} & names:
                record = without_documents(record, removed)
                mark_erased(connection, key)
            record = _without_unsaid(connection, key, number, record)
            write_record(connection, key, number, question, record)
            connection.execute(
                "UPDATE exchanges SET state = ? WHERE conversation = ? AND number = ?",
                (state, key, number),
            )
            connection.execute(
                "UPDATE conversations SET changed = ? WHERE key = ?", (now_text(), key)
            )

    def rate(
        self, owner: str, identifier: str, number: int, rating: Rating | None, reason: str = ""
    ) -> None:
        """Say what an answer is worth; ``None`` takes it back.

        Raises:
            ConversationNotFound: this person has none with this id, or it has no such exchange.
        """
        with self._changing(owner, identifier) as (connection, key):
            find_exchange(connection, key, number)
            connection.execute(
                "UPDATE exchanges SET rating = ?, reason = ? WHERE conversation = ? AND number = ?",
                (rating, storable(reason.strip()) if rating else "", key, number),
            )

    def rated(self, owner: str | None = None) -> Iterator[RatedExchange]:
        """Every exchange that was rated, of one person or of all, in the order of asking."""
        if not self._path.exists():
            return
        rows = self._rows(
            f"SELECT id, owner, {EXCHANGE_COLUMNS} FROM exchanges JOIN conversations ON key = conversation "
            "LEFT JOIN records USING (conversation, number) "
            "WHERE rating IS NOT NULL AND owner = ifnull(?, owner) ORDER BY asked_at, key, number",
            owner,
        )
        for identifier, whose, *row in rows:
            yield RatedExchange(
                conversation_id=identifier, owner=whose, exchange=read_exchange(tuple(row))
            )

    def forget_documents(self, document_ids: Sequence[str]) -> None:
        """Erase what documents say from every conversation, so that nothing of it is left in the file.

        That is the words, title and file name of their quotes, the sentences and disagreements that rest on them,
        and earlier answers with such sentences where a later question was asked with them. An answer under way
        is treated so when it is finished. What a person has typed stays, whatever it is: questions, the title of
        the conversation, reasons of ratings.

        Raises:
            StorageError: it is erased, but another process holds old pages open.
        """
        if not self._path.exists() or not document_ids:
            return
        gone, now = set(document_ids), datetime.now(UTC)
        with self._write() as connection:
            connection.execute("DELETE FROM removals WHERE at < ?", (as_text(now - _UNDER_WAY),))
            connection.executemany(
                "INSERT OR REPLACE INTO removals VALUES (?, ?)",
                [(one, as_text(now)) for one in gone],
            )
            # Also of what was dropped since: deleting alone may leave words in the file.
            places = {
                place
                for one in gone
                for place in connection.execute(
                    "SELECT conversation, number FROM mentions WHERE document_id = ?", (one,)
                )
            }
            for key in {key for key, _ in places}:
                numbers = {number for conversation, number in places if conversation == key}
                _forget(connection, key, numbers, gone)
            if places:
                mark_unclean(connection)
        self.finish_deleting()


def _forget(
    connection: sqlite3.Connection, key: int, numbers: Collection[int], gone: Collection[str]
) -> None:
    """Erase documents from the exchanges of a conversation, and what later ones repeat of these."""
    known = read_records(connection, key)
    erased = {
        number: without_documents(record, gone) if number in numbers else record
        for number, record in known.items()
    }
    said = answers_of(erased.values())
    for number, record in erased.items():
        kept = without_unsaid(record, said)
        if kept != known[number]:
            question, _ = find_exchange(connection, key, number)
            write_record(connection, key, number, question, kept)
    mark_erased(connection, key)


def _without_unsaid(
    connection: sqlite3.Connection, key: int, number: int, record: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A new record without what was erased from the conversation while somebody had it before their eyes."""
    (erased,) = connection.execute(
        "SELECT erased FROM conversations WHERE key = ?", (key,)
    ).fetchone()
    if not erased:
        return record
    earlier = (one for at, one in read_records(connection, key).items() if at < number)
    return without_unsaid(record, answers_of(earlier))
