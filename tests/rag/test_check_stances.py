"""What a source denies, limits, excepts or has in another unit is not told as it is not; what it has is."""

from __future__ import annotations

import pytest

from rag import Citation
from rag.agreement.units import written_out
from rag.check import check, weigh
from rag.compose import Draft
from rag.verbatim import quote_as_claim
from tests.rag.quoted import quote

_DENIED = "the source only denies it"
_FALSE = "the source calls it false"
_ACCUSED = "the source only has somebody accused of it"
_EXPECTED = "the source only says that it is expected or wanted"
_TRIED = "the source only says that it was tried"


@pytest.mark.parametrize(
    ("said", "source", "reason"),
    [
        (
            "Two soldiers were killed.",
            "The ministry denied that two soldiers were killed.",
            _DENIED,
        ),
        (
            "The base was captured.",
            "The army dismissed claims that the base had been captured.",
            _DENIED,
        ),
        ("He resigned.", "It is not true that he resigned.", _DENIED),
        (
            "Yes, the base was captured.",
            "Reports that the base was captured are false, the army said.",
            _FALSE,
        ),
        (
            "The army killed civilians.",
            "Rights groups accuse the army of having killed civilians.",
            _ACCUSED,
        ),
        ("Yes, Wagner killed civilians.", "Wagner is accused of killing civilians.", _ACCUSED),
        ("The plant employs 300 people.", "The plant is expected to employ 300 people.", _EXPECTED),
        (
            "The army reached the town.",
            "The army tried to reach the town of Orsk, but it failed to.",
            _TRIED,
        ),
        ("The firm sold the ship.", "The firm refuses to have sold the ship.", _TRIED),
        (
            "The notice is four months.",
            "The notice is four weeks.",
            "in the source four is of another unit: week",
        ),
        (
            "Adults take 5 mg a day.",
            "Adults take 5g a day.",
            "in the source 5 is of another unit: gram",
        ),
        (
            "It costs 30 euros a month.",
            "The annual fee is 30 euros.",
            "in the source 30 is for each year",
        ),
        (
            "The flat has 54 square metres.",
            "The flat has 54 square feet.",
            "in the source 54 is of another unit: square foot",
        ),
        (
            "The rent rose by 12 percent.",
            "The rent rose by 12 euros.",
            "in the source 12 is of another unit: euro",
        ),
        ("The fine is 500 euros.", "The fine is up to 500 euros.", "the source says “up to 500”"),
        ("At least 500 people came.", "At most 500 people came.", "the source says “at most 500”"),
        ("Up to 500 people came.", "At least 500 people came.", "the source says “at least 500”"),
        (
            "Guests may use the sauna.",
            "Everyone except guests may use the sauna.",
            "the source excepts “guest”",
        ),
        (
            "Everyone may use the sauna.",
            "Everyone except guests may use the sauna.",
            "the source excepts “guest”",
        ),
        (
            "The pool is open on Mondays.",
            "The pool is open every day but Mondays.",
            "the source excepts “monday”",
        ),
    ],
)
def test_what_is_denied_limited_or_of_another_unit_does_not_stand(said, source, reason):
    assert weigh(said, [quote(source)]).objection == reason


@pytest.mark.parametrize(
    ("asked", "said", "source"),
    [
        (
            "",
            "The ministry denied that two soldiers were killed.",
            "The ministry denied that two soldiers were killed.",
        ),
        (
            "",
            "Two soldiers were killed.",
            "The army denied that two soldiers were killed. Two soldiers were killed, a doctor said.",
        ),
        (
            "What is Wagner accused of?",
            "Killing civilians.",
            "Wagner is accused of killing civilians.",
        ),
        ("", "The plant will employ 300 people.", "The plant is expected to employ 300 people."),
        (
            "",
            "The council names a mayor within 28 days.",
            "The king does, or, when the council fails to name a mayor within 28 days, the people.",
        ),
        (
            "",
            "Papyrus 52 disproves a date in the third century.",
            "They tried to date it late, but Papyrus 52 disproves a date in the third century.",
        ),
        (
            "How long is the notice?",
            "The notice is four weeks.",
            "The notice is four weeks, in the first months two weeks.",
        ),
        ("", "It takes three weeks.", "It takes three to four weeks."),
        ("", "Adults take 500 milligrams daily.", "Dose: adults 500mg daily."),
        ("", "The firm was sold for 5 million dollars.", "The firm was sold for $5m."),
        ("", "It is 12 kilometres away.", "It is 12 km to the station."),
        ("", "It costs 30 euros per month.", "Monthly fee: 30 euros"),
        ("How much is the fine at most?", "The fine is 500 euros.", "The fine is up to 500 euros."),
        (
            "How long may I keep it?",
            "You may keep it for four weeks.",
            "Books may be kept for up to four weeks.",
        ),
        (
            "",
            "The fine is 500 euros.",
            "The fine is up to 500 euros. Last year the fine was 500 euros.",
        ),
        ("", "The pool is closed on Mondays.", "The pool is open daily except Mondays."),
        (
            "Does it cover frost?",
            "No, the warranty does not cover frost.",
            "The warranty covers all damage except frost.",
        ),
        ("", "All damage except frost is covered.", "The warranty covers all damage except frost."),
        (
            "",
            "Damage by storm is covered.",
            "The warranty covers damage by water and storm, except frost.",
        ),
    ],
)
def test_what_is_told_as_the_source_has_it_stands(asked, said, source):
    weighed = weigh(said, [quote(source)], asked)
    assert (weighed.objection, weighed.support >= 0.55) == (None, True)


def test_units_are_written_out_behind_numbers_alone():
    text = "It is 3 km, 12% and €5m; 4 GB of 5G, 20min, 2 l; kg and h stand alone, as does 3 M."
    assert written_out(text) == (
        "It is 3 kilometre, 12 percent and €5 million; 4 gigabyte of 5G, 20 minute, 2 litre; kg and h stand alone, "
        "as does 3 M."
    )


SUMMIT = "The president said that his country could replace the exports, since it expected a rich harvest."


@pytest.mark.parametrize(
    ("asked", "said", "source", "reason"),
    [
        (
            "Is Goumara on the list of sanctions?",
            "Yes, Sadio Kamora is on the list of sanctions.",
            "Sadio Kamora is on the list of sanctions.",
            "that is of Sadio Kamora, who was not asked about",
        ),
        (
            "Is Goumara on the list of sanctions?",
            "Yes, Gen. Sadio Kamora is on the list of sanctions.",
            "Gen. Sadio Kamora is on the list of sanctions.",
            "that is of Sadio Kamora, who was not asked about",
        ),
        (
            "Do the buyers have to pay the shipping of the grain?",
            "Yes, the president said that his country could replace the exports.",
            SUMMIT,
            "it has too little of what was asked",
        ),
        (
            "Why did Orlin end the grain deal?",
            "Orlin ended the grain deal because he expected a rich harvest.",
            SUMMIT,
            "the source does not give it as a reason",
        ),
        (
            "How did Karsky die?",
            "Karsky died when his jet came down near Velsk.",
            "Rudan Karsky, the caterer who founded the Vostrel Company, died when his jet came down near Velsk.",
            None,
        ),
        (
            "Is Kamora on the list?",
            "Yes, Kamora is on the list.",
            "Sadio Kamora is on the list of sanctions.",
            None,
        ),
        (
            "Why did Orlin replace the exports?",
            "Orlin could replace the exports because he expected a rich harvest.",
            f"Viktor Orlin leads Ordania. {SUMMIT}",
            None,
        ),
    ],
)
def test_what_a_sentence_says_is_of_what_was_asked(asked, said, source, reason):
    assert weigh(said, [quote(source)], asked).objection == reason


def test_what_is_told_of_another_is_not_quoted_instead():
    source = quote("Karsky was buried on 29 August beside his father.")
    asked = "Where is Lev Ardanov buried?"
    told = check(asked, Draft("Lev Ardanov was buried beside his father.", (1,)), [source])
    assert told.reason == "where the sentence says Lev Ardanov the source says Karsky"
    assert quote_as_claim(asked, Citation(number=1, quote=source), written=[told]) is None
