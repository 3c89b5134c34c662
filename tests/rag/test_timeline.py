"""A forecast and what came of it are told in their order."""

from datetime import date

import pytest

from rag import Document, Quote
from rag.disagreement import timeline
from rag.disagreement.sources import differences
from rag.disagreement.timeline import order_claims_by_date, timeline_note
from rag.types import Citation, Claim


def quote(text: str, name: str, published: date | None) -> Quote:
    document = Document(
        id=name,
        source=name,
        title=name,
        text=text,
        sha256="0" * 64,
        published=published,
        published_from="header" if published else None,
    )
    return Quote(document=document, start=0, end=len(text))


def claim(text: str, *numbered: tuple[int, Quote]) -> Claim:
    citations = tuple(Citation(number=number, quote=one) for number, one in numbered)
    return Claim(text=text, citations=citations, support=1.0, verdict="supported")


def is_overtaken(question, claims, quotes, origins):
    """As the pipeline asks for it."""
    return timeline.is_overtaken(differences(question, claims, quotes, origins), claims)


OLD = quote("It is unlikely that Russia will send contractors to Mali.", "old", date(2021, 4, 11))
NEW = quote(
    "Wagner has fought in Mali since December 2021, as Russia says.", "new", date(2025, 6, 10)
)
UNDATED = quote("Wagner fights in Mali.", "undated", None)
THEN = claim("It was thought unlikely.", (2, OLD))
NOW = claim("Wagner has been there since 2021.", (1, NEW))


def test_a_forecast_and_what_came_of_it_are_a_timeline():
    assert is_overtaken("Will Russia send contractors to Mali?", [NOW, THEN], [NEW, OLD], {})
    assert order_claims_by_date([NOW, THEN]) == (THEN, NOW)
    assert timeline_note([NOW, THEN]) == "As told from 11 April 2021 to 10 June 2025."


@pytest.mark.parametrize(
    "other",
    [
        quote("Wagner fights in Mali.", "near", date(2021, 6, 1)),
        quote("Ferries leave Larvik at seven.", "foreign", date(2025, 6, 10)),
        UNDATED,
    ],
)
def test_what_is_of_one_time_or_of_something_else_is_none(other):
    assert not is_overtaken("Is Wagner in Mali?", [THEN, claim("x", (1, other))], [other, OLD], {})


def test_two_states_of_two_times_are_a_timeline():
    quotes = [
        quote("Wagner has 2,500 mercenaries in Mali.", "a", date(2022, 3, 1)),
        quote("Wagner has 1,000 mercenaries in Mali.", "b", date(2025, 3, 1)),
    ]
    asked = "How many mercenaries has Wagner in Mali?"
    assert is_overtaken(asked, [claim("It has 1,000.", (2, quotes[1]))], quotes, {})
    near = [quotes[0], quote("Wagner has 1,000 mercenaries in Mali.", "b", date(2022, 3, 9))]
    assert not is_overtaken(asked, [claim("It has 1,000.", (2, near[1]))], near, {})


def test_a_claim_without_a_date_stays_behind_the_one_it_follows():
    loose = claim("It fights there.", (3, UNDATED))
    assert order_claims_by_date([NOW, loose, THEN]) == (THEN, NOW, loose)
    assert order_claims_by_date([]) == ()


def test_sources_of_one_time_need_no_note():
    assert timeline_note([NOW]) is None
    assert timeline_note([]) is None
