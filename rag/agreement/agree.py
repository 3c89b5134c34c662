"""Whether a sentence and its source agree in numbers, dates and names, and in what each of them belongs to.

It is not enough that the source mentions a name somewhere. For each term of the sentence the words around it are
compared with the words around the same term in the source, and with those around every other term of its kind: where
another term stands in its place, the sentence has taken one for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise

from rag.agreement.amounts import read_amount
from rag.agreement.around import BE, Around, role
from rag.agreement.terms import Row, Term, read_row
from rag.peoples import COUNTRY_OF
from rag.wording import stem

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
# Names are taken as exchanged where so much of what is said between them is the same.
_MOST_OF = 0.7
_LONGEST_SPAN = 14
# So many words of little meaning may stand between what somebody is called and the name.
_LOOSE = 3
_DEMONYMS = ("n", "an", "ian", "ese", "ish", "i")
_COUNTRY_OF = {stem(name): stem(country) for name, country in COUNTRY_OF.items()}
_COUNTRIES = frozenset(_COUNTRY_OF.values())
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_NAMING = frozenset("the a an his her its their our".split())
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
    if _names_it_so(claim, held):
        return None
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
    capitals = (held.stems - held.small) | (asked.stems - asked.small)
    initials = {_initials(one) for one in (*held.terms, *asked.terms) if one.kind == "name"}
    known = (known | initials) - {""}
    for term in claim.terms:
        if term.kind != "name":
            absent = not term.vague and (term.kind, term.key) not in values
        else:
            unknown = not all(is_known(one, known, capitals) for one in term.key)
            absent = unknown and not term.opens
            absent = absent and not {term.text.lower(), _initials(term)} & known
        if absent:
            yield term


def is_known(name: str, known: frozenset[str], capitals: frozenset[str] | None = None) -> bool:
    """Whether a name occurs, be it as the people of a place or the place of a people; all are stems.

    ``capitals`` are those that are written as names, by default all: "us" and "polish" are no peoples.
    """
    if name in known:
        return True
    if name in _COUNTRY_OF or name in _COUNTRIES:
        country = _COUNTRY_OF.get(name, name)
        others = known if capitals is None else capitals
        if any(_COUNTRY_OF.get(one, one) == country for one in others):
            return True
    roots = {name.removesuffix(ending) for ending in _DEMONYMS} - {name}
    return bool(known & ({name + ending for ending in _DEMONYMS} | roots))


def _misplaced(claim: Row, held: Row) -> str | None:
    """A term of the sentence in whose place the source has another one."""
    for term in claim.terms:
        if (term.opens and term.key[0] in held.small) or _stands_for(term, claim, held):
            continue
        around = Around(claim, term.first, term.last)
        places = [around.match(held, one.first, one.last) for one in _same(term, held)]
        taken, better = _TAKEN[term.kind == "name"]
        least = max(taken, max(places) + better) if places else _SURELY_TAKEN
        for rival in _rivals(term, claim, held):
            # What opens a sentence with a capital letter need be no name.
            word = rival.opens and (rival.key[0] in claim.small or rival.text.endswith("ly"))
            if word or rival.text.lower() == "one":
                continue
            fits = around.match(held, rival.first, rival.last)
            if held.words[rival.first].aside:
                fits *= _IN_BRACKETS
            if role(claim, term.first, term.last) != role(held, rival.first, rival.last):
                fits *= _ANOTHERS_VERB if _verb_is_anothers(rival, held) else _OTHER_ROLE
            if any(_belongs_to(rival, one, held) for one in _same(term, held)):
                continue
            if fits >= least and not _spoken_for(rival, fits, term, claim, held):
                return f"where the sentence says {term.text} the source says {rival.text}"
    return None


def _stands_for(term: Term, claim: Row, held: Row) -> bool:
    """Whether a term is short for another one of the sentence: the source has it in brackets right behind that."""
    if term.kind != "name" or not term.text.isupper():
        return False
    asides = (one for one in _same(term, held) if held.words[one.first].aside)
    named = (other for one in asides for other in held.terms if other.last == one.first - 1)
    return any(equal(one, other) for other in named for one in claim.terms)


def _verb_is_anothers(name: Term, held: Row) -> bool:
    """Whether what follows a name behind a preposition is told of another: "sells to Turin and has two plants"."""
    if role(held, name.first, name.last) != "complement":
        return False
    before = (word.lower for word in held.words[max(0, name.first - 2) : name.first])
    after = (word.lower for word in held.words[name.last + 1 : name.last + 2])
    # Who it is done by does it.
    return "by" not in before and ("and" in after or held.breaks.get(name.last + 1) == 1)


def _belongs_to(owner: Term, name: Term, held: Row) -> bool:
    """Whether a name is told with its owner right before it: "the Republic of Congo's Denis Sassou"."""
    between = held.words[owner.first : name.first]
    return (
        bool(between)
        and between[-1].text.endswith("'s")
        and all(word.light or word.text[0].isupper() for word in between)
    )


def _names_it_so(claim: Row, held: Row) -> bool:
    """Whether a sentence only says what one is, and the source calls it so right beside its name.

    "Ortiz is the Turin mayor" is "the Turin mayor, Lena Ortiz, said".
    """
    name = next(iter(claim.terms), None)
    if name is None or name.kind != "name" or name.first > 1:
        return False
    verb, *said = claim.words[name.last + 1 :] or (None,)
    called = said[:1] and (said[0].lower in _NAMING or said[0].text[0].isupper())
    if verb is None or verb.lower not in BE or not called:
        return False
    if any(role(claim, one.first, one.last) for one in claim.terms[1:]):
        return False
    wanted = {word.stem for word in said if not word.light}
    return any(
        wanted <= _beside(held, place, words)
        for place in _same(name, held)
        for words in (
            range(place.last + 1, place.last + 1 + len(wanted) + _LOOSE),
            range(place.first - 1, place.first - 1 - len(wanted) - _LOOSE, -1),
        )
    )


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


def _exchanged(claim: Row, held: Row) -> str | None:
    """Two names of the sentence that stand the other way round in the source, with the same words between."""
    names = [term for term in claim.terms if term.kind == "name"]
    there = [term for term in held.terms if term.kind == "name"]
    for one, other in pairwise(names):
        between = _between(claim, one, other)
        if equal(one, other) or not between:
            continue
        way = _way(claim, one, other)
        found = set()
        for first, second in combinations(there, 2):
            if len(_between(held, first, second) & between) < _MOST_OF * len(between):
                continue
            turned = _turned(way, _way(held, first, second))
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


def _way(row: Row, one: Term, other: Term) -> frozenset[str]:
    """What shows in which order two terms are meant: "done by", "'s" and "of"."""
    signs = {"owner"} if row.words[one.last].text.endswith("'s") else set()
    for before, word, after in zip(
        row.words[one.last + 1 :],
        row.words[one.last + 2 : other.first],
        row.words[one.last + 3 :],
        strict=False,
    ):
        doing = after.text.endswith("ing") and after.text.islower()
        if word.lower == "by" and not doing and not before.light:
            signs.add("by")
    following = (word.lower for word in row.words[one.last + 1 : one.last + 2])
    called = row.breaks.get(one.last + 1) == 1 or any(word in BE for word in following)
    last_words = row.words[max(one.last + 1, other.first - 2) : other.first]
    if called and any(word.lower == "of" for word in last_words):
        signs.add("of")
    return frozenset(signs)


def _turned(way: frozenset[str], there: frozenset[str]) -> bool:
    """Whether the same words between two terms mean the other order: "A closed B" and "A was closed by B"."""
    owned = {"of", "owner"}
    return (("by" in way) != ("by" in there)) != (
        len(way & owned) == len(there & owned) == 1 and way & owned != there & owned
    )


def _same(term: Term, held: Row) -> Iterator[Term]:
    return (one for one in held.terms if one.kind == term.kind and equal(term, one))


def _rivals(term: Term, claim: Row, held: Row) -> Iterator[Term]:
    """What may have been taken for a term: other ones of its kind, but no year for 57,000, and no share for a sum."""
    for one in held.terms:
        if one.kind != term.kind or equal(term, one):
            continue
        if term.kind == "number":
            shares = _is_share(term, claim), _is_share(one, held)
            years = [bool(_YEAR.fullmatch(number.text)) for number in (term, one)]
            if shares[0] != shares[1] or (any(years) and _GROUPED.search(term.text + one.text)):
                continue
        yield one


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


def equal(one: Term, other: Term) -> bool:
    """Whether two terms mean the same; of a name, a part is enough."""
    if one.kind != "name":
        return one.key == other.key
    mine, yours = frozenset(map(stem, one.key)), frozenset(map(stem, other.key))
    if mine <= yours or yours <= mine or "".join(one.key) == "".join(other.key):
        return True
    if len(mine) == len(yours) == 1:
        return is_known(next(iter(mine)), yours)
    return one.text.lower() == _initials(other) or other.text.lower() == _initials(one)


def _initials(term: Term) -> str:
    return "".join(word[0] for word in term.key) if len(term.key) > 1 else ""
