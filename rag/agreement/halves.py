"""Whether a yes or a no tells only one half of a contrast, where the question asks about the other half, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.asked import asks_yes_or_no
from rag.split import sentence_texts
from rag.wording import content_words

_CONTRAST = re.compile(
    r"\b(?:but|although|though|whereas|however|yet|nevertheless|except)\b", re.IGNORECASE
)
_SETS_AGAINST = re.compile(rf"{_CONTRAST.pattern}|\b(?:no|not|never|only)\b|n't\b", re.IGNORECASE)
_GOES_ON = re.compile(r"^\W*(?:but|however|yet|nevertheless)\b", re.IGNORECASE)
_FIRST_HALF = re.compile(r"(?:^|: )\W*(?:although|though|whereas)\b[^,]*,", re.IGNORECASE)
# "Although the bridge is old, it is safe": what the second half speaks of stands in the first.
_LEANS = re.compile(
    r"\b(?:it|its|he|she|they|his|her|their|this|that|these|those)\b", re.IGNORECASE
)
_DENIES = re.compile(r"\b(?:no|not|never|nothing|nobody|none|neither)\b|n't\b", re.IGNORECASE)
# So much of a half must be told.
_TOLD = 0.7
# So much of a sentence is from a half that it tells.
_IS_FROM = 0.6
# A single word in common with the question may be chance.
_ASKED_ABOUT = 2


def half_told(sentence: str, source: str, question: str) -> str | None:
    """Why a sentence is no yes or no: its source sets something against it that the question asks about, too.

    The sentence leaves that out, or takes words from it without what it says. A denial must not be left out, whatever
    is asked: "There were talks" is no answer to whether a film is planned where "but nothing has been signed" follows.
    """
    if not asks_yes_or_no(question) or _SETS_AGAINST.search(sentence):
        return None
    told, asked = content_words(sentence), content_words(question)
    for halves in _contrasts(source):
        first, second = halves
        for half, other in ((first, second), (second, first)):
            here, there = content_words(half), content_words(other)
            only_there = there - here
            from_here = len(told & here) >= _IS_FROM * len(told)
            if half is first and from_here and _DENIES.search(other) and not told & only_there:
                return _set_against(other)
            if not told & (here - there) or len(asked & only_there) < _ASKED_ABOUT:
                continue
            left_out = len(asked & only_there - told) >= _ASKED_ABOUT
            mixed = len(told & only_there) < _TOLD * len(only_there)
            if half is second and _LEANS.search(half):
                mixed = False
            if left_out or mixed:
                return _set_against(other)
    return None


def _set_against(half: str) -> str:
    return f"the source sets against it: {' '.join(half.split()).strip(' ,;:.')}"


def _contrasts(source: str) -> Iterator[tuple[str, str]]:
    sentences = sentence_texts(source)
    for at, one in enumerate(sentences):
        if found := _FIRST_HALF.search(one):
            yield one[: found.end()], one[found.end() :]
        elif at and _GOES_ON.match(one):
            yield sentences[at - 1], one
        elif found := _CONTRAST.search(one):
            yield one[: found.start()], one[found.start() :]
