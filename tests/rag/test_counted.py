"""Who asks how many gets a number of just that, not of something else that the source counts."""

from __future__ import annotations

import re

import pytest

from rag.check import check
from rag.compose import Draft
from tests.rag.quoted import quote

_CONVOY = (
    "At least 31 soldiers and seven foreign instructors were killed. The army put its own losses at nine and said that "
    "more than sixty attackers were neutralised."
)
_WAGNER = "Militants killed dozens of Wagner mercenaries in the north of the country."


@pytest.mark.parametrize(
    ("question", "said", "source"),
    [
        ("How many attackers were killed?", "At least 31 soldiers were killed.", _CONVOY),
        ("How many of the attackers were killed?", "At least 31 soldiers were killed.", _CONVOY),
        ("How many instructors were killed?", "At least 31 were killed.", _CONVOY),
        (
            "how many malian civillians were killed in the north",
            "Militants killed dozens of Wagner mercenaries in the north.",
            _WAGNER,
        ),
        (
            "How many attackers were killed at Bulkani?",
            "More than 30 soldiers died at Bulkani.",
            "Gunmen overran the camp at Bulkani, where more than 30 soldiers died.",
        ),
        (
            "How many rebels took part in the ambush?",
            "The rebels took part in the ambush in 47 lorries.",
            "The rebels came in 47 lorries and laid an ambush.",
        ),
    ],
)
def test_number_of_something_else(question: str, said: str, source: str) -> None:
    claim = check(question, Draft(said, (1,)), [quote(source)])
    assert claim.verdict == "unsupported"
    assert re.search("does not count|its number is not of", claim.reason or "")


@pytest.mark.parametrize(
    ("question", "said", "source"),
    [
        ("How many attackers were killed?", "More than sixty attackers were neutralised.", _CONVOY),
        ("How many soldiers were killed?", "At least 31 soldiers were killed.", _CONVOY),
        # Another account of the same.
        ("How many soldiers were killed?", "The army put its own losses at nine.", _CONVOY),
        # Other words for what is asked for.
        ("How many fighters did Wagner lose?", "Militants killed dozens of mercenaries.", _WAGNER),
        ("How many pupils are there?", "There are 120 children.", "There are 120 children."),
        ("How much does it cost?", "It costs 12 euros.", "12 euros; 3 tickets cost 30 euros."),
    ],
)
def test_number_of_what_was_asked(question: str, said: str, source: str) -> None:
    claim = check(question, Draft(said, (1,)), [quote(source)])
    assert not re.search("does not count|its number is not of", claim.reason or "")
