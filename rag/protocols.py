"""What can be put in place of a part: an embedder, a retriever, a language model, or all that answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol, TypedDict, runtime_checkable

from rag.types import Answer, Message, ModelInfo, Passage, Turn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def identity(self) -> str:
        """Name and digest: two embedders whose vectors may be mixed have the same identity."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest text, in tokens, that is embedded whole."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing truncated."""
        ...

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length 1 for each text, in order: ``len(texts)`` x ``dimension``."""
        ...


class Filters(TypedDict, total=False):
    """What a search may be narrowed by; what is left out or empty leaves all in."""

    after: date | None
    before: date | None
    sources: Sequence[str]
    documents: Sequence[str]
    event_after: date | None
    event_before: date | None


class Retriever(Protocol):
    """Finds passages for a query."""

    def retrieve(
        self,
        query: str,
        *,
        top_k: int = 5,
        after: date | None = None,
        before: date | None = None,
        sources: Sequence[str] = (),
    ) -> tuple[Passage, ...]:
        """The ``top_k`` best passages, best first.

        ``after`` and ``before`` bound the day of publication, both inclusive; documents without one are
        left out when either is given. ``sources`` are shell patterns (``reports/*``) on
        ``Document.source``; a passage must match one of them.
        """
        ...


class Reranker(Protocol):
    """Reads query and text together."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the query; higher is better, comparable within one call only."""
        ...


class ChatModel(Protocol):
    """A language model that continues a conversation."""

    @property
    def info(self) -> ModelInfo:
        """Name and digest, for the answer's record."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and answer may take together."""
        ...

    def stream(
        self, messages: Sequence[Message], *, grammar: str | None = None, max_tokens: int = 256
    ) -> Iterator[str]:
        """Pieces of the reply as they are written; closing the iterator stops the model.

        ``grammar`` is GBNF that the reply must match.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text in this model's own vocabulary."""
        ...


@runtime_checkable
class Judge(Protocol):
    """A chat model that can also say how likely it is to answer "Yes"."""

    def yes_probability(self, messages: Sequence[Message]) -> float:
        """P(Yes) / (P(Yes) + P(No)) for the first token of the reply, 0 to 1."""
        ...


@runtime_checkable
class Introspective(Protocol):
    """A chat model whose hidden states can be read."""

    def hidden_states(self, messages: Sequence[Message], layer: int) -> NDArray[np.float32]:
        """A layer's output for each token of the last message and of what the model's template adds after it.

        A row a token, as many numbers as the model is wide; layers count from 0.
        """
        ...


@runtime_checkable
class Interruptible(Protocol):
    """A chat model that can be stopped in the middle of what it computes."""

    def interrupt(self) -> None:
        """End what is being computed, from any thread; all that is asked fails until `resume`."""
        ...

    def resume(self) -> None:
        """Reply again."""
        ...


class Answerer(Protocol):
    """Anything that answers questions: a `Pipeline`, or your own system in an evaluation."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer or the refusal; fill in the fields of `Answer` that you have."""
        ...
