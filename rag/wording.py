"""Words that carry meaning, compared without their endings."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_APOSTROPHES = dict.fromkeys(map(ord, "’‘`´"), "'")
_STOPWORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have how i if in into is it "
    "its me my of on or our say says said she he that the their them there they this to was we were what "
    "when where which who whom whose why will with would you your about any many much more some such should".split()
)


def content_words(text: str) -> set[str]:
    """Lower-cased words that carry meaning, cut to a crude stem so that plural and tense don't matter."""
    return {stem(word) for word in _WORD.findall(plain(text).lower()) if word not in _STOPWORDS}


def plain(text: str) -> str:
    """The text with one kind of apostrophe: sources rarely agree on it."""
    return text.translate(_APOSTROPHES)


def stem(word: str) -> str:
    """A word without the commonest English endings."""
    word = re.sub(r"'s?$", "", word)
    for ending in ("ing", "edly", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def count_words(text: str) -> int:
    """How many words a text has."""
    return len(_WORD.findall(text))
