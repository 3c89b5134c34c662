"""Whether a sentence tells as a fact what its source only calls possible."""

from __future__ import annotations

import re

from rag.agreement.terms import read_row
from rag.split import sentence_texts
from rag.wording import content_words, plain

# "May" and "would" tell of what is usual as often ("marrow may be found in bones").
_POSSIBLE = re.compile(r"\b(?:could|might)\b(?! not\b| have\b| of\b)")
_HEDGED = re.compile(
    r"\b(?:could|can|might|may|would|un\w*likely|likely|possib\w+|potential\w*|perhaps|probabl\w+|expect\w*|"
    r"plan\w*|aim\w*|intend\w*|want\w*|hop\w+|seek\w*|risk\w*|chance\w*|opportunit\w+|if|thought|believ\w+|predict\w*|"
    r"forecast\w*|propos\w+|consider\w*|able|ability|permit\w*|entitl\w*|option\w*|up to|capab\w+|allow\w*|"
    r"called for|suggest\w*|try|tries|tried)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[;:]|, (?=(?:(?:and|but|while|although|though) \w+ \w+|is|are|was|were|has|have|had)\b)"
)
# Further on in a sentence, it tells on what a thing depends more often than what is only supposed.
_IF = re.compile(r"(?:^|: )\W*If\b(?P<supposed>[^,;]*)")
_SUPPOSES = re.compile(
    r"\b(?:if|unless|when|whenever|in case|provided|as long as|once)\b", re.IGNORECASE
)
# So much of the sentence must be held by what is only possible, and clearly more than by anything else.
_HOLDS = 0.6


def told_as_fact(sentence: str, source: str, question: str = "") -> str | None:
    """Why a sentence cannot rest on a source: what it tells stands there behind a "could" or "might".

    To a question what could be so, what could be is the answer.
    """
    words = content_words(sentence)
    if not words or _HEDGED.search(sentence) or _POSSIBLE.search(question):
        return None
    text, possible, certain = plain(source), 0.0, 0.0
    for one in sentence_texts(text):
        for clause in _CLAUSE.split(one):
            _, *maybe = _POSSIBLE.split(clause, maxsplit=1)
            held = words & content_words(clause)
            behind = words & content_words(" ".join(maybe))
            if maybe and len(behind) > len(held) / 2:
                possible = max(possible, len(held) / len(words))
            else:
                certain = max(certain, len(held) / len(words))
    if possible >= _HOLDS and certain < possible:
        return "the source only says that it could be so"
    return None


def supposed_only(sentence: str, source: str) -> str | None:
    """Why a sentence cannot rest on a source: what it tells is only supposed there ("If you retire at 67, …")."""
    if _SUPPOSES.search(sentence):
        return None
    row = read_row(sentence)
    names = {word for term in row.terms if term.kind == "name" for word in content_words(term.text)}
    told = content_words(sentence) - names
    sentences = sentence_texts(plain(source))
    supposed = [content_words(found["supposed"]) for one in sentences if (found := _IF.search(one))]
    stated = [content_words(_IF.sub(" ", one)) for one in sentences]
    most = max((len(told & words) for words in supposed), default=0)
    if (
        most
        and most >= _HOLDS * len(told)
        and most > max(len(told & one) for one in [set(), *stated])
    ):
        return "the source only supposes so"
    return None
