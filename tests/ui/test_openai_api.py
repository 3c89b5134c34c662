"""``/v1`` with the official client, and what it promises on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from rag import (
    REFUSAL,
    AnswerEvent,
    ClaimChecked,
    Delta,
    Finished,
    ModelMissing,
    TokenCounts,
    Turn,
)
from tests.ui.desks import scripted_desk
from tests.ui.scripted import ScriptedPipeline, answered, claim, document, quote
from tests.ui.serving import serving
from ui.desk.desk import Desk, DeskState
from ui.serving.openai_api import _Api
from ui.serving.openai_wire import MODEL, BadRequest, Reply, read_request

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio")

ASKED = "What happens after Wagner leaves?"
SAYS = (
    "The Africa Corps, which the Kremlin controls, will remain in Mali [1][2]. "
    "It said so on its Telegram channel [2]."
)
SOURCE = document("a.txt", "The library opens at nine.")
STANDS = quote(SOURCE, "opens at nine")


@pytest.fixture
def desk(tmp_path: Path, pipeline: ScriptedPipeline) -> Iterator[Desk]:
    with scripted_desk(tmp_path, pipeline) as desk:
        yield desk


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with serving(desk, keep_alive_s=0.05) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def ask(client: OpenAI, question: str, **options: Any) -> Any:
    return client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": question}], **options
    )


def until(condition: Any, seconds: float = 5.0) -> bool:
    """Whether something that cannot be waited for comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@contextmanager
def open_request(url: str, body: Any) -> Iterator[None]:
    """A request whose answer nobody waits for."""
    address = httpx.URL(url)
    content = json.dumps(body).encode()
    with socket.create_connection((address.host, address.port)) as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
        )
        yield


def lines_of(url: str, question: str) -> Iterator[str]:
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": question}]}
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=body, timeout=30) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield from response.iter_lines()


def test_the_model_is_listed(client: OpenAI, desk: Desk) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL
    assert client.models.retrieve(desk.settings.chat_model).id == desk.settings.chat_model
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-5")


def test_an_answer_has_its_citations(client: OpenAI) -> None:
    reply = ask(client, ASKED)
    (choice,) = reply.choices
    assert choice.message.content == SAYS
    assert choice.finish_reason == "stop"
    assert reply.model == MODEL
    assert choice.message.citations == reply.citations
    assert [one["number"] for one in reply.citations] == [1, 2]
    assert reply.citations[0]["quote"].startswith("The Kremlin-controlled paramilitary force")
    assert reply.citations[0]["published"] == "2025-06-10"
    assert reply.refused is False
    assert reply.as_of == "2025-06-10"


def test_a_stream_comes_sentence_by_sentence_with_the_citations_last(client: OpenAI) -> None:
    chunks = list(ask(client, ASKED, stream=True))
    pieces = [chunk.choices[0].delta.content for chunk in chunks]
    assert pieces == ["", SAYS[:73], SAYS[73:], None]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, "stop"]
    assert [one["number"] for one in chunks[-1].citations] == [1, 2]
    assert len({chunk.id for chunk in chunks}) == 1


def test_usage_comes_when_it_is_asked_for(client: OpenAI, pipeline: ScriptedPipeline) -> None:
    def counted(question: str) -> Iterator[AnswerEvent]:
        answer = answered(question, [claim("It opens at nine.", (1, STANDS))], [STANDS])
        yield Finished(answer=replace(answer, tokens=TokenCounts(prompt=30, answer=7)))

    pipeline.scripts = {"counted": counted, **pipeline.scripts}
    usage = ask(client, "counted").usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (30, 7, 37)
    *chunks, last = ask(client, "counted", stream=True, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage.total_tokens == 37
    assert all(chunk.usage is None for chunk in chunks)
    assert ask(client, ASKED).usage.total_tokens == 0


def test_a_refusal_says_so_and_what_is_missing(client: OpenAI) -> None:
    reply = ask(client, "What is the population of Guinea?")
    assert reply.choices[0].message.content == REFUSAL
    assert reply.refused is True
    assert reply.refusal_reason == "not_stated"
    assert reply.missing == "a document that states the population of Guinea"
    assert reply.citations == []
    last = list(ask(client, "What is the population of Guinea?", stream=True))[-1]
    assert last.refused is True
    assert last.missing == reply.missing


def test_nothing_is_streamed_that_is_not_checked(url: str, pipeline: ScriptedPipeline) -> None:
    """Neither the draft nor a sentence that stood until the answer as a whole was refused."""

    def doubtful(question: str) -> Iterator[AnswerEvent]:
        wrong = claim("It opens at ten.", (1, STANDS))
        yield Delta(text="It opens at ten [1].")
        yield ClaimChecked(claim=wrong)
        time.sleep(0.2)
        answer = answered(question, [], [STANDS])
        yield Finished(
            answer=replace(answer, dropped=(wrong,), refused=True, refusal_reason="not_stated")
        )

    pipeline.scripts = {"doubtful": doubtful, **pipeline.scripts}
    lines = list(lines_of(url, "doubtful"))
    assert not any("at ten" in line for line in lines)
    assert sum(REFUSAL in line for line in lines) == 1
    assert ": working" in lines
    assert [line for line in lines if line][-1] == "data: [DONE]"


def test_the_place_in_the_queue_is_told(url: str, desk: Desk) -> None:
    running = desk.queue.turn("somebody")
    lines = lines_of(url, ASKED)
    try:
        assert any(line == ": waiting, place 1" for line in lines)
    finally:
        running.leave()
    assert any("[DONE]" in line for line in lines)


def test_earlier_messages_are_the_history(client: OpenAI, pipeline: ScriptedPipeline) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": "Who are they?"},
            {"role": "assistant", "content": "Mercenaries [1]."},
            {"role": "user", "content": [{"type": "text", "text": ASKED}]},
        ],
        temperature=0.7,
        extra_body={"filters": {"sources": ["00*"]}},
    )
    assert pipeline.histories == [(Turn(question="Who are they?", answer="Mercenaries [1]."),)]
    assert pipeline.filters == [{"sources": ("00*",)}]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_who_goes_away_stops_the_model(
    url: str, desk: Desk, pipeline: ScriptedPipeline, stream: bool
) -> None:
    body = {"model": MODEL, "stream": stream, "messages": [{"role": "user", "content": "long"}]}
    with open_request(url, body):
        assert until(lambda: pipeline.working == 1)
    assert until(lambda: pipeline.closed)
    assert until(lambda: len(desk.queue) == 0)


def test_a_stream_that_is_cancelled_while_it_waits_stops_its_run(
    desk: Desk, pipeline: ScriptedPipeline
) -> None:
    body = {"stream": True, "messages": [{"role": "user", "content": "long"}]}
    asked = read_request(json.dumps(body).encode(), [MODEL])

    async def leave() -> None:
        stream = _Api(desk, 0.05)._stream(asked, "ada")
        async for piece in stream:
            if piece == ": working\n\n":
                break
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert until(lambda: pipeline.closed)
    assert until(lambda: len(desk.queue) == 0)


def test_twenty_at_once_each_get_their_own_whole_answer(
    client: OpenAI, pipeline: ScriptedPipeline
) -> None:
    def echo(question: str) -> Iterator[AnswerEvent]:
        claims = [claim(f"{question} says {number}.", (1, STANDS)) for number in range(5)]
        return pipeline.write(question, claims, [STANDS])

    pipeline.scripts = {"echo": echo}
    pipeline.pace = 0.001

    def one(number: int) -> str:
        if number % 2:
            return str(ask(client, f"echo {number}").choices[0].message.content)
        chunks = ask(client, f"echo {number}", stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, range(20)))
    for number, answer in enumerate(answers):
        assert answer == " ".join(f"echo {number} says {one} [1]." for one in range(5))
    assert pipeline.most_working == 1


def test_an_unknown_model_is_404(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "x"}])
    assert caught.value.code == "model_not_found"
    assert MODEL in caught.value.message


@pytest.mark.parametrize("question", ["  ", "x" * 4001])
def test_a_question_that_is_none_is_400(client: OpenAI, question: str) -> None:
    with pytest.raises(openai.BadRequestError, match="empty or has more than 4000"):
        ask(client, question, stream=True)


@pytest.mark.parametrize("kind", ["empty", "no_model", "failed"])
def test_without_model_or_documents_it_is_503(
    client: OpenAI, desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.setattr(desk, "state", lambda: DeskState(kind, "Something is missing."))
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, ASKED)
    assert caught.value.status_code == 503
    assert caught.value.code == f"not_ready_{kind}"
    assert "Something is missing." in caught.value.message


def test_what_goes_wrong_on_the_way_is_told(client: OpenAI, pipeline: ScriptedPipeline) -> None:
    def missing(question: str) -> Iterator[AnswerEvent]:
        yield Delta(text="")
        raise ModelMissing("Get it: rag models pull")

    def broken(question: str) -> Iterator[AnswerEvent]:
        yield Delta(text="")
        raise ValueError("inner")

    pipeline.scripts = {"missing": missing, "broken": broken}
    with pytest.raises(openai.InternalServerError, match="rag models pull") as caught:
        ask(client, "missing")
    assert caught.value.status_code == 503
    with pytest.raises(openai.APIError, match="rag models pull"):
        list(ask(client, "missing", stream=True))
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, "broken")
    assert caught.value.status_code == 500
    assert "inner" not in caught.value.message


def test_other_paths_are_404_in_the_same_form(url: str) -> None:
    reply = httpx.post(f"{url}/v1/embeddings", json={})
    assert reply.status_code == 404
    assert "chat/completions" in reply.json()["error"]["message"]


def test_a_request_that_is_too_large_is_413(url: str) -> None:
    body = {"messages": [{"role": "user", "content": "x" * 4_100_000}]}
    reply = httpx.post(f"{url}/v1/chat/completions", json=body)
    assert reply.status_code == 413
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_closing_the_chat_ends_a_stream(url: str, desk: Desk) -> None:
    running = desk.queue.turn("somebody")
    lines = lines_of(url, ASKED)
    next(lines)
    desk.queue.close(timeout=0)
    rest = list(lines)
    assert any("The chat was closed" in line for line in rest)
    running.leave()


MESSAGES = [{"role": "user", "content": "q"}]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (b"{", None),
        (b"[]", None),
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["x"]}, "messages[0]"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages[0].content",
        ),
        ({"messages": [*MESSAGES, {"role": "assistant", "content": "a"}]}, "messages"),
        ({"messages": MESSAGES, "n": 2}, "n"),
        ({"messages": MESSAGES, "model": 1}, "model"),
        ({"messages": MESSAGES, "stream_options": "x"}, "stream_options"),
        ({"messages": MESSAGES, "filters": {"since": "2024"}}, "filters"),
    ],
)
def test_bad_requests_name_what_is_wrong(body: Any, parameter: str | None) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(BadRequest) as caught:
        read_request(raw, [MODEL])
    assert (caught.value.status, caught.value.parameter) == (400, parameter)


def test_a_question_nobody_answered_is_a_turn_without_an_answer() -> None:
    messages: Sequence[Any] = [
        {"role": "assistant", "content": "Hello, how can I help?"},
        {"role": "user", "content": "first"},
        {"role": "user", "content": "second"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "x"},
        {"role": "user", "content": "third"},
    ]
    asked = read_request(json.dumps({"messages": messages}).encode(), [MODEL])
    assert asked.question == "third"
    assert asked.history == (
        Turn(question="first", answer=""),
        Turn(question="second", answer=""),
    )
    assert not asked.stream


def test_chunks_put_together_are_the_answer() -> None:
    asked = read_request(json.dumps({"messages": MESSAGES}).encode(), [MODEL])
    answer = answered("q", [claim("One.", (1, STANDS)), claim("Two.", (1, STANDS))], [STANDS])
    deltas = [chunk["choices"][0]["delta"] for chunk in Reply(asked).chunks(answer)]
    assert "".join(delta.get("content", "") for delta in deltas) == answer.text
