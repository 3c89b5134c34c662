"""As much of a GGUF file's header as tells whether it is a whole language model.

The layout (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): magic, version, number of
tensors, number of keys; the keys with their values; for each tensor its name, shape, type and
offset; then the tensors' data. Versions 2 and 3 differ in nothing that is read here.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_TEXT, _ARRAY = 8, 9
_CODES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def has_magic(path: Path) -> bool:
    """Whether the file begins as GGUF files do."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def context_length(path: Path) -> int | None:
    """How many tokens the model was made for; ``None`` if cut short, damaged or no language model.

    Being cut short shows when the file ends before its last tensor begins; a cut inside that tensor
    goes unnoticed.
    """
    if not has_magic(path):
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Header(data).context_length()
        except (struct.error, KeyError, ValueError, OverflowError, RecursionError):
            return None


class _Header:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = len(_MAGIC)

    def context_length(self) -> int | None:
        version, tensors, keys = self._number("I"), self._number("Q"), self._number("Q")
        if version not in _VERSIONS:
            return None
        context = None
        for _ in range(keys):
            key, kind = self._text(), self._number("I")
            if key.endswith(b".context_length") and kind in _CODES:
                context = self._number(_CODES[kind])
            else:
                self._skip(kind)
        last = 0
        for _ in range(tensors):
            self._text()
            self._skip_bytes(8 * self._number("I") + struct.calcsize("<I"))  # dimensions, type
            last = max(last, self._number("Q"))
        return context if self._at + last < len(self._data) else None

    def _number(self, code: str) -> int:
        start, self._at = self._at, self._at + struct.calcsize(f"<{code}")
        (number,) = struct.unpack_from(f"<{code}", self._data, start)
        return int(number)

    def _text(self) -> bytes:
        length = self._number("Q")
        start, self._at = self._at, self._at + length
        return self._data[start : self._at]

    def _skip_bytes(self, count: int) -> None:
        self._at += count

    def _skip(self, kind: int) -> None:
        if kind == _TEXT:
            self._skip_bytes(self._number("Q"))
        elif kind == _ARRAY:
            inner, count = self._number("I"), self._number("Q")
            if inner in _CODES:
                self._skip_bytes(count * struct.calcsize(f"<{_CODES[inner]}"))
            else:
                for _ in range(count):
                    self._skip(inner)
        else:
            self._skip_bytes(struct.calcsize(f"<{_CODES[kind]}"))
