"""A scripted pipeline, a page over it, and a browser to look at the page with."""

from __future__ import annotations

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
