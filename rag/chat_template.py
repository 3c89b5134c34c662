"""Conversations into the tokens of one model, by the template that comes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rag.types import Message

if TYPE_CHECKING:
    from llama_cpp import Llama
    from llama_cpp.llama_types import ChatCompletionRequestMessage

_FALLBACK = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>\n' }}{% endfor %}{{ '<|im_start|>assistant\n' }}"
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation as tokens.

    Attributes:
        constant: How many of them come before the last message: these are the same for every question.
    """

    tokens: tuple[int, ...]
    constant: int


class ChatTemplate:
    """How a model wants a conversation written."""

    def __init__(self, llama: Llama) -> None:
        """The template of a loaded model, or the most usual one if it brings none."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._llama = llama
        end, begin = llama.token_eos(), llama.token_bos()
        #: Each of these ends a reply.
        self.end_tokens = {end, *self.tokenize("<|im_end|>", special=True)[:1]}
        self._formatter = Jinja2ChatFormatter(
            template=llama.metadata.get("tokenizer.chat_template", _FALLBACK),
            eos_token=llama._model.token_get_text(end) if end != -1 else "",
            bos_token=llama._model.token_get_text(begin) if begin != -1 else "",
        )

    def encode(self, messages: Sequence[Message]) -> Prompt:
        """The tokens of a conversation. Only the template's own words can become control tokens.

        The template is rendered with stand-ins for the contents, which are tokenized apart as plain text:
        a document that spells out a role marker is read as the letters it is.
        """
        stand_ins = {
            f"\x02{number}\x03": message["content"] for number, message in enumerate(messages)
        }
        rendered = self._formatter(
            messages=cast(
                "list[ChatCompletionRequestMessage]",
                [
                    {"role": message["role"], "content": stand_in}
                    for message, stand_in in zip(messages, stand_ins, strict=True)
                ],
            )
        ).prompt
        tokens: list[int] = []
        constant = 0
        for stand_in, content in stand_ins.items():
            before, _, rendered = rendered.partition(stand_in)
            tokens += self.tokenize(before, special=True)
            constant = len(tokens)
            tokens += self.tokenize(content)
        return Prompt((*tokens, *self.tokenize(rendered, special=True)), constant)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of a text, none added; ``special``: control tokens that are spelled out become what they say."""
        if not text:
            return []
        return self._llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=special)
