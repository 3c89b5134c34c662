"""Relative dates ("on Monday", "last July") spelled out as calendar ones, for readers that know no calendar.

The text is never changed: what `rag.events` has read is put beside it. Dates that say their year need nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rag.events import read_dates
from rag.split import split_sentences

# "Until Monday" is not "on Monday"; the word may belong to the expression or stand before it.
_BOUNDED = re.compile(r"\b(?:since|until|till|by|before|after|from|than|to)\s", re.IGNORECASE)
_PLACED = re.compile(r"\b(?:in|on|at|during|of)\s+(?:the\s+)?$", re.IGNORECASE)


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


# Remembered, since every sentence of a reply is held against the same quotes.
@lru_cache(maxsize=256)
def spell_out(text: str, published: date | None) -> str:
    """The text with each relative date followed by what it stands for in parentheses, for prompts."""
    parts, at = [], 0
    for one in resolve_dates(text, published):
        parts += [text[at : one.end], f" ({one.label})"]
        at = one.end
    return "".join(parts) + text[at:]


@lru_cache(maxsize=256)
def put_date(text: str, published: date | None) -> str:
    """The text with what its relative date stands for in the place of that, as somebody would retell it.

    Left as it is where that would not mean the same for sure: more relative dates than one, "until Monday", "Monday's".
    """
    found = resolve_dates(text, published)
    if len(found) != 1:
        return text
    (one,) = found
    before, after = text[: one.start], text[one.end :]
    words = " ".join([*before.split()[-1:], text[one.start : one.end], ""])
    if one.last is None or _BOUNDED.search(words) or after.startswith(("'s", "’s")):
        return text
    on = "on" if one.first == one.last else "in"
    return f"{before}{'' if _PLACED.search(before) else f'{on} '}{one.label}{after}"
