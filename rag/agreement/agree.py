"""Whether a sentence and its source agree in numbers, dates and names, and in what each of them belongs to.

It is not enough that the source mentions a name somewhere. For each term of the sentence the words around it are
compared with the words around the same term in the source, and with those around every other term of its kind: where
another term stands in its place, the sentence has taken one for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.agreement.amounts import LABELLED, read_amount
from rag.agreement.apposition import (
    belongs_to,
    is_in_aside_of,
    names_it_so,
    stands_for,
    verb_is_anothers,
)
from rag.agreement.around import Around, role
from rag.agreement.exchange import exchanged
from rag.agreement.names import equal, initials, is_known, same_terms
from rag.agreement.set_apart import Amounts, amount_of_others, given_apart
from rag.agreement.terms import Row, Term, read_row

#: How well the words around must match for another term to be in a term's place, and by how much better.
#: Names are exchanged and moved about in honest sentences as well; numbers and dates stay with what they belong to.
_TAKEN = {False: (0.45, 0.12), True: (0.55, 0.14)}
# For a term that the source does not have at all: a name from the question, "first" and the like.
_SURELY_TAKEN = 0.6
# The sentence may name what stands there too, in the same place or nearly.
_ALSO_THERE = 0.15
_HAS_ITS_PLACE = 0.45
_BESIDE = 2
# An aside in brackets rarely is what a sentence is about.
_IN_BRACKETS = 0.8
# What stands after a preposition or owns what follows is rarely in the place of what does not.
_OTHER_ROLE = 0.8
_ANOTHERS_VERB = 0.5
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_OF_A_PEOPLE = re.compile(r"[A-Z]\w+(?:ese|ish|[aei]an)")
_GROUPED = re.compile(r"\d[,.]\d")


def disagreement(sentence: str, source: str, question: str = "") -> str | None:
    """Why a sentence cannot rest on a source, or ``None`` if nothing speaks against it.

    Args:
        sentence: What is claimed.
        source: The text it cites.
        question: Names that only the question mentions are not held against the sentence.
    """
    claim, held = read_row(sentence), read_row(source)
    for term in _missing(claim, held, read_row(question)):
        return f"the source does not mention {term.text}"
    if names_it_so(claim, held):
        return None
    return (
        _misplaced(claim, held, given_apart(sentence, source, question))
        or exchanged(claim, held)
        or amount_of_others(sentence, source, question)
    )


def missing_terms(sentence: str, source: str, question: str = "") -> list[Term]:
    """The numbers, months, weekdays and names of a sentence that the source does not mention.

    Words that open the sentence may be no names, "first" and the like count nothing for sure: they are left out. So
    are names that the question mentions.
    """
    return list(_missing(read_row(sentence), read_row(source), read_row(question)))


def _missing(claim: Row, held: Row, asked: Row) -> Iterator[Term]:
    labels = _labels(held)
    values = {(term.kind, term.key) for term in held.terms if term.first not in labels}
    lowers = [word.lower for word in held.words]
    values |= {
        ("number", (read_amount(lowers, at)[0],)) for at in range(len(lowers)) if at not in labels
    }
    short = {initials(one) for one in (*held.terms, *asked.terms) if one.kind == "name"}
    known = (held.stems | asked.stems | held.joined | short) - {""}
    capitals = (held.stems - held.small) | (asked.stems - asked.small)
    for term in claim.terms:
        if term.kind != "name":
            found = (term.kind, term.key) in values or (
                not _counts(term, claim) and term.key in labels.values()
            )
            absent = not term.vague and not found
        else:
            unknown = not all(is_known(one, known, capitals) for one in term.key)
            absent = unknown and not term.opens
            absent = absent and not {term.text.lower(), initials(term)} & known
        if absent:
            yield term


def _labels(row: Row) -> dict[int, tuple[str, ...]]:
    """The numbers that count nothing, by where they stand: a day of a month ("3 March"), "clause 3", "plot 17"."""
    months = {term.first for term in row.terms if term.kind == "month"}
    return {
        term.first: term.key
        for term in row.terms
        if term.kind == "number"
        and (
            ({term.first - 1, term.last + 1} & months and not _YEAR.fullmatch(term.text))
            or (term.first and row.words[term.first - 1].lower.rstrip("s") in LABELLED)
        )
    }


def _counts(number: Term, row: Row) -> bool:
    """Whether a number counts or measures what the next word says ("3 years")."""
    following = row.words[number.last + 1 : number.last + 2]
    return (
        number.first not in _labels(row)
        and number.last + 1 not in row.breaks
        and any(not word.light and word.text.islower() for word in following)
    )


def _misplaced(claim: Row, held: Row, apart: Amounts) -> str | None:
    """A term of the sentence in whose place the source has another one, but for numbers that are rightly set apart."""
    for term in claim.terms:
        if term.kind == "number" and term.key in apart:
            continue
        if (term.opens and term.key[0] in held.small) or stands_for(term, claim, held):
            continue
        around = Around(claim, term.first, term.last)
        same = list(same_terms(term, held))
        places = [around.match(held, one.first, one.last) for one in same]
        taken, better = _TAKEN[term.kind == "name"]
        least = max(taken, max(places) + better) if places else _SURELY_TAKEN
        for rival in _rivals(term, claim, held):
            # What opens a sentence with a capital letter need be no name.
            word = rival.opens and (rival.key[0] in claim.small or rival.text.endswith("ly"))
            if word or rival.text.lower() == "one":
                continue
            if any(
                belongs_to(rival, one, held) or is_in_aside_of(rival, one, held) for one in same
            ):
                continue
            fits = around.match(held, rival.first, rival.last)
            if held.words[rival.first].aside:
                fits *= _IN_BRACKETS
            if role(claim, term.first, term.last) != role(held, rival.first, rival.last):
                fits *= _ANOTHERS_VERB if verb_is_anothers(rival, held) else _OTHER_ROLE
            if fits >= least and not _spoken_for(rival, fits, term, claim, held):
                return f"where the sentence says {term.text} the source says {rival.text}"
    return None


def _rivals(term: Term, claim: Row, held: Row) -> Iterator[Term]:
    """What may have been taken for a term: other ones of its kind.

    But no year for 57,000, no share for a sum, and no "Chinese" dynasties for whoever ruled them.
    """
    for one in held.terms:
        if one.kind != term.kind or equal(term, one):
            continue
        if _is_attribute(one, held) and not _is_attribute(term, claim):
            continue
        if term.kind == "number":
            shares = _is_share(term, claim), _is_share(one, held)
            years = [bool(_YEAR.fullmatch(number.text)) for number in (term, one)]
            if shares[0] != shares[1] or (any(years) and _GROUPED.search(term.text + one.text)):
                continue
        yield one


def _is_attribute(name: Term, row: Row) -> bool:
    """Whether a name only says of what kind the next word is ("Chinese dynasties")."""
    following = row.words[name.last + 1 : name.last + 2]
    return (
        name.kind == "name"
        and bool(_OF_A_PEOPLE.fullmatch(name.text))
        and name.last + 1 not in row.breaks
        and any(not word.light and word.text.islower() for word in following)
    )


def _is_share(number: Term, row: Row) -> bool:
    return any(word.lower == "percent" for word in row.words[number.last + 1 : number.last + 2])


def _spoken_for(rival: Term, fits: float, term: Term, claim: Row, held: Row) -> bool:
    """Whether the sentence has the rival too, in the place where the source has it.

    Beside the term itself ("Norwin of Poland closed…") it may be pushed a little out of that place.
    """
    for one in claim.terms:
        if one.kind == rival.kind and equal(one, rival):
            first, last = sorted((one, term), key=lambda it: it.first)
            between = claim.words[first.last + 1 : last.first]
            beside = len(between) <= _BESIDE and all(word.light for word in between)
            least = fits - _ALSO_THERE
            least = min(least, _HAS_ITS_PLACE) if beside else least
            if Around(claim, one.first, one.last).match(held, rival.first, rival.last) >= least:
                return True
    return False
