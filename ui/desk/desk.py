"""The desk: everything the page asks of the library, for all tabs together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import rag
from rag import (
    AnswerEvent,
    Document,
    Embedder,
    FileOutcome,
    HeldFile,
    Holdings,
    IngestReport,
    Passage,
    RagError,
    Settings,
    SettingsError,
    Turn,
)
from ui.desk.opening import Answering, Opening, call
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
        self._opening = Opening(open_pipeline, embedder=embedder, needed=models)
        self._resumed = False
        self._applying = threading.Lock()
        # One writer in this process; among processes the index has a lock of its own.
        self._writing = threading.Lock()

    @cached_property
    def store(self) -> rag.ConversationStore:
        """The conversations of everybody."""
        return rag.ConversationStore(self.settings.conversations_path)

    # how things stand

    def state(self) -> DeskState:
        """Whether questions can be answered; looked at only, nothing is opened."""
        if self._opening.busy:
            return DeskState("opening", "The models are being loaded.")
        try:
            missing, empty = self.missing_models(), not self.documents()
        except RagError as error:
            return DeskState("failed", str(error))
        except Exception:
            logger.exception("The state of the index could not be told")
            return DeskState("failed", "The index cannot be looked at; the terminal shows why.")
        is_open = self._opening.current is not None
        if missing and not is_open:
            names = " and ".join(missing)
            return DeskState("no_model", f"Questions cannot be answered without {names}.")
        if empty:
            return DeskState("empty", "There are no documents yet.")
        if self._opening.error is not None and not is_open:
            return DeskState("failed", str(self._opening.error))
        return DeskState("ready")

    def missing_models(self) -> tuple[str, ...]:
        """What must be fetched before questions are answered."""
        return self._opening.missing(self.settings)

    @property
    def closed(self) -> bool:
        """Whether nothing more should begin."""
        return self._opening.closed

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
        return self._opening.pipeline(self.settings)

    def warm(self) -> None:
        """Open the pipeline in the background; `state` says how that went. Before, `resume` what has not been yet."""
        # Put right only while nothing is under way that looks as if it had been cut off.
        if not self._resumed and not self.reading.view().busy:
            self.resume()
        self._opening.error = None
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
        call(self._opening.current, "interrupt")

    def search(self, query: str, top_k: int = 5, **filters: Any) -> tuple[Passage, ...]:
        """The best passages; no language model is needed.

        Raises:
            RagError: the question is no question, or the index cannot be opened.
        """
        retriever = self._opening.retriever(self.settings)
        return retriever.retrieve(query, top_k=top_k, **_given(filters))

    def embedder(self) -> Embedder:
        """The embedding model, one for questions and documents.

        Raises:
            ModelError: it is missing or damaged.
        """
        return self._opening.embedder(self.settings)

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
                with self.queue.exclusively(), self._opening.lock:
                    self.settings = settings
                    pipeline: Any = self._opening.current
                    if hasattr(pipeline, "settings"):
                        pipeline.settings = settings
            else:
                self._change_model(settings)

    def close(self) -> None:
        """End what runs and release everything."""
        self._opening.closed = True
        self.watching.stop()
        self.reading.cancel()
        self.queue.close()
        self.reading.wait(10)
        self._opening.close()
        for part in (self._holdings, self.__dict__.get("store")):
            call(part, "close")

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # within

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
        self._opening.error = None
        if self._opening.current is None and not self.closed:
            self._open_soon()

    def _change_model(self, settings: Settings) -> None:
        if self.documents():
            error = self._opening.error
            try:
                pipeline = self._opening.another(settings)
            except RagError:
                self._opening.error = error
                raise
            with self.queue.exclusively(), self._opening.lock:
                before, self._opening.current = self._opening.current, pipeline
                self.settings = settings
            call(before, "close")
        else:  # nothing to open yet, but the model can be looked at
            rag.locate_model(settings.chat_model, settings, "chat")
            with self.queue.exclusively():
                self.settings = settings


def _given(filters: dict[str, Any]) -> dict[str, Any]:
    """Without filters that leave all in; not everything that answers knows them."""
    return {name: value for name, value in filters.items() if value}
