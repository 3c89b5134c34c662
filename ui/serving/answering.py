"""Answers for programs: the same queue and the same pipeline as the page, the whole answer at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import date
from typing import Any, Protocol

from rag import Answer, Finished, Interrupted, QuestionError, RagError, Settings, Turn
from ui.desk.queueing import FairQueue
from ui.desk.running import Answering, Failed, Run

_DAYS = ("after", "before", "event_after", "event_before")
_LISTS = ("sources", "documents")
# How often to look whether the one who asked is still there.
_LOOK_S = 0.25


class Asked(Answering, Protocol):
    """What answering needs of `ui.desk.desk.Desk`."""

    settings: Settings
    queue: FairQueue


async def answer(
    desk: Asked,
    person: str,
    question: str,
    history: Sequence[Turn] = (),
    filters: Mapping[str, Any] | None = None,
    *,
    gone: Callable[[], Awaitable[bool]] | None = None,
) -> Answer:
    """The answer to a question, when its turn has come.

    Args:
        desk: Answers.
        person: Who asks, for the queue.
        question: As it was asked.
        history: The conversation before it.
        filters: As `rag.Filters` has them.
        gone: Tells whether the one who asked has gone, which stops the model.

    Raises:
        RagError: it cannot be answered, or was stopped.
    """
    run = Run(desk, desk.queue, person)
    async with aclosing(run.steps(question, history, filters)) as steps, stopped_if(gone, run):
        async for batch in steps:
            for step in batch:
                if isinstance(step, Finished):
                    return step.answer
                if isinstance(step, Failed):
                    raise raised(step)
    raise Interrupted("The chat was closed before the answer was ready. Start it and ask again.")


def raised(failed: Failed) -> RagError:
    """What to raise for a run that failed."""
    return failed.error if isinstance(failed.error, RagError) else RagError(failed.message)


@asynccontextmanager
async def stopped_if(gone: Callable[[], Awaitable[bool]] | None, run: Run) -> AsyncIterator[None]:
    """Stop a run when nobody waits for it any more."""

    async def look() -> None:
        while gone is not None and not await gone():
            await asyncio.sleep(_LOOK_S)
        run.stop()

    if gone is None:
        yield
        return
    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def read_filters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as `rag.Filters` has them, from JSON: days as ``2024-03-27``.

    Raises:
        QuestionError: one is unknown or not of its kind.
    """
    filters: dict[str, Any] = {}
    for name, value in given.items():
        if name not in (*_DAYS, *_LISTS):
            raise QuestionError(
                f"There is no filter '{name}'. Those there are: {', '.join((*_DAYS, *_LISTS))}."
            )
        if value in (None, "", [], ()):
            continue
        if name in _DAYS:
            filters[name] = _day(name, value)
        elif isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            filters[name] = tuple(value)
        else:
            raise QuestionError(f"'{name}' must be a list of texts.")
    return filters


def read_history(given: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """Earlier turns, from objects with ``question`` and ``answer``.

    Raises:
        QuestionError: one is not like that.
    """
    try:
        turns = [(one["question"], one.get("answer") or "") for one in given]
    except (TypeError, KeyError, AttributeError):
        turns = [(None, "")]
    if not all(isinstance(part, str) for turn in turns for part in turn):
        raise QuestionError(
            "Each turn of the history must be an object with 'question' and 'answer'."
        )
    return [Turn(question=question, answer=said) for question, said in turns]


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise QuestionError(f"'{name}' must be a day like 2024-03-27, not {value!r}.") from None
