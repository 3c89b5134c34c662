"""What happens when someone touches the page, from a tab's conversation to its new looks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import gradio as gr

from rag import RagError
from ui import markup, panels
from ui.conversation import Conversation, Exchange, advance, begin, fail
from ui.running import UNFORESEEN, Begun, Failed, Run, Runner, Step

logger = logging.getLogger(__name__)

# For people who try the chat with the documents that come along.
SEED_EXAMPLES: Mapping[str, str] = {
    "004_e7f048f523519f1a.txt": "What will happen in Mali after Wagner leaves?",
    "000_d3703646ceb7e7f1.txt": "Which African leaders did Putin call?",
    "002_ffcb1183c9f6ba6b.txt": "Where do Russian ships unload weapons?",
    "003_f3b39a4f3be66642.txt": "What share of Africa's arms imports came from Russia?",
}

Update: TypeAlias = (
    Any  # what gradio takes as the new value of a part: the value, or a description of changes
)


class Handlers:
    """What happens on the page: each handler changes its tab's conversation."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def examples(self) -> list[str]:
        """Questions about those seed documents that are in the index."""
        try:
            names = {Path(document.source).name for document in self._runner.pipeline.documents()}
        except RagError:
            return []  # the page says what is wrong when it loads
        return [question for name, question in SEED_EXAMPLES.items() if name in names]

    def load(self, conversation: Conversation) -> str:
        """Fill the list of documents."""
        try:
            conversation.documents = {
                document.id: document for document in self._runner.pipeline.documents()
            }
        except RagError as error:
            return panels.failure(str(error))
        except Exception:
            logger.exception("The documents could not be listed")
            return panels.failure(UNFORESEEN)
        return panels.library(conversation.documents)

    def ask(self, conversation: Conversation, question: str) -> tuple[Update, ...]:
        """Take a question; nothing happens if it is empty or another one is being answered."""
        if conversation.ask(question) is None:
            return tuple(gr.skip() for _ in range(6))
        return "", "", *self._turn(conversation)

    def ask_example(self, conversation: Conversation, event: gr.SelectData) -> tuple[Update, ...]:
        """Take the example question that was clicked."""
        return self.ask(conversation, str(event.value["text"]))

    async def answer(self, conversation: Conversation) -> AsyncIterator[tuple[Update, ...]]:
        """Answer the question that was taken, showing it as it comes."""
        exchange = conversation.current
        if exchange is None:
            return
        conversation.run = run = Run(self._runner)
        try:
            async for steps in run.steps(exchange.question, conversation.history):
                before = conversation.get(exchange.id)
                if before is None or before.over:
                    break
                conversation.put(_after(before, steps))
                yield self._turn(conversation)
        finally:
            # Also when the tab was closed or the event cancelled: without a listener the model has
            # nothing to do.
            run.stop()
            conversation.stop()
        yield self._turn(conversation)

    def stop(self, conversation: Conversation) -> tuple[Update, ...]:
        """End the answer; what stands stays."""
        conversation.stop()
        return self._turn(conversation)

    def clear(self, conversation: Conversation) -> tuple[Update, ...]:
        """Begin a new conversation."""
        conversation.clear()
        return "", "", *self._turn(conversation)

    def open(self, conversation: Conversation, event: gr.EventData) -> tuple[Update, Update]:
        """Open what was clicked in the viewer, a quote or a whole document, or close it."""
        target = getattr(event, "open", None)
        conversation.opened += 1
        conversation.active = None
        match str(target).split(":"):
            case ["quote", number, reference] if number.isdecimal():
                exchange = conversation.get(int(number))
                quote = exchange.quote(reference) if exchange else None
                if exchange is None or quote is None:
                    return gr.skip(), gr.skip()
                conversation.shown, conversation.active = exchange.id, reference
                view = panels.viewer(
                    quote.document, start=quote.start, end=quote.end, opened=conversation.opened
                )
            case ["document", identity] if identity in conversation.documents:
                view = panels.viewer(conversation.documents[identity], opened=conversation.opened)
            case ["close"]:
                view = ""
            case _:
                return gr.skip(), gr.skip()
        return self._evidence(conversation), view

    def _turn(self, conversation: Conversation) -> tuple[Update, ...]:
        """Conversation, evidence, the button to ask and the button to stop, as they look now."""
        busy = conversation.current is not None
        return (
            markup.messages(conversation.exchanges),
            self._evidence(conversation),
            gr.update(visible=not busy),
            gr.update(visible=busy),
        )

    def _evidence(self, conversation: Conversation) -> str:
        shown = conversation.get(conversation.shown)
        return panels.evidence(shown, conversation.documents, conversation.active)


def _after(exchange: Exchange, steps: Iterable[Step]) -> Exchange:
    for step in steps:
        match step:
            case Begun():
                exchange = begin(exchange)
            case Failed(message=message):
                exchange = fail(exchange, message)
            case event:
                exchange = advance(exchange, event)
    return exchange
