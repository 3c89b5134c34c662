"""How alike the words around two places are: whether they mean the same place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from rag.agreement.terms import Row, Word

_REACH = 7
_FADE = 0.8
_LIGHT = 0.4
# What stands on the other side of a term still says something, more where one of the two is passive.
_OTHER_SIDE = 0.15
_OTHER_SIDE_PASSIVE = 0.85
# A word that a comma or a stop parts from the term, where none does in the sentence, says less.
_BREAK = 0.75
# "In 1987 they counted…" is "they counted … in 1987".
_OTHER_SIDE_MOVED = 0.6
_DETERMINERS = frozenset("the a an his her its their this that nearly about around some".split())
_PREPOSITIONS = frozenset(
    "of in on at to from by with for into onto over under against between through during before after "
    "since until near about as than across among towards toward via per within without".split()
)
BE = frozenset({"is", "are", "was", "were", "been", "be", "being"})

_Sides: TypeAlias = tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]


class Around:
    """The words around a place of a sentence, to find the like of in a source."""

    def __init__(self, row: Row, first: int, last: int) -> None:
        """``row.words[first : last + 1]`` is the place itself."""
        self._sides = [
            [
                (word.stem, far, marks, (_LIGHT if word.light else 1.0) * _FADE ** (far - 1))
                for word, far, marks in _beside(row, first, last, step, _REACH)
            ]
            for step in (-1, 1)
        ]
        self._total = sum(weight for side in self._sides for *_, weight in side)
        self._passive = _is_passive(row, first, last)
        self._moves = role(row, first, last) == "complement"

    def match(self, held: Row, first: int, last: int) -> float:
        """How much of them stands around a place of the source, and how near to it: 0 to 1."""
        if not self._total:
            return 0.0
        there, passive, moves = _around(held, first, last)
        across = _OTHER_SIDE_PASSIVE if passive != self._passive else _OTHER_SIDE
        if moves and self._moves:
            across = max(across, _OTHER_SIDE_MOVED)
        found = 0.0
        for number, side in enumerate(self._sides):
            for stem, far, marks, weight in side:
                best = _nearness(far, marks, there[number].get(stem))
                if best < across:
                    other = _nearness(far, marks, there[1 - number].get(stem))
                    best = max(best, across * other)
                found += weight * best
        return found / self._total


def role(row: Row, first: int, last: int) -> str:
    """What a place is to the words beside it, as far as they show it."""
    if row.words[last].text.endswith("'s"):
        return "owner"
    before = [word.lower for word in reversed(row.words[max(0, first - 2) : first])]
    if before and before[0] in _DETERMINERS:
        del before[0]
    return "complement" if before and before[0] in _PREPOSITIONS else ""


@lru_cache(maxsize=4096)
def _around(row: Row, first: int, last: int) -> tuple[_Sides, bool, bool]:
    """Where the nearest of each word stands on either side; whether the place is passive; whether it moves about."""
    sides: _Sides = ({}, {})
    for step, side in zip((-1, 1), sides, strict=True):
        for word, far, marks in _beside(row, first, last, step, 2 * _REACH):
            side.setdefault(word.stem, (far, marks))
    return sides, _is_passive(row, first, last), role(row, first, last) == "complement"


def _beside(
    row: Row, first: int, last: int, step: int, reach: int
) -> Iterator[tuple[Word, int, int]]:
    """The words on one side of a place, how far from it they are, and what marks stand between."""
    at = first if step < 0 else last
    edge, marks = row.words[at].place, 0
    while True:
        marks = max(marks, row.breaks.get(at if step < 0 else at + 1, 0))
        at += step
        if not 0 <= at < len(row.words):
            return
        far = abs(row.words[at].place - edge)
        if far > reach:
            return
        yield row.words[at], max(far, 1), marks


def _nearness(far: int, marks: int, found: tuple[int, int] | None) -> float:
    if found is None:
        return 0.0
    off = abs(far - found[0])
    near = 1.0 if off <= 1 else max(0.4, 1.0 - 0.1 * off)
    return near * _BREAK ** max(0, found[1] - marks)


def _is_passive(row: Row, first: int, last: int) -> bool:
    """Whether the place is what something is done by, or what it is done to."""
    before = [word.lower for word in row.words[max(0, first - 3) : first]]
    after = row.words[last + 1 : last + 4]
    if "by" in before:
        return True
    for one, other in pairwise(after):
        if one.lower in BE and re.search(r"(?:ed|en|wn|lt|nt|ught)$", other.lower):
            return True
    return False
