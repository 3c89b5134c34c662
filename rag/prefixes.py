"""What a model has made of prompts' constant beginnings, kept in memory and on disk.

Reading an instruction with its worked examples takes a small machine ten seconds; loading what came of it
takes a hundredth of that. The files hold nothing of any document or question.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import struct
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_IN_MEMORY = 4
_ON_DISK = 8
_DIGEST_BYTES = 32


class PrefixCache:
    """States by the tokens they stand for. A damaged or unwritable file is as good as none."""

    def __init__(self, folder: Path | None, *, model: str) -> None:
        """``model`` names everything that a state depends on besides the tokens."""
        self._folder = folder
        self._model = model
        self._memory: OrderedDict[tuple[int, ...], bytes] = OrderedDict()

    def restore(self, context: Any, tokens: Sequence[int]) -> bool:
        """Have a llama.cpp context hold these tokens and nothing else, if what it makes of them is known."""
        state = self.get(tokens)
        return state is not None and load_state(context, state)

    def keep(self, context: Any, tokens: Sequence[int]) -> None:
        """Keep what a llama.cpp context has made of these tokens, which are all that it holds."""
        if self.get(tokens) is None and (state := state_of(context)):
            self.put(tokens, state)

    def get(self, tokens: Sequence[int]) -> bytes | None:
        """The state after these tokens, if it is known."""
        key = tuple(tokens)
        state = self._memory.get(key)
        if state is None and (file := self._file(key)) is not None:
            state = _read(file)
            if state is not None:
                self._remember(key, state)
        elif state is not None:
            self._memory.move_to_end(key)
        return state

    def put(self, tokens: Sequence[int], state: bytes) -> None:
        """Keep a state."""
        key = tuple(tokens)
        self._remember(key, state)
        file = self._file(key)
        if file is None:
            return
        # A full or read-only disk costs speed, not answers.
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as partial:
                partial.write(hashlib.sha256(state).digest() + state)
            os.replace(partial.name, file)  # noqa: PTH105 - the name is a string
            for old in sorted(file.parent.glob("*.kv"), key=lambda one: -one.stat().st_mtime)[
                _ON_DISK:
            ]:
                old.unlink()

    def _remember(self, key: tuple[int, ...], state: bytes) -> None:
        self._memory[key] = state
        while len(self._memory) > _IN_MEMORY:
            self._memory.popitem(last=False)

    def _file(self, key: tuple[int, ...]) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(self._model.encode() + struct.pack(f"<{len(key)}i", *key))
        return self._folder / f"{digest.hexdigest()[:32]}.kv"


def state_of(context: Any) -> bytes:
    """What a llama.cpp context has made of all that it holds; empty if it does not tell."""
    import llama_cpp

    size = llama_cpp.llama_state_seq_get_size(context, 0)
    buffer = (ctypes.c_uint8 * size)()
    written = llama_cpp.llama_state_seq_get_data(context, buffer, size, 0)
    return bytes(buffer)[:written]


def load_state(context: Any, state: bytes) -> bool:
    """Have a llama.cpp context hold what another one of the same model held; whether it does."""
    import llama_cpp

    llama_cpp.llama_memory_seq_rm(llama_cpp.llama_get_memory(context), -1, -1, -1)
    buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
    return bool(llama_cpp.llama_state_seq_set_data(context, buffer, len(state), 0))


def _read(file: Path) -> bytes | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    digest, state = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return state if hashlib.sha256(state).digest() == digest else None
