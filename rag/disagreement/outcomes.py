"""How something ended, as two sentences tell it: how somebody died, what was decided, whether it is so at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.disagreement.said import (
    EVENT_GAP,
    OPENER,
    Said,
    about_others,
    apart,
    fold,
    shared_names,
    stems,
)
from rag.disagreement.values import Difference, common

_MANNER = {
    "crash": r"(?:(?:plane|air|helicopter|jet|car)\s+)?crash(?:ed)?|accident",
    "suspicious": r"suspicious(?:ly)?|mysterious(?:ly)?|unexplained|unclear circumstances",
    "deliberate": r"assassinat\w+|murder\w*|shot down|poison\w*|blown up|executed",
    "natural": r"natural causes|heart attack|illness|stroke|cancer",
    "suicide": r"suicide|took (?:his|her) own life",
}
_DEATH = re.compile(
    rf"\b(?:died?|deaths?|dead|killed|{'|'.join(_MANNER.values())})\b", re.IGNORECASE
)
_PERSON = re.compile(r"\b[A-Z][\w'-]+(?:\s+(?:[A-Z]\.|al|bin|de|van))?\s+(?P<last>[A-Z][\w'-]+)\b")
_NO_PERSON = re.compile(
    r"(?:Group|Corps|Ministry|Republic|Union|Center|Centre|Party|Bank|State|Court|Africa|Press|War|House|Council)\b"
)


def deaths_differ(one: Said, other: Said) -> Iterator[Difference]:
    """How somebody died: in a crash, in a suspicious one, at somebody's hands."""
    first, second = (_manner(said) for said in (one, other))
    if not first or not second or set(first) == set(second):
        return
    victims = (
        {
            fold(match["last"].lower().removesuffix("'s"))
            for said in (one, other)
            for match in _PERSON.finditer(said.text)
            if not _NO_PERSON.match(match["last"]) and not OPENER.match(match.group())
        }
        & one.names
        & other.names
    )
    if victims:
        yield Difference(
            kind="outcome",
            about=f"death of {' and '.join(sorted(victims)).title()}",
            values=(" ".join(first.values()), " ".join(second.values())),
            anchors=stems(
                "crash crashed accident murdered assassinated assassination suicide cause suspicious fate"
            ),
            subject=frozenset(victims),
        )


def _manner(said: Said) -> dict[str, str]:
    """How a sentence that tells of a death says that it came."""
    if not re.search(r"\b(?:died?|deaths?|dead|killed|assassinat\w+|murder\w*)\b", said.text):
        return {}
    found: dict[str, str] = {}
    for manner, pattern in _MANNER.items():
        for match in re.finditer(rf"\b(?:{pattern})\b", said.text, re.IGNORECASE):
            if any(abs(match.start() - death.start()) < 60 for death in _DEATH.finditer(said.text)):
                found.setdefault(manner, match.group())
    return found


_OPPOSITES = tuple(
    (re.compile(rf"\b(?:{one})\b", re.IGNORECASE), re.compile(rf"\b(?:{other})\b", re.IGNORECASE))
    for one, other in (
        (r"rose|risen|increas(?:ed|ing)|grew|grown|climbed|up",
         r"fell|fallen|decreas(?:ed|ing)|declined|shrank|dropped|down"),
        (r"won|win|wins|victory", r"lost|lose|loses|defeat(?:ed)?"),
        (r"approved?|passed|adopted|ratified|accepted", r"rejected|rejects|voted down|vetoed|blocked|refused"),
        (r"confirm(?:ed|s)?|admit(?:ted|s)?", r"den(?:y|ied|ies)|rejected|dismissed"),
        (r"guilty|convicted|sentenced", r"acquitted|cleared|not guilty"),
        (r"survived?", r"died|killed|dead"),
        (r"succeeded|successful(?:ly)?|success", r"failed|failure|unsuccessful(?:ly)?"),
        (r"accident(?:al(?:ly)?)?", r"attack(?:ed)?|arson|sabotage|deliberate(?:ly)?"),
        (r"peaceful(?:ly)?", r"violent(?:ly)?|violence"),
        (r"likely", r"unlikely"),
        (r"legal(?:ly)?|lawful", r"illegal(?:ly)?|unlawful"),
        (r"support(?:ed|s)?|backed|backs", r"oppos(?:ed|es)|condemned"),
        (r"signed|agreed|concluded", r"collapsed|broke down|postponed|called off|cancell?ed"),
        (r"reopened|open(?:ed)?", r"closed|shut"),
        (r"captured|recaptured|seized|took", r"lost|repelled|abandoned"),
        (r"stays?|stayed|remains?|remained", r"left|leaves?|withdr(?:ew|awn)|pulled out"),
        (r"released|freed", r"detained|jailed|imprisoned|held"),
    )
)  # fmt: skip
_FIT = 0.5


def outcomes_differ(one: Said, other: Said) -> Iterator[Difference]:
    """The same thing with opposite ends: won and lost, approved and rejected, likely and unlikely."""
    if not _parallel(one, other, _FIT):
        return
    for pair in _OPPOSITES:
        for first, second in (pair, pair[::-1]):
            mine, its = first.search(one.text), second.search(other.text)
            if mine and its and not second.search(one.text) and not first.search(other.text):
                doers = _doer(one, mine), _doer(other, its)
                if _negated(one, mine) or _negated(other, its):
                    continue
                if all(doers) and not (doers[0] & doers[1] or shared_names(*doers)):
                    continue
                yield Difference(
                    kind="outcome",
                    about=common(one, other),
                    values=(mine.group(), its.group()),
                    anchors=stems(f"{mine.group()} {its.group()}") | (one.words & other.words),
                    timeline=apart(one.placed(), other.placed()) >= EVENT_GAP,
                )


def _doer(said: Said, match: re.Match[str]) -> frozenset[str]:
    """Words for who did it: those before the verb, or after "by"; empty if it is not said."""
    first, last = said.clause(match.start(), match.end())
    before = said.text[first : match.start()]
    if re.search(r"\b(?:was|were|been|be|being|is|are)\s+(?:\w+\s+)?$", before):
        agent = re.match(
            r"\s+by\s+(?:the\s+)?(?P<who>\w+(?:\s+\w+)?)", said.text[match.end() : last]
        )
        return stems(agent["who"]) if agent else frozenset()
    return stems(before)


_NOT = re.compile(r"\b(?:not|never|no longer|cannot|without)\b|n't\b", re.IGNORECASE)


def _negated(said: Said, match: re.Match[str]) -> bool:
    return bool(_NOT.search(said.text[max(0, match.start() - 25) : match.start()]))


def denials_differ(one: Said, other: Said) -> Iterator[Difference]:
    """One says that it is, one that it is not, in nearly the same words."""
    first, second = _NOT.search(one.text), _NOT.search(other.text)
    if bool(first) == bool(second) or not _parallel(one, other, 0.7):
        return
    if len(one.words & other.words) < max(4, 0.6 * max(len(one.words), len(other.words))):
        return
    yield Difference(
        kind="denial",
        about=common(one, other),
        values=(first.group() if first else "", second.group() if second else ""),
        anchors=one.words & other.words,
        timeline=apart(one.placed(), other.placed()) >= EVENT_GAP,
    )


def _parallel(one: Said, other: Said, share: float) -> bool:
    """Whether two sentences speak of the same thing in much the same words."""
    if about_others(one.names, other.names) or min(len(one.words), len(other.words)) < 3:
        return False
    alike = (one.words & other.words) | shared_names(one.words, other.words)
    return len(alike) >= max(2, share * min(len(one.words), len(other.words)))
