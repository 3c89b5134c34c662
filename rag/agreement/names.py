"""Whether two names mean the same: a part of one, its initials, the people of a country."""

from __future__ import annotations

from collections.abc import Iterator

from rag.agreement.terms import Row, Term
from rag.peoples import COUNTRY_OF
from rag.wording import stem

_DEMONYMS = ("n", "an", "ian", "ese", "ish", "i")
_COUNTRY_OF = {stem(name): stem(country) for name, country in COUNTRY_OF.items()}
_COUNTRIES = frozenset(_COUNTRY_OF.values())


def equal(one: Term, other: Term) -> bool:
    """Whether two terms mean the same; of a name, a part is enough."""
    if one.kind != "name":
        return one.key == other.key
    mine, yours = frozenset(map(stem, one.key)), frozenset(map(stem, other.key))
    if mine <= yours or yours <= mine or "".join(one.key) == "".join(other.key):
        return True
    if len(mine) == len(yours) == 1:
        return is_known(next(iter(mine)), yours)
    return one.text.lower() == initials(other) or other.text.lower() == initials(one)


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


def same_terms(term: Term, held: Row) -> Iterator[Term]:
    """Where a source has a term, under any of its names."""
    return (one for one in held.terms if one.kind == term.kind and equal(term, one))


def initials(term: Term) -> str:
    """Of a name of several words; else nothing."""
    return "".join(word[0] for word in term.key) if len(term.key) > 1 else ""
