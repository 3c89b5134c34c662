"""Search and answers for programs, through Gradio's own API and its MCP server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import gradio as gr
from gradio.events import api
from starlette.requests import Request

from rag import RagError, make_record, search_json
from ui.desk.desk import Desk
from ui.serving.answering import answer, read_filters, read_history
from ui.serving.people import person_of

_MARK = "seedbound_for_programs"
_MOST = 100
_SEARCH = (
    "Find passages in the person's own documents. Takes about a second; no language model is used. Returns an "
    "object with 'passages', best first: each has its 'text', verbatim, the document's 'document_id', 'source' "
    "(path), 'title' and day of publication ('published'), the character positions 'start' and 'end' of the text "
    "in the document, and a 'score' from 0 to 1."
)
_ASK = (
    "Answer a question from the person's own documents. Every sentence of the answer is checked and bound to "
    "verbatim, dated quotes; what the documents do not say is refused. Takes up to a minute. Returns an object with "
    "'answer' (text with markers like [1]), 'citations' (for each marker the 'quote', its document, day of "
    "publication and character positions), 'claims' (each sentence with its support), 'refused', "
    "'refusal_reason', 'missing' (what the documents would have to say), 'disagreements' between sources, and "
    "'as_of', the newest day of publication among what is cited."
)


class Told(gr.Error):
    """An error whose message is for the caller, as it stands."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)

    def __str__(self) -> str:
        return str(self.message)


def expose(desk: Desk) -> None:
    """Add the endpoints to the Blocks that are being built."""

    # Callers read what the docstrings say of the arguments: one line each, or it is cut off.
    def search(
        query: str,
        top_k: int = 5,
        after: str = "",
        before: str = "",
        sources: list[str] | None = None,
        documents: list[str] | None = None,
    ) -> dict[str, Any]:
        """Find passages in the documents.

        Args:
            query: What to look for, in words.
            top_k: How many passages to return, 1 to 100.
            after: Only documents published on this day or later, like 2024-03-27; empty for all.
            before: Only documents published on this day or earlier, like 2024-03-27; empty for all.
            sources: Only documents whose path matches one of these shell patterns, like reports/*.
            documents: Only documents with one of these ids.
        """
        with _told():
            if isinstance(top_k, bool) or not isinstance(top_k, int) or not 1 <= top_k <= _MOST:
                raise RagError(f"'top_k' must be a whole number from 1 to {_MOST}.")
            filters = read_filters(
                {"after": after, "before": before, "sources": sources, "documents": documents}
            )
            return search_json(query, desk.search(query, top_k, **filters))

    async def ask(
        question: str,
        request: gr.Request,
        history: list[dict[str, str]] | None = None,
        after: str = "",
        before: str = "",
        sources: list[str] | None = None,
        documents: list[str] | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the documents.

        Args:
            question: A question in words.
            request: Who asks.
            history: Earlier turns of the conversation, oldest first, as objects with "question" and "answer".
            after: Only documents published on this day or later, like 2024-03-27; empty for all.
            before: Only documents published on this day or earlier, like 2024-03-27; empty for all.
            sources: Only documents whose path matches one of these shell patterns, like reports/*.
            documents: Only documents with one of these ids.
        """
        with _told():
            filters = read_filters(
                {"after": after, "before": before, "sources": sources, "documents": documents}
            )
            turns, asked_at, settings = (
                read_history(history or ()),
                datetime.now(UTC),
                desk.settings,
            )
            said = await answer(
                desk, person_of(request), question, turns, filters, gone=_gone(request)
            )
            return make_record(
                said,
                settings,
                asked_at=asked_at,
                embedder=desk.embedder().identity,
                filters=filters,
                history=turns,
            )

    # The desk has a queue that is fair. And what waits in Gradio's cannot be called through its MCP server when
    # there are logins.
    options: dict[str, Any] = {"queue": False, "concurrency_limit": None}
    for function in (search, ask):
        vars(function)[_MARK] = True
    api(search, api_name="search", api_description=_SEARCH, **options)
    api(ask, api_name="ask", api_description=_ASK, **options)


def close_others(blocks: gr.Blocks) -> None:
    """Let programs call nothing of a page but these, whatever its own handlers are called and say."""
    for function in blocks.fns.values():
        if function.fn is not None and getattr(function.fn, _MARK, False):
            function.api_name = function.fn.__name__
        else:
            function.api_name, function.api_visibility = None, "private"


@contextmanager
def _told() -> Iterator[None]:
    """Gradio hides what went wrong from callers unless it is an error of its own."""
    try:
        yield
    except RagError as error:
        raise Told(str(error)) from error


def _gone(request: gr.Request | Request | None) -> Callable[[], Awaitable[bool]] | None:
    """Whether the caller has gone; not known of everybody."""
    inner = request.request if isinstance(request, gr.Request) else request
    # Gradio's own client waits for the answer on another connection than it asked on.
    if inner is None or inner.url.path.endswith("/queue/join"):
        return None
    return inner.is_disconnected
