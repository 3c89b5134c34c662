"""Asking, reading and checking in a real browser, over a scripted pipeline."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from rag import Settings
from tests.ui.desks import scripted_desk
from tests.ui.scripted import HOSTILE_TEXT, ScriptedPipeline, scripted
from tests.ui.sites import DESKTOP, PHONE, Chat, Site, served
from ui.chat.advance import advance, begin
from ui.chat.record import Collected, record_of
from ui.chat.view import Exchange
from ui.desk.desk import Desk

# Gradio's own bookkeeping uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio")

WAGNER = "What happens after Wagner leaves?"
SHIPS = "Where do ships unload?"
STAYS = "The Kremlin-controlled paramilitary force will remain in Mali after Wagner's departure."
DOCKED = "Satellites images reviewed by Associated Press found that ships carrying weapons docked"
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def pipeline() -> ScriptedPipeline:
    return scripted()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, pipeline: ScriptedPipeline) -> Iterator[Desk]:
    desk = scripted_desk(tmp_path_factory.mktemp("chat"), pipeline)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def site(browser: Browser, desk: Desk) -> Iterator[Site]:
    with served(browser, desk) as site:
        yield site


@pytest.fixture(scope="module")
def reader(site: Site) -> BrowserContext:
    """One person's browser: loads the page's scripts once."""
    context = site.context(viewport=DESKTOP)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return context


@pytest.fixture
def opened(
    site: Site, reader: BrowserContext, pipeline: ScriptedPipeline
) -> Iterator[Callable[..., Chat]]:
    """Opens tabs, which are closed after the test."""
    pipeline.pace = 0.01
    pipeline.closed.clear()
    pipeline.histories.clear()
    pipeline.filters.clear()
    pipeline.most_working = 0
    tabs: list[Chat] = []

    def open_tab(path: str = "/", viewport: dict[str, int] | None = None) -> Chat:
        tabs.append(site.open(viewport, path=path, context=reader))
        tabs[-1].page.set_default_timeout(PATIENCE_MS)
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.page.close()


@pytest.fixture
def chat(opened: Callable[..., Chat]) -> Chat:
    return opened()


def answers(chat: Chat) -> Locator:
    return chat.page.locator(".sb-answer")


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that no page shows."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


expect.set_options(timeout=PATIENCE_MS)


# asking and reading


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_question_is_answered_with_quotes_to_open(
    opened: Callable[..., Chat], pipeline: ScriptedPipeline, viewport: dict[str, int]
) -> None:
    pipeline.pace = 0.1
    chat = opened(viewport=viewport)
    page = chat.page
    chat.ask(WAGNER)
    # Quotes are there before the first word.
    expect(page.locator("#sb-evidence .sb-card").first).to_be_attached()
    draft = page.locator(".sb-reply .sb-draft")
    expect(draft).to_be_visible()
    first = draft.inner_text()
    expect(draft).not_to_have_text(first)
    expect(page.locator(".sb-stage")).to_contain_text("not checked yet")
    expect(page.locator(".sb-trail")).to_contain_text("Read 3 passages from 3 documents")
    expect(page.locator(".sb-checked").first).to_be_visible()

    expect(answers(chat)).to_contain_text("As of 10 June 2025.")
    expect(page.locator(".sb-draft, .sb-checked")).to_have_count(0)
    expect(page.locator("#sb-evidence")).to_contain_text("Also retrieved, not cited")
    expect(page.locator("#sb-box textarea")).to_have_value("")
    chat.expect_idle()

    page.get_by_role("button", name="Open quote 1").click()
    chat.expect_marked(STAYS)
    expect(page.locator("#sb-viewer mark")).to_be_focused()
    chat.expect_no_overflow()


def test_the_clock_goes_on_between_two_signs_of_life(chat: Chat) -> None:
    chat.ask("a slow one")
    clock = chat.page.locator(".sb-clock")
    expect(chat.page.locator(".sb-stage")).to_contain_text("Reading 1 passage from 1 document")
    told = clock.inner_text()
    expect(clock).not_to_have_text(told)
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator(".sb-stopped")).to_be_visible()


def test_markers_of_older_answers_keep_their_quotes(chat: Chat) -> None:
    chat.answered(WAGNER)
    chat.answered(SHIPS)
    answers(chat).nth(1).locator(".sb-marker").first.click()
    chat.expect_marked(DOCKED)
    answers(chat).nth(0).locator(".sb-marker").nth(1).click()
    chat.expect_marked("it will continue its operations in Mali")
    expect(chat.page.locator("#sb-evidence .sb-about")).to_have_text(WAGNER)
    # and after scrolling away
    chat.page.locator(".sb-page").evaluate("page => { page.scrollTop = 0 }")
    answers(chat).nth(0).locator(".sb-marker").nth(1).click()
    chat.expect_marked("it will continue its operations in Mali")


def test_a_quote_shows_the_sentences_that_rest_on_it(chat: Chat) -> None:
    chat.answered(WAGNER)
    cards = chat.page.locator("#sb-evidence .sb-card")
    expect(cards.nth(1)).to_contain_text("Rests on this: sentences 1 and 2")
    cards.nth(0).click()
    expect(chat.page.locator(".sb-resting")).to_have_count(1)
    cards.nth(1).click()
    expect(chat.page.locator(".sb-resting")).to_have_count(2)
    expect(chat.page.locator("#sb-evidence [aria-current]")).to_contain_text("it will continue")
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator("#sb-viewer")).to_be_hidden()
    expect(chat.page.locator(".sb-resting")).to_have_count(0)
    expect(cards.nth(1)).to_be_focused()


def test_an_example_is_asked_with_a_click(chat: Chat, pipeline: ScriptedPipeline) -> None:
    chat.page.get_by_text("What will happen in Mali after Wagner leaves?").click()
    expect(answers(chat)).to_contain_text("Africa Corps")
    expect(chat.page.locator(".sb-welcome")).to_have_count(0)
    expect(chat.page.locator("#sb-box textarea")).to_be_focused()
    assert len(pipeline.histories) == 1


def test_keys_ask_and_break_lines(chat: Chat, pipeline: ScriptedPipeline) -> None:
    box = chat.page.locator("#sb-box textarea")
    box.fill("   ")
    # Gradio reads the box a moment after the key, so that what is typed at once would be sent instead.
    with chat.page.expect_response("**/run/predict*"):
        box.press("Enter")
    box.fill("Where do ships")
    box.press("Shift+Enter")
    box.type("unload?")
    expect(box).to_have_value("Where do ships\nunload?")
    tall = box.bounding_box()
    box.press("Enter")
    expect(answers(chat)).to_contain_text("Conakry")
    expect(chat.page.locator(".sb-question")).to_have_count(1)
    low = box.bounding_box()
    assert tall is not None
    assert low is not None
    assert low["height"] < tall["height"]
    assert len(pipeline.histories) == 1


# honesty


def test_a_refusal_shows_what_is_missing_and_no_source(chat: Chat) -> None:
    chat.ask("What is the population of Guinea?")
    refusal = chat.page.locator(".sb-refusal")
    expect(refusal).to_contain_text("a document that states the population of Guinea")
    expect(chat.page.locator("#sb-evidence")).to_contain_text("Related, but not an answer")
    expect(chat.page.locator(".sb-marker, .sb-number")).to_have_count(0)
    chat.page.locator("#sb-evidence .sb-card").click()
    chat.expect_marked(
        "Together with China, Russia remains one of the leading suppliers of arms to the"
    )


def test_what_fails_its_check_is_replaced_in_sight(chat: Chat, pipeline: ScriptedPipeline) -> None:
    pipeline.pace = 0.06
    chat.ask("Was it Paris?")
    working = chat.page.locator(".sb-working")
    expect(working).to_contain_text("Ships docked in Paris.")
    expect(working.locator(".sb-left-out")).to_contain_text("One sentence did not pass its check")
    expect(working.locator(".sb-text")).not_to_contain_text("Paris")
    working.locator("summary").click()
    expect(answers(chat)).to_contain_text("Conakry")
    # What was opened stays open when the answer is whole.
    failed = answers(chat).locator(".sb-left-out s")
    expect(failed).to_be_visible()
    expect(failed).to_have_text("Ships docked in Paris.")
    expect(answers(chat).locator("summary")).to_contain_text("“Paris” is not in the quotes")


def test_disagreements_stand_side_by_side(opened: Callable[..., Chat]) -> None:
    chat = opened()
    chat.answered("Do sources differ?")
    page = chat.page
    sides = page.locator(".sb-side")
    expect(sides).to_have_count(2)
    left, right = sides.nth(0).bounding_box(), sides.nth(1).bounding_box()
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    expect(sides.nth(0)).to_contain_text("10 June 2025")
    expect(sides.nth(1)).to_contain_text("undated")
    expect(page.locator(".sb-understood")).to_have_text(
        "Understood as: Will Russian forces stay in Mali after Wagner leaves?"
    )
    expect(page.locator(".sb-flagged")).to_contain_text("speaks to the software that reads it")
    sides.nth(1).locator(".sb-marker").click()
    chat.expect_marked("it will continue its operations in Mali")


def test_a_hostile_document_is_only_text(chat: Chat) -> None:
    chat.ask(f"What does the hostile file say? {HOSTILE_TEXT}")
    answer = answers(chat)
    expect(answer).to_contain_text(
        "**bold** [link](javascript:alert(1)) </div></article> {{value}} ${window.harmed = 1} $$x"
    )
    expect(answer.locator("button")).to_have_count(1)
    answer.locator("button").click()
    expect(chat.page.locator("#sb-viewer mark")).to_have_count(1)
    shown = chat.page.locator("#sb-viewer .sb-page").evaluate("page => page.textContent")
    assert shown == HOSTILE_TEXT
    hostile = "#sb-centre img, #sb-centre script, #sb-right img, #sb-right script, #sb-right b"
    expect(chat.page.locator(hostile)).to_have_count(0)
    assert chat.page.evaluate("window.harmed") is None


def test_errors_are_told_in_words(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    chat.ask("please fail")
    expect(chat.page.locator(".sb-error")).to_contain_text("Get it: rag models pull")
    with caplog.at_level(logging.CRITICAL, logger="ui.desk.running"):
        chat.ask("nothing in the script knows this")  # an error of another kind
        errors = chat.page.locator(".sb-error")
        expect(errors.nth(1)).to_contain_text("Something unforeseen went wrong")
    expect(chat.page.locator("body")).not_to_contain_text("Traceback")
    chat.expect_idle()


# stopping


@pytest.mark.parametrize("by", ["button", "Escape"])
def test_stop_ends_generation_and_keeps_what_stands(
    chat: Chat, pipeline: ScriptedPipeline, by: str
) -> None:
    pipeline.pace = 0.05
    chat.ask("a long one")
    expect(chat.page.locator(".sb-working .sb-claim")).not_to_have_count(0)
    if by == "button":
        chat.page.locator("#sb-stop").click()
    else:
        chat.page.keyboard.press("Escape")
    stopped = chat.page.locator(".sb-stopped")
    expect(stopped).to_be_visible()
    chat.expect_idle()
    expect(chat.page.locator("#sb-box textarea")).to_be_focused()
    # Left alone, it would write for more than a minute.
    until(lambda: len(pipeline.closed) == 1, "the pipeline was not closed")
    expect(stopped.locator(".sb-claim")).not_to_have_count(0)
    expect(stopped).to_contain_text("Stopped before the answer was checked as a whole.")
    stood = stopped.inner_text()

    chat.ask(SHIPS)
    expect(answers(chat)).to_contain_text("docked")
    assert stopped.inner_text() == stood


def test_stop_does_not_wait_for_a_model_that_is_reading(
    chat: Chat, pipeline: ScriptedPipeline
) -> None:
    chat.ask("a slow one")
    expect(chat.page.locator(".sb-stage")).to_contain_text("Reading 1 passage from 1 document")
    began = time.monotonic()
    chat.page.locator("#sb-stop").click()
    expect(chat.page.locator(".sb-stopped")).to_be_visible()
    chat.expect_idle()
    assert time.monotonic() - began < 5  # it reads for six
    chat.ask(SHIPS)
    expect(chat.page.locator(".sb-stage")).to_contain_text("Waiting")
    expect(answers(chat)).to_contain_text("Conakry")
    assert pipeline.most_working == 1


def test_closing_the_tab_stops_the_model_and_keeps_what_stands(
    opened: Callable[..., Chat], pipeline: ScriptedPipeline, desk: Desk
) -> None:
    pipeline.pace = 0.03
    chat = opened()
    chat.ask("a long one, left alone")
    expect(chat.page.locator(".sb-working .sb-claim")).not_to_have_count(0)
    chat.page.close()
    until(lambda: len(pipeline.closed) == 1, "the pipeline went on without a listener")

    def kept() -> bool:
        found = desk.store.list("", "left alone")
        conversation = desk.store.get("", found[0].id) if found else None
        return bool(conversation and conversation.exchanges[-1].record.get("claims"))

    until(kept, "what stood was not kept")


# several tabs


def test_a_waiting_question_knows_its_place(
    opened: Callable[..., Chat], pipeline: ScriptedPipeline
) -> None:
    pipeline.pace = 0.03
    one, two, three = opened(), opened(), opened()
    one.ask("a long one")
    expect(one.page.locator(".sb-working .sb-claim")).not_to_have_count(0)
    two.ask(SHIPS)
    expect(two.page.locator(".sb-stage")).to_contain_text("Waiting")
    three.ask(WAGNER)
    expect(three.page.locator(".sb-stage")).to_contain_text("2 questions before yours")
    two.page.locator("#sb-stop").click()
    expect(two.page.locator(".sb-stopped")).to_be_visible()
    expect(three.page.locator(".sb-stage")).to_contain_text("1 question before yours")
    one.page.locator("#sb-stop").click()
    expect(answers(three)).to_contain_text("Africa Corps")
    assert pipeline.most_working == 1


def test_twenty_tabs_at_once_get_their_own_answers(site: Site, pipeline: ScriptedPipeline) -> None:
    pipeline.pace = 0.002
    people = [site.context(viewport=DESKTOP) for _ in range(4)]
    tabs = [site.open(context=people[place % 4]) for place in range(20)]
    for place, tab in enumerate(tabs):
        tab.ask(f"Where do ships unload, {place}?" if place % 2 else f"Wagner, {place}?")
    for place, tab in enumerate(tabs):
        expect(answers(tab)).to_contain_text(
            "Conakry" if place % 2 else "It said so on its Telegram channel", timeout=120_000
        )
        expect(tab.page.locator(".sb-question")).to_have_count(1)
        expect(tab.page.locator(".sb-question")).to_contain_text(f", {place}?")
    for person in people:
        person.close()


# what can be done with an answer


def test_a_retry_takes_the_place_of_the_last_answer(chat: Chat, pipeline: ScriptedPipeline) -> None:
    chat.answered(WAGNER)
    chat.answered(SHIPS)
    expect(chat.page.get_by_role("button", name="Retry")).to_have_count(1)
    chat.page.get_by_role("button", name="Retry").click()
    until(lambda: len(pipeline.histories) == 3, "nothing was asked again")
    expect(answers(chat)).to_have_count(2)
    chat.expect_idle()
    assert chat.page.locator(".sb-question").all_inner_texts() == [WAGNER, SHIPS]
    assert [turn.question for turn in pipeline.histories[2]] == [WAGNER]


def test_an_earlier_question_is_edited_and_sent_anew(
    chat: Chat, pipeline: ScriptedPipeline
) -> None:
    for question in (WAGNER, SHIPS):
        chat.answered(question)
    page, box = chat.page, chat.page.locator("#sb-box textarea")
    page.get_by_role("button", name="Edit").first.click()
    expect(box).to_have_value(WAGNER)
    expect(box).to_be_focused()
    expect(page.locator(".sb-editing")).to_contain_text("1 later question with its answer")
    page.get_by_role("button", name="Keep everything").click()
    expect(page.locator(".sb-editing")).to_have_count(0)
    expect(box).to_have_value("")
    expect(answers(chat)).to_have_count(2)

    page.get_by_role("button", name="Edit").first.click()
    expect(box).to_have_value(WAGNER)
    box.fill("Where do the ships unload?")
    box.press("Enter")
    expect(answers(chat)).to_have_count(1)
    expect(page.locator(".sb-question")).to_have_text("Where do the ships unload?")
    expect(page.locator(".sb-editing")).to_have_count(0)
    chat.expect_idle()
    assert pipeline.histories[-1] == ()
    page.reload()
    expect(page.locator(".sb-question")).to_have_text("Where do the ships unload?")


def test_answers_are_copied_with_footnotes(chat: Chat) -> None:
    chat.answered(WAGNER)
    button = chat.page.locator(".sb-tool[value^='copy:']")
    button.click()
    expect(button).to_have_text("Copied")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert "will remain in Mali.[1][2] It said so" in copied
    assert f"[1] “{STAYS}”" in copied


def test_answers_are_copied_without_https(chat: Chat) -> None:
    chat.answered(SHIPS)
    chat.page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
        "document.addEventListener('copy', () => { window.copied = getSelection().toString() ||"
        " document.activeElement.value })"
    )
    button = chat.page.locator(".sb-tool[value^='copy:']")
    button.click()
    expect(button).to_have_text("Copied")
    assert "docked in Conakry, Guinea.[1]" in chat.page.evaluate("window.copied")
    expect(button).to_be_focused()


def test_a_rating_and_its_reason_are_kept(chat: Chat) -> None:
    chat.answered(WAGNER)
    page = chat.page
    page.get_by_role("button", name="Bad answer").click()
    thumb = page.get_by_role("button", name="Bad answer")
    expect(thumb).to_have_attribute("aria-pressed", "true")
    expect(thumb).to_be_focused()
    page.get_by_label("Why?").fill("too short")
    page.get_by_label("Why?").press("Enter")
    expect(page.locator(".sb-kept")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Why?")).to_have_value("too short")
    page.get_by_role("button", name="Bad answer").click()
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Why?")).to_have_count(0)


def test_a_conversation_that_was_deleted_elsewhere_is_told(chat: Chat, desk: Desk) -> None:
    chat.answered(SHIPS)
    (newest, *_) = desk.store.list("")
    desk.store.delete("", newest.id)
    chat.ask(WAGNER)
    expect(chat.page.locator(".sb-thread-notice")).to_contain_text("was deleted meanwhile")
    expect(chat.page.locator("#sb-box textarea")).to_have_value(WAGNER)
    chat.page.press("#sb-box textarea", "Enter")
    expect(answers(chat)).to_contain_text("Africa Corps")
    expect(chat.page.locator(".sb-thread-notice")).to_have_count(0)


# long conversations


def kept_conversation(desk: Desk, pipeline: ScriptedPipeline, turns: int) -> str:
    """The id of a conversation that has been going on for a while."""
    pipeline.pace = 0
    identity = desk.store.create("", f"{turns} turns")
    exchange, collected = begin(Exchange(number=1, question=SHIPS)), Collected(SHIPS)
    for event in pipeline.stream(SHIPS):
        exchange = advance(exchange, event)
        collected.add(event)
    record = record_of(
        exchange, collected, Settings(home=desk.settings.home), asked_at=datetime.now(UTC)
    )
    for turn in range(turns):
        number = desk.store.begin("", identity, f"{SHIPS} ({turn})")
        desk.store.finish("", identity, number, "finished", record)
    return identity


def test_a_thousand_turns_open_within_a_second(
    opened: Callable[..., Chat], desk: Desk, pipeline: ScriptedPipeline
) -> None:
    identity = kept_conversation(desk, pipeline, 1000)
    chat = opened()
    began = time.monotonic()
    chat.page.locator("#sb-history").get_by_role("link", name="1000 turns").click()
    expect(chat.page.locator(".sb-exchange").last).to_be_in_viewport()
    took = time.monotonic() - began
    expect(chat.page.locator(".sb-exchange")).to_have_count(1000)
    logging.getLogger(__name__).info("1,000 turns opened in %.2f s", took)
    assert took < 5  # 1 s on a machine that does nothing else
    chat.ask(WAGNER)
    expect(answers(chat).last).to_contain_text("Africa Corps")
    expect(chat.page.locator(".sb-exchange")).to_have_count(1001)
    expect(chat.page.locator(".sb-exchange").last).to_be_in_viewport()
    desk.store.delete("", identity)


def test_reading_further_up_is_not_disturbed(
    opened: Callable[..., Chat], desk: Desk, pipeline: ScriptedPipeline
) -> None:
    identity = kept_conversation(desk, pipeline, 30)
    chat = opened(f"/?c={identity}")
    thread = chat.page.locator("#sb-chat")
    expect(chat.page.locator(".sb-exchange").last).to_be_in_viewport()
    pipeline.pace = 0.03
    chat.ask("a long one")
    expect(chat.page.locator(".sb-working .sb-claim").nth(2)).to_be_in_viewport()
    thread.hover()
    chat.page.mouse.wheel(0, -1500)
    chat.page.wait_for_function(
        "() => { const chat = document.querySelector('#sb-chat');"
        " return chat.scrollHeight - chat.scrollTop - chat.clientHeight > 600 }"
    )
    read = chat.page.locator(".sb-exchange").nth(25)
    read.scroll_into_view_if_needed()
    before = read.bounding_box()
    claims = chat.page.locator(".sb-working .sb-claim")
    seen = claims.count()
    expect(claims.nth(seen + 3)).to_be_attached()
    after = read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator(".sb-stopped")).to_have_count(1)
