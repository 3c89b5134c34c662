"""What OpenAI's chat completions look like: requests read, replies and errors written. No server, no model."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag import Answer, QuestionError, Turn
from rag import answer_json as as_json
from ui.serving.answering import read_filters

#: What clients may always ask for, whichever model writes.
MODEL = "seedbound"

_SYSTEM = frozenset({"system", "developer"})
_ASIDE = frozenset({"tool", "function"})
# Beyond what OpenAI's replies have: fields of `rag ask --json`.
_EXTRA = ("citations", "refused", "refusal_reason", "missing", "as_of", "disagreements")


class BadRequest(Exception):
    """A request that cannot be answered; ``str()`` says what to change.

    Attributes:
        status: Of the HTTP reply.
        code: For programs.
        parameter: The field that is wrong.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.parameter = parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, understood.

    Attributes:
        include_usage: Whether a stream ends with the token counts.
    """

    question: str
    history: tuple[Turn, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    model: str = MODEL
    stream: bool = False
    include_usage: bool = False


def read_request(body: bytes, models: Sequence[str]) -> Asked:
    """A request to complete a chat.

    Options of other models' sampling are accepted and mean nothing here: answers are the likeliest ones, and only
    what the documents say.

    Args:
        body: As it was sent.
        models: Names that may be asked for.

    Raises:
        BadRequest: it is not one, or asks for what there is not.
    """
    try:
        asked = json.loads(body)
    except ValueError:
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(asked, dict):
        raise BadRequest("The body must be a JSON object with 'model' and 'messages'.")
    model = asked.get("model", MODEL)
    if not isinstance(model, str):
        raise BadRequest("'model' must be a text.", parameter="model")
    if model not in models:
        raise BadRequest(
            f"There is no model '{model}' here. There is: {', '.join(models)}.",
            status=404,
            code="model_not_found",
            parameter="model",
        )
    if asked.get("n") not in (None, 1):
        raise BadRequest("There is one answer to a question: 'n' must be 1.", parameter="n")
    question, history = _read_messages(asked.get("messages"))
    options = asked.get("stream_options") or {}
    filters = asked.get("filters") or {}
    for name, value in (("stream_options", options), ("filters", filters)):
        if not isinstance(value, dict):
            raise BadRequest(f"'{name}' must be an object.", parameter=name)
    try:
        narrowed = read_filters(filters)
    except QuestionError as error:
        raise BadRequest(str(error), parameter="filters") from None
    return Asked(
        question=question,
        history=history,
        filters=narrowed,
        model=model,
        stream=bool(asked.get("stream")),
        include_usage=bool(options.get("include_usage")),
    )


def _read_messages(messages: Any) -> tuple[str, tuple[Turn, ...]]:
    """The last question and the turns before it."""
    if not isinstance(messages, list) or not messages:
        raise BadRequest(
            "'messages' must be a list with at least one message.", parameter="messages"
        )
    turns: list[Turn] = []
    question: str | None = None
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if not isinstance(message, dict):
            raise BadRequest(f"'{where}' must be an object.", parameter=where)
        role = message.get("role")
        if role == "user":
            if question is not None:  # nobody answered it
                turns.append(Turn(question=question, answer=""))
            question = _text(message.get("content"), where)
        elif role == "assistant":
            if question is not None:
                said = message.get("content")
                turns.append(
                    Turn(question=question, answer="" if said is None else _text(said, where))
                )
                question = None
        elif role not in _SYSTEM and role not in _ASIDE:
            raise BadRequest(
                f"'{where}.role' must be system, user or assistant, not {role!r}.",
                parameter=f"{where}.role",
            )
    if question is None:
        raise BadRequest(
            "The last message must be the question, of the user.", parameter="messages"
        )
    return question, tuple(turns)


def _text(content: Any, where: str) -> str:
    """A message's words, given as text or in parts."""
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    words = []
    for part in parts:
        text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
        if not isinstance(text, str):
            raise BadRequest(
                f"'{where}.content' must be text; images and sounds cannot be read.",
                parameter=f"{where}.content",
            )
        words.append(text)
    return "\n".join(words)


def error_json(
    message: str, *, status: int, code: str | None = None, parameter: str | None = None
) -> dict[str, Any]:
    """An error as OpenAI's clients know it."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}


def models_json(models: Sequence[str]) -> dict[str, Any]:
    """The list of models."""
    return {"object": "list", "data": [model_json(model) for model in models]}


def model_json(model: str) -> dict[str, Any]:
    """One of them."""
    return {"id": model, "object": "model", "created": 0, "owned_by": "seedbound"}


class Reply:
    """The reply to one request, whole or in chunks."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": asked.model,
        }

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The answer as one object."""
        extra = _extra(answer)
        message = {"role": "assistant", "content": answer.text, "refusal": None, **extra}
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [
                {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
            ],
            "usage": _usage(answer),
            **extra,
        }

    def opening(self) -> dict[str, Any]:
        """The first chunk: somebody is there."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, answer: Answer) -> Iterator[dict[str, Any]]:
        """The answer sentence by sentence, and what belongs to it in the last one."""
        differing = [one.text for one in answer.disagreements if one.text]
        parts = (
            [answer.text] if answer.refused else [one.marked for one in answer.claims] + differing
        )
        for number, part in enumerate(parts):
            yield self._chunk({"content": f" {part}" if number else part})
        yield {**self._chunk({}, finish="stop"), **_extra(answer)}
        if self._asked.include_usage:
            yield {**self._chunk(None), "usage": _usage(answer)}

    def _chunk(self, delta: dict[str, Any] | None, finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        chunk = {
            **self._head,
            "object": "chat.completion.chunk",
            "choices": [] if delta is None else [choice],
        }
        return {**chunk, "usage": None} if self._asked.include_usage else chunk


def _extra(answer: Answer) -> dict[str, Any]:
    said = as_json(answer)
    return {name: said[name] for name in _EXTRA}


def _usage(answer: Answer) -> dict[str, int]:
    """What the model read and wrote: nothing if it was not asked."""
    read, written = (answer.tokens.prompt, answer.tokens.answer) if answer.tokens else (0, 0)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
