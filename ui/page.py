"""The page: which parts it has, where they stand and which handler each of them calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from ui import markup, panels
from ui.conversation import Conversation
from ui.handlers import Handlers
from ui.running import Pipeline, Runner

_HERE = Path(__file__).parent
_PLACEHOLDER = (
    '<div class="sb-welcome"><h2>Ask your documents</h2>'
    "<p>Every sentence of an answer rests on quotes that you can open in place. "
    "What the documents do not say is not answered.</p></div>"
)


def build(
    pipeline: Pipeline, *, title: str = "seedbound", examples: Sequence[str] | None = None
) -> gr.Blocks:
    """The chat page over a pipeline.

    Args:
        pipeline: Answers the questions, one at a time.
        title: Name in the page's head and in the browser's tab.
        examples: Questions offered while the conversation is empty. If not given: questions about
            the documents that come with the program, as far as they are in the index.
    """
    return assemble(Runner(pipeline), title=title, examples=examples)


def assemble(runner: Runner, *, title: str, examples: Sequence[str] | None = None) -> gr.Blocks:
    """The same for a pipeline that has someone to run it."""
    handlers = Handlers(runner)
    blocks = gr.Blocks(title=title, analytics_enabled=False, fill_width=True, fill_height=True)
    with blocks:
        conversation = gr.State(Conversation())
        with gr.Row(elem_id="sb-head"):
            gr.HTML(f"<h1>{markup.inert(title)}</h1>")
            clear = gr.Button(
                "New conversation",
                elem_id="sb-clear",
                variant="secondary",
                size="sm",
                scale=0,
                min_width=140,
            )
        with gr.Row(elem_id="sb-main"):
            with gr.Column(elem_id="sb-left"):
                gr.HTML("<h2>Documents</h2>")
                library = gr.HTML(elem_id="sb-library")
            with gr.Column(elem_id="sb-centre"):
                chat = gr.Chatbot(
                    elem_id="sb-chat",
                    show_label=False,
                    container=False,
                    height="100%",
                    layout="bubble",
                    buttons=[],
                    feedback_options=None,
                    latex_delimiters=[],
                    sanitize_html=True,
                    allow_tags=False,
                    placeholder=_PLACEHOLDER,
                    examples=[
                        {"text": example}
                        for example in (handlers.examples() if examples is None else examples)
                    ],
                )
                with gr.Row(elem_id="sb-ask"):
                    box = gr.Textbox(
                        elem_id="sb-box",
                        placeholder="Ask your documents",
                        label="Your question",
                        show_label=False,
                        container=False,
                        lines=1,
                        max_lines=6,
                        max_length=4000,
                        autofocus=True,
                        scale=1,
                    )
                    send = gr.Button(
                        "Ask", elem_id="sb-send", variant="primary", scale=0, min_width=88
                    )
                    halt = gr.Button(
                        "Stop",
                        elem_id="sb-stop",
                        variant="stop",
                        scale=0,
                        min_width=88,
                        visible=False,
                    )
            with gr.Column(elem_id="sb-right"):
                gr.HTML("<h2>Evidence</h2>")
                evidence = gr.HTML(
                    panels.evidence(None, {}),
                    elem_id="sb-evidence",
                    js_on_load=_script("evidence.js"),
                )
                # Listens to clicks on the whole page, markers in the conversation included.
                viewer = gr.HTML("", elem_id="sb-viewer", js_on_load=_script("chat.js"))

        turn_parts = [chat, evidence, send, halt]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        at_once = {**quiet, "queue": False}
        for asked in (
            box.submit(handlers.ask, [conversation, box], [box, viewer, *turn_parts], **at_once),
            send.click(handlers.ask, [conversation, box], [box, viewer, *turn_parts], **at_once),
            chat.example_select(
                handlers.ask_example, [conversation], [box, viewer, *turn_parts], **at_once
            ),
        ):
            asked.then(
                handlers.answer,
                [conversation],
                turn_parts,
                concurrency_limit=1,
                concurrency_id="model",
                **quiet,
            )
        # Not with Gradio's `cancels`: that drops what the answer's generator says last, and a
        # message that was already on its way could then undo what the stop shows. Stopping makes
        # the generator end by itself, with the final state.
        halt.click(handlers.stop, [conversation], turn_parts, js=_script("focus.js"), **at_once)
        clear.click(
            handlers.clear,
            [conversation],
            [box, viewer, *turn_parts],
            js=_script("focus.js"),
            **at_once,
        )
        viewer.select(handlers.open, [conversation], [evidence, viewer], **at_once)
        blocks.load(handlers.load, [conversation], [library], **at_once)
    blocks.queue(api_open=False)
    return blocks


def _script(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
