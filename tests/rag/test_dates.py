"""Days of publication: where a text states one, and where it only seems to."""

from dataclasses import replace
from datetime import date

import pytest

from rag.dates import dateline_end, find_published, stated_day
from rag.read import SourceFile, read
from rag.types import Document

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
        "Date: Wed, 27 Mar 2024 10:00:00 +0100",
        "Published: Wednesday, March 27, 2024 at 10:30",
        "Date: 27/03/2024",
        "Date: 03/27/2024",
        "Date: 27.03.2024",
        "First published 27 March 2024",
        "Invoice no. 2024-88213      Invoice date: 27 March 2024\nDue date: 30 April 2024",
        "NORDLYS ENERGY\nDate of issue: 27.03.2024",
        "Rechnungsdatum: 27.03.2024",
        '{"date_published": "2024-03-27"}'[1:],
    ],
)
def test_headers(text):
    assert find_published(text) == (MARCH_27, "header")


def test_blanks_are_soon_read():
    """A pattern that can share them out in many ways takes minutes over these."""
    blanks = " " * 1400
    assert find_published(f"{blanks}x\nInvoice date: 27 March 2024") == (MARCH_27, "header")
    assert find_published("Date: 2024-03-27T10:00; Flight: LH 1") == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "A headline\n\nby on March 27, 2024\n",
        "A headline\nBy Jane Doe on March 27, 2024\nText",
        "by Jane Doe, 27 March 2024",
        "By J. R. Doe and Q. Public on March 27, 2024",
        "A headline\r\n\r\nby Jane Doe on March 27, 2024\r\n\r\nText\r\n",
        "By Jane Doe | March 27, 2024",
        "By Jane Doe · 27 March 2024 · 3 min read",
        "By Jane Doe\nMarch 27, 2024\n\nText",
        "A headline\nMarch 27, 2024 · 3 min read\nText",
        "A headline\n27 March 2024 10:30 GMT\nText",
        "BAMAKO, 27 March 2024 (Wire) – The ferry sank.",
        "NEW YORK, March 27, 2024 -- The ferry sank.",
    ],
)
def test_bylines(text):
    assert find_published(text) == (MARCH_27, "byline")


@pytest.mark.parametrize(
    "text",
    [
        "Date: 27 March 2024; Flight: LH 925; To: Orsk",
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
        "27 March 2024 10:30 Opening by the chair",
        "The ferry left BAMAKO, 27 March 2024 – a cold day.",
        "March 27, 2024",
        "",
    ],
)
def test_a_date_in_the_text_is_not_the_day_of_publication(text):
    assert find_published(text) == (None, None)


@pytest.mark.parametrize(
    "heading",
    [
        "# Minutes of the meeting, 27 March 2024",
        "Riverside Clinic\nVisit summary, 27 March 2024",
        "Bristol, 27 March 2024",
        "**27 March 2024**",
        "HOUSE RULES (version of 27 March 2024)",
        "# Travel policy (valid from 27 March 2024)",
        "Terms of use, last updated 27 March 2024",
        "Meeting (27 March 2024)",
        "LEASE\n\nThis Lease is made on 27 March 2024 between Ines Ortiz and Ivo Brandt.",
    ],
)
def test_a_heading_that_ends_with_a_day_dates_the_document(heading):
    text = f"{heading}\n\nThe harbour bridge will be closed.\n"
    assert find_published(text, name="notes-2023-01-01.txt") == (MARCH_27, "header")
    assert find_published(text, today=date(2024, 3, 1))[0] is None


@pytest.mark.parametrize(
    "heading",
    [
        "Tickets valid until 27 March 2024",
        "The bridge was closed on 27 March 2024",
        "Minutes, 20 March 2024\n\nContinued, 27 March 2024",
        "From 20 March 2024 to 27 March 2024",
        "The Battle of Ardal, 27 March 1824",
        "Minutes, 27 March 2024, first part",
    ],
)
def test_a_heading_that_tells_of_a_day_does_not(heading):
    assert find_published(f"{heading}\n\nThe harbour bridge.\n") == (None, None)


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


def test_a_numeric_date_is_read_in_the_order_that_the_text_keeps():
    assert find_published("Date: 03/04/2024\n\nOn 27/03/2024 it rained.")[0] == date(2024, 4, 3)
    assert find_published("Date: 03/04/2024\n\nOn 03/27/2024 it rained.")[0] == date(2024, 3, 4)


@pytest.mark.parametrize(
    "name",
    [
        "2024-03-27.txt",
        "news_2024-03-27_final.txt",
        "2024_03_27 minutes.md",
        "report 2024.03.27.pdf",
        "20240327.txt",
        "IMG_20240327_101500.txt",
        "20240327101500.html",
        "27-march-2024.txt",
        "27mar2024-notes.txt",
        "meeting-march-27-2024.txt",
        "March 27, 2024.txt",
        "27-03-2024.txt",
        "archive/2024/03/27/story.html",
        "https://example.org/2024/3/27/the-story",
        "2024-03-27/story.txt",
        "2024-03-27/2024-03-27.txt",
    ],
)
def test_names_and_addresses(name):
    assert find_published("Text.", name=name) == (MARCH_27, "filename")


@pytest.mark.parametrize(
    "name",
    [
        "000_d3703646ceb7e7f1.txt",
        "report.txt",
        "2024-03.txt",
        "2024.txt",
        "03-04-2024.txt",
        "2024-02-30.txt",
        "31-june-2024.txt",
        "2024-01-01_to_2024-03-31.txt",
        "1220240327.txt",
        "a20240327f.txt",
        "rfc-2119.txt",
        "2024/13/27/story.txt",
        "2999-01-01.txt",
        "",
    ],
)
def test_a_name_without_a_day_gives_none(name):
    assert find_published("Text.", name=name) == (None, None)


def test_what_the_format_says_goes_before_the_text_and_the_text_before_the_name():
    text, name, modified = "Date: 2024-03-27\n", "2024-03-28.txt", date(2024, 3, 29)
    known = date(2024, 3, 26)
    found = find_published(text, known=known, name=name, modified=modified)
    assert found == (known, "html")
    assert find_published(text, known=known, known_from="header") == (known, "header")
    assert find_published(text, name=name, modified=modified) == (MARCH_27, "header")
    assert find_published("", name=name, modified=modified) == (date(2024, 3, 28), "filename")
    assert find_published("", name="x.txt", modified=modified) == (modified, "mtime")


@pytest.mark.parametrize("unknown", [date(1970, 1, 1), date(1980, 1, 1)])
def test_a_file_time_that_means_unknown_is_none(unknown):
    assert find_published("", modified=unknown) == (None, None)


def test_a_day_still_to_come_is_not_taken():
    today = date(2024, 3, 26)
    after = date(2024, 3, 28)
    assert find_published("Date: 2024-03-27", today=today) == (MARCH_27, "header")
    assert find_published("Date: 2024-03-28", today=today) == (None, None)
    assert find_published("Date: 2024-03-27", known=after, today=today) == (MARCH_27, "header")
    assert find_published("", name="2024-03-28.txt", modified=after, today=today) == (None, None)
    assert find_published("Date: 2024-03-28", name="2024-03-27", today=today)[1] == "filename"


def test_a_file_time_is_nothing_to_place_last_week_by():
    document = Document(id="0", source="a.txt", title="A", text="A", sha256="0", published=MARCH_27)
    assert stated_day(replace(document, published_from="filename")) == MARCH_27
    assert stated_day(replace(document, published_from="mtime")) is None


def test_where_the_words_of_the_day_end():
    text = "BAMAKO, 27 March 2024 – The ferry sank."
    assert text[dateline_end(text) :] == "The ferry sank."
    assert dateline_end("The ferry sank.") == 0
