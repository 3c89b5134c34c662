"""`rag chat` as people start it, with the real models, in a real browser."""

import os
import signal
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect

from rag import Settings, ingest_paths
from rag.paths import shipped
from tests.ui.sites import DESKTOP, free_port

# The first question on a fresh machine reads the whole prompt; a busy one takes its time over it.
PATIENCE_MS = 240_000
TEXTS = {path.name: path.read_bytes().decode() for path in shipped("seeds").iterdir()}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    ingest_paths([shipped("seeds")], Settings.load(home=home))
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "rag", "chat", "--port", str(port)],
        env={**os.environ, "RAG_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    ) as chat:
        assert chat.stdout is not None
        assert f"http://127.0.0.1:{port}" in chat.stdout.readline()
        yield f"http://127.0.0.1:{port}/"
        chat.send_signal(signal.SIGINT)
        assert chat.wait(timeout=60) in (0, 130)


@pytest.fixture
def page(browser, url):
    page = browser.new_page(viewport=DESKTOP)
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    expect(page.locator("#sb-library .sb-document")).to_have_count(5, timeout=PATIENCE_MS)
    yield page
    page.close()
    assert errors == []


def ask(page, question):
    page.fill("#sb-box textarea", question)
    page.press("#sb-box textarea", "Enter")


def test_a_streamed_cited_answer_opens_its_quote(page):
    ask(page, "In which port did the ships with weapons dock?")
    expect(page.locator("#sb-evidence .sb-card").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".sb-reply .sb-draft")).not_to_be_empty(timeout=PATIENCE_MS)
    answer = page.locator(".sb-answer")
    expect(answer).to_contain_text("Conakry", timeout=PATIENCE_MS)
    page.locator(".sb-answer button.sb-open").first.click()
    mark = page.locator("#sb-viewer mark")
    expect(mark).to_be_in_viewport()
    assert any(mark.inner_text() in text for text in TEXTS.values())
    assert "Conakry" in mark.inner_text()


def test_what_the_sources_do_not_say_is_refused_without_sources(page):
    ask(page, "How do I reset my Gmail password?")
    refusal = page.locator(".sb-reply.sb-refusal")
    expect(refusal).to_contain_text("The sources don't say.", timeout=PATIENCE_MS)
    expect(page.locator(".sb-reply button.sb-open")).to_have_count(0)


def test_stop_silences_the_model(page):
    ask(page, "What will happen in Mali after Wagner leaves, and who will stay there?")
    expect(page.locator("#sb-stop")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("#sb-stop").click()
    started = time.monotonic()
    expect(page.locator("#sb-send")).to_be_visible()
    assert time.monotonic() - started < 1
    ask(page, "Who is the spokesman of the Kremlin?")
    expect(page.locator(".sb-answer").last).to_contain_text("Peskov", timeout=PATIENCE_MS)


def test_a_follow_up_says_how_it_was_understood(page):
    ask(page, "Who is the spokesman of the Kremlin?")
    expect(page.locator(".sb-answer")).to_contain_text("Peskov", timeout=PATIENCE_MS)
    ask(page, "Which country did he speak of most?")
    expect(page.locator(".sb-reply")).to_have_count(2, timeout=PATIENCE_MS)
    understood = page.locator(".sb-understood").last
    expect(understood).to_contain_text("Peskov", timeout=PATIENCE_MS)


def test_an_added_document_is_answered_from_at_once_and_kept_with_its_quote(page, tmp_path):
    report = tmp_path / "harbour.txt"
    report.write_text(
        "5 March 2024. The harbour bridge in Lindau reopened on Monday after eleven months of "
        "repairs. The work cost 4.2 million euros, said the mayor, Lena Ortiz.\n"
    )
    page.set_input_files("#sb-files", report)
    expect(page.locator("#sb-library .sb-document")).to_have_count(6, timeout=PATIENCE_MS)
    ask(page, "How much did the repairs of the harbour bridge cost?")
    expect(page.locator(".sb-answer")).to_contain_text("4.2 million", timeout=PATIENCE_MS)
    page.reload()
    page.locator(".sb-answer button.sb-marker").first.click()
    expect(page.locator("#sb-viewer mark")).to_contain_text("4.2 million euros")
