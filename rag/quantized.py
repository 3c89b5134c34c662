"""An embedding model's matrices in whole numbers of eight bits: half as fast again, and as good at finding.

What range the numbers of each layer take is measured on the texts that come with the program. docs/decisions.md has the
figures. The package that does it changes logging and imports for the whole process, so it gets one of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rag.paths import shipped

if TYPE_CHECKING:
    from openvino import Model

_WINDOW_WORDS = 150
_STEP_WORDS = 100
_EVERY_LINE = 4
_MODEL, _INPUTS, _RESULT = "model.xml", "inputs.npz", "quantized.xml"


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


def quantize(model: Model, inputs: Sequence[Mapping[str, Any]]) -> Model:
    """A copy of a model that computes in eight bits, calibrated on what is given it, one input after the other.

    Raises:
        RuntimeError: it cannot be done here, for instance because NNCF is missing.
    """
    import numpy as np
    import openvino

    with TemporaryDirectory() as name:
        folder = Path(name)
        openvino.save_model(model, folder / _MODEL, compress_to_fp16=False)
        arrays = {
            f"{at}:{key}": value for at, one in enumerate(inputs) for key, value in one.items()
        }
        np.savez(folder / _INPUTS, **arrays)
        done = subprocess.run(
            [sys.executable, "-m", "rag.quantized", name],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError((done.stderr.strip().splitlines() or ["it ended"])[-1])
        return openvino.Core().read_model(folder / _RESULT)


def _quantize_there(folder: Path) -> None:
    from rag.compiled import silence_telemetry

    silence_telemetry()
    import nncf
    import numpy as np
    import openvino

    inputs: dict[str, dict[str, Any]] = {}
    with np.load(folder / _INPUTS) as arrays:
        for name in arrays.files:
            at, key = name.split(":", 1)
            inputs.setdefault(at, {})[key] = arrays[name]
    quantized = nncf.quantize(
        openvino.Core().read_model(folder / _MODEL),
        nncf.Dataset(list(inputs.values())),
        subset_size=len(inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
    )
    openvino.save_model(quantized, folder / _RESULT, compress_to_fp16=False)


if __name__ == "__main__":
    _quantize_there(Path(sys.argv[1]))
