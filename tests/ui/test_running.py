"""One question on its way: what the page is told, and that a stop waits for nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from rag import AnswerEvent, Delta, Finished, Interrupted, ModelMissing, Turn
from tests.ui.scripted import answered, claim, document, quote
from ui.desk.queueing import FairQueue
from ui.desk.running import UNFORESEEN, Begun, Failed, Queued, Run, Step

WAIT_S = 5.0
SOURCE = document("a.txt", "The library opens at nine.")
STANDS = quote(SOURCE, "opens at nine")


def finished(question: str) -> Finished:
    return Finished(answer=answered(question, [claim(question, (1, STANDS))], [STANDS]))


class StubbornDesk:
    """Computes until it is interrupted or let go, and does not look at anything meanwhile."""

    def __init__(self) -> None:
        self.computing = threading.Event()
        self.let_go = threading.Event()
        self.interrupted = threading.Event()
        self.closed = threading.Event()
        self.asked: list[tuple[str, Sequence[Turn], dict[str, Any]]] = []

    def stream(
        self, question: str, history: Sequence[Turn] = (), **filters: Any
    ) -> Iterator[AnswerEvent]:
        self.asked.append((question, history, filters))
        try:
            yield Delta(text="")
            self.computing.set()
            assert self.let_go.wait(WAIT_S)
            if self.interrupted.is_set():
                raise Interrupted("stopped")
            yield finished(question)
        finally:
            self.closed.set()

    def interrupt(self) -> None:
        self.interrupted.set()
        self.let_go.set()


class BriefDesk:
    """Answers at once, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def stream(
        self, question: str, history: Sequence[Turn] = (), **filters: Any
    ) -> Iterator[AnswerEvent]:
        if self.error is not None:
            raise self.error
        yield finished(question)


async def flat(batches: AsyncIterator[list[Step]]) -> list[Step]:
    return [step async for batch in batches for step in batch]


async def seen(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, WAIT_S)


def test_the_steps_of_an_answer_come_in_order() -> None:
    desk = StubbornDesk()
    desk.let_go.set()
    run = Run(desk, FairQueue(), "ada")
    history = [Turn(question="a", answer="b")]
    steps = asyncio.run(flat(run.steps("q", history, {"sources": ("x",)})))
    assert isinstance(steps[0], Begun)
    assert steps[1] == Delta(text="")
    assert isinstance(steps[2], Finished)
    assert steps[2].answer.question == "q"
    assert len(steps) == 3
    assert desk.asked == [("q", tuple(history), {"sources": ("x",)})]
    assert desk.closed.is_set()


def test_the_place_is_told_until_it_begins() -> None:
    queue = FairQueue()
    first, second = queue.turn("ada"), queue.turn("bert")

    async def scene() -> list[Step]:
        told: list[Step] = []
        async with aclosing(Run(BriefDesk(), queue, "cleo").steps("q")) as steps:
            told += await anext(steps)
            second.leave()
            told += await anext(steps)
            first.leave()
            return told + await flat(steps)

    told = asyncio.run(scene())
    assert told[:3] == [Queued(2), Queued(1), told[2]]
    assert isinstance(told[2], Begun)
    assert isinstance(told[3], Finished)


def test_a_stop_ends_the_steps_and_interrupts_the_model() -> None:
    desk, queue = StubbornDesk(), FairQueue()

    async def scene() -> list[Step]:
        run = Run(desk, queue, "ada")
        asking = asyncio.create_task(flat(run.steps("q")))
        await seen(desk.computing)
        run.stop()
        steps = await asyncio.wait_for(asking, 1)
        await seen(desk.closed)
        return steps

    steps = asyncio.run(scene())
    assert not any(isinstance(step, Finished | Failed) for step in steps)
    assert desk.interrupted.is_set()


def test_what_was_stopped_keeps_its_turn_until_it_is_silent() -> None:
    desk, queue = StubbornDesk(), FairQueue()
    desk.interrupt = lambda: None  # type: ignore[method-assign]

    async def scene() -> None:
        run = Run(desk, queue, "ada")
        asking = asyncio.create_task(flat(run.steps("q")))
        await seen(desk.computing)
        run.stop()
        await asyncio.wait_for(asking, 1)
        other = queue.turn("bert")
        assert other.place == 1
        desk.let_go.set()
        with other as granted:
            assert granted
            assert desk.closed.is_set()

    asyncio.run(scene())


def test_a_stop_while_waiting_leaves_the_queue_and_interrupts_nobody() -> None:
    desk, queue = StubbornDesk(), FairQueue()

    async def scene() -> None:
        running, waiting = Run(desk, queue, "ada"), Run(desk, queue, "bert")
        first = asyncio.create_task(flat(running.steps("first")))
        await seen(desk.computing)
        second = asyncio.create_task(flat(waiting.steps("second")))
        while len(queue) < 2:
            await asyncio.sleep(0)
        waiting.stop()
        assert await asyncio.wait_for(second, 1) == [Queued(1)]
        assert len(queue) == 1
        assert not desk.interrupted.is_set()
        desk.let_go.set()
        assert isinstance((await first)[-1], Finished)

    asyncio.run(scene())


def test_leaving_the_steps_stops_the_run() -> None:
    desk = StubbornDesk()

    async def scene() -> None:
        run = Run(desk, FairQueue(), "ada")
        async with aclosing(run.steps("q")) as steps:
            await anext(steps)
            await seen(desk.computing)
        await seen(desk.closed)

    asyncio.run(scene())
    assert desk.interrupted.is_set()


def test_a_run_that_was_stopped_before_it_began_asks_nothing() -> None:
    desk, queue = StubbornDesk(), FairQueue()
    run = Run(desk, queue, "ada")
    run.stop()
    assert asyncio.run(flat(run.steps("q"))) == []
    assert desk.asked == []
    assert len(queue) == 0


def test_closing_the_queue_ends_what_runs_and_what_waits() -> None:
    desk, queue = StubbornDesk(), FairQueue()

    async def scene() -> None:
        tasks = [
            asyncio.create_task(flat(Run(desk, queue, person).steps("q")))
            for person in ("ada", "bert")
        ]
        await seen(desk.computing)
        closing = asyncio.create_task(asyncio.to_thread(queue.close, WAIT_S))
        while not queue.closed:
            await asyncio.sleep(0.01)
        desk.let_go.set()
        assert await closing
        for steps in await asyncio.wait_for(asyncio.gather(*tasks), WAIT_S):
            assert not any(isinstance(step, Failed) for step in steps)

    asyncio.run(scene())
    assert len(desk.asked) == 1


def test_what_goes_wrong_is_told_in_words() -> None:
    error = ModelMissing("Get it: rag models pull")
    (_, failed) = asyncio.run(flat(Run(BriefDesk(error), FairQueue(), "ada").steps("q")))
    assert failed == Failed("Get it: rag models pull", error)


def test_what_nobody_foresaw_goes_to_the_terminal(caplog: pytest.LogCaptureFixture) -> None:
    (_, failed) = asyncio.run(
        flat(Run(BriefDesk(ValueError("inner")), FairQueue(), "ada").steps("q"))
    )
    assert isinstance(failed, Failed)
    assert failed.message == UNFORESEEN
    assert "ValueError: inner" in caplog.text


def test_twenty_at_once_each_get_their_own_whole_answer() -> None:
    class Talkative:
        """Writes a word at a time and notes whether anybody writes meanwhile."""

        def __init__(self) -> None:
            self.writing = self.most = 0

        def stream(
            self, question: str, history: Sequence[Turn] = (), **filters: Any
        ) -> Iterator[AnswerEvent]:
            self.writing += 1
            self.most = max(self.most, self.writing)
            try:
                for word in question.split():
                    time.sleep(0.001)
                    yield Delta(text=f"{word} ")
                yield finished(question)
            finally:
                self.writing -= 1

    desk, queue = Talkative(), FairQueue()

    async def one(number: int) -> list[Step]:
        question = " ".join(f"{number}.{word}" for word in range(15))
        return await flat(Run(desk, queue, f"tab {number}").steps(question))

    async def all_of_them() -> list[list[Step]]:
        return await asyncio.gather(*(one(number) for number in range(20)))

    for number, steps in enumerate(asyncio.run(all_of_them())):
        question = " ".join(f"{number}.{word}" for word in range(15))
        assert "".join(step.text for step in steps if isinstance(step, Delta)).strip() == question
        assert isinstance(steps[-1], Finished)
        assert steps[-1].answer.text == f"{question} [1]"
    assert desk.most == 1
