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


def test_the_newest_goes_first():
    (claim,) = told(OLD, NEW, NEWEST)
    assert NEWEST[0] in claim.text
    (claim,) = told(OLD, NEW, NEWEST, yes=[0.2, 1.0])
    assert NEW[0] in claim.text


def test_who_asks_about_a_time_is_told_of_that():
    assert told(OLD, NEW, asked="How much was the rent in 2023?") == []
    assert told(OLD, NEW, asked="How much is the rent now?")
