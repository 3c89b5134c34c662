"""A local GGUF model through llama.cpp: streamed replies under a grammar, and the probability of a yes."""

from __future__ import annotations

import codecs
import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rag.chat_template import ChatTemplate
from rag.errors import Interrupted, ModelCorrupt, ModelError
from rag.grammar import Grammar
from rag.interruption import Interruption
from rag.layer import LayerReader
from rag.models import locate_model
from rag.prefixes import PrefixCache
from rag.settings import Settings
from rag.types import Message, ModelInfo

if TYPE_CHECKING:
    import numpy as np
    from llama_cpp import Llama
    from numpy.typing import NDArray

# Prompt tokens read between two looks at whether the caller still listens: well under a second's work.
_PREFILL_STEP = 64
_SPIN = "3000"


class LlamaChatModel:
    """A `ChatModel` and `Judge` over one GGUF file. One reply at a time; others wait for it.

    Replies are greedy (temperature 0) and nothing but a prompt's constant beginning is taken over from
    earlier calls, so the same prompt gives the same reply whatever was asked before it.
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
        self._interruption.attach(self._llama.ctx)
        self._template = ChatTemplate(self._llama)
        self._build = f"{sha256} {llama_cpp.__version__} {context_tokens}"
        self._cache_dir = cache_dir
        self._prefixes = PrefixCache(cache_dir, model=self._build)
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
        prompt, constant = self._encode(messages, max_tokens)
        with self._lock, self._interruptible():
            for _ in self._begin(prompt, constant):
                yield ""
            decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
            for token in self._tokens(prompt[-1], grammar, max_tokens):
                yield decoder.decode(self._llama.detokenize([token], special=False))
            yield decoder.decode(b"", final=True)

    def _tokens(self, last: int, grammar: str | None, max_tokens: int) -> Iterator[int]:
        """What follows the last token of a prompt that has been read up to there."""
        with Grammar(self._llama, grammar) if grammar else nullcontext() as rules:
            for _ in range(max_tokens):
                self._llama.eval([last])
                logits = self._logits()
                last = rules.choose(logits) if rules else int(logits.argmax())
                if last in self._template.end_tokens:
                    return
                yield last

    def _logits(self) -> NDArray[np.float32]:
        """For every token there is, how likely it comes next."""
        import llama_cpp
        import numpy as np

        logits = llama_cpp.llama_get_logits_ith(self._llama.ctx, -1)
        return np.ctypeslib.as_array(logits, (self._llama.n_vocab(),))

    def yes_probability(self, messages: Sequence[Message]) -> float:
        """P(Yes) / (P(Yes) + P(No)) for the reply's first token.

        Raises:
            ModelError: the prompt does not fit the context.
            Interrupted: `interrupt` was called.
        """
        with self._lock, self._interruptible():
            self._llama.eval(self._read_to_last(messages))
            logits = self._logits()
            return 1.0 / (1.0 + math.exp(logits[self._no] - logits[self._yes]))

    def hidden_state(self, messages: Sequence[Message], layer: int) -> list[float]:
        """What a layer, counted from 0, makes of the prompt's last token, from which the reply follows.

        Raises:
            ModelError: the prompt does not fit the context.
            Interrupted: `interrupt` was called.
        """
        prompt, constant = self._encode(messages, 0)
        with self._lock, self._interruptible():
            if layer not in self._layers:
                self._layers[layer] = LayerReader(
                    self._llama,
                    layer,
                    step=_PREFILL_STEP,
                    prefixes=PrefixCache(self._cache_dir, model=f"{self._build} {layer}"),
                    interruption=self._interruption,
                )
            return self._layers[layer].state(prompt, constant=constant)

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

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Turn what llama.cpp makes of an interruption into `Interrupted`, and forget what it had half read."""
        try:
            yield
        except RuntimeError as error:
            if not self._interruption.requested:
                raise
            self._llama._ctx.kv_cache_clear()  # type: ignore[no-untyped-call]
            self._llama.reset()  # type: ignore[no-untyped-call]
            raise Interrupted("The answer was stopped. Ask again when you like.") from error

    def _encode(self, messages: Sequence[Message], reply_tokens: int) -> tuple[list[int], int]:
        """The tokens of a prompt, and how many of them are its constant beginning."""
        prompt, constant = self._template.encode(messages)
        if len(prompt) + reply_tokens > self.context_tokens:
            raise ModelError(
                f"The prompt takes {len(prompt)} tokens and the answer up to {reply_tokens}, more than the "
                f"{self.context_tokens} the model is opened with. Raise RAG_CONTEXT_TOKENS, or lower "
                "RAG_EVIDENCE_TOKENS or RAG_TOP_K."
            )
        return prompt, constant

    def _read_to_last(self, messages: Sequence[Message]) -> list[int]:
        """Evaluate all of a prompt but its last token, which is returned."""
        prompt, constant = self._encode(messages, 1)
        for _ in self._begin(prompt, constant):
            pass
        return prompt[-1:]

    def _begin(self, prompt: Sequence[int], constant: int) -> Iterator[None]:
        """Evaluate all of a prompt but its last token, step by step; its constant part is kept."""
        if not self._restore(prompt[:constant]):
            yield from self._read(prompt[:constant], known=0)
        if constant >= _PREFILL_STEP:
            self._prefixes.keep(self._llama.ctx, prompt[:constant])
        yield from self._read(prompt[:-1], known=constant)

    def _read(self, prompt: Sequence[int], *, known: int) -> Iterator[None]:
        """Evaluate the tokens after the first ``known``.

        Where a step begins shows in the last digits of every logit, and they decide between two words
        now and then: so a step never begins where some other prompt happened to part from this one.
        """
        llama = self._llama
        llama._ctx.kv_cache_seq_rm(-1, known, -1)
        llama.n_tokens = known
        for at in range(known, len(prompt), _PREFILL_STEP):
            if self._interruption.requested:
                raise RuntimeError("interrupted")
            llama.eval(prompt[at : at + _PREFILL_STEP])
            yield

    def _restore(self, constant: Sequence[int]) -> bool:
        """Have a prompt's constant beginning in place if it is known: it was just used, or is kept."""
        llama = self._llama
        at_hand = llama.input_ids[: llama.n_tokens][: len(constant)].tolist()
        if at_hand == list(constant):
            return True
        llama.n_tokens = 0
        if not self._prefixes.restore(llama.ctx, constant):
            return False
        llama.input_ids[: len(constant)] = constant
        llama.n_tokens = len(constant)
        return True


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
