"""The language model alone, without any document: what of an evaluation is the sources' merit, and what it knew."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rag.compose import count_exchange
from rag.condense import spell_out_history
from rag.prompts import render
from rag.protocols import ChatModel
from rag.types import Answer, Claim, Timings, Turn

_NO_ANSWER = "i don't know"


class ClosedBook:
    """An `Answerer` that reads nothing. Its claims cite nothing and count as unsupported."""

    def __init__(self, model: ChatModel, *, answer_tokens: int) -> None:
        """``answer_tokens`` bounds the reply."""
        self._model = model
        self._answer_tokens = answer_tokens

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """What the model believes, or a refusal if it says that it does not know."""
        started = time.monotonic()
        asked = spell_out_history(question, history)
        messages = render("closed_book", question=asked)
        reply, first = "", 0.0
        for piece in self._model.stream(messages, max_tokens=self._answer_tokens):
            if piece and not reply:
                first = time.monotonic() - started
            reply += piece
        text = " ".join(reply.split())
        refused = not text or text.lower().replace("’", "'").startswith(_NO_ANSWER)
        claim = Claim(text=text, citations=(), support=0.0, verdict="unsupported")
        return Answer(
            question=question,
            standalone_question=asked,
            claims=() if refused else (claim,),
            refused=refused,
            refusal_reason="not_stated" if refused else None,
            timings=Timings(first_token_s=first, total_s=time.monotonic() - started),
            tokens=count_exchange(self._model, messages, reply),
            model=self._model.info,
        )
