"""``/v1``: the chat for programs that speak with OpenAI's chat completions.

What streams is checked: nothing is sent of a draft, since a sentence that does not pass could not be taken back.
Until the answer stands, comments show that somebody is at work.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from rag import Finished, IndexFault, Interrupted, ModelError, QuestionError, RagError
from ui.desk.desk import Desk
from ui.desk.running import UNFORESEEN, Begun, Failed, Queued, Run, Step
from ui.serving.answering import answer, raised
from ui.serving.openai_wire import (
    MODEL,
    Asked,
    BadRequest,
    Reply,
    error_json,
    model_json,
    models_json,
    read_request,
)
from ui.serving.people import person_of

logger = logging.getLogger(__name__)

#: Seconds of silence after which a comment is sent.
KEEP_ALIVE_S = 5.0

_MOST_BYTES = 4_000_000
_Handler = Callable[[Request], Awaitable[Response]]


def routes(desk: Desk, *, keep_alive_s: float = KEEP_ALIVE_S) -> list[BaseRoute]:
    """What to add to the server."""
    api = _Api(desk, keep_alive_s)
    return [
        Route("/v1/models", _errors_told(api.models)),
        Route("/v1/models/{model:path}", _errors_told(api.model)),
        Route("/v1/chat/completions", _errors_told(api.complete), methods=["POST"]),
        Route("/v1/{rest:path}", _errors_told(api.nothing), methods=["GET", "POST"]),
    ]


class _Api:
    def __init__(self, desk: Desk, keep_alive_s: float) -> None:
        self._desk = desk
        self._keep_alive_s = keep_alive_s

    async def models(self, _: Request) -> Response:
        return JSONResponse(models_json([MODEL]))

    async def model(self, request: Request) -> Response:
        asked = request.path_params["model"]
        if asked not in self._names():
            raise BadRequest(
                f"There is no model '{asked}' here. There is: {MODEL}.",
                status=404,
                code="model_not_found",
            )
        return JSONResponse(model_json(asked))

    async def nothing(self, request: Request) -> Response:
        raise BadRequest(
            f"There is no {request.method} {request.url.path} here. There are POST /v1/chat/completions and GET "
            "/v1/models.",
            status=404,
            code="not_found",
        )

    async def complete(self, request: Request) -> Response:
        asked = read_request(await _body(request), self._names())
        # Once a stream has begun, its status cannot say any more what is wrong.
        await asyncio.to_thread(self._check, asked)
        if asked.stream:
            return StreamingResponse(
                self._stream(asked, person_of(request)),
                media_type="text/event-stream",
                headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
            )
        said = await answer(
            self._desk,
            person_of(request),
            asked.question,
            asked.history,
            asked.filters,
            gone=request.is_disconnected,
        )
        return JSONResponse(Reply(asked).whole(said))

    def _names(self) -> list[str]:
        return [MODEL, self._desk.settings.chat_model]

    def _check(self, asked: Asked) -> None:
        """That the question can be asked, as far as that can be seen beforehand."""
        longest = self._desk.settings.max_question_chars
        if not asked.question.strip() or len(asked.question) > longest:
            raise BadRequest(
                f"The question is empty or has more than {longest} characters.",
                parameter="messages",
            )
        state = self._desk.state()
        if state.kind in ("empty", "no_model", "failed"):
            raise BadRequest(
                f"{state.message} Open the chat in a browser to mend it.",
                status=503,
                code=f"not_ready_{state.kind}",
            )

    async def _stream(self, asked: Asked, person: str) -> AsyncIterator[str]:
        reply = Reply(asked)
        yield _event(reply.opening())
        run = Run(self._desk, self._desk.queue, person)
        told, ended, doing = time.monotonic(), False, "working"
        async with (
            aclosing(run.steps(asked.question, asked.history, asked.filters)) as steps,
            aclosing(_beating(steps, self._keep_alive_s)) as batches,
        ):
            async for batch in batches:
                for piece in _told(batch, reply):
                    ended, told = True, time.monotonic()
                    yield piece
                doing = _doing(batch) or doing
                if time.monotonic() - told >= self._keep_alive_s:
                    told = time.monotonic()
                    yield f": {doing}\n\n"
        if not ended:
            yield _event(error_json("The chat was closed. Start it and ask again.", status=503))
        yield "data: [DONE]\n\n"


def _told(batch: list[Step], reply: Reply) -> list[str]:
    """What a client is told of these steps."""
    pieces: list[str] = []
    for step in batch:
        if isinstance(step, Finished):
            pieces += [_event(chunk) for chunk in reply.chunks(step.answer)]
        elif isinstance(step, Failed):
            error = raised(step)
            status, code = _status(error)
            pieces.append(_event(error_json(str(error), status=status, code=code)))
    return pieces


def _doing(batch: list[Step]) -> str | None:
    """For people who look at the stream, if it has changed."""
    for step in reversed(batch):
        if isinstance(step, Queued):
            return f"waiting, place {step.place}"
        if isinstance(step, Begun):
            return "working"
    return None


async def _beating(
    steps: AsyncIterator[list[Step]], every_s: float
) -> AsyncGenerator[list[Step], None]:
    """The same, with an empty batch whenever nothing has come for so long."""
    pending = asyncio.ensure_future(anext(steps))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=every_s)
            if not done:
                yield []
                continue
            try:
                batch = pending.result()
            except StopAsyncIteration:
                return
            pending = asyncio.ensure_future(anext(steps))
            yield batch
    finally:
        pending.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration):
            await pending


def _errors_told(handler: _Handler) -> _Handler:
    """Errors in the form that OpenAI's clients know."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except BadRequest as error:
            told = error_json(
                str(error), status=error.status, code=error.code, parameter=error.parameter
            )
            return JSONResponse(told, status_code=error.status)
        except RagError as error:
            status, code = _status(error)
            return JSONResponse(error_json(str(error), status=status, code=code), status)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception:
            logger.exception("A request could not be answered")
            return JSONResponse(error_json(UNFORESEEN, status=500), 500)

    return handle


def _status(error: RagError) -> tuple[int, str | None]:
    if isinstance(error, QuestionError):
        return 400, None
    if isinstance(error, Interrupted):
        return 503, "stopped"
    if isinstance(error, IndexFault | ModelError):
        return 503, "not_ready"
    return 500, None


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise BadRequest(
                f"The request has more than {_MOST_BYTES:,} bytes. Send fewer messages.", status=413
            )
    return body
