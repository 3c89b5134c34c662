"""Whether quotes state what was asked, read from the language model's hidden state rather than from its Yes or No.

A small model knows more than it says: a linear probe of its hidden state where its answer would begin tells quotes that
state the answer from the rest clearly better than the probability of a Yes, and best of all two thirds of the way up:
the layers after it turn what the model knows into a word. A probe belongs to one model and one prompt;
`tests/benchmarks/probe.py` fits it. Other models are taken at their word.
"""

from __future__ import annotations

import json
import logging
import math
import struct
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from rag.paths import shipped
from rag.types import ModelInfo

log = logging.getLogger(__name__)

PROMPT = "answer"
_FILE = f"{PROMPT}.probe.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A direction in a model's hidden state.

    Attributes:
        model: SHA-256 of the model's file.
        prompt: SHA-256 of the prompt's file.
        layer: Whose output is probed, counted from 0.
        weights: One for each number of the hidden state.
    """

    model: str
    prompt: str
    layer: int
    weights: tuple[float, ...]
    bias: float

    def probability(self, state: Sequence[float]) -> float:
        """That the quotes state the answer, 0 to 1."""
        products = (weight * value for weight, value in zip(self.weights, state, strict=True))
        score = self.bias + sum(products)
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, score))))


def probe_for(model: ModelInfo) -> Probe | None:
    """The probe that was fitted for a model and for the prompt as it stands, if there is one."""
    probe = _shipped_probe()
    return probe if probe and probe.model == model.sha256 else None


def prompt_digest() -> str:
    """SHA-256 of the prompt that the probe is read at the end of, however its lines end."""
    text = shipped("prompts").joinpath(f"{PROMPT}.txt").read_text("utf-8")
    return sha256(text.encode()).hexdigest()


@cache
def _shipped_probe() -> Probe | None:
    file = shipped("prompts").joinpath(_FILE)
    if not file.is_file():
        return None
    stored = json.loads(file.read_text("utf-8"))
    if stored["prompt"] != prompt_digest():
        log.warning(
            "prompts/%s.txt is not the text that %s was fitted for; the model's Yes is taken instead. Fit it again "
            "with tests/benchmarks/probe.py.",
            PROMPT,
            _FILE,
        )
        return None
    weights = b64decode(stored["weights"])
    return Probe(
        model=stored["model"],
        prompt=stored["prompt"],
        layer=stored["layer"],
        weights=struct.unpack(f"<{len(weights) // 4}f", weights),
        bias=stored["bias"],
    )
