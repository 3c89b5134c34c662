"""An embedding model's matrices in whole numbers of eight bits: half as fast again, and as good at finding.

What range the numbers of each layer take is measured on the texts that come with the program. docs/decisions.md has the
figures.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from rag.paths import shipped

if TYPE_CHECKING:
    from openvino import Model

_WINDOW_WORDS = 150
_STEP_WORDS = 100
_EVERY_LINE = 4


def calibration_texts() -> list[str]:
    """Texts as long as chunks, and lines as short as questions."""
    texts = [path.read_text("utf-8") for path in sorted(shipped("seeds").glob("*.txt"))]
    words = [text.split() for text in texts]
    windows = [
        " ".join(some[at : at + _WINDOW_WORDS])
        for some in words
        for at in range(0, len(some), _STEP_WORDS)
    ]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    return windows + lines[::_EVERY_LINE]


def quantize(
    model: Model, texts: Sequence[str], inputs: Callable[[Sequence[str]], Mapping[str, Any]]
) -> Model:
    """A copy of a model that computes in eight bits; ``inputs`` makes what it takes of texts.

    Raises:
        ImportError: there is no NNCF, which does it.
    """
    import nncf

    nncf.set_log_level(logging.ERROR)
    with redirect_stdout(io.StringIO()):  # its progress bars; stdout is for answers
        quantized: Model = nncf.quantize(
            model,
            nncf.Dataset(texts, lambda text: dict(inputs([text]))),
            subset_size=len(texts),
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.MIXED,
        )
    return quantized
