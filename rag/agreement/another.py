"""Whether a sentence tells of one name what its source tells of another, in a sentence without that name."""

from __future__ import annotations

import re

from rag.agreement.agree import missing_terms
from rag.agreement.names import equal
from rag.agreement.terms import read_row
from rag.split import sentence_texts
from rag.wording import content_words

# So much of a sentence must stand in one sentence of the source for that one to be what it tells.
_HOLDS = 0.6
# What leans on the sentence before it may tell of whom that one names.
_LEANS = re.compile(
    r"^\W*(?:the|that)\b|^\W*(?:\w+\W+){0,11}?(?:he|she|it|its|they|their|them|his|her|him|this|these|those|such|who|"
    r"whose|which|there|we|our|us|i|my)\b",
    re.IGNORECASE,
)
# What a quote begins with, as the model reads it (see `rag.compose.read_as`): its day, and headings.
_LEAD = re.compile(r"\b(?:undated|\w+ \d{1,2} \w+ \d{4})(?:, “[^”]*”)*: ")


def told_of_another(sentence: str, source: str) -> str | None:
    """Why a sentence cannot rest on a source: who or what it is about is not in the one sentence there that says it."""
    return _says_of_nobody_else(sentence, source) or _of_its_first_name(sentence, source)


def _of_its_first_name(sentence: str, source: str) -> str | None:
    """The same where the source says nothing of it in the sentences with the name that the sentence opens with.

    "Kamp chairs the society" does not rest on "Kamp did not stand again. Adeyemi was elected chair."
    """
    row = read_row(sentence)
    opening = next((one for one in row.terms if one.kind == "name" and not one.first), None)
    if not opening or (opening.opens and opening.first == opening.last):  # any word opens so
        return None
    told = content_words(sentence) - {word.stem for word in row.words[: opening.last + 1]}
    other = False
    for one in sentence_texts(_LEAD.sub("", source)):
        names = [term for term in read_row(one).terms if term.kind == "name"]
        says = bool(told & content_words(one))
        if any(equal(opening, name) for name in names):
            if says:
                return None
        elif says:
            if _LEANS.match(one) or not names or names[0].first:
                return None
            other = True
    return f"the source says that of another than {opening.text}" if other else None


def _says_of_nobody_else(sentence: str, source: str) -> str | None:
    words = content_words(sentence)
    sentences = sentence_texts(source)
    held = [len(words & content_words(one)) for one in sentences]
    most = max(held, default=0)
    if not most or most < _HOLDS * len(words):
        return None
    saying = [one for one, count in zip(sentences, held, strict=True) if count >= most - 1]
    if any(_LEANS.match(one) for one in saying):
        return None
    there = [term for one in saying for term in read_row(one).terms if term.kind == "name"]
    if all(one.opens for one in there):  # it names nobody
        return None
    for term in missing_terms(sentence, " ".join(saying)):
        if term.kind == "name" and term.first <= 1 and not any(equal(term, one) for one in there):
            return f"the sentence of the source that says this does not mention {term.text}"
    return None
