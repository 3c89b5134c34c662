"""The index as a whole: catalog, vectors and words under one folder, searched together, one writer at a time."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import IndexLocked, IndexMismatch, IndexMissing, StorageError
from rag.protocols import Embedder
from rag.schema import FORMAT
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.catalog import Catalog
    from rag.exact import ExactSearch
    from rag.scope import Overview, Scope
    from rag.vectors import ChromaVectors
    from rag.words import TantivyWords

_CATALOG = "catalog.sqlite"
# Chroma's graph now and then does not reach a vector. So few can be compared with one by one in as much time.
_COMPARED_ONE_BY_ONE = 5000


class Index:
    """Opens the parts when they are first used. Close it, or use it as a context manager."""

    def __init__(self, folder: Path, *, upgrading: bool = False) -> None:
        """``folder`` is made when something is first written; an older one is opened only when ``upgrading``."""
        self.folder = folder
        self._upgrading = upgrading
        self._overview: Overview | None = None
        self._size: tuple[tuple[int, int], int] | None = None

    @classmethod
    def open(cls, settings: Settings, *, upgrading: bool = False) -> Index:
        """The index of these settings, for reading.

        Raises:
            IndexMissing: nothing has been ingested into this data folder.
            StorageError: the folder cannot be looked into.
        """
        index = cls(settings.index_dir, upgrading=upgrading)
        try:
            exists = (index.folder / _CATALOG).is_file()
        except OSError as error:
            raise index._not_writable(error) from error
        if not exists:
            raise IndexMissing(f"There is no index in {settings.home} yet. Run: rag ingest FOLDER")
        return index

    @cached_property
    def catalog(self) -> Catalog:
        """The truth."""
        from rag.catalog import Catalog

        return Catalog(self.folder / _CATALOG, upgrading=self._upgrading)

    @cached_property
    def vectors(self) -> ChromaVectors:
        """Derived: the dense side."""
        from rag.vectors import ChromaVectors

        return ChromaVectors(self.folder / "vectors")

    @cached_property
    def words(self) -> TantivyWords:
        """Derived: the lexical side."""
        from rag.words import TantivyWords

        return TantivyWords(self.folder / "words")

    @cached_property
    def exact(self) -> ExactSearch:
        """The vectors that the catalog keeps."""
        from rag.exact import ExactSearch

        return ExactSearch(self.catalog)

    def check(self, embedder: Embedder, settings: Settings) -> None:
        """Refuse to mix vectors or chunks of different making.

        Raises:
            IndexMismatch: the index was built with something else than these settings say.
        """
        built = self.catalog.meta()
        wanted = identity(embedder, settings)
        different = [
            f"{key} was {built[key]}, now {value}"
            for key, value in wanted.items()
            if key in built and built[key] != value
        ]
        if different:
            raise IndexMismatch(
                f"The index in {self.folder} was built otherwise: {'; '.join(different)}. "
                "Set it back, or build the index anew from the stored texts: rag ingest --rebuild"
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write.

        Raises:
            IndexLocked: another process holds it.
            StorageError: the folder cannot be written to.
        """
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "writer.lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise IndexLocked(
                f"Another process is writing to the index in {self.folder}. "
                "Wait until it has finished, then run this again."
            ) from None
        except OSError as error:
            raise self._not_writable(error) from error
        try:
            yield
        finally:
            lock.release()

    def _not_writable(self, error: OSError) -> StorageError:
        return StorageError(
            f"The data folder {self.folder} cannot be written to ({error.strerror or error}). "
            "Make it writable, or set RAG_HOME to another folder."
        )

    def scope(
        self,
        *,
        after: date | None = None,
        before: date | None = None,
        sources: Sequence[str] = (),
        document_ids: Collection[str] | None = None,
        event_after: date | None = None,
        event_before: date | None = None,
    ) -> Scope | None:
        """What is left by filters, to search in; ``None`` if all are open.

        Args:
            after: Published on this day or later; undated documents match no day.
            before: Published on this day or earlier.
            sources: Shell patterns, of which one must match the document's source.
            document_ids: The document is one of these.
            event_after: The chunk speaks of this day or a later one.
            event_before: The chunk speaks of this day or an earlier one.
        """
        from rag.scope import narrow

        days = (after, before, event_after, event_before)
        if all(day is None for day in days) and not sources and document_ids is None:
            return None
        return narrow(
            self.catalog,
            self._look_over(),
            after=after,
            before=before,
            sources=sources,
            document_ids=document_ids,
            event_after=event_after,
            event_before=event_before,
        )

    def nearest(
        self, vector: Sequence[float], *, limit: int, scope: Scope | None = None
    ) -> list[tuple[str, float]]:
        """Ids of the chunks nearest to a vector, with their cosine similarity, nearest first.

        Within a scope, and in an index of up to 5,000 chunks, the result is exact; in a larger one without a scope
        it is as good as Chroma's graph.
        """
        from rag.scope import narrow

        if scope is None and self._chunks() <= _COMPARED_ONE_BY_ONE:
            scope = narrow(self.catalog, self._look_over())
        if scope is None:
            return self.vectors.search(vector, limit=limit)
        return self.exact.search(vector, limit=limit, scope=scope)

    def matching(
        self, query: str, *, limit: int, scope: Scope | None = None
    ) -> list[tuple[str, float]]:
        """Ids of the chunks that share words with a query, with their BM25 score, best first."""
        return self.words.search(query, limit=limit, scope=scope)

    def _look_over(self) -> Overview:
        from rag.scope import look_over

        overview = self._overview
        if overview is None or overview.changes != self.catalog.changes():
            overview = self._overview = look_over(self.catalog)
        return overview

    def _chunks(self) -> int:
        changes = self.catalog.changes()
        if self._size is None or self._size[0] != changes:
            self._size = (changes, self.catalog.counts()["chunks"])
        return self._size[1]

    def discard_derived(self) -> None:
        """Delete vectors and words, damaged or whole; ingest makes them anew from the catalog.

        Raises:
            StorageError: the folder cannot be written to.
        """
        self.close()
        for name in ("vectors", "words"):
            try:
                shutil.rmtree(self.folder / name)
            except FileNotFoundError:
                pass
            except OSError as error:
                raise self._not_writable(error) from error

    def close(self) -> None:
        """Release files."""
        for name in ("catalog", "vectors"):
            if name in self.__dict__:
                getattr(self, name).close()
        for name in ("catalog", "vectors", "words", "exact"):
            self.__dict__.pop(name, None)
        self._overview = self._size = None

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def identity(embedder: Embedder, settings: Settings) -> dict[str, str]:
    """What an index is made with: parts with the same values may share one."""
    return {
        "format": FORMAT,
        "embedder": embedder.identity,
        "dimension": str(embedder.dimension),
        "chunk_tokens": str(min(settings.chunk_tokens, embedder.max_tokens)),
        "overlap_sentences": str(settings.overlap_sentences),
    }
