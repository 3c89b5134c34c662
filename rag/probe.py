"""Whether quotes state what was asked, read from the language model's hidden states rather than from its Yes or No.

A small model knows more than it says, and best of all two thirds of the way up: the layers after it turn what the model
knows into a word. What it makes of the question's own words, having read the quotes, tells more than what it makes of
the last token alone; so a probe attends to the last tokens of the prompt, from which the answer would follow. A probe
belongs to one model and one prompt; `tests/benchmarks/probe.py` fits it. Other models are taken at their word.
"""

from __future__ import annotations

import json
import logging
import math
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from rag.paths import shipped
from rag.types import ModelInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

PROMPT = "answer"
_FILE = f"{PROMPT}.probe.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """Votes of a model's hidden states: a linear one of the last token, and heads of attention over the last few.

    Each head finds the tokens that matter to it and votes by what it finds there.

    Attributes:
        model: SHA-256 of the model's file.
        prompt: SHA-256 of the prompt's file.
        layer: Whose output is probed, counted from 0.
        weights: Of the last token's state, as wide as the model.
        tokens: How many of a prompt's last tokens the heads look at.
        keys: A row a head, as wide as the model: how much it looks at a token.
        values: The same: what it makes of the token.
    """

    model: str
    prompt: str
    layer: int
    weights: NDArray[np.float32]
    tokens: int
    keys: NDArray[np.float32]
    values: NDArray[np.float32]
    bias: float

    def probability(self, states: NDArray[np.float32]) -> float:
        """That the quotes state the answer, 0 to 1, by the states of the prompt's tokens: a row a token.

        Raises:
            ValueError: they are not as wide as the probe.
        """
        import numpy as np

        seen = states[-self.tokens :].T
        looks = self.keys @ seen
        shares = np.exp(looks - looks.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        votes = (shares * (self.values @ seen)).sum()
        score = self.bias + float(self.weights @ states[-1] + votes)
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
    return Probe(
        model=stored["model"],
        prompt=stored["prompt"],
        layer=stored["layer"],
        weights=_rows(stored["weights"], 1)[0],
        tokens=stored["tokens"],
        keys=_rows(stored["keys"], stored["heads"]),
        values=_rows(stored["values"], stored["heads"]),
        bias=stored["bias"],
    )


def _rows(text: str, count: int) -> NDArray[np.float32]:
    import numpy as np

    return np.frombuffer(b64decode(text), "<f2").astype(np.float32).reshape(count, -1)
