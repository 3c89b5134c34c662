"""What the handlers do where no browser is needed to see it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence

import gradio as gr
import pytest

from rag import AnswerEvent, Document, IndexMissing, Turn
from tests.ui.scripted import ScriptedPipeline
from ui.conversation import Conversation
from ui.handlers import SEED_EXAMPLES, Handlers
from ui.running import Run, Runner, Step


class Broken:
    """A pipeline whose index cannot be read."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def documents(self) -> tuple[Document, ...]:
        raise self.error

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[AnswerEvent]:
        raise self.error


def test_a_missing_index_is_told_where_the_documents_would_be() -> None:
    handlers = Handlers(Runner(Broken(IndexMissing("Nothing ingested yet. Run: rag ingest"))))
    assert handlers.examples() == []
    assert "rag ingest" in handlers.load(Conversation())


def test_an_unforeseen_error_is_logged_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    shown = Handlers(Runner(Broken(ZeroDivisionError("secret")))).load(Conversation())
    assert "secret" not in shown
    assert "could not be listed" in caplog.text


def test_examples_are_about_documents_that_are_there(pipeline: ScriptedPipeline) -> None:
    pipeline.library = pipeline.library[:1]
    assert Handlers(Runner(pipeline)).examples() == [SEED_EXAMPLES[pipeline.library[0].source]]


@pytest.mark.parametrize(
    "target", ["quote:1:1", "quote:x:1", "quote:1", "document:none", "", None, "a:b:c:d", 7]
)
def test_a_forged_click_opens_nothing(pipeline: ScriptedPipeline, target: object) -> None:
    handlers, conversation = Handlers(Runner(pipeline)), Conversation()
    handlers.load(conversation)
    for data in ({"open": target}, {}):
        assert handlers.open(conversation, gr.EventData(None, data)) == (gr.skip(), gr.skip())
    assert (conversation.shown, conversation.active) == (None, None)


def test_nothing_begins_while_closing(
    pipeline: ScriptedPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    runner = Runner(pipeline)
    with runner.gate, caplog.at_level(logging.WARNING):
        runner.close(timeout=0.01)
    assert "still at work" in caplog.text

    async def steps() -> list[Step]:
        return [step async for batch in Run(runner).steps("Wagner?", ()) for step in batch]

    assert asyncio.run(steps()) == []
    assert pipeline.histories == []


def test_leaving_the_steps_closes_the_pipeline(pipeline: ScriptedPipeline) -> None:
    runner = Runner(pipeline)

    async def leave() -> None:
        steps = Run(runner).steps("a long one", ())
        await anext(steps)
        await steps.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert runner.gate.acquire(timeout=5)
    assert len(pipeline.closed) == 1
