"""The heading that a place of a text stands under, however the text came by it."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import zip_longest

from rag.split import Span
from rag.wording import count_words

_MARKED = re.compile(r"#{1,6}\s+\S")
# Not a bullet, a row of a table, "Present: Ana, Bo" or the end of a sentence.
_NO_HEADING = re.compile(r"[-*+•>\[(]|.*(?:[.!?…,;\"”»]$|\||:\s)")
_MOST_WORDS, _MOST_CHARS = 8, 70
# What is asked in a paragraph of its own is answered below.
_QUESTION = re.compile(r"[^\n]{5,150}\?[*_\"”»]*$")
# A heading is not looked for further up than this.
_REACH = 3000


def heading_above(text: str, position: int) -> Span | None:
    """The nearest heading above a place of a text, or ``None`` if none is near.

    That is a line that Markdown marks as one, or a short one that begins a paragraph, is capitalised or numbered, ends
    as no sentence does, and is not gone on with in the next line. A question on its own is one, too.
    """
    found = _headings(text)
    above = bisect_left(found, position, key=lambda one: one.end)
    near = above and position - found[above - 1].start <= _REACH
    return found[above - 1] if near else None


def is_heading(text: str, position: int) -> bool:
    """Whether a heading of the text begins there."""
    return any(one.start == position for one in _headings(text))


@lru_cache(maxsize=64)
def _headings(text: str) -> tuple[Span, ...]:
    found, start, begins = [], 0, True
    lines = text.splitlines(keepends=True)
    for line, following in zip_longest(lines, lines[1:], fillvalue=""):
        words, below = line.strip(), following.strip()
        asks = begins and not below and _QUESTION.match(words)
        # Prose goes on in small letters.
        begins = begins and not below[:1].islower()
        if words and (asks or _is_heading(words, begins=begins)):
            first = start + line.index(words[0])
            found.append(Span(first, first + len(words)))
        begins = not words
        start += len(line)
    return tuple(found)


def _is_heading(line: str, *, begins: bool) -> bool:
    if _MARKED.match(line):
        return True
    return (
        begins
        and len(line) <= _MOST_CHARS
        and count_words(line) <= _MOST_WORDS
        and (line[0].isupper() or line[0].isdigit())
        and not _NO_HEADING.match(line)
    )
