"""Each sentence of a reply against the quotes it cites. Text that its quotes do not support never stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.compose import Draft, read_as
from rag.types import Citation, Claim, Quote
from rag.wording import content_words, plain, stem

#: Share of a claim's words that its quotes must hold. Below it, the model is likely to have added something.
MIN_SUPPORT = 0.5

_REPEATED = 0.5
_DEMONYMS = ("n", "an", "ian", "ese")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w'-]*[a-z][\w'-]*\b")
_MONTHS = frozenset(
    "january february march april may june july august september october november december monday "
    "tuesday wednesday thursday friday saturday sunday".split()
)
# Words that only turn the question into a sentence, and may stand capitalised at its head.
_FREE = frozenset("according both neither while after before during since yes no".split())


def check(question: str, draft: Draft, quotes: Sequence[Quote]) -> Claim:
    """The claim that a draft becomes, with the citations it keeps.

    The numbers the model gave are tried first, then every single quote: small models often write the
    right sentence and point to the wrong place. Numbers that name no quote are dropped.
    """
    given = [number for number in draft.numbers if 1 <= number <= len(quotes)]
    tries = [given] if given else []
    tries += [[number] for number in range(1, len(quotes) + 1) if [number] != given]
    best: tuple[float, list[int]] = (0.0, given)
    for numbers in tries:
        support = support_of(draft.text, [quotes[number - 1] for number in numbers], question)
        if support >= MIN_SUPPORT:
            return _claim(draft.text, numbers, quotes, support)
        best = max(best, (support, numbers), key=lambda one: one[0])
    return _claim(draft.text, best[1], quotes, best[0])


def support_of(text: str, quotes: Sequence[Quote], question: str = "") -> float:
    """How far quotes support a sentence, 0 to 1.

    The share of its content words that the quotes hold, as the model read them; words that only repeat
    the question count half, since whether they fit the quotes is for the model's own check to say. 0 if
    the sentence states a number or a name that neither the quotes nor, for names, the question mention.
    """
    text, question = plain(text), plain(question)
    source = plain(" ".join(read_as(quote) for quote in quotes))
    if not _numbers(text) <= _numbers(source):
        return 0.0
    mentioned = f"{source} {question}".lower()
    known = {stem(word) for word in re.findall(r"[\w'-]+", mentioned)}
    known |= {stem(word) for word in re.findall(r"\w+", mentioned)}
    if not all(_is_known(name, known) for name in _names(text)):
        return 0.0
    words = content_words(text)
    held = words & content_words(source)
    repeated = (words - held) & content_words(question)
    return (len(held) + _REPEATED * len(repeated)) / len(words) if words else 0.0


def _claim(text: str, numbers: Sequence[int], quotes: Sequence[Quote], support: float) -> Claim:
    return Claim(
        text=text,
        citations=tuple(Citation(number=number, quote=quotes[number - 1]) for number in numbers),
        support=round(support, 3),
        verdict="supported" if support >= MIN_SUPPORT and numbers else "unsupported",
    )


def _numbers(text: str) -> set[str]:
    return {match.strip(".,").replace(",", "").lstrip("0") for match in _NUMBER.findall(text)}


def _is_known(name: str, known: set[str]) -> bool:
    """Whether a name occurs, be it as the people of a place or the place of a people."""
    if name in known:
        return True
    roots = {name.removesuffix(ending) for ending in _DEMONYMS} - {name}
    return bool(known & ({name + ending for ending in _DEMONYMS} | roots))


def _names(text: str) -> set[str]:
    """Capitalised words, the first one left out unless it is followed by another: it opens the sentence."""
    names = []
    for match in _NAME.finditer(text):
        opens = match.start() == 0
        followed = re.match(r"\s+[A-Z]", text[match.end() :])
        word = match.group().lower()
        if (not opens or followed) and word not in _FREE and word not in _MONTHS:
            names.append(stem(word))
    return set(names)
