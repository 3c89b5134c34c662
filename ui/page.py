"""The page: which parts it has and where they stand. What each part does is its own business."""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import BlocksConfigDict

from ui import shell
from ui.assets import script, styles
from ui.chat.part import ChatPart
from ui.desk.desk import Desk
from ui.documents.onboarding import OnboardingPart
from ui.documents.part import SourcesPart
from ui.history.part import HistoryPart
from ui.preferences import PreferencesPart
from ui.serving.api import expose

__all__ = ["build", "head", "styles"]

# Seconds: how often to look for uploads that never came to be read, and how old they are then.
_DELETE_CACHE = (3600, 86400)


def build(desk: Desk, *, title: str = "seedbound") -> gr.Blocks:
    """The chat page over a desk.

    Args:
        desk: What the page asks of the library.
        title: Name in the page's head and in the browser's tab.
    """
    blocks = _Blocks(
        title=title,
        analytics_enabled=False,
        fill_width=True,
        fill_height=True,
        delete_cache=_DELETE_CACHE,
    )
    with blocks:
        history, sources, onboarding = HistoryPart(desk), SourcesPart(desk), OnboardingPart(desk)
        chat, preferences = ChatPart(desk), PreferencesPart(desk)
        with gr.Column(elem_id="sb-page"):
            gr.HTML(shell.head(title), elem_id="sb-head", js_on_load=script("page.js"))
            with gr.Row(elem_id="sb-main"):
                with gr.Column(elem_id="sb-left"):
                    gr.HTML(shell.side_head("left", "Library"))
                    with gr.Column(elem_id="sb-conversations"):
                        history.build()
                    with gr.Column(elem_id="sb-sources"):
                        sources.build()
                with gr.Column(elem_id="sb-centre"):
                    history.build_notice()
                    onboarding.build()
                    chat.build_thread()
                with gr.Column(elem_id="sb-right"):
                    gr.HTML(shell.side_head("right", "Evidence"))
                    chat.build_evidence()
            with gr.Column(elem_id="sb-settings"):
                gr.HTML("<h2>Settings</h2>")
                preferences.build()
        chat.wire(chat.state, sources.scope)
        sources.wire(chat.state, chat)
        onboarding.wire(sources)
        preferences.wire()
        history.wire(chat.state, chat, blocks)
        expose(desk)
    blocks.queue(api_open=False)
    return blocks


def head() -> str:
    """What must run before the page is drawn, as HTML for the document's head."""
    return f"<script>{script('early.js')}</script>"


class _Blocks(gr.Blocks):
    """Gradio's page without the connection that each tab holds open for as long as it stands.

    Browsers allow six connections to a host, so the seventh tab of a person would hang.
    """

    def get_config_file(self) -> BlocksConfigDict:
        config = super().get_config_file()
        config["connect_heartbeat"] = False
        return config
