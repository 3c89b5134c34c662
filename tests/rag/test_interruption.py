"""A model that is stopped falls silent at once, and answers the next question as if nothing had been."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import llama_cpp
import pytest

from rag import (
    Chunk,
    Document,
    Finished,
    Interrupted,
    Interruptible,
    ModelError,
    Passage,
    Pipeline,
    Settings,
    open_chat_model,
)
from rag.generate import LlamaChatModel
from rag.prefixes import PrefixCache
from rag.testing import HashEmbedder, ScriptedChatModel

LONG = [
    {"role": "system", "content": "You answer in one word. " * 12},
    {
        "role": "user",
        "content": "The birds of the northern islands fly. " * 12 + "Do they? Yes or No.",
    },
]


@pytest.fixture(scope="module")
def small() -> Iterator[LlamaChatModel]:
    model = open_chat_model(Settings.load(chat_model="smollm2-135m-instruct", context_tokens=1024))
    yield model
    model.close()


@pytest.fixture(params=[False, True], ids=["nothing kept", "beginning kept"])
def model(small: LlamaChatModel, request: pytest.FixtureRequest, tmp_path: Any) -> LlamaChatModel:
    small._reader.prefixes = PrefixCache(tmp_path if request.param else None, model="test")
    for number in list(small._layers):
        small._layers.pop(number).close()
    return small


def interrupt_in_step(
    model: LlamaChatModel, monkeypatch: pytest.MonkeyPatch, number: int
) -> Callable[[], int]:
    """Interrupt the model in the middle of a step of reading; how many it has begun is returned."""
    decode, steps = llama_cpp.llama_decode, 0

    def step(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == number:
            model.interrupt()
        return decode(*arguments)

    monkeypatch.setattr(llama_cpp, "llama_decode", step)
    return lambda: steps


def test_the_fake_has_no_need_to_be_interruptible(small: LlamaChatModel) -> None:
    assert isinstance(small, Interruptible)
    assert not isinstance(ScriptedChatModel(["x"]), Interruptible)


@pytest.mark.parametrize("number", [1, 2])
def test_reading_up_to_a_layer_ends_too(
    model: LlamaChatModel, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    expected = model.hidden_states(LONG, 5).tolist()
    unseen = f"Reply in {number} words, {id(model._reader.prefixes)}. " * 12
    other = [{"role": "system", "content": unseen}, LONG[1]]
    with monkeypatch.context() as patch:
        steps = interrupt_in_step(model, patch, number)
        with pytest.raises(Interrupted):
            model.hidden_states(other, 5)
        assert steps() == number
    model.resume()
    state = model.hidden_states(other, 5).tolist()
    assert model.hidden_states(LONG, 5).tolist() == expected
    model._layers.pop(5).close()
    assert model.hidden_states(other, 5).tolist() == state


def test_a_layer_that_is_not_there_is_an_error(model: LlamaChatModel) -> None:
    with pytest.raises(ModelError, match="no layer"):
        model.hidden_states(LONG, 99)


PRESSED = """
import os, signal
import llama_cpp
from rag import Settings, open_chat_model

model = open_chat_model(Settings.load(chat_model="smollm2-135m-instruct", context_tokens=1024))
asked = [{"role": "user", "content": "The birds of the northern islands fly. " * 12}]
expected, decode = model.hidden_states(asked, 5).tolist(), llama_cpp.llama_decode

def press(*arguments):
    os.kill(os.getpid(), signal.SIGINT)
    return decode(*arguments)

model._layers.pop(5).close()
llama_cpp.llama_decode = press
try:
    model.hidden_states(asked, 5)
except KeyboardInterrupt:
    llama_cpp.llama_decode = decode
    model.resume()
    assert model.hidden_states(asked, 5).tolist() == expected
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    print("ended")
model.close()
"""


def test_ctrl_c_ends_reading_up_to_a_layer() -> None:
    """In a process of its own: whatever other tests load may have its own idea of signals."""
    done = subprocess.run(
        [sys.executable, "-c", PRESSED], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.returncode) == ("ended\n", 0), done.stderr


@pytest.mark.parametrize("number", [1, 2])
def test_reading_ends_in_the_middle_of_a_step(
    model: LlamaChatModel,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    number: int,
) -> None:
    expected = model.yes_probability(LONG)
    model.yes_probability(LONG[:1])  # else it is still known
    with monkeypatch.context() as patch:
        steps = interrupt_in_step(model, patch, number)
        with pytest.raises(Interrupted):
            model.yes_probability(LONG)
        assert steps() == number
    model.resume()
    assert model.yes_probability(LONG) == expected
    assert capfd.readouterr().err == ""


def test_a_reply_ends_between_two_words_and_the_next_is_whole(model: LlamaChatModel) -> None:
    expected = [*model.stream(LONG, max_tokens=12)]
    reply = model.stream(LONG, max_tokens=12)
    while not next(reply):
        pass
    model.interrupt()
    with pytest.raises(Interrupted):
        list(reply)
    model.resume()
    whole = [*model.stream(LONG, max_tokens=12)]
    assert "".join(whole) == "".join(expected)


def test_nothing_is_answered_until_it_is_resumed(
    model: LlamaChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.interrupt()
    steps = interrupt_in_step(model, monkeypatch, 0)
    for ask in (lambda: model.yes_probability(LONG), lambda: list(model.stream(LONG))):
        with pytest.raises(Interrupted):
            ask()
    assert steps() == 0
    model.resume()
    assert 0 <= model.yes_probability(LONG) <= 1


def test_other_errors_are_not_taken_for_an_interruption(
    model: LlamaChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_cpp, "llama_decode", lambda *_: -3)
    with pytest.raises(ModelError, match="-3"):
        model.yes_probability(LONG)


class Stoppable(ScriptedChatModel):
    """Says what it is told unless it is interrupted."""

    stopped = False

    def interrupt(self) -> None:
        self.stopped = True

    def resume(self) -> None:
        self.stopped = False

    def stream(self, *given: Any, **options: Any) -> Iterator[str]:
        for piece in super().stream(*given, **options):
            if self.stopped:
                raise Interrupted("stopped")
            yield piece


class OneDocument:
    def retrieve(self, query: str, *, top_k: int = 5, **filters: Any) -> tuple[Passage, ...]:
        text = "The library in Agadez opens at nine."
        document = Document(id="0" * 12, source="a.txt", title="a", text=text, sha256="0" * 64)
        chunk = Chunk(id="c", document_id=document.id, start=0, end=len(text))
        return (Passage(chunk=chunk, document=document, score=1.0, rank=1),)


def test_a_pipeline_that_was_interrupted_answers_the_next_question() -> None:
    model = Stoppable(["The library in Agadez opens at nine [1]."])
    pipeline = Pipeline(OneDocument(), model, HashEmbedder(), Settings.load())
    events = pipeline.stream("When does the library in Agadez open?")
    while not model.prompts:
        next(events)
    pipeline.interrupt()
    with pytest.raises(Interrupted):
        list(events)
    *_, last = pipeline.stream("When does the library in Agadez open?")
    assert isinstance(last, Finished)
    assert last.answer.tokens is not None  # it was written to its end


def test_interrupting_a_model_that_cannot_be_does_nothing() -> None:
    Pipeline(OneDocument(), ScriptedChatModel(["x"]), HashEmbedder(), Settings.load()).interrupt()
