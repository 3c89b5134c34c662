"""Gold questions against the documents that they are asked of."""

import random
import time

import pytest

from rag.evaluate.contexts import locate
from rag.gold import GoldQuestion
from rag.gold_check import check_against, fit_to
from rag.types import Document


def document(source, text, name="0123456789ab"):
    return Document(id=name, source=source, title="T", text=text, sha256="0" * 64)


def question(name="q", *, answerable=True, ids=(), contexts=()):
    return GoldQuestion(
        id=name,
        user_input="Where?",
        reference=None,
        answerable=answerable,
        reference_context_ids=ids,
        reference_contexts=contexts,
    )


CATS = document("pets/cats.txt", "The cat\n  sat\u00a0on the\r\nmat.", "aaaaaaaaaaaa")
DOGS = document("pets/dogs.txt", "The dog ran.", "bbbbbbbbbbbb")
DOCUMENTS = [CATS, DOGS]


@pytest.mark.parametrize("name", ["aaaaaaaaaaaa", "pets/cats.txt", "cats.txt"])
def test_a_document_goes_by_its_id_its_source_and_its_file_name(name):
    assert check_against([question(ids=(name,))], DOCUMENTS) == []


@pytest.mark.parametrize("name", ["cat.txt", "pets", "Cats.txt", "", "ets/cats.txt"])
def test_any_other_name_is_told(name):
    (problem,) = check_against([question(ids=(name,))], DOCUMENTS, lines={"q": 7})
    assert problem.line == 7 and problem.id == "q" and problem.where == "line 7"
    assert f'no indexed document is called "{name}"' in problem.reason


def test_the_closest_name_is_told():
    (problem,) = check_against([question(ids=("cast.txt",))], DOCUMENTS)
    assert '(closest: "cats.txt")' in problem.reason
    assert problem.where == "question q"


def test_the_id_of_a_corpus_is_led_to_its_file():
    documents = [document("a%2Fb.txt", "x"), document("a/b/c.txt", "x")]
    (problem,) = check_against([question(ids=("a/b",))], documents)
    assert '(closest: "a%2Fb.txt")' in problem.reason


@pytest.mark.parametrize(
    "context", ["The cat sat on the mat.", "cat sat\n\n on", "  he cat\tsa ", "The dog ran."]
)
@pytest.mark.parametrize("ids", [(), ("cats.txt",)])
def test_white_space_does_not_matter_nor_which_document_it_is(context, ids):
    assert any(locate(context, one.text) for one in DOCUMENTS)
    assert check_against([question(ids=ids, contexts=(context,))], DOCUMENTS) == []


@pytest.mark.parametrize(
    "context", ["The cat sat on a mat.", "mat. The dog", "the cat sat", "catsat"]
)
def test_a_context_that_occurs_nowhere_is_told(context):
    assert not any(locate(context, one.text) for one in DOCUMENTS)
    questions = [question("a"), question("b", ids=("cats.txt",), contexts=(context,))]
    (problem,) = check_against(questions, DOCUMENTS)
    assert problem.id == "b"
    assert f'"{context}" occurs in no indexed document' in problem.reason


def test_an_empty_context_is_told():
    (problem,) = check_against([question(contexts=(" \n",))], DOCUMENTS)
    assert "one is empty" in problem.reason


def test_every_problem_comes_in_the_order_of_the_questions():
    questions = [
        question("a", ids=("x", "x", "y"), contexts=("nowhere",)),
        question("b"),
        question("c", contexts=("nowhere", "The dog")),
    ]
    problems = check_against(questions, DOCUMENTS, lines={"a": 1, "c": 9})
    assert [(problem.id, problem.line) for problem in problems] == [
        ("a", 1),
        ("a", 1),
        ("a", 1),
        ("c", 9),
    ]


def test_what_fits_is_kept():
    questions = [
        question("a", ids=("cats.txt", "x"), contexts=("nowhere", "The dog ran.")),
        question("b", ids=("x",), contexts=("nowhere",)),
        question("c", answerable=False, ids=("x",)),
        question("d"),
    ]
    kept, problems = fit_to(questions, DOCUMENTS)
    assert kept == (
        question("a", ids=("cats.txt",), contexts=("The dog ran.",)),
        question("c", answerable=False),
        question("d"),
    )
    assert [(problem.id, problem.mended) for problem in problems] == [
        ("a", True),
        ("a", True),
        ("b", False),
        ("b", False),
        ("c", True),
    ]
    assert problems == check_against(questions, DOCUMENTS)


def test_many_questions_are_quick_even_if_all_of_them_are_wrong():
    chance = random.Random(1)
    words = [f"word{number}" for number in range(5000)]
    documents = [
        document(f"{number}.txt", " ".join(chance.choices(words, k=60))) for number in range(2000)
    ]
    questions = [
        question(
            f"q{number}", ids=(f"none-{number}",), contexts=(f"{chance.choice(words)} {number}!",)
        )
        for number in range(1000)
    ]
    started = time.process_time()
    assert len(check_against(questions, documents)) == 2000
    assert time.process_time() - started < 10
