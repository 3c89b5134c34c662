"""The page in a real browser, opened from disk with every network request blocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from rag.evaluate.page import report_html
from rag.evaluate.results import FAILURES
from tests.rag.evaluate import sample
from tests.ui.conftest import browser

__all__ = ["browser"]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("report")
    pages = {
        "answers": report_html(sample.answered_report(), sample.comparison_sample()),
        "retrieval": report_html(sample.retrieval_report()),
        "empty": report_html(sample.empty_report()),
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Iterator[Open]:
    faults: list[str] = []

    def requested(request: Request) -> None:
        if not request.url.startswith("file:"):
            faults.append(f"request: {request.url}")

    def visit(name: str = "answers", hash_: str = "", **context: Any) -> Page:
        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, **context}
        page = browser.new_page(**settings)
        page.set_default_timeout(10_000)
        page.on("console", lambda message: faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("request", requested)
        page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        page.goto(f"{(folder / name).as_uri()}.html{hash_}")
        return page

    yield visit
    for context in browser.contexts:
        context.close()
    assert faults == []


def shown(page: Page) -> list[str]:
    visible = "cards => cards.filter(card => card.checkVisibility()).map(card => card.id)"
    return list(page.eval_on_selector_all(".card", visible))


def failing() -> list[str]:
    results = sample.answered_report().results
    return [f"q{at}" for at, one in enumerate(results, 1) if one.outcome in FAILURES]


@pytest.mark.parametrize("name", ["answers", "retrieval", "empty"])
def test_nothing_in_a_text_is_run_or_fetched(opened: Open, name: str) -> None:
    page = opened(name)
    if name != "empty":
        page.get_by_role("button", name="Unfold all").click()
        expect(page.locator(".card:not([open])")).to_have_count(0)
    assert page.evaluate("window.harmed") is None
    expect(page.locator("img")).to_have_count(0)


@pytest.mark.parametrize("name", ["answers", "retrieval", "empty"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_never_wider_than_the_window(opened: Open, name: str, width: int) -> None:
    page = opened(name, viewport={"width": width, "height": 800})
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate("document.body.style.contentVisibility = 'visible'")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_failures_are_shown_alone(opened: Open) -> None:
    page = opened()
    expect(page.locator("#count")).to_have_text("75 of 75 shown")
    page.get_by_role("radio", name="Failures 13").check(force=True)
    expect(page.locator("#count")).to_have_text("13 of 75 shown")
    assert shown(page) == failing()
    assert page.url.endswith("#failures")
    page.get_by_role("radio", name="All 75").check(force=True)
    expect(page.locator("#count")).to_have_text("75 of 75 shown")


def test_the_address_may_ask_for_failures(opened: Open) -> None:
    page = opened(hash_="#failures")
    expect(page.locator("#count")).to_have_text("13 of 75 shown")
    assert shown(page) == failing()


def test_filters_narrow_down_together_and_by_keyboard(opened: Open) -> None:
    page = opened()
    page.get_by_role("radio", name="All 75").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#count")).to_have_text("13 of 75 shown")
    page.get_by_role("combobox", name="Outcome").select_option("missed")
    expect(page.locator("#count")).to_have_text("4 of 75 shown")
    page.get_by_role("combobox", name="Outcome").select_option("wrong")
    page.get_by_label("Words").fill("NOT A marker:")
    expect(page.locator("#count")).to_have_text("1 of 75 shown")
    assert shown(page) == ["q1"]
    page.get_by_role("combobox", name="Type").select_option("fact")
    expect(page.get_by_text("No question fits.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#count")).to_have_text("75 of 75 shown")


def test_a_question_unfolds_by_keyboard(opened: Open) -> None:
    page = opened()
    page.locator("#q1 summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#q1 .quote")).to_be_visible()


def test_a_link_opens_the_question_it_leads_to_though_it_is_filtered_out(opened: Open) -> None:
    page = opened()
    page.get_by_label("Words").fill("no question has these words")
    expect(page.locator("#count")).to_have_text("0 of 75 shown")
    link = page.locator(".flips a").first
    link.click()
    target = page.locator(str(link.get_attribute("href")))
    expect(target).to_have_attribute("open", "")
    expect(target).to_be_in_viewport()


def test_without_script_everything_is_there(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    expect(page.locator(".card")).to_have_count(75)
    expect(page.locator("#filter")).to_be_hidden()
    page.locator("#q1 > summary").click()
    expect(page.locator("#q1 .quote")).to_be_visible()
    expect(page.locator("svg.plot")).to_have_count(3)


CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * x + .7152 * y + .0722 * z;
  };
  const ground = node => {
    for (; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  for (const node of document.body.querySelectorAll("*:not(svg *):not(option):not(script)")) {
    const words = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    if (!words || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(rgba(style.color)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
    if (parseFloat(style.fontSize) < 12) poor.add(`${node.tagName}.${node.className} ${style.fontSize}`);
  }
  return [...poor];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["answers", "retrieval"])
def test_every_text_can_be_read(opened: Open, name: str, scheme: str) -> None:
    page = opened(name, color_scheme=scheme)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate(
        "for (const one of document.querySelectorAll('.card')) one.style.contentVisibility = 'visible'"
    )
    assert page.evaluate(CONTRAST) == []


def test_plots_take_the_colours_of_the_scheme(opened: Open) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        text = page.locator("svg.plot text").first
        colours.add(text.evaluate("text => getComputedStyle(text).fill"))
    assert len(colours) == 2
