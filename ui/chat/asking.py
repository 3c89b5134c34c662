"""From a question in the box to an answer that is kept: asked, shown as it comes, stopped, saved."""

from __future__ import annotations

import asyncio
import logging
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from rag import ConversationNotFound, RagError, Retrieved, Settings
from ui.chat.advance import advance, begin, fail, queue, stop
from ui.chat.parts import Parts, Updates
from ui.chat.record import Collected, record_of
from ui.chat.tab import Asked, Tab
from ui.chat.view import Exchange
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


class _Coming:
    """An answer on its way, and the settings that it is made with."""

    def __init__(self, exchange: Exchange, settings: Settings) -> None:
        self.exchange = exchange
        self.settings = settings
        self.collected = Collected(exchange.question)

    def take(self, step: Step, at: float, *, loading: bool) -> None:
        match step:
            case Queued(place=place):
                self.exchange = queue(self.exchange, place)
            case Begun():
                self.exchange = begin(self.exchange, at, loading=loading)
            case Failed(message=message):
                self.exchange = fail(self.exchange, message, at)
            case event:
                if not self.exchange.over:
                    self.collected.add(event)
                self.exchange = advance(self.exchange, event, at)


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
        unsaved, number, kept_in, owner = None, 0, tab.conversation_id, owner_of(request)
        tab.taking, showing = True, tab.showing
        left, tab.asked, at = tab.asked, None, datetime.now(UTC)
        try:
            if left is not None:
                await self._give_up(left)
            kept_in, number = await asyncio.to_thread(
                self._begin, owner, kept_in, question, tab.kept_from(dropped)
            )
        except ConversationNotFound:
            if showing != tab.showing:
                return {**parts.kept(), parts.box: question}
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
        exchange = Exchange(
            # What is not kept is numbered apart from what is.
            number=number or -(tab.unkept + 1),
            question=question,
            scope=limits(dict(scope or {})),
            replacing=dropped is not None,
            unsaved=unsaved,
        )
        asked = Asked(
            exchange=exchange,
            showing=showing,
            owner=owner,
            conversation_id=kept_in,
            at=at,
            filters=dict(scope or {}),
            history=(),
        )
        if showing != tab.showing:  # another conversation was opened meanwhile
            lost = await self._give_up(asked)
            return {**parts.kept(), **({parts.box: question} if lost else {})}
        fresh, first = kept_in != tab.conversation_id, not tab.exchanges or bool(tab.notice)
        tab.conversation_id = kept_in
        tab.title = tab.title or title_of(question)
        if dropped is not None:
            tab.drop_from(dropped)
        tab.unkept += number == 0
        tab.person, tab.asked_at = person_of(request), time.monotonic()
        tab.asked = replace(asked, history=tab.history)
        tab.add(exchange)
        updates = parts.whole(tab) if first or not tab.exchanges[:-1] else parts.state_of(tab)
        if dropped is not None and parts.past not in updates:
            updates |= parts.replaced(tab, dropped=dropped)
        updates |= {parts.viewer: "", parts.editing: ""}
        return {**updates, **(parts.kept() if fresh or dropped is not None else {})}

    async def answer(self, tab: Tab) -> AsyncIterator[Updates]:
        """Answer the question that was taken, showing it as it comes; what stands at the end is kept.

        Also when the tab is closed or shows another conversation: without a listener the model has nothing to do.
        """
        asked, tab.asked = tab.asked, None
        if asked is None:
            yield self._parts.nothing()  # Gradio empties the outputs of a generator that says nothing
            return
        if asked.showing != tab.showing or tab.current is None:
            await self._give_up(asked)
            yield self._parts.kept()
            return
        started = tab.asked_at
        tab.run = run = Run(self._desk, self._desk.queue, tab.person)
        coming = _Coming(asked.exchange, self._desk.settings)
        try:
            async for updates in self._follow(tab, run, asked, coming):
                yield updates
        finally:
            run.stop()
            exchange = stop(coming.exchange, time.monotonic() - started)
            tab.run = None if tab.run is run else tab.run
            if asked.showing == tab.showing:
                tab.put(exchange)
            saving = asyncio.get_running_loop().run_in_executor(
                None, self._finish, asked, exchange, coming.collected, coming.settings
            )
        unsaved = await saving
        if asked.showing == tab.showing and tab.get(exchange.number) is not None:
            if unsaved:
                tab.put(replace(exchange, unsaved=unsaved))
            yield {**await self.end(tab, exchange.number), **self._parts.kept()}
        else:
            yield self._parts.kept()

    async def _follow(
        self, tab: Tab, run: Run, asked: Asked, coming: _Coming
    ) -> AsyncIterator[Updates]:
        """What is shown of an answer until it is over or the tab turns away from it."""
        parts, started, shown = self._parts, tab.asked_at, ""
        documents = await asyncio.to_thread(parts.documents)
        async for steps in run.steps(asked.exchange.question, asked.history, asked.filters):
            loading = False
            if any(isinstance(step, Begun) for step in steps):
                coming.settings = self._desk.settings
                loading = (await asyncio.to_thread(self._desk.state)).kind == "opening"
            if any(isinstance(step, Retrieved) for step in steps):
                # Once, not with every word: it asks the index.
                documents = await asyncio.to_thread(parts.documents)
            if tab.run is not run:
                return
            for step in steps:
                coming.take(step, time.monotonic() - started, loading=loading)
            tab.put(coming.exchange)
            if coming.exchange.over:
                return
            updates = parts.progress(tab, documents)
            if updates[parts.evidence] == shown:
                del updates[parts.evidence]
            else:
                shown = updates[parts.evidence]
            yield updates

    async def end(self, tab: Tab, number: int) -> Updates:
        """What is shown once an exchange is over; all of it anew if documents have changed meanwhile."""
        if tab.stale and tab.current is None:
            showing = tab.showing
            try:
                documents = await asyncio.to_thread(self._desk.documents)
            except RagError as error:  # the list of sources says what is wrong
                logger.info("%s", error)
            else:
                if showing == tab.showing:
                    tab.refresh({one.id: one for one in documents})
                return self._parts.whole(tab)
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
        asked, tab.asked = tab.asked, None
        if asked is not None and (unsaved := await self._give_up(asked)):
            tab.put(replace(stop(exchange), unsaved=unsaved))
        return {**await self.end(tab, exchange.number), **self._parts.kept()}

    async def _give_up(self, asked: Asked) -> str | None:
        """Keep a question as stopped that nobody waits for any more; why that was not possible, if it was not."""
        exchange = stop(asked.exchange)
        return await asyncio.to_thread(
            self._finish, asked, exchange, Collected(exchange.question), self._desk.settings
        )

    def _begin(
        self, owner: str, identity: str, question: str, dropped: int | None
    ) -> tuple[str, int]:
        """Keep the question before it is answered; the conversation's id and the exchange's number."""
        store = self._desk.store
        if not identity:
            identity = store.create(owner, title_of(question))
        return identity, store.begin(owner, identity, question, instead_of=dropped)

    def _finish(
        self, asked: Asked, exchange: Exchange, collected: Collected, settings: Settings
    ) -> str | None:
        """Keep what the question came to; why that was not possible, if it was not."""
        if exchange.number < 0:
            return exchange.unsaved

        def write() -> None:
            record = record_of(
                exchange,
                collected,
                settings,
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
