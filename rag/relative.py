"""Relative dates ("on Monday", "last July") spelled out as calendar ones, for readers that know no calendar.

The text is never changed: what `rag.events` has read is put beside it. Dates that say their year need nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rag.events import read_dates
from rag.split import split_sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedDate:
    """An expression at ``[start, end)`` of a text, and the days it stands for.

    Attributes:
        last: ``None`` if it has no end ("since Friday").
        label: The days in words: ``9 June 2025``, ``July 2024``, ``2 to 8 June 2025``, ``2026``.
    """

    start: int
    end: int
    first: date
    last: date | None
    label: str


def resolve_dates(text: str, published: date | None) -> list[ResolvedDate]:
    """Every relative date of a text that can be placed, in order.

    Without a publication day that is what leans on a date in the same sentence ("two months later").
    """
    return [
        ResolvedDate(
            start=one.start,
            end=one.end,
            first=one.period.first,
            last=one.period.last,
            label=one.period.label,
        )
        for one in read_dates(text, split_sentences(text), published)
        if not one.stated
    ]


def spell_out(text: str, published: date | None) -> str:
    """The text with each relative date followed by what it stands for in parentheses, for prompts."""
    parts, at = [], 0
    for one in resolve_dates(text, published):
        parts += [text[at : one.end], f" ({one.label})"]
        at = one.end
    return "".join(parts) + text[at:]


def put_dates(text: str, published: date | None) -> str:
    """The text with what each relative date stands for in its place, as somebody would say it who retells it."""
    parts, at = [], 0
    for one in resolve_dates(text, published):
        day = one.label[0].isdigit() and one.first == one.last
        parts += [text[at : one.start], f"{'on' if day else 'in'} {one.label}"]
        at = one.end
    return "".join(parts) + text[at:]
