"""Whether a sentence says no where its source says yes, or up where it says down."""

from __future__ import annotations

from collections.abc import Iterator

from rag.agreement.around import Around
from rag.agreement.opposites import OPPOSITES
from rag.agreement.terms import Row

# How well the words around must match for two words to be in the same place.
_SAME_PLACE = 0.5
# "X is likely to go" is "it is likely that X goes": what is only denied in front of a word moves about.
_SAME_PLACE_PREFIXED = 0.3
_CLEARLY_BY = 0.1
_NEGATIONS = frozenset(
    "not n't no non never none nobody nothing neither nor cannot without hardly scarcely nowhere".split()
)
# What these say can be said with "not" as well, and the other way round.
_UNSAID = frozenset(
    "fail fails failed failing failure refuse refuses refused refusing deny denies denied denying unable lack lacks "
    "lacked lacking absent absence prevent prevents prevented avoid avoids avoided stop stopped stops reject rejected "
    "rejects unlike instead exclude excluded excluding seldom rarely impossible unlikely illegal ban banned bans "
    "forbidden forbid forbids prohibit prohibited prohibits false myth unknown".split()
)
_NO_NEGATION = frozenset(
    {"only", "just", "merely", "simply", "least", "more", "less", "later", "doubt"}
)
_SAID = frozenset({"said", "says", "say"})
_SCOPE = 5
_HEAD = 4


def reversal(claim: Row, held: Row) -> str | None:
    """Why a sentence says the contrary of a source, or ``None`` if it does not seem to."""
    return _negated(claim, held) or _turned(claim, held)


def denied_only(claim: Row, held: Row, asked: Row) -> str | None:
    """Why a sentence is no yes: the source has a word of it that is asked about, but only to deny it.

    That may be far from what it is denied of: "The warranty does not cover damage by hard water or frost."
    """
    in_claim, heads = _reach(claim), set(_heads(held))
    for at, word in enumerate(claim.words):
        if word.light or at in in_claim or word.stem not in asked.small:
            continue
        places = {place for place, one in enumerate(held.words) if one.stem == word.stem}
        if places and places <= heads:
            return f"the source denies “{word.text}”"
    return None


def _negated(claim: Row, held: Row) -> str | None:
    in_claim, in_held = _reach(claim), _reach(held)
    for head in _heads(claim):
        places = _places(claim, head, held)
        if places and not any(place in in_held for place in _best(places)):
            return f"the source does not deny “{claim.words[head].text}”"
    for head in _heads(held):
        stem = held.words[head].stem
        for at, word in enumerate(claim.words):
            if word.stem == stem and at not in in_claim:
                places = _places(claim, at, held)
                best = _best(places)
                if head in best and all(place in in_held for place in best):
                    return f"the source denies “{word.text}”"
    return None


def _turned(claim: Row, held: Row) -> str | None:
    for at, word in enumerate(claim.words):
        others = OPPOSITES.get(word.lower)
        if not others or not others & {one.lower for one in held.words}:
            continue
        around = Around(claim, at, at)
        own = max(
            (
                around.match(held, place, place)
                for place, one in enumerate(held.words)
                if one.lower == word.lower
            ),
            default=0.0,
        )
        for place, one in enumerate(held.words):
            if one.lower not in others:
                continue
            fits = around.match(held, place, place)
            prefixed = one.lower.endswith(word.lower) or word.lower.endswith(one.lower)
            least = _SAME_PLACE_PREFIXED if prefixed else _SAME_PLACE
            if fits < max(least, own + _CLEARLY_BY) or _has(claim, one.lower, held, place, fits):
                continue
            # "Did not rise" and "fell" agree.
            if (at in _reach(claim, _NEGATIONS)) == (place in _reach(held, _NEGATIONS)):
                return f"the sentence says {word.text} where the source says {one.text}"
    return None


def _has(claim: Row, lower: str, held: Row, place: int, fits: float) -> bool:
    """Whether the sentence says the other word too, in the place where the source has it."""
    return any(
        Around(claim, at, at).match(held, place, place) >= fits - _CLEARLY_BY
        for at, word in enumerate(claim.words)
        if word.lower == lower
    )


def _places(claim: Row, at: int, held: Row) -> dict[int, float]:
    """Where the source has a word of the sentence with the same words around it, and how well they match."""
    stem = claim.words[at].stem
    around = Around(claim, at, at)
    found = {
        place: around.match(held, place, place)
        for place, word in enumerate(held.words)
        if word.stem == stem
    }
    return {place: fits for place, fits in found.items() if fits >= _SAME_PLACE}


def _best(places: dict[int, float]) -> list[int]:
    most = max(places.values(), default=0.0)
    return [place for place, fits in places.items() if fits >= most - _CLEARLY_BY]


def _heads(row: Row) -> Iterator[int]:
    """The word that each negation is about: the next one with a meaning of its own."""
    for at, word in enumerate(row.words):
        if word.lower not in _NEGATIONS:
            continue
        for head in range(at + 1, min(at + 1 + _HEAD, len(row.words))):
            if row.breaks.get(head) or row.words[head].lower in _NO_NEGATION:
                break
            told = row.words[head]
            if (not told.light or told.lower in _SAID) and told.lower not in _NEGATIONS:
                yield head
                break


def _reach(row: Row, denials: frozenset[str] = _NEGATIONS | _UNSAID) -> set[int]:
    """Words that may be negated, taken widely: those behind a negation or what stands for one."""
    found: set[int] = set()
    for at, word in enumerate(row.words):
        if word.lower in denials:
            for near in range(max(0, at - 2), min(at + 1 + _SCOPE, len(row.words))):
                found.add(near)
    return found
