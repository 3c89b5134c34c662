"""A question about a year is not answered from what has nothing to do with that year."""

from datetime import date

import pytest

from rag import Document, Quote
from rag.asked_year import tells_of_its_year

SINCE = "Norwin has run the ferry to Orsk since March 2019."


def quote(text: str, published: date | None = None, more: str = "", source: str = "d.txt") -> Quote:
    document = Document(
        id="d", source=source, title="T", text=text + more, sha256="0" * 64, published=published
    )
    return Quote(document=document, start=0, end=len(text))


@pytest.mark.parametrize(
    ("question", "told", "tells"),
    [
        ("What did a barrel cost in 1970?", quote("In 1979 a barrel cost 40 dollars."), False),
        ("What did a barrel cost in 1979?", quote("In 1979 a barrel cost 40 dollars."), True),
        ("Who ran the ferry in 2021?", quote(SINCE, date(2025, 1, 1)), True),
        ("Who ran the ferry in 2018?", quote(SINCE, date(2025, 1, 1)), False),
        ("Who ran the ferry in 2018 or 2021?", quote(SINCE, date(2025, 1, 1)), True),
        ("Who ran the ferry in May 2018?", quote(SINCE, date(2025, 1, 1)), False),
        ("Who ran the ferry in 2018?", quote(SINCE, more=" In 2018 it had been Ostin."), True),
        ("What did Norwin say in 2025?", quote("Norwin spoke of 2019.", date(2025, 1, 1)), True),
        ("What was the rent in 2025?", quote("Up from 2019.", source="rent-2025.txt"), True),
        ("Who won between 1914 and 1918?", quote("In 1916 Norwin won, in 1930 Ostin."), True),
        ("Who won between 1914 and 1918?", quote("In 1923 Norwin won, in 1930 Ostin."), False),
        ("How many work there in 2021?", quote("Norwin has 1200 men."), True),
        # Nothing there speaks of another year.
        ("What was the rent in 2025?", quote("The rent is 900 euros."), True),
        ("What had happened before 2018?", quote(SINCE), True),
        ("What has happened since 2018?", quote(SINCE), True),
        ("Who runs the ferry?", quote(SINCE), True),
        # No year, but a number.
        ("Who paid the 1500 men in Orsk?", quote("In 1979 Norwin paid 1,500 men in Orsk."), True),
        ("Which ferry has more than 1700 horsepower?", quote("Since 1979 the Orsk has."), True),
    ],
)
def test_a_year_that_is_asked_about_must_have_to_do_with_a_quote(question, told, tells):
    assert tells_of_its_year(question, [told]) is tells


def test_one_of_several_quotes_is_enough():
    other = quote("In 1970 a barrel cost 2 dollars.")
    assert tells_of_its_year("What did it cost in 1970?", [quote(SINCE), other])
    assert not tells_of_its_year("What did it cost in 1970?", [quote(SINCE)])
