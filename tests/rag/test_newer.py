"""An answer from an older source does not go without what a newer one says of the same."""

from collections.abc import Sequence
from datetime import date

import pytest

from rag import Claim, Settings
from rag.check import check
from rag.compose import Draft
from rag.newer import add_newer
from rag.refuse import Judgement
from rag.testing import ScriptedChatModel
from tests.rag.quoted import quote

ASKED = "How much is the rent?"
OLD = ("The rent is 1,150 euros per month.", date(2023, 3, 3))
NEW = ("From 1 October the rent is 1,240 euros per month.", date(2024, 9, 12))
NEWEST = ("The rent has been 1,300 euros since May.", date(2025, 6, 1))
AGREEING = ("The rent is still 1,150 euros per month.", date(2024, 9, 12))


def told(
    *sources: tuple[str, date | None], asked: str = ASKED, yes: Sequence[float] | float = 1.0
) -> list[Claim]:
    """What is added to an answer from the first source."""
    quotes = [quote(*one) for one in sources]
    model = ScriptedChatModel(["Nothing."], yes=yes)
    judgement = Judgement(model, asked, quotes, Settings())
    claims = [check(asked, Draft(sources[0][0], (1,)), quotes[:1])]
    return list(add_newer(asked, claims, quotes, judgement))[1:]


def test_a_newer_source_that_states_another_answer_is_told_verbatim_with_its_day():
    (claim,) = told(OLD, NEW)
    assert claim.text == f"A newer source (12 September 2024) states: “{NEW[0]}”"
    assert [one.number for one in claim.citations] == [2]


@pytest.mark.parametrize(
    "sources",
    [
        (NEW, OLD),  # what is older is not newer
        (OLD, AGREEING),
        (OLD, (NEW[0], None)),  # nobody knows when it was written
        ((OLD[0], None), NEW),
        (OLD, ("Clause 3 of the rent agreement stays in force.", date(2024, 9, 12))),  # no sum
    ],
)
def test_nothing_is_added_where_none_is_newer_and_different(sources):
    assert told(*sources) == []


def test_what_does_not_state_an_answer_is_not_told():
    assert told(OLD, NEW, yes=0.2) == []


def test_what_is_of_another_matter_is_not_told():
    tenancy = ("The tenancy begins on 1 June 2024.", date(2024, 5, 14))
    choir = ("Maren Dahl was chosen. She begins on 1 August.", date(2025, 2, 13))
    assert told(tenancy, choir, asked="When does the tenancy begin?") == []
    (moved,) = told(
        ("Lena Ortiz begins her work on 1 June 2024.", date(2024, 5, 14)),
        ("Lena Ortiz is ill. She begins her work on 1 August.", date(2024, 5, 20)),
        asked="When does Lena Ortiz begin her work?",
    )
    assert moved.text.endswith(": “She begins her work on 1 August.”")


def test_the_newest_goes_first():
    (claim,) = told(OLD, NEW, NEWEST)
    assert NEWEST[0] in claim.text
    (claim,) = told(OLD, NEW, NEWEST, yes=[0.2, 1.0])
    assert NEW[0] in claim.text


def test_who_asks_about_a_time_is_told_of_that():
    assert told(OLD, NEW, asked="How much was the rent in 2023?") == []
    assert told(OLD, NEW, asked="How much is the rent now?")


RULES = ("The annual fee is 15 euros. It is due in January.", None)
MINUTES = ("The annual fee was raised from 15 to 18 euros. Two voted against.", date(2025, 3, 11))


@pytest.mark.parametrize("day", [None, date(2024, 1, 1), date(2026, 1, 1)])
def test_a_change_of_what_is_told_is_told_whenever_the_two_were_written(day):
    (claim,) = told((RULES[0], day), MINUTES, asked="How much is the annual fee?")
    assert claim.text == (
        "A source (11 March 2025) states a change: “The annual fee was raised from 15 to 18 euros.”"
    )


@pytest.mark.parametrize(
    "text",
    [
        "The committee proposed to raise the annual fee from 15 to 18 euros. The members rejected this.",
        "The treasurer would like the annual fee to be raised from 15 to 18 euros.",
    ],
)
def test_what_was_only_meant_to_change_is_not_told(text):
    assert told(RULES, (text, RULES[1]), asked="How much is the annual fee?") == []


def test_a_change_of_long_before_what_is_cited_is_not_told():
    assert told((RULES[0], date(2027, 1, 1)), MINUTES, asked="How much is the annual fee?") == []


def test_the_sentence_with_the_change_is_told():
    text = (
        "The annual fee is 15 euros for members. The meeting raised it from 15 to 18 euros in May."
    )
    (claim,) = told(RULES, (text, MINUTES[1]), asked="How much is the annual fee?")
    assert "from 15 to 18" in claim.text
    assert claim.citations[0].quote.text == text


@pytest.mark.parametrize("text", ["Rosemary works from 15 to 18.", "Bus 12 goes from 15 to 18."])
def test_what_is_no_change_is_not_told_as_one(text):
    assert told(RULES, (text, RULES[1]), asked="How much is the annual fee?") == []


def test_what_changed_is_told_though_it_holds_the_answer_too():
    (claim,) = told(
        ("The limit is 140 euros a night.", None),
        ("From May the limit rises from 140 to 155 euros a night.", date(2025, 10, 2)),
        asked="What is the limit?",
    )
    assert "155 euros" in claim.text


def test_what_was_moved_need_be_less_likely_to_state_an_answer():
    fair = ("The fair will be held on 14 June.", date(2025, 1, 9))
    moved = ("The fair is therefore moved to 21 June.", date(2025, 2, 13))
    other = ("The fair takes place on 21 June.", date(2025, 2, 13))
    assert told(fair, moved, asked="When is the fair?", yes=0.3)
    assert not told(fair, other, asked="When is the fair?", yes=0.3)


def test_a_change_need_be_less_likely_to_state_an_answer():
    asked = "How much is the annual fee?"
    assert told(RULES, MINUTES, asked=asked, yes=0.3)
    assert not told(RULES, MINUTES, asked=asked, yes=0.2)


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        ("The annual fee is 18 euros.", MINUTES[0]),  # it is the new one
        ("The annual fee is 12 euros.", MINUTES[0]),
        ("The fee is 15 euros.", "They moved house from 15 Mill Lane to the annual fair."),
        ("The fee is 15 euros.", "The office is open from 15 to 18 hours for annual fees."),
    ],
)
def test_no_change_is_told_where_none_is_of_what_was_told(answer, other):
    assert told((answer, None), (other, None), asked="How much is the annual fee?") == []
