"""Whether a sentence gives a reason where its source only tells one thing after the other."""

from __future__ import annotations

import re
from itertools import pairwise

from rag.agreement.terms import read_row
from rag.periods import MONTHS
from rag.split import sentence_texts
from rag.wording import content_words, plain

_SAYS_WHY = re.compile(
    r"\b(?:because(?: of)?|(?<!is )(?<!are )(?<!was )(?<!were )due to|"
    r"owing to|(?<!gave )thanks to|as a (?:result|consequence) of)\b(?P<why>.+)",
    re.IGNORECASE,
)
# Taken widely: what may tie a thing to its reason. "Since" does, but not before a date.
_TIES = re.compile(
    r"\b(?:because|due|owing|thanks|reasons?|why|caus\w+|led|leads?|leading|results?|resulted|resulting|prompt\w+|forc\w+|"
    r"spark\w*|trigger\w*|driv\w+|drove|blam\w+|attribut\w+|after|following|amid|so|therefore|thus|hence|consequen\w+|given|"
    r"response|respond\w*|wake|when|over|aim\w*|purpose|mean\w*|allow\w*|enabl\w*|help\w*|fear\w*|"
    r"protest\w*|as|by|need\w*|want\w*|to(?= [a-z]+\b)|"
    rf"since(?! (?:then|the|late|early|mid|at least|last|this|\d+|{'|'.join(MONTHS)})\b))\b",
    re.IGNORECASE,
)
_HOLDS = 0.5
# With fewer words besides names, "it is called so" may be all that is told.
_FEW = 2


def invented_reason(sentence: str, source: str) -> str | None:
    """Why a sentence cannot rest on a source: it says because of what, and nothing there ties that to anything.

    One sentence of the source that holds both does, however it puts it.
    """
    text = plain(sentence)
    found = _SAYS_WHY.search(text)
    why = content_words(found["why"]) if found else set()
    if not found or not why:
        return None
    what = content_words(text[: found.start()]) - why
    sentences = [(one, content_words(one)) for one in sentence_texts(plain(source))]
    best = max((len(why & words) for _, words in sentences), default=0)
    names = {word for term in read_row(text).terms for word in content_words(term.text)}
    # Of what the reason is for, something must stand there too, or right before.
    tied = any(
        len(why & words) == best
        and (what <= words or _TIES.search(one))
        and (len(what - names) < _FEW or (what - names) & (words | before))
        for (_, before), (one, words) in pairwise([("", set()), *sentences])
    )
    if tied or best < _HOLDS * len(why):
        return None
    return "the source does not give it as a reason"
