"""An evaluation without real models: the answer is the sentence that was quoted last, taken word for word."""

import re
import time
from collections.abc import Iterator, Sequence

from rag.testing import ScriptedChatModel
from rag.types import Message

_QUOTE = re.compile(r"^\[(\d+)\](?:[^\n]*?: )?(.+)$", re.MULTILINE)


class QuotingChatModel(ScriptedChatModel):
    """Says what it last reads, so that the same question always has the same answer."""

    def __init__(self, *, pace_s: float = 0.0) -> None:
        super().__init__([""])
        self._pace_s = pace_s

    def stream(
        self, messages: Sequence[Message], *, grammar: str | None = None, max_tokens: int = 256
    ) -> Iterator[str]:
        time.sleep(self._pace_s)
        number, text = _QUOTE.findall(messages[-1]["content"])[-1]
        sentence = re.split(r"(?<=[.!?])\s", text.strip())[0]
        self._replies = [f"{sentence.rstrip('.')} [{number}]."]
        yield from super().stream(messages, grammar=grammar, max_tokens=max_tokens)

    def yes_probability(self, messages: Sequence[Message]) -> float:
        """How many of the question's longer words stand in the text."""
        text, _, rest = messages[-1]["content"].partition("\n\nQuestion: ")
        asked = set(re.findall(r"\w{4,}", rest.split("\n")[0]))
        return sum(word in text for word in asked) / max(1, len(asked))
