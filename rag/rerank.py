"""A cross-encoder that reads query and passage together and puts the first passages in a new order. Off by default."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rag.embed import stay_offline
from rag.errors import ModelCorrupt, ModelMissing
from rag.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

#: How many of the first passages are read again.
DEPTH = 50
_BATCH = 16


class CrossEncoderReranker:
    """A `Reranker` over a cross-encoder of sentence-transformers. Threads may share one."""

    def __init__(self, name: str) -> None:
        """``name`` is the path of a folder, or an id of the model hub that has been downloaded before."""
        self._name = name
        self._lock = threading.Lock()

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the query; higher is better, and only comparable within one call.

        Raises:
            ModelMissing: the model is not on this machine.
            ModelCorrupt: it cannot be loaded.
        """
        if not texts:
            return []
        with self._lock:
            found = self._model.predict(
                [(query, text) for text in texts], batch_size=_BATCH, show_progress_bar=False
            )
        return [float(score) for score in found]

    @cached_property
    def _model(self) -> CrossEncoder:
        stay_offline()
        from sentence_transformers import CrossEncoder

        path = Path(self._name).expanduser()
        name = str(path) if path.exists() else self._name
        try:
            loaded: CrossEncoder = CrossEncoder(name, device="cpu", local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            if path.exists():
                raise ModelCorrupt(
                    f"{path} cannot be loaded as a cross-encoder ({error}). Name another folder, or leave "
                    "the reranker out."
                ) from error
            raise ModelMissing(
                f"The reranker {self._name} is not on this machine: there is no such folder, and the model hub's "
                f"cache does not hold it. Run: hf download {self._name}, or leave the reranker out."
            ) from error
        return loaded


def open_reranker(settings: Settings) -> CrossEncoderReranker | None:
    """The reranker of the settings, loaded, so that a missing one is an error now; ``None`` if it is off.

    Raises:
        ModelError: it is missing or cannot be loaded.
    """
    if not settings.reranker:
        return None
    reranker = CrossEncoderReranker(settings.reranker)
    reranker.scores("anything", ["anything"])
    return reranker
