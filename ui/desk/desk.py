"""The desk: everything the page asks of the library, for all tabs together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import rag
from rag import (
    AnswerEvent,
    Document,
    Embedder,
    FileOutcome,
    HeldFile,
    Holdings,
    IngestReport,
    ModelCorrupt,
    ModelMissing,
    Passage,
    RagError,
    Settings,
    SettingsError,
    Turn,
)
from ui.desk.pull import Pull
from ui.desk.queueing import FairQueue
from ui.desk.reading import FileLine, Reading
from ui.desk.uploads import Uploads
from ui.desk.watching import Watching

logger = logging.getLogger(__name__)

Kind: TypeAlias = Literal["ready", "opening", "empty", "no_model", "failed"]
#: Told of each file that is read.
OnFile: TypeAlias = Callable[[FileOutcome], None]

#: What can be set on the page.
LIVE = frozenset({"chat_model", "answer_tokens", "refuse_below", "top_k"})


class Answering(Protocol):
    """What the desk needs of `rag.Pipeline`."""

    def stream(
        self, question: str, history: Sequence[Turn] = (), **filters: Any
    ) -> Iterator[AnswerEvent]:
        """Events of an answer; closing the iterator stops the model."""
        ...


@dataclass(frozen=True, slots=True)
class DeskState:
    """Whether questions can be answered, and if not, why.

    Attributes:
        message: For people; empty when there is nothing to say.
    """

    kind: Kind
    message: str = ""


class Desk:
    """Threads may share one; models and index are opened when they are first needed, and once."""

    def __init__(
        self,
        settings: Settings,
        *,
        open_pipeline: Callable[..., Any] = rag.open_pipeline,
        embedder: Embedder | None = None,
        holdings: Holdings | None = None,
        models: Sequence[str] | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            settings: Where everything is and how questions are answered, until `apply` changes it.
            open_pipeline: Called with the settings and ``embedder=``.
            embedder: Makes the vectors; by default the embedding model of the settings.
            holdings: What the index holds; by default that of the settings.
            models: What must be on this machine before questions are answered; by default the models of
                the settings.
        """
        self.settings = settings
        self.queue = FairQueue()
        self.uploads = Uploads(settings.uploads_dir)
        self.reading = Reading(self)
        self.pull = Pull()
        self.watching = Watching(self)
        self._holdings = holdings or Holdings(settings)
        self._open_pipeline: Callable[..., Answering] = open_pipeline
        self._needed = models
        self._embedder = embedder
        self._retriever: rag.HybridRetriever | None = None
        self._pipeline: Answering | None = None
        self._loading: Answering | None = None
        self._error: RagError | None = None
        self._opening = threading.RLock()  # one opens, others wait for it
        self._is_opening = self._resumed = False
        self._applying = threading.Lock()
        # One writer in this process; among processes the index has a lock of its own.
        self._writing = threading.Lock()
        self._over = threading.Event()

    @cached_property
    def store(self) -> rag.ConversationStore:
        """The conversations of everybody."""
        return rag.ConversationStore(self.settings.conversations_path)

    # how things stand

    def state(self) -> DeskState:
        """Whether questions can be answered; looked at only, nothing is opened."""
        if self._is_opening:
            return DeskState("opening", "The models are being loaded.")
        try:
            missing, empty = self.missing_models(), not self.documents()
        except RagError as error:
            return DeskState("failed", str(error))
        except Exception:
            logger.exception("The state of the index could not be told")
            return DeskState("failed", "The index cannot be looked at; the terminal shows why.")
        if self._pipeline is None and missing:
            names = " and ".join(missing)
            return DeskState("no_model", f"Questions cannot be answered without {names}.")
        if empty:
            return DeskState("empty", "There are no documents yet.")
        if self._pipeline is None and self._error is not None:
            return DeskState("failed", str(self._error))
        return DeskState("ready")

    def missing_models(self) -> tuple[str, ...]:
        """What must be fetched before questions are answered."""
        needed = self._needed
        if needed is None:
            needed = [self.settings.chat_model]
            if self._embedder is None:
                needed.append(self.settings.embedding_model)
        broken = isinstance(self._error, ModelCorrupt | ModelMissing)
        return tuple(
            name for name in needed if broken or rag.find_model(name, self.settings) is None
        )

    @property
    def closed(self) -> bool:
        """Whether nothing more should begin."""
        return self._over.is_set()

    def documents(self) -> tuple[Document, ...]:
        """Every document, by source; kept until something changes, in this process or another.

        Raises:
            RagError: the index cannot be used.
        """
        return self._holdings.documents()

    def document(self, document_id: str) -> Document | None:
        """The document with this id. Errors as `documents`."""
        return self._holdings.document(document_id)

    def files(self) -> tuple[HeldFile, ...]:
        """The file behind each document, and whether it has changed since it was read. Errors as `documents`."""
        return self._holdings.files()

    def changes(self) -> tuple[int, ...]:
        """Differs after each change of the documents. Errors as `documents`."""
        return self._holdings.changes()

    # answering

    def pipeline(self) -> Answering:
        """What answers questions, opened if need be.

        Raises:
            RagError: the index or a model cannot be opened.
        """
        if self._pipeline is not None:
            return self._pipeline
        with self._opening:
            if self._pipeline is None:
                self._pipeline = self._opened(self.settings)
            return self._pipeline

    def warm(self) -> None:
        """Open the pipeline in the background; `state` says how that went. Before, `resume` what has not been yet."""
        # Put right only while nothing is under way that looks as if it had been cut off.
        if not self._resumed and not self.reading.view().busy:
            self.resume()
        self._error = None
        self._open_soon()

    def resume(self) -> None:
        """Read uploads that were cut off when the program last ended; to be called before new ones can come."""
        try:
            held = {file.path: file.state for file in self.files()}
            lines = [
                self.uploaded(path, fresh=path not in held)
                for path in self.uploads.files()
                if held.get(path) != "same"
            ]
        except RagError as error:  # `state` tells
            logger.info("%s", error)
            return
        except OSError as error:
            logger.warning("Uploads that were cut off cannot be read: %s", error)
            return
        self._resumed = True
        self.reading.add(lines)

    def stream(
        self, question: str, history: Sequence[Turn] = (), **filters: Any
    ) -> Iterator[AnswerEvent]:
        """Events of an answer, as `rag.Pipeline.stream`."""
        return self.pipeline().stream(question, history, **_given(filters))

    def interrupt(self) -> None:
        """End what the model computes right now, where it can be interrupted. Waits for nothing."""
        interrupt = getattr(self._pipeline, "interrupt", None)
        if interrupt is not None:
            interrupt()

    def search(self, query: str, top_k: int = 5, **filters: Any) -> tuple[Passage, ...]:
        """The best passages; no language model is needed.

        Raises:
            RagError: the question is no question, or the index cannot be opened.
        """
        # Not the pipeline's, which is closed when another model takes over.
        return self._searching().retrieve(query, top_k=top_k, **_given(filters))

    def embedder(self) -> Embedder:
        """The embedding model, one for questions and documents.

        Raises:
            ModelError: it is missing or damaged.
        """
        with self._opening:
            if self._embedder is None:
                self._embedder = rag.open_embedder(self.settings)
            return self._embedder

    # changing the documents

    def ingest(
        self,
        paths: Iterable[Path | str],
        on_file: OnFile | None = None,
        *,
        root: Path | None = None,
        prune: bool = False,
        read: bool = True,
    ) -> IngestReport:
        """Add or update files and folders, as `rag.ingest_paths`; questions are answered meanwhile."""
        embedder = self.embedder()
        with self._writing:
            return rag.ingest_paths(
                list(paths),
                self.settings,
                embedder=embedder,
                prune=prune,
                read=read,
                on_file=on_file,
                root=root,
            )

    def remove(self, document_id: str) -> Document:
        """Take a document out of the index and its words out of all conversations; an upload is deleted too.

        Files elsewhere on disk are left alone.

        Raises:
            DocumentNotFound: there is none with this id.
            IndexLocked: another process is writing.
            StorageError: an upload cannot be deleted, or another process holds old pages open.
        """
        with self._writing, self.uploads.unchanged():
            return rag.remove_document(self.settings, document_id)

    def reindex(self, document_ids: Iterable[str] | None = None) -> None:
        """Read files again in the background: those of these documents, or all that have changed."""
        wanted = None if document_ids is None else set(document_ids)
        self.reading.add(
            [
                FileLine(
                    name=file.path.relative_to(file.root).as_posix(), path=file.path, root=file.root
                )
                for file in self.files()
                if (file.state == "changed" if wanted is None else file.document_id in wanted)
            ]
        )

    def add_samples(self) -> None:
        """Read the documents that come with the program, in the background."""
        folder = rag.shipped("seeds").resolve()
        files = [one for one in sorted(folder.iterdir()) if one.suffix in rag.SUFFIXES]
        self.reading.add([FileLine(name=one.name, path=one, root=folder) for one in files])

    def uploaded(self, path: Path, *, fresh: bool = True) -> FileLine:
        """An upload that is to be read; if it is ``fresh`` and cannot be, it is not kept."""
        root = self.uploads.folder
        return FileLine(name=path.relative_to(root).as_posix(), path=path, root=root, fresh=fresh)

    # settings

    def apply(self, **changed: Any) -> None:
        """Change settings for everybody, from the next question on; waits for the answer that is under way.

        A new model is opened before the old one is closed; if that fails, all stays as it is.

        Raises:
            SettingsError: one of them cannot be changed here, or the value is impossible.
            RagError: the model cannot be opened.
        """
        if unknown := changed.keys() - LIVE:
            raise SettingsError(
                f"{', '.join(sorted(unknown))} cannot be changed while the chat runs."
            )
        with self._applying:
            settings = type(self.settings).load(**{**self.settings.model_dump(), **changed})
            if settings.chat_model == self.settings.chat_model:
                with self.queue.exclusively(), self._opening:
                    self.settings = settings
                    pipeline: Any = self._pipeline
                    if hasattr(pipeline, "settings"):
                        pipeline.settings = settings
            else:
                self._change_model(settings)

    def close(self) -> None:
        """End what runs and release everything."""
        self._over.set()
        self.watching.stop()
        self.reading.cancel()
        self.queue.close()
        self.reading.wait(10)
        _call(self._loading, "interrupt")
        with self._opening:
            parts = (self._pipeline, self._retriever, self._holdings, self.__dict__.get("store"))
            for part in parts:
                _call(part, "close")
            self._pipeline = self._retriever = None

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # within

    def _opened(self, settings: Settings) -> Answering:
        self._is_opening = True
        try:
            pipeline = self._open_pipeline(settings, embedder=self.embedder())
            self._loading = pipeline
            if self.closed:  # while it was opened
                _call(pipeline, "interrupt")
            try:
                _call(pipeline, "warm")
            except BaseException:
                _call(pipeline, "close")
                raise
            finally:
                self._loading = None
        except RagError as error:
            self._error = error
            raise
        finally:
            self._is_opening = False
        self._error = None
        return pipeline

    def _open_soon(self) -> None:
        threading.Thread(target=self._warm, name="open", daemon=True).start()

    def _warm(self) -> None:
        try:
            if self.documents() and not self.missing_models():
                self.pipeline()
        except RagError as error:
            logger.info("%s", error)
        except Exception:
            logger.exception("The models could not be loaded")

    def after_reading(self) -> None:
        """Called when files have been read: the first ones make it possible to open the pipeline."""
        self._error = None
        if self._pipeline is None and not self.closed:
            self._open_soon()

    def _searching(self) -> rag.HybridRetriever:
        with self._opening:
            if self._retriever is None:
                self._retriever = rag.open_retriever(self.settings, embedder=self.embedder())
            return self._retriever

    def _change_model(self, settings: Settings) -> None:
        if self.documents():
            before_error = self._error
            try:
                pipeline = self._opened(settings)
            except RagError:
                self._error = before_error
                raise
            with self.queue.exclusively(), self._opening:
                old, self._pipeline = self._pipeline, pipeline
                self.settings = settings
            _call(old, "close")
        else:  # nothing to open yet, but the model can be looked at
            rag.locate_model(settings.chat_model, settings, "chat")
            with self.queue.exclusively():
                self.settings = settings


def _given(filters: dict[str, Any]) -> dict[str, Any]:
    """Without filters that leave all in; not everything that answers knows them."""
    return {name: value for name, value in filters.items() if value}


def _call(part: object, name: str) -> None:
    """What a part may have and need not."""
    method = getattr(part, name, None)
    if method is not None:
        method()
