"""What a name is told with: who it is, whose it is, what it is short for, and which verb is not its own."""

from __future__ import annotations

from rag.agreement.around import BE, role
from rag.agreement.names import equal, same_terms
from rag.agreement.terms import Row, Term

# So many words of little meaning may stand between what somebody is called and the name.
_LOOSE = 3
_PUT_IN = frozenset("the a an who whose which his her its their then once former".split())
_NAMING = frozenset("the a an his her its their our".split())


def names_it_so(claim: Row, held: Row) -> bool:
    """Whether a sentence only says what one is, and the source calls it so right beside its name.

    "Ortiz is the Turin mayor" is "the Turin mayor, Lena Ortiz, said".
    """
    name = next(iter(claim.terms), None)
    if name is None or name.kind != "name" or name.first > 1:
        return False
    said = claim.words[name.last + 1 :]
    if len(said) < 2 or said[0].lower not in BE:
        return False
    called = said[1].lower in _NAMING or said[1].text[0].isupper()
    if not called or any(role(claim, one.first, one.last) for one in claim.terms[1:]):
        return False
    wanted = {word.stem for word in said[1:] if not word.light}
    return bool(wanted) and any(
        wanted <= _beside(held, place, words)
        for place in same_terms(name, held)
        for words in (
            range(place.last + 1, place.last + 1 + len(wanted) + _LOOSE),
            range(place.first - 1, place.first - 1 - len(wanted) - _LOOSE, -1),
        )
    )


def stands_for(term: Term, claim: Row, held: Row) -> bool:
    """Whether a term is short for another one of the sentence: the source has it in brackets right behind that."""
    if term.kind != "name" or not term.text.isupper():
        return False
    asides = (one for one in same_terms(term, held) if held.words[one.first].aside)
    named = (other for one in asides for other in held.terms if other.last == one.first - 1)
    return any(equal(one, other) for other in named for one in claim.terms)


def belongs_to(owner: Term, name: Term, held: Row) -> bool:
    """Whether a name is told with its owner right before it: "the Republic of Congo's Denis Sassou"."""
    between = held.words[owner.first : name.first]
    return (
        bool(between)
        and between[-1].text.endswith("'s")
        and all(word.light or word.text[0].isupper() for word in between)
    )


def is_in_aside_of(other: Term, name: Term, held: Row) -> bool:
    """Whether another term stands in what is put in about a name: "Karsky, who founded Vostrel, died"."""
    begins = name.last + 1
    if held.breaks.get(begins) != 1 or held.words[begins].lower not in _PUT_IN:
        return False
    ends = next((at for at in range(begins + 1, len(held.words)) if at in held.breaks), None)
    return (
        ends is not None and held.breaks[ends] == 1 and begins <= other.first <= other.last < ends
    )


def verb_is_anothers(name: Term, held: Row) -> bool:
    """Whether what follows a name behind a preposition is told of another: "sells to Turin and has two plants"."""
    if role(held, name.first, name.last) != "complement":
        return False
    before = (word.lower for word in held.words[max(0, name.first - 2) : name.first])
    after = (word.lower for word in held.words[name.last + 1 : name.last + 2])
    # Who it is done by does it.
    return "by" not in before and ("and" in after or held.breaks.get(name.last + 1) == 1)


def _beside(held: Row, name: Term, places: range) -> set[str]:
    """What stands beside a name in its sentence; before it only what no "is" tells of another."""
    found: set[str] = set()
    for at in places:
        behind = at > name.last
        if not 0 <= at < len(held.words) or held.breaks.get(at if behind else at + 1, 0) > 1:
            break
        if not behind and held.words[at].lower in BE:
            return set()
        found.add(held.words[at].stem)
    return found
