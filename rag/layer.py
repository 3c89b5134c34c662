"""What a layer in the middle of a model makes of a prompt's tokens.

llama.cpp hands out the last layer only. The others it shows to a callback while it computes (its own `eval-callback`
and `imatrix` read layers in this way).
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.chat_template import Prompt
from rag.errors import ModelError
from rag.interruption import Interruption
from rag.prefixes import PrefixCache
from rag.reading import STEP, PromptReader

if TYPE_CHECKING:
    import numpy as np
    from llama_cpp import Llama
    from numpy.typing import NDArray


class LayerReader(PromptReader):
    """A context of its own beside the one that replies, which can take over from it; both use the same weights."""

    def __init__(
        self, llama: Llama, layer: int, *, prefixes: PrefixCache, interruption: Interruption
    ) -> None:
        """``layer`` counts from 0.

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
        self._width = int(llama.n_embd())
        self._rows: list[NDArray[np.float32]] = []
        # Whoever gives away a callback must keep it.
        self._callback = llama_cpp.ggml_backend_sched_eval_callback(self._look)
        params = type(llama.context_params).from_buffer_copy(llama.context_params)
        params.cb_eval = self._callback
        params.n_batch = params.n_ubatch = STEP
        try:
            self._own: Any = LlamaContext(model=llama._model, params=params, verbose=False)
        except ValueError as error:
            raise ModelError(
                f"There is not enough memory to judge with the model as well ({error}). Lower RAG_CONTEXT_TOKENS, or "
                "close other programs."
            ) from error
        super().__init__(self._own.ctx, prefixes=prefixes, interruption=interruption)

    def states(self, prompt: Prompt) -> NDArray[np.float32]:
        """The layer's output for each token after a prompt's constant part: a row a token.

        Raises:
            Interrupted: an interruption was requested.
            ModelError: the model has no such layer, or cannot read the prompt.
        """
        import numpy as np

        rows = len(prompt.tokens) - prompt.constant
        if self.holds(prompt):  # what is not read is not shown
            self._prompt = Prompt(prompt.tokens[: prompt.constant], prompt.constant)
        self._rows = []
        with _ctrl_c_afterwards(self._interruption):
            for _ in self.read(prompt):
                pass
            self.evaluate(prompt.tokens[-1])
        if not self._rows:
            raise ModelError(f"The model has no layer {self._name.decode()!r}.")
        read, self._rows = self._rows, []
        return np.concatenate(read)[-rows:]

    def close(self) -> None:
        """Free its memory."""
        self._own.close()

    def _look(self, tensor: int, asking: bool, _: int) -> bool:  # noqa: FBT001 - llama.cpp calls it
        """Asked of each step of the arithmetic whether it is of interest, then shown what came of it."""
        if asking:
            return bool(self._ggml.ggml_get_name(tensor) == self._name)
        import numpy as np

        size = int(self._ggml.ggml_nbytes(tensor))
        buffer = (ctypes.c_float * (size // ctypes.sizeof(ctypes.c_float)))()
        self._ggml.ggml_backend_tensor_get(tensor, buffer, 0, size)
        self._rows.append(np.ctypeslib.as_array(buffer).reshape(-1, self._width))
        return True


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
