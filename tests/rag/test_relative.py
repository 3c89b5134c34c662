"""Relative dates against the day of publication."""

from datetime import date

import pytest

from rag.relative import resolve_dates, spell_out

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


def test_spans_point_at_the_words():
    text = "He said on Monday that last July was hot."
    spans = [text[one.start : one.end] for one in resolve_dates(text, TUESDAY)]
    assert spans == ["on Monday", "last July"]


def test_nothing_is_resolved_without_a_publication_day():
    assert resolve_dates("on Monday", None) == []
    assert spell_out("on Monday", None) == "on Monday"


def test_spelling_out_adds_and_never_removes():
    assert spell_out("Left on Monday, came last July.", TUESDAY) == (
        "Left on Monday (9 June 2025), came last July (July 2024)."
    )
