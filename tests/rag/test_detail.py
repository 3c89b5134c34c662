"""An answer from one quote gets the further ones of its document that hold it, and to an open question more is told."""

from dataclasses import replace

import pytest

from rag import Document, Quote, Settings
from rag.check import check
from rag.compose import Draft
from rag.decide import Outcome
from rag.detail import add_detail, is_open
from rag.refuse import Judgement
from rag.testing import ScriptedChatModel

FIRST = "The solicitor is the top lawyer of the state."
SECOND = "She represents the state before the court of appeal."
THIRD = "The top lawyer of the state is the solicitor, as the law has it."
OPEN = "What does the solicitor do?"


def quotes_of(*texts: str) -> list[Quote]:
    """One document, each of its paragraphs a quote."""
    whole = "\n\n".join(texts)
    document = Document(id="d", source="d.txt", title="T", text=whole, sha256="0" * 64)
    starts = [whole.index(one) for one in texts]
    return [
        Quote(document=document, start=at, end=at + len(one))
        for at, one in zip(starts, texts, strict=True)
    ]


def detailed(quotes: list[Quote], reply: str, asked: str = OPEN, *, yes: float = 0.9) -> Outcome:
    model = ScriptedChatModel([reply], yes=yes)
    judgement = Judgement(model, asked, quotes, Settings())
    first = Outcome(claims=(check(asked, Draft(FIRST, (1,)), quotes[:1]),))
    steps = add_detail(asked, first, quotes, judgement, model)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def test_an_open_question_is_told_what_another_quote_says():
    outcome = detailed(quotes_of(FIRST, SECOND), f"{SECOND} [2]")
    first, more = outcome.claims
    assert outcome.tokens and not outcome.dropped
    assert first.text == FIRST
    assert (more.text, [one.number for one in more.citations]) == (SECOND, [2])


def test_what_was_written_in_vain_is_kept():
    outcome = detailed(quotes_of(FIRST, SECOND), "She represents Texas before the court. [2]")
    assert [one.reason for one in outcome.dropped] == ["the source does not mention Texas"]


def test_a_sentence_gets_the_other_quote_that_holds_it_and_nothing_is_written():
    outcome = detailed(quotes_of(FIRST, THIRD), "Never written [2].")
    (claim,) = outcome.claims
    assert outcome.tokens is None
    assert [one.number for one in claim.citations] == [1, 2]


@pytest.mark.parametrize(
    ("reply", "asked", "yes"),
    [
        ("She represents Texas before the court of appeal. [2]", OPEN, 0.9),  # not so
        (f"{SECOND} [2]", OPEN, 0.6),  # not clear
        (f"{SECOND} [2]", "Who is the top lawyer?", 0.9),  # the answer is a name
        (f"{SECOND} [2]", "Is the solicitor the top lawyer?", 0.9),
        ("The top lawyer of the state represents the state. [2]", OPEN, 0.9),  # told already
    ],
)
def test_nothing_else_is_told(reply, asked, yes):
    (claim,) = detailed(quotes_of(FIRST, SECOND), reply, asked, yes=yes).claims
    assert [one.number for one in claim.citations] == [1]


def test_what_another_document_says_is_no_detail():
    one, other = quotes_of(FIRST)[0], quotes_of(SECOND)[0]
    elsewhere = replace(other, document=replace(other.document, id="e"))
    (claim,) = detailed([one, elsewhere], f"{SECOND} [2]").claims
    assert len(claim.citations) == 1


@pytest.mark.parametrize(
    ("question", "open_"),
    [
        ("What does the solicitor do?", True),
        ("how do bees find their way", True),
        ("Why did they leave?", True),
        ("the difference between a lease and a licence", True),
        ("Who founded it?", False),
        ("How much is the rent?", False),
        ("When does it open?", False),
        ("What time does it open?", False),
    ],
)
def test_which_questions_are_open(question, open_):
    assert is_open(question) is open_
