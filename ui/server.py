"""Serving the page on this machine."""

from __future__ import annotations

import errno
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gradio as gr

from rag import RagError
from ui.page import assemble
from ui.running import Pipeline, Runner

_CSS = Path(__file__).parent / "chat.css"
_LAST_PORT = 65535


def serve(
    pipeline: Pipeline,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    title: str = "seedbound",
    open_browser: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the chat until Ctrl-C.

    Args:
        pipeline: Answers the questions.
        host: Address to listen on. Everyone who can reach it can read all documents.
        port: Port to listen on.
        title: Name in the page's head and in the browser's tab.
        open_browser: Whether to show the page in the default browser.
        on_ready: Called once with the page's address.

    Raises:
        RagError: The port is in use, or the address is not one of this machine.
    """
    runner = Runner(pipeline)
    blocks = assemble(runner, title=title)
    url = launch(blocks, host=host, port=port)
    try:
        with suppress(KeyboardInterrupt):
            if on_ready is not None:
                on_ready(url)
            if open_browser:
                webbrowser.open(url)
            threading.Event().wait()
    finally:
        runner.close()
        blocks.close(verbose=False)


def launch(blocks: gr.Blocks, *, host: str, port: int) -> str:
    """Start serving in the background, with everything off that would leave this machine.

    Returns:
        The page's address.

    Raises:
        RagError: The port is in use, or the address is not one of this machine.
    """
    check_address(host, port)
    try:
        _, url, _ = blocks.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            inbrowser=False,
            quiet=True,
            share=False,
            ssr_mode=False,
            pwa=False,
            enable_monitoring=False,
            run_history=False,
            mcp_server=False,
            footer_links=[],
            show_error=False,
            theme=_theme(),
            css_paths=_CSS,
        )
    except OSError as error:
        raise _unavailable(host, port, error) from error
    return str(url).rstrip("/")


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


def _theme() -> gr.themes.Base:
    # Names of fonts that systems bring along; anything else would be fetched.
    return gr.themes.Base(
        primary_hue=gr.themes.colors.emerald,
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    )
