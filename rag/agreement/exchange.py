"""Whether a sentence has two names the other way round than its source, with the same words between them."""

from __future__ import annotations

from itertools import combinations, pairwise

from rag.agreement.around import BE
from rag.agreement.names import equal
from rag.agreement.terms import Row, Term

# Names are taken as exchanged where so much of what is said between them is the same.
_MOST_OF = 0.7
_LONGEST_SPAN = 14
# "Orsk's mayor, Ortiz" and "Ortiz is the mayor of Orsk".
_OWNED = frozenset({"owner", "of"})


def exchanged(claim: Row, held: Row) -> str | None:
    """Two names of the sentence that stand the other way round in the source, with the same words between."""
    names = [term for term in claim.terms if term.kind == "name"]
    there = [term for term in held.terms if term.kind == "name"]
    for one, other in pairwise(names):
        between = _between(claim, one, other)
        if equal(one, other) or not between:
            continue
        way = _order(claim, one, other)
        found = set()
        for first, second in combinations(there, 2):
            if len(_between(held, first, second) & between) < _MOST_OF * len(between):
                continue
            turned = _backwards(way, _order(held, first, second))
            if equal(one, first) and equal(other, second):
                found.add("exchanged" if turned else "kept")
            elif equal(one, second) and equal(other, first):
                found.add("kept" if turned else "exchanged")
        if found == {"exchanged"}:
            return f"the source has {one.text} and {other.text} the other way round"
    return None


def _between(row: Row, one: Term, other: Term) -> set[str]:
    """What the words between two terms of one sentence mean."""
    span = range(one.last + 1, other.first)
    if len(span) > _LONGEST_SPAN or any(row.breaks.get(at, 0) > 1 for at in (*span, other.first)):
        return set()
    words = [row.words[at] for at in span]
    # "Norwin is based in Turin" is "the Turin-based Norwin".
    return {one.stem for one in words if not one.tied and not one.light}


def _order(row: Row, one: Term, other: Term) -> frozenset[str]:
    """What shows in which order two terms are meant: "done by", "'s" and "of"."""
    signs = {"owner"} if row.words[one.last].text.endswith("'s") else set()
    for at in range(one.last + 2, other.first):
        before, word, after = row.words[at - 1 : at + 2]
        doing = after.text.endswith("ing") and after.text.islower()
        if word.lower == "by" and not doing and not before.light:
            signs.add("by")
    following = (word.lower for word in row.words[one.last + 1 : one.last + 2])
    called = row.breaks.get(one.last + 1) == 1 or any(word in BE for word in following)
    last_words = row.words[max(one.last + 1, other.first - 2) : other.first]
    if called and any(word.lower == "of" for word in last_words):
        signs.add("of")
    return frozenset(signs)


def _backwards(way: frozenset[str], there: frozenset[str]) -> bool:
    """Whether the same words between two terms mean the other order: "A closed B" and "A was closed by B"."""
    passive = ("by" in way) != ("by" in there)
    owned = {way & _OWNED, there & _OWNED} == {frozenset({one}) for one in _OWNED}
    return passive != owned
