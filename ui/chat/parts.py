"""The parts of the page that make up the chat, and what each of them shows of a tab."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import gradio as gr

from rag import Document, RagError
from ui.assets import script
from ui.chat import panels, thread
from ui.chat.tab import Tab
from ui.chat.view import Exchange
from ui.desk.desk import Desk

#: What gradio takes as the new value of a part: the value, or a description of changes.
Update: TypeAlias = Any
#: New values by part; the others stay as they are.
Updates: TypeAlias = dict[Any, Update]

# For people who try the chat with the documents that come along.
SEED_EXAMPLES: Mapping[str, str] = {
    "004_e7f048f523519f1a.txt": "What will happen in Mali after Wagner leaves?",
    "000_d3703646ceb7e7f1.txt": "Which African leaders did Putin call?",
    "002_ffcb1183c9f6ba6b.txt": "Where do Russian ships unload weapons?",
    "003_f3b39a4f3be66642.txt": "What share of Africa's arms imports came from Russia?",
}


class Parts:
    """Thread, composer, evidence and viewer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: tuple[tuple[Document, ...], dict[str, Document]] = ((), {})
        self._numbers = itertools.count(1)
        self.tab = gr.State(Tab())

    def build_thread(self) -> None:
        """The conversation and the box below it."""
        with gr.Column(elem_id="sb-chat"):
            # Over: drawn as a whole when another conversation is shown; the page's script puts what `fresh`
            # brings into it, so that a long conversation is sent once and not with every answer.
            self.past = gr.HTML(
                thread.welcome(self.examples()), elem_id="sb-past", js_on_load=script("chat.js")
            )
            self.now = gr.HTML("", elem_id="sb-now", js_on_load=None)
        self.fresh = gr.HTML("", elem_id="sb-fresh", js_on_load=script("fresh.js"))
        # Not a gr.State: the browser tells of those that change only after handlers that were queued.
        self.saved = gr.HTML("", elem_id="sb-saved", js_on_load=script("saved.js"))
        self.copied = gr.HTML("", elem_id="sb-copied", js_on_load=script("copy.js"))
        self.editing = gr.HTML("", elem_id="sb-editing", js_on_load=None)
        with gr.Row(elem_id="sb-ask"):
            self.box = gr.Textbox(
                elem_id="sb-box",
                placeholder="Ask your documents",
                label="Your question",
                show_label=False,
                container=False,
                lines=1,
                max_lines=6,
                max_length=self._desk.settings.max_question_chars,
                autofocus=True,
                scale=1,
            )
            self.send = gr.Button(
                "Ask", elem_id="sb-send", variant="primary", scale=0, min_width=88
            )
            self.halt = gr.Button(
                "Stop", elem_id="sb-stop", variant="stop", scale=0, min_width=88, visible=False
            )

    def build_evidence(self) -> None:
        """The quotes, and the document that one of them is opened in."""
        self.evidence = gr.HTML(
            panels.evidence(None, {}), elem_id="sb-evidence", js_on_load=script("cards.js")
        )
        # Listens to clicks on the whole page, markers in the conversation included.
        self.viewer = gr.HTML("", elem_id="sb-viewer", js_on_load=script("evidence.js"))

    @property
    def conversation(self) -> list[Any]:
        """The parts that another conversation changes."""
        return [
            self.past,
            self.now,
            self.fresh,
            self.editing,
            self.send,
            self.halt,
            self.evidence,
            self.viewer,
        ]

    def examples(self) -> list[str]:
        """Questions about those seed documents that are in the index."""
        names = {Path(document.source).name for document in self.documents().values()}
        return [question for name, question in SEED_EXAMPLES.items() if name in names]

    def documents(self) -> Mapping[str, Document]:
        """The documents of today by id; none while the index cannot be read, which other parts tell."""
        try:
            documents = self._desk.documents()
        except RagError:
            return {}
        if documents is not self._seen[0]:
            self._seen = documents, {document.id: document for document in documents}
        return self._seen[1]

    # what to show

    def nothing(self) -> Updates:
        """All stays as it is."""
        return {self.box: gr.skip()}

    def whole(self, tab: Tab) -> Updates:
        """Everything, for another conversation."""
        tab.drawn += 1
        shown = (
            thread.past(tab.exchanges, notice=tab.notice)
            if tab.exchanges or tab.notice
            else thread.welcome(self.examples())
        )
        # Gradio leaves a part alone whose value is the one it had, although the script has changed the part since.
        past = f'<div data-drawn="{tab.drawn}">{shown}</div>'
        return {
            self.past: past,
            self.fresh: "",
            self.viewer: "",
            self.editing: self.shown_editing(tab),
            **self.state_of(tab),
        }

    def state_of(self, tab: Tab) -> Updates:
        """What goes on in the tab right now."""
        return {**self.progress(tab), **self.buttons(tab)}

    def progress(self, tab: Tab, documents: Mapping[str, Document] | None = None) -> Updates:
        """The answer under way and its evidence, with the documents of today unless others are given."""
        at = time.monotonic() - tab.asked_at
        return {
            self.now: thread.under_way(tab.exchanges, at),
            self.evidence: self.shown_evidence(tab, documents),
        }

    def buttons(self, tab: Tab) -> Updates:
        """One of the buttons to ask and to stop."""
        busy = tab.busy
        return {self.send: gr.update(visible=not busy), self.halt: gr.update(visible=busy)}

    def shown_evidence(self, tab: Tab, documents: Mapping[str, Document] | None = None) -> str:
        """The quotes of the exchange whose evidence is open."""
        known = self.documents() if documents is None else documents
        return panels.evidence(tab.get(tab.shown), known, tab.active)

    def shown_editing(self, tab: Tab) -> str:
        """The line above the box."""
        exchange = tab.get(tab.editing) if tab.editing is not None else None
        return thread.editing(exchange, tab.after(exchange.number) if exchange else 0)

    def replaced(self, tab: Tab, *exchanges: Exchange, dropped: int | None = None) -> Updates:
        """Exchanges that are over, for the script to put in their places.

        Args:
            tab: Where they belong.
            exchanges: New ones, or as they are now.
            dropped: The first of those that are gone, if any are.
        """
        tab.drawn += 1
        gone = f' data-dropped="{dropped}"' if dropped is not None else ""
        articles = "".join(thread.article(one) for one in exchanges)
        return {self.fresh: f'<div data-drawn="{tab.drawn}"{gone}>{articles}</div>'}

    def kept(self) -> Updates:
        """Tells the list of conversations to look again."""
        return {self.saved: f'<i data-drawn="{next(self._numbers)}"></i>'}
