"""Whom a document is about, where its sentences do not say it: "Joana Pires (the Employee)", "Patient: Irene Falk"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rag.wording import count_words

_NAME = r"(?:[^\W\d_a-z][\w.'’-]*[^\S\n]+(?:&[^\S\n]+)?){0,4}[^\W\d_a-z][\w'’-]*"
_DEFINED = re.compile(
    # An address may stand between the two.
    rf"(?P<name>{_NAME})(?:,[^()\n;]{{1,80}}?)?\s*\((?=the\b|here|[“\"'‘])(?:(?:hereinafter|hereafter|called)\s+)*"
    r"[“\"'‘]?(?:[Tt]he[ ])?[“\"'‘]?(?P<term>[A-Z][a-z]+(?:[ ][A-Z][a-z]+)?)[”\"'’]?\)",
)
# Who is meant stands at the top.
_HEAD_CHARS = 2000
# With the label: names are short, sentences are not.
_MOST_WORDS = 7
# "To:" and "Dear" say who reads it.
_ABOUT = re.compile(
    r"(?:^|[^\S\n]{2,})(?P<line>(?:Patient(?:in)?|(?:Full[ ])?Name|Customer|Client|Re|Subject|Betreff|For|Employee|"
    r"Student|Pupil|Child|Applicant|Candidate|Insured|Policyholder|Tenant|Guest|Passenger|Member|Kund(?:e|in)|Pet|Vehicle|Product)"
    r"[^\S\n]*:[^\S\n]*[^\n]{2,60}?)(?=[^\S\n]{2,}|[^\S\n]*$)",
    re.MULTILINE,
)


def named_at_the_top(text: str) -> tuple[str, ...]:
    """The lines that say whom or what a document is about: ``("Patient: Irene Falk",)``."""
    return _about(text[:_HEAD_CHARS])


@lru_cache(maxsize=64)
def _about(head: str) -> tuple[str, ...]:
    return tuple(
        found["line"]
        for found in _ABOUT.finditer(head)
        if count_words(found["line"]) <= _MOST_WORDS
    )


def defined_terms(text: str, words: str) -> Iterator[str]:
    """Whom the terms that are used in some words of a text stand for: ``"Joana Pires (the Employee)"``."""
    for name, term in _defined(text[:_HEAD_CHARS]):
        if name not in words and re.search(rf"\b{term}\b", words):
            yield f"{name} (the {term})"


def put_names(text: str) -> str:
    """A text with the names in place of the terms that it gives for them."""
    for name, term in _defined(text):
        text = re.sub(rf"(?<!\()\b[Tt]he\s+{term}\b", name, text)
    return text


@lru_cache(maxsize=256)
def _defined(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((found["name"], found["term"]) for found in _DEFINED.finditer(text))
