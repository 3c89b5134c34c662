"""A local GGUF model through llama.cpp: streamed replies under a grammar, and the probability of a yes."""

from __future__ import annotations

import codecs
import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rag.chat_template import ChatTemplate, Prompt
from rag.errors import ModelCorrupt, ModelError
from rag.grammar import Grammar
from rag.interruption import Interruption
from rag.layer import LayerReader
from rag.models import locate_model
from rag.prefixes import PrefixCache
from rag.reading import PromptReader
from rag.settings import Settings
from rag.types import Message, ModelInfo

if TYPE_CHECKING:
    import numpy as np
    from llama_cpp import Llama
    from numpy.typing import NDArray

_SPIN = "3000"


class LlamaChatModel:
    """A `ChatModel` and `Judge` over one GGUF file. One reply at a time; others wait for it.

    Replies are greedy (temperature 0), and what is taken over from earlier calls is what reading it again would give
    (see `PromptReader`), so the same prompt gives the same reply whatever was asked before it.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        sha256: str,
        context_tokens: int,
        threads: int,
        cache_dir: Path | None = None,
    ) -> None:
        """Load the model. ``cache_dir`` keeps what is constant in prompts for the next start.

        Raises:
            ModelCorrupt: llama.cpp cannot load the file.
        """
        # Threads that wait for each other burn the processor by default; beside a browser that halves
        # the speed. After this many turns they sleep instead, which costs an idle machine little.
        os.environ.setdefault("GOMP_SPINCOUNT", _SPIN)
        import llama_cpp
        from llama_cpp import Llama

        self._info = ModelInfo(name=name, sha256=sha256)
        self._lock = threading.Lock()
        try:
            self._llama: Llama = Llama(
                model_path=str(path),
                n_ctx=context_tokens,
                n_batch=512,
                n_threads=threads,
                n_threads_batch=threads,
                flash_attn=True,
                verbose=False,
            )
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelCorrupt(
                f"{path} cannot be loaded as a GGUF model ({error}). Run: rag models verify"
            ) from error
        self._interruption = Interruption()
        self._template = ChatTemplate(self._llama)
        self._reader = PromptReader(
            self._llama.ctx,
            prefixes=PrefixCache(
                cache_dir, model=f"{sha256} {llama_cpp.__version__} {context_tokens}"
            ),
            interruption=self._interruption,
        )
        self._layers: dict[int, LayerReader] = {}
        self._yes, self._no = (self._template.tokenize(word)[0] for word in ("Yes", "No"))

    @property
    def info(self) -> ModelInfo:
        """Name and digest."""
        return self._info

    @property
    def context_tokens(self) -> int:
        """Prompt and reply together."""
        return int(self._llama.n_ctx())

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, no special ones added."""
        return len(self._template.tokenize(text))

    def stream(
        self, messages: Sequence[Message], *, grammar: str | None = None, max_tokens: int = 256
    ) -> Iterator[str]:
        """Pieces of the reply; an empty piece means that the prompt is still being read.

        Raises:
            ModelError: prompt and reply do not fit the context.
            Interrupted: `interrupt` was called.
        """
        prompt = self._encode(messages, max_tokens)
        with self._lock:
            for _ in self._read(prompt):
                yield ""
            decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
            for token in self._tokens(prompt.tokens[-1], grammar, max_tokens):
                yield decoder.decode(self._llama.detokenize([token], special=False))
            yield decoder.decode(b"", final=True)

    def _read(self, prompt: Prompt) -> Iterator[None]:
        """Have all of a prompt but its last token in place."""
        for layer in self._layers.values():
            if layer.holds(prompt) and not self._reader.holds(prompt):
                self._reader.take(layer)
        yield from self._reader.read(prompt)

    def _tokens(self, last: int, grammar: str | None, max_tokens: int) -> Iterator[int]:
        """What follows the last token of a prompt that has been read up to there."""
        with Grammar(self._llama, grammar) if grammar else nullcontext() as rules:
            for _ in range(max_tokens):
                self._reader.evaluate(last)
                logits = self._reader.logits()
                last = rules.choose(logits) if rules else int(logits.argmax())
                if last in self._template.end_tokens:
                    return
                yield last

    def yes_probability(self, messages: Sequence[Message]) -> float:
        """P(Yes) / (P(Yes) + P(No)) for the reply's first token.

        Raises:
            ModelError: the prompt does not fit the context.
            Interrupted: `interrupt` was called.
        """
        prompt = self._encode(messages, 1)
        with self._lock:
            for _ in self._read(prompt):
                pass
            self._reader.evaluate(prompt.tokens[-1])
            logits = self._reader.logits()
            return 1.0 / (1.0 + math.exp(logits[self._no] - logits[self._yes]))

    def hidden_states(self, messages: Sequence[Message], layer: int) -> NDArray[np.float32]:
        """What a layer, counted from 0, makes of each token of the last message and of what the template adds after it.

        A row a token, as wide as the model; the reply follows from the last one.

        Raises:
            ModelError: the prompt does not fit the context.
            Interrupted: `interrupt` was called.
        """
        prompt = self._encode(messages, 0)
        with self._lock:
            if layer not in self._layers:
                self._layers[layer] = LayerReader(
                    self._llama,
                    layer,
                    prefixes=self._reader.prefixes,
                    interruption=self._interruption,
                )
            return self._layers[layer].states(prompt)

    def interrupt(self) -> None:
        """End what is being computed, from any thread; all that is asked fails from now until `resume`."""
        self._interruption.request()

    def resume(self) -> None:
        """Reply again."""
        self._interruption.clear()

    def close(self) -> None:
        """Free the model's memory."""
        for reader in self._layers.values():
            reader.close()
        self._llama.close()

    def _encode(self, messages: Sequence[Message], reply_tokens: int) -> Prompt:
        prompt = self._template.encode(messages)
        if len(prompt.tokens) + reply_tokens > self.context_tokens:
            raise ModelError(
                f"The prompt takes {len(prompt.tokens)} tokens and the answer up to {reply_tokens}, more than the "
                f"{self.context_tokens} the model is opened with. Raise RAG_CONTEXT_TOKENS, or lower "
                "RAG_EVIDENCE_TOKENS or RAG_TOP_K."
            )
        return prompt


def open_chat_model(settings: Settings) -> LlamaChatModel:
    """The language model of the settings, loaded.

    Raises:
        ModelError: it is missing or damaged.
    """
    model = locate_model(settings.chat_model, settings, "chat")
    return LlamaChatModel(
        model.path,
        name=model.name,
        sha256=model.sha256,
        context_tokens=min(settings.context_tokens, model.context_tokens),
        threads=settings.threads,
        cache_dir=settings.models_dir.expanduser() / ".prefixes",
    )
