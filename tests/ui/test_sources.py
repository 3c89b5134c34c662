"""The sources where no browser is needed to see them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.utils import get_upload_folder

from rag import Settings, StorageError
from tests.rag.indexes import prose, write
from tests.ui.desks import indexed_desk, scripted_desk
from tests.ui.scripted import HOSTILE_TEXT, ScriptedPipeline, document
from ui.desk.desk import Desk, DeskState
from ui.desk.pull import PullView
from ui.desk.reading import FileLine, ReadingView
from ui.desk.uploads import Upload, Uploads
from ui.desk.watching import Watched
from ui.documents import markup
from ui.documents.listing import Choice, Row, Shelf, Shelves, parse_day
from ui.documents.onboarding import onboarding
from ui.documents.part import SourcesPart

DAYS = (date(2024, 1, 1), date(2024, 6, 1), None)


def row(number: int, **given: Any) -> Row:
    named = {
        "document_id": f"id{number}",
        "title": f"Title {number}",
        "source": f"deep/text{number}.txt",
        "kind": "txt",
        "published": DAYS[number % 3],
        "published_from": "header",
    }
    return Row(**{**named, **given})


ROWS = tuple(row(number) for number in range(3))


def test_nothing_chosen_is_everything() -> None:
    choice = Choice()
    assert choice.scope() == {}
    assert choice.searched(ROWS) == list(ROWS)
    assert markup.scope_line(choice, Shelf(rows=ROWS)) == ""


def test_ticks_and_days_narrow_the_scope() -> None:
    choice = Choice(after=date(2024, 1, 1), before=date(2024, 3, 1))
    choice.tick("id0", on=True)
    choice.tick("id2", on=True)
    choice.tick("id1", on=True)
    choice.tick("id1", on=False)
    assert choice.scope() == {
        "documents": ["id0", "id2"],
        "after": date(2024, 1, 1),
        "before": date(2024, 3, 1),
    }
    assert [one.document_id for one in choice.searched(ROWS)] == ["id0"]
    line = markup.scope_line(choice, Shelf(rows=ROWS))
    assert "Searching 1 of 3 documents, 1 Jan 2024 to 1 Mar 2024" in line
    assert "1 document without a date left out" in line
    choice.keep(ROWS[:1])
    assert choice.scope()["documents"] == ["id0"]
    choice.reset()
    assert choice.scope() == {}


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(after=date(2024, 2, 1)), "Searching 1 of 3 documents, since 1 Feb 2024"),
        (Choice(before=date(2024, 2, 1)), "Searching 1 of 3 documents, until 1 Feb 2024"),
        (Choice(ticked={"id2"}), "Searching 1 of 3 documents."),
        (Choice(before=date(2020, 2, 1)), "Nothing can be found in it."),
    ],
)
def test_what_is_searched_is_said(choice: Choice, words: str) -> None:
    assert words in markup.scope_line(choice, Shelf(rows=ROWS))


@pytest.mark.parametrize(
    ("words", "found"),
    [("title 1", ["id1"]), ("TEXT2 deep", ["id2"]), ("nothing", []), ("  ", ["id0", "id1", "id2"])],
)
def test_the_filter_looks_at_titles_and_sources(words: str, found: list[str]) -> None:
    assert [one.document_id for one in Choice(words=words).listed(ROWS)] == found


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-02-29", date(2024, 2, 29)), ("2023-02-29", None), ("", None), (None, None)],
)
def test_days_as_a_browser_gives_them(text: object, day: date | None) -> None:
    assert parse_day(text) == day


def test_a_long_list_is_drawn_in_part_and_filtered_whole_and_quickly() -> None:
    rows = tuple(row(number) for number in range(5000))
    began = time.perf_counter()
    drawn = markup.library(Choice(ticked={"id4999"}), Shelf(rows=rows))
    found = markup.library(Choice(words="title 4998"), Shelf(rows=rows))
    assert time.perf_counter() - began < 1
    assert drawn.count("<li ") == markup.LISTED
    assert "and 4,800 more" in drawn
    assert drawn.index('"id4999"') < drawn.index('"id0"')  # what is ticked comes first
    assert "1 of 5000 documents" in found
    assert found.count("<li ") == 1


def test_the_list_says_how_each_document_stands() -> None:
    rows = (
        row(0, state="changed", published_from="mtime"),
        row(1, state="missing", kind=""),
        row(2, title=HOSTILE_TEXT),
    )
    drawn = markup.library(Choice(sure="id1"), Shelf(rows=rows))
    assert "1 Jan 2024 (date of the file)" in drawn
    assert "changed on disk since it was read" in drawn
    assert "1 document changed on disk" in drawn
    assert "its file is gone" in drawn
    assert "undated" in drawn
    assert drawn.count('data-act="reindex"') == 1
    assert drawn.count("sb-sure") == 1
    assert "The file on disk is not touched" in drawn
    assert "<script" not in drawn
    assert "The uploaded copy is deleted" in markup.library(
        Choice(sure="id1"), Shelf(rows=(row(1, uploaded=True),))
    )


def test_what_is_being_read_is_shown_what_needs_attention_first() -> None:
    lines = (
        FileLine(name="a.txt", state="added"),
        FileLine(name="<b>.txt", state="skipped", reason="is broken"),
        FileLine(name="c.txt", state="reading"),
        FileLine(name="d.txt"),
    )
    busy = markup.reading(ReadingView(busy=True, lines=lines, trouble="Wait."), {})
    assert "Reading: 2 of 4 files done" in busy
    assert "data-busy" in busy
    assert "Wait." in busy
    order = [busy.index(name) for name in ("&lt;b&gt;.txt", "c.txt", "d.txt", "a.txt")]
    assert order == sorted(order)
    over = markup.reading(ReadingView(lines=lines[:2]), {})
    assert "1 added, 1 skipped" in over
    assert "data-busy" not in over
    assert markup.reading(ReadingView(), {}) == ""
    many = tuple(FileLine(name=f"{number}.txt") for number in range(1000))
    assert "and 940 more" in markup.reading(ReadingView(busy=True, lines=many), {})


def test_folders_in_step_are_named() -> None:
    def shown(watched: Watched) -> str:
        return markup.reading(ReadingView(), {Path("/docs"): watched})

    assert "In step with /docs" in shown(Watched(skipped=(("a.pdf", "is broken"),)))
    assert "is broken" in shown(Watched(skipped=(("a.pdf", "is broken"),)))
    assert "Reading /docs: 3 of 9 files" in shown(Watched(done=3, total=9))
    assert "not in step. It is gone." in shown(Watched(trouble="It is gone."))


def test_the_shelf_is_made_once_until_something_changes(
    tmp_path: Path, home: Path, pipeline: ScriptedPipeline
) -> None:
    desk = scripted_desk(tmp_path, pipeline)
    shelves = Shelves(desk)
    first = shelves.now()
    assert len(first.rows) == 6
    assert shelves.now() is first
    pipeline.library = (*pipeline.library, document("new.md", "# New"))
    assert {one.source for one in shelves.now().rows} - {one.source for one in first.rows} == {
        "new.md"
    }
    desk.close()


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    with indexed_desk(settings) as desk:
        yield desk


@pytest.fixture
def part(desk: Desk) -> SourcesPart:
    return SourcesPart(desk)


SCOPE, LINE, READING, LIBRARY = range(4)


def act(part: SourcesPart, choice: Choice, **data: Any) -> tuple[Any, ...]:
    return part.act(choice, gr.EventData(None, data))


def test_a_tab_sees_what_others_do(part: SourcesPart, desk: Desk, tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", lake=prose("lake"), river=prose("river"))
    mine, other = Choice(), Choice()
    assert "No documents yet" in act(part, mine, act="look")[LIBRARY]
    act(part, other, act="look")
    desk.ingest([docs])
    for choice in (mine, other):
        shown = act(part, choice, act="look")
        assert "2 documents" in shown[LIBRARY]
        assert 'data-changed="1"' in shown[LIBRARY]
        assert act(part, choice, act="look") == tuple(gr.skip() for _ in range(4))

    lake = next(one.id for one in desk.documents() if one.source == "lake.txt")
    shown = act(part, mine, act="tick", id=lake, on=True)
    assert shown[SCOPE] == {"documents": [lake]}
    assert "Searching 1 of 2 documents" in shown[LINE]
    assert shown[LIBRARY] == gr.skip()  # it is ticked already where it was clicked
    assert other.scope() == {}

    assert "sb-sure" in act(part, other, act="remove", id=lake)[LIBRARY]
    assert "sb-sure" not in act(part, other, act="remove-no")[LIBRARY]
    assert "1 document" in act(part, other, act="remove-yes", id=lake)[LIBRARY]
    shown = act(part, mine, act="look")
    assert (shown[SCOPE], shown[LINE]) == ({}, "")
    assert (docs / "lake.txt").exists()
    assert "No document has the id" in act(part, mine, act="remove-yes", id=lake)[LIBRARY]


def test_changed_files_are_read_again(part: SourcesPart, desk: Desk, tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", lake=prose("lake"))
    desk.ingest([docs])
    write(docs, lake=prose("lake", about="frozen"))
    choice = Choice()
    assert "1 document changed on disk" in act(part, choice, act="look")[LIBRARY]
    act(part, choice, act="reindex-all")
    assert desk.reading.wait(20)
    shown = act(part, choice, act="look")
    assert "changed on disk" not in shown[LIBRARY]
    assert "new version of what was there" in shown[READING]
    assert act(part, choice, act="dismiss")[READING] == ""


@pytest.mark.parametrize(
    "data",
    [
        {},
        None,
        [],
        {"act": 7},
        {"act": ["tick"]},
        {"act": "dates", "after": {}},
        {"act": "remove-yes"},
    ],
)
def test_forged_events_do_no_harm(part: SourcesPart, data: Any) -> None:
    choice = Choice()
    part.act(choice, gr.EventData(None, data))
    assert not choice.searched(()) and choice.after is None


def test_only_files_that_have_arrived_are_taken(
    part: SourcesPart, desk: Desk, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(prose("secret"))
    arrivals = Path(get_upload_folder())
    arrivals.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arrivals) as folder:
        arrived, hidden = Path(folder, "lake.txt"), Path(folder, "hidden.txt")
        arrived.write_text(prose("lake"))
        hidden.write_text("x")
        files = [
            {"path": str(secret), "name": "secret.txt"},
            {"path": f"{folder}/../../../../{secret}", "name": "secret.txt"},
            {"path": str(arrived), "name": "../../lake.txt", "modified": 1e9},
            {"path": str(hidden), "name": ".hidden.txt", "modified": "soon"},
        ]
        skipped = [["big.pdf", "is too large"]]
        part.upload(Choice(), gr.EventData(None, {"files": files, "skipped": skipped}))
        assert desk.reading.wait(20)
        assert list(Path(folder).iterdir()) == []
    states = {line.name: line.state for line in desk.reading.view().lines}
    assert states == {"big.pdf": "skipped", ".hidden.txt": "skipped", "lake.txt": "added"}
    assert secret.exists()
    assert [one.source for one in desk.documents()] == ["lake.txt"]


def test_files_that_were_taken_are_read_whatever_becomes_of_the_next(
    part: SourcesPart, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Uploads.take

    def taken(uploads: Uploads, file: Path, name: str, *more: Any) -> Upload:
        if name == "river.txt":
            raise StorageError("The disk is full. Make room.")
        return take(uploads, file, name, *more)

    monkeypatch.setattr(Uploads, "take", taken)
    arrivals = Path(get_upload_folder())
    arrivals.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arrivals) as folder:
        files = []
        for name in ("lake.txt", "river.txt"):
            Path(folder, name).write_text(prose(name))
            files.append({"path": f"{folder}/{name}", "name": name})
        choice = Choice()
        part.upload(choice, gr.EventData(None, {"files": files}))
    assert desk.reading.wait(20)
    assert choice.said == "The disk is full. Make room."
    assert [one.source for one in desk.documents()] == ["lake.txt"]


def test_a_broken_index_is_told_in_the_list(settings: Settings) -> None:
    settings.index_dir.mkdir(parents=True)
    (settings.index_dir / "catalog.sqlite").write_text("not a database, and long enough to tell")
    with indexed_desk(settings) as desk:
        shown = act(SourcesPart(desk), Choice(), act="look")
    assert "rag doctor" in shown[LIBRARY]
    assert "alert" in shown[LIBRARY]


def test_quotes_are_seen_again_after_a_change_but_not_within_an_answer(
    tmp_path: Path, home: Path, pipeline: ScriptedPipeline
) -> None:
    desk = scripted_desk(tmp_path, pipeline)
    part = SourcesPart(desk)
    part._chat = SimpleNamespace(outputs=[1, 2], render=lambda tab: ("thread", "evidence"))  # type: ignore[assignment]
    seen: list[Any] = []
    tab: Any = SimpleNamespace(current=None, refresh=seen.append)
    assert part.see_again(tab) == ("thread", "evidence")
    assert len(seen[0]) == 6
    tab.current = "busy"
    assert part.see_again(tab) == (gr.skip(), gr.skip())
    desk.close()


def test_onboarding_says_what_to_do() -> None:
    idle, reading = PullView(), ReadingView()
    assert onboarding(DeskState("ready"), (), idle, reading) == ""
    empty = onboarding(DeskState("empty"), (), idle, reading)
    assert "Add the five sample articles" in empty
    busy = ReadingView(busy=True, lines=(FileLine(name="a.txt"),))
    assert "Reading: 0 of 1 file done" in onboarding(DeskState("empty"), (), idle, busy)
    failed = onboarding(DeskState("failed", "The <disk> is full."), (), idle, reading)
    assert "The &lt;disk&gt; is full." in failed
    assert "data-busy" in onboarding(DeskState("opening", "Loading."), (), idle, reading)

    name = "qwen2.5-coder-1.5b-instruct"
    missing = onboarding(DeskState("no_model", "No model."), (name,), idle, reading)
    assert "1.12 GB" in missing
    assert "Fetch it now" in missing
    wrong = onboarding(DeskState("no_model"), (name,), PullView(error="No way out."), reading)
    assert "No way out." in wrong
    assert "Try again" in wrong
    pull = PullView(busy=True, name=name, done=500_000_000, total=1_000_000_000, rate=5e6)
    under_way = onboarding(DeskState("no_model"), (name,), pull, reading)
    assert "500.0 MB of 1.00 GB, 5.0 MB a second, about 1 min 40 s left" in under_way
    assert "data-busy" in under_way
