"""A scripted pipeline, a page over it, and a browser to look at the page with."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.ui.desks import scripted_desk
from tests.ui.scripted import ScriptedPipeline, scripted
from tests.ui.sites import Site, served
from ui.desk.desk import Desk


@pytest.fixture(autouse=True)
def no_event_loop_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gradio makes an event loop for each page that is built outside of one, and leaves it open."""
    made: list[asyncio.AbstractEventLoop] = []
    make = asyncio.new_event_loop

    def made_and_known() -> asyncio.AbstractEventLoop:
        made.append(make())
        return made[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", made_and_known)
    yield
    for loop in made:
        if not loop.is_running():
            loop.close()


@pytest.fixture
def pipeline() -> ScriptedPipeline:
    return scripted()


@pytest.fixture
def desk(tmp_path: Path, pipeline: ScriptedPipeline) -> Iterator[Desk]:
    desk = scripted_desk(tmp_path, pipeline)
    yield desk
    desk.close()


@pytest.fixture
def site(browser: Browser, desk: Desk) -> Iterator[Site]:
    with served(browser, desk) as site:
        yield site


# Playwright keeps an event loop running in the main thread while it is open, so not for longer
# than the one module that needs it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no chromium on PATH (Debian: apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    switches = [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=chromium, headless=True, args=[*switches, "--disable-sync"]
        )
        yield started
        started.close()
