"""Forms that are filled in differently: alike in most of their words, and yet about different things.

Two invoices, two fixtures of a league, two entries of a register share nearly all their phrases. What tells them
from a copy with edits is that some word that carries the text has been exchanged for another throughout.
"""

from __future__ import annotations

import re
from collections import Counter

from rag.wording import content_words

# A word that an editor replaced or dropped once or twice is an edit; one that never comes any more is another matter.
_THROUGHOUT = 3
# In a text as short as this each word counts.
_FEW_WORDS = 12
_WORD = re.compile(r"[^\W_]{2,}")


def exchanged(one: str, other: str, *, within: str, other_within: str) -> bool:
    """Whether a word that carries one text has been exchanged for another in the other one.

    Args:
        one: A passage.
        other: A passage that repeats most of its phrases.
        within: The whole text that ``one`` is from.
        other_within: The whole text that ``other`` is from.
    """
    if min(len(content_words(one)), len(content_words(other))) < _FEW_WORDS:
        return bool(content_words(one) - content_words(other_within)) and bool(
            content_words(other) - content_words(within)
        )
    return _carries_new(one, within, other_within) and _carries_new(other, other_within, within)


def _carries_new(passage: str, within: str, other_within: str) -> bool:
    """Whether a word of a passage comes again and again in its text, and not at all in the other one."""
    counts = Counter(_WORD.findall(within.lower()))
    elsewhere = set(_WORD.findall(other_within.lower()))
    words = set(_WORD.findall(passage.lower())) - elsewhere
    return any(counts[word] >= _THROUGHOUT for word in words)
