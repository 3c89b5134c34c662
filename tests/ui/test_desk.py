"""The desk over a real index: one for all tabs, and in step with other processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rag
from rag import FileOutcome, Finished, IngestError, ModelMissing, RagError, Settings, SettingsError
from rag.errors import IndexLocked, UnreadableDocument
from rag.index import Index
from rag.testing import HashEmbedder, ScriptedChatModel
from tests.rag.indexes import prose, write
from tests.ui.desks import indexed_desk
from tests.waiting import PATIENCE_S, until
from ui.desk.desk import Desk
from ui.desk.pull import Pull
from ui.desk.reading import FileLine
from ui.desk.uploads import Uploads, safe_name


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    with indexed_desk(settings) as desk:
        yield desk


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", river=prose("river"), lake=prose("lake"))


def states(desk: Desk) -> dict[str, str]:
    return {line.name: line.state for line in desk.reading.view().lines}


def upload(desk: Desk, tmp_path: Path, name: str, text: str) -> None:
    arrived = tmp_path / "arrived"
    arrived.write_text(text)
    taken = desk.uploads.take(arrived, name)
    desk.reading.add([desk.uploaded(taken.path, fresh=taken.kind != "same")])
    assert desk.reading.wait(PATIENCE_S)


def test_what_is_ingested_later_is_listed_and_found(desk: Desk, docs: Path, tmp_path: Path) -> None:
    assert (desk.state().kind, desk.documents()) == ("empty", ())
    desk.ingest([docs])
    assert desk.state().kind == "ready"
    desk.pipeline()
    first = desk.documents()
    assert desk.documents() is first

    write(docs, bridge=prose("bridge"))
    desk.ingest([docs])
    assert [one.source for one in desk.documents()] == ["bridge.txt", "lake.txt", "river.txt"]
    assert desk.search("Fact 3 about the bridge")[0].document.source == "bridge.txt"

    late = write(tmp_path / "late", quokka=prose("quokka"))
    program = (
        "from rag import *; from rag.testing import HashEmbedder\n"
        f"ingest_paths([{str(late)!r}], Settings.load(), embedder=HashEmbedder())"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        env={**os.environ, "RAG_HOME": str(desk.settings.home)},
        cwd=Path(__file__).parents[2],
    )
    assert "quokka.txt" in [one.source for one in desk.documents()]
    assert desk.search("Fact 3 about the quokka")[0].document.source == "quokka.txt"
    found = list(desk.stream("What is fact 3 about the quokka?"))
    assert isinstance(found[-1], Finished)
    assert found[-1].answer.passages[0].document.source == "quokka.txt"


def test_a_question_is_narrowed_to_the_scope(desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    (lake,) = (one.id for one in desk.documents() if one.source == "lake.txt")
    (*_, finished) = desk.stream("What is fact 3 about the river?", documents=[lake], after=None)
    assert isinstance(finished, Finished)
    assert {one.document.id for one in finished.answer.passages} == {lake}
    assert {one.document.id for one in desk.search("river", documents=[lake])} == {lake}


def test_the_pipeline_is_opened_once(settings: Settings, docs: Path) -> None:
    opened = []

    def open_pipeline(settings: Settings, **given: object) -> rag.Pipeline:
        opened.append(given["embedder"])
        time.sleep(0.1)  # so that the others come meanwhile
        return rag.open_pipeline(settings, model=ScriptedChatModel([""]), **given)  # type: ignore[arg-type]

    embedder = HashEmbedder()
    with indexed_desk(settings, embedder=embedder, open_pipeline=open_pipeline) as desk:
        desk.ingest([docs])
        threads = [threading.Thread(target=desk.pipeline) for _ in range(5)]
        for thread in threads:
            thread.start()
        until(lambda: desk.state().kind == "opening" or bool(opened))
        for thread in threads:
            thread.join()
        assert opened == [embedder]
        assert desk.state().kind == "ready"


def test_why_the_pipeline_cannot_be_opened_is_told(settings: Settings, docs: Path) -> None:
    def broken(settings: Settings, **_: object) -> rag.Pipeline:
        raise RagError("The roof leaks. Mend it.")

    with indexed_desk(settings, open_pipeline=broken) as desk:
        desk.ingest([docs])
        with pytest.raises(RagError, match="roof"):
            next(desk.stream("Why?"))
        assert (desk.state().kind, desk.state().message) == ("failed", "The roof leaks. Mend it.")


class Warming:
    """A pipeline whose model reads its instruction until it is interrupted, or as long as it likes."""

    def __init__(self, fails: RagError | None = None) -> None:
        self.fails = fails
        self.said: list[str] = []
        self.reading, self.interrupted = threading.Event(), threading.Event()

    def warm(self) -> None:
        self.said.append("warm")
        self.reading.set()
        if self.fails:
            raise self.fails
        if self.interrupted.wait(30):
            raise rag.Interrupted("Stopped.")

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.said.append("close")


def test_what_cannot_get_ready_is_closed_and_told(settings: Settings, docs: Path) -> None:
    pipeline = Warming(RagError("The memory is full. Close something."))
    with indexed_desk(settings, open_pipeline=lambda *_, **__: pipeline) as desk:
        desk.ingest([docs])
        with pytest.raises(RagError, match="memory"):
            desk.pipeline()
        assert pipeline.said == ["warm", "close"]
        assert desk.state().kind == "failed"


def test_closing_does_not_wait_for_what_gets_ready(settings: Settings, docs: Path) -> None:
    pipeline = Warming()
    with indexed_desk(settings, open_pipeline=lambda *_, **__: pipeline) as desk:
        desk.ingest([docs])
        desk.warm()
        assert pipeline.reading.wait(30)
        assert desk.state().kind == "opening"
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert pipeline.said == ["warm", "close"]


def test_a_missing_model_is_told(settings: Settings, tmp_path: Path, docs: Path) -> None:
    settings = settings.model_copy(update={"models_dir": tmp_path, "chat_model": "hub:a/b/c.gguf"})
    with indexed_desk(settings, models=None) as desk:
        assert desk.state().kind == "no_model"
        assert desk.missing_models() == ("hub:a/b/c.gguf",)
        (tmp_path / "a--b--c.gguf").touch()
        desk.ingest([docs])
        assert desk.state().kind == "ready"


def test_a_model_that_comes_after_it_was_missed_is_enough(settings: Settings, docs: Path) -> None:
    there = threading.Event()

    def open_pipeline(settings: Settings, **given: object) -> rag.Pipeline:
        if not there.is_set():
            raise ModelMissing("It is not here. Run: rag models pull a")
        return rag.open_pipeline(settings, model=ScriptedChatModel([""]), **given)  # type: ignore[arg-type]

    settings = settings.model_copy(update={"models_dir": docs, "chat_model": "hub:a/b/c.gguf"})
    (docs / "a--b--c.gguf").touch()
    with indexed_desk(settings, models=None, open_pipeline=open_pipeline) as desk:
        desk.ingest([docs])
        with pytest.raises(ModelMissing):
            desk.pipeline()
        assert desk.state().kind == "no_model"
        there.set()
        desk.warm()
        until(lambda: desk._opening.current is not None)
        until(lambda: desk.state().kind == "ready")
        assert desk.missing_models() == ()


def test_a_broken_index_is_told(settings: Settings, docs: Path) -> None:
    (settings.index_dir).mkdir(parents=True)
    (settings.index_dir / "catalog.sqlite").write_text(
        "not a database, but long enough to be looked at"
    )
    with indexed_desk(settings) as desk:
        assert desk.state().kind == "failed"
        assert "catalog" in desk.state().message


def test_files_that_changed_or_went_are_known_and_read_again(desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    assert [file.state for file in desk.files()] == ["same", "same"]
    (docs / "lake.txt").touch()
    assert [file.state for file in desk.files()] == ["same", "same"]
    write(docs, lake=prose("lake", about="frozen"))
    (docs / "river.txt").unlink()
    assert [file.state for file in desk.files()] == ["changed", "missing"]

    desk.reindex()
    assert desk.reading.wait(PATIENCE_S)
    assert states(desk) == {"lake.txt": "updated"}
    assert [file.state for file in desk.files()] == ["same", "missing"]
    assert {one.source for one in desk.documents()} == {"lake.txt", "river.txt"}
    assert "frozen" in desk.search("lake frozen")[0].text

    desk.reindex([one.id for one in desk.documents() if one.source == "river.txt"])
    assert desk.reading.wait(PATIENCE_S)
    assert states(desk) == {"river.txt": "skipped"}
    assert len(desk.documents()) == 2  # what was read of it is kept


def test_a_document_of_a_deep_folder_keeps_its_name_when_read_again(
    desk: Desk, tmp_path: Path
) -> None:
    write(tmp_path / "docs" / "deep", lake=prose("lake"))
    desk.ingest([tmp_path / "docs"])
    write(tmp_path / "docs" / "deep", lake=prose("lake", about="frozen"))
    desk.reindex()
    assert desk.reading.wait(PATIENCE_S)
    assert [one.source for one in desk.documents()] == ["deep/lake.txt"]


def test_uploads_are_kept_read_and_removed(desk: Desk, tmp_path: Path) -> None:
    upload(desk, tmp_path, "notes/lake.txt", prose("lake"))
    kept = desk.uploads.folder / "notes" / "lake.txt"
    assert states(desk) == {"notes/lake.txt": "added"}
    (document,) = desk.documents()
    assert (document.source, kept.read_text()) == ("notes/lake.txt", prose("lake"))

    upload(desk, tmp_path, "notes/lake.txt", prose("lake"))
    assert states(desk) == {"notes/lake.txt": "unchanged"}
    upload(desk, tmp_path, "notes/lake.txt", prose("lake", about="frozen"))
    assert states(desk) == {"notes/lake.txt": "updated"}
    assert "frozen" in desk.documents()[0].text
    assert [path.name for path in desk.uploads.folder.rglob("*")] == ["notes", "lake.txt"]

    desk.remove(document.id)
    assert desk.documents() == ()
    assert list(desk.uploads.folder.iterdir()) == []


def test_a_broken_upload_is_not_kept_and_replaces_nothing(desk: Desk, tmp_path: Path) -> None:
    upload(desk, tmp_path, "lake.txt", prose("lake"))
    upload(desk, tmp_path, "lake.txt", "")
    (line,) = desk.reading.view().lines
    assert line.state == "skipped"
    assert "kept" in line.reason
    assert (desk.uploads.folder / "lake.txt").read_text() == prose("lake")
    upload(desk, tmp_path, "empty.txt", "")
    assert states(desk) == {"empty.txt": "skipped"}
    assert [path.name for path in desk.uploads.folder.iterdir()] == ["lake.txt"]
    assert [file.state for file in desk.files()] == ["same"]


def test_removing_forgets_quotes_and_leaves_other_files(desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    document = desk.documents()[0]
    conversation = desk.store.create("", "Lakes")
    number = desk.store.begin("", conversation, "What of the lake?")
    words = document.text[20:60]
    citation = {"number": 1, "document_id": document.id, "source": document.source, "title": document.title,
                "published": None, "start": 20, "end": 60, "quote": words, "also_in": []}  # fmt: skip
    record = {"claims": [{"text": words, "citations": [1], "supported": True, "support": 1.0}],
              "citations": [citation], "answer": words}  # fmt: skip
    desk.store.finish("", conversation, number, "finished", record)
    desk.remove(document.id)
    saved = desk.store.get("", conversation)
    assert saved is not None
    assert words not in str(saved.exchanges[0].record)
    assert (docs / document.source).is_file()


def test_uploads_that_were_cut_off_are_read_at_the_next_start(
    settings: Settings, tmp_path: Path
) -> None:
    with indexed_desk(settings) as desk:
        (tmp_path / "arrived").write_text(prose("lake"))
        desk.uploads.take(tmp_path / "arrived", "deep/lake.txt")
    with indexed_desk(settings) as desk:
        desk.warm()
        until(lambda: states(desk) == {"deep/lake.txt": "added"})
        assert [one.source for one in desk.documents()] == ["deep/lake.txt"]


def test_uploads_that_cannot_be_looked_at_are_tried_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def files(*_: object) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    with indexed_desk(settings) as desk:
        (tmp_path / "arrived").write_text(prose("lake"))
        desk.uploads.take(tmp_path / "arrived", "lake.txt")
        with monkeypatch.context() as patch:
            patch.setattr(Uploads, "files", files)
            desk.resume()
        assert states(desk) == {}
        desk.warm()
        until(lambda: states(desk) == {"lake.txt": "added"})


def test_reading_ends_where_uploads_cannot_be_tidied_up(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settle(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Uploads, "settle", settle)
    upload(desk, tmp_path, "lake.txt", prose("lake"))
    assert (states(desk), desk.reading.view().busy) == ({"lake.txt": "added"}, False)
    upload(desk, tmp_path, "empty.txt", "")
    assert states(desk) == {"empty.txt": "skipped"}


def test_cancelling_keeps_what_has_been_read(desk: Desk, tmp_path: Path) -> None:
    names = [f"text{number:02}.txt" for number in range(40)]
    lines = []
    for name in names:
        (tmp_path / "arrived").write_text(prose(name, sentences=2))
        lines.append(desk.uploaded(desk.uploads.take(tmp_path / "arrived", name).path))
    desk.reading.add(lines)
    until(lambda: desk.reading.view().count("added") > 0)
    desk.reading.cancel()
    assert desk.reading.wait(PATIENCE_S)
    view = desk.reading.view()
    added = {line.name for line in view.lines if line.state == "added"}
    assert view.count("added", "cancelled") == len(names)
    assert 0 < len(added) < len(names)
    assert {one.source for one in desk.documents()} == added
    assert {path.name for path in desk.uploads.folder.iterdir()} == added


def test_reading_waits_for_another_program(desk: Desk, docs: Path) -> None:
    line = FileLine(name="lake.txt", path=docs / "lake.txt", root=docs)
    with Index(desk.settings.index_dir) as index, index.writing():
        desk.reading.add([line])
        until(lambda: "Another program" in desk.reading.view().trouble)
        with pytest.raises(IndexLocked):
            desk.ingest([docs])
    assert desk.reading.wait(PATIENCE_S)
    assert states(desk) == {"lake.txt": "added"}
    assert desk.reading.view().trouble == ""


def test_reading_that_cannot_go_on_says_why(settings: Settings, docs: Path) -> None:
    settings = settings.model_copy(update={"models_dir": docs, "embedding_model": str(docs / "no")})
    with Desk(settings) as desk:
        desk.reading.add([FileLine(name="lake.txt", path=docs / "lake.txt", root=docs)])
        assert desk.reading.wait(PATIENCE_S)
        assert states(desk) == {"lake.txt": "skipped"}
        assert str(docs / "no") in desk.reading.view().trouble


def test_folders_are_kept_in_step(desk: Desk, docs: Path) -> None:
    desk.watching.start([docs])
    until(lambda: len(desk.documents()) == 2)
    (docs / "broken.pdf").write_text("no pdf")
    until(lambda: bool(desk.watching.folders[docs].skipped))
    assert desk.watching.folders[docs].skipped[0][0] == "broken.pdf"
    (docs / "lake.txt").unlink()
    until(lambda: [one.source for one in desk.documents()] == ["river.txt"])


def test_a_folder_that_is_suddenly_empty_keeps_its_documents(desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    kept = docs.rename(docs.with_name("elsewhere"))
    docs.mkdir()
    desk.watching.start([docs])
    until(lambda: "is empty; its documents are kept" in desk.watching.folders[docs].trouble)
    assert len(desk.documents()) == 2
    docs.rmdir()
    kept.rename(docs)
    until(lambda: not desk.watching.folders[docs].trouble)
    assert [file.state for file in desk.files()] == ["same", "same"]


def test_others_write_while_a_large_folder_is_taken_in(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"text{number:02}" for number in range(40)]
    folder = write(tmp_path / "many", **{name: prose(name, sentences=2) for name in names})
    (folder / "broken.pdf").write_text("no pdf")
    taken: list[tuple[int, bool]] = []
    ingest = rag.ingest_paths

    def noted(paths: list[Path], *given: object, **options: object) -> object:
        taken.append((len(paths), bool(options["prune"])))
        return ingest(paths, *given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(rag, "ingest_paths", noted)
    desk.watching._take_in(folder)
    assert taken == [(16, False), (16, False), (9, False), (1, True)]
    assert [one.source for one in desk.documents()] == [f"{name}.txt" for name in names]
    assert [name for name, _ in desk.watching.folders[folder].skipped] == ["broken.pdf"]

    taken.clear()
    (folder / "text00.txt").unlink()
    desk.watching._take_in(folder)
    assert taken == [(1, False), (1, True)]  # what cannot be read is tried again
    assert len(desk.documents()) == 39


def test_settings_apply_to_the_open_pipeline(desk: Desk, docs: Path) -> None:
    desk.ingest([docs])
    pipeline = desk.pipeline()
    desk.apply(top_k=1)
    assert desk.pipeline() is pipeline
    (*_, finished) = desk.stream("What is fact 3 about the river?")
    assert isinstance(finished, Finished)
    assert len(finished.answer.passages) == 1
    with pytest.raises(SettingsError, match="refuse_below"):
        desk.apply(refuse_below=7)
    with pytest.raises(SettingsError, match="home cannot be changed"):
        desk.apply(home=docs)
    assert desk.settings.top_k == 1


def test_settings_do_not_change_within_an_answer(desk: Desk) -> None:
    before = desk.settings
    change = threading.Thread(target=lambda: desk.apply(top_k=1))
    with desk.queue.turn("somebody") as granted:
        assert granted
        change.start()
        change.join(0.3)
        assert desk.settings is before
    change.join(PATIENCE_S)
    assert desk.settings.top_k == 1


def test_a_search_outlives_the_model_that_answers(settings: Settings, docs: Path) -> None:
    with indexed_desk(settings) as desk:
        desk.ingest([docs])
        pipeline: Any = desk.pipeline()
        found = desk.search("Fact 3 about the lake")
        pipeline.close()
        assert desk.search("Fact 3 about the lake") == found


def test_another_model_takes_over_or_the_old_one_stays(settings: Settings, docs: Path) -> None:
    closed = []

    def open_pipeline(settings: Settings, **given: object) -> rag.Pipeline:
        if settings.chat_model == "missing":
            raise ModelMissing("It is not here. Run: rag models pull missing")
        model = ScriptedChatModel([settings.chat_model])
        pipeline = rag.open_pipeline(settings, model=model, **given)  # type: ignore[arg-type]
        release, name = pipeline.close, settings.chat_model

        def close() -> None:
            closed.append(name)
            release()

        pipeline.close = close  # type: ignore[method-assign]
        return pipeline

    first = settings.chat_model
    with indexed_desk(settings, open_pipeline=open_pipeline) as desk:
        desk.ingest([docs])
        old = desk.pipeline()
        with pytest.raises(ModelMissing):
            desk.apply(chat_model="missing")
        assert (desk.pipeline(), desk.settings.chat_model, desk.state().kind) == (
            old,
            first,
            "ready",
        )

        turn = desk.queue.turn("somebody")
        change = threading.Thread(target=lambda: desk.apply(chat_model="other"))
        with turn as granted:
            assert granted
            change.start()
            change.join(0.3)
            assert desk.pipeline() is old  # it is answering
        change.join(PATIENCE_S)
        assert desk.pipeline() is not old
        assert (desk.settings.chat_model, closed) == ("other", [first])


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("notes/lake.txt", "notes/lake.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\ada\\lake.txt", "C_/Users/ada/lake.txt"),
        ("a/./b//../c.txt", "a/b/c.txt"),
        ("li\x00ne\n.txt", "li_ne_.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("half \ud800.txt", "half _.txt"),
    ],
)
def test_names_of_uploads_lead_nowhere_else(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("name", ["", "..", "/", ".env", "a/.git/config", "x/" * 30 + "y.txt"])
def test_names_of_uploads_that_are_not_taken(name: str) -> None:
    with pytest.raises(UnreadableDocument):
        safe_name(name)


def test_long_names_keep_their_ending() -> None:
    name = safe_name("ä" * 300 + ".txt")
    assert name.endswith("ä.txt")
    assert len(name.encode()) <= 200


def test_uploads_stay_in_their_folder(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    outside = tmp_path / "outside"
    outside.mkdir()
    uploads.folder.mkdir()
    (uploads.folder / "link").symlink_to(outside)
    (tmp_path / "arrived").write_text("x")
    with pytest.raises(UnreadableDocument, match="leads elsewhere"):
        uploads.take(tmp_path / "arrived", "link/lake.txt")
    (uploads.folder / "file").write_text("x")
    with pytest.raises(UnreadableDocument, match="name of a file"):
        uploads.take(tmp_path / "arrived", "file/lake.txt")
    (uploads.folder / "folder").mkdir()
    with pytest.raises(UnreadableDocument, match="name of a folder"):
        uploads.take(tmp_path / "arrived", "folder")
    assert list(outside.iterdir()) == []
    with pytest.raises(UnreadableDocument, match="did not arrive"):
        uploads.take(tmp_path / "nothing", "lake.txt")


def test_the_time_of_an_upload_is_that_of_the_file_it_was(tmp_path: Path) -> None:
    (tmp_path / "arrived").write_text("x")
    taken = Uploads(tmp_path / "uploads").take(tmp_path / "arrived", "lake.txt", 1_000_000_000.0)
    assert taken.path.stat().st_mtime == 1_000_000_000.0


def test_threads_hand_over_the_same_name_at_once(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    problems = []

    def take(number: int) -> None:
        try:
            for turn in range(30):
                arrived = tmp_path / f"arrived{number}"
                arrived.write_text(f"{number} {turn}")
                taken = uploads.take(arrived, "deep/lake.txt")
                uploads.settle(taken.path, read=True)
                uploads.files()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [path.name for path in uploads.files()] == ["lake.txt"]


def test_a_version_that_was_cut_off_gives_way(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    for text in ("old", "new"):
        (tmp_path / "arrived").write_text(text)
        taken = uploads.take(tmp_path / "arrived", "deep/lake.txt")
    assert taken.kind == "version"
    assert [path.read_text() for path in uploads.files()] == ["new"]
    assert not (uploads.folder / ".aside").exists()


def test_a_pull_tells_how_far_it_is(settings: Settings) -> None:
    step, seen, then = threading.Event(), threading.Event(), threading.Event()

    def pull_model(name: str, settings: Settings, *, progress: Callable[[int, int], None]) -> None:
        progress(0, 100)
        time.sleep(0.6)
        progress(30, 100)
        seen.set()
        assert step.wait(PATIENCE_S)
        progress(100, 100)

    pull = Pull(pull_model)
    pull.start(["one"], settings, then.set)
    assert seen.wait(PATIENCE_S)
    view = pull.view
    assert (view.busy, view.name, view.done, view.total) == (True, "one", 30, 100)
    assert 0 < view.rate <= 50
    assert view.seconds_left == pytest.approx(70 / view.rate)
    pull.start(["two"], settings)  # one is under way
    step.set()
    assert then.wait(PATIENCE_S)
    assert (pull.view.busy, pull.view.name, pull.view.error) == (False, "one", "")


def test_a_pull_that_fails_says_why_and_can_be_tried_again(settings: Settings) -> None:
    tries: Iterator[Exception | None] = iter([RagError("No way out."), ValueError(), None])
    then = threading.Event()

    def pull_model(name: str, settings: Settings, *, progress: object) -> None:
        error = next(tries)
        if error:
            raise error

    pull = Pull(pull_model)
    for expected in ("No way out.", "the terminal shows what"):
        pull.start(["one"], settings, then.set)
        until(lambda: not pull.view.busy)
        assert expected in pull.view.error
    assert not then.is_set()
    pull.start(["one"], settings, then.set)
    assert then.wait(PATIENCE_S)


def test_an_ingest_that_reads_nothing_still_raises(desk: Desk, tmp_path: Path) -> None:
    told: list[FileOutcome] = []
    (tmp_path / "empty.txt").touch()
    with pytest.raises(IngestError, match=r"empty\.txt"):
        desk.ingest([tmp_path / "empty.txt"], told.append)
    assert [one.outcome for one in told] == ["reading", "skipped"]


def test_the_data_folder_can_be_moved(settings: Settings, tmp_path: Path) -> None:
    with indexed_desk(settings) as desk:
        upload(desk, tmp_path, "lake.txt", prose("lake"))
    moved = tmp_path / "moved"
    shutil.move(settings.home, moved)
    with indexed_desk(settings.model_copy(update={"home": moved})) as desk:
        assert [one.source for one in desk.documents()] == ["lake.txt"]
