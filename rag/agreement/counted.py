"""Whether a number in a sentence counts what was asked for, or something else that the source counts beside it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from rag.agreement.terms import Row, read_row
from rag.wording import stem

_PLURALS = frozenset(
    "people men women children police staff personnel cattle sheep fish geese".split()
)
_NO_PLURAL = ("ss", "us", "is", "'s")
# "How many of the soldiers", "dozens of foreign soldiers".
_NOUN_WITHIN = 4
_ABOUT = frozenset("dozens scores hundreds thousands".split())
_GOES_ON = frozenset(
    "of the these those other more different its their his her your our my".split()
)
_AS_GOOD_AS = 0.9
_HIRED = "mercenaries contractors"
_REBELS = "rebels militants attackers assailants insurgents jihadists gunmen guerrillas terrorists bandits"
_REGULARS = "soldiers troops officers policemen"
_UNARMED = (
    "civilians villagers residents bystanders inhabitants passers-by tourists pupils patients"
)
# Nobody is of both; a fighter may be of any side but the last.
_SIDES = tuple(
    (frozenset(map(stem, one.split())), frozenset(map(stem, " ".join(others).split())))
    for one, others in (
        (_HIRED, (_REBELS, _UNARMED)),
        (_REBELS, (_HIRED, _REGULARS, _UNARMED)),
        (_REGULARS, (_REBELS, _UNARMED)),
        (_UNARMED, (_HIRED, _REBELS, _REGULARS, "fighters instructors")),
    )
)
_KNOWN = frozenset().union(*(one for one, _ in _SIDES))


def counts_another(sentence: str, source: str, question: str) -> str | None:
    """Why a sentence is no answer to "how many …?": its number is of another kind of thing.

    The source counts what was asked for by another number ("31 soldiers died; sixty attackers did"), what it counts
    cannot be what was asked for (no mercenary is a civilian), or the sentence itself names that beside what it counts
    ("The rebels took part in it with 47 vehicles").
    """
    asked = _asked(read_row(question))
    if asked is None:
        return None
    claim = read_row(sentence)
    said, held = set(_numbers(claim)), list(_numbers(read_row(source)))
    theirs = {number for number, what in held if what == asked}
    mine = {number for number, _ in said}
    if not mine or mine & theirs:
        return None
    if asked in claim.stems and all(what and what != asked for _, what in said):
        return f"its number is not of “{asked}”"
    for number in mine:
        others = {what for one, what in held if one == number}
        if not others or None in others or asked in others:
            return None
        if not theirs and not all(_excludes(asked, what) for what in others if what):
            return None
    return f"the source does not count “{asked}” by {min(mine)}"


def _asked(question: Row) -> str | None:
    """The stem of what is counted: "soldiers" of "how many of the soldiers died"."""
    words = question.words
    for at in range(1, len(words)):
        if words[at - 1].lower == "how" and words[at].lower == "many":
            return _noun(question, at + 1)
    return None


def _numbers(row: Row) -> Iterator[tuple[str, str | None]]:
    """Each number with the stem of what it counts, where that can be told."""
    for term in row.terms:
        if term.kind == "number":
            yield term.key[0], _noun(row, term.last + 1)
    for at, word in enumerate(row.words):
        if word.lower in _ABOUT:
            yield word.lower, _noun(row, at + 1)


def _noun(row: Row, first: int) -> str | None:
    """The first plural of the next words, if nothing but what describes it comes before."""
    for at in range(first, min(first + _NOUN_WITHIN, len(row.words))):
        word = row.words[at]
        if (at in row.breaks and at > first) or (word.light and word.lower not in _GOES_ON):
            return None
        if word.lower in _PLURALS or (
            len(word.lower) > 3 and word.lower.endswith("s") and not word.lower.endswith(_NO_PLURAL)
        ):
            return word.stem
    return None


def _excludes(asked: str, other: str) -> bool:
    """Whether nobody is both; a question may be misspelt."""
    near = get_close_matches(asked, _KNOWN, n=1, cutoff=_AS_GOOD_AS)
    return any({*near} & mine and other in theirs for mine, theirs in _SIDES)
