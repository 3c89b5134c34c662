"""Fakes for people who embed the library: no model files, no waiting, the same result every time."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence

from rag.types import Message, ModelInfo

_DIMENSION = 64


class HashEmbedder:
    """An `Embedder` whose vectors are bags of hashed words: texts that share words are near each other."""

    def __init__(self, *, dimension: int = _DIMENSION, max_tokens: int = 256) -> None:
        """``dimension`` numbers a vector; a word counts as a token."""
        self._dimension = dimension
        self._max_tokens = max_tokens

    @property
    def identity(self) -> str:
        """Names the dimension, so that two of different size don't mix."""
        return f"hash@{self._dimension}"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """Words."""
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Words and punctuation marks, and two for the ends."""
        return [len(re.findall(r"\w+|[^\w\s]", text)) + 2 for text in texts]

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Unit vectors; a text without words gets one along the first axis."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self._dimension
        for word in re.findall(r"\w+", text.lower()):
            digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
            vector[int.from_bytes(digest, "big") % self._dimension] += 1.0
        if not any(vector):
            vector[0] = 1.0
        length = math.hypot(*vector)
        return [value / length for value in vector]


class ScriptedChatModel:
    """A `ChatModel` and `Judge` that says what it is told and remembers what it was asked.

    Attributes:
        prompts: The messages of every call, in order.
        closed: How many replies were abandoned before their end.
    """

    def __init__(
        self,
        replies: Sequence[str],
        *,
        yes: Sequence[float] | float = 1.0,
        context_tokens: int = 4096,
    ) -> None:
        """``replies`` are given one a call; the last one again and again. ``yes`` likewise."""
        self._replies = list(replies)
        self._yes = [yes] if isinstance(yes, float | int) else list(yes)
        self._context_tokens = context_tokens
        self.prompts: list[list[Message]] = []
        self.grammars: list[str | None] = []
        self.closed = 0

    @property
    def info(self) -> ModelInfo:
        """A name and an impossible digest."""
        return ModelInfo(name="scripted", sha256="0" * 64)

    @property
    def context_tokens(self) -> int:
        """As given."""
        return self._context_tokens

    def count_tokens(self, text: str) -> int:
        """Words and punctuation marks."""
        return len(re.findall(r"\w+|[^\w\s]", text))

    def stream(
        self, messages: Sequence[Message], *, grammar: str | None = None, max_tokens: int = 256
    ) -> Iterator[str]:
        """The next reply, a word at a time."""
        self.prompts.append(list(messages))
        self.grammars.append(grammar)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        try:
            yield ""
            yield from re.findall(r"\S+\s*", reply)[:max_tokens]
        except GeneratorExit:
            self.closed += 1
            raise

    def yes_probability(self, messages: Sequence[Message]) -> float:
        """The next probability."""
        self.prompts.append(list(messages))
        return self._yes.pop(0) if len(self._yes) > 1 else self._yes[0]
