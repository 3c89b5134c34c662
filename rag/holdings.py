"""What the index holds and how it stands with the files behind it, looked at without any model."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rag.errors import IndexMissing
from rag.index import Index
from rag.read import key_path
from rag.settings import Settings
from rag.stamps import stamp
from rag.types import Document

FileState: TypeAlias = Literal["same", "changed", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """The file behind a document.

    Attributes:
        path: Where it was read from.
        root: The folder that the document's source is relative to.
        state: Whether it still holds what was ingested.
    """

    document_id: str
    path: Path
    root: Path
    state: FileState


class Holdings:
    """All documents of the settings' index. Threads may share one; it follows what other processes ingest."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened yet; there need not be an index."""
        self._settings = settings
        self._turn = threading.RLock()
        self._index: Index | None = None
        self._seen: tuple[int, ...] | None = None
        self._documents: dict[str, Document] = {}
        self._listed: tuple[Document, ...] = ()
        self._digests: dict[Path, tuple[str, str]] = {}

    def changes(self) -> tuple[int, ...]:
        """Differs after each change of the documents; empty while there is no index.

        Raises:
            IndexMismatch: the index was built by another version of this program.
            StorageError: the catalog cannot be used.
        """
        with self._turn:
            index = self._open()
            return index.catalog.changes() if index else ()

    def documents(self) -> tuple[Document, ...]:
        """Every document, by source; none while there is no index. Errors as `changes`.

        The same object until something has changed.
        """
        with self._turn:
            return self._listed if self._fresh() else ()

    def document(self, document_id: str) -> Document | None:
        """The document with this id. Errors as `changes`."""
        with self._turn:
            return self._fresh().get(document_id)

    def files(self) -> tuple[HeldFile, ...]:
        """The file behind each document, compared with what was ingested, in the documents' order.

        A file that looks untouched from outside is not read. Errors as `changes`.
        """
        with self._turn:
            index = self._open()
            known = index.catalog.files() if index else []
        return tuple(
            HeldFile(
                document_id=file.document_id,
                path=(path := key_path(file.path)),
                root=_root(path, file.source),
                state=self._state(path, file.sha256, file.stamp),
            )
            for file in known
        )

    def close(self) -> None:
        """Release the catalog; the next question opens it again."""
        with self._turn:
            if self._index:
                self._index.close()
            self._index = self._seen = None
            self._documents, self._listed = {}, ()

    def _open(self) -> Index | None:
        if self._index is None:
            try:
                self._index = Index.open(self._settings)
            except IndexMissing:
                return None
        return self._index

    def _fresh(self) -> dict[str, Document]:
        index = self._open()
        if index is None:
            return {}
        # Asked first: what changes meanwhile is seen the next time.
        changes = index.catalog.changes()
        if changes != self._seen:
            self._documents = {one.id: one for one in index.catalog.documents()}
            self._listed = tuple(self._documents.values())
            self._seen = changes
        return self._documents

    def _state(self, path: Path, sha256: str, ingested: str | None) -> FileState:
        try:
            now = stamp(path.stat())
            if now is not None and now == ingested:
                return "same"
            return "same" if self._digest(path, now) == sha256 else "changed"
        except FileNotFoundError:
            return "missing"
        except OSError:  # what cannot be looked at may well be what it was
            return "same"

    def _digest(self, path: Path, now: str | None) -> str:
        known = self._digests.get(path)
        if known and known[0] == now:
            return known[1]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if now is not None:
            self._digests[path] = (now, digest)
        return digest


def _root(path: Path, source: str) -> Path:
    """The folder that was given to ingest, as far as the source tells."""
    parts = len(Path(source).parts)
    return path.parents[min(parts, len(path.parents)) - 1] if parts else path.parent
