"""A sentence-transformers model compiled for this processor by OpenVINO: the same vectors, several times as fast.

Compiling goes through sentence-transformers once, and what came of it is kept. From then on neither it nor torch is
loaded, which is most of the wait at a start. Where the vectors stay close enough it computes in eight bits
(`rag.quantized`), otherwise in bfloat16 or float32, as the processor can.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from openvino import CompiledModel, InferRequest, Model
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    Vectors = NDArray[np.float32]

logger = logging.getLogger(__name__)

# A batch for each core at a time; larger ones fit the caches less well.
_BATCH_TEXTS = 8
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PADDING = ("[PAD]", "<pad>")
_PROBES = ("The bridge reopened in June.", "a", "Wie spät ist es? " * 90)
_LEAST_COSINE = 0.999
# Between the vectors of eight bits and the others, on the calibration's texts; what is found stays as good.
_LEAST_COSINE_8_BITS = 0.985


class CompiledEncoder:
    """Encodes texts with a compiled model. Not for several threads at a time."""

    def __init__(self, model: Model, tokenizer: Tokenizer) -> None:
        """``tokenizer`` is as the model's folder has it, but truncates where the model does."""
        self.model = model
        known = (tokenizer.token_to_id(name) for name in _PADDING)
        self._padding = next((one for one in known if one is not None), 0)
        tokenizer.no_padding()
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in the order of the texts, ``len(texts)`` x dimension."""
        import numpy as np

        tokens = self._tokens(texts)
        vectors: dict[int, Vectors] = {}
        running: deque[tuple[InferRequest, list[int]]] = deque()

        def finish() -> InferRequest:
            request, places = running.popleft()
            request.wait()
            vectors.update(zip(places, request.get_output_tensor(0).data.copy(), strict=True))
            return request

        # OpenVINO's own queue calls back into Python, which hangs now and then; requests in turn do as well,
        # as neighbouring batches take about as long.
        free = list(self._requests)
        try:
            for places in _batches(tokens):
                request = free.pop() if free else finish()
                request.start_async(self._inputs([tokens[place] for place in places]))
                running.append((request, places))
            while running:
                finish()
        finally:  # whatever interrupts, the next call finds no request at work
            for request, _ in running:
                request.wait()
        found: Vectors = np.stack([vectors[place] for place in range(len(texts))])
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found

    def quantized(self) -> CompiledEncoder:
        """The same in eight bits; itself if that cannot be had or says something else."""
        from rag.quantized import calibration_texts, quantize

        texts = calibration_texts()
        try:
            inputs = [self._inputs(self._tokens([text])) for text in texts]
            smaller = CompiledEncoder(quantize(self.model, inputs), self._tokenizer)
            cosine = float((smaller.encode(texts) * self.encode(texts)).sum(axis=1).min())
        except Exception as error:
            logger.info("this embedding model cannot be had in eight bits (%s)", error)
            return self
        if cosine < _LEAST_COSINE_8_BITS:
            logger.info("in eight bits this model's vectors differ: cosine %.4f", cosine)
            return self
        return smaller

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [one.ids for one in self._tokenizer.encode_batch(list(texts))]

    @cached_property
    def _compiled(self) -> CompiledModel:
        from openvino import Core

        return Core().compile_model(self.model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})

    @cached_property
    def _requests(self) -> list[InferRequest]:
        wanted = self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        return [self._compiled.create_infer_request() for _ in range(wanted)]

    def _inputs(self, tokens: Sequence[Sequence[int]]) -> dict[str, NDArray[np.int64]]:
        import numpy as np

        ids = np.full((len(tokens), max(map(len, tokens))), self._padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        given = dict(zip(_INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))
        return {one.get_any_name(): given[one.get_any_name()] for one in self.model.inputs}


def silence_telemetry() -> None:
    """Keep OpenVINO's converter and NNCF from telling their maker of each model: without this package they cannot."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


def open_encoder(
    kept: Path, tokenizer: Tokenizer, load: Callable[[], SentenceTransformer]
) -> CompiledEncoder | None:
    """The compiled model; ``None`` if it cannot be compiled here.

    Args:
        kept: Folder that what was compiled is kept in; its name says of what.
        tokenizer: As `CompiledEncoder` takes it.
        load: Gives the model as sentence-transformers loads it, if it has to be compiled first.
    """
    silence_telemetry()
    try:
        import openvino
    except ImportError as error:
        logger.info("OpenVINO is not to be had here (%s); embedding is slower without", error)
        return None
    folder = kept.with_name(f"{kept.name}-8bits-{openvino.__version__.split('-')[0]}")
    try:
        return CompiledEncoder(openvino.Core().read_model(folder / "model.xml"), tokenizer)
    except (RuntimeError, OSError):
        pass  # not compiled yet, or damaged
    original = load()
    try:
        encoder = CompiledEncoder(_convert(original), tokenizer)
        _check(encoder, original)
    except Exception as error:
        logger.warning("this embedding model cannot be compiled (%s); embedding is slower", error)
        return None
    encoder = encoder.quantized()
    _keep(encoder.model, folder)
    return encoder


def _batches(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Places of texts of about the same length, the longest first."""
    order = sorted(range(len(tokens)), key=lambda place: -len(tokens[place]))
    for at in range(0, len(order), _BATCH_TEXTS):
        yield order[at : at + _BATCH_TEXTS]


def _convert(original: SentenceTransformer) -> Model:
    import openvino
    import torch

    features: dict[str, Any] = original.preprocess(list(_PROBES[:2]))
    names = [name for name in _INPUTS if name in features]

    class Whole(torch.nn.Module):
        """All of the model's stages, with inputs by position."""

        def __init__(self) -> None:
            super().__init__()
            self.stages = original

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            given = dict(zip(names, inputs, strict=True))
            vectors: torch.Tensor = self.stages(given)["sentence_embedding"]
            return vectors

    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of tracing; the result is compared with the original
        model: Model = openvino.convert_model(
            Whole().eval(), example_input=tuple(features[name] for name in names)
        )
    for one, name in zip(model.inputs, names, strict=True):
        one.get_tensor().set_names({name})
    return model


def _check(encoder: CompiledEncoder, original: SentenceTransformer) -> None:
    """The converted model must say what the original says, for long texts and for short ones."""
    wanted = original.encode(list(_PROBES), normalize_embeddings=True, show_progress_bar=False)
    cosine = float((encoder.encode(_PROBES) * wanted).sum(axis=1).min())
    if cosine < _LEAST_COSINE:
        raise ValueError(f"its vectors differ: cosine {cosine:.4f}")


def _keep(model: Model, folder: Path) -> None:
    """Save the model, whole or not at all; a folder that cannot be written to costs time at the next start."""
    import openvino

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            openvino.save_model(model, partial / "model.xml", compress_to_fp16=False)
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except (OSError, RuntimeError) as error:
        logger.info("the compiled embedding model is not kept: %s", error)
