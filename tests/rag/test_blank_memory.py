"""Memory that a library gets within `blank_memory` holds nothing from before."""

import ctypes
import platform

import pytest

from rag.blank_memory import blank_memory

_SIZES = [4_000, 40_000, 1_700_000]
_WORDS = b"a canary that must not be read"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
@pytest.mark.parametrize("size", _SIZES)
def test_memory_that_was_used_before_comes_blank(size):
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.malloc.argtypes = [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]

    def use() -> None:
        places = [library.malloc(size) for _ in range(20)]
        for place in places:
            ctypes.memmove(place, _WORDS * (size // len(_WORDS)), size // len(_WORDS) * len(_WORDS))
        for place in places:
            library.free(place)

    def given() -> bytes:
        places = [library.malloc(size) for _ in range(20)]
        held = b"".join(ctypes.string_at(place, size) for place in places)
        for place in places:
            library.free(place)
        return held

    use()
    with blank_memory():
        with blank_memory():
            pass
        assert not given().strip(b"\0")
