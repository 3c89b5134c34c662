"""Texts into vectors, with a sentence-transformers model in a local folder; the model hub is switched off."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelCorrupt
from rag.models import locate_model
from rag.protocols import Embedder
from rag.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from rag.compiled import Vectors

_BATCH = 32


class SentenceTransformerEmbedder:
    """An `Embedder` over a sentence-transformers folder. The weights load at the first `embed`."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        sha256: str,
        max_tokens: int = 256,
        cache_dir: Path | None = None,
    ) -> None:
        """``sha256`` is the digest of the weights; ``max_tokens`` is where the model truncates.

        With a ``cache_dir`` the model is compiled for this processor once and kept there (`rag.compiled`).
        """
        self._cache_dir = cache_dir
        self._folder = folder
        self._name = name
        self._sha256 = sha256
        self._max_tokens = max_tokens
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        """``name@first-digits-of-the-digest``."""
        return f"{self._name}@{self._sha256[:16]}"

    @property
    def dimension(self) -> int:
        """Length of a vector, read from the pooling layer's settings so that no weights are loaded."""
        settings = self._folder / "1_Pooling" / "config.json"
        try:
            return int(json.loads(settings.read_text("utf-8"))["word_embedding_dimension"])
        except (OSError, ValueError, KeyError) as error:
            raise self._corrupt(error) from error

    @property
    def max_tokens(self) -> int:
        """Word pieces beyond which the model silently truncates."""
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text with ``[CLS]`` and ``[SEP]``, nothing truncated."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Unit vectors, ``len(texts)`` x `dimension`."""
        if not texts:
            return []
        with self._lock:
            rows: list[list[float]] = self._encode(texts).tolist()
        return rows

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = self._load_tokenizer()
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _load_tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        try:
            return Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        except Exception as error:  # tokenizers raises bare Exception
            raise self._corrupt(error) from error

    @cached_property
    def _encode(self) -> Callable[[Sequence[str]], Vectors]:
        """The quickest way there is here from texts to unit vectors."""
        if self._cache_dir is not None:
            from rag.compiled import open_encoder

            kept = self._cache_dir / f"{self._sha256[:16]}-{self._max_tokens}"
            tokenizer = self._load_tokenizer()
            tokenizer.enable_truncation(self._max_tokens)
            if encoder := open_encoder(kept, tokenizer, self._load_original):
                return encoder.encode
        original = self._load_original()
        return lambda texts: original.encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )

    def _load_original(self) -> SentenceTransformer:
        stay_offline()
        from sentence_transformers import SentenceTransformer

        try:
            # The plain form of attention is the one that every converter knows.
            return SentenceTransformer(
                str(self._folder),
                device="cpu",
                local_files_only=True,
                model_kwargs={"attn_implementation": "eager"},
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise self._corrupt(error) from error

    def _corrupt(self, error: Exception) -> ModelCorrupt:
        return ModelCorrupt(
            f"The embedding model in {self._folder} cannot be loaded ({error}). "
            f"Run: rag models pull {self._name}"
        )


def stay_offline() -> None:
    """Keep sentence-transformers and what is under it from the network and from the terminal.

    To be called before it is imported: the switches are read then.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]


def load_weights(embedder: Embedder) -> None:
    """Make any embedder do now what its first call would wait for."""
    embedder.embed(["anything"])


def open_embedder(settings: Settings) -> SentenceTransformerEmbedder:
    """The embedding model of the settings; its weights load at first use.

    Raises:
        ModelError: it is missing or damaged.
    """
    model = locate_model(settings.embedding_model, settings, "embedding")
    return SentenceTransformerEmbedder(
        model.path,
        name=model.name,
        sha256=model.sha256,
        max_tokens=model.context_tokens,
        cache_dir=settings.models_dir.expanduser() / ".compiled",
    )
