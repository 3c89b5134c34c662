"""What axe finds on the page, in every state that it can be in: nothing serious."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.ui.sites import DESKTOP, PHONE, Chat, Site

# Gradio's own bookkeeping uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio")

WAGNER = "What happens after Wagner leaves?"


def findings(page: Page) -> list[str]:
    """The serious and critical ones, each with the first places it is at."""
    # Colours that are on their way from one to the other are nobody's.
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished.catch(() => 0)))")
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def empty(chat: Chat) -> None:
    pass


def evidence_open(chat: Chat) -> None:
    chat.answered(WAGNER).locator(".sb-marker").first.click()
    expect(chat.page.locator("#sb-viewer mark")).to_be_visible()


def refusal(chat: Chat) -> None:
    chat.answered("What is the population of Guinea?")


def failure(chat: Chat) -> None:
    chat.answered("please fail")


def working(chat: Chat) -> None:
    chat.ask("a long one")
    expect(chat.page.locator("#sb-stop")).to_be_visible()
    expect(chat.page.locator(".sb-working .sb-claim").first).to_be_visible()


def menu_open(chat: Chat) -> None:
    chat.answered(WAGNER)
    chat.page.locator(".sb-talk").first.hover()
    chat.page.locator(".sb-talk-more").first.click()
    expect(chat.page.get_by_role("menu")).to_be_visible()


def settings_open(chat: Chat) -> None:
    chat.page.locator("#sb-show-settings").click()
    expect(chat.page.locator("#sb-settings")).to_be_visible()


def help_open(chat: Chat) -> None:
    chat.page.locator("#sb-theme").press("?")
    expect(chat.page.locator("#sb-help")).to_be_visible()


def library_open(chat: Chat) -> None:
    chat.page.locator("#sb-fold-left").click()
    expect(chat.page.locator("#sb-left")).to_be_visible()


def evidence_on_a_phone(chat: Chat) -> None:
    evidence_open(chat)
    expect(chat.page.locator("#sb-right")).to_be_visible()


def unknown(chat: Chat) -> None:
    expect(chat.page.locator(".sb-notice")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("state", "viewport"),
    [
        (empty, DESKTOP),
        (evidence_open, DESKTOP),
        (refusal, DESKTOP),
        (failure, DESKTOP),
        (working, DESKTOP),
        (menu_open, DESKTOP),
        (settings_open, DESKTOP),
        (help_open, DESKTOP),
        (unknown, DESKTOP),
        (empty, PHONE),
        (library_open, PHONE),
        (evidence_on_a_phone, PHONE),
    ],
    ids=lambda value: value.__name__ if callable(value) else f"{value['width']}",
)
def test_nothing_stands_in_anybodys_way(
    site: Site, state: Callable[[Chat], None], viewport: dict[str, int], scheme: str
) -> None:
    path = "/?c=unknown" if state is unknown else "/"
    chat = site.open(viewport, color_scheme=scheme, path=path)
    state(chat)
    assert findings(chat.page) == []
