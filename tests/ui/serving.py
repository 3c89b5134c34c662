"""What programs use, served on a port of this machine without the page around it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from tests.ui.sites import free_port
from ui.desk.desk import Desk
from ui.serving.api import expose
from ui.serving.openai_api import routes
from ui.serving.server import launch


@contextmanager
def serving(desk: Desk, *, keep_alive_s: float = 5.0, **options: Any) -> Iterator[str]:
    """The address at which a desk is served as long as the block lasts.

    Args:
        desk: Answers.
        keep_alive_s: As `ui.serving.openai_api.routes` has it.
        options: More for `ui.serving.server.launch`.
    """

    async def start() -> tuple[gr.Blocks, str]:
        with gr.Blocks(analytics_enabled=False) as blocks:
            box = gr.Textbox()
            box.submit(lambda words: words, box, box)  # a handler that nobody made private
            box.change(lambda words: words, box, box, api_name="ask")  # one with a name of ours
            expose(desk)
        blocks.queue(api_open=False)
        given = {"host": "127.0.0.1", "port": free_port(), **options}
        return blocks, launch(blocks, routes=routes(desk, keep_alive_s=keep_alive_s), **given)

    # Where no event loop runs, Gradio makes one for each lock that it needs, and closes none of them.
    blocks, url = asyncio.run(start())
    try:
        yield url
    finally:
        desk.queue.close()
        blocks.close(verbose=False)
