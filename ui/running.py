"""Running the pipeline beside the page, one question at a time; a stop never waits for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from rag import AnswerEvent, Document, RagError, Turn

logger = logging.getLogger(__name__)

UNFORESEEN = "Something unforeseen went wrong; the terminal shows what. You can ask again."


class Pipeline(Protocol):
    """What the page needs of `rag.Pipeline`."""

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[AnswerEvent]:
        """Events of an answer; closing the iterator stops the model."""
        ...

    def documents(self) -> tuple[Document, ...]:
        """Everything that has been ingested."""
        ...


class Begun:
    """The pipeline was free and took the question."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The pipeline raised; the message is for people."""

    message: str


Step: TypeAlias = AnswerEvent | Begun | Failed


class Runner:
    """Lets one question at a time to the pipeline, whichever tab it comes from."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.gate = threading.Lock()
        self.closing = threading.Event()

    def close(self, timeout: float = 10) -> None:
        """Stop what runs and let nothing more begin; the pipeline may be taken away after it.

        Args:
            timeout: Seconds to wait for the pipeline to hand over control.
        """
        self.closing.set()
        if not self.gate.acquire(timeout=timeout):
            logger.warning("The model is still at work after %g seconds", timeout)


class Run:
    """One question on its way through the pipeline, in a thread of its own.

    A generator that is computing cannot be closed from outside. So the page waits for a queue, not
    for the generator, and can leave at any time; the thread looks whether to go on after every
    event and closes the generator itself. The next question waits at the gate until that has
    happened.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[Step | None] = asyncio.Queue()

    def stop(self) -> None:
        """End `steps` now, and the pipeline's generator as soon as it hands over control."""
        self._stopped.set()
        self._tell(None)

    async def steps(self, question: str, history: Sequence[Turn]) -> AsyncIterator[list[Step]]:
        """What happens, in order, all that is new at once. Leaving it stops the run."""
        self._loop = asyncio.get_running_loop()
        threading.Thread(
            target=self._work, args=(question, history), name="answer", daemon=True
        ).start()
        try:
            while True:
                batch = [await self._queue.get()]
                while not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                steps = [step for step in batch if step is not None]
                if steps:
                    yield steps
                if len(steps) < len(batch):
                    return
        finally:
            self._stopped.set()

    def _over(self) -> bool:
        return self._stopped.is_set() or self._runner.closing.is_set()

    def _tell(self, step: Step | None) -> None:
        """Put a step where the page sees it, ``None`` after the last one."""
        with suppress(RuntimeError):  # the server has closed its loop: nobody is listening any more
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._queue.put_nowait, step)

    def _work(self, question: str, history: Sequence[Turn]) -> None:
        try:
            with self._runner.gate:
                if not self._over():
                    self._tell(Begun())
                    self._answer(question, history)
        except RagError as error:
            self._tell(Failed(str(error)))
        except Exception:
            logger.exception("The pipeline failed")
            self._tell(Failed(UNFORESEEN))
        finally:
            self._tell(None)

    def _answer(self, question: str, history: Sequence[Turn]) -> None:
        events = self._runner.pipeline.stream(question, history)
        try:
            for event in events:
                if self._over():
                    return
                self._tell(event)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
