"""Days of publication: where a text states one, and where it only seems to."""

from datetime import date

import pytest

from rag.dates import find_published
from rag.read import SourceFile, read

MARCH_27 = date(2024, 3, 27)


@pytest.mark.parametrize(
    ("name", "published", "origin"),
    [
        ("000", MARCH_27, "header"),
        ("001", None, None),
        ("002", None, None),
        ("003", date(2021, 4, 11), "byline"),
        ("004", date(2025, 6, 10), "header"),
    ],
)
def test_every_seed(seeds, name, published, origin):
    (path,) = seeds.glob(f"{name}*")
    document = read(SourceFile(path=path, source=path.name), max_bytes=10_000)
    assert (document.published, document.published_from) == (published, origin)


@pytest.mark.parametrize(
    "text",
    [
        " date 2024-03-27 Russian President",
        "date 2024-3-27",
        "Date: 27 March 2024\n",
        "DATE: MARCH 27, 2024",
        "Date: Mar. 27th, 2024",
        "---\ntitle: A title\ndate: 2024-03-27\n---\n",
        "---\ntitle: A title\ndate: '2024-03-27T10:30:00+02:00'\n---\n",
        "A headline\n\nPublished on 27 March 2024 by the editors\n",
        "A headline\nPublished 27th March 2024\n",
        "A headline\r\npublished: 2024-03-27\r\nText",
        "Posted on March 27 2024",
        "Publication date = 2024-03-27",
    ],
)
def test_headers(text):
    assert find_published(text) == (MARCH_27, "header")


@pytest.mark.parametrize(
    "text",
    [
        "A headline\n\nby on March 27, 2024\n",
        "A headline\nBy Jane Doe on March 27, 2024\nText",
        "by Jane Doe, 27 March 2024",
        "By J. R. Doe and Q. Public on March 27, 2024",
        "A headline\r\n\r\nby Jane Doe on March 27, 2024\r\n\r\nText\r\n",
    ],
)
def test_bylines(text):
    assert find_published(text) == (MARCH_27, "byline")


@pytest.mark.parametrize(
    "text",
    [
        "In June 2023 the bridge was closed.",
        "On 27 March 2024 the bridge was closed.",
        "The agreement was published on 27 March 2024 in Bamako.",
        "The agreement was signed in Bamako and first\npublished on 27 March 2024 by both sides.",
        "It had been signed in Bamako\nby both sides on March 27, 2024\nand came into force later.",
        "By the end of the war on March 27, 2024\nmuch had changed.",
        "Dated 27 March 2024",
        "Update 2024-03-27",
        "Date: March 2024",
        "Date: 03/04/2024",
        "Date: 2024",
        "",
    ],
)
def test_a_date_in_the_text_is_not_the_day_of_publication(text):
    assert find_published(text) == (None, None)


@pytest.mark.parametrize(
    "words",
    [
        "2024-13-05",
        "2024-02-30",
        "2023-02-29",
        "31 June 2023",
        "February 30, 2024",
        "0000-01-01",
        "2024-00-10",
        "2024-03-277",
        "27 March 20245",
    ],
)
def test_an_impossible_day_is_none_and_never_another_one(words):
    assert find_published(f"Date: {words}\n") == (None, None)


def test_a_header_wins_over_a_byline_and_a_bad_one_does_not_hide_a_good_one():
    text = "by Jane Doe on April 11, 2021\nDate: 2024-02-30\nPublished: 2024-03-27\n"
    assert find_published(text) == (MARCH_27, "header")


def test_only_the_top_counts():
    assert find_published("word " * 400 + "\n\nDate: 2024-03-27\n") == (None, None)
