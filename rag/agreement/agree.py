"""Whether a sentence and its source agree in numbers, dates and names, and in what each of them belongs to.

It is not enough that the source mentions a name somewhere. For each term of the sentence the words around it are
compared with the words around the same term in the source, and with those around every other term of its kind: where
another term stands in its place, the sentence has taken one for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from rag.agreement.amounts import read_amount
from rag.agreement.around import Around, role
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
# Names are taken as exchanged where so much of what is said between them is the same.
_MOST_OF = 0.7
_LONGEST_SPAN = 14
_DEMONYMS = ("n", "an", "ian", "ese", "ish", "i")


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
    return _misplaced(claim, held) or _exchanged(claim, held)


def missing_terms(sentence: str, source: str, question: str = "") -> list[Term]:
    """The numbers, months, weekdays and names of a sentence that the source does not mention.

    Words that open the sentence may be no names, "first" and the like count nothing for sure: they are left out. So
    are names that the question mentions.
    """
    return list(_missing(read_row(sentence), read_row(source), read_row(question)))


def _missing(claim: Row, held: Row, asked: Row) -> Iterator[Term]:
    values = {(term.kind, term.key) for term in held.terms}
    lowers = [word.lower for word in held.words]
    values |= {("number", (read_amount(lowers, at)[0],)) for at in range(len(lowers))}
    known = held.stems | asked.stems | held.joined
    initials = {_initials(one) for one in (*held.terms, *asked.terms) if one.kind == "name"}
    initials = (initials | known) - {""}
    for term in claim.terms:
        if term.kind != "name":
            absent = not term.vague and (term.kind, term.key) not in values
        else:
            unknown = not all(is_known(one, known) for one in term.key)
            absent = unknown and not term.opens
            absent = absent and not {term.text.lower(), _initials(term)} & initials
        if absent:
            yield term


def is_known(name: str, known: frozenset[str]) -> bool:
    """Whether a name occurs, be it as the people of a place or the place of a people."""
    if name in known:
        return True
    roots = {name.removesuffix(ending) for ending in _DEMONYMS} - {name}
    return bool(known & ({name + ending for ending in _DEMONYMS} | roots))


def _misplaced(claim: Row, held: Row) -> str | None:
    """A term of the sentence in whose place the source has another one."""
    for term in claim.terms:
        if term.opens and term.key[0] in held.small:
            continue
        around = Around(claim, term.first, term.last)
        places = [around.match(held, one.first, one.last) for one in _same(term, held)]
        taken, better = _TAKEN[term.kind == "name"]
        least = max(taken, max(places) + better) if places else _SURELY_TAKEN
        for rival in _rivals(term, held):
            # What opens a sentence with a capital letter need be no name.
            word = rival.opens and (rival.key[0] in claim.small or rival.text.endswith("ly"))
            if word or rival.text.lower() == "one":
                continue
            fits = around.match(held, rival.first, rival.last)
            if held.words[rival.first].aside:
                fits *= _IN_BRACKETS
            if role(claim, term.first, term.last) != role(held, rival.first, rival.last):
                fits *= _OTHER_ROLE
            if fits >= least and not _spoken_for(rival, fits, term, claim, held):
                return f"where the sentence says {term.text} the source says {rival.text}"
    return None


def _exchanged(claim: Row, held: Row) -> str | None:
    """Two names of the sentence that stand the other way round in the source, with the same words between."""
    names = [term for term in claim.terms if term.kind == "name"]
    there = [term for term in held.terms if term.kind == "name"]
    for one, other in pairwise(names):
        between = _between(claim, one, other)
        least = _MOST_OF * len(between - {"by"})
        if _equal(one, other) or not between - {"by"}:
            continue
        found = set()
        for first, second in combinations(there, 2):
            words = _between(held, first, second)
            if len(words & between - {"by"}) < least or ("by" in words) != ("by" in between):
                continue
            if _equal(one, first) and _equal(other, second):
                found.add("kept")
            elif _equal(one, second) and _equal(other, first):
                found.add("exchanged")
        if found == {"exchanged"}:
            return f"the source has {one.text} and {other.text} the other way round"
    return None


def _between(row: Row, one: Term, other: Term) -> set[str]:
    """What the words between two terms of one sentence mean; "by" shows which way it goes."""
    span = range(one.last + 1, other.first)
    if len(span) > _LONGEST_SPAN or any(row.breaks.get(at, 0) > 1 for at in (*span, other.first)):
        return set()
    words = [row.words[at] for at in span]
    # "Norwin is based in Turin" is "the Turin-based Norwin".
    return {one.stem for one in words if not one.tied and (not one.light or one.lower == "by")}


def _same(term: Term, held: Row) -> Iterator[Term]:
    return (one for one in held.terms if one.kind == term.kind and _equal(term, one))


def _rivals(term: Term, held: Row) -> Iterator[Term]:
    for one in held.terms:
        if one.kind == term.kind and not _equal(term, one):
            yield one


def _spoken_for(rival: Term, fits: float, term: Term, claim: Row, held: Row) -> bool:
    """Whether the sentence has the rival too, in the place where the source has it.

    Beside the term itself ("Norwin of Poland closed…") it may be pushed a little out of that place.
    """
    for one in claim.terms:
        if one.kind == rival.kind and _equal(one, rival):
            first, last = sorted((one, term), key=lambda it: it.first)
            between = claim.words[first.last + 1 : last.first]
            beside = len(between) <= _BESIDE and all(word.light for word in between)
            least = fits - _ALSO_THERE
            least = min(least, _HAS_ITS_PLACE) if beside else least
            if Around(claim, one.first, one.last).match(held, rival.first, rival.last) >= least:
                return True
    return False


def _equal(one: Term, other: Term) -> bool:
    """Whether two terms mean the same; of a name, a part is enough."""
    if one.kind != "name":
        return one.key == other.key
    mine, yours = frozenset(one.key), frozenset(other.key)
    if mine <= yours or yours <= mine or "".join(one.key) == "".join(other.key):
        return True
    if len(mine) == len(yours) == 1:
        return is_known(one.key[0], yours)
    return one.text.lower() == _initials(other) or other.text.lower() == _initials(one)


def _initials(term: Term) -> str:
    return "".join(word[0] for word in term.key) if len(term.key) > 1 else ""
