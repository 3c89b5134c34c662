"""Settings that can be changed while the chat runs, for everybody who uses this server."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import gradio as gr

from rag import RagError, Settings, usable_chat_models
from ui.desk.desk import Desk
from ui.desk.running import UNFORESEEN
from ui.markup import inert

logger = logging.getLogger(__name__)

Update: TypeAlias = Any  # what gradio takes as the new value of a part

#: Longest answer, in the model's tokens, by the word for it.
LENGTHS: Mapping[str, int] = {"Short": 80, "Medium": 160, "Long": 320}
_STRICTNESS = (
    (0.2, "lenient: answers more often, and is wrong more often"),
    (0.4, "rather lenient"),
    (0.6, "balanced"),
    (0.75, "rather strict"),
    (1.0, "strict: answers only what the quotes state outright"),
)


class PreferencesPart:
    """Model, length of answers, strictness, passages."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self) -> None:
        """The settings, where they are to stand."""
        settings = self._desk.settings
        gr.HTML(
            '<p class="sb-hint">These hold for everybody who uses this server, until it is started anew.</p>',
            js_on_load=None,
        )
        self._model = gr.Radio(
            [(model_label(settings.chat_model), settings.chat_model)],
            label="Model",
            info="Language models that are on this machine and whole.",
            value=settings.chat_model,
            elem_id="sb-model",
        )
        self._length = gr.Radio(
            list(LENGTHS),
            label="Answers",
            value=length_word(settings.answer_tokens),
            elem_id="sb-length",
        )
        self._strictness = gr.Slider(
            0.0,
            0.9,
            step=0.05,
            label="Strictness of refusing",
            info="How sure the checks must be that the documents state the answer.",
            value=settings.refuse_below,
            elem_id="sb-strictness",
            buttons=[],
        )
        self._passages = gr.Slider(
            1,
            30,
            step=1,
            label="Passages",
            info="How many passages an answer is built from. More take longer.",
            value=settings.top_k,
            elem_id="sb-passages",
            buttons=[],
        )
        self._said = gr.HTML("", elem_id="sb-said", js_on_load=None)

    def wire(self) -> None:
        """Each setting applies as soon as it is changed."""
        parts = [self._model, self._length, self._strictness, self._passages, self._said]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        gr.on(None, self.show, None, parts, **quiet)
        self._model.input(self._begin, [self._model], [self._said], queue=False, **quiet).then(
            self.change_model, [self._model], parts, **quiet
        )
        self._length.input(self.change_length, [self._length], parts, **quiet)
        # While it moves, by hand or by key, the slider itself is left alone.
        for slider, change in (
            (self._strictness, self.change_strictness),
            (self._passages, self.change_passages),
        ):
            slider.input(change, [slider], [self._said], trigger_mode="always_last", **quiet)

    def show(self, said: str = "") -> tuple[Update, ...]:
        """The settings as they are now, whoever changed them."""
        settings = self._desk.settings
        names = dict.fromkeys((*usable_chat_models(settings), settings.chat_model))
        return (
            gr.update(
                choices=[(model_label(name), name) for name in names], value=settings.chat_model
            ),
            length_word(settings.answer_tokens),
            settings.refuse_below,
            settings.top_k,
            said or _note(strictness_words(settings)),
        )

    def change_model(self, name: str) -> tuple[Update, ...]:
        """Load another model; if that fails, the old one stays."""
        return self._apply(f"{model_label(name)} answers from now on.", chat_model=name)

    def change_length(self, word: str) -> tuple[Update, ...]:
        """Let answers be shorter or longer."""
        return self._apply("", answer_tokens=LENGTHS.get(word, self._desk.settings.answer_tokens))

    def change_strictness(self, value: float) -> str:
        """Refuse sooner or later; returns what to say of it."""
        said = self._try(refuse_below=round(value, 2))
        return said or _note(strictness_words(self._desk.settings))

    def change_passages(self, value: float) -> str:
        """Build answers from more or fewer passages; returns what to say of it."""
        said = self._try(top_k=round(value))
        return said or _note(f"Passages: {self._desk.settings.top_k}.")

    def _begin(self, name: str) -> str:
        return _note(
            f"Loading {model_label(name)}… Questions are answered by the old model meanwhile."
        )

    def _apply(self, said: str, **changed: Any) -> tuple[Update, ...]:
        return self.show(self._try(**changed) or (_note(said) if said else ""))

    def _try(self, **changed: Any) -> str:
        """What to say if it did not work."""
        try:
            self._desk.apply(**changed)
        except RagError as error:
            return _note(f"{error} Nothing was changed.", wrong=True)
        except Exception:
            logger.exception("The settings could not be changed")
            return _note(UNFORESEEN, wrong=True)
        return ""


def model_label(name: str) -> str:
    """What a model is called on the page: of a path, the file's name."""
    return name if name.startswith("hub:") else Path(name).name.removesuffix(".gguf")


def length_word(tokens: int) -> str:
    """The word for the nearest length."""
    return min(LENGTHS, key=lambda word: abs(LENGTHS[word] - tokens))


def strictness_words(settings: Settings) -> str:
    """What the strictness means."""
    words = next(words for most, words in _STRICTNESS if settings.refuse_below <= most)
    return f"Strictness {settings.refuse_below:.2f}: {words}."


def _note(words: str, *, wrong: bool = False) -> str:
    role = "alert" if wrong else "status"
    return f'<p class="sb-said{" sb-trouble" if wrong else ""}" role="{role}">{inert(words)}</p>'
