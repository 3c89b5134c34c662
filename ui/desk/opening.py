"""The models and the index behind the page: each is opened when it is first needed, and once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import rag
from rag import AnswerEvent, Embedder, ModelCorrupt, ModelMissing, RagError, Settings, Turn

logger = logging.getLogger(__name__)


class Answering(Protocol):
    """What the desk needs of `rag.Pipeline`."""

    def stream(
        self, question: str, history: Sequence[Turn] = (), **filters: Any
    ) -> Iterator[AnswerEvent]:
        """Events of an answer; closing the iterator stops the model."""
        ...


class Opening:
    """Threads may share one.

    Attributes:
        current: What answers questions, once it is open.
        error: Why it could not be opened when that was last tried.
        busy: Whether it is being opened right now.
        closed: Whether nothing more should begin.
        lock: Held while something is opened: others wait for it.
    """

    def __init__(
        self,
        open_pipeline: Callable[..., Any],
        *,
        embedder: Embedder | None,
        needed: Sequence[str] | None,
    ) -> None:
        """Nothing is opened yet. Arguments as `ui.desk.desk.Desk`'s."""
        self.current: Answering | None = None
        self.error: RagError | None = None
        self.busy = self.closed = False
        self.lock = threading.RLock()
        self._open_pipeline: Callable[..., Answering] = open_pipeline
        self._embedder = embedder
        self._needed = needed
        self._retriever: rag.HybridRetriever | None = None
        self._loading: Answering | None = None

    def missing(self, settings: Settings) -> tuple[str, ...]:
        """The models that must be fetched before questions are answered."""
        needed = self._needed
        if needed is None:
            needed = [settings.chat_model]
            if self._embedder is None:
                needed.append(settings.embedding_model)
        broken = isinstance(self.error, ModelCorrupt | ModelMissing)
        return tuple(name for name in needed if broken or rag.find_model(name, settings) is None)

    def embedder(self, settings: Settings) -> Embedder:
        """The embedding model, one for questions and documents.

        Raises:
            ModelError: it is missing or damaged.
        """
        with self.lock:
            if self._embedder is None:
                self._embedder = rag.open_embedder(settings)
            return self._embedder

    def retriever(self, settings: Settings) -> rag.HybridRetriever:
        """What finds passages without a language model.

        It is not the pipeline's, which is closed when another model takes over.

        Raises:
            RagError: the index or the embedding model cannot be opened.
        """
        with self.lock:
            if self._retriever is None:
                self._retriever = rag.open_retriever(settings, embedder=self.embedder(settings))
            return self._retriever

    def pipeline(self, settings: Settings) -> Answering:
        """What answers questions.

        Raises:
            RagError: the index or a model cannot be opened.
        """
        if self.current is not None:
            return self.current
        with self.lock:
            if self.current is None:
                self.current = self.another(settings)
            return self.current

    def another(self, settings: Settings) -> Answering:
        """One more, opened whether there is one or not. Errors as `pipeline`."""
        self.busy = True
        try:
            pipeline = self._open_pipeline(settings, embedder=self.embedder(settings))
            self._loading = pipeline
            if self.closed:  # while it was opened
                call(pipeline, "interrupt")
            try:
                call(pipeline, "warm")
            except BaseException:
                call(pipeline, "close")
                raise
            finally:
                self._loading = None
        except RagError as error:
            self.error = error
            raise
        finally:
            self.busy = False
        self.error = None
        return pipeline

    def close(self) -> None:
        """Release everything."""
        self.closed = True
        call(self._loading, "interrupt")
        with self.lock:
            for part in (self.current, self._retriever):
                call(part, "close")
            self.current = self._retriever = None


def call(part: object, name: str) -> None:
    """What a part may have and need not."""
    method = getattr(part, name, None)
    if method is not None:
        method()
