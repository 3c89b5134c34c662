"""Descriptions that two sentences give of one thing and that don't go together: whose it is, what is on the list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.disagreement.said import (
    STATE_GAP,
    Said,
    about_others,
    apart,
    overlap,
    shared_names,
    stems,
)
from rag.disagreement.values import Difference, common

# Whose it is: each with what it takes in, beside itself.
_SCOPES = {
    "western": {"us", "european", "french", "british", "german"}, "international": {"un", "global"},
    "us": set(), "european": {"french", "german", "british"}, "un": set(), "french": set(),
    "british": set(), "german": set(),
    "russian": set(), "chinese": set(), "regional": set(), "global": {"international"}, "african": {"regional"},
}  # fmt: skip
_SPELLED = {"u.s.": "us", "american": "us", "eu": "european", "u.n.": "un", "united states": "us"}
_ANY_SCOPE = "|".join(
    re.escape(one) for one in sorted([*_SCOPES, *_SPELLED], key=len, reverse=True)
)
_SCOPE = re.compile(
    rf"\b(?P<scope>{_ANY_SCOPE})(?<!\bus)\s+(?P<thing>[a-z]{{4,}})",
    re.IGNORECASE,
)


def scopes_differ(one: Said, other: Said) -> Iterator[Difference]:
    """Whose it is: Western sanctions and international sanctions."""
    alike = (one.words & other.words) | shared_names(one.words, other.words)
    if len(alike) < max(3, 0.35 * min(len(one.words), len(other.words))):
        return
    for first in _SCOPE.finditer(one.text):
        for second in _SCOPE.finditer(other.text):
            mine, its = (
                _SPELLED.get(match["scope"].lower(), match["scope"].lower())
                for match in (first, second)
            )
            if first["thing"] != second["thing"] or mine == its:
                continue
            if its in _SCOPES[mine] or mine in _SCOPES[its]:
                continue
            yield Difference(
                kind="scope",
                about=first["thing"],
                values=(first.group(), second.group()),
                anchors=stems(first["thing"]),
                timeline=apart(one.placed(), other.placed()) >= STATE_GAP,
            )


_LEAD = (
    r"(?:with\s+(?:a|its|particular)\s+(?:\w+\s+)?)?(?P<lead>focus(?:ing|ed|es)?(?:\s+\w+ly)?\s+on|priorit\w+|"
    r"concentrat\w+(?:\s+\w+ly)?\s+on|namely|consist(?:s|ing)? of|compris\w+|made up of)"
)
_LIST = re.compile(
    rf"\b{_LEAD}\s+(?P<items>(?:[a-z-]+(?:\s+[a-z-]+)?,\s+)*[a-z-]+(?:\s+[a-z-]+)?,?\s+(?:and|or)\s+[a-z-]+(?:\s+[a-z-]+)?)"
)
_LEADS = (("focus", "priorit", "concentrat"), ("namely", "consist", "compris", "made"))


def lists_differ(one: Said, other: Said) -> Iterator[Difference]:
    """Two full lists of the same that each hold what the other lacks; "including …" is never full."""
    for first in _LIST.finditer(one.text):
        for second in _LIST.finditer(other.text):
            kinds = [
                next(at for at, leads in enumerate(_LEADS) if match["lead"].startswith(leads))
                for match in (first, second)
            ]
            mine, its = (_items(match["items"]) for match in (first, second))
            shared = [item for item in mine if any(item & another for another in its)]
            more = [item for item in its if not any(item & another for another in mine)]
            if kinds[0] != kinds[1] or not shared or len(shared) == len(mine) or not more:
                continue
            if (
                about_others(one.names, other.names)
                or overlap(*map(stems, (one.text, other.text))) < 0.3
            ):
                continue
            yield Difference(
                kind="list",
                about=common(one, other),
                values=(first["items"], second["items"]),
                anchors=stems(f"{first['items']} {second['items']} focus priority first list field"),
                timeline=apart(one.placed(), other.placed()) >= STATE_GAP,
            )  # fmt: skip


def _items(words: str) -> list[frozenset[str]]:
    return [stems(part) for part in re.split(r",\s+(?:and|or)\s+|,\s+|\s+(?:and|or)\s+", words)]


_TIES = {"backed": "backed", "supported": "backed", "funded": "backed", "financed": "backed", "linked": "linked",
         "affiliated": "linked", "controlled": "controlled", "run": "controlled",
         "owned": "controlled", "led": "controlled",
         "operated": "controlled"}  # fmt: skip
_TIE = re.compile(
    rf"\b(?P<whose>[A-Z][\w]*)-(?P<tie>{'|'.join(_TIES)})\s+(?P<thing>[\w]+(?:\s+[\w]+){{0,3}})"
)


def ties_differ(one: Said, other: Said) -> Iterator[Difference]:
    """Backed by somebody, and controlled by the same."""
    for first in _TIE.finditer(one.text):
        for second in _TIE.finditer(other.text):
            if _TIES[first["tie"]] == _TIES[second["tie"]] or first["whose"] != second["whose"]:
                continue
            if overlap(one.words, other.words) < 0.3:
                continue
            yield Difference(
                kind="scope",
                about=f"{first['whose']} and {first['thing'].split(' has ')[0]}",
                values=(f"{first['whose']}-{first['tie']}", f"{second['whose']}-{second['tie']}"),
                anchors=stems(
                    "behind backs backed controls controlled control runs run owns pulls strings"
                ),
                timeline=apart(one.placed(), other.placed()) >= STATE_GAP,
            )
