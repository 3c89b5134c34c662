"""Who gets past the door: looked at before anything else in a request."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.serving.logins import Logins
from ui.serving.people import SCOPE_KEY

# What programs use. Gradio's own pages and endpoints ask for a login themselves; these it does not know of
# or leaves open.
_FOR_PROGRAMS = ("/v1", "/gradio_api/mcp")


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine only."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    with suppress(OSError, UnicodeError):
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
        return bool(found) and all(ipaddress.ip_address(one).is_loopback for one in found)
    return False


class Guard:
    """ASGI middleware that lets in whom the chat is for.

    Without logins on an address of this machine, only what is addressed to this machine by name is let in, and
    nothing that a page from elsewhere sends: a web page that somebody has open in their browser could otherwise
    ask this server through it and, with a name of its own that leads here, read what it says. Pages from elsewhere
    are refused with logins too: the browser sends along the cookie of whoever is logged in.
    """

    def __init__(
        self, app: ASGIApp, *, logins: Logins | None = None, names: Iterable[str] | None = None
    ) -> None:
        """What to let in.

        Args:
            app: What is guarded.
            logins: Asked for on what programs use; pages ask for themselves.
            names: Hosts that requests may be addressed to and come from; ``None`` is any, as long as a page's
                requests go to where the page is from.
        """
        self._app = app
        self._logins = logins
        self._names = None if names is None else {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it with 401 or 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._stranger(Headers(scope=scope)) or await self._not_logged_in(scope)
        await (refusal or self._app)(scope, receive, send)

    def _stranger(self, headers: Headers) -> JSONResponse | None:
        origin = headers.get("origin")
        if self._names is None:
            if origin is None or _is_from_here(origin, headers):
                return None
            return _refusal(
                403,
                f"This chat answers to its own page only, not to pages of {origin}. A proxy in front of it must "
                "pass on the header Host or send X-Forwarded-Host.",
                "other_origin",
            )
        for url in [f"//{headers.get('host', '')}", *([origin] if origin else ())]:
            if not self._is_ours(url):
                return _refusal(
                    403,
                    f"This chat answers to this machine only, not to {url.removeprefix('//')}. To let others "
                    "in, start it with: rag chat --auth FILE",
                    "not_local",
                )
        return None

    def _is_ours(self, url: str) -> bool:
        name = _hostname(url)
        if name in (self._names or ()):
            return True
        with suppress(ValueError):
            return ipaddress.ip_address(name).is_loopback
        return False

    async def _not_logged_in(self, scope: Scope) -> JSONResponse | None:
        if self._logins is None:
            return None
        request = HTTPConnection(scope)
        path = scope["path"].removeprefix(scope.get("root_path") or "")
        if not any(path == start or path.startswith(f"{start}/") for start in _FOR_PROGRAMS):
            return None
        name = await self._logins.from_header(request.headers.get("authorization", ""))
        if name is None:
            return _refusal(
                401,
                "A login is needed: name and password as HTTP basic authentication, or name:password as the "
                "API key.",
                "invalid_api_key",
            )
        scope[SCOPE_KEY] = name
        return None


def _is_from_here(origin: str, headers: Headers) -> bool:
    """Whether a page comes from the host that its request goes to."""
    name = _hostname(origin)
    if not name:
        return False
    if name == _hostname(f"//{headers.get('host', '')}"):
        return True
    # A page can send this header itself, but not what its browser says of where the page is from.
    if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return False
    forwarded = headers.get("x-forwarded-host", "").split(",")
    return any(name == _hostname(f"//{one.strip()}") for one in forwarded)


def _hostname(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _refusal(status: int, message: str, code: str) -> JSONResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    headers = {"WWW-Authenticate": 'Basic realm="seedbound"'} if status == 401 else None
    return JSONResponse({"error": error}, status_code=status, headers=headers)
