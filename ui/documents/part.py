"""The sources: which documents there are, which of them are searched, adding and removing them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import gradio as gr
from gradio.utils import get_upload_folder

from rag import RagError, UnreadableDocument
from ui.assets import script
from ui.desk.desk import Desk
from ui.desk.reading import FileLine
from ui.desk.running import UNFORESEEN
from ui.documents import markup
from ui.documents.events import QUIET
from ui.documents.listing import Choice, Shelves, parse_day
from ui.markup import failure

if TYPE_CHECKING:
    from ui.chat.part import ChatPart
    from ui.chat.tab import Tab

logger = logging.getLogger(__name__)

Update: TypeAlias = Any  # what gradio takes as the new value of a part


class SourcesPart:
    """The documents of the server; what is ticked and filtered is each tab's own.

    Attributes:
        scope: What the tab's questions are answered from, as `rag.Filters`; empty for everything.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shelves = Shelves(desk)

    def build(self) -> None:
        """Heading, filter, list and what is being read, where they are to stand."""
        self.scope = gr.State({})
        self._choice = gr.State(Choice())
        gr.HTML(
            markup.frame(self._desk.settings.max_file_mb),
            elem_id="sb-sources-frame",
            js_on_load=None,
        )
        self._line = gr.HTML("", elem_id="sb-scope", js_on_load=None)
        self._reading = gr.HTML("", elem_id="sb-reading", js_on_load=None)
        self._library = gr.HTML("", elem_id="sb-library", js_on_load=script("sources.js"))

    def wire(self, tab: gr.State, chat: ChatPart) -> None:
        """Connect the list to the conversation that is shown.

        Args:
            tab: What the tab knows.
            chat: Where quotes of changed documents must be seen anew.
        """
        self._chat = chat
        parts = [self.scope, self._line, self._reading, self._library]
        self._library.select(self.act, [self._choice], parts, **QUIET)
        self._library.upload(self.upload, [self._choice], parts, **QUIET)
        self.on_change(self.see_again, [tab], chat.outputs)

    def on_change(self, do: Callable[..., Any], inputs: list[gr.State], outputs: list[Any]) -> None:
        """Do something in a tab when documents have come, changed or gone, whoever did it.

        The list's own event, as the browser tells of changed states only after handlers that were queued.
        """
        self._library.stale(do, inputs, outputs, **QUIET)

    def act(self, choice: Choice, event: gr.EventData) -> tuple[Update, ...]:
        """Do what was clicked, ticked or typed, and show how things stand."""
        before = choice.scope()
        drawn = choice.drawn
        self._try(choice, lambda: self._do(choice, _data(event)))
        # A tick is on the page already; drawing the list for it would move it under the pointer.
        redraw = drawn != choice.drawn or (bool(before) and not choice.scope())
        return self._show(choice, before, redraw=redraw)

    def upload(self, choice: Choice, event: gr.EventData) -> tuple[Update, ...]:
        """Take files that have arrived, and read them."""
        before = choice.scope()
        self._try(choice, lambda: self._take(_data(event)))
        return self._show(choice, before)

    def see_again(self, tab: Tab) -> tuple[Update, ...]:
        """Show what is left of quotes after documents have changed; not in the middle of an answer."""
        if tab.current is not None:
            tab.stale = True
            return tuple(gr.skip() for _ in self._chat.outputs)
        try:
            tab.refresh({one.id: one for one in self._desk.documents()})
        except RagError:  # the list says what is wrong
            return tuple(gr.skip() for _ in self._chat.outputs)
        return tuple(self._chat.render(tab))

    def _do(self, choice: Choice, data: Mapping[str, Any]) -> None:
        identity, name = str(data.get("id", "")), data.get("act")
        if name in _LOOKS:
            _LOOKS[name](choice, data)
        elif name == "remove-yes":
            choice.sure = choice.said = ""
            self._desk.remove(identity)
        elif name == "reindex":
            self._desk.reindex([identity])
        elif name == "reindex-all":
            self._desk.reindex()
        elif name == "cancel":
            self._desk.reading.cancel()
        elif name == "dismiss":
            self._desk.reading.dismiss()

    def _take(self, data: Mapping[str, Any]) -> None:
        lines = [
            FileLine(name=name, state="skipped", reason=reason) for name, reason in _skipped(data)
        ]
        try:
            for file, name, modified in _files(data):
                try:
                    taken = self._desk.uploads.take(file, name, modified)
                except UnreadableDocument as error:
                    file.unlink(missing_ok=True)
                    lines.append(FileLine(name=name, state="skipped", reason=str(error)))
                else:
                    lines.append(self._desk.uploaded(taken.path, fresh=taken.kind != "same"))
        finally:  # what has been taken is to be read, whatever became of the others
            self._desk.reading.add(lines, str(data.get("batch", "")))

    def _try(self, choice: Choice, do: Any) -> None:
        try:
            do()
        except RagError as error:
            choice.said = str(error)
        except Exception:
            logger.exception("The sources could not be changed")
            choice.said = UNFORESEEN

    def _show(
        self, choice: Choice, before: Mapping[str, Any], *, redraw: bool = False
    ) -> tuple[Update, ...]:
        """What is different from what the tab shows."""
        line = library = reading = gr.skip()
        try:
            shelf = self._shelves.now()
        except RagError as error:
            choice.shelf = None
            failed = failure(str(error))
            return gr.skip(), gr.skip(), gr.skip(), failed
        if choice.shelf is not None and choice.shelf.changes != shelf.changes:
            choice.keep(shelf.rows)
            choice.changed += 1
        fresh = choice.shelf is not shelf
        choice.shelf = shelf
        if fresh or redraw:
            choice.draws += 1
            library = markup.library(choice, shelf)
        if fresh or choice.scope() != before:
            line = markup.scope_line(choice, shelf)
        view, watched = self._desk.reading.view(), dict(self._desk.watching.folders)
        if (view.revision, watched) != (choice.reading, choice.watched):
            choice.reading, choice.watched = view.revision, watched
            reading = markup.reading(view, watched)
        scope = choice.scope()
        return scope if scope != before else gr.skip(), line, reading, library


def _tick(choice: Choice, data: Mapping[str, Any]) -> None:
    choice.tick(str(data.get("id", "")), on=bool(data.get("on")))


def _filter(choice: Choice, data: Mapping[str, Any]) -> None:
    choice.words = str(data.get("words", ""))[:200].strip()


def _date(choice: Choice, data: Mapping[str, Any]) -> None:
    choice.after, choice.before = parse_day(data.get("after")), parse_day(data.get("before"))


def _reset(choice: Choice, _: Mapping[str, Any]) -> None:
    choice.reset()


def _ask(choice: Choice, data: Mapping[str, Any]) -> None:
    choice.sure, choice.said = str(data.get("id", "")), ""


def _keep(choice: Choice, _: Mapping[str, Any]) -> None:
    choice.sure = choice.said = ""


# What changes only how the tab looks at the documents.
_LOOKS: Mapping[Any, Callable[[Choice, Mapping[str, Any]], None]] = {
    "tick": _tick,
    "filter": _filter,
    "dates": _date,
    "reset": _reset,
    "remove": _ask,
    "remove-no": _keep,
}


def _data(event: gr.EventData) -> Mapping[str, Any]:
    """What the page sent along; anyone can send anything."""
    found = event._data  # noqa: SLF001 - there is no other way to fields that may be missing
    return found if isinstance(found, dict) else {}


def _files(data: Mapping[str, Any]) -> list[tuple[Path, str, float | None]]:
    """What the browser says has arrived; only what lies where arrivals lie."""
    arrivals = Path(get_upload_folder()).resolve()
    found = []
    for one in data.get("files", ()):
        path, modified = Path(str(one.get("path", ""))), one.get("modified")
        if path.resolve().is_relative_to(arrivals) and not path.is_dir():
            when = float(modified) if isinstance(modified, int | float) else None
            found.append((path, str(one.get("name", path.name)), when))
    return found


def _skipped(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(name), str(reason)) for name, reason in data.get("skipped", ())]
