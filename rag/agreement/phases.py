"""Whether a sentence tells of one time what its source says of the time after."""

from __future__ import annotations

import re
from itertools import pairwise

from rag.agreement.terms import read_row
from rag.split import sentence_texts
from rag.wording import content_words

_AFTER_THAT = re.compile(
    r"^\W*(?:after (?:that|this|which)|thereafter|afterwards?|then|later(?: on)?|from then on|subsequently)\b",
    re.IGNORECASE,
)
_DURING = re.compile(
    r"\b(?:during|throughout|while|in|within)\s+(?P<time>(?:[^\W_][\w'-]*\s*){1,5})", re.IGNORECASE
)
# "Probation" and "probationary" are one; shorter words must be the same.
_SAME_WORD_CHARS = 6


def told_of_the_time_after(sentence: str, source: str) -> str | None:
    """Why a sentence cannot rest on a source: its amount is there what came "after that".

    "During probation it is eight weeks" does not rest on "During probation it is one week. After that, it is eight."
    """
    numbers = _numbers(sentence)
    times = [content_words(found["time"]) for found in _DURING.finditer(sentence)]
    if not numbers or not times:
        return None
    for before, after in pairwise(sentence_texts(source)):
        only_after = _numbers(after) - _numbers(before)
        if not _AFTER_THAT.match(after) or not numbers <= only_after:
            continue
        first, second = content_words(before), content_words(after)
        for time in times:
            if any(_alike(one, first) and not _alike(one, second) for one in time):
                return "the source says that of the time after"
    return None


def _numbers(text: str) -> set[tuple[str, ...]]:
    return {term.key for term in read_row(text).terms if term.kind == "number"}


def _alike(word: str, words: set[str]) -> bool:
    return word in words or any(
        len(word) >= _SAME_WORD_CHARS and one.startswith(word[:_SAME_WORD_CHARS]) for one in words
    )
