"""The list of conversations: new, open, rename, search, delete, export."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import gradio as gr

from rag import ConversationNotFound, RagError
from ui.assets import script
from ui.chat.part import ChatPart
from ui.chat.tab import Tab
from ui.desk.desk import Desk
from ui.export import forms as export
from ui.history import markup
from ui.serving.people import owner_of

logger = logging.getLogger(__name__)

Update: TypeAlias = Any  # what gradio takes as the new value of a part

NOT_HERE = (
    "This conversation is not here: it was deleted, or it belongs to somebody else. "
    "You can begin a new one below."
)
#: Tells the load event what the address names; there is one value for each input.
_ADDRESSED = "() => [new URLSearchParams(location.search).get('c') ?? '', null, null]"


@dataclass(slots=True)
class Look:
    """How a tab looks at its list: what it searches for, how far down it goes, what it fetched."""

    search: str = ""
    limit: int = markup.PAGE
    files: int = 0


class HistoryPart:
    """The conversations of the person who looks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self) -> None:
        """Heading, search and list, where they are to stand."""
        gr.HTML(markup.frame(), elem_id="sb-history-frame", js_on_load=None)
        self._list = gr.HTML(
            '<div class="sb-talks" data-current=""></div>',
            elem_id="sb-history",
            js_on_load=script("history.js"),
        )
        self._file = gr.HTML("", elem_id="sb-file", js_on_load=script("download.js"))
        self._address = gr.Textbox(visible=False)

    def build_notice(self) -> None:
        """The place that says what could not be opened."""
        self._notice = gr.HTML("", elem_id="sb-notice", js_on_load=None)

    def wire(self, tab: gr.State, chat: ChatPart, blocks: gr.Blocks) -> None:
        """Connect the list to the conversation that is shown.

        Args:
            tab: What the tab knows.
            chat: Where a conversation is shown.
            blocks: The page, which opens a conversation when it is loaded.
        """
        self._chat = chat
        look = gr.State(Look())
        quiet: dict[str, Any] = {
            "queue": False,
            "show_progress": "hidden",
            "api_visibility": "private",
        }
        everything = [self._list, self._notice, *chat.outputs]
        blocks.load(self.arrive, [self._address, tab, look], everything, js=_ADDRESSED, **quiet)
        self._list.visit(self.visit, [tab, look], everything, trigger_mode="always_last", **quiet)
        self._list.erase(self.erase, [tab, look], everything, **quiet)
        self._list.rename(self.rename, [tab, look], [self._list, self._notice], **quiet)
        self._list.arrange(self.arrange, [tab, look], [self._list], **quiet)
        self._list.fetch(self.fetch, [look], [self._file, self._notice], **quiet)
        chat.on_kept(self.refresh, [tab, look], [self._list, self._notice])

    def arrive(self, address: str, tab: Tab, look: Look, request: gr.Request) -> tuple[Update, ...]:
        """Show what the page's address names; a new conversation where it names none."""
        return self._show(address, tab, look, request)

    def visit(
        self, tab: Tab, look: Look, event: gr.EventData, request: gr.Request
    ) -> tuple[Update, ...]:
        """Open the conversation that was chosen; a new one if its id is empty."""
        return self._show(str(event.id), tab, look, request)

    def erase(
        self, tab: Tab, look: Look, event: gr.EventData, request: gr.Request
    ) -> tuple[Update, ...]:
        """Delete a conversation; if it was open, a new one takes its place."""
        identity = str(event.id)
        said = self._try(lambda: self._desk.store.delete(owner_of(request), identity))
        if said or identity != tab.conversation_id:
            return self._listing(tab, look, request), markup.notice(said), *self._unchanged()
        return self._show("", tab, look, request)

    def rename(
        self, tab: Tab, look: Look, event: gr.EventData, request: gr.Request
    ) -> tuple[Update, Update]:
        """Give a conversation another title."""
        identity, title = str(event.id), " ".join(str(event.title).split())[:200]
        said = ""
        if title:
            said = self._try(lambda: self._desk.store.rename(owner_of(request), identity, title))
            if not said and identity == tab.conversation_id:
                tab.title = title
        return self._listing(tab, look, request), markup.notice(said)

    def arrange(self, tab: Tab, look: Look, event: gr.EventData, request: gr.Request) -> Update:
        """Search, show more of the list, or draw it again."""
        search = getattr(event, "search", None)
        if search is not None:
            look.search, look.limit = str(search).strip(), markup.PAGE
        if getattr(event, "more", False):
            look.limit += markup.PAGE
        return self._listing(tab, look, request)

    def fetch(self, look: Look, event: gr.EventData, request: gr.Request) -> tuple[Update, Update]:
        """Hand out a conversation as a file."""
        look.files += 1
        try:
            conversation = self._desk.store.get(owner_of(request), str(event.id))
            if conversation is None:
                return gr.skip(), markup.notice(NOT_HERE)
            form = export.FORMS[str(event.form)]
            name = export.file_name(conversation, form)
            content = form.write(conversation)
        except RagError as error:
            return gr.skip(), markup.notice(str(error))
        return markup.download(name, form.media_type, content, look.files), ""

    def refresh(self, tab: Tab, look: Look, request: gr.Request) -> tuple[Update, Update]:
        """Draw the list again after the open conversation has changed."""
        return self._listing(tab, look, request), ""

    def _show(self, identity: str, tab: Tab, look: Look, request: gr.Request) -> tuple[Update, ...]:
        tab.clear()
        said = ""
        if identity:
            try:
                conversation = self._desk.store.get(owner_of(request), identity)
                if conversation is None:
                    said = NOT_HERE
                else:
                    documents = {document.id: document for document in self._desk.documents()}
                    tab.load(conversation, documents)
            except RagError as error:
                said = str(error)
        return (
            self._listing(tab, look, request),
            markup.notice(said),
            *self._chat.render(tab),
        )

    def _listing(self, tab: Tab, look: Look, request: gr.Request) -> str:
        try:
            found = self._desk.store.list(owner_of(request), look.search)
        except RagError as error:
            return markup.failure(str(error))
        return markup.listing(
            markup.Listed(
                found=found,
                current=tab.conversation_id,
                title=tab.title,
                search=look.search,
                limit=look.limit,
            ),
            datetime.now().astimezone(),
        )

    def _unchanged(self) -> tuple[Update, ...]:
        return tuple(gr.skip() for _ in self._chat.outputs)

    def _try(self, change: Callable[[], None]) -> str:
        """Make a change; what to tell the person if that failed."""
        try:
            change()
        except ConversationNotFound:
            return "This conversation is not here any more: it was deleted somewhere else."
        except RagError as error:
            return str(error)
        return ""
