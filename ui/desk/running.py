"""One question on its way through the pipeline, beside the page; a stop never waits for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from rag import AnswerEvent, RagError, Turn
from ui.desk.queueing import FairQueue

logger = logging.getLogger(__name__)

UNFORESEEN = "Something unforeseen went wrong; the terminal shows what. You can ask again."


class Answering(Protocol):
    """What a run needs of `ui.desk.desk.Desk`.

    One that also has ``interrupt()``, which ends what the model computes, falls silent sooner.
    """

    def stream(
        self, question: str, history: Sequence[Turn] = (), **filters: Any
    ) -> Iterator[AnswerEvent]:
        """Events of an answer; closing the iterator stops the model."""
        ...


@dataclass(frozen=True, slots=True)
class Queued:
    """Others are first.

    Attributes:
        place: 1 for the next.
    """

    place: int


@dataclass(frozen=True, slots=True)
class Begun:
    """The pipeline was free and took the question."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The pipeline raised; the message is for people.

    Attributes:
        error: What was raised.
    """

    message: str
    error: Exception | None = None


Step: TypeAlias = AnswerEvent | Begun | Queued | Failed


class Run:
    """One question on its way through the pipeline, in a thread of its own.

    A generator that is computing cannot be closed from outside. So the page waits for a queue, not
    for the generator, and can leave at any time; the thread looks whether to go on after every
    event and closes the generator itself. The next question waits for its turn until that has
    happened.
    """

    def __init__(self, desk: Answering, queue: FairQueue, person: str) -> None:
        """One question of ``person``; call `steps` once."""
        self._desk = desk
        self._queue = queue
        self._person = person
        self._lock = threading.Lock()
        self._working = False
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._steps: asyncio.Queue[Step | None] = asyncio.Queue()
        self._turn: Any = None

    def stop(self) -> None:
        """End `steps` now, and what the model computes as soon as it can be interrupted."""
        self._stopped.set()
        if self._turn is not None:
            self._turn.leave()
        with self._lock:  # whoever is next must not be the one who is interrupted
            if self._working:
                interrupt = getattr(self._desk, "interrupt", None)
                if interrupt is not None:
                    interrupt()
        self._tell(None)

    async def steps(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[list[Step], None]:
        """What happens, in order, all that is new at once. Leaving it stops the run.

        Args:
            question: As it was asked.
            history: The conversation before it.
            filters: What the search is narrowed by, named as `rag.Filters` has them.
        """
        self._loop = asyncio.get_running_loop()
        if self._stopped.is_set():
            return
        self._turn = self._queue.turn(self._person, self._moved)
        try:
            threading.Thread(
                target=self._work,
                args=(question, tuple(history), dict(filters or {})),
                name="answer",
                daemon=True,
            ).start()
            while True:
                batch = [await self._steps.get()]
                while not self._steps.empty():
                    batch.append(self._steps.get_nowait())
                last = batch.index(None) if None in batch else len(batch)
                steps = [step for step in batch[:last] if step is not None]
                if steps:
                    yield steps
                if last < len(batch):
                    return
        finally:
            self.stop()

    def _moved(self, place: int) -> None:
        self._tell(Queued(place) if place else Begun())

    def _over(self) -> bool:
        return self._stopped.is_set() or self._queue.closed

    def _tell(self, step: Step | None) -> None:
        """Put a step where the page sees it, ``None`` after the last one."""
        with suppress(RuntimeError):  # the server has closed its loop: nobody is listening any more
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._steps.put_nowait, step)

    def _work(self, question: str, history: Sequence[Turn], filters: Mapping[str, Any]) -> None:
        try:
            with self._turn as granted:
                if not granted:
                    return
                with self._lock:
                    self._working = True
                try:
                    self._answer(question, history, filters)
                finally:
                    with self._lock:
                        self._working = False
        except RagError as error:
            self._tell(Failed(str(error), error))
        except Exception as error:
            if not self._over():
                logger.exception("The pipeline failed")
            self._tell(Failed(UNFORESEEN, error))
        finally:
            self._tell(None)

    def _answer(self, question: str, history: Sequence[Turn], filters: Mapping[str, Any]) -> None:
        if self._over():
            return
        events = self._desk.stream(question, history, **filters)
        try:
            for event in events:
                if self._over():
                    return
                self._tell(event)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
