"""The chat: where a person asks, reads and checks. Its parts, and which handler each of them calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.chat.actions import Actions
from ui.chat.asking import Asking
from ui.chat.parts import Parts, Update
from ui.chat.tab import Tab
from ui.desk.desk import Desk

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


class ChatPart:
    """Thread and composer in the centre, evidence on the right; made inside a ``gr.Blocks``.

    Attributes:
        state: What one browser tab knows.
    """

    def __init__(self, desk: Desk) -> None:
        self._parts = Parts(desk)
        self._asking = Asking(desk, self._parts)
        self._actions = Actions(desk, self._parts, self._asking)
        self.state = self._parts.tab

    def build_thread(self) -> None:
        """The conversation and the box below it."""
        self._parts.build_thread()

    def build_evidence(self) -> None:
        """The quotes, and the document that one of them is opened in."""
        self._parts.build_evidence()

    @property
    def outputs(self) -> list[Any]:
        """What `render` gives values for."""
        return self._parts.conversation

    def render(self, tab: Tab) -> tuple[Update, ...]:
        """The tab's conversation, as after `Tab.load` and `Tab.clear`."""
        updates = self._parts.whole(tab)
        return tuple(updates.get(part, gr.skip()) for part in self.outputs)

    def on_kept(self, do: Callable[..., Any], inputs: list[Any], outputs: list[Any]) -> None:
        """Do something in a tab when a conversation was begun or changed there."""
        self._parts.saved.kept(
            do, inputs, outputs, trigger_mode="always_last", **_QUIET, queue=False
        )

    def wire(self, tab: gr.State, scope: gr.State) -> None:
        """Connect the parts to what they do.

        Args:
            tab: What the tab knows.
            scope: What questions are narrowed to, as `rag.Filters`.
        """
        parts, asking, actions = self._parts, self._asking, self._actions
        at_once = {**_QUIET, "queue": False}
        everything = [parts.box, parts.saved, *parts.conversation]
        for asked in (
            parts.box.submit(asking.ask, [tab, parts.box, scope], everything, **at_once),
            parts.send.click(asking.ask, [tab, parts.box, scope], everything, **at_once),
            parts.past.submit(actions.ask, [tab, scope], everything, **at_once),
        ):
            # Waiting is the fair queue's business, which can say the place.
            asked.then(asking.answer, [tab], everything, concurrency_limit=None, **_QUIET)
        # Not with Gradio's `cancels`: that drops what the answer's generator says last. Stopping makes the generator
        # end by itself, with the final state.
        parts.halt.click(asking.stop, [tab], everything, **at_once)
        parts.past.select(
            actions.act,
            [tab],
            [parts.box, parts.editing, parts.fresh, parts.copied],
            **at_once,
        )
        parts.viewer.select(
            actions.open, [tab], [parts.box, parts.evidence, parts.viewer], **at_once
        )
