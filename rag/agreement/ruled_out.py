"""Whether a sentence tells as so what its source says was ruled out, or that there was no sign of."""

from __future__ import annotations

import re

from rag.split import sentence_texts
from rag.wording import content_words, plain

_FEW_WORDS = r"(?:[^\W_][\w'-]*\s+){0,4}?[^\W_][\w'-]*"
# "A heart attack was ruled out"; but a player who is ruled out of the season is still a player.
_RULED_OUT = re.compile(
    rf"(?P<what>{_FEW_WORDS})\s+(?:(?:has|have|had|could|can|may)\s+)?(?:is|are|was|were|been|be)\s+(?:\w+ly\s+)?"
    r"(?:ruled\s+out(?!\s+(?:of|for|until|from|as|through|with))|disproved|disproven|refuted|debunked)\b",
    re.IGNORECASE,
)
_NO_SIGN_OF = re.compile(
    r"\b(?:(?:rules?|ruled|ruling)\s+out|(?:no|any|without)\s+(?:(?:clear|further|other|visible)\s+)?(?:evidence|signs?|"
    rf"traces?|indications?|proof|symptoms?)\s+of)\s+(?P<what>{_FEW_WORDS})(?=\s*(?:$|[.,;:()–—]|\b(?:by|after|in|on|at|"
    r"from|with|since|because|when|but|that|was|were|is|has|could)\b))",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:no|not|never|none|nothing|neither|nor|without|cannot|rul(?:e|ed|es|ing)\s+out|disprov\w+|refut\w+|debunk\w+|"
    r"free|den(?:y|ied|ies|ying)|whether|if)\b|n't\b",
    re.IGNORECASE,
)


def told_though_ruled_out(sentence: str, source: str) -> str | None:
    """Why a sentence cannot rest on a source: what it tells was ruled out there, and is told nowhere else in it."""
    if _DENIES.search(plain(sentence)):
        return None
    told = content_words(sentence)
    sentences = sentence_texts(plain(source))
    for at, one in enumerate(sentences):
        for pattern in (_RULED_OUT, _NO_SIGN_OF):
            for found in pattern.finditer(one):
                what = content_words(found["what"])
                elsewhere = any(
                    what <= content_words(other)
                    for other in (*sentences[:at], *sentences[at + 1 :])
                )
                if what and what <= told and not elsewhere:
                    return f"the source rules out “{' '.join(found['what'].split())}”"
    return None
