"""Whether a sentence tells a deed of one thing where the source only has the doer's title, of another thing."""

from __future__ import annotations

from collections.abc import Collection

from rag.agreement.names import equal
from rag.agreement.terms import Row, Term

# By the stem of the verb. Directors, producers and managers have many more deeds than their titles.
_TITLES = {"found": "founder", "own": "owner", "lead": "leader", "led": "leader"}
# How far behind a verb the name of what is done may stand.
_REACH = 3


def titled_for_another(claim: Row, held: Row) -> str | None:
    """Why a sentence cannot rest on a source: "X founded Orsk" on "Norwin founder X", where nobody founded anything."""
    told = {_TITLES.get(word.stem) for word in held.words}
    for at, word in enumerate(claim.words):
        title, done = _TITLES.get(word.stem), _name(claim, range(at + 1, at + 1 + _REACH))
        if title is None or title in told or not done:
            continue
        for place, one in enumerate(held.words):
            of = _whose(held, place) if one.stem == title else None
            if of and not equal(of, done):
                return f"where the sentence says {done.text} the source says {of.text}"
    return None


def _whose(row: Row, at: int) -> Term | None:
    """The name in front of a title, or behind its "of"."""
    after = [word.lower for word in row.words[at + 1 : at + 3]]
    if after[:1] == ["of"]:
        return _name(row, range(at + 2, at + 3 + (after[1:] == ["the"])))
    return _name(row, (at - 1,))


def _name(row: Row, places: Collection[int]) -> Term | None:
    """The first name that lies at one of these places."""
    for term in row.terms:
        if term.kind == "name" and any(term.first <= place <= term.last for place in places):
            return term
    return None
