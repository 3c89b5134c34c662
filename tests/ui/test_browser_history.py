"""Conversations in a real browser: kept, found again, renamed, deleted, exported, opened by address."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.ui.desks import scripted_desk
from tests.ui.scripted import ScriptedPipeline
from tests.ui.sites import PHONE, Chat, Site, served
from ui.desk.desk import Desk
from ui.history import markup

# Gradio's own bookkeeping uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio")

OPEN = re.compile(r"/\?c=[\w-]{16}$")
WAGNER, SHIPS = "What happens after Wagner leaves?", "Where do ships unload?"


def talk(page: Page, title: str) -> Locator:
    return page.locator(".sb-talk", has=page.get_by_role("link", name=title, exact=True))


def menu(page: Page, title: str, act: str) -> None:
    talk(page, title).hover()
    talk(page, title).locator(".sb-talk-more").click()
    page.get_by_role("menuitem", name=act).click()


def two_conversations(site: Site) -> Chat:
    chat = site.open()
    chat.answered(WAGNER)
    chat.page.locator("#sb-new").click()
    expect(chat.replies).to_have_count(0)
    chat.answered(SHIPS)
    expect(chat.page.locator(".sb-talk")).to_have_count(2)
    return chat


def test_the_address_follows_the_conversation_and_leads_back(site: Site) -> None:
    chat = site.open()
    page = chat.page
    assert page.url == f"{site.url}/"
    chat.answered(WAGNER)
    expect(page).to_have_url(OPEN)
    first = page.url
    expect(page).to_have_title(f"{WAGNER} · seedbound")
    page.locator("#sb-new").click()
    expect(chat.replies).to_have_count(0)
    expect(page).to_have_url(f"{site.url}/")
    chat.answered(SHIPS)
    expect(page).to_have_url(OPEN)
    second = page.url
    assert second != first

    talk(page, WAGNER).get_by_role("link").click()
    expect(chat.replies).to_contain_text("Africa Corps")
    expect(page).to_have_url(first)
    expect(talk(page, WAGNER).get_by_role("link")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(chat.replies).to_contain_text("Conakry")
    assert page.url == second
    page.go_forward()
    expect(chat.replies).to_contain_text("Africa Corps")
    assert page.url == first

    page.reload()
    expect(chat.replies).to_contain_text("Africa Corps")
    chat.replies.locator(".sb-marker").first.click()
    chat.expect_marked(
        "The Kremlin-controlled paramilitary force will remain in Mali after Wagner's departure."
    )
    other = site.open(path=f"/{second.removeprefix(site.url).lstrip('/')}")
    expect(other.replies).to_contain_text("Conakry")


def test_conversations_survive_a_restart(
    browser: Browser, tmp_path: Path, pipeline: ScriptedPipeline
) -> None:
    desk = scripted_desk(tmp_path, pipeline)
    with served(browser, desk) as site:
        chat = site.open()
        chat.answered(WAGNER)
        expect(chat.page).to_have_url(OPEN)
        path = chat.page.url.removeprefix(site.url)
    desk.close()
    desk = scripted_desk(tmp_path, pipeline)
    with served(browser, desk) as site:
        chat = site.open(path=path)
        expect(chat.replies).to_contain_text("Africa Corps")
        chat.answered(SHIPS)
        assert [turn.question for turn in pipeline.histories[-1]] == [WAGNER]
    desk.close()


def test_an_unknown_conversation_is_told_and_a_new_one_can_begin(site: Site) -> None:
    chat = site.open(path="/?c=not-there")
    expect(chat.page.get_by_role("alert")).to_contain_text("This conversation is not here")
    expect(chat.replies).to_have_count(0)
    chat.answered(WAGNER)
    expect(chat.page.locator(".sb-notice")).to_have_count(0)
    expect(chat.page.locator(".sb-talk")).to_have_count(1)


def test_a_conversation_is_renamed_where_it_stands(site: Site, desk: Desk) -> None:
    chat = site.open()
    chat.answered(WAGNER)
    page = chat.page
    more = talk(page, WAGNER).locator(".sb-talk-more")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(more).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    line = page.get_by_role("textbox", name="New title for")
    expect(line).to_be_focused()
    page.keyboard.type("never kept")
    page.keyboard.press("Escape")
    expect(line).to_have_count(0)
    menu(page, WAGNER, "Rename")
    page.keyboard.type("Mali <b>& after</b>")
    page.keyboard.press("Enter")
    expect(page.locator(".sb-talk-open")).to_have_text("Mali <b>& after</b>")
    expect(page).to_have_title("Mali <b>& after</b> · seedbound")
    assert [one.title for one in desk.store.list("")] == ["Mali <b>& after</b>"]
    expect(chat.replies).to_have_count(1)


def test_deleting_is_asked_about_and_erases(site: Site, desk: Desk) -> None:
    chat = two_conversations(site)
    page = chat.page
    menu(page, WAGNER, "Delete")
    dialog = page.get_by_role("dialog", name="Delete this conversation?")
    expect(dialog).to_contain_text(WAGNER)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".sb-talk")).to_have_count(2)

    menu(page, WAGNER, "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator(".sb-talk")).to_have_count(1)
    expect(chat.replies).to_contain_text("Conakry")  # the open one stays
    menu(page, SHIPS, "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator(".sb-talk")).to_have_count(0)
    expect(chat.replies).to_have_count(0)
    expect(page).to_have_url(f"{site.url}/")
    assert desk.store.list("") == ()


def test_search_looks_in_titles_questions_and_answers(site: Site) -> None:
    chat = two_conversations(site)
    page = chat.page
    menu(page, WAGNER, "Rename")
    page.keyboard.type("A title of its own")
    page.keyboard.press("Enter")
    box = page.get_by_role("searchbox", name="Search conversations")
    for words, found in (
        ("title of its own", "A title of its own"),
        ("wagner leaves", "A title of its own"),
        ("Conakry", SHIPS),
    ):
        box.fill(words)
        expect(page.locator(".sb-talk-open")).to_have_text([found])
    box.fill("nothing has this")
    expect(page.locator("#sb-history")).to_contain_text("Nothing found")
    box.fill("")
    expect(page.locator(".sb-talk")).to_have_count(2)


@pytest.mark.parametrize(
    ("act", "suffix"), [("Markdown", ".md"), ("web page", ".html"), ("JSON", ".json")]
)
def test_a_conversation_is_exported_with_its_quotes(site: Site, act: str, suffix: str) -> None:
    chat = site.open()
    chat.answered(WAGNER)
    for _ in range(2):  # the same file can be had twice
        with chat.page.expect_download() as waiting:
            menu(chat.page, WAGNER, f"Export as {act}")
    assert waiting.value.suggested_filename.endswith(suffix)
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert "The Africa Corps" in text and "The Kremlin-controlled paramilitary force" in text
    if suffix == ".json":
        assert json.loads(text)["exchanges"][0]["question"] == WAGNER
    if suffix == ".html":
        page = site.context().new_page()
        site.listen(page)
        page.set_content(text)
        expect(page.locator("body")).to_contain_text("The Kremlin-controlled paramilitary force")


def test_two_tabs_keep_to_their_own_conversations(site: Site) -> None:
    one = site.open()
    one.answered(WAGNER)
    two = site.open(context=one.page.context)
    expect(two.page.locator(".sb-talk")).to_have_count(1)
    two.answered(SHIPS)
    expect(two.page.locator(".sb-talk")).to_have_count(2)
    assert one.page.url != two.page.url
    talk(two.page, WAGNER).get_by_role("link").click()
    expect(two.replies).to_contain_text("Africa Corps")
    expect(one.replies).to_have_count(1)


def test_a_phone_shows_the_conversation_that_was_chosen(site: Site) -> None:
    chat = site.open(PHONE)
    chat.answered(WAGNER)
    page = chat.page
    page.locator("#sb-fold-left").click()
    page.locator("#sb-new").click()
    expect(page.locator("#sb-left")).to_be_hidden()
    expect(chat.replies).to_have_count(0)
    page.locator("#sb-fold-left").click()
    talk(page, WAGNER).get_by_role("link").click()
    expect(page.locator("#sb-left")).to_be_hidden()
    expect(chat.replies).to_contain_text("Africa Corps")


def test_a_thousand_conversations_open_at_once(site: Site, desk: Desk) -> None:
    for number in range(1000):
        desk.store.create("", f"Conversation {number:04d}")
    chat = site.open()
    page = chat.page
    expect(page.locator(".sb-talk")).to_have_count(200)
    page.get_by_role("button", name="Show 200 more").click()
    expect(page.locator(".sb-talk")).to_have_count(400)
    page.get_by_role("searchbox", name="Search conversations").fill("conversation 0007")
    expect(page.locator(".sb-talk-open")).to_have_text(["Conversation 0007"])
    began = time.monotonic()
    page.locator(".sb-talk-open").click()
    expect(page).to_have_title("Conversation 0007 · seedbound")
    assert time.monotonic() - began < 5  # well under a second when nothing else runs


def test_a_list_of_a_thousand_is_made_quickly(desk: Desk) -> None:
    for number in range(1000):
        desk.store.create("", f"Conversation {number}")
    began = time.monotonic()
    found = desk.store.list("")
    markup.listing(markup.Listed(found=found), datetime.now().astimezone())
    assert len(found) == 1000
    assert time.monotonic() - began < 1


def test_the_address_is_there_while_the_answer_is_written(site: Site) -> None:
    chat = site.open()
    chat.ask("a long one")
    expect(chat.page.locator("#sb-stop")).to_be_visible()
    expect(chat.page).to_have_url(OPEN)
    expect(chat.page.locator("#sb-stop")).to_be_visible()
    expect(chat.page.locator(".sb-talk-open")).to_have_text(["a long one"])
