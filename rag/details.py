"""What hangs on the versions of the catalog: sentences, chunks, annotations, signatures and vectors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from rag.database import Database
from rag.split import Span
from rag.types import Annotation, AnnotationKind, Chunk, Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    #: A row a chunk, in order.
    Vectors: TypeAlias = NDArray[np.float32]

# As many values as one SQLite statement takes in every build.
_AT_ONCE = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document as it is written to the catalog.

    Attributes:
        path: Identifies the file that it was read from.
        stamp: What the file looked like from outside, if that tells whether it changes; see `rag.stamps`.
        chunk_signatures: Of each chunk, or of none.
    """

    path: str
    document: Document
    sentences: Sequence[Span]
    chunks: Sequence[Span]
    annotations: Sequence[Annotation] = ()
    signature: bytes | None = None
    chunk_signatures: Sequence[bytes] = ()
    stamp: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChunk:
    """A chunk that a search named, with what is known of it and of its document.

    Attributes:
        signature: `rag.copies.signature` of its text, if there is one.
        document_signature: Likewise of the whole document.
        published: Day of the document's publication.
    """

    chunk: Chunk
    signature: bytes | None
    document_signature: bytes | None
    published: date | None


class Details(Database):
    """Reads what hangs on versions, and writes vectors. Chunks are named ``version:number``."""

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

    def found(self, chunk_ids: Iterable[str]) -> dict[str, FoundChunk]:
        """Those of the given chunks whose version is ready, by id, with what tells copies of them."""
        found = {}
        with self._guard():
            connection = self._connection()
            for chunk_id in chunk_ids:
                for document_id, start, end, own, whole, day in connection.execute(
                    'SELECT document_id, start, "end", chunks.signature, versions.signature, published '
                    "FROM chunks JOIN versions USING (version) "
                    "WHERE version = ? AND number = ? AND state = 'ready'",
                    chunk_id.split(":"),
                ):
                    found[chunk_id] = FoundChunk(
                        chunk=Chunk(id=chunk_id, document_id=document_id, start=start, end=end),
                        signature=own,
                        document_signature=whole,
                        published=date.fromisoformat(day) if day else None,
                    )
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

    def annotations(
        self, document_id: str, kind: AnnotationKind | None = None
    ) -> tuple[Annotation, ...]:
        """What is known of spans of a ready document, of one kind or of all, in the order of the text."""
        return tuple(
            Annotation(start=start, end=end, kind=found, value=value)
            for start, end, found, value in self._rows(
                'SELECT start, "end", kind, value FROM annotations JOIN versions USING (version) '
                "WHERE document_id = ? AND state = 'ready' AND kind = ifnull(?, kind) "
                'ORDER BY start, "end", kind, number',
                document_id, kind,
            )
        )  # fmt: skip

    def version_annotations(self, version: int) -> tuple[Annotation, ...]:
        """What is known of spans of one version, whatever its state, as it was written."""
        return tuple(
            Annotation(start=start, end=end, kind=kind, value=value)
            for start, end, kind, value in self._rows(
                'SELECT start, "end", kind, value FROM annotations WHERE version = ? ORDER BY number',
                version,
            )
        )

    def chunks_about(self, after: date | None, before: date | None) -> list[tuple[int, int]]:
        """Version and number of each ready chunk that speaks of a day from ``after`` to ``before``."""
        return self._rows(
            "SELECT DISTINCT chunks.version, chunks.number FROM annotations AS said INDEXED BY events "
            "CROSS JOIN versions ON versions.version = said.version AND versions.state = 'ready' "
            "CROSS JOIN chunks ON chunks.version = said.version "
            'AND chunks.start <= said.start AND said."end" <= chunks."end" '
            "WHERE said.kind = 'date' AND substr(said.value, 1, 10) <= ? "
            "AND (substr(said.value, -10) >= ? OR substr(said.value, -10) LIKE '%/..')",
            (before or date.max).isoformat(), (after or date.min).isoformat(),
        )  # fmt: skip

    def keep_vectors(self, vectors: Iterable[tuple[int, Vectors]]) -> None:
        """Store the vectors of versions, in 16 bits a number."""
        with self._write() as connection:
            connection.executemany(
                "INSERT INTO vectors VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                ((version, rows.astype("<f2").tobytes()) for version, rows in vectors),
            )

    def vectors(self, versions: Sequence[int]) -> Iterator[tuple[int, Vectors]]:
        """The stored vectors of those of the given versions that have some."""
        import numpy as np

        for at in range(0, len(versions), _AT_ONCE):
            part = versions[at : at + _AT_ONCE]
            for version, value, count in self._rows(
                "SELECT version, value, chunk_count FROM vectors JOIN versions USING (version) "
                f"WHERE version IN ({_marks(part)})",
                *part,
            ):
                if count:
                    yield version, np.frombuffer(value, "<f2").reshape(count, -1).astype("<f4")


def insert_details(connection: sqlite3.Connection, number: int, entry: Entry) -> None:
    """Write what hangs on a version that has nothing yet."""
    connection.executemany(
        "INSERT INTO sentences VALUES (?, ?, ?, ?)",
        [(number, at, span.start, span.end) for at, span in enumerate(entry.sentences)],
    )
    signatures: Sequence[bytes | None] = entry.chunk_signatures or [None] * len(entry.chunks)
    connection.executemany(
        'INSERT INTO chunks (version, number, start, "end", signature) VALUES (?, ?, ?, ?, ?)',
        [
            (number, at, span.start, span.end, signature)
            for at, (span, signature) in enumerate(zip(entry.chunks, signatures, strict=True))
        ],
    )
    connection.executemany(
        "INSERT INTO annotations VALUES (?, ?, ?, ?, ?, ?)",
        [
            (number, at, one.kind, one.start, one.end, one.value)
            for at, one in enumerate(entry.annotations)
        ],
    )


def delete_details(connection: sqlite3.Connection, number: int, *, vectors: bool) -> None:
    """Take off a version what will be written anew; its ``vectors`` only if they fit no more."""
    for table in ("sentences", "chunks", "annotations", *(("vectors",) if vectors else ())):
        connection.execute(f"DELETE FROM {table} WHERE version = ?", (number,))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
