"""Vectors of chunks, in Chroma. Only vectors, ids and what filters need: Chroma leaves deleted text on disk.

Chroma's files are not made for several processes: it writes its graph over the old one in place, and a process
that has it open does not notice. So whoever writes, and whoever reads the files for the first time, holds a lock;
and a small file tells that they have changed, or that a change was cut off and they cannot be trusted any more.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError, StorageError

if TYPE_CHECKING:
    from chromadb.config import System

logger = logging.getLogger(__name__)

_COLLECTION = "chunks"
_STATE = "state"
_CHANGING = b"changing"
# A batch is written in a second or two; longer means that something hangs.
_LOCK_TIMEOUT_S = 60.0
_connecting = threading.Lock()


class ChromaVectors:
    """The vector side of the index. Ids are chunk ids. Threads may share one; it sees what other processes write."""

    def __init__(self, folder: Path) -> None:
        """Open or create the store.

        Raises:
            StorageError: the folder cannot be used.
        """
        from filelock import FileLock

        self._folder = folder
        self._turn = threading.RLock()
        self._system: System | None = None
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        with self._guard():
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder.parent / f"{folder.name}.lock", timeout=_LOCK_TIMEOUT_S)
            with self._lock:
                self._connect()

    def upsert(
        self,
        ids: Sequence[str],
        vectors: Sequence[Sequence[float]],
        metadata: Sequence[Mapping[str, str | int]],
    ) -> None:
        """Write vectors, replacing those with the same id."""
        with self._changing():
            for at in range(0, len(ids), self._batch):
                part = slice(at, at + self._batch)
                self._collection.upsert(
                    ids=list(ids[part]),
                    embeddings=list(vectors[part]),
                    metadatas=[dict(one) for one in metadata[part]],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; ids that are not there are ignored."""
        with self._changing():
            for at in range(0, len(ids), self._batch):
                self._collection.delete(ids=list(ids[at : at + self._batch]))

    def search(
        self,
        vector: Sequence[float],
        *,
        limit: int,
        after: date | None = None,
        before: date | None = None,
        document_ids: Sequence[str] | None = None,
    ) -> list[tuple[str, float]]:
        """The nearest ids with their cosine similarity, nearest first."""
        with self._loading():
            result = self._collection.query(
                query_embeddings=list(vector),
                n_results=limit,
                where=_where(after, before, document_ids),
                include=["distances"],
            )
        distances = result["distances"]
        assert distances is not None
        return [
            (chunk_id, 1.0 - distance)
            for chunk_id, distance in zip(result["ids"][0], distances[0], strict=True)
        ]

    def count(self) -> int:
        """How many vectors there are."""
        with self._loading():
            return self._collection.count()

    def ids(self) -> set[str]:
        """Every id in the store."""
        with self._loading():
            return set(self._collection.get(include=[])["ids"])

    def close(self) -> None:
        """Release files and threads."""
        if self._system:
            self._system.stop()
            self._system = None

    def _connect(self) -> None:
        """Start Chroma anew, in an instance of our own: one that is shared would go on showing old files."""
        from chromadb.api.client import Client
        from chromadb.config import Settings, System

        if _state(self._folder) == _CHANGING:
            logger.warning("a change of the vectors was cut off; they are made anew")
            shutil.rmtree(self._folder)
            self._folder.mkdir()
        seen = _state(self._folder)
        settings = Settings(
            is_persistent=True, persist_directory=str(self._folder), anonymized_telemetry=False
        )
        with _connecting:
            system = System(settings)
            system.start()
            client = Client.from_system(system)
        collection = client.get_or_create_collection(
            _COLLECTION, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )
        if self._system:
            self._system.stop()
        self._system, self._collection = system, collection
        self._batch = client.get_max_batch_size()
        self._seen, self._loaded = seen, False

    def _refresh(self) -> None:
        """Connect anew if the files have changed under us."""
        if self._seen == _state(self._folder):
            return
        with self._lock:
            # What was loaded before a change was cut off is still right, unlike the files.
            cut_off = _state(self._folder) == _CHANGING
            if not (cut_off and self._loaded):
                self._connect()

    @contextmanager
    def _loading(self) -> Iterator[None]:
        """Let no one write while the first question of any kind reads the files."""
        with self._guard():
            self._refresh()
            if self._loaded:
                yield
                return
            with self._lock:
                self._refresh()
                yield
                self._loaded = True

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._guard(), self._lock:
            if _state(self._folder) != self._seen:
                self._connect()
            state = self._folder / _STATE
            state.write_bytes(_CHANGING)
            trusted = True
            try:
                yield
            except Exception:
                trusted = False
                raise
            finally:
                # An interrupt is only noticed between two calls of Chroma, so it does no harm.
                if trusted:
                    self._seen = os.urandom(8)
                    state.write_bytes(self._seen)
                    self._loaded = True

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """One thread at a time, and Chroma's own errors, and those of the database under it, in our words."""
        try:
            with self._turn:
                yield
        except (RagError, ImportError, AssertionError, TypeError):
            raise
        except Exception as error:
            raise StorageError(
                f"The vectors in {self._folder} cannot be used ({error}). Check that the folder is "
                "writable and the disk not full, then rebuild: rag ingest --rebuild"
            ) from error


def _state(folder: Path) -> bytes | None:
    """Changes whenever the files do; ``None`` for a new or lost folder."""
    try:
        return (folder / _STATE).read_bytes()
    except FileNotFoundError:
        return None


def metadata(document_id: str, source: str, published: date | None) -> dict[str, str | int]:
    """What is stored beside a vector; a missing day is left out, so that no date filter matches it."""
    values: dict[str, str | int] = {"document_id": document_id, "source": source}
    if published is not None:
        values["published"] = published.toordinal()
    return values


def _where(
    after: date | None, before: date | None, document_ids: Sequence[str] | None
) -> dict[str, Any] | None:
    conditions: list[dict[str, Any]] = []
    if after is not None:
        conditions.append({"published": {"$gte": after.toordinal()}})
    if before is not None:
        conditions.append({"published": {"$lte": before.toordinal()}})
    if document_ids is not None:
        conditions.append({"document_id": {"$in": list(document_ids)}})
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None
