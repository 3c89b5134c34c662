"""Whether a number of a sentence stands in a heading only, where whoever looks at the quote does not find it."""

from __future__ import annotations

import re

from rag.agreement.terms import read_row

# "2019" over a table of fees is when they held.
_YEAR = re.compile(r"(?:1\d|20)\d\d")


def only_headed(sentence: str, bare: str, headed: str, question: str) -> str | None:
    """Why a sentence cannot rest on quotes: a number of it is only ``headed``, and not in their ``bare`` words."""
    there = _numbers(bare) | _numbers(question)
    for key, text in _numbers(sentence).items():
        if key not in there and key in _numbers(headed) and not _YEAR.fullmatch(text):
            return f"only a heading says {text}"
    return None


def _numbers(text: str) -> dict[tuple[str, ...], str]:
    return {term.key: term.text for term in read_row(text).terms if term.kind == "number"}
