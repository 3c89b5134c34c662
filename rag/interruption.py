"""Ending what llama.cpp computes from another thread, in the middle of it."""

from __future__ import annotations

import ctypes
import logging
from typing import Any

# llama.cpp reports an interruption as an error; its messages pass through this one.
_llama_messages = logging.getLogger("llama-cpp-python")


class Interruption:
    """A request to stop that llama.cpp itself looks for, between any two steps of its arithmetic."""

    def __init__(self) -> None:
        self._flag = ctypes.create_string_buffer(2)

    @property
    def requested(self) -> bool:
        """Whether to stop."""
        return self._flag.raw[0] != 0

    def request(self) -> None:
        """Stop."""
        _llama_messages.setLevel(logging.CRITICAL)
        self._flag[0] = b"\x01"

    def clear(self) -> None:
        """Go on as usual."""
        self._flag[0] = b"\x00"
        _llama_messages.setLevel(logging.ERROR)

    def attach(self, context: Any) -> None:
        """Have a context look for the request; what it computes on a GPU does not.

        llama.cpp wants a function from a pointer to a bool and calls it hundreds of times a token. A function
        in Python would take the interpreter's lock each time and wait for whichever thread has it. The C
        library's `strlen` will do: of the empty string it is 0 (go on), of a string of one letter 1 (stop).
        """
        import llama_cpp

        strlen = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value or 0
        callback = llama_cpp.ggml_abort_callback(strlen)
        llama_cpp.llama_set_abort_callback(context, callback, ctypes.addressof(self._flag))
