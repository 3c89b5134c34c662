"""Who did or is something, as two sentences name them: founders, leaders, winners, and who is the largest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.disagreement.said import (
    STATE_GAP,
    Said,
    about_others,
    apart,
    fold,
    overlap,
    same_name,
    shared_names,
    stems,
)
from rag.disagreement.values import Difference

_WORD = r"[A-Z](?:[\w'-]|\.(?=\w)|(?<=\b[A-Z])\.)*"
_OF_NAME = "de|van|von|al|bin|ibn|der|da"
_NAME = rf"(?:{_WORD}|(?:{_OF_NAME})(?=\s[A-Z]))(?:\s+(?:(?:{_OF_NAME})\s+)?{_WORD}){{0,3}}"
# A comma alone makes no list: "… of its founder Ann Lee, London said".
_NAMES = rf"(?:the\s+)?{_NAME}(?:(?:,\s+(?:the\s+)?{_NAME}){{0,6}},?\s+and\s+(?:the\s+)?{_NAME})?"
_ROLE = {
    "founder": r"(?:co-?)?founders?", "leader": r"leaders?|heads?|chiefs?|commanders?", "president": r"presidents?",
    "minister": r"(?:prime |foreign |defen[cs]e |interior )?ministers?", "ambassador": r"ambassadors?",
    "mayor": r"mayors?",
    "director": r"directors?|chief executives?|CEOs?", "author": r"authors?|writers?", "winner": r"winners?",
    "designer": r"designers?|inventors?", "captain": r"captains?|coach(?:es)?", "owner": r"owners?",
}  # fmt: skip
_DONE = {
    "founder": r"(?:co-?)?founded|established|created|set up", "author": r"wrote|written", "winner": r"won",
    "designer": r"invented|designed|discovered", "builder": r"built", "leader": r"led|headed|run|commanded",
    "director": r"directed",
    "owner": r"owned|bought", "killer": r"assassinated|murdered",
}  # fmt: skip
#: Who did it stays so; who is president does not.
_LASTING = frozenset({"founder", "author", "winner", "designer", "builder", "killer", "director"})
_ANY_ROLE = "|".join(_ROLE.values())
_OF = rf"(?:\s+of\s+(?:the\s+)?(?P<of>{_NAME}))?"


@dataclass(frozen=True, slots=True)
class _Holder:
    role: str
    names: tuple[str, ...]
    target: frozenset[str]
    shown: str
    alone: bool


def roles_differ(one: Said, other: Said) -> Iterator[Difference]:
    """Other people in the same part: founded by one man and by two, led by X and led by Y."""
    for first in one.once("holders", _holders):
        for second in other.once("holders", _holders):
            if first.role != second.role or not _same_target(one, first, other, second):
                continue
            if _covers(first, second) and _covers(second, first):
                continue
            nested = _covers(first, second) or _covers(second, first)
            # Who names one of several leaders is right; who says "the founder" of two is not.
            if nested and not (first.role in _LASTING and _fewer(first, second).alone):
                continue
            far = apart(one.placed(), other.placed()) >= STATE_GAP
            yield Difference(
                kind="role",
                about=f"{first.role} of {' '.join(sorted(first.target | second.target)).title()}",
                values=(first.shown, second.shown),
                anchors=stems(first.role) | stems(_verb(first.role)),
                subject=first.target | second.target,
                timeline=far and first.role not in _LASTING,
            )  # fmt: skip


def _holders(said: Said) -> Iterator[_Holder]:
    yield from _named(said.text)
    yield from _doers(said.text)


def _named(text: str) -> Iterator[_Holder]:
    """Who is called something: the group's founder Ann Lee; Ann Lee, the mayor of Osby."""
    for role, words in _ROLE.items():
        for match in re.finditer(
            rf"(?P<whose>(?:{_NAME}(?:'s?)?|the\s+\w+'s|its|their)\s+)?\b(?P<role>{words})(?:\s+(?:is|was|were|are))?,?\s+(?P<names>{_NAMES})",
            text,
        ):
            plural = match["role"].endswith("s") or match["role"].lower().startswith("co")
            # Whose leader is not said: perhaps of something else.
            if match["whose"]:
                yield _held(role, match["names"], match["whose"], alone=not plural)
        for match in re.finditer(
            rf"(?P<names>{_NAMES})(?:,|\s+(?:is|was|are|were))\s+(?:the\s+)?(?:\w+\s+)?(?P<role>{words})\b{_OF}",
            text,
        ):
            if match["of"]:
                plural = match["role"].endswith("s") or match["role"].lower().startswith("co")
                yield _held(role, match["names"], match["of"], alone=not plural)


def _doers(text: str) -> Iterator[_Holder]:
    """Who did something: founded by Ann Lee; Ann Lee founded it."""
    for role, words in _DONE.items():
        for match in re.finditer(
            rf"(?:(?P<of>{_NAME})\s+(?:(?:\w+,?\s+){{0,3}}))?\b(?:{words})(?:\s+in\s+\d{{4}})?\s+(?:jointly\s+)?by\s+(?P<names>{_NAMES})"
            rf"(?!\s+(?:{_ANY_ROLE})\b)",
            text,
        ):
            if match["of"]:
                yield _held(role, match["names"], match["of"], alone=True)
        for match in re.finditer(
            rf"\b(?:[Tt]he|[Ii]ts|[Hh]is|[Hh]er)\s+(?P<what>[a-z-]+(?:\s[a-z-]+)?)\s+(?:was|were|is)\s+"
            rf"(?:{words})\s+by\s+(?P<names>{_NAMES})",
            text,
        ):
            held = _held(role, match["names"], "", alone=True)
            yield replace(held, target=stems(match["what"]))
        for match in re.finditer(
            rf"(?P<names>{_NAMES})\s+(?:(?:jointly|first|also)\s+)?(?:{words})\s+(?:the\s+)?(?P<of>{_NAME})",
            text,
        ):
            yield _held(role, match["names"], match["of"], alone=True)


def _held(role: str, names: str, whose: str, *, alone: bool) -> _Holder:
    parts = re.split(r",\s+(?:and\s+)?|\s+and\s+", names)
    holders = tuple(re.sub(r"^the\s+|'s?$", "", part).strip(" .") for part in parts)
    target = frozenset(
        fold(re.sub(r"'s?$", "", word.lower()))
        for word in whose.split()
        if word[:1].isupper() and word.lower() not in {"the", "group", "following", "its"}
    )
    return _Holder(role, holders, target, names, alone)


def _same_target(one: Said, first: _Holder, other: Said, second: _Holder) -> bool:
    if first.target and second.target:
        holders = _words_of(first) | _words_of(second)
        thing = first.target - one.names and second.target - other.names
        if thing and about_others(one.names - holders, other.names - holders):
            return False
        return bool(shared_names(first.target, second.target))
    if not first.target and not second.target:
        return False
    holders = _words_of(first) | _words_of(second)
    known = first.target or second.target
    rest = (other if first.target else one).names - holders
    return bool(shared_names(known, rest))


def _words_of(holder: _Holder) -> frozenset[str]:
    return frozenset(fold(word.lower()) for name in holder.names for word in name.split())


def _covers(one: _Holder, other: _Holder) -> bool:
    """Whether the first names everybody whom the second does."""
    return all(any(_same_person(name, mine) for mine in one.names) for name in other.names)


def _same_person(one: str, other: str) -> bool:
    first, second = ([fold(word.lower()) for word in name.split()] for name in (one, other))
    return (
        same_name(first[-1], second[-1]) or set(first) <= set(second) or set(second) <= set(first)
    )


def _fewer(one: _Holder, other: _Holder) -> _Holder:
    return min((one, other), key=lambda holder: len(holder.names))


def _verb(role: str) -> str:
    return {"founder": "founded established created set up", "leader": "led leads headed", "author": "wrote written",
            "winner": "won win", "designer": "invented designed", "builder": "built build", "owner": "owns owned",
            "killer": "killed assassinated"}.get(role, role)  # fmt: skip


_FIRST = r"largest|biggest|top|leading|main|most important|number one|foremost|greatest"
_BEST = rf"(?:{_FIRST}|(?!latest|interest|west|rest|guest|forest)[a-z]+est)"
_KIND_OF = {
    "exporter": "supplier",
    "seller": "supplier",
    "provider": "supplier",
    "producer": "producer",
}
_RANK = re.compile(
    r"(?P<some>(?:one|some|two|three|among)\s+(?:of\s+)?)?"
    rf"(?P<rank>(?:the|[A-Z]\w+'s)\s+(?:world's\s+)?(?P<best>{_BEST}))\s+"
    r"(?P<thing>(?:[a-z-]+\s+){0,2}?(?P<head>[a-z-]+))"
    r"(?=\s+(?:in|of|to|on|at|for|from|by|and)\b|\s*[.,;]|\s*$)"
)


def ranks_differ(one: Said, other: Said) -> Iterator[Difference]:
    """One is called the largest alone, and with others; or two are."""
    for first in _RANK.finditer(one.text):
        for second in _RANK.finditer(other.text):
            if first["some"] or second["some"] or _ranked(first) != _ranked(second):
                continue
            holders = [_before(one, first.start()), _before(other, second.start())]
            if not all(holders) or overlap(one.words, other.words) < 0.3:
                continue
            # The largest of one country, and of another.
            if about_others(_after(one, first), _after(other, second)):
                continue
            alike = shared_names(holders[0], holders[1])
            if len(alike) == len(holders[0]) == len(holders[1]):
                continue
            yield Difference(
                kind="rank",
                about=f"{first['rank']} {first['thing']}",
                values=(_clip(one, first), _clip(other, second)),
                anchors=stems(f"{first['thing']} {second['thing']} {first['best']}")
                | stems(_FIRST.replace("|", " ")),
                timeline=apart(one.placed(), other.placed()) >= STATE_GAP,
            )  # fmt: skip


def _ranked(match: re.Match[str]) -> tuple[str, str]:
    head = match["head"].rstrip("s")
    best = "first" if re.fullmatch(_FIRST, match["best"]) else match["best"]
    return best, _KIND_OF.get(head, head)


def _after(said: Said, match: re.Match[str]) -> frozenset[str]:
    _, last = said.clause(match.start(), match.end())
    return said.names_in(match.end(), last)


def _before(said: Said, end: int) -> frozenset[str]:
    """Names of those who hold a rank: what stands before the verb in its clause."""
    first, _ = said.clause(end, end)
    subject = re.search(
        r"\s+(?:is|are|was|were|remains?|became|ha[sd]\s+become|share)\s+", said.text[first:end]
    )
    return said.names_in(first, first + subject.start()) if subject else frozenset()


def _clip(said: Said, match: re.Match[str]) -> str:
    first, last = said.clause(match.start(), match.end())
    return said.text[first : min(last, match.end())].strip()
