"""Whether an amount is a limit in its source: "up to 500 euros" is not 500, "at least" not "at most"."""

from __future__ import annotations

import re

from rag.agreement.terms import Row, Term, read_row

_UPPER = re.compile(
    r"\b(?:up to|at (?:the )?most|(?:no|not) more than|(?:a|the)? ?maximum (?:of|is|amount of)|max|fewer than|"
    r"less than|not exceed(?:ing)?|höchstens|maximal|bis zu|weniger als)(?: \w+)?$"
)
_LOWER = re.compile(
    r"\b(?:at (?:the )?least|(?:no|not) (?:less|fewer) than|more than|(?:a|the)? ?minimum (?:of|is)|in excess of|"
    r"mindestens|mehr als)(?: \w+)?$"
)
# Whoever speaks of a limit need not use the source's words for it.
_LIMIT = re.compile(
    r"\b(?:up to|most|more|max\w*|limit\w*|cap\w*|ceiling|exceed\w*|fewer|less|under|below|within|can|may|could|"
    r"höchstens|bis|grenze)\b",
    re.IGNORECASE,
)
_BEFORE = 5


def limit_told_otherwise(sentence: str, source: str, question: str = "") -> str | None:
    """Why a sentence cannot rest on a source: an amount that is a limit there is told as what it is, or reversed."""
    claim, held = read_row(sentence), read_row(source)
    for term in claim.terms:
        if term.kind != "number" or term.vague:
            continue
        there = [
            _before(held, one) for one in held.terms if one.kind == "number" and one.key == term.key
        ]
        if not there:
            continue
        told = _before(claim, term)
        most = [one for one in there if _UPPER.search(one)]
        least = [one for one in there if not _UPPER.search(one) and _LOWER.search(one)]
        turned = (
            len(least) == len(there) and _UPPER.search(told),
            len(most) == len(there) and _LOWER.search(told) and not _UPPER.search(told),
        )
        dropped = len(most) == len(there) and not _LIMIT.search(f"{sentence} {question}")
        if any(turned) or dropped:
            return f"the source says “{' '.join(there[0].split()[-2:])} {term.text}”"
    return None


def _before(row: Row, number: Term) -> str:
    """The words before a number in its sentence."""
    first = number.first
    while first and number.first - first < _BEFORE and row.breaks.get(first, 0) < 2:
        first -= 1
    return " ".join(word.lower for word in row.words[first : number.first])
