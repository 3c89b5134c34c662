"""Serving the page and what programs use, on this machine or for those who log in."""

from __future__ import annotations

import errno
import json
import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from rag import RagError, SettingsError
from ui.desk.desk import Desk
from ui.page import build, head, styles
from ui.serving.api import close_others
from ui.serving.guard import Guard, is_loopback
from ui.serving.logins import Logins
from ui.serving.openai_api import routes as openai_routes

_LAST_PORT = 65535
# Tabs whose state is kept; each holds a conversation.
_TABS = 1000


def serve(
    desk: Desk,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    title: str = "seedbound",
    logins: Logins | None = None,
    open_to_all: bool = False,
    root_path: str = "",
    watch: Sequence[Path] = (),
    open_browser: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the chat until Ctrl-C; the models load once the page stands.

    Args:
        desk: Answers the questions; it is closed at the end.
        host: Address to listen on.
        port: Port to listen on.
        title: Name in the page's head and in the browser's tab.
        logins: Who may use the chat; without, everyone who can reach the address reads all documents.
        open_to_all: That this is meant, on an address that others can reach.
        root_path: Where a proxy shows the page, like ``/docs``.
        watch: Folders to keep in step.
        open_browser: Whether to show the page in the default browser.
        on_ready: Called once with the page's address.

    Raises:
        RagError: The port is in use, the address is not one of this machine, or others can reach it and
            nobody has to log in.
    """
    blocks = None
    try:
        with suppress(KeyboardInterrupt):
            blocks = build(desk, title=title)
            desk.resume()  # before anybody can hand over more
            url = launch(
                blocks,
                host=host,
                port=port,
                logins=logins,
                open_to_all=open_to_all,
                root_path=root_path,
                routes=openai_routes(desk),
                max_file_mb=desk.settings.max_file_mb,
            )
            if on_ready is not None:
                on_ready(url)
            desk.warm()
            desk.watching.start(watch)
            if open_browser:
                webbrowser.open(url)
            threading.Event().wait()
    finally:
        desk.queue.close(timeout=0)
        desk.interrupt()
        desk.close()
        if blocks is not None:
            blocks.close(verbose=False)


def launch(
    blocks: gr.Blocks,
    *,
    host: str,
    port: int,
    logins: Logins | None = None,
    open_to_all: bool = False,
    root_path: str = "",
    routes: Sequence[BaseRoute] = (),
    max_file_mb: float | None = None,
) -> str:
    """Start serving in the background, with everything off that would leave this machine.

    Args:
        blocks: The page.
        host: Address to listen on.
        port: Port to listen on.
        logins: Who may use the chat.
        open_to_all: Whether others may without one.
        root_path: Where a proxy shows the page.
        routes: More than the page.
        max_file_mb: Uploads that are larger are refused.

    Returns:
        The page's address.

    Raises:
        RagError: The port is in use, the address is not one of this machine, or others can reach it and
            nobody has to log in.
    """
    check_address(host, port)
    check_access(host, logins=logins, open_to_all=open_to_all)
    close_others(blocks)
    guard = Middleware(
        Guard, logins=logins, names=None if logins or open_to_all else {"localhost", host}
    )
    try:
        # Gradio has more to say on stdout about its MCP server, however quiet it is told to be.
        with redirect_stdout(StringIO()):
            _, url, _ = blocks.launch(
                server_name=f"[{host}]" if ":" in host else host,
                server_port=port,
                root_path=root_path,
                auth=logins.check if logins else None,  # type: ignore[arg-type]
                auth_message="Name and password, as the one who runs this chat has given them to you.",
                app_kwargs={"middleware": [guard], "routes": list(routes)},
                prevent_thread_lock=True,
                state_session_capacity=_TABS,
                inbrowser=False,
                quiet=True,
                share=False,
                ssr_mode=False,
                pwa=False,
                enable_monitoring=False,
                run_history=False,
                mcp_server=True,
                max_file_size=None if max_file_mb is None else int(max_file_mb * 1e6),
                footer_links=[],
                show_error=False,
                theme=_theme(),
                css=styles(),
                head=head(),
            )
    except OSError as error:
        raise _unavailable(host, port, error) from error
    if blocks.mcp_server_obj is None:  # Gradio only notes why
        blocks.close(verbose=False)
        raise RagError(
            f"The MCP server cannot be started ({blocks.mcp_error}). Install seedbound anew."
        )
    vars(blocks.mcp_server_obj)["postprocess_output_data"] = _as_json
    return str(url).rstrip("/")


def check_access(host: str, *, logins: Logins | None, open_to_all: bool) -> None:
    """That nobody is let in by oversight.

    Raises:
        SettingsError: Others can reach the address and nobody has to log in.
    """
    if logins is None and not open_to_all and not is_loopback(host):
        raise SettingsError(
            f"Everyone who can reach {host} could read all your documents. Ask for logins with --auth FILE "
            "(lines name:password), or say --no-auth if that is meant."
        )


def check_address(host: str, port: int) -> None:
    """See whether the port can be had; Gradio finds out late and leaves half of itself behind.

    Raises:
        RagError: The port is in use, or the address is not one of this machine.
    """
    try:
        socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ).close()
    except OSError as error:
        raise _unavailable(host, port, error) from error


def _unavailable(host: str, port: int, error: OSError) -> RagError:
    other = port + 1 if port < _LAST_PORT else port - 1
    # Gradio's own error has no number and means this.
    if error.errno in (None, errno.EADDRINUSE):
        return RagError(
            f"Port {port} is in use. "
            f"Close the other program or choose another: rag chat --port {other}"
        )
    return RagError(
        f"Cannot listen on {host}, port {port}: {error.strerror}. "
        "Try: rag chat --host 127.0.0.1 --port 7860"
    )


def _as_json(data: Sequence[Any], _: str) -> list[Any]:
    """What a tool returned, for an MCP client; Gradio would write it as Python does."""
    from mcp.types import TextContent

    return [TextContent(type="text", text=json.dumps(one, ensure_ascii=False)) for one in data]


def _theme() -> gr.themes.Base:
    # Names of fonts that systems bring along; anything else would be fetched.
    return gr.themes.Base(
        primary_hue=gr.themes.colors.emerald,
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    )
