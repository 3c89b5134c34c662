"""Relative dates against the day of publication."""

from datetime import date

import pytest

from rag.relative import put_date, resolve_dates, spell_out

TUESDAY = date(2025, 6, 10)


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("the Kremlin said on Monday", "9 June 2025"),
        ("the Kremlin said on Tuesday", "10 June 2025"),
        ("it fell last Tuesday", "3 June 2025"),
        ("they meet next Tuesday", "17 June 2025"),
        ("it announced last week it was leaving", "2 to 8 June 2025"),
        ("an attack this month", "June 2025"),
        ("killed last July", "July 2024"),
        ("killed last May", "May 2025"),
        ("killed last June", "June 2024"),
        ("in late May", "May 2025"),
        ("in early December", "December 2024"),
        ("said yesterday", "9 June 2025"),
        ("next year's anniversary", "2026"),
        ("closed last month", "May 2025"),
        ("two weeks ago", "26 May to 1 June 2025"),
        ("three days ago", "7 June 2025"),
        ("5 years ago", "2020"),
        ("a year ago", "2024"),
        ("on 9 September", "9 September 2024"),
        ("on June 3", "3 June 2025"),
        ("left in May", "May 2025"),
        ("closed since Friday", "6 June 2025"),
        ("at the weekend", "7 to 8 June 2025"),
        ("earlier this year", "2025"),
        ("in July last year", "July 2024"),
        ("It will open on Friday", "13 June 2025"),
        ("It will open at the weekend", "14 to 15 June 2025"),
        ("next weekend", "21 to 22 June 2025"),
        ("this weekend", "14 to 15 June 2025"),
        ("next winter", "December 2025 to February 2026"),
        ("last winter", "December 2024 to February 2025"),
        ("next May", "May 2026"),
        ("this summer", "June to August 2025"),
    ],
)
def test_an_expression_becomes_the_days_it_stands_for(words, label):
    assert [one.label for one in resolve_dates(words, TUESDAY)] == [label]


@pytest.mark.parametrize(
    "words",
    [
        "on April 11, 2021",
        "11 April 2021",
        "it may rain",
        "soldiers march 3 miles",
        "early may be too soon",
        "the last weekend",
        "on 31 February",
        "since 2013-17",
    ],
)
def test_what_is_no_relative_date_is_left_alone(words):
    assert resolve_dates(words, TUESDAY) == []


@pytest.mark.parametrize(
    ("words", "published", "label"),
    [
        ("at the weekend", date(2025, 6, 14), "14 to 15 June 2025"),
        ("this winter", date(2025, 10, 1), "December 2025 to February 2026"),
        ("this winter", date(2025, 1, 5), "December 2024 to February 2025"),
        ("last winter", date(2025, 1, 5), "December 2023 to February 2024"),
        ("on 29 February", date(2025, 1, 5), "29 February 2024"),
        ("a month ago", date(2024, 3, 31), "February 2024"),
        ("yesterday", date(2024, 3, 1), "29 February 2024"),
    ],
)
def test_around_the_turn_of_a_year(words, published, label):
    assert [one.label for one in resolve_dates(words, published)] == [label]


def test_spans_point_at_the_words():
    text = "He said on Monday that last July was hot."
    spans = [text[one.start : one.end] for one in resolve_dates(text, TUESDAY)]
    assert spans == ["on Monday", "last July"]


def test_days_in_numbers():
    (one,) = resolve_dates("leaving since last week", TUESDAY)
    assert (one.first, one.last) == (date(2025, 6, 2), None)


def test_what_leans_on_the_publication_is_not_resolved_without_its_day():
    assert resolve_dates("on Monday", None) == []
    assert spell_out("on Monday", None) == "on Monday"


@pytest.mark.parametrize("published", [TUESDAY, None])
def test_a_date_that_leans_on_another_is_spelled_out(published):
    assert spell_out("In June 2023 it failed; he died two months later.", published) == (
        "In June 2023 it failed; he died two months later (August 2023)."
    )


def test_spelling_out_adds_and_never_removes():
    assert spell_out("Left on Monday, came last July.", TUESDAY) == (
        "Left on Monday (9 June 2025), came last July (July 2024)."
    )


@pytest.mark.parametrize(
    ("text", "published", "told"),
    [
        ("It shut on Monday.", TUESDAY, "It shut on 9 June 2025."),
        ("It shut last July.", TUESDAY, "It shut in July 2024."),
        ("It shut in 2019.", TUESDAY, "It shut in 2019."),
        ("It shut on Monday.", None, "It shut on Monday."),
        ("It has been shut since Monday.", TUESDAY, "It has been shut since Monday."),
        ("It will be shut until Monday.", TUESDAY, "It will be shut until Monday."),
        ("It was to shut by last Friday.", TUESDAY, "It was to shut by last Friday."),
        ("It shut after Monday's vote.", TUESDAY, "It shut after Monday's vote."),
        ("It shut last month, then on Monday.", TUESDAY, "It shut last month, then on Monday."),
    ],
)
def test_a_date_can_be_put_in_place_of_a_relative_one(text, published, told):
    assert put_date(text, published) == told
