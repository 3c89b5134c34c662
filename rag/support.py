"""How likely a source states all of a sentence: its words, its names and its meaning in one figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.agree import missing_terms
from rag.compose import one_line
from rag.prompts import render
from rag.protocols import Embedder
from rag.types import Message
from rag.wording import content_words

#: Sentences of a long source that a model is shown, the nearest ones.
SHOWN = 8
_NEAREST = 3
# Probabilities are kept this far from 0 and 1.
_LEAST = 0.001
# A constant and the weights of `features` without the model's yes, fitted on the even lines of WiCE's development
# claims: python -m tests.benchmarks.wice FILE
_WEIGHTS = (-7.65, 2.192, 4.682, 1.204, 2.898)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What tells whether a source states a sentence.

    Attributes:
        cover: Share of its content words that the source holds.
        cosine: Mean cosine of the sentence with the three sentences of the source that are nearest to it.
        names: Whether the source mentions all its names.
        numbers: Whether the source mentions all its numbers, months and weekdays.
        nearest: The sentences of the source that bear on it most, in their order.
    """

    cover: float
    cosine: float
    names: bool
    numbers: bool
    nearest: tuple[str, ...] = ()


def read_signals(
    text: str,
    source: Sequence[str],
    embedder: Embedder,
    near: Sequence[str] | None = None,
) -> Signals:
    """Hold a sentence against the sentences of a source.

    Args:
        text: The sentence.
        source: At least one sentence.
        embedder: Compares their meaning.
        near: Those of them that may bear on it, if the source is so long that not all should be embedded.
    """
    near = source if near is None else near
    words = content_words(text)
    sentence, *vectors = embedder.embed([text, *near])
    cosines = [sum(a * b for a, b in zip(sentence, vector, strict=True)) for vector in vectors]
    scored = {one: cosine + _share(words, one) for one, cosine in zip(near, cosines, strict=True)}
    shown = set(sorted(scored, key=lambda one: -scored[one])[:SHOWN])
    best = sorted(cosines, reverse=True)[:_NEAREST]
    whole = " ".join(source)
    missing = {term.kind == "name" for term in missing_terms(text, whole)}
    return Signals(
        cover=_share(words, whole),
        cosine=sum(best) / len(best),
        names=True not in missing,
        numbers=False not in missing,
        nearest=tuple(dict.fromkeys(one for one in source if one in shown)),
    )


def features(signals: Signals, yes: float | None = None) -> list[float]:
    """The signals as numbers, in the order of the weights; ``yes`` is the model's, if it was asked."""
    found = [signals.cover, signals.cosine, float(signals.names), float(signals.numbers)]
    if yes is not None:
        kept = min(max(yes, _LEAST), 1 - _LEAST)
        found.append(math.log(kept / (1 - kept)))
    return found


def combine(signals: Signals) -> float:
    """How likely the source states all of the sentence, 0 to 1; from 0.5 on it is likelier than not.

    The model's own yes is not part of it: its weight is not fitted yet.
    """
    base, *weights = _WEIGHTS
    pairs = zip(weights, features(signals), strict=True)
    return 1 / (1 + math.exp(-base - sum(weight * value for weight, value in pairs)))


def _share(words: set[str], text: str) -> float:
    return len(words & content_words(text)) / max(1, len(words))


def entail_messages(text: str, source: Sequence[str]) -> list[Message]:
    """Ask whether a source states all that a sentence says."""
    return render("entail", text=one_line(" ".join(source)), claim=one_line(text))
