"""Whether a sentence calls somebody what its source does not."""

from __future__ import annotations

import re

from rag.wording import content_words, plain

_IS_A = re.compile(
    r"\b(?:is|was|are|were)\s+(?:the|an?)\s+(?:(?:person|one|man|woman|people|someone)\s+who\s+(?:is|was|are|were)\s+(?:the|an?)\s+)?"
    r"(?P<what>[a-z][a-z-]+)(?=\s*(?:$|[.,;:!?]|\b(?:of|in|at|for|on|from|and|who|that|which)\b))"
)


def called_otherwise(sentence: str, source: str, question: str) -> str | None:
    """Why a sentence cannot rest on a source: it says that somebody is "the seller", and no word of that is there.

    A word of the question may be used. A small model translates words that it does not know into others.
    """
    held = content_words(source) | content_words(question)
    for found in _IS_A.finditer(plain(sentence)):
        if content_words(found["what"]) - held:
            return f"the source does not call it “{found['what']}”"
    return None
