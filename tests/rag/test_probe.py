"""The probe: which model it belongs to, when it is asked instead of the model's Yes, and that it tells near misses."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

import rag.probe
from rag import ModelInfo, Settings, open_chat_model
from rag.compose import answer_messages
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

    def hidden_states(self, messages, layer):
        assert layer == 3
        self.prompts.append(messages)
        return rows(self.state)


def rows(*states):
    return np.array(states, np.float32)


@pytest.fixture
def probe(monkeypatch):
    """One that looks at the last token only."""
    found = Probe(
        model="1" * 64,
        prompt="0" * 64,
        layer=3,
        weights=rows((1.0, -3.0))[0],
        tokens=1,
        keys=np.zeros((0, 2), np.float32),
        values=np.zeros((0, 2), np.float32),
        bias=0.5,
    )
    monkeypatch.setattr(rag.probe, "_shipped_probe", lambda: found)
    return found


def test_there_is_one_for_the_default_model_and_the_prompt_as_it_stands():
    """Whoever changes the prompt must fit the probe again."""
    (file,) = DEFAULT.files
    found = probe_for(ModelInfo(name="any", sha256=file.sha256))
    assert found is not None
    assert found.weights.shape == (1536,)
    assert found.keys.shape == found.values.shape == (len(found.keys), 1536)
    assert len(found.keys) > 0
    assert found.prompt == rag.probe.prompt_digest()


def test_other_models_have_none(probe):
    assert probe_for(ModelInfo(name="open", sha256="1" * 64)) is probe
    assert probe_for(ModelInfo(name="other", sha256="2" * 64)) is None


def test_a_probability_is_one_whatever_the_state(probe):
    assert probe.probability(rows((2.0, 1.0))) == pytest.approx(1 / (1 + math.exp(0.5)))
    assert 0.0 <= probe.probability(rows((-1e9, 1e9))) < 0.01
    assert 0.99 < probe.probability(rows((1e9, -1e9))) <= 1.0


def test_a_head_finds_the_token_that_matters_to_it(probe):
    """Among the last ones: it looks for the second number, and votes by the first one."""
    looking = replace(
        probe, weights=rows((0.0, 0.0))[0], tokens=3, keys=rows((0, 90)), values=rows((1, 0))
    )
    matters, others = (2.0, 1.0), [(-7.0, 0.0), (5.0, -1.0)]
    expected = pytest.approx(1 / (1 + math.exp(-2.5)))
    for at in range(3):
        seen = [*others[:at], matters, *others[at:]]
        assert looking.probability(rows((9.0, 2.0), *seen)) == expected  # the first is too far back
    equal = replace(looking, keys=rows((0, 0)))
    assert equal.probability(rows((3.0, 1.0), (-3.0, 5.0), (6.0, 0.0))) == expected  # their mean
    two = replace(looking, keys=rows((0, 90), (0, 0)), values=rows((1, 0), (1, 0)))
    assert two.probability(rows(*others, matters)) == pytest.approx(1 / (1 + math.exp(-2.5)))


def test_states_of_another_width_are_none(probe):
    with pytest.raises(ValueError, match="mismatch"):
        probe.probability(rows((1.0,)))


def test_the_state_is_read_where_the_answer_begins(probe):
    model = Open(["unused"], yes=0.1)
    quotes = [quote(BRIDGE), quote("The ferry to Sund is blue.")]
    assert states_the_answer(model, "Who?", quotes, [2]) == probe.probability(rows((2.0, 1.0)))
    assert states_the_answer(model, "Who?", quotes) == probe.probability(rows((2.0, 1.0)))
    assert model.prompts == [answer_messages("Who?", quotes, [2]), answer_messages("Who?", quotes)]


def test_without_a_probe_the_model_is_taken_at_its_word(monkeypatch):
    monkeypatch.setattr(rag.probe, "_shipped_probe", lambda: None)
    model = Open(["unused"], yes=0.1)
    assert states_the_answer(model, "Who?", [quote("A dog barks."), quote(BRIDGE)], [2]) == 0.1
    assert model.prompts == [render("judge", text=f"undated: {BRIDGE}", question="Who?")]
    assert states_the_answer(ScriptedChatModel(["unused"], yes=0.2), "Who?", [quote(BRIDGE)]) == 0.2


def test_a_probe_for_another_prompt_is_none(monkeypatch):
    rag.probe._shipped_probe.cache_clear()
    monkeypatch.setattr(rag.probe, "prompt_digest", lambda: "0" * 64)
    try:
        assert rag.probe._shipped_probe() is None
    finally:
        rag.probe._shipped_probe.cache_clear()


QUOTES = [quote(BRIDGE), quote("The ferry to Sund is blue.")]
ONE, SEVERAL = "Who rebuilt the ferry?", "Which ports were rebuilt, and who paid?"
SURE, MAYBE, UNLIKELY, SURELY_NOT = 2.0, -0.5, -1.0, -4.0  # .92, .5, .38, .03


class Seeing(Open):
    """Its state tells of the quotes that it reads, by their numbers in the order of the prompt."""

    def __init__(self, states):
        super().__init__(["unused"])
        self.states = states

    def hidden_states(self, messages, layer):
        self.prompts.append(messages)
        shown = re.findall(r"\[(\d)\] undated", messages[-1]["content"])
        return rows((self.states[tuple(map(int, shown))], 0.0))


@pytest.mark.parametrize(
    ("question", "states", "read", "looks"),
    [
        (ONE, {(1,): SURE}, (1,), 1),
        (ONE, {(1,): UNLIKELY, (2,): SURE}, (2,), 2),
        (ONE, {(1,): SURELY_NOT, (2,): SURE}, (2,), 2),
        (ONE, {(1,): UNLIKELY, (2,): UNLIKELY}, (), 2),
        (ONE, {(1,): MAYBE, (2,): SURE}, (2,), 2),
        (ONE, {(1,): MAYBE, (2,): MAYBE}, (1,), 2),
        (ONE, {(1,): MAYBE, (2,): MAYBE + 0.1}, (2,), 2),
        (SEVERAL, {(2, 1): SURE}, (1, 2), 1),  # one quote may hold a part only
        (SEVERAL, {(2, 1): UNLIKELY}, (), 1),
    ],
)
def test_how_sure_a_quote_is_decides_what_is_read(probe, question, states, read, looks):
    model = Seeing(states)
    judgement = Judgement(model, question, QUOTES, Settings())
    for _ in range(2):  # what it has judged is remembered
        assert judgement.to_read() == read
        assert len(model.prompts) == looks
    assert judgement.highest == max(probe.probability(rows((one, 0.0))) for one in states.values())


@pytest.mark.parametrize(
    ("of_the_first_two", "of_the_fourth", "read", "looks"),
    [
        (SURELY_NOT, SURE, (4,), 4),
        (SURELY_NOT, UNLIKELY, (), 4),
        (SURELY_NOT, MAYBE, (), 4),  # who looks more often must be surer
        (UNLIKELY, SURE, (), 2),  # they are near enough: others are not looked for
    ],
)
def test_where_the_first_two_hardly_do_two_more_are_looked_at(
    probe, of_the_first_two, of_the_fourth, read, looks
):
    states = {(1,): of_the_first_two, (2,): of_the_first_two, (3,): SURELY_NOT, (4,): of_the_fourth}
    model = Seeing({**states, (5,): SURE})
    quotes = [quote(f"Number {number} stands here.") for number in range(1, 6)]
    assert Judgement(model, ONE, quotes, Settings()).to_read() == read
    assert len(model.prompts) == looks
    always = Judgement(Seeing({**states, (5,): SURE}), ONE, quotes, Settings(refuse_below=0))
    assert always.to_read()


def test_of_what_was_read_for_one_thing_no_more_is_asked(probe):
    model = Seeing({(1,): UNLIKELY, (2,): SURE})
    judgement = Judgement(model, ONE, QUOTES, Settings())
    assert judgement.of_answer(judgement.to_read(), [1]) == probe.probability(rows((SURE, 0.0)))
    assert len(model.prompts) == len(model.states)


def test_what_was_written_from_all_quotes_after_one_must_be_stated_by_what_it_cites(probe):
    judgement = Judgement(
        Seeing({(2, 1): SURE, (1,): SURE, (2,): UNLIKELY}), ONE, QUOTES, Settings()
    )
    assert judgement.will_do(judgement.every)
    assert judgement.of_answer(judgement.every, [2]) == probe.probability(rows((UNLIKELY, 0.0)))


def test_one_quote_is_no_more_than_it_is(probe):
    assert Judgement(Seeing({(1,): SURE}), ONE, QUOTES[:1], Settings()).to_read() == (1,)
    assert Judgement(Seeing({(1,): UNLIKELY}), ONE, QUOTES[:1], Settings()).to_read() == ()


def test_what_an_answer_put_together_cites_must_state_it_too(probe):
    judgement = Judgement(Seeing({(2, 1): SURE, (2,): UNLIKELY}), SEVERAL, QUOTES, Settings())
    read = judgement.to_read()
    assert judgement.of_answer(read, [2]) == probe.probability(rows((UNLIKELY, 0.0)))
    assert judgement.of_answer(read, [1, 2]) == probe.probability(rows((SURE, 0.0)))


def test_whoever_wants_no_refusals_gets_none(probe):
    for question, read in ((ONE, (1,)), (SEVERAL, (1, 2))):
        model = Seeing({(1,): SURELY_NOT, (2,): SURELY_NOT, (2, 1): SURELY_NOT})
        assert Judgement(model, question, QUOTES, Settings(refuse_below=0)).to_read() == read


def test_strictness_decides_which_quote_will_do(probe):
    model = Seeing({(1,): 1.5, (2,): 4.0})  # .87, .99
    assert Judgement(model, ONE, QUOTES, Settings()).to_read() == (1,)
    assert Judgement(model, ONE, QUOTES, Settings(refuse_below=0.9)).to_read() == (2,)
    assert Judgement(model, ONE, QUOTES, Settings(refuse_below=0.995)).to_read() == ()


def test_without_a_probe_all_quotes_are_read_and_what_is_cited_is_judged():
    model = ScriptedChatModel(["unused"], yes=0.3)
    judgement = Judgement(model, ONE, QUOTES, Settings())
    assert judgement.to_read() == (1, 2)
    assert (judgement.highest, len(model.prompts)) == (None, 0)
    assert judgement.of_answer((1, 2), [2]) == 0.3
    assert model.prompts == [
        render("judge", text="undated: The ferry to Sund is blue.", question=ONE)
    ]


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
