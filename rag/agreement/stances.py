"""Whether a sentence tells as a fact what its source has somebody deny, accuse of, expect or fail to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.split import sentence_texts
from rag.wording import content_words, plain

_HEARSAY = r"(?:claims?|reports?|allegations?|rumou?rs?|accusations?|suggestions?|assertions?|stories|story)"
_BEHIND = r"(?P<what>(?:(?!, (?:but|and|while|although|though|which|who)\b)[^;])+)"


@dataclass(frozen=True, slots=True)
class _Stance:
    """How a source may stand to what it tells: where that is, what tells it too, and the reason in words."""

    where: re.Pattern[str]
    told_too: re.Pattern[str]
    reason: str


def _stance(where: str, told_too: str, reason: str) -> _Stance:
    return _Stance(
        re.compile(where, re.IGNORECASE), re.compile(rf"\b(?:{told_too})", re.IGNORECASE), reason
    )


_STANCES = (
    _stance(
        rf"\b(?:den(?:y|ies|ied|ying)|(?:dismiss|reject|refut|disput)\w*\s+(?:[\w'-]+\s+){{0,3}}?{_HEARSAY}|"
        rf"(?:it|that)\s+(?:is|was)\s+(?:not\s+true|untrue|false)\s+that)\b{_BEHIND}",
        r"den[iy]|dismiss|reject|refut|disput|not\b|no\b|false|untrue|never",
        "the source only denies it",
    ),
    _stance(
        rf"\b{_HEARSAY}\s+(?P<what>(?:that|of|about)\s[^;,]+?)\s+(?:is|are|was|were|proved|turned\s+out(?:\s+to\s+be)?)\s+"
        r"(?:\w+ly\s+)?(?:false|untrue|not\s+true|wrong|fake|lies|a\s+lie|unfounded|baseless|incorrect|invented)\b",
        r"den[iy]|not\b|no\b|false|untrue|wrong|fake|lies?\b|unfounded|baseless|rumou?r|claim|report|alleg",
        "the source calls it false",
    ),
    _stance(
        rf"\b(?:accus(?:e|es|ed|ing)\b[^;]*?\bof|(?:suspected|suspicion)\s+of|charged\s+with|alleged(?:ly)?|alleg(?:e|es|ing)\s+that)\b{_BEHIND}",
        r"accus|suspect|suspic|charge|alleg|claim|said\b|says\b|say\b|according|reported",
        "the source only has somebody accused of it",
    ),
    _stance(
        r"\b(?:(?:is|are|was|were)\s+(?:\w+ly\s+)?(?:expected|likely|supposed|projected|forecast)\s+to|"
        rf"(?:hop|threaten|propos|consider)\w*\s+(?:to|of)|(?:want|plan|intend|aim)\w*\s+to)\b{_BEHIND}",
        r"will\b|would\b|'ll\b|expect|likely|suppos|project|forecast|hope|threat|propos|consider|want|plan(?:s|ned|ning)?\b|intend|aim|"
        r"may\b|might\b|could\b|can\b|should\b|seek|goal",
        "the source only says that it is expected or wanted",
    ),
    _stance(
        rf"\b(?:(?:fail|refus|attempt)\w*|tr(?:y|ies|ied|ying)|unable)\s+to\b{_BEHIND}",
        r"fail|refus|attempt|tr(?:y|ie)|unable|not\b|n't|no\b|never|could\b|cannot",
        "the source only says that it was tried",
    ),
)
# "If they fail to agree" does not say that anybody failed.
_SUPPOSES = re.compile(r"\b(?:if|unless|when|until|whether)\b[^,;]*$", re.IGNORECASE)
_YES_OR_NO = frozenset({"yes", "no", "ja", "nein"})
# So much of the sentence must stand there.
_HOLDS = 0.6


def only_a_stance(sentence: str, source: str, question: str = "") -> str | None:
    """Why a sentence cannot rest on a source: what it tells is only denied there, called false, or the like.

    Whoever asks what somebody denies, wants or is accused of is told just that. What the source tells outright
    elsewhere, too, may be told.
    """
    told = content_words(sentence) - _YES_OR_NO
    if not told:
        return None
    sentences = sentence_texts(plain(source))
    for stance in _STANCES:
        if stance.told_too.search(plain(f"{sentence} {question}")):
            continue
        for at, one in enumerate(sentences):
            for found in stance.where.finditer(one):
                held = told & content_words(found["what"])
                if len(held) < _HOLDS * len(told) or _SUPPOSES.search(one[: found.start()]):
                    continue
                rest = (one.replace(found["what"], " "), *sentences[:at], *sentences[at + 1 :])
                if not any(held <= content_words(other) for other in rest):
                    return stance.reason
    return None
