"""Who is asking: whose conversations these are, and who takes turns with whom."""

from __future__ import annotations

import gradio as gr
from starlette.requests import Request

#: Where `ui.serving.guard.Guard` puts the name of who has logged in with a header.
SCOPE_KEY = "seedbound.login"


def owner_of(request: gr.Request | Request | None) -> str:
    """The name that somebody has logged in with; empty when the chat asks for none."""
    inner = request.request if isinstance(request, gr.Request) else request
    name = inner.scope.get(SCOPE_KEY) if inner is not None else None
    return str(name or getattr(request, "username", None) or "")


def person_of(request: gr.Request | Request | None) -> str:
    """Who takes a turn at the model: the name of the login, or else the browser tab or the machine."""
    session = getattr(request, "session_hash", None)
    client = getattr(getattr(request, "client", None), "host", None)
    return owner_of(request) or (f"tab {session}" if session else f"machine {client or ''}")
