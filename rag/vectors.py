"""Vectors of chunks, in Chroma: vectors and ids alone, for Chroma leaves deleted text on disk.

Chroma's files are not made for several processes: it writes its graph over the old one in place, and a process
that has it open does not notice. So whoever writes, and whoever reads the files for the first time, holds a lock;
and a small file tells that they have changed, or that a change was cut off and they cannot be trusted any more.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.blank_memory import blank_memory
from rag.errors import RagError, StorageError

if TYPE_CHECKING:
    from chromadb.config import System

    from rag.details import Vectors

logger = logging.getLogger(__name__)

_COLLECTION = "chunks"
_STATE = "state"
_CHANGING = b"changing"
# The state is so many random bytes, which tell one change from another, the number of vectors and the latest version.
_NONCE = 8
# Later than any; stands for one that is not known.
_NO_VERSION = 2**63
# At 100 (the default) the graph found 97.5 % of the 100 nearest of 100,000, and now and then missed some of a few
# hundred; at 300 it found 99.8 % in the same 2 ms, and all of a few hundred in all but 3 of 5,700 openings: nodes are
# added by several threads at once, and then one of them is out of reach. Words find what vectors miss.
_EF_SEARCH = 300
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
        self._count = self._latest = 0
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        with self._guard():
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder.parent / f"{folder.name}.lock", timeout=_LOCK_TIMEOUT_S)
            with self._lock:
                self._connect()

    def upsert(
        self,
        ids: Sequence[str],
        vectors: Vectors,
    ) -> None:
        """Write vectors, replacing those with the same id."""
        with self._changing():
            versions = [int(one.split(":")[0]) for one in ids]
            # Chroma looks for ids among all; those of versions later than any that was written are not there.
            new = min(versions, default=0) > self._latest
            self._latest = max(self._latest, *versions, 0)
            for at in range(0, len(ids), self._batch):
                part = list(ids[at : at + self._batch])
                self._count += len(part) - (0 if new else self._present(part))
                self._collection.upsert(ids=part, embeddings=vectors[at : at + self._batch])

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; ids that are not there are ignored."""
        with self._changing():
            for at in range(0, len(ids), self._batch):
                part = list(ids[at : at + self._batch])
                self._count -= self._present(part)
                self._collection.delete(ids=part)

    def search(self, vector: Sequence[float], *, limit: int) -> list[tuple[str, float]]:
        """The nearest ids with their cosine similarity, nearest first."""
        import numpy as np

        asked = np.asarray(vector, np.float32)
        with self._loading():
            result = self._collection.query(
                query_embeddings=asked, n_results=limit, include=["distances"]
            )
        distances = result["distances"]
        assert distances is not None
        return [
            (chunk_id, 1.0 - distance)
            for chunk_id, distance in zip(result["ids"][0], distances[0], strict=True)
        ]

    def count(self) -> int:
        """How many vectors there are, as written down with the last change: Chroma itself would look at each."""
        with self._guard():
            self._refresh()
            return self._count

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
            _COLLECTION,
            configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
            embedding_function=None,
        )
        if self._system:
            self._system.stop()
        self._system, self._collection = system, collection
        self._batch = client.get_max_batch_size()
        self._seen, self._loaded = seen, False
        self._count = int.from_bytes(seen[_NONCE:-8]) if seen else collection.count()
        self._latest = int.from_bytes(seen[-8:]) if seen else self._count and _NO_VERSION

    def _present(self, ids: list[str]) -> int:
        return len(self._collection.get(ids=ids, include=[])["ids"])

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
            (self._folder / _STATE).write_bytes(_CHANGING)
            try:
                yield
            except Exception:
                raise  # and leave it marked
            except BaseException:
                # An interrupt is only noticed between two calls of Chroma, so it does no harm.
                self._count = self._collection.count()
                self._changed()
                raise
            self._changed()

    def _changed(self) -> None:
        self._seen = os.urandom(_NONCE) + self._count.to_bytes(8) + self._latest.to_bytes(8)
        (self._folder / _STATE).write_bytes(self._seen)
        self._loaded = True

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """One thread at a time, no text in Chroma's memory, and its errors and its database's in our words."""
        try:
            with self._turn, blank_memory():
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
