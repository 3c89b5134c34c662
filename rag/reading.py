"""What one llama.cpp context holds: prompts are read into it step by step, and nothing twice that need not be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rag.chat_template import Prompt
from rag.errors import Interrupted, ModelError
from rag.interruption import Interruption
from rag.prefixes import PrefixCache, load_state, state_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Prompt tokens read between two looks at whether the caller still listens: well under a second's work.
STEP = 64


class PromptReader:
    """Reads prompts into a context, and replies after them token by token. Not for several threads at once.

    Where a step of reading begins shows in the last digits of every logit, and they decide between two words now and
    then. So steps begin where a prompt's constant part ends and `STEP` tokens after another, whatever was read before:
    the same prompt gives the same reply after any other.

    Attributes:
        prefixes: Where what is constant in prompts is kept.
    """

    def __init__(self, context: Any, *, prefixes: PrefixCache, interruption: Interruption) -> None:
        """``context`` is llama.cpp's own."""
        interruption.attach(context)
        self._context = context
        self._interruption = interruption
        self.prefixes = prefixes
        self._prompt: Prompt | None = None

    def holds(self, prompt: Prompt) -> bool:
        """Whether this is the prompt that was read last."""
        return self._prompt == prompt

    def take(self, other: PromptReader) -> None:
        """Hold what another reader of the same model holds."""
        self._prompt = None
        if load_state(self._context, state_of(other._context)):
            self._prompt = other._prompt

    def read(self, prompt: Prompt) -> Iterator[None]:
        """Evaluate all of a prompt but its last token, step by step.

        Raises:
            Interrupted: an interruption was requested.
            ModelError: llama.cpp cannot read it.
        """
        beginning, last = prompt.tokens[: prompt.constant], self._prompt
        known = len(prompt.tokens) - 1 if last == prompt else prompt.constant
        self._prompt = None
        at_hand = last is not None and last.tokens[: last.constant] == beginning
        if not (at_hand and self._cut(known)):  # models without attention cannot forget a part
            known = prompt.constant
            if not self.prefixes.restore(self._context, beginning):
                self._cut(0)
                yield from self._steps(prompt, 0, known)
                if known >= STEP:
                    self.prefixes.keep(self._context, beginning)
        yield from self._steps(prompt, known, len(prompt.tokens) - 1)
        self._prompt = prompt

    def evaluate(self, token: int) -> None:
        """Read one more token: the last one of the prompt, or one of the reply.

        Raises:
            Interrupted: an interruption was requested.
            ModelError: llama.cpp cannot read it.
        """
        self._evaluate([token])

    def logits(self) -> NDArray[np.float32]:
        """For every token there is, how likely it comes next."""
        import llama_cpp
        import numpy as np

        vocabulary = llama_cpp.llama_model_get_vocab(llama_cpp.llama_get_model(self._context))
        logits = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(logits, (llama_cpp.llama_vocab_n_tokens(vocabulary),))

    def _cut(self, known: int) -> bool:
        """Forget all but the first tokens, if the model can."""
        import llama_cpp

        memory = llama_cpp.llama_get_memory(self._context)
        return bool(llama_cpp.llama_memory_seq_rm(memory, 0, known or -1, -1))

    def _steps(self, prompt: Prompt, known: int, end: int) -> Iterator[None]:
        for at in range(known, end, STEP):
            self._evaluate(prompt.tokens[at : min(at + STEP, end)])
            yield

    def _evaluate(self, tokens: Sequence[int]) -> None:
        import llama_cpp

        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        batch = llama_cpp.llama_batch_get_one(array, len(tokens))
        failed = self._interruption.requested or llama_cpp.llama_decode(self._context, batch)
        if self._interruption.requested:
            raise Interrupted("The answer was stopped. Ask again when you like.")
        if failed:
            raise ModelError(f"llama.cpp could not read on (its error {failed}).")
