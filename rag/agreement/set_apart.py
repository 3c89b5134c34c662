"""Amounts that a source gives for some apart from the rest: "The limit is 140 euros, in London and Paris 190"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.agreement.terms import Row, read_row
from rag.split import sentence_texts
from rag.wording import content_words, plain

_COMMA = re.compile(r"[,;]\s+")
_OPENS = re.compile(
    r"(?:(?:but|and|while)\s+)?(?:in|for|on|at|with|to|by|from|after|during|under|until|once|if|when)\s",
    re.IGNORECASE,
)
_PART = re.compile(r"[,;]\s+|\s+(?:and|but|while)\s+")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
# Whoever is set apart is named in few words.
_MOST_WORDS = 10
# Longer sentences are tables.
_MOST_PARTS = 40

Amounts = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Apart:
    """What is set apart: whom the amount is for, the amount, and those of the rest."""

    whom: frozenset[str]
    amount: tuple[str, ...]
    others: Amounts


def amount_of_others(sentence: str, source: str, question: str = "") -> str | None:
    """Why a sentence cannot rest on a source: it gives to some what the source gives to the rest, or the reverse.

    Some are those that the sentence or the question names.
    """
    told, said = _amounts(read_row(sentence)), content_words(sentence)
    asked = content_words(question)
    for apart in _set_apart(source):
        wanted = " ".join(apart.amount)
        if apart.amount in told and not apart.whom & (said | asked):
            return f"the source gives {wanted} for {min(apart.whom)} only"
        if apart.whom & asked and apart.amount not in told and told & apart.others:
            return f"the source gives {wanted} for {min(apart.whom & asked)}"
        for part in _PART.split(plain(sentence)):
            if not apart.whom & content_words(part):
                continue
            here = _amounts(read_row(part)) or told
            if here & apart.others and apart.amount not in here:
                return f"the source gives {wanted} for {min(apart.whom & said)}"
    return None


def given_apart(sentence: str, source: str, question: str = "") -> Amounts:
    """The amounts of a sentence that it gives to just those to whom the source gives them apart from the rest."""
    told, said = _amounts(read_row(sentence)), content_words(f"{sentence} {question}")
    return frozenset(
        apart.amount
        for apart in _set_apart(source)
        if apart.amount in told and not told & apart.others and apart.whom & said
    )


@lru_cache(maxsize=256)
def _set_apart(source: str) -> tuple[Apart, ...]:
    return tuple(
        found for sentence in sentence_texts(plain(source)) for found in _of_sentence(sentence)
    )


def _of_sentence(sentence: str) -> Iterator[Apart]:
    parts = _COMMA.split(sentence)[:_MOST_PARTS]
    for at, opening in enumerate(parts[1:], 1):
        rest = read_row(", ".join(parts[:at]))
        others = _amounts(rest)
        if not others or not _OPENS.match(opening):
            continue
        # A list of several may be parted by commas itself.
        for end in range(at + 1, min(at + _MOST_WORDS, len(parts)) + 1):
            row = read_row(", ".join(parts[at:end]))
            numbers = [
                one
                for one in row.terms
                if one.kind == "number" and not one.vague and not _YEAR.fullmatch(one.text)
            ]
            if not numbers:
                continue
            before = row.words[: numbers[0].first]
            whom = frozenset(word.stem for word in before if not word.light) - rest.stems
            if whom and len(before) <= _MOST_WORDS:
                yield Apart(whom, numbers[0].key, others - {numbers[0].key})
            break


def _amounts(row: Row) -> Amounts:
    return frozenset(term.key for term in row.terms if term.kind == "number" and not term.vague)
