"""Nothing connects out while ingesting, searching, asking and serving."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

GUARD = str(Path(__file__).with_name("offline_guard.py"))


@pytest.fixture
def environment(tmp_path):
    """No switch of any library is set from outside: the program has to set them."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HF_", "TRANSFORMERS_", "GRADIO_", "ANONYMIZED_", "RAG_"))
    }
    models = {key: value for key, value in os.environ.items() if key == "RAG_MODELS_DIR"}
    return {
        **kept,
        **models,
        "RAG_HOME": str(tmp_path / "home"),
        "RAG_CHAT_MODEL": "smollm2-135m-instruct",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }


def run(environment, *arguments):
    return subprocess.run(
        [sys.executable, GUARD, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_guard_sees_a_look_outside(environment):
    environment["PYTHONPATH"] = str(Path(__file__).parent / "data")
    done = run(environment, "connects_out")
    assert done.returncode == 99
    assert "OUTSIDE: socket.connect 192.0.2.1" in done.stderr


def test_ingest_search_and_ask_stay_here(environment):
    for arguments in (
        ("rag", "ingest"),
        ("rag", "search", "Who is the Kremlin spokesman?"),
        ("rag", "ask", "Who is the Kremlin spokesman?", "--json"),
        ("rag", "doctor"),
    ):
        done = run(environment, *arguments)
        assert done.returncode == 0, done.stderr


def test_serving_the_page_stays_here(environment):
    run(environment, "rag", "ingest")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chat = subprocess.Popen(
        [sys.executable, GUARD, "rag", "chat", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert chat.stdout is not None
        assert f"http://127.0.0.1:{port}" in chat.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page:
            assert page.status == 200
        time.sleep(2)  # telemetry would be sent from a thread of its own
    finally:
        chat.send_signal(signal.SIGINT)
        _, err = chat.communicate(timeout=60)
    assert chat.returncode in (0, 130), err
    assert "OUTSIDE" not in err
