"""Settings on the page, where no browser is needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Settings, usable_chat_models
from tests.rag.test_models import gguf_file
from tests.ui.desks import indexed_desk
from ui.desk.desk import Desk
from ui.preferences import PreferencesPart, length_word, model_label, strictness_words

MODEL, LENGTH, STRICTNESS, PASSAGES, SAID = range(5)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    settings = settings.model_copy(update={"models_dir": tmp_path / "models"})
    with indexed_desk(settings) as desk:
        yield desk


def test_each_setting_applies_and_is_shown(desk: Desk) -> None:
    part = PreferencesPart(desk)
    assert part.change_length("Long")[LENGTH] == "Long"
    assert "0.70: rather strict" in part.change_strictness(0.7000000001)
    assert "Passages: 3" in part.change_passages(3)
    settings = desk.settings
    assert (settings.answer_tokens, settings.refuse_below, settings.top_k) == (320, 0.7, 3)
    shown = PreferencesPart(desk).show()  # every tab sees them
    assert (shown[LENGTH], shown[STRICTNESS], shown[PASSAGES]) == ("Long", 0.7, 3)
    assert "rather strict" in shown[SAID]


def test_a_setting_that_cannot_be_applied_changes_nothing(desk: Desk) -> None:
    part = PreferencesPart(desk)
    before = desk.settings
    for said in (
        part.change_strictness(5.0),
        part.change_model("no-such-model")[SAID],
        part.change_model(str(desk.settings.home / "none.gguf"))[SAID],
    ):
        assert "alert" in said
        assert "Nothing was changed" in said
    assert desk.settings == before
    assert part.change_length("Enormous")[LENGTH] == "Medium"


def test_an_unforeseen_error_is_logged_not_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(desk, "apply", lambda **_: 1 / 0)
    said = PreferencesPart(desk).change_passages(3)
    assert "division" not in said
    assert "alert" in said
    assert "ZeroDivisionError" in caplog.text


def test_only_models_that_are_here_and_whole_are_offered(desk: Desk) -> None:
    folder = desk.settings.models_dir
    folder.mkdir()
    (folder / "broken.gguf").write_text("GGUF and no more")
    (folder / "note.txt").write_text("x")
    assert not any("broken" in name for name in usable_chat_models(desk.settings))
    choices = PreferencesPart(desk).show()[MODEL]["choices"]
    assert (desk.settings.chat_model, desk.settings.chat_model) in choices


def test_another_whole_model_is_offered_by_its_name(desk: Desk) -> None:
    folder = desk.settings.models_dir
    folder.mkdir()
    (folder / "mine.gguf").write_bytes(gguf_file())
    assert str(folder / "mine.gguf") in usable_chat_models(desk.settings)
    shutil.copy(folder / "mine.gguf", folder / "ada--things--tiny.gguf")
    assert "hub:ada/things/tiny.gguf" in usable_chat_models(desk.settings)
    labels = [label for label, _ in PreferencesPart(desk).show()[MODEL]["choices"]]
    assert {"mine", "hub:ada/things/tiny.gguf"} <= set(labels)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("/models/a.b.gguf", "a.b"),
        ("qwen2.5-coder", "qwen2.5-coder"),
        ("hub:a/b/c.gguf", "hub:a/b/c.gguf"),
    ],
)
def test_models_have_short_names(name: str, label: str) -> None:
    assert model_label(name) == label


@pytest.mark.parametrize(("tokens", "word"), [(16, "Short"), (160, "Medium"), (5000, "Long")])
def test_the_nearest_length_has_the_word(tokens: int, word: str) -> None:
    assert length_word(tokens) == word


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "lenient"), (0.5, "balanced"), (1.0, "strict: ")]
)
def test_strictness_has_words(settings: Settings, value: float, words: str) -> None:
    assert words in strictness_words(settings.model_copy(update={"refuse_below": value}))
