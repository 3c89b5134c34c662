"""Search and answers through Gradio's API and its MCP server, with the clients that people use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from rag import QuestionError, Turn
from tests.ui.desks import scripted_desk
from tests.ui.scripted import ScriptedPipeline
from tests.ui.serving import serving
from ui.desk.desk import Desk
from ui.serving.answering import read_filters, read_history

pytestmark = [
    # Gradio's own bookkeeping uses what pandas has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio"),
    # Its client leaves the connection for the answers to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ASKED = "What happens after Wagner leaves?"
SAYS = (
    "The Africa Corps, which the Kremlin controls, will remain in Mali [1][2]. "
    "It said so on its Telegram channel [2]."
)


@pytest.fixture
def desk(tmp_path: Path, pipeline: ScriptedPipeline) -> Iterator[Desk]:
    with scripted_desk(tmp_path, pipeline) as desk:
        yield desk


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with serving(desk) as url:
        yield url


def tools(url: str) -> list[Any]:
    async def listed(session: ClientSession) -> list[Any]:
        return (await session.list_tools()).tools

    return asyncio.run(_with_session(url, listed))


def call(url: str, tool: str, arguments: dict[str, Any], headers: Any = None) -> tuple[bool, str]:
    """Whether a tool went wrong, and what it said."""

    async def called(session: ClientSession) -> tuple[bool, str]:
        result = await session.call_tool(tool, arguments)
        (content,) = result.content
        return bool(result.isError), content.text  # type: ignore[union-attr]

    wrong, text = asyncio.run(_with_session(url, called, headers))
    return wrong, text


async def _with_session(url: str, use: Any, headers: Any = None) -> Any:
    async with (
        httpx.AsyncClient(headers=headers, timeout=30) as client,
        streamable_http_client(f"{url}/gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        return await use(session)


def test_only_search_and_ask_are_there(url: str) -> None:
    described: Any = Client(url, verbose=False).view_api(return_format="dict")
    assert set(described["named_endpoints"]) == {"/search", "/ask"}
    assert described["unnamed_endpoints"] == {}
    assert {tool.name for tool in tools(url)} == {"search", "ask"}


def test_tools_and_their_arguments_are_described(url: str) -> None:
    for tool in tools(url):
        assert len(tool.description) > 100
        properties = tool.inputSchema["properties"]
        assert all(one["description"].endswith((".", "all.")) for one in properties.values())
        assert tool.inputSchema["required"] == ["query" if tool.name == "search" else "question"]
        assert "request" not in properties


def test_gradios_client_gets_what_the_command_line_prints(url: str, desk: Desk) -> None:
    client = Client(url, verbose=False)
    found = client.predict("Wagner", top_k=2, api_name="/search")
    assert found["query"] == "Wagner"
    assert [one["rank"] for one in found["passages"]] == [1, 2]
    assert "Wagner" in found["passages"][0]["text"]
    (document,) = (one for one in desk.documents() if one.id == found["passages"][0]["document_id"])
    assert document.text.count(found["passages"][0]["text"]) >= 1

    said = client.predict(ASKED, api_name="/ask")
    assert said["answer"] == SAYS
    assert [one["number"] for one in said["citations"]] == [1, 2]
    assert said["record"]["embedder"] == desk.embedder().identity


def test_an_mcp_client_gets_the_same_as_json(url: str) -> None:
    wrong, text = call(url, "ask", {"question": ASKED})
    assert not wrong
    assert json.loads(text)["answer"] == SAYS
    wrong, text = call(url, "search", {"query": "Wagner", "top_k": 1})
    assert not wrong
    assert len(json.loads(text)["passages"]) == 1


def test_a_refusal_is_an_answer(url: str) -> None:
    wrong, text = call(url, "ask", {"question": "What is the population of Guinea?"})
    said = json.loads(text)
    assert not wrong
    assert said["refused"]
    assert said["missing"] == "a document that states the population of Guinea"


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search", {"query": "x", "top_k": 0}, "whole number from 1 to 100"),
        ("search", {"query": "x", "after": "yesterday"}, "'after' must be a day like"),
        ("ask", {"question": "x", "history": [{"answer": "y"}]}, "'question' and 'answer'"),
        ("ask", {"question": "fail"}, "Get it: rag models pull"),
    ],
)
def test_what_is_wrong_is_told_to_both_clients(
    url: str, tool: str, arguments: dict[str, Any], said: str
) -> None:
    wrong, text = call(url, tool, arguments)
    assert wrong
    assert said in text
    with pytest.raises(AppError, match=said):
        Client(url, verbose=False).predict(**arguments, api_name=f"/{tool}")


def test_the_history_is_passed_on(url: str, pipeline: ScriptedPipeline) -> None:
    history = [{"question": "Who are they?", "answer": "Mercenaries."}]
    call(url, "ask", {"question": ASKED, "history": history})
    assert pipeline.histories == [(Turn(question="Who are they?", answer="Mercenaries."),)]


def test_many_at_once_each_get_their_own_answer(url: str, pipeline: ScriptedPipeline) -> None:
    questions = [ASKED, "Where do ships unload?"] * 5
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda asked: call(url, "ask", {"question": asked}), questions))
    for asked, (wrong, text) in zip(questions, answers, strict=True):
        assert not wrong
        said = json.loads(text)
        assert said["question"] == asked
        assert said["answer"].startswith("The Africa" if asked == ASKED else "Ships with")
    assert pipeline.most_working == 1


def test_filters_are_days_and_lists() -> None:
    filters = read_filters(
        {"after": "2024-03-27", "before": "", "sources": ["a/*"], "documents": None}
    )
    assert filters["after"].isoformat() == "2024-03-27"
    assert filters["sources"] == ("a/*",)
    assert filters.keys() == {"after", "sources"}
    for wrong in ({"since": "2024-01-01"}, {"after": 3}, {"sources": "a/*"}, {"documents": [1]}):
        with pytest.raises(QuestionError):
            read_filters(wrong)


def test_a_history_is_questions_and_answers() -> None:
    assert read_history([{"question": "a"}]) == [Turn(question="a", answer="")]
    for wrong in (["a"], [{"answer": "b"}], [{"question": 1}], [{"question": "a", "answer": 2}]):
        with pytest.raises(QuestionError, match="history"):
            read_history(wrong)  # type: ignore[arg-type]
