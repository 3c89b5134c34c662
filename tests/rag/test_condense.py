"""When a question needs the history, and that it is left alone otherwise."""

import pytest

from rag import REFUSAL, Turn
from rag.condense import condense, leans_on_history
from rag.testing import ScriptedChatModel

HISTORY = [Turn(question=f"Question {number}?", answer="word " * 500) for number in range(5)]


def result(question, history, model):
    pieces = condense(question, history, model)
    while True:
        try:
            assert next(pieces) == ""
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(
    "question",
    [
        "And in Chad?",
        "How much did it cost?",
        "Who led them?",
        "Why?",
        "What about Niger and its army?",
        "Where in Gdansk?",
        "Why Norwin?",
        "Who paid?",
        "Is it Norwin?",
        "Why did the talks in the port fail?",
    ],
)
def test_pronouns_openings_and_fragments_lean_on_the_history(question):
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who is the spokesperson of the Kremlin?",
        "When did Norwin close the plant in Gdansk?",
        "Why did Norwin leave Gdansk?",
        "Who founded Norwin?",
        "Who is Ortiz?",
        "Is Norwin leaving Gdansk?",
    ],
)
def test_full_questions_do_not(question):
    assert not leans_on_history(question)


def test_without_history_no_model_is_asked():
    model = ScriptedChatModel(["x?"])
    assert result("And why?", [], model) == "And why?"
    assert model.prompts == []


def test_only_the_last_turns_are_told_and_cut_short():
    model = ScriptedChatModel(["Why was the bridge closed?"])
    assert result("Why?", HISTORY, model) == "Why was the bridge closed?"
    prompt = model.prompts[0][-1]["content"]
    assert "Question 4?" in prompt
    assert "Question 2?" not in prompt
    assert len(prompt) < 1200
    assert model.grammars[0] is not None


@pytest.mark.parametrize("reply", [" ", "Why?", "why?", "Question 4?"])
def test_where_the_model_puts_nothing_in_the_question_before_is_put_in_front(reply):
    assert result("Why?", HISTORY, ScriptedChatModel([reply])) == "Question 4? Why?"


@pytest.mark.parametrize(
    ("question", "answer", "asked"),
    [
        (
            "Whose count is that?",
            "They have 28 [1]. Two left [2].",
            "How many have one? They have 28. Whose count is that?",
        ),
        ("And in Chad?", "They have 28 [1].", "How many have one? And in Chad?"),
        ("Whose count is that?", REFUSAL, "How many have one? Whose count is that?"),
        ("Whose count is that?", "", "How many have one? Whose count is that?"),
    ],
)
def test_what_that_points_to_is_put_in_front_with_its_question(question, answer, asked):
    before = [Turn(question="How many have one?", answer=answer)]
    assert result(question, before, ScriptedChatModel(["How many have one?"])) == asked
