"""What a click in the thread or the evidence does. A click may be forged: what it names is looked up, never trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from ui.chat import panels
from ui.chat.asking import Asking, attempt
from ui.chat.parts import Parts, Updates
from ui.chat.tab import Tab
from ui.chat.tools import MAX_REASON, copied
from ui.chat.view import Exchange, Rating
from ui.desk.desk import Desk
from ui.markup import inert
from ui.serving.people import owner_of


class Actions:
    """Opening, copying, editing, rating, asking again."""

    def __init__(self, desk: Desk, parts: Parts, asking: Asking) -> None:
        self._desk = desk
        self._parts = parts
        self._asking = asking

    async def open(self, tab: Tab, event: gr.EventData) -> Updates:
        """Open what was clicked in the viewer, a quote or a whole document, or close it."""
        parts, documents = self._parts, self._parts.documents()
        match str(getattr(event, "open", "")).split(":"):
            case ["quote", number, reference]:
                exchange = _named(tab, number)
                quote = exchange.quote(reference) if exchange else None
                if exchange is None or quote is None:
                    return parts.nothing()
                tab.shown, tab.active = exchange.number, reference
                tab.opened += 1
                shown = panels.quote_viewer(
                    exchange, quote, documents.get(quote.document_id), opened=tab.opened
                )
            case ["document", identity] if identity in documents:
                tab.active = None
                tab.opened += 1
                shown = panels.viewer(documents[identity], opened=tab.opened)
            case ["close"]:
                tab.active = None
                shown = ""
            case _:
                return parts.nothing()
        return {parts.viewer: shown, parts.evidence: parts.shown_evidence(tab)}

    async def act(self, tab: Tab, event: gr.EventData, request: gr.Request) -> Updates:
        """Copy, edit or rate."""
        match str(getattr(event, "act", "")).split(":"):
            case ["copy", number] if (one := _named(tab, number)) and one.over:
                return self._copy(tab, one)
            case ["edit", "cancel"]:
                tab.editing = None
                return {self._parts.editing: "", self._parts.box: ""}
            case ["edit", number] if (one := _named(tab, number)) and not tab.busy:
                tab.editing = one.number
                return {
                    self._parts.editing: self._parts.shown_editing(tab),
                    self._parts.box: one.question,
                }
            case ["rate", number, ("up" | "down") as rating] if one := _named(tab, number):
                changed = None if one.rating == rating else rating
                return await self._rate(tab, one, changed, "", request)
            case ["why", number] if (one := _named(tab, number)) and one.rating:
                reason = " ".join(str(getattr(event, "text", "")).split())[:MAX_REASON]
                return await self._rate(tab, one, one.rating, reason, request)
            case _:
                return self._parts.nothing()

    async def ask(
        self, tab: Tab, scope: Mapping[str, Any] | None, event: gr.EventData, request: gr.Request
    ) -> Updates:
        """Ask an example, or the last question again."""
        if tab.busy:
            return self._parts.nothing()
        match str(getattr(event, "act", "")).split(":"):
            case ["ask", place] if place.isdecimal() and not tab.exchanges:
                examples = self._parts.examples()
                if int(place) < len(examples):
                    return await self._asking.take(tab, examples[int(place)], scope, request)
            case ["again", number] if (one := _named(tab, number)) and one is tab.exchanges[-1]:
                return await self._asking.take(
                    tab, one.question, scope, request, instead_of=one.number
                )
            case _:
                pass
        return self._parts.nothing()

    def _copy(self, tab: Tab, exchange: Exchange) -> Updates:
        tab.drawn += 1
        text = inert(copied(exchange))
        return {
            self._parts.copied: (
                f'<pre data-drawn="{tab.drawn}" data-number="{exchange.number}">{text}</pre>'
            )
        }

    async def _rate(
        self,
        tab: Tab,
        exchange: Exchange,
        rating: Rating | None,
        reason: str,
        request: gr.Request,
    ) -> Updates:
        identity, number = tab.conversation_id, exchange.number
        if exchange.stage not in ("finished", "stopped") or number < 0:
            return self._parts.nothing()
        failed = await asyncio.to_thread(
            attempt,
            lambda: self._desk.store.rate(owner_of(request), identity, number, rating, reason),
        )
        current = tab.get(number)
        if current is None or tab.conversation_id != identity:
            return self._parts.nothing()
        rated = replace(current, rating=rating, reason=reason, unsaved=None)
        tab.put(rated if failed is None else replace(current, unsaved=failed))
        return self._parts.replaced(tab, *[one for one in tab.exchanges if one.number == number])


def _named(tab: Tab, number: str) -> Exchange | None:
    """The exchange that a click names."""
    try:
        return tab.get(int(number))
    except ValueError:
        return None
