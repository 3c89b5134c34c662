"""The page in a real browser, over a scripted pipeline."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rag import RagError
from tests.ui.scripted import HOSTILE_TEXT, ScriptedPipeline
from ui import build, serve
from ui.server import launch

# Gradio's own bookkeeping uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio")

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@dataclass
class Chat:
    """One open tab."""

    page: Page

    def ask(self, question: str) -> None:
        self.page.fill("#sb-box textarea", question)
        self.page.press("#sb-box textarea", "Enter")

    @property
    def replies(self) -> Locator:
        return self.page.locator(".sb-reply")

    def expect_idle(self) -> None:
        expect(self.page.locator("#sb-send")).to_be_visible()
        expect(self.page.locator("#sb-stop")).to_be_hidden()

    def expect_marked(self, words: str) -> None:
        """The span is highlighted, and visible in the viewer and in the window."""
        mark = self.page.locator("#sb-viewer mark")
        expect(mark).to_have_text(words)
        expect(mark).to_be_in_viewport()
        inside = """mark => {
            const box = mark.getBoundingClientRect();
            const page = mark.closest('.sb-page').getBoundingClientRect();
            return box.top >= page.top && box.top < page.bottom;
        }"""
        for _ in range(50):
            if mark.evaluate(inside):
                return
            time.sleep(0.05)
        pytest.fail("the marked span is not in the visible part of the viewer")


@dataclass
class Site:
    """A served page and the means to open tabs on it; collects what no tab may do."""

    url: str
    browser: Browser
    faults: list[str]

    def open(self, viewport: dict[str, int] | None = None) -> Chat:
        page = self.browser.new_page(viewport=viewport or DESKTOP)  # type: ignore[arg-type]
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda message: self._note(message.type == "error", f"console: {message.text}"),
        )
        page.on("pageerror", lambda error: self._note(True, f"error: {error}"))
        page.on(
            "request",
            lambda request: self._note(not self._here(request.url), f"request: {request.url}"),
        )
        page.goto(self.url)
        expect(page.locator("#sb-library .sb-document").first).to_be_visible()
        return Chat(page)

    def _here(self, url: str) -> bool:
        return url.startswith((self.url, "data:", "blob:"))

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self.faults.append(what)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(browser: Browser, pipeline: ScriptedPipeline) -> Iterator[Site]:
    blocks = build(pipeline)
    site = Site(url=launch(blocks, host="127.0.0.1", port=free_port()), browser=browser, faults=[])
    yield site
    for context in browser.contexts:
        context.close()
    blocks.close(verbose=False)
    assert site.faults == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_question_is_answered_with_quotes_to_open(
    site: Site, pipeline: ScriptedPipeline, viewport: dict[str, int]
) -> None:
    pipeline.pace = 0.06
    chat = site.open(viewport)
    chat.ask("What happens after Wagner leaves?")

    draft = chat.page.locator(".sb-reply .sb-draft")
    expect(draft).to_be_visible()
    expect(chat.page.locator("#sb-evidence .sb-card").first).to_be_visible()
    first = draft.inner_text()
    expect(draft).not_to_have_text(first)
    assert draft.inner_text().startswith(first)

    expect(chat.page.locator(".sb-answer")).to_contain_text("As of 10 June 2025.")
    expect(chat.page.locator(".sb-draft")).to_have_count(0)
    expect(chat.page.locator("#sb-evidence")).to_contain_text("Also retrieved, not cited")
    chat.expect_idle()

    chat.page.get_by_role("button", name="Open quote 1").click()
    chat.expect_marked(
        "The Kremlin-controlled paramilitary force will remain in Mali after Wagner's departure."
    )
    expect(chat.page.locator("#sb-viewer .sb-page")).to_contain_text(
        "Russia and China are the top arms suppliers to the continent."
    )
    expect(chat.page.locator("#sb-evidence [aria-current]")).to_contain_text(
        "The Kremlin-controlled"
    )
    if viewport is DESKTOP:
        assert chat.page.evaluate("document.scrollingElement.scrollHeight <= window.innerHeight")
    assert chat.page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")


def test_markers_of_older_answers_keep_their_quotes(site: Site) -> None:
    chat = site.open()
    chat.ask("What happens after Wagner leaves?")
    expect(chat.page.locator(".sb-answer")).to_have_count(1)
    chat.ask("Where do ships unload?")
    expect(chat.page.locator(".sb-answer")).to_have_count(2)

    chat.page.locator(".sb-answer").nth(1).locator(".sb-marker").first.click()
    chat.expect_marked(
        "Satellites images reviewed by Associated Press found that ships carrying weapons docked"
    )
    chat.page.locator(".sb-answer").nth(0).locator(".sb-marker").nth(1).click()
    chat.expect_marked("it will continue its operations in Mali")
    expect(chat.page.locator("#sb-evidence .sb-about")).to_have_text(
        "What happens after Wagner leaves?"
    )


def test_an_open_quote_is_found_again_after_scrolling_away(site: Site) -> None:
    chat = site.open()
    chat.ask("Where do ships unload?")
    marker = chat.page.locator(".sb-answer .sb-marker").first
    marker.click()
    words = (
        "Satellites images reviewed by Associated Press found that ships carrying weapons docked"
    )
    chat.expect_marked(words)
    chat.page.locator(".sb-page").evaluate("page => { page.scrollTop = 0 }")
    marker.click()
    chat.expect_marked(words)


def test_documents_open_whole_and_escape_returns(site: Site) -> None:
    chat = site.open()
    chat.page.get_by_role("button", name="Russia And Mali Sign").click()
    expect(chat.page.locator("#sb-viewer .sb-page")).to_contain_text("Powered by Facebook Comments")
    expect(chat.page.locator("#sb-viewer mark")).to_have_count(0)
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator("#sb-viewer")).to_be_hidden()
    expect(chat.page.get_by_role("button", name="Russia And Mali Sign")).to_be_focused()


@pytest.mark.parametrize("example", [False, True], ids=["typed", "example"])
def test_stop_ends_generation(site: Site, pipeline: ScriptedPipeline, example: bool) -> None:
    pipeline.pace = 0.03
    pipeline.scripts = (
        {"": pipeline.scripts["long"], **pipeline.scripts} if example else pipeline.scripts
    )
    chat = site.open()
    if example:
        chat.page.get_by_text("Which African leaders did Putin call?").click()
    else:
        chat.ask("a long one")
    expect(chat.page.locator(".sb-working .sb-claim")).not_to_have_count(0)

    began = time.monotonic()
    chat.page.locator("#sb-stop").click()
    expect(chat.page.locator(".sb-stopped")).to_be_visible()
    chat.expect_idle()
    # Left alone, it would write for more than a minute.
    assert len(pipeline.closed) == 1
    assert pipeline.closed[0] - began < 15
    expect(chat.page.locator(".sb-stopped .sb-claim")).not_to_have_count(0)
    stood = chat.page.locator(".sb-stopped").inner_text()

    chat.ask("Where do ships unload?" if not example else "and again")
    expect(chat.page.locator(".sb-reply")).to_have_count(2)
    expect(chat.page.locator(".sb-reply").nth(1)).to_contain_text(
        "docked" if not example else "Sentence"
    )
    assert chat.page.locator(".sb-stopped").first.inner_text() == stood


def test_stop_does_not_wait_for_a_model_that_is_reading(
    site: Site, pipeline: ScriptedPipeline
) -> None:
    chat = site.open()
    chat.ask("a slow one")
    expect(chat.page.locator(".sb-stage").first).to_contain_text(
        "Reading 1 passage from 1 document"
    )
    began = time.monotonic()
    chat.page.locator("#sb-stop").click()
    expect(chat.page.locator(".sb-stopped")).to_be_visible()
    chat.expect_idle()
    assert time.monotonic() - began < 5  # it reads for six
    chat.ask("Where do ships unload?")
    expect(chat.page.locator(".sb-stage").first).to_contain_text("Waiting")
    expect(chat.page.locator(".sb-answer")).to_contain_text("Conakry", timeout=20_000)
    assert pipeline.most_working == 1


def test_a_refusal_shows_what_is_missing_and_no_source(site: Site) -> None:
    chat = site.open()
    chat.ask("What is the population of Guinea?")
    expect(chat.page.locator(".sb-refusal")).to_contain_text(
        "a document that states the population of Guinea"
    )
    expect(chat.page.locator("#sb-evidence")).to_contain_text("Related, but not an answer")
    expect(chat.page.locator(".sb-marker, .sb-number")).to_have_count(0)


def test_a_hostile_document_is_only_text(site: Site) -> None:
    chat = site.open()
    chat.ask(f"What does the hostile file say? {HOSTILE_TEXT}")
    answer = chat.page.locator(".sb-answer")
    expect(answer).to_contain_text(
        "**bold** [link](javascript:alert(1)) </div></article> {{value}} ${window.harmed = 1} $$x"
    )
    expect(answer.locator("button")).to_have_count(1)
    answer.locator("button").click()
    mark = chat.page.locator("#sb-viewer mark")
    expect(mark).to_have_count(1)
    assert (
        chat.page.locator("#sb-viewer .sb-page").evaluate("page => page.textContent")
        == HOSTILE_TEXT
    )
    expect(
        chat.page.locator("#sb-main img, #sb-main script, #sb-main b, #sb-main .katex")
    ).to_have_count(0)
    assert chat.page.evaluate("window.harmed") is None


def test_two_tabs_share_the_model_and_nothing_else(site: Site, pipeline: ScriptedPipeline) -> None:
    pipeline.pace = 0.03
    one, two = site.open(), site.open()
    one.ask("What happens after Wagner leaves?")
    two.ask("Where do ships unload?")
    expect(two.page.locator(".sb-stage").first).to_contain_text("Waiting")
    expect(one.page.locator(".sb-answer")).to_contain_text("Africa Corps")
    expect(two.page.locator(".sb-answer")).to_contain_text("Conakry")
    for chat in (one, two):
        expect(chat.replies).to_have_count(1)
    assert pipeline.most_working == 1
    assert pipeline.histories == [(), ()]


def test_a_waiting_question_can_be_stopped(site: Site, pipeline: ScriptedPipeline) -> None:
    pipeline.pace = 0.03
    one, two = site.open(), site.open()
    one.ask("a long one")
    expect(one.page.locator(".sb-draft").first).to_be_visible()
    two.ask("Where do ships unload?")
    two.page.locator("#sb-stop").click()
    expect(two.page.locator(".sb-stopped")).to_be_visible()
    two.expect_idle()
    two.ask("What happens after Wagner leaves?")
    one.page.locator("#sb-stop").click()
    expect(two.page.locator(".sb-answer")).to_contain_text("Africa Corps")
    expect(two.replies).to_have_count(2)


def test_closing_the_tab_stops_the_model(site: Site, pipeline: ScriptedPipeline) -> None:
    pipeline.pace = 0.03
    chat = site.open()
    chat.ask("a long one")
    expect(chat.page.locator(".sb-draft").first).to_be_visible()
    chat.page.close()
    for _ in range(100):
        if pipeline.closed:
            return
        time.sleep(0.05)
    pytest.fail("the pipeline went on for 5 seconds without a listener")


def test_a_new_conversation_is_empty_and_forgets(site: Site, pipeline: ScriptedPipeline) -> None:
    chat = site.open()
    chat.ask("What happens after Wagner leaves?")
    expect(chat.page.locator(".sb-answer")).to_be_visible()
    chat.ask("Where do ships unload?")
    expect(chat.page.locator(".sb-answer")).to_have_count(2)
    assert [turn.question for turn in pipeline.histories[1]] == [
        "What happens after Wagner leaves?"
    ]
    chat.page.locator("#sb-clear").click()
    expect(chat.replies).to_have_count(0)
    expect(chat.page.get_by_text("Where do Russian ships unload weapons?")).to_be_visible()
    chat.ask("Where do ships unload?")
    expect(chat.page.locator(".sb-answer")).to_have_count(1)
    assert pipeline.histories[2] == ()


def test_a_new_conversation_stops_the_old_one(site: Site, pipeline: ScriptedPipeline) -> None:
    pipeline.pace = 0.03
    chat = site.open()
    chat.ask("a long one")
    expect(chat.page.locator(".sb-draft").first).to_be_visible()
    chat.page.locator("#sb-clear").click()
    expect(chat.replies).to_have_count(0)
    chat.expect_idle()
    time.sleep(0.3)
    expect(chat.replies).to_have_count(0)
    assert len(pipeline.closed) == 1


def test_empty_questions_do_nothing(site: Site, pipeline: ScriptedPipeline) -> None:
    chat = site.open()
    chat.ask("   ")
    chat.page.locator("#sb-send").click()
    time.sleep(0.3)
    expect(chat.replies).to_have_count(0)
    assert pipeline.histories == []


def test_errors_are_told_in_words(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    chat = site.open()
    chat.ask("please fail")
    expect(chat.page.locator(".sb-error")).to_contain_text("Get it: rag models pull")
    chat.ask("nothing in the script knows this")  # an error of another kind
    expect(chat.page.locator(".sb-error").nth(1)).to_contain_text("Something unforeseen went wrong")
    expect(chat.page.locator("body")).not_to_contain_text("Traceback")
    assert "The pipeline failed" in caplog.text
    chat.expect_idle()


def test_ctrl_c_ends_the_server() -> None:
    program = f"""if True:
        import signal, urllib.request
        from tests.ui.scripted import scripted
        from ui import serve
        from ui.running import Runner

        signal.signal(signal.SIGINT, signal.default_int_handler)
        pipeline = scripted()
        closing = Runner.close

        def close(runner):
            closing(runner)
            print("free" if pipeline.working == 0 else "at work", flush=True)

        def ready(url):
            print(url, urllib.request.urlopen(url).status, flush=True)
            signal.raise_signal(signal.SIGINT)

        Runner.close = close
        serve(pipeline, port={free_port()}, on_ready=ready)
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    url, ending = done.stdout.splitlines()
    assert (url[:17], url[-3:], ending) == ("http://127.0.0.1:", "200", "free")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_an_address_of_another_machine_is_told(pipeline: ScriptedPipeline) -> None:
    with pytest.raises(RagError, match=r"Cannot listen on 192\.0\.2\.1, port 7860"):
        serve(pipeline, host="192.0.2.1")


def test_a_port_in_use_is_told(pipeline: ScriptedPipeline) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RagError, match=f"Port {port} is in use. .* rag chat --port {port + 1}"):
            serve(pipeline, port=port)
