"""A served page and tabs on it, for the tests in a browser."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from ui import build
from ui.desk.desk import Desk
from ui.serving.server import launch

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

_IN_SIGHT = """mark => {
    const box = mark.getBoundingClientRect();
    const page = mark.closest('.sb-page').getBoundingClientRect();
    return box.top >= page.top && box.top < page.bottom;
}"""


@dataclass
class Chat:
    """One open tab."""

    page: Page

    def ask(self, question: str) -> None:
        """Type a question and send it."""
        self.page.fill("#sb-box textarea", question)
        self.page.press("#sb-box textarea", "Enter")

    def answered(self, question: str) -> Locator:
        """Ask, wait until the answer is whole, and return it."""
        before = self.replies.count()
        self.ask(question)
        expect(self.replies).to_have_count(before + 1)
        self.expect_idle()
        return self.replies.last

    @property
    def replies(self) -> Locator:
        return self.page.locator(".sb-reply")

    def expect_idle(self) -> None:
        """Nothing is being answered."""
        expect(self.page.locator("#sb-send")).to_be_visible()
        expect(self.page.locator("#sb-stop")).to_be_hidden()

    def expect_marked(self, words: str) -> None:
        """The span is highlighted, and visible in the viewer and in the window."""
        mark = self.page.locator("#sb-viewer mark")
        expect(mark).to_have_text(words)
        expect(mark).to_be_in_viewport()
        self.page.wait_for_function(
            f"() => ({_IN_SIGHT})(document.querySelector('#sb-viewer mark'))"
        )

    def expect_no_overflow(self) -> None:
        """The page is not wider than its window."""
        assert self.page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")


@dataclass
class Site:
    """A served page and the means to open tabs on it; collects what no tab may do."""

    url: str
    browser: Browser
    faults: list[str] = field(default_factory=list)

    def context(self, **options: Any) -> BrowserContext:
        """Another person's browser: it shares nothing with the others."""
        return self.browser.new_context(**options)

    def open(
        self,
        viewport: dict[str, int] | None = None,
        *,
        path: str = "/",
        context: BrowserContext | None = None,
        **options: Any,
    ) -> Chat:
        """Open a tab and wait until the page can be used.

        Args:
            viewport: Size of the window.
            path: What to open of the site.
            context: Whose browser; by default a fresh one.
            options: More for a fresh browser, e.g. ``color_scheme="dark"``.
        """
        context = context or self.context(viewport=viewport or DESKTOP, **options)
        page = context.new_page()
        if viewport:
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
        self.listen(page)
        page.goto(self.url + path)
        # The first page of a fresh browser loads all of Gradio, which a busy machine takes its time over.
        expect(page.locator("#sb-box textarea")).to_be_visible(timeout=30_000)
        expect(page.locator("#sb-history .sb-talks[data-title]")).to_be_attached(timeout=30_000)
        return Chat(page)

    def listen(self, page: Page) -> None:
        """Note what the page must not do: errors, and requests to elsewhere."""
        page.set_default_timeout(10_000)
        page.on("console", lambda said: self._note(said.type == "error", f"console: {said.text}"))
        page.on("pageerror", lambda error: self._note(True, f"error: {error}"))
        page.on("request", lambda sent: self._note(not self._here(sent.url), f"to: {sent.url}"))

    def close(self) -> None:
        """Close all tabs; fails if one did what it must not."""
        for page in (page for context in self.browser.contexts for page in context.pages):
            page.evaluate("() => null")  # whatever it has said until now is heard
        faults = list(self.faults)  # what is cut off by closing is no fault
        for context in self.browser.contexts:
            context.close()
        assert faults == []

    def _here(self, url: str) -> bool:
        return url.startswith((self.url, "data:", "blob:"))

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self.faults.append(what)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(browser: Browser, desk: Desk, **options: Any) -> Iterator[Site]:
    """The page over a desk, served as long as the block lasts.

    Args:
        browser: Looks at it.
        desk: What the page asks of the library.
        options: More for `ui.serving.server.launch`, e.g. ``root_path``.
    """
    blocks = build(desk)
    site = Site(url=launch(blocks, host="127.0.0.1", port=free_port(), **options), browser=browser)
    try:
        yield site
        site.close()
    finally:
        for context in browser.contexts:
            context.close()
        blocks.close(verbose=False)
