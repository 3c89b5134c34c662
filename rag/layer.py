"""What a layer in the middle of a model makes of a prompt's end; the layers after it are not computed.

llama.cpp hands out the last layer only. The others it shows to a callback while it computes, and it stops where that
says so (its own `eval-callback` and `imatrix` read layers in this way).
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
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
        """``layer`` counts from 0; ``step`` tokens are read between two looks at ``interruption``.

        Raises:
            ModelError: there is no memory for it.
        """
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
        try:
            self._context: Any = LlamaContext(model=llama._model, params=params, verbose=False)
        except ValueError as error:
            raise ModelError(
                f"There is not enough memory to judge with the model as well ({error}). Lower RAG_CONTEXT_TOKENS, or "
                "close other programs."
            ) from error
        interruption.attach(self._context.ctx)
        self._interruption = interruption
        self._step = step
        self._prefixes = prefixes
        self._constant: tuple[int, ...] = ()
        self._seen = False

    def state(self, prompt: Sequence[int], *, constant: int) -> list[float]:
        """The layer's output for the last token of a prompt, whose first ``constant`` tokens come again and again.

        Raises:
            RuntimeError: an interruption was requested.
            ModelError: the model has no such layer, or cannot read the prompt.
        """
        with _ctrl_c_afterwards(self._interruption):
            return self._evaluate(prompt, constant)

    def close(self) -> None:
        """Free its memory."""
        self._context.close()

    def _evaluate(self, prompt: Sequence[int], constant: int) -> list[float]:
        beginning = tuple(prompt[:constant])
        if self._constant != beginning:
            self._constant = ()
            if not self._prefixes.restore(self._context.ctx, beginning):
                self._read(beginning, known=0)
                self._prefixes.keep(self._context.ctx, beginning)
            self._constant = beginning
        self._seen = False
        self._read(prompt, known=constant)
        if not self._seen:
            raise ModelError(f"The model has no layer {self._name.decode()!r}.")
        return list(self._state)

    def _read(self, prompt: Sequence[int], *, known: int) -> None:
        import llama_cpp

        context = self._context
        context.kv_cache_seq_rm(-1, known, -1)
        for at in range(known, len(prompt), self._step):
            tokens = prompt[at : at + self._step]
            array = (llama_cpp.llama_token * len(tokens))(*tokens)
            batch = llama_cpp.llama_batch_get_one(array, len(tokens))
            failed = self._interruption.requested or llama_cpp.llama_decode(context.ctx, batch)
            if failed:
                self._constant = ()
                if self._interruption.requested:
                    raise RuntimeError("interrupted")
                raise ModelError(f"llama.cpp could not read the prompt (its error {failed}).")

    def _look(self, tensor: int, asking: bool, _: int) -> bool:  # noqa: FBT001 - llama.cpp calls it
        """Asked of each step of the arithmetic whether it is of interest, then shown what came of it."""
        if asking:
            return bool(self._ggml.ggml_get_name(tensor) == self._name)
        size = len(self._state) * _FLOAT_BYTES
        last = self._ggml.ggml_nbytes(tensor) - size
        self._ggml.ggml_backend_tensor_get(tensor, self._state, last, size)
        self._seen = True
        return False


@contextmanager
def _ctrl_c_afterwards(interruption: Interruption) -> Iterator[None]:
    """Ctrl-C ends what llama.cpp computes, and is raised then: its callback could not pass it on."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    pressed = False

    def press(*_: object) -> None:
        nonlocal pressed
        pressed = True
        interruption.request()

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            before(signal.SIGINT, None)
