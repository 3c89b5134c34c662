"""Sources, onboarding and settings in a real browser, over a real index with a scripted model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rag import RagError, Settings
from rag.testing import ScriptedChatModel
from tests.rag.indexes import write
from tests.rag.test_models import gguf_file
from tests.ui.desks import indexed_desk
from tests.ui.sites import PHONE, Site, served
from ui.desk.desk import Desk
from ui.desk.pull import Pull

# Gradio's own bookkeeping uses what pandas has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio")

QUOKKA = "Date: 2024-03-03\n\nThe quokka bridge in Perth reopened on 3 March 2024 after repairs by Quentin Quill.\n"
LLAMA = "Date: 2020-05-05\n\nThe llama bridge in Lima reopened on 5 May 2020 after repairs by Lucia Lopez.\n"
QUESTION = "Who repaired the quokka bridge in Perth?"
ANSWER = "The quokka bridge in Perth reopened after repairs by Quentin Quill [1]."


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", quokka=QUOKKA, llama=LLAMA)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    with indexed_desk(settings, model=ScriptedChatModel([ANSWER])) as desk:
        yield desk


@pytest.fixture
def site(browser: Browser, desk: Desk) -> Iterator[Site]:
    with served(browser, desk) as site:
        yield site


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Reading files takes its time on a busy machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def count(page: Page, number: int) -> None:
    expect(page.locator("#sb-library .sb-document")).to_have_count(number)


def drop(page: Page, **files: str) -> None:
    """Let files of these names and contents fall on the page."""
    held = page.evaluate_handle(
        """files => {
            const held = new DataTransfer();
            for (const [name, text] of Object.entries(files)) held.items.add(new File([text], name));
            return held;
        }""",
        files,
    )
    page.dispatch_event("#sb-centre", "dragover", {"dataTransfer": held})
    expect(page.locator("html")).to_have_attribute("data-sb-dropping", "true")
    page.dispatch_event("#sb-centre", "drop", {"dataTransfer": held})


def test_uploaded_files_are_answered_from_at_once(site: Site, docs: Path, desk: Desk) -> None:
    (docs / "broken.pdf").write_text("This is no PDF.")
    chat, other = site.open(), site.open()
    page = chat.page
    expect(page.locator(".sb-onboarding")).to_contain_text("There are no documents yet")
    page.locator("#sb-files").set_input_files([docs / "quokka.txt", docs / "broken.pdf"])
    expect(page.locator("#sb-reading [role=status]")).to_have_text("1 added, 1 skipped")
    expect(page.locator(".sb-line.sb-skipped")).to_contain_text("broken.pdf")
    expect(page.locator(".sb-line.sb-skipped")).to_contain_text("holds no PDF")
    count(page, 1)
    expect(page.locator("#sb-library")).to_contain_text("3 Mar 2024 · txt · ready")
    expect(page.locator(".sb-onboarding")).to_have_count(0)
    assert (desk.uploads.folder / "quokka.txt").read_text() == QUOKKA

    count(other.page, 1)
    for tab in (other, chat):
        expect(tab.answered(QUESTION)).to_contain_text("Quentin Quill")
    page.locator(".sb-answer .sb-marker").first.click()
    expect(page.locator("#sb-viewer mark")).to_contain_text("Quentin Quill")
    page.get_by_role("button", name="Close", exact=True).and_(
        page.locator("[data-act=dismiss]")
    ).click()
    expect(page.locator(".sb-reading")).to_have_count(0)
    expect(other.page.locator(".sb-reading")).to_have_count(0)


def test_folders_are_taken_with_their_structure(site: Site, docs: Path, tmp_path: Path) -> None:
    write(docs / "deep", note="A note on the quokka.")
    (docs / "picture.png").write_bytes(b"\x89PNG")
    (docs / ".hidden.txt").write_text("hidden")
    page = site.open().page
    page.locator("#sb-folder").set_input_files(docs)
    expect(page.locator("#sb-reading [role=status]")).to_have_text("3 added, 1 skipped")
    expect(page.locator(".sb-line.sb-skipped")).to_contain_text("of a kind that is not read")
    count(page, 3)
    expect(page.locator('.sb-document[title="docs/deep/note.txt"]')).to_have_count(1)


def test_dropped_files_are_taken_and_a_new_version_is_said(site: Site) -> None:
    page = site.open().page
    drop(page, **{"note.txt": "The quokka is small."})
    expect(page.locator(".sb-line")).to_have_text(["note.txt added"])
    drop(page, **{"note.txt": "The quokka is very small."})
    expect(page.locator(".sb-line")).to_have_text(["note.txt new version of what was there"])
    drop(page, **{"note.txt": "The quokka is very small."})
    expect(page.locator(".sb-line")).to_have_text(["note.txt is here already"])
    count(page, 1)
    expect(page.locator("html")).not_to_have_attribute("data-sb-dropping", "true")


def test_ticks_and_dates_narrow_what_is_searched(site: Site, desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    chat = site.open()
    page = chat.page
    count(page, 2)
    expect(page.locator(".sb-searched")).to_have_count(0)
    page.get_by_role("checkbox", name="Search only in: The llama bridge").check()
    expect(page.locator(".sb-searched")).to_contain_text("Searching 1 of 2 documents.")
    narrowed = chat.answered(QUESTION)
    expect(page.locator("#sb-evidence")).not_to_contain_text("Quentin")
    expect(narrowed).to_contain_text("The llama bridge")

    page.get_by_role("button", name="Search all").click()
    expect(page.locator(".sb-searched")).to_have_count(0)
    expect(
        page.get_by_role("checkbox", name="Search only in: The llama bridge")
    ).not_to_be_checked()
    expect(chat.answered(QUESTION)).to_contain_text("Quentin Quill")

    page.get_by_text("Published between…").click()
    page.get_by_label("To", exact=True).fill("2020-12-31")
    expect(page.locator(".sb-searched")).to_contain_text(
        "Searching 1 of 2 documents, until 31 Dec 2020."
    )
    expect(chat.answered(QUESTION)).to_contain_text("The llama bridge")
    page.get_by_role("button", name="Search all").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("")


def test_the_filter_finds_and_keeps_what_is_ticked(site: Site, desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    page = site.open().page
    count(page, 2)
    page.get_by_role("checkbox", name="Search only in: The quokka bridge").check()
    page.get_by_label("Filter the sources").fill("LIMA bridge")
    count(page, 1)
    expect(page.locator("#sb-library")).to_contain_text("1 of 2 documents")
    expect(page.locator(".sb-searched")).to_contain_text("1 of 2")
    page.get_by_label("Filter the sources").fill("")
    expect(page.get_by_role("checkbox", name="Search only in: The quokka bridge")).to_be_checked()


def test_removing_asks_first_and_takes_the_quotes_away(site: Site, desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    chat = site.open()
    page = chat.page
    expect(chat.answered(QUESTION)).to_contain_text("Quentin Quill")
    page.get_by_role("button", name="Remove: The quokka bridge").click()
    sure = page.get_by_role("alertdialog")
    expect(sure).to_contain_text("The file on disk is not touched")
    expect(sure.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(sure).to_have_count(0)
    count(page, 2)
    page.get_by_role("button", name="Remove: The quokka bridge").click()
    sure.get_by_role("button", name="Remove", exact=True).click()
    count(page, 1)
    assert (docs / "quokka.txt").exists()
    expect(page.locator("#sb-evidence")).not_to_contain_text("Quentin")
    page.reload()
    count(page, 1)
    expect(page.locator("body")).not_to_contain_text("Quentin")


def test_a_file_that_changed_is_marked_and_read_again(site: Site, desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    page = site.open().page
    count(page, 2)
    (docs / "quokka.txt").write_text(QUOKKA.replace("Quentin Quill", "Queenie Quinn"))
    row = page.locator(".sb-row", has_text="quokka")
    expect(row).to_contain_text("changed on disk since it was read")
    page.get_by_role("button", name="Read again: The quokka bridge").click()
    expect(row).to_contain_text("ready")
    assert any("Queenie Quinn" in one.text for one in desk.documents())
    (docs / "quokka.txt").unlink()
    expect(row).to_contain_text("its file is gone")


def test_reading_can_be_cancelled(site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, ingest = threading.Event(), desk.ingest

    def slow(*args: object, **given: object) -> object:
        assert reading.wait(20)
        return ingest(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(desk, "ingest", slow)
    page = site.open().page
    drop(page, **{f"note{number}.txt": f"Note {number}." for number in range(20)})
    page.get_by_role("button", name="Cancel", exact=True).click()
    reading.set()
    expect(page.locator("#sb-reading [role=status]")).to_contain_text("cancelled")
    expect(page.locator("#sb-reading [data-busy]")).to_have_count(0)


def test_an_empty_index_offers_the_samples(site: Site) -> None:
    chat = site.open()
    page = chat.page
    page.get_by_role("button", name="Add the five sample articles").click()
    count(page, 5)
    expect(page.locator(".sb-onboarding")).to_have_count(0)
    expect(page.locator("#sb-reading [role=status]")).to_have_text("5 added")


def test_the_samples_can_be_added_on_a_phone(site: Site) -> None:
    chat = site.open(PHONE)
    chat.page.get_by_role("button", name="Add the five sample articles").click()
    expect(chat.page.locator(".sb-onboarding")).to_have_count(0)
    expect(chat.page.locator("#sb-box textarea")).to_be_visible()
    chat.expect_no_overflow()


@contextmanager
def without_model(
    browser: Browser, settings: Settings, tmp_path: Path, pull: Callable[..., None]
) -> Iterator[Site]:
    """A page whose model is not on this machine, and what takes the place of fetching it."""
    settings = settings.model_copy(
        update={"models_dir": tmp_path / "models", "chat_model": "hub:ada/tiny/tiny.gguf"}
    )
    with indexed_desk(settings, model=ScriptedChatModel([ANSWER]), models=None) as desk:
        desk.pull = Pull(pull)
        with served(browser, desk) as site:
            yield site


def test_a_missing_model_is_fetched_from_the_page(
    browser: Browser, settings: Settings, tmp_path: Path, docs: Path
) -> None:
    step = threading.Event()
    tries = []

    def pull(name: str, settings: Settings, *, progress: Callable[[int, int], None]) -> None:
        tries.append(name)
        if len(tries) == 1:
            raise RagError("The hub cannot be reached. Check the connection.")
        progress(250_000_000, 1_000_000_000)
        assert step.wait(20)
        settings.models_dir.mkdir()
        (settings.models_dir / "ada--tiny--tiny.gguf").write_bytes(gguf_file())

    with without_model(browser, settings, tmp_path, pull) as site:
        chat = site.open()
        page = chat.page
        box = page.locator(".sb-onboarding")
        expect(box).to_contain_text("not on this machine yet: hub:ada/tiny/tiny.gguf")
        page.get_by_role("button", name="Fetch it now").click()
        expect(box).to_contain_text("The hub cannot be reached.")
        page.get_by_role("button", name="Try again").click()
        expect(box).to_contain_text("250.0 MB of 1.00 GB")
        late = site.open()
        expect(late.page.locator(".sb-onboarding")).to_contain_text("250.0 MB of 1.00 GB")
        step.set()
        expect(box).to_contain_text("There are no documents yet")
        page.locator("#sb-files").set_input_files([docs / "quokka.txt"])
        expect(box).to_have_count(0)
        expect(chat.answered(QUESTION)).to_contain_text("Quentin Quill")


def test_a_folder_in_step_is_named(site: Site, desk: Desk, docs: Path) -> None:
    desk.watching.start([docs])
    page = site.open().page
    count(page, 2)
    expect(page.locator(".sb-watched")).to_have_text(f"In step with {docs}")
    write(docs, emu="The emu is tall.")
    count(page, 3)


def test_settings_apply_to_everybody(site: Site, desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    page = site.open().page
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Long", exact=True).check()
    strictness = page.locator("#sb-strictness input[type=range]")
    strictness.focus()
    strictness.press("End")
    expect(page.locator("#sb-said")).to_contain_text("strict: answers only")
    assert (desk.settings.answer_tokens, desk.settings.refuse_below) == (320, 0.9)
    other = site.open().page
    other.get_by_role("button", name="Settings").click()
    expect(other.get_by_label("Long", exact=True)).to_be_checked()
