"""A conversation as a file: Markdown, JSON, or a page that stands on its own."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rag import Conversation
from ui.export.html import as_html
from ui.export.markdown import as_markdown
from ui.export.view import title_of

#: Raised when a field of the JSON changes its meaning.
VERSION = 1

# With these, the date and the suffix a name stays below the 255 bytes that file systems allow.
_NAME_CHARS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A kind of file.

    Attributes:
        text: Gives its content, which need not be encodable.
    """

    suffix: str
    media_type: str
    text: Callable[[Conversation], str]

    def write(self, conversation: Conversation) -> str:
        """The content of the file; what is no character (half a letter) is a question mark."""
        return self.text(conversation).encode("utf-8", "replace").decode()


def as_json(conversation: Conversation) -> str:
    """Everything that is kept of a conversation, as it is kept.

    ``record`` is what ``rag ask --json`` prints, with what the page knew besides under ``page``.
    """
    content = {
        "version": VERSION,
        "id": conversation.id,
        "title": conversation.title,
        "created": conversation.created.isoformat(),
        "changed": conversation.changed.isoformat(),
        "exchanges": [
            {
                "number": one.number,
                "question": one.question,
                "asked_at": one.asked_at.isoformat(),
                "state": one.state,
                "rating": one.rating,
                "reason": one.reason,
                "record": one.record,
            }
            for one in conversation.exchanges
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


FORMS: Mapping[str, Form] = {
    "markdown": Form(suffix=".md", media_type="text/markdown", text=as_markdown),
    "json": Form(suffix=".json", media_type="application/json", text=as_json),
    "html": Form(suffix=".html", media_type="text/html", text=as_html),
}


def file_name(conversation: Conversation, form: Form) -> str:
    """A name that every file system takes: the day, words of the title, the suffix."""
    words = unicodedata.normalize("NFC", title_of(conversation).casefold())
    plain = "".join(one if one.isalnum() else " " for one in words)
    name = "-".join(plain.split())[:_NAME_CHARS].rstrip("-")
    return f"{conversation.created:%Y-%m-%d}-{name or 'conversation'}{form.suffix}"
