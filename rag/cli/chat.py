"""`rag chat`: the web page."""

from __future__ import annotations

import threading

import click

from rag.settings import Settings


@click.command(name="chat")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=7860, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--open/--no-open", "open_browser", default=False, help="Open the page in the browser."
)
def open_chat(*, host: str, port: int, open_browser: bool) -> None:
    """Open the chat in the browser."""
    from rag.library import open_pipeline
    from ui import check_address, serve

    check_address(host, port)  # before the models are loaded
    with open_pipeline(Settings.load(), warm=False) as pipeline:

        def ready(url: str) -> None:
            click.echo(f"Chat is ready at {url} (Ctrl-C stops it)")
            # While the person reads the page and types.
            threading.Thread(target=pipeline.warm, daemon=True).start()

        serve(pipeline, host=host, port=port, open_browser=open_browser, on_ready=ready)
