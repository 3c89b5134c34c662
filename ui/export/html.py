"""A conversation as one HTML page that needs nothing else: no network, no other file, no script."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag import REFUSAL, Conversation, __version__
from rag.html import html_templates
from ui.export.view import printed, title_of
from ui.markup import counted, day

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"


def as_html(conversation: Conversation) -> str:
    """The page. Every text in it is escaped: questions, answers and documents may hold anything."""
    from markupsafe import Markup

    return _template().render(
        title=title_of(conversation),
        conversation=conversation,
        exchanges=list(printed(conversation)),
        refusal=REFUSAL,
        program=f"seedbound {__version__}",
        css=Markup((_TEMPLATES / "export.css").read_text("utf-8")),  # noqa: S704 - our own
    )


@cache
def _template() -> Template:
    environment = html_templates(_TEMPLATES)
    environment.filters |= {"day": day, "counted": counted}
    return environment.get_template("export.html.jinja")
