"""What stands at the top of the chat while no question can be answered yet, and the way out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import gradio as gr

from rag import registered_models
from ui.assets import script
from ui.desk.desk import Desk, DeskState
from ui.desk.pull import PullView
from ui.desk.reading import ReadingView
from ui.documents.events import QUIET
from ui.markup import counted, inert, listed, seconds

if TYPE_CHECKING:
    from ui.documents.part import SourcesPart

Update: TypeAlias = Any  # what gradio takes as the new value of a part

_WHAT_IT_IS = (
    "<p>This program answers questions from your own documents, on this machine. Every sentence of an answer "
    "rests on quotes that you can open where they stand. What the documents do not say is not answered.</p>"
)


class OnboardingPart:
    """Explains an empty index and a missing model, and mends both from the page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self) -> None:
        """Where it is to stand; it takes no room once questions can be answered."""
        self._html = gr.HTML("", elem_id="sb-onboarding", js_on_load=script("onboarding.js"))
        self._drawn = gr.State("")

    def wire(self, sources: SourcesPart) -> None:
        """Follow what happens to the documents and to the models."""
        outputs = [self._html, self._drawn]
        self._html.select(self.act, [self._drawn], outputs, **QUIET)
        sources.on_change(self.look, [self._drawn], outputs)

    def act(self, drawn: str, event: gr.EventData) -> tuple[Update, Update]:
        """Do what was clicked, and show how things stand."""
        found = event._data  # noqa: SLF001 - there is no other way to fields that may be missing
        match found.get("act") if isinstance(found, dict) else None:
            case "samples":
                self._desk.add_samples()
            case "pull":
                missing = self._desk.missing_models()
                self._desk.pull.start(missing, self._desk.settings, self._desk.warm)
            case "open":
                self._desk.warm()
        return self.look(drawn)

    def look(self, drawn: str) -> tuple[Update, Update]:
        """How things stand; nothing is drawn that is there already."""
        desk = self._desk
        shown = onboarding(desk.state(), desk.missing_models(), desk.pull.view, desk.reading.view())
        return (gr.skip(), gr.skip()) if shown == drawn else (shown, shown)


def onboarding(
    state: DeskState, missing: Sequence[str], pull: PullView, reading: ReadingView
) -> str:
    """What to say to somebody who cannot ask yet; empty if they can."""
    match state.kind:
        case "empty":
            return _empty(reading)
        case "no_model":
            return _pulling(pull) if pull.busy else _no_model(state, missing, pull)
        case "failed":
            return _box(
                "This cannot be used yet",
                f'<p role="alert">{inert(state.message)}</p>',
                _button("open", "Try again"),
            )
        case "opening":
            return (
                f'<p class="sb-opening" role="status" data-busy="true">{inert(state.message)}</p>'
            )
        case "ready":
            return ""


def _empty(reading: ReadingView) -> str:
    if reading.busy:
        words = f"Reading: {reading.settled} of {counted(len(reading.lines), 'file')} done"
        return _box(
            "Reading your documents",
            f'<p role="status" data-busy="true">{words}</p>'
            f'<progress max="{len(reading.lines)}" value="{reading.settled}" aria-label="{words}"></progress>',
        )
    skipped = "".join(
        f"<li><b>{inert(line.name)}</b> {inert(line.reason)}</li>"
        for line in reading.lines[:5]
        if line.state == "skipped"
    )
    trouble = f'<p role="alert">{inert(reading.trouble)}</p>' if reading.trouble else ""
    return _box(
        "Ask your documents",
        _WHAT_IT_IS,
        "<p>There are no documents yet. Drop files or folders anywhere on this page, or begin with five news "
        "articles that come along.</p>",
        trouble,
        f'<ul class="sb-lines">{skipped}</ul>' if skipped else "",
        _button("samples", "Add the five sample articles"),
        '<button type="button" class="sb-button" data-adds="files">Add files</button>'
        '<button type="button" class="sb-button" data-adds="folder">Add folder</button>',
    )


def _no_model(state: DeskState, missing: Sequence[str], pull: PullView) -> str:
    known = registered_models()
    size = sum(known[name].bytes for name in missing if name in known)
    many = len(missing) > 1
    needs = (
        f"{'These models are' if many else 'This model is'} not on this machine yet: {listed(missing)}"
        + (f" ({_size(size)})" if size else "")
        + f". {'They are' if many else 'It is'} fetched once and kept; questions and documents never leave "
        "this machine."
    )
    error = f'<p role="alert">{inert(pull.error)}</p>' if pull.error else ""
    return _box(
        "A model is missing",
        f"<p>{inert(needs)}</p>" if missing else f"<p>{inert(state.message)}</p>",
        error,
        _button("pull", "Try again" if pull.error else "Fetch it now"),
    )


def _pulling(pull: PullView) -> str:
    words = "Connecting…"
    if pull.total:
        words = f"{_size(pull.done)} of {_size(pull.total)}"
    if pull.rate:
        words += f", {_size(pull.rate)} a second"
    if pull.seconds_left is not None and pull.done < pull.total:
        words += f", about {seconds(pull.seconds_left)} left"
    value = f' value="{pull.done}"' if pull.total else ""
    return _box(
        f"Fetching {pull.name}",
        f'<progress max="{pull.total or 1}"{value} aria-label="Fetching the model"></progress>'
        f'<p data-busy="true">{inert(words)}</p>'
        "<p>It goes on if you close this page, and where it was if it is cut off.</p>",
    )


def _size(count: float) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _button(act: str, words: str) -> str:
    return (
        f'<button type="button" class="sb-button sb-main-action" data-act="{act}">{words}</button>'
    )


def _box(heading: str, *parts: str) -> str:
    body = "".join(part for part in parts if not part.startswith("<button"))
    buttons = "".join(part for part in parts if part.startswith("<button"))
    actions = f'<div class="sb-actions">{buttons}</div>' if buttons else ""
    return f'<section class="sb-onboarding"><h2>{inert(heading)}</h2>{body}{actions}</section>'
