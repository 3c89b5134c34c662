"""How far an answer's words agree with a reference's."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"[^\W_]+")


def normalize_answer(text: str) -> str:
    """Lower case, ASCII punctuation and articles removed, white space collapsed: as SQuAD's script does.

    Unlike `rag.gold.normalise`, punctuation is removed, not replaced by a space: "well-known" is one word.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def exact_match(text: str, references: Iterable[str]) -> float:
    """1 if the text equals a reference after `normalize_answer`, else 0."""
    answer = normalize_answer(text)
    return float(any(normalize_answer(reference) == answer for reference in _said(references)))


def token_f1(text: str, references: Iterable[str]) -> float:
    """F1 over the words shared with the closest reference, words counted as often as they occur.

    Where no reference says anything, the right answer is no answer: 1 for an empty text, else 0.
    """
    words = normalize_answer(text).split()
    return max(_f1(words, normalize_answer(reference).split()) for reference in _said(references))


def rouge_l(text: str, references: Iterable[str]) -> float:
    """ROUGE-L (Lin 2004): F1 of the longest common subsequence of words, closest reference; 0 without any."""
    words = _WORD.findall(text.lower())
    return max(
        (_rouge_l(words, _WORD.findall(reference.lower())) for reference in references), default=0.0
    )


def _said(references: Iterable[str]) -> list[str]:
    """References of which something is left after normalising; without any, the empty answer."""
    return [reference for reference in references if normalize_answer(reference)] or [""]


def _f1(words: list[str], reference: list[str]) -> float:
    if not words or not reference:
        return float(words == reference)
    shared = (Counter(words) & Counter(reference)).total()
    return _harmonic(shared, len(words), len(reference))


def _rouge_l(words: list[str], reference: list[str]) -> float:
    if not words or not reference:
        return 0.0
    from rapidfuzz.distance import LCSseq

    return _harmonic(LCSseq.similarity(words, reference), len(words), len(reference))


def _harmonic(shared: float, found: int, wanted: int) -> float:
    """F1 by way of precision and recall, so that it is the other scripts' float to the last bit."""
    if shared == 0:
        return 0.0
    precision, recall = shared / found, shared / wanted
    return 2 * precision * recall / (precision + recall)
