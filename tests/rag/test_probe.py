"""The probe: which model it belongs to, when it is asked instead of the model's Yes, and that it tells near misses."""

import math

import pytest

import rag.probe
from rag import ModelInfo, Settings, open_chat_model
from rag.probe import Probe, probe_for
from rag.prompts import render
from rag.refuse import Judgement, states_the_answer
from rag.registry import registered_models
from rag.testing import ScriptedChatModel
from tests.rag.test_check import quote

DEFAULT = registered_models()[Settings.load().chat_model]
BRIDGE = (
    "The ferry to Orsk was rebuilt between 1961 and 1963 by the shipyard of Lena Ortiz, for 310,000 crowns. Ten "
    "years later it was sold to Norway."
)


class Open(ScriptedChatModel):
    """A model that lets its state be read."""

    info = ModelInfo(name="open", sha256="1" * 64)
    state = (2.0, 1.0)

    def hidden_state(self, messages, layer):
        assert layer == 3
        self.prompts.append(messages)
        return self.state


@pytest.fixture
def probe(monkeypatch):
    found = Probe(model="1" * 64, prompt="0" * 64, layer=3, weights=(1.0, -3.0), bias=0.5)
    monkeypatch.setattr(rag.probe, "_shipped_probe", lambda: found)
    return found


def test_there_is_one_for_the_default_model_and_the_prompt_as_it_stands():
    """Whoever changes the prompt must fit the probe again."""
    (file,) = DEFAULT.files
    found = probe_for(ModelInfo(name="any", sha256=file.sha256))
    assert found is not None
    assert len(found.weights) == 1536
    assert found.prompt == rag.probe.prompt_digest()


def test_other_models_have_none(probe):
    assert probe_for(ModelInfo(name="open", sha256="1" * 64)) is probe
    assert probe_for(ModelInfo(name="other", sha256="2" * 64)) is None


def test_a_probability_is_one_whatever_the_state(probe):
    assert probe.probability([2.0, 1.0]) == pytest.approx(1 / (1 + math.exp(0.5)))
    assert 0.0 <= probe.probability([-1e9, 1e9]) < 0.01
    assert 0.99 < probe.probability([1e9, -1e9]) <= 1.0


def test_a_state_of_another_width_is_no_state(probe):
    with pytest.raises(ValueError, match="shorter"):
        probe.probability([1.0])


def test_the_state_is_read_at_the_end_of_the_judges_prompt(probe):
    model = Open(["unused"], yes=0.1)
    assert states_the_answer(model, "Who?", [quote(BRIDGE)]) == probe.probability([2.0, 1.0])
    (messages,) = model.prompts
    assert messages == render("judge", text=f"undated: {BRIDGE}", question="Who?")


def test_without_a_probe_the_model_is_taken_at_its_word(monkeypatch):
    monkeypatch.setattr(rag.probe, "_shipped_probe", lambda: None)
    assert states_the_answer(Open(["unused"], yes=0.1), "Who?", [quote(BRIDGE)]) == 0.1
    assert states_the_answer(ScriptedChatModel(["unused"], yes=0.2), "Who?", [quote(BRIDGE)]) == 0.2


def test_a_probe_for_another_prompt_is_none(monkeypatch):
    rag.probe._shipped_probe.cache_clear()
    monkeypatch.setattr(rag.probe, "prompt_digest", lambda: "0" * 64)
    try:
        assert rag.probe._shipped_probe() is None
    finally:
        rag.probe._shipped_probe.cache_clear()


@pytest.mark.parametrize(
    ("state", "question", "read"),
    [
        ([2.0, 0.0], "Who rebuilt the ferry?", 1),
        ([0.0, 0.0], "Who rebuilt the ferry?", 2),  # not sure
        ([-4.0, 0.0], "Who rebuilt the ferry?", 0),  # surely not
        (
            [2.0, 0.0],
            "Which ports were rebuilt, and who paid?",
            2,
        ),  # one quote may hold a part only
        ([-4.0, 0.0], "Which ports were rebuilt, and who paid?", 2),
    ],
)
def test_how_sure_the_best_quote_is_decides_what_is_read(probe, state, question, read):
    model = Open(["unused"])
    model.state = state
    judgement = Judgement(model, question, Settings())
    quotes = [quote(BRIDGE), quote("The ferry to Sund is blue.")]
    assert list(judgement.to_read(quotes)) == quotes[:read]
    judgement.confidence(quotes[:1])
    assert len(model.prompts) == 1  # what it has judged is remembered


def test_whoever_wants_no_refusals_gets_none(probe):
    model = Open(["unused"])
    model.state = (-4.0, 0.0)
    quotes = [quote(BRIDGE), quote("The ferry to Sund is blue.")]
    assert Judgement(model, "Who?", Settings(refuse_below=0)).to_read(quotes) == quotes


def test_one_quote_is_not_enough_if_it_would_be_refused(probe):
    model = Open(["unused"])
    model.state = (0.7, 0.0)  # .77
    quotes = [quote(BRIDGE), quote("The ferry to Sund is blue.")]
    assert Judgement(model, "Who?", Settings()).to_read(quotes) == quotes[:1]
    assert Judgement(model, "Who?", Settings(refuse_below=0.9)).to_read(quotes) == quotes


def test_without_a_probe_all_quotes_are_read(probe):
    model = ScriptedChatModel(["unused"], yes=1.0)
    quotes = [quote(BRIDGE), quote("The ferry to Sund is blue.")]
    assert Judgement(model, "Who?", Settings()).to_read(quotes) == quotes
    assert not model.prompts


def test_the_real_model_tells_what_is_stated_from_what_is_near_it():
    model = open_chat_model(Settings.load())
    stated = (
        "Who rebuilt the ferry to Orsk?",
        "When was the ferry to Orsk rebuilt?",
        "To which country was the ferry to Orsk sold?",
    )
    near = (
        "How many passengers does the ferry to Orsk carry?",
        "Who bought the bridge of Orsk?",
        "How much was the ferry to Orsk sold for?",
    )
    try:
        yes, no = (
            [states_the_answer(model, question, [quote(BRIDGE)]) for question in questions]
            for questions in (stated, near)
        )
    finally:
        model.close()
    assert min(yes) > 0.6
    assert max(no) < 0.5
