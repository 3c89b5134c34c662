"""The heading that a place of a text stands under."""

import pytest

from rag.headings import heading_above

TEXT = """# Notes on heat

## Oke 1982

Cities store heat by day. They release it at night.

Own measurements

- Site A: 3 degrees
- Site B: none

The logger failed in July, so that
these nights are missing
and there is no more.

Firm | Price

Norwin | 890

Present: Ann, Bo

It ended late.
"""


def above(words: str, text: str = TEXT) -> str | None:
    found = heading_above(text, text.index(words))
    return text[found.start : found.end] if found else None


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("# Notes", None),
        ("## Oke", "# Notes on heat"),
        ("They release", "## Oke 1982"),
        ("- Site B", "Own measurements"),
        ("It ended late", "Own measurements"),
    ],
)
def test_the_nearest_line_that_is_one_counts(words, heading):
    assert above(words) == heading


@pytest.mark.parametrize(
    "line",
    [
        "It rains.",
        "in small letters",
        "Really? Yes.",
        "Present: Ann, Bo",
        "- An item",
        "Norwin | 890",
        "They all went home on the same day by the last train",
    ],
)
def test_other_short_lines_are_none(line):
    assert above("End", f"{line}\n\nEnd of it.") is None


def test_a_question_on_its_own_is_one():
    text = "**Q: Who was the model for the captain?**\n\nMy grandmother. She ran a ferry."
    assert above("She ran", text) == "**Q: Who was the model for the captain?**"
    assert above("He left", "Was he tired? Surely.\nHe left?\nHe left.") is None


def test_far_above_is_too_far():
    assert above("End", f"Title\n\n{'Words. ' * 1000}\n\nEnd.") is None
