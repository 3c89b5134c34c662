"""The page's frame in a real browser: its areas, how they fold, colours, keys."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from rag import RagError
from tests.ui.desks import scripted_desk
from tests.ui.scripted import scripted
from tests.ui.sites import DESKTOP, PHONE, Site, free_port, served
from ui import serve
from ui.desk.desk import Desk

# Gradio's own bookkeeping uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio")

ZOOMED = {"width": 640, "height": 400}  # 1280 by 800 at 200 %
TABLET = {"width": 900, "height": 700}


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    desk = scripted_desk(tmp_path_factory.mktemp("shell"), scripted())
    with served(browser, desk) as site:
        yield site
    desk.close()


def test_the_areas_have_names_and_there_is_one_heading(site: Site) -> None:
    page = site.open().page
    for role, name in (
        ("navigation", "Conversations and sources"),
        ("main", "Chat"),
        ("complementary", "Evidence"),
    ):
        expect(page.get_by_role(role, name=name, exact=True)).to_have_count(1)  # type: ignore[arg-type]
    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("seedbound")
    page.context.close()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_side_folds_on_a_desktop_and_stays_folded(site: Site, side: str) -> None:
    page = site.open(DESKTOP).page
    area, button = page.locator(f"#sb-{side}"), page.locator(f"#sb-fold-{side}")
    expect(area).to_be_visible()
    wide = page.locator("#sb-centre").bounding_box()
    button.click()
    expect(area).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    assert page.locator("#sb-centre").bounding_box()["width"] > wide["width"] + 200  # type: ignore[index]

    page.reload()
    expect(page.locator("#sb-box textarea")).to_be_visible()
    expect(area).to_be_hidden()
    page.locator("#sb-theme").press("[" if side == "left" else "]")
    expect(area).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.context.close()


@pytest.mark.parametrize(
    ("viewport", "side"),
    [(PHONE, "left"), (PHONE, "right"), (ZOOMED, "left"), (ZOOMED, "right"), (TABLET, "left")],
    ids=["phone-left", "phone-right", "zoomed-left", "zoomed-right", "tablet-left"],
)
def test_where_there_is_no_room_a_side_is_a_dialog_over_the_page(
    site: Site, viewport: dict[str, int], side: str
) -> None:
    chat = site.open(viewport)
    page = chat.page
    area, button = page.locator(f"#sb-{side}"), page.locator(f"#sb-fold-{side}")
    expect(area).to_be_hidden()
    chat.expect_no_overflow()

    button.focus()
    page.keyboard.press("Enter")
    expect(area).to_be_in_viewport()
    expect(area).to_have_attribute("aria-modal", "true")
    expect(area.locator(".sb-side-close")).to_be_focused()
    for _ in range(40):  # nothing behind it can be reached
        page.keyboard.press("Tab")
        assert page.evaluate(
            "side => !document.activeElement.closest('#sb-main, #sb-head')"
            " || !!document.activeElement.closest(side)",
            f"#sb-{side}",
        )
    chat.expect_no_overflow()
    page.keyboard.press("Escape")
    expect(area).to_be_hidden()
    expect(button).to_be_focused()

    button.click()
    area.locator(".sb-side-close").click()
    expect(area).to_be_hidden()
    button.click()
    page.locator("#sb-shade").click(
        position={"x": viewport["width"] - 4 if side == "left" else 4, "y": 300}
    )
    expect(area).to_be_hidden()
    page.context.close()


def test_a_marker_opens_the_evidence_on_a_phone(site: Site) -> None:
    chat = site.open(PHONE)
    chat.answered("What happens after Wagner leaves?").locator(".sb-marker").first.click()
    expect(chat.page.locator("#sb-right")).to_be_visible()
    chat.expect_marked(
        "The Kremlin-controlled paramilitary force will remain in Mali after Wagner's departure."
    )
    chat.expect_no_overflow()
    chat.page.context.close()


def test_a_side_that_lies_over_the_page_finds_its_place_when_there_is_room(site: Site) -> None:
    page = site.open(PHONE).page
    page.locator("#sb-fold-left").click()
    expect(page.locator("#sb-left")).to_be_visible()
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    expect(page.locator("#sb-shade")).to_be_hidden()
    expect(page.locator("#sb-left")).to_have_attribute("role", "navigation")
    page.locator("#sb-box textarea").fill("it can be reached")
    page.context.close()


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_colours_follow_the_system_until_somebody_chooses(site: Site, preferred: str) -> None:
    page = site.open(color_scheme=preferred).page
    dark = "document.body.classList.contains('dark')"
    assert page.evaluate(dark) is (preferred == "dark")
    button = page.locator("#sb-theme")
    expect(button).to_have_attribute("aria-label", "Colours: as the system")
    button.click()
    expect(button).to_have_attribute("aria-label", "Colours: light")
    assert page.evaluate(dark) is False
    button.click()
    expect(button).to_have_attribute("aria-label", "Colours: dark")
    page.wait_for_function(dark)

    page.reload()
    expect(page.locator("#sb-box textarea")).to_be_visible()
    expect(button).to_have_attribute("aria-label", "Colours: dark")
    assert page.evaluate(dark) is True
    button.click()
    page.wait_for_function(f"({dark}) === {str(preferred == 'dark').lower()}")
    page.emulate_media(color_scheme="dark" if preferred == "light" else "light")
    page.wait_for_function(f"({dark}) === {str(preferred == 'light').lower()}")
    page.context.close()


def test_keys_work_without_a_mouse(site: Site) -> None:
    page = site.open().page
    page.locator("#sb-theme").focus()
    page.keyboard.press("/")
    box = page.locator("#sb-box textarea")
    expect(box).to_be_focused()
    page.keyboard.type("a ? and [ and n")
    expect(box).to_have_value("a ? and [ and n")
    expect(page.locator("#sb-left")).to_be_visible()
    expect(page.locator("#sb-help")).to_be_hidden()

    page.locator("#sb-theme").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sb-help")).to_be_hidden()
    expect(page.locator("#sb-theme")).to_be_focused()
    page.context.close()


def test_the_skip_link_goes_to_the_question_and_keeps_the_address(site: Site) -> None:
    page = site.open().page
    address = page.url
    page.locator("#sb-fold-left").press("Shift+Tab")
    skip = page.get_by_role("link", name="Skip to the question")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#sb-box textarea")).to_be_focused()
    assert page.url == address
    page.context.close()


def test_settings_hang_from_their_button(site: Site) -> None:
    page = site.open().page
    button, settings = page.locator("#sb-show-settings"), page.locator("#sb-settings")
    expect(settings).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(settings).to_be_visible()
    expect(page.get_by_role("dialog", name="Settings")).to_have_count(1)
    assert settings.evaluate("settings => settings.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(settings).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    expect(settings).to_be_visible()
    page.locator("#sb-centre").click(position={"x": 30, "y": 200})
    expect(settings).to_be_hidden()
    page.context.close()


def test_the_page_stands_still_and_nothing_overflows(site: Site) -> None:
    for viewport in (DESKTOP, ZOOMED, PHONE, {"width": 320, "height": 640}):
        chat = site.open(viewport)
        chat.answered("What happens after Wagner leaves?")
        chat.expect_no_overflow()
        assert chat.page.evaluate("document.scrollingElement.scrollHeight <= window.innerHeight"), (
            viewport
        )
        for reached in ("#sb-box textarea", "#sb-send", "#sb-theme", "#sb-fold-left"):
            expect(chat.page.locator(reached)).to_be_in_viewport()
        chat.page.context.close()


def test_ctrl_c_ends_the_server() -> None:
    program = f"""if True:
        import tempfile
        from pathlib import Path
        from tests.ui.desks import scripted_desk
        from tests.ui.scripted import scripted
        from ui import serve
        desk = scripted_desk(Path(tempfile.mkdtemp()), scripted())
        serve(desk, port={free_port()}, on_ready=lambda url: print(url, flush=True))"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while "http://127.0.0.1:" not in (line := process.stdout.readline()):
            assert line, "the server ended before it was ready"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_a_port_in_use_is_told_with_what_to_do(desk: Desk) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RagError, match=f"Port {port} is in use"):
            serve(desk, port=port)
