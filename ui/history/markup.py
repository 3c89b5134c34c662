"""HTML of the list of conversations."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from rag import ConversationSummary
from ui import shell
from ui.markup import inert

#: How many conversations are listed at first, and how many more each time.
PAGE = 200
#: Stands where a title was erased with the documents that it spoke of.
UNTITLED = "Untitled conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the list shows.

    Attributes:
        found: Newest change first.
        current: The conversation that is open; empty for one that has not begun.
        title: Its title.
        search: What is looked for; empty for all.
        limit: How many are shown at most.
    """

    found: Sequence[ConversationSummary]
    current: str = ""
    title: str = ""
    search: str = ""
    limit: int = PAGE


def frame() -> str:
    """What stands above the list: its heading, the button for a new one, the search."""
    return (
        '<div class="sb-history-head"><h2>Conversations</h2>'
        '<button type="button" id="sb-new" class="sb-button" title="New conversation" '
        f'aria-label="New conversation">{shell.icon("plus")}New</button></div>'
        '<div role="search"><input type="search" id="sb-history-search" class="sb-search" '
        'placeholder="Search conversations" aria-label="Search conversations" '
        'autocomplete="off" maxlength="200"></div>'
    )


def listing(listed: Listed, now: datetime) -> str:
    """The list, by when something was last said.

    Args:
        listed: What to show.
        now: The moment that "Today" is measured from; its time zone is the reader's.
    """
    shown = listed.found[: listed.limit]
    groups = "".join(
        f'<h3 class="sb-when">{when}</h3><ul class="sb-list">'
        f"{''.join(_item(summary, listed.current) for summary in members)}</ul>"
        for when, members in groupby(shown, key=lambda summary: period(summary.changed, now))
    )
    left = len(listed.found) - len(shown)
    more = (
        '<button type="button" class="sb-button sb-history-more">'
        f"Show {min(left, PAGE)} more</button>"
        if left
        else ""
    )
    return (
        f'<div class="sb-talks" data-current="{inert(listed.current)}" '
        f'data-title="{inert(listed.title)}">{groups or _none(listed.search)}{more}'
        f'<p class="sb-hidden" role="status">{_told(listed)}</p></div>'
    )


def period(changed: datetime, now: datetime) -> str:
    """The heading that a conversation stands under."""
    days = (now.date() - changed.astimezone(now.tzinfo).date()) / timedelta(days=1)
    if days <= 0:
        return "Today"
    if days <= 1:
        return "Yesterday"
    return "Earlier this week" if days <= now.weekday() else "Older"


def notice(message: str) -> str:
    """What could not be opened, and what to do instead."""
    return f'<div class="sb-notice" role="alert"><p>{inert(message)}</p></div>' if message else ""


def failure(message: str) -> str:
    """A list that could not be read, and why."""
    return (
        '<div class="sb-talks" data-current="" data-title="">'
        f'<p class="sb-hint" role="alert">{inert(message)}</p></div>'
    )


def download(name: str, media_type: str, content: str, serial: int) -> str:
    """A file that the page's script hands to the browser.

    Args:
        name: What the file is called.
        media_type: What it is.
        content: What it says.
        serial: A number that differs from the last call's, so that the same file can be had twice.
    """
    encoded = base64.b64encode(content.encode()).decode()
    return (
        f'<a class="sb-file" data-serial="{serial}" download="{inert(name)}" hidden '
        f'href="data:{media_type};charset=utf-8;base64,{encoded}">{inert(name)}</a>'
    )


def _item(summary: ConversationSummary, current: str) -> str:
    title = inert(summary.title or UNTITLED)
    here = ' aria-current="page"' if summary.id == current else ""
    return (
        f'<li class="sb-talk" data-id="{inert(summary.id)}">'
        f'<a class="sb-talk-open" href="?c={inert(summary.id)}" title="{title}"{here}>{title}</a>'
        '<button type="button" class="sb-icon sb-talk-more" aria-haspopup="menu" '
        f'aria-expanded="false" aria-label="More about {title}">{shell.icon("more")}</button></li>'
    )


def _none(search: str) -> str:
    said = (
        f"Nothing found for “{inert(search)}”. Titles, questions and answers were searched."
        if search
        else "Your conversations will be kept here, on this machine."
    )
    return f'<p class="sb-hint">{said}</p>'


def _told(listed: Listed) -> str:
    """What a screen reader hears after a search."""
    number = len(listed.found)
    return f"{number} conversation{'' if number == 1 else 's'} found" if listed.search else ""
