"""The likeliest next token that a grammar allows, without asking the grammar about every token there is.

llama.cpp's own sampling has a grammar look at the whole vocabulary for each token of a reply, which takes most of the
time that the model itself does. Nearly always the likeliest token is allowed: so that one is looked at first.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Self

from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from llama_cpp import Llama
    from numpy.typing import NDArray


class Grammar:
    """Follows one reply. Use it as a context manager, so that its memory is freed."""

    def __init__(self, llama: Llama, rules: str) -> None:
        """``rules`` are GBNF and begin with ``root``.

        Raises:
            ModelError: they cannot be read.
        """
        import llama_cpp

        self._sampler: Any = llama_cpp.llama_sampler_init_grammar(
            llama._model.vocab, rules.encode(), b"root"
        )
        if not self._sampler:
            raise ModelError(f"This is no grammar that llama.cpp can read: {rules}")

    def choose(self, logits: NDArray[np.float32]) -> int:
        """The likeliest allowed token; the next one is chosen as what follows it."""
        import llama_cpp
        import numpy as np

        likeliest = np.array([logits.argmax()], np.int32)
        (token,) = self._allowed(likeliest, logits) or self._allowed(
            np.arange(len(logits), dtype=np.int32), logits
        )
        llama_cpp.llama_sampler_accept(self._sampler, token)
        return token

    def _allowed(self, tokens: NDArray[np.int32], logits: NDArray[np.float32]) -> tuple[int, ...]:
        """The likeliest allowed one of some tokens, if any is."""
        import llama_cpp
        import numpy as np

        rows = np.zeros(
            len(tokens), np.dtype([("id", np.intc), ("logit", np.single), ("p", np.single)])
        )
        rows["id"], rows["logit"] = tokens, logits[tokens]
        candidates = llama_cpp.llama_token_data_array(
            data=rows.ctypes.data_as(llama_cpp.llama_token_data_p), size=len(rows), sorted=False
        )
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        best = rows[rows["logit"].argmax()]
        return (int(best["id"]),) if np.isfinite(best["logit"]) else ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        import llama_cpp

        llama_cpp.llama_sampler_free(self._sampler)
