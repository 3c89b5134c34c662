"""Blank memory for libraries that write to disk what they have not filled.

Chroma's graph asks for room for a thousand vectors and writes all of it: what text lay there before, of whatever part
of the program, would go to disk with it and stay when its document is removed.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

# Of glibc's malloc.h. Memory that is given out gets the complement of the byte, here zero.
_M_PERTURB, _BYTE = -6, 0xFF
# Large blocks come from the system, which hands out zeros, also when they grow. By default the limit moves up.
_M_MMAP_THRESHOLD, _LARGE = -3, 128 * 1024

_entering = threading.Lock()
_inside = 0


@contextmanager
def blank_memory() -> Iterator[None]:
    """Within, memory comes blank, for all threads. Where the C library is not glibc, nothing changes."""
    global _inside  # noqa: PLW0603 - the switch is one for the process too
    with _entering:
        _inside += 1
        if _inside == 1:
            _set(_M_MMAP_THRESHOLD, _LARGE)
            _set(_M_PERTURB, _BYTE)
    try:
        yield
    finally:
        with _entering:
            _inside -= 1
            if _inside == 0:
                _set(_M_PERTURB, 0)


def _set(parameter: int, value: int) -> None:
    library = _library()
    if library is not None:
        library.mallopt(parameter, value)


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    # Other libraries have a mallopt that means something else.
    return library if hasattr(library, "gnu_get_libc_version") else None
