"""`rag chat`: the web page, and the interfaces for programs."""

from __future__ import annotations

from pathlib import Path

import click

from rag.settings import Settings


@click.command(name="chat")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=7860, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--open/--no-open", "open_browser", default=False, help="Open the page in the browser."
)
@click.option(
    "--auth",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Ask for logins: lines name:password. Everyone has their own conversations.",
)
@click.option(
    "--no-auth", "open_to_all", is_flag=True, help="Let everyone in who can reach the address."
)
@click.option(
    "--root-path", default="", metavar="PATH", help="Where a proxy shows the page, e.g. /docs."
)
@click.option(
    "--watch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Keep this folder in step: what is added, changed or deleted there. May be repeated.",
)
def open_chat(
    *,
    host: str,
    port: int,
    open_browser: bool,
    auth: Path | None,
    open_to_all: bool,
    root_path: str,
    watch: tuple[Path, ...],
) -> None:
    """Open the chat in the browser."""
    if auth is not None and open_to_all:
        raise click.UsageError("--auth and --no-auth contradict each other.")
    settings = Settings.load()
    from ui import Desk, Logins, check_access, check_address, serve

    logins = Logins.read(auth) if auth is not None else None
    check_access(host, logins=logins, open_to_all=open_to_all)
    check_address(host, port)
    if open_to_all:
        click.echo(
            f"Warning: everyone who can reach {host} can read all documents and conversations, add documents "
            "and remove them.",
            err=True,
        )

    serve(
        Desk(settings),
        host=host,
        port=port,
        logins=logins,
        open_to_all=open_to_all,
        root_path=root_path,
        watch=watch,
        open_browser=open_browser,
        on_ready=lambda url: click.echo(f"Chat is ready at {url} (Ctrl-C stops it)"),
    )
