"""From a question in the box to an answer that is kept: asked, shown as it comes, stopped, saved."""

from __future__ import annotations

import asyncio
import logging
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from rag import ConversationNotFound, RagError, Turn
from ui.chat.parts import Parts, Updates
from ui.chat.record import Collected, record_of
from ui.chat.tab import Tab
from ui.chat.view import Exchange, advance, begin, fail, queue, stop
from ui.desk.desk import Desk
from ui.desk.running import Begun, Failed, Queued, Run, Step
from ui.markup import limits
from ui.serving.people import owner_of, person_of

logger = logging.getLogger(__name__)

_TITLE_CHARS = 60
_NOT_KEPT = "The conversation could not be written; the terminal shows why."
DELETED = (
    "This conversation was deleted meanwhile, in another tab or by another program. "
    "What you ask now begins a new one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where a question belongs and what it was asked with."""

    owner: str
    conversation_id: str
    at: datetime
    filters: Mapping[str, Any]
    history: tuple[Turn, ...]


class Asking:
    """Takes questions and answers them, one at a time in each tab."""

    def __init__(self, desk: Desk, parts: Parts) -> None:
        self._desk = desk
        self._parts = parts

    async def ask(
        self, tab: Tab, question: str, scope: Mapping[str, Any] | None, request: gr.Request
    ) -> Updates:
        """Take the question in the box; nothing happens if it is empty or another one is being answered."""
        if not question.strip() or tab.busy:
            return self._parts.nothing()
        return {self._parts.box: "", **await self.take(tab, question, scope, request)}

    async def take(
        self,
        tab: Tab,
        question: str,
        scope: Mapping[str, Any] | None,
        request: gr.Request,
        *,
        instead_of: int | None = None,
    ) -> Updates:
        """Add a question to the conversation, which is begun with the first one.

        Args:
            tab: Where it was asked.
            question: Not empty.
            scope: What the search is narrowed to.
            request: Whose it is.
            instead_of: Number of the exchange that goes, with all after it; by default the one that is being edited.
        """
        parts, question = self._parts, question.strip()
        instead_of = tab.editing if instead_of is None else instead_of
        dropped = instead_of if tab.get(instead_of) else None
        unsaved, number, kept_in = None, 0, tab.conversation_id
        tab.taking, showing = True, tab.showing
        try:
            kept_in, number = await asyncio.to_thread(
                self._begin, owner_of(request), kept_in, question, dropped
            )
        except ConversationNotFound:
            tab.clear()
            tab.notice = DELETED
            return {**parts.whole(tab), **parts.kept(), parts.box: question}
        except RagError as error:
            unsaved = str(error)
        except Exception:
            logger.exception("A question could not be kept")
            unsaved = _NOT_KEPT
        finally:
            tab.taking = False
        if showing != tab.showing:
            return parts.nothing()  # another conversation was opened meanwhile
        fresh, first = kept_in != tab.conversation_id, not tab.exchanges or bool(tab.notice)
        tab.conversation_id = kept_in
        tab.title = tab.title or title_of(question)
        if dropped is not None:
            tab.drop_from(dropped)
        tab.unkept += number == 0
        tab.filters = dict(scope or {})
        tab.person, tab.asked_at = person_of(request), time.monotonic()
        tab.add(
            Exchange(
                # What is not kept is numbered apart from what is.
                number=number or -tab.unkept,
                question=question,
                scope=limits(tab.filters),
                unsaved=unsaved,
            )
        )
        updates = parts.whole(tab) if first or not tab.exchanges[:-1] else parts.state_of(tab)
        if dropped is not None and parts.past not in updates:
            updates |= parts.replaced(tab, dropped=dropped)
        updates |= {parts.viewer: "", parts.editing: ""}
        return {**updates, **(parts.kept() if fresh or dropped is not None else {})}

    async def answer(self, tab: Tab, request: gr.Request) -> AsyncIterator[Updates]:
        """Answer the question that was taken, showing it as it comes; what stands at the end is kept.

        Also when the tab is closed or shows another conversation: without a listener the model has nothing to do.
        """
        exchange = tab.current
        if exchange is None or tab.run is not None:
            yield self._parts.nothing()  # Gradio empties the outputs of a generator that says nothing
            return
        parts, started = self._parts, tab.asked_at
        asked = Asked(
            owner=owner_of(request),
            conversation_id=tab.conversation_id,
            at=datetime.now(UTC),
            filters=tab.filters,
            history=tab.history,
        )
        collected = Collected(exchange.question)
        tab.run = run = Run(self._desk, self._desk.queue, tab.person)
        showing, shown = tab.showing, ""
        try:
            async for steps in run.steps(exchange.question, asked.history, asked.filters):
                if tab.run is not run:
                    break
                for step in steps:
                    exchange = _after(exchange, collected, step, time.monotonic() - started)
                tab.put(exchange)
                if exchange.over:
                    break
                updates = parts.progress(tab)
                if updates[parts.evidence] == shown:
                    del updates[parts.evidence]
                else:
                    shown = updates[parts.evidence]
                yield updates
        finally:
            run.stop()
            exchange = stop(exchange, time.monotonic() - started)
            tab.run = None if tab.run is run else tab.run
            if showing == tab.showing:
                tab.put(exchange)
            saving = asyncio.get_running_loop().run_in_executor(
                None, self._finish, asked, exchange, collected
            )
        unsaved = await saving
        if showing == tab.showing and tab.get(exchange.number) is not None:
            if unsaved:
                tab.put(replace(exchange, unsaved=unsaved))
            yield {**self.end(tab, exchange.number), **parts.kept()}
        else:
            yield parts.kept()

    def end(self, tab: Tab, number: int) -> Updates:
        """What is shown once an exchange is over."""
        exchange = tab.get(number)
        if exchange is None or not exchange.over:
            return self._parts.state_of(tab)
        return {**self._parts.state_of(tab), **self._parts.replaced(tab, exchange)}

    async def stop(self, tab: Tab) -> Updates:
        """End the answer; what stands stays.

        The answer shows its own end, so that nothing that was on its way can undo what is shown here.
        """
        exchange, run = tab.current, tab.run
        tab.stop()
        if exchange is None or run is not None:
            return self._parts.buttons(tab)
        return self.end(tab, exchange.number)

    def _begin(
        self, owner: str, identity: str, question: str, dropped: int | None
    ) -> tuple[str, int]:
        """Keep the question before it is answered; the conversation's id and the exchange's number."""
        store = self._desk.store
        if not identity:
            identity = store.create(owner, title_of(question))
        if dropped is not None and dropped > 0:
            store.drop_from(owner, identity, dropped)
        return identity, store.begin(owner, identity, question)

    def _finish(self, asked: Asked, exchange: Exchange, collected: Collected) -> str | None:
        """Keep what the question came to; why that was not possible, if it was not."""
        if exchange.number < 0:
            return exchange.unsaved

        def write() -> None:
            record = record_of(
                exchange,
                collected,
                self._desk.settings,
                asked_at=asked.at,
                embedder=self._desk.embedder().identity if collected.retrieved else None,
                filters=asked.filters,
                history=asked.history,
            )
            assert exchange.stage in ("finished", "stopped", "failed")
            self._desk.store.finish(
                asked.owner, asked.conversation_id, exchange.number, exchange.stage, record
            )

        return attempt(write)


def attempt(change: Callable[[], object]) -> str | None:
    """Make a change to what is kept; if it was not possible, why."""
    try:
        change()
    except ConversationNotFound:
        return "this conversation, or this question in it, was deleted meanwhile."
    except RagError as error:
        return str(error)
    except Exception:
        logger.exception("A change could not be kept")
        return _NOT_KEPT
    return None


def title_of(question: str) -> str:
    """A conversation's first title."""
    words = " ".join(question.split())
    title = textwrap.shorten(words, _TITLE_CHARS, placeholder="…")
    # A single word that is too long leaves nothing else.
    return title if title.strip("…") or len(words) <= 1 else f"{words[: _TITLE_CHARS - 1]}…"


def _after(exchange: Exchange, collected: Collected, step: Step, at: float) -> Exchange:
    match step:
        case Queued(place=place):
            return queue(exchange, place)
        case Begun():
            return begin(exchange, at)
        case Failed(message=message):
            return fail(exchange, message, at)
        case event:
            if not exchange.over:
                collected.add(event)
            return advance(exchange, event, at)
