"""Folders kept in step."""

import shutil
import threading
from pathlib import Path

import pytest

from rag.errors import IndexLocked
from rag.holdings import Holdings
from rag.index import Index
from rag.ingest import ingest_paths
from rag.watch import watch_folders
from tests.rag.indexes import prose, write
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def watched(settings, embedder, tmp_path):
    """A folder in step, with what was told of it."""
    folder = write(tmp_path / "docs", river=prose("river"))
    told = []
    stop = threading.Event()

    def take_in(path):
        ingest_paths([path], settings, embedder=embedder, prune=True)

    thread = threading.Thread(
        target=watch_folders,
        args=([folder], take_in),
        kwargs={"stop": stop, "on_trouble": lambda _, why: told.append(why), "again_s": 0.2},
    )
    thread.start()
    yield folder, told
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def sources(settings):
    holdings = Holdings(settings)
    yield lambda: {document.source: document.text for document in holdings.documents()}
    holdings.close()


def test_new_changed_and_deleted_files_follow(watched, sources):
    folder, _ = watched
    until(lambda: set(sources()) == {"river.txt"})
    write(folder / "deep", lake=prose("lake"))
    until(lambda: set(sources()) == {"river.txt", "deep/lake.txt"})
    write(folder, river=prose("river", about="flooded"))
    until(lambda: "flooded" in sources()["river.txt"])
    (folder / "deep" / "lake.txt").unlink()
    until(lambda: set(sources()) == {"river.txt"})
    (folder / "river.txt").unlink()
    until(lambda: sources() == {})


def test_a_half_written_file_is_read_when_it_is_whole(watched, sources):
    folder, told = watched
    until(lambda: set(sources()) == {"river.txt"})
    (folder / "late.txt").write_bytes(b"")  # nothing can be read of it yet
    rounds = len(told)
    until(lambda: len(told) > rounds)
    assert set(sources()) == {"river.txt"}
    (folder / "late.txt").write_text(prose("late train"))
    until(lambda: "late train" in sources().get("late.txt", ""))


def test_a_folder_that_goes_and_comes_back(watched, sources, tmp_path):
    folder, told = watched
    until(lambda: set(sources()) == {"river.txt"})
    shutil.move(folder, tmp_path / "away")
    until(lambda: bool(told and told[-1]))  # the index is written before anything is told
    assert str(folder) in told[-1]
    assert set(sources()) == {"river.txt"}  # a disk that is taken out is no deletion
    shutil.move(tmp_path / "away", folder)
    write(folder, lake=prose("lake"))
    until(lambda: set(sources()) == {"river.txt", "lake.txt"})
    until(lambda: told[-1] is None)


def test_what_fails_is_tried_again(settings, embedder, tmp_path, sources):
    folder = write(tmp_path / "docs", river=prose("river"))
    told = []
    stop, locked = threading.Event(), threading.Event()

    def on_trouble(_, why):
        told.append(why)
        locked.set()

    def take_in(path):
        ingest_paths([path], settings, embedder=embedder, prune=True)

    with Index(settings.index_dir) as index, index.writing():
        thread = threading.Thread(
            target=watch_folders,
            args=([folder], take_in),
            kwargs={"stop": stop, "on_trouble": on_trouble, "again_s": 0.2},
        )
        thread.start()
        assert locked.wait(PATIENCE_S)
        assert "Another process is writing" in told[0]
    until(lambda: set(sources()) == {"river.txt"})
    stop.set()
    thread.join(PATIENCE_S)


def test_hidden_files_and_folders_within_others_cause_no_reading(tmp_path):
    folder = write(tmp_path / "docs", river=prose("river"))
    (folder / ".git").mkdir()
    read: list[Path] = []
    stop = threading.Event()
    thread = threading.Thread(
        target=watch_folders,
        args=([folder, folder / ".git", folder], read.append),
        kwargs={"stop": stop, "again_s": 0.1},
    )
    thread.start()
    until(lambda: len(read) == 2)  # at once, and after watching has begun
    (folder / ".git" / "index.txt").write_text("x")
    write(folder, lake=prose("lake"))
    until(lambda: len(read) == 3)
    stop.set()
    thread.join(PATIENCE_S)
    assert read == [folder] * 3


def test_an_unforeseen_error_does_not_end_it(tmp_path, caplog):
    folder = write(tmp_path / "docs", river=prose("river"))
    stop, told = threading.Event(), []
    tries = iter([ZeroDivisionError(), IndexLocked("busy")])

    def take_in(_):
        for error in tries:
            raise error
        stop.set()

    watch_folders(
        [folder], take_in, stop=stop, on_trouble=lambda _, why: told.append(why), again_s=0.05
    )
    assert [bool(why) for why in told] == [True, True, False]
    assert "ZeroDivisionError" in caplog.text
