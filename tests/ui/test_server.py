"""Who is let in, what is served, and how it ends."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AuthenticationError
from openai import AuthenticationError as NoKey
from openai import OpenAI
from starlette.requests import Request

from rag import RagError, SettingsError
from tests.ui.desks import scripted_desk
from tests.ui.scripted import ScriptedPipeline
from tests.ui.serving import serving
from tests.ui.sites import free_port
from tests.ui.test_api import ASKED, SAYS, call
from ui.desk.desk import Desk
from ui.desk.queueing import Turn
from ui.serving.guard import is_loopback
from ui.serving.logins import Logins
from ui.serving.people import SCOPE_KEY, owner_of, person_of
from ui.serving.server import check_access, check_address, serve

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ADA = ("ada", "se:cret")


@pytest.fixture
def desk(tmp_path: Path, pipeline: ScriptedPipeline) -> Iterator[Desk]:
    with scripted_desk(tmp_path, pipeline) as desk:
        yield desk


@pytest.fixture
def guarded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a chat that asks for logins."""
    monkeypatch.setattr("ui.serving.logins._WRONG_S", 0)
    with serving(desk, logins=Logins({"ada": "se:cret", "bert": "other"})) as url:
        yield url


# logins


def logins_file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    file = tmp_path / "logins"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def allowed(logins: Logins, name: str, password: str) -> bool:
    return asyncio.run(logins.check(name, password))


def test_logins_are_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.serving.logins._WRONG_S", 0)
    logins = Logins.read(logins_file(tmp_path, "ada:se:cret\n\n bert : other \n"))
    assert allowed(logins, "ada", "se:cret")
    assert allowed(logins, "bert", " other ")
    for name, password in (
        ("ada", "other"),
        ("ada", ""),
        ("", ""),
        ("cleo", ""),
        ("ADA", "se:cret"),
    ):
        assert not allowed(logins, name, password)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names nobody"),
        ("ada:x\nbert\n", "Line 2"),
        ("ada:\n", "Line 1"),
        (":x\n", "Line 1"),
        ("ada:x\nada:y\n", "a second time"),
    ],
)
def test_a_file_that_is_not_right_is_an_error_without_its_passwords(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        Logins.read(logins_file(tmp_path, text))
    assert ":x" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o602, 0o606])
def test_passwords_that_everybody_can_get_at_are_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SettingsError, match="chmod 600"):
        Logins.read(logins_file(tmp_path, "ada:x\n", mode))
    Logins.read(logins_file(tmp_path, "ada:x\n", 0o640))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        Logins.read(tmp_path / "nowhere")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        Logins.read(tmp_path / "binary")


def test_headers_name_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.serving.logins._WRONG_S", 0)
    logins = Logins({"ada": "se:cret"})

    def name(header: str) -> str | None:
        return asyncio.run(logins.from_header(header))

    basic = base64.b64encode(b"ada:se:cret").decode()
    assert name(f"Basic {basic}") == name("bearer ada:se:cret") == "ada"
    for wrong in ("", "Bearer", "Bearer ada", "Bearer ada:x", "Basic ada:se:cret", "Basic /w==",
                  f"Digest {basic}", "Bearer none"):  # fmt: skip
        assert name(wrong) is None


def test_people_are_known_by_login_tab_or_machine() -> None:
    scope = {"type": "http", "client": ("10.0.0.1", 5), "headers": []}
    assert owner_of(None) == ""
    assert owner_of(Request(scope)) == ""
    assert person_of(Request(scope)) == "machine 10.0.0.1"
    assert owner_of(Request({**scope, SCOPE_KEY: "ada"})) == "ada"
    assert person_of(Request({**scope, SCOPE_KEY: "ada"})) == "ada"


# with logins


def test_without_a_login_nothing_is_said_of_the_documents(guarded: str) -> None:
    with pytest.raises(AuthenticationError):
        Client(guarded, verbose=False)
    for path in ("/config", "/gradio_api/info", "/gradio_api/openapi.json", "/v1/models", "/v1/x",
                 "/gradio_api/mcp/", "/gradio_api/mcp/schema", "/gradio_api/mcp/sse"):  # fmt: skip
        assert httpx.get(guarded + path).status_code == 401, path
    for path in ("/gradio_api/run/search", "/gradio_api/call/search", "/gradio_api/call/v2/search",
                 "/v1/chat/completions", "/gradio_api/mcp/", "/gradio_api/mcp/http",
                 "/gradio_api/mcp/messages/", "/gradio_api/queue/join"):  # fmt: skip
        reply = httpx.post(guarded + path, json={"data": ["Wagner"]})
        assert reply.status_code == 401, path
        assert "Wagner" not in reply.text
    assert "Wagner" not in httpx.get(guarded).text


def test_a_wrong_key_is_401_in_openais_form(guarded: str) -> None:
    with OpenAI(base_url=f"{guarded}/v1", api_key="ada:wrong", max_retries=0) as client:
        with pytest.raises(NoKey) as caught:
            client.models.list()
        assert caught.value.code == "invalid_api_key"


def test_each_client_comes_in_with_name_and_password(guarded: str) -> None:
    with OpenAI(base_url=f"{guarded}/v1", api_key=":".join(ADA), max_retries=0) as client:
        said = client.chat.completions.create(
            model="seedbound", messages=[{"role": "user", "content": ASKED}]
        )
        assert said.choices[0].message.content == SAYS
    assert httpx.get(f"{guarded}/v1/models", auth=ADA).status_code == 200
    basic = "Basic " + base64.b64encode(":".join(ADA).encode()).decode()
    wrong, text = call(guarded, "ask", {"question": ASKED}, {"Authorization": basic})
    assert not wrong
    assert SAYS in text
    client_of_gradio = Client(guarded, auth=ADA, verbose=False)
    assert client_of_gradio.predict(ASKED, api_name="/ask")["answer"] == SAYS


def test_questions_of_programs_queue_under_their_login(
    guarded: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    people: list[str] = []
    turn = desk.queue.turn

    def noted(person: str, *more: Any) -> Turn:
        people.append(person)
        return turn(person, *more)

    monkeypatch.setattr(desk.queue, "turn", noted)
    body = {"messages": [{"role": "user", "content": ASKED}]}
    for login in (ADA, ("bert", "other")):
        reply = httpx.post(f"{guarded}/v1/chat/completions", json=body, auth=login, timeout=30)
        assert reply.status_code == 200
    basic = "Basic " + base64.b64encode(b"bert:other").decode()
    call(guarded, "ask", {"question": ASKED}, {"Authorization": basic})
    Client(guarded, auth=ADA, verbose=False).predict(ASKED, api_name="/ask")
    assert people == ["ada", "bert", "bert", "ada"]


# without


def test_other_names_and_pages_from_elsewhere_are_refused(desk: Desk) -> None:
    with serving(desk) as url:
        port = url.rsplit(":", 1)[1]
        for host in (
            "evil.example",
            f"evil.example:{port}",
            "127.0.0.1.evil.example",
            "",
            "10.0.0.1",
        ):
            assert httpx.get(url, headers={"Host": host}).status_code == 403, host
        for host in (
            "localhost",
            f"localhost:{port}",
            f"127.0.0.1:{port}",
            f"[::1]:{port}",
            "LOCALHOST",
        ):
            assert httpx.get(f"{url}/v1/models", headers={"Host": host}).status_code == 200, host
        for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
            reply = httpx.post(f"{url}/v1/chat/completions", json={}, headers={"Origin": origin})
            assert reply.status_code == 403, origin
            assert "--auth" in reply.json()["error"]["message"]
        ours = {"Origin": "http://localhost:3000"}
        assert httpx.get(f"{url}/v1/models", headers=ours).status_code == 200


def test_open_to_all_means_it(desk: Desk) -> None:
    with serving(desk, host="0.0.0.0", open_to_all=True) as url:
        reply = httpx.get(f"{url}/v1/models", headers={"Host": "documents.example"})
        assert reply.status_code == 200


@pytest.mark.parametrize("logins", [None, Logins({"ada": "se:cret"})], ids=["open", "logins"])
def test_pages_from_elsewhere_are_refused_whoever_is_let_in(
    desk: Desk, logins: Logins | None
) -> None:
    with serving(desk, host="0.0.0.0", logins=logins, open_to_all=logins is None) as url:

        def status(**headers: str) -> int:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            named = {"Host": "documents.example:7860", **named}
            auth = ADA if logins else None
            return httpx.get(f"{url}/v1/models", headers=named, auth=auth).status_code

        evil = "https://evil.example"
        assert status() == 200
        assert status(Origin="http://documents.example:7860") == 200
        assert status(Origin="https://DOCUMENTS.example") == 200
        for origin in (evil, "null", "", "http://[", "https://documents.example.evil.example"):
            assert status(Origin=origin) == 403, origin
        # Behind a proxy that names itself; a page can say so too, but not hide where it is from.
        assert status(Origin="https://proxy.example", X_Forwarded_Host="proxy.example") == 200
        assert status(Origin=evil, X_Forwarded_Host="proxy.example") == 403
        forged = {"X_Forwarded_Host": "evil.example", "Sec_Fetch_Site": "cross-site"}
        assert status(Origin=evil, **forged) == 403
        reply = httpx.post(f"{url}/gradio_api/upload", headers={"Origin": evil}, auth=None)
        assert reply.status_code == 403


def test_uploads_that_were_cut_off_are_resumed_before_anybody_is_let_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed, seen = threading.Event(), []

    def launch(_: object, **given: Any) -> str:
        seen.append((resumed.is_set(), given["max_file_mb"]))
        raise KeyboardInterrupt

    monkeypatch.setattr(desk, "resume", resumed.set)
    monkeypatch.setattr("ui.serving.server.build", lambda *_, **__: None)
    monkeypatch.setattr("ui.serving.server.launch", launch)
    serve(desk)
    assert seen == [(True, desk.settings.max_file_mb)]


def test_an_upload_that_is_too_large_is_refused(desk: Desk) -> None:
    with serving(desk, max_file_mb=0.001) as url:
        for size, status in ((900, 200), (1100, 413)):
            files = {"files": ("notes.txt", b"x" * size)}
            assert httpx.post(f"{url}/gradio_api/upload", files=files).status_code == status, size


def test_an_address_that_others_reach_needs_logins_or_a_word() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(SettingsError, match="--auth FILE"):
            check_access(host, logins=None, open_to_all=False)
        check_access(host, logins=Logins({"ada": "x"}), open_to_all=False)
        check_access(host, logins=None, open_to_all=True)
    check_access("localhost", logins=None, open_to_all=False)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.0.2.7", False), ("no such name", False), ("", False),
    ],
)  # fmt: skip
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_a_port_in_use_names_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RagError, match=f"--port {port + 1}"):
            check_address("127.0.0.1", port)
    with pytest.raises(RagError, match="Cannot listen on"):
        check_address("192.0.2.1", free_port())


# the program


def started(tmp_path: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    """`rag chat` with nothing ingested and no model, and its address."""
    home = {"RAG_HOME": str(tmp_path / "home"), "RAG_MODELS_DIR": str(tmp_path / "models")}
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "chat", "--port", str(free_port()), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **home},
        cwd=tmp_path,
    )
    timer = threading.Timer(60, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if ready := re.match(r"Chat is ready at (\S+) \(Ctrl-C stops it\)$", line):
                return process, ready[1]
        raise AssertionError(said)
    finally:
        timer.cancel()


def test_the_chat_comes_up_with_nothing_there_and_ends_on_an_interrupt(tmp_path: Path) -> None:
    process, url = started(tmp_path)
    try:
        assert httpx.get(url, timeout=30).status_code == 200
        reply = httpx.post(
            f"{url}/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "x"}]},
            timeout=30,
        )
        assert reply.status_code == 503
        assert reply.json()["error"]["code"] == "not_ready_no_model"
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in rest
