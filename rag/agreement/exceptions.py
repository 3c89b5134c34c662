"""What a source excepts from what it says: "open daily except Mondays"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.agreement.opposites import OPPOSITES
from rag.split import sentence_texts
from rag.wording import content_words, plain

_WHAT = (
    r"(?P<what>[^\W_][\w'-]*(?:\s+[^\W_][\w'-]*){0,5}?)"
    r"(?=\s*(?:$|[.,;:()–—!?]|\b(?:may|can|must|is|are|was|were|has|have|will|shall)\b))"
)
_EXCEPTS = re.compile(
    r"\b(?:except(?:ing)?(?:\s+(?:for|on|in|at|during))?|excluding|with\s+the\s+exception\s+of|apart\s+from|"
    r"(?<=day )but|(?<=one )but|(?<=body )but|(?<=all )but|außer(?:\s+(?:am|an|im|in))?)\s+"
    + _WHAT,
    re.IGNORECASE,
)
_LIMITED = re.compile(
    r"\b(?:except\w*|excluding|exclud\w*|apart|other|but|without|unless|ausser|außer|no|not|never|none|nobody|cannot|"
    r"nein|nicht|kein\w*)\b|n't\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:all|any|anyone|anybody|every\w*|each|always|daily|whole|entire\w*|alle[nrs]?|jede\w*|immer|täglich)\b",
    re.IGNORECASE,
)


def told_though_excepted(sentence: str, source: str) -> str | None:
    """Why a sentence cannot rest on a source: it tells of what is excepted there, or of all without the exception."""
    if _LIMITED.search(plain(sentence)):
        return None
    told = content_words(sentence)
    for what, rest, elsewhere in _exceptions(source):
        if not told & rest:
            continue
        of_it = what <= told and not what & elsewhere and not _turned(sentence, rest)
        if of_it or (_ALL.search(sentence) and not what & told and told - rest <= elsewhere):
            return f"the source excepts “{' '.join(sorted(what))}”"
    return None


def denies_what_is_excepted(sentence: str, source: str) -> bool:
    """Whether a sentence says no, or the reverse, of what a source excepts: "closed on Mondays"."""
    told = content_words(sentence)
    return any(
        what <= told and (_LIMITED.search(plain(sentence)) or _turned(sentence, rest))
        for what, rest, _ in _exceptions(source)
    )


def _turned(sentence: str, rest: set[str]) -> bool:
    others = set().union(*(OPPOSITES.get(word, ()) for word in sentence.lower().split()))
    return bool(content_words(" ".join(others)) & rest)


def _exceptions(source: str) -> Iterator[tuple[set[str], set[str], set[str]]]:
    """Words of what is excepted, of what it is excepted from, and of the source's other sentences."""
    sentences = sentence_texts(plain(source))
    for at, one in enumerate(sentences):
        for found in _EXCEPTS.finditer(one):
            what = content_words(found["what"])
            rest = content_words(one[: found.start()] + " " + one[found.end() :]) - what
            others = " ".join((*sentences[:at], *sentences[at + 1 :]))
            if what:
                yield what, rest, content_words(others)
