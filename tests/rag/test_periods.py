"""Stretches of days: their ISO text, their words and their parts."""

from datetime import date

import pytest

from rag.periods import Period, day_of, month_of, part_of, season, week_of, weekend_of, years

MAY = month_of(date(2024, 5, 17))


@pytest.mark.parametrize(
    ("period", "iso", "label"),
    [
        (day_of(date(2025, 6, 9)), "2025-06-09", "9 June 2025"),
        (week_of(date(2025, 6, 8)), "2025-06-02/2025-06-08", "2 to 8 June 2025"),
        (week_of(date(2025, 6, 1)), "2025-05-26/2025-06-01", "26 May to 1 June 2025"),
        (week_of(date(2025, 1, 1)), "2024-12-30/2025-01-05", "30 December 2024 to 5 January 2025"),
        (weekend_of(date(2025, 6, 10)), "2025-06-14/2025-06-15", "14 to 15 June 2025"),
        (month_of(date(2024, 2, 5)), "2024-02-01/2024-02-29", "February 2024"),
        (years(2026), "2026-01-01/2026-12-31", "2026"),
        (years(1990, 1999), "1990-01-01/1999-12-31", "1990 to 1999"),
        (season("summer", 2024), "2024-06-01/2024-08-31", "June to August 2024"),
        (season("winter", 2023), "2023-12-01/2024-02-29", "December 2023 to February 2024"),
        (years(2021).since(), "2021-01-01/..", "2021"),
    ],
)
def test_iso_and_words(period, iso, label):
    assert (period.iso, period.label) == (iso, label)
    assert Period.from_iso(iso) == Period(period.first, period.last)


@pytest.mark.parametrize(
    ("whole", "part", "iso"),
    [
        (MAY, "early", "2024-05-01/2024-05-10"),
        (MAY, "Mid", "2024-05-11/2024-05-20"),
        (MAY, "the end of", "2024-05-21/2024-05-31"),
        (years(2024), "beginning of", "2024-01-01/2024-04-30"),
        (years(2024), "mid", "2024-05-01/2024-08-31"),
        (years(2024), "late", "2024-09-01/2024-12-31"),
        (years(1980, 1989), "early", "1980-01-01/1983-12-31"),
        (years(1980, 1989), "late", "1987-01-01/1989-12-31"),
        (years(1701, 1800), "middle of", "1734-01-01/1767-12-31"),
    ],
)
def test_parts_are_thirds_and_keep_the_name_of_the_whole(whole, part, iso):
    found = part_of(whole, part)
    assert found is not None
    assert (found.iso, found.label) == (iso, whole.label)


def test_a_week_has_no_parts():
    assert part_of(week_of(date(2025, 6, 9)), "late") is None
