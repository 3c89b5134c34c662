"""Pictures of the page as people see it, over the real index of the seeds; what is answered is scripted.

python -m tests.ui.screenshots [--out docs/images] [--only NAME]
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from rag import (
    AnswerEvent,
    Citation,
    Claim,
    ClaimChecked,
    Disagreement,
    Document,
    Finished,
    Holdings,
    Quote,
    Retrieved,
    Settings,
    Timings,
    ingest_paths,
    shipped,
)
from rag.testing import HashEmbedder
from tests.ui.scripted import ScriptedPipeline, answered, claim, passages, quote, refusing
from tests.ui.sites import PHONE, Chat, served
from ui.desk.desk import Desk

WIDE = {"width": 1360, "height": 850}
MALI = "What happens in Mali after Wagner leaves?"
SHIPS = "Where do Russian ships unload weapons?"
GUINEA = "What is the population of Guinea?"
FERRY = "How many passengers may the harbour ferry carry?"
_HARBOUR = {
    "harbour-notice-2023.md": "---\ndate: 2023-03-12\n---\n# Harbour notice\n\n"
    "The ferry Albatros may carry 120 passengers. It leaves the north quay every hour.\n",
    "council-minutes-2025.md": "---\ndate: 2025-02-04\n---\n# Minutes of the town council\n\n"
    "After the refit the ferry Albatros may carry 180 passengers. The council thanked the yard.\n",
}
_EARLIER = (  # title, days ago
    ("How many passengers may the ferry carry?", 0),
    ("Who speaks for the Kremlin?", 1),
    ("Which African leaders did Putin call?", 1),
    ("How is the Africa Corps organised?", 16),
)


class Shown(ScriptedPipeline):
    """Answers three questions about whatever the index holds."""

    def __init__(self, settings: Settings) -> None:
        self._holdings = Holdings(settings)
        super().__init__(library=(), pace=0.004)
        self.scripts = {
            "ships": self._ships,
            "Mali": self._mali,
            "Guinea": self._guinea,
            "ferry": self._ferry,
        }

    def _named(self, part: str) -> Document:
        return next(one for one in self._holdings.documents() if part in one.source)

    def _mali(self, question: str) -> Iterator[AnswerEvent]:
        news, digest, review = (self._named(name) for name in ("004", "001", "002"))
        stays = quote(
            news,
            "The Kremlin-controlled paramilitary force will remain in Mali after Wagner's departure.",
        )
        goes_on = quote(
            digest,
            "the Kremlin-backed Africa Corps has stated that it will continue its operations in Mali",
        )
        training = quote(
            digest,
            "This shift in strategy may indicate a move towards training local forces and providing equipment",
        )
        taken_over = quote(review, "which has taken over Wagner’s missions")
        others = [
            quote(
                news, "Wagner had been deployed in Mali since December 2021 and had been repeatedly"
            ),
            quote(news, "There is a void in the Sahel left by the departure of Western states"),
        ]
        claims = [
            claim(
                "The Africa Corps, a paramilitary force under the Kremlin, will stay in Mali and "
                "continue its operations after Wagner's departure.",
                (1, stays),
                (2, goes_on),
            ),
            claim("It has taken over Wagner's missions.", (3, taken_over)),
            claim("Its work may move towards training local forces.", (4, training)),
        ]
        return self.write(question, claims, (stays, goes_on, taken_over, training, *others))

    def _ships(self, question: str) -> Iterator[AnswerEvent]:
        news, review = self._named("004"), self._named("002")
        docked = quote(
            news,
            "Satellites images reviewed by Associated Press found that ships carrying weapons docked "
            "and unloaded in Conakry, Guinea, in late May.",
        )
        ports = quote(review, "to ports like Conakry, Guinea")
        said = claim("Ships carrying weapons unload in Conakry, Guinea.", (1, docked), (2, ports))
        return self.write(question, [said], (docked, ports))

    def write(
        self, question: str, claims: Sequence[Claim], quotes: Sequence[Quote]
    ) -> Iterator[AnswerEvent]:
        """The events of an answer, with the time that it took."""
        began = time.monotonic()
        for event in super().write(question, claims, quotes):
            if isinstance(event, Finished):
                spent = Timings(retrieve_s=0.1, total_s=time.monotonic() - began)
                event = Finished(answer=replace(event.answer, timings=spent))  # noqa: PLW2901
            yield event

    def _guinea(self, question: str) -> Iterator[AnswerEvent]:
        near = quote(self._named("004"), "docked and unloaded in Conakry, Guinea, in late May")
        return refusing(question, near, "No document states how many people live in Guinea.")

    def _ferry(self, question: str) -> Iterator[AnswerEvent]:
        new = quote(
            self._named("minutes"), "After the refit the ferry Albatros may carry 180 passengers."
        )
        old = quote(self._named("notice"), "The ferry Albatros may carry 120 passengers.")
        said = claim("Since its refit the Albatros may carry 180 passengers.", (1, new))
        differ = Disagreement(
            about="passengers",
            citations=(Citation(number=1, quote=new), Citation(number=2, quote=old)),
            text="Town council (4 February 2025): 180 passengers [1]. "
            "Harbour notice (12 March 2023): 120 passengers [2].",
        )
        yield Retrieved(
            passages=passages((new, old)), quotes=(new, old), standalone_question=question
        )
        yield ClaimChecked(claim=said)
        whole = answered(question, [said], (new, old))
        yield Finished(answer=replace(whole, disagreements=(differ,)))


def opened(chat: Chat) -> None:
    """Two answers, and the quote of a marker."""
    chat.answered(SHIPS)
    chat.answered(MALI).locator(".sb-marker").first.click()
    expect(chat.page.locator("#sb-viewer mark")).to_be_in_viewport()


def answer(chat: Chat) -> None:
    """An answer alone."""
    chat.answered(MALI)


def refusal(chat: Chat) -> None:
    """A question that the documents do not answer."""
    chat.answered(GUINEA)


def disagreement(chat: Chat) -> None:
    """Two documents that say different things."""
    chat.answered(FERRY)


def upload(chat: Chat) -> None:
    """Files that were just added, one of them of no use."""
    folder = Path(tempfile.mkdtemp())
    for name, text in _HARBOUR.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "photo.jpg").write_bytes(bytes(range(256)) * 8)
    chat.page.set_input_files("#sb-files", sorted(folder.iterdir()))
    expect(chat.page.locator("#sb-library .sb-document")).to_have_count(7)
    expect(chat.page.locator("#sb-reading")).to_contain_text("photo.jpg")
    shutil.rmtree(folder)


def library(chat: Chat) -> None:
    """The conversations and sources of a phone."""
    chat.answered(MALI)
    chat.page.locator("#sb-fold-left").click()
    expect(chat.page.locator("#sb-left")).to_be_in_viewport()


def settings_open(chat: Chat) -> None:
    """What can be set."""
    chat.page.locator("#sb-show-settings").click()
    expect(chat.page.locator("#sb-settings")).to_be_visible()


def untouched(_: Chat) -> None:
    """Nothing asked yet."""


#: name, window, colours, what is done, whether there are documents
PICTURES: tuple[tuple[str, dict[str, int], str, Callable[[Chat], None], bool], ...] = (
    ("chat", WIDE, "light", opened, True),
    ("dark", WIDE, "dark", opened, True),
    ("refusal", WIDE, "light", refusal, True),
    ("disagreement", WIDE, "light", disagreement, True),
    ("upload", WIDE, "light", upload, True),
    ("settings", WIDE, "light", settings_open, True),
    ("welcome", WIDE, "light", untouched, True),
    ("empty", WIDE, "light", untouched, False),
    ("phone", PHONE, "light", answer, True),
    ("phone-library", PHONE, "light", library, True),
    ("phone-evidence", PHONE, "dark", opened, True),
)


def desk_over(home: Path, *, filled: bool) -> Desk:
    """A desk with conversations from before; with the seeds and two notes in its index, or with nothing."""
    settings = Settings.load(home=home)
    if filled:
        notes = home / "harbour"
        notes.mkdir(parents=True)
        for name, text in _HARBOUR.items():
            (notes / name).write_text(text, encoding="utf-8")
        ingest_paths([shipped("seeds"), notes], settings, embedder=HashEmbedder())
    desk = Desk(
        settings, open_pipeline=lambda settings, **_: Shown(settings), embedder=HashEmbedder()
    )
    if filled:
        _remember(desk, settings.conversations_path)
    return desk


def _remember(desk: Desk, file: Path) -> None:
    for title, days in _EARLIER:
        changed = (datetime.now(UTC) - timedelta(days=days, minutes=5)).isoformat()
        identity = desk.store.create("", title)
        with sqlite3.connect(file) as connection:
            connection.execute(
                "UPDATE conversations SET changed = ? WHERE id = ?", (changed, identity)
            )
        connection.close()


def take(browser: Browser, out: Path, only: str | None = None) -> None:
    """Make the pictures; each begins from a fresh data folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, window, colours, act, filled in PICTURES:
        if only not in (None, name):
            continue
        home = Path(tempfile.mkdtemp())
        desk = desk_over(home / "home", filled=filled and act is not upload)
        if act is upload:
            ingest_paths([shipped("seeds")], desk.settings, embedder=HashEmbedder())
        with served(browser, desk) as site:
            chat = site.open(window, color_scheme=colours, reduced_motion="reduce")
            act(chat)
            chat.page.evaluate("document.fonts.ready")
            chat.page.mouse.move(0, 0)
            chat.page.screenshot(path=out / f"{name}.png", animations="disabled", caret="hide")
        desk.close()
        shutil.rmtree(home)
        print(f"{out / name}.png  {(out / f'{name}.png').stat().st_size // 1000} kB")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", choices=[name for name, *_ in PICTURES])
    options = parser.parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        take(browser, options.out, options.only)
        browser.close()


if __name__ == "__main__":
    main()
