"""What a layer in the middle of a model makes of a prompt's end; the layers after it are not computed.

llama.cpp hands out the last layer only. The others it shows to a callback while it computes, and it stops where that
says so (its own `eval-callback` and `imatrix` read layers in this way).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.interruption import Interruption
from rag.prefixes import PrefixCache

if TYPE_CHECKING:
    from llama_cpp import Llama

_FLOAT_BYTES = 4


class LayerReader:
    """A context of its own beside the one that replies; both use the same weights. Not for several threads at once."""

    def __init__(
        self,
        llama: Llama,
        layer: int,
        *,
        step: int,
        prefixes: PrefixCache,
        interruption: Interruption,
    ) -> None:
        """``layer`` counts from 0; ``step`` tokens are read between two looks at ``interruption``."""
        import llama_cpp
        from llama_cpp._ggml import libggml
        from llama_cpp._internals import LlamaContext

        for name, result, arguments in (
            ("ggml_get_name", ctypes.c_char_p, [ctypes.c_void_p]),
            ("ggml_nbytes", ctypes.c_size_t, [ctypes.c_void_p]),
            (
                "ggml_backend_tensor_get",
                None,
                [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t],
            ),
        ):
            function = getattr(libggml, name)
            function.restype, function.argtypes = result, arguments
        self._ggml: Any = libggml
        self._name = f"l_out-{layer}".encode()
        self._state = (ctypes.c_float * llama.n_embd())()
        # Whoever gives away a callback must keep it.
        self._callback = llama_cpp.ggml_backend_sched_eval_callback(self._look)
        params = type(llama.context_params).from_buffer_copy(llama.context_params)
        params.cb_eval = self._callback
        params.n_batch = params.n_ubatch = step
        self._context = LlamaContext(model=llama._model, params=params, verbose=False)
        interruption.attach(self._context.ctx)
        self._interruption = interruption
        self._step = step
        self._prefixes = prefixes
        self._constant: tuple[int, ...] = ()

    def state(self, prompt: Sequence[int], *, constant: int) -> list[float]:
        """The layer's output for the last token of a prompt, whose first ``constant`` tokens come again and again.

        Raises:
            RuntimeError: the prompt does not fit, or an interruption was requested.
        """
        beginning = tuple(prompt[:constant])
        if self._constant != beginning:
            self._constant = ()
            if not self._prefixes.restore(self._context.ctx, beginning):
                self._read(beginning, known=0)
                self._prefixes.keep(self._context.ctx, beginning)
            self._constant = beginning
        self._read(prompt, known=constant)
        return list(self._state)

    def close(self) -> None:
        """Free its memory."""
        self._context.close()  # type: ignore[no-untyped-call]

    def _read(self, prompt: Sequence[int], *, known: int) -> None:
        import llama_cpp

        context = self._context
        context.kv_cache_seq_rm(-1, known, -1)
        for at in range(known, len(prompt), self._step):
            tokens = prompt[at : at + self._step]
            array = (llama_cpp.llama_token * len(tokens))(*tokens)
            batch = llama_cpp.llama_batch_get_one(array, len(tokens))
            if self._interruption.requested or llama_cpp.llama_decode(context.ctx, batch):
                self._constant = ()
                raise RuntimeError("interrupted, or the prompt does not fit")

    def _look(self, tensor: int, asking: bool, _: int) -> bool:  # noqa: FBT001 - llama.cpp calls it
        """Asked of each step of the arithmetic whether it is of interest, then shown what came of it."""
        if asking:
            return bool(self._ggml.ggml_get_name(tensor) == self._name)
        size = len(self._state) * _FLOAT_BYTES
        last = self._ggml.ggml_nbytes(tensor) - size
        self._ggml.ggml_backend_tensor_get(tensor, self._state, last, size)
        return False
