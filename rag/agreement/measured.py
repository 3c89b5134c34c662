"""Whether an amount in a sentence measures what the source measures with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.agreement.amounts import read_amount
from rag.agreement.terms import Row, Term, read_row
from rag.agreement.units import UNITS
from rag.split import sentence_texts
from rag.wording import content_words, plain, stem

# "One week's notice", "two years' experience".
_OWNED = re.compile(
    r"\b(?P<amount>[\w.,]+)[ -](?P<unit>hour|day|night|week|month|year|minute)(?:'s|s')\s+"
    r"(?P<what>[^\W\d_]+(?:\s+[^\W\d_]+)?)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_TIMES = {stem(unit) for unit in "minute hour day night week month year".split()}
_LEANS = re.compile(
    r"^\W*(?:it|this|that|these|those|they|he|she|its|their|the same)\b", re.IGNORECASE
)
_RATES = {
    "hourly": "hour", "stündlich": "hour", "daily": "day", "täglich": "day", "nightly": "night",
    "weekly": "week", "wöchentlich": "week", "monthly": "month", "monatlich": "month", "yearly": "year",
    "annual": "year", "annually": "year", "jährlich": "year",
}  # fmt: skip
_PER = frozenset("per a an each every pro im".split())
_RANGE = frozenset("to or and bis oder".split())
# "Two full weeks", "54 square metres".
_BETWEEN = 1
_RATE_WITHIN = 4


def measures_another(sentence: str, source: str, question: str = "") -> str | None:
    """Why a sentence cannot rest on a source: the amount that it gives for one thing is another's there.

    "The trial period is one week" does not rest on "In the trial period one week's notice is enough", nor does "The
    trial period is eight weeks" on "After the trial period the notice period is eight weeks". What an amount measures
    may stand in the question.
    """
    claim, held = read_row(sentence), read_row(source)
    return (
        _of_what_owns_it(claim, source, question)
        or _of_another_of_its_kind(claim, held)
        or _of_another_sentence(sentence, source, question)
    )


def _of_what_owns_it(claim: Row, source: str, question: str) -> str | None:
    known = claim.stems | content_words(question)
    text = plain(source)
    for found in _OWNED.finditer(text):
        value = read_amount([found["amount"].lower()], 0)[0]
        unit, what = stem(found["unit"].lower()), content_words(found["what"])
        if not what or what & known or not _has(claim, value, unit):
            continue
        rest = read_row(text[: found.start()] + " … " + text[found.end() :])
        if not _has(rest, value, unit):
            return f"in the source “{found['amount']} {found['unit']}” is of {found['what']}"
    return None


def _of_another_sentence(sentence: str, source: str, question: str) -> str | None:
    """A span of time that one sentence gives, told of what only another one, with a time of its own, is about."""
    spans = _spans_of_time(sentence)
    said = content_words(sentence) - content_words(question) - _TIMES
    sentences = [(one, _spans_of_time(one), content_words(one)) for one in sentence_texts(source)]
    for span in spans:
        giving = [words for one, held, words in sentences if span in held]
        if not giving or any(_LEANS.match(one) for one, held, _ in sentences if span in held):
            continue
        there = set().union(*giving)
        for _, held, words in sentences:
            if held and not held & spans and (others := said & words - there):
                return f"the source does not give {span[0]} for “{min(others)}”"
    return None


def _spans_of_time(text: str) -> set[tuple[str, str]]:
    row = read_row(text)
    return {
        (term.key[0], unit)
        for term in row.terms
        if term.kind == "number"
        for unit in (word.stem for word in row.words[term.last + 1 : term.last + 2])
        if unit in _TIMES
    }


def _has(row: Row, value: str, unit: str) -> bool:
    """Whether a text has an amount with its unit."""
    return any(
        term.kind == "number"
        and term.key[0] == value
        and any(word.stem == unit for word in row.words[term.last + 1 : term.last + 2])
        for term in row.terms
    )


def _of_another_of_its_kind(claim: Row, held: Row) -> str | None:
    """Of two things of one kind ("trial period", "notice period") the source gives the amount for the other."""
    pairs = set(_named(held, 0, len(held.words)))
    for term in claim.terms:
        year = _YEAR.fullmatch(term.text)
        if term.kind != "number" or year or (mine := _nearest(claim, term)) not in pairs:
            continue
        same = [one for one in held.terms if one.kind == "number" and one.key == term.key]
        theirs = [_nearest(held, one, kind=mine[1]) for one in same]
        if theirs and all(one and one != mine and one[0] not in claim.stems for one in theirs):
            return f"the source gives {term.text} for another {mine[1]}"
    return None


def _nearest(row: Row, number: Term, kind: str | None = None) -> tuple[str, str] | None:
    """What is called so ("notice", "period") nearest before a number in its sentence, of a kind if one is given."""
    first = number.first
    while first and row.breaks.get(first, 0) < 2:
        first -= 1
    found = [one for one in _named(row, first, number.first) if kind is None or one[1] == kind]
    return found[-1] if found else None


def _named(row: Row, first: int, last: int) -> Iterator[tuple[str, str]]:
    """Two words that follow each other, none of them a name or a number: "notice period"."""
    for at in range(first, last - 1):
        one, other = row.words[at], row.words[at + 1]
        plain_words = all(
            not word.light and word.lower.isalpha() and (word.text.islower() or word.opens)
            for word in (one, other)
        )
        if plain_words and at + 1 not in row.breaks:
            yield one.stem, other.stem


def other_unit(claim: Row, held: Row) -> str | None:
    """Why a sentence cannot rest on a source: there the same number has another unit, or is for another time.

    "Four weeks" does not rest on "four months", nor "30 euros a month" on "an annual fee of 30 euros".
    """
    for term in claim.terms:
        same = [
            one for one in held.terms if one.kind == term.kind == "number" and one.key == term.key
        ]
        for found, reason in ((_unit, "of another unit:"), (_rate, "for each")):
            told = found(claim, term)
            there = {unit for one in same if (unit := found(held, one))}
            if told and there and told not in there:
                return f"in the source {term.text} is {reason} {min(there)}"
    return None


def _unit(row: Row, number: Term) -> str | None:
    """The unit of a number; of "three" in "three to four weeks" it is weeks."""
    at = number.last + 1
    following = [word.lower for word in row.words[at : at + 1 + _BETWEEN]]
    if following and following[0] in _RANGE:
        return next(
            (_unit(row, one) for one in row.terms if one.kind == "number" and one.first == at + 1),
            None,
        )
    for place, word in enumerate(following, at):
        if row.breaks.get(place):
            return None
        if word in UNITS:
            before = row.words[place - 1].lower
            return f"{before} {UNITS[word]}" if before in ("square", "cubic") else UNITS[word]
    return None


def _rate(row: Row, number: Term) -> str | None:
    """For how long an amount is: "a month", "monthly" behind it, or "annual" before it."""
    at = number.last + 1
    for place in range(at, min(at + _RATE_WITHIN, len(row.words))):
        lower, before = row.words[place].lower, row.words[place - 1].lower
        if row.breaks.get(place, 0) > 1 or lower[0].isdigit():
            break
        unit = _RATES.get(lower) or (UNITS.get(lower) if before in _PER else None)
        if unit in _RATES.values():
            return unit
    for place in range(number.first - 1, -1, -1):
        lower = row.words[place].lower
        if row.breaks.get(place + 1, 0) > 1 or lower[0].isdigit():
            break
        if lower in _RATES:
            return _RATES[lower]
    return None
