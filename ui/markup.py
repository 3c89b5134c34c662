"""Words and small pieces of HTML that all parts of the page share.

Whatever comes from outside goes through `inert`; every tag on the page is written in this package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

# The page's parts take their HTML as it is: Gradio's template language is applied to the template around it, not to
# what is put in. The parser turns a lone carriage return into a line feed, which would move what is highlighted.
# Gradio replaces ``__i18n__{"key": …}`` anywhere in a value; without its quotation marks it is left alone.
_INERT = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&#39;",
        "`": "&#96;",
        "\r": "&#13;",
    }
)


class Dated(Protocol):
    """A document, or a quote of one."""

    @property
    def published(self) -> date | None:
        """Day of publication."""

    @property
    def published_from(self) -> str | None:
        """Where that was found."""


def inert(text: str) -> str:
    """The text, shown as it is; fit for attributes too."""
    return text.translate(_INERT)


def day(value: date) -> str:
    """A date as people write it: ``10 June 2025``."""
    return f"{value.day} {value:%B %Y}"


def published(document: Dated) -> str:
    """When a document was published, as far as it says."""
    if document.published is None:
        return "undated"
    return day(document.published) + (
        " (date of the file)" if document.published_from == "mtime" else ""
    )


def counted(number: int, noun: str) -> str:
    """``1 passage``, ``2 passages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def seconds(value: float) -> str:
    """``0.2 s``, ``1 min 5 s``."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"


def listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def limits(filters: Mapping[str, Any]) -> str:
    """What a search is narrowed to, in words: ``2 documents, after 1 March 2020``; empty if to nothing."""
    parts = []
    if documents := filters.get("documents"):
        parts.append(counted(len(documents), "document"))
    if sources := filters.get("sources"):
        parts.append(f"files named {listed(sources)}")
    for name, words in (
        ("after", "published on or after"),
        ("before", "published on or before"),
        ("event_after", "about times from"),
        ("event_before", "about times until"),
    ):
        value = filters.get(name)
        if value:
            parts.append(f"{words} {day(value)}")
    return ", ".join(parts)


def hint(markup: str) -> str:
    """A quiet line where there is nothing else to show; takes HTML."""
    return f'<p class="sb-hint">{markup}</p>'


def failure(message: str) -> str:
    """A panel that could not be filled, and why."""
    return f'<p class="sb-hint" role="alert">{inert(message)}</p>'
