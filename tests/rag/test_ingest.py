"""Files into the index and out of it again: what is added, kept, skipped, removed, restored and refused."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rag import (
    DocumentNotFound,
    HybridRetriever,
    IndexLocked,
    IndexMismatch,
    IndexMissing,
    IngestError,
    StorageError,
    ingest_paths,
    open_retriever,
    rebuild_index,
    remove_document,
)
from rag.copies import signature
from rag.index import Index
from rag.read import read_source
from rag.testing import HashEmbedder
from rag.types import Annotation
from tests.rag.indexes import prose, snapshot, write


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"chunk_tokens": 64})


@pytest.fixture
def docs(tmp_path):
    return write(
        tmp_path / "docs", bridge=prose("bridge"), ferry=prose("ferry"), tunnel=prose("tunnel")
    )


@pytest.fixture
def ingest(settings, embedder):
    def run(*paths, **options):
        return ingest_paths(paths, settings, embedder=embedder, **options)

    return run


@pytest.fixture
def found(settings, embedder):
    """Sources found for a query."""

    def run(query, **filters):
        retriever = open_retriever(settings, embedder=embedder)
        with retriever.index:
            passages = retriever.retrieve(query, top_k=50, **filters)
            return [passage.document.source for passage in passages if passage.lexical]

    return run


@pytest.fixture
def embedded(embedder, monkeypatch):
    """Texts that were embedded since."""
    texts: list[str] = []

    def embed(wanted):
        texts.extend(wanted)
        return HashEmbedder().embed(wanted)

    monkeypatch.setattr(embedder, "embed", embed)
    return texts


def identifiers(settings):
    with Index.open(settings) as index:
        return {document.source: document.id for document in index.catalog.documents()}


# adding, updating, skipping


def test_everything_of_a_folder_is_added(ingest, docs, settings, embedder, found):
    seen = []
    report = ingest(docs, progress=lambda done, total: seen.append((done, total)))
    assert report.added == ["bridge.txt", "ferry.txt", "tunnel.txt"]
    assert report.updated == report.unchanged == report.removed == report.skipped == []
    assert report.chunks > 6
    assert report.seconds > 0
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert set(found("bridge3")) == {"bridge.txt"}
    documents = snapshot(settings, embedder)["documents"]
    document = documents[str(docs / "ferry.txt")]
    assert document.text == (docs / "ferry.txt").read_text()
    assert document.published == date(2024, 3, 27)


def test_unchanged_files_are_not_embedded_again(ingest, docs, settings, embedder):
    ingest(docs)
    before = snapshot(settings, embedder)
    os.utime(docs / "bridge.txt", (0, 0))
    report = ingest(docs)
    assert report.unchanged == ["bridge.txt", "ferry.txt", "tunnel.txt"]
    assert report.added == report.updated == []
    assert report.chunks == 0
    assert snapshot(settings, embedder) == before


def test_a_changed_file_replaces_the_old_text(ingest, docs, settings, embedder, found):
    ingest(docs)
    old = identifiers(settings)
    write(docs, bridge=prose("bridge", about="demolished"))
    report = ingest(docs)
    assert report.updated == ["bridge.txt"]
    assert report.unchanged == ["ferry.txt", "tunnel.txt"]
    assert identifiers(settings) == old
    assert set(found("demolished")) == {"bridge.txt"}
    assert set(found("reopened")) == {"ferry.txt", "tunnel.txt"}
    snapshot(settings, embedder)


def test_a_file_that_changes_back_is_back(ingest, docs, settings, embedder):
    ingest(docs)
    before = snapshot(settings, embedder)
    write(docs, bridge="Something else.")
    ingest(docs)
    write(docs, bridge=prose("bridge"))
    ingest(docs)
    assert snapshot(settings, embedder) == before


def test_skipped_files_come_with_a_reason_and_do_not_stop_the_rest(ingest, docs, settings):
    (docs / "empty.txt").write_bytes(b"")
    (docs / "image.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (docs / "large.txt").write_bytes(b"x" * 2_000_000)
    report = ingest_paths(
        [docs], settings.model_copy(update={"max_file_mb": 1}), embedder=HashEmbedder()
    )
    assert len(report.added) == 3
    assert [source for source, _ in report.skipped] == ["empty.txt", "image.txt", "large.txt"]
    reasons = dict(report.skipped)
    assert reasons["empty.txt"] == "has no text"
    assert reasons["image.txt"] == "is not text"
    assert "2.0 MB is over the limit of 1.0 MB" in reasons["large.txt"]


def test_a_file_that_becomes_unreadable_keeps_its_last_good_version(ingest, docs, found):
    ingest(docs)
    (docs / "bridge.txt").write_bytes(b"")
    report = ingest(docs)
    assert report.skipped == [("bridge.txt", "has no text; the version ingested before is kept")]
    assert "bridge.txt" in found("bridge3")


def test_nothing_readable_at_all_is_an_error(ingest, tmp_path, docs, settings, embedder):
    ingest(docs)
    before = snapshot(settings, embedder)
    with pytest.raises(IngestError, match=r"Nothing could be read: blank\.txt has no text"):
        ingest(write(tmp_path / "bad", blank=" \n"))
    assert snapshot(settings, embedder) == before


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_path_without_documents_is_an_error_before_anything_is_made(
    ingest, tmp_path, home, name, docs
):
    (tmp_path / "empty").mkdir()
    with pytest.raises(IngestError):
        ingest(docs, tmp_path / name)
    assert not home.exists()


def test_a_name_in_foreign_bytes_is_skipped(ingest, docs):
    with open(os.fsencode(docs) + b"/caf\xe9.txt", "wb") as file:  # noqa: PTH123
        file.write(b"Some words.")
    report = ingest(docs)
    assert len(report.added) == 3
    assert report.skipped == [
        ("caf\ufffd.txt", "has a name or folder that is not valid UTF-8; rename it")
    ]


def test_a_large_ingest_goes_in_batches(ingest, docs, settings, embedder, monkeypatch):
    monkeypatch.setattr("rag.intake._BATCH_CHUNKS", 1)
    report = ingest(docs)
    assert len(report.added) == 3
    snapshot(settings, embedder)


# the same file by several ways


def test_overlapping_roots_are_one_document_each(ingest, docs, tmp_path, settings, embedder):
    (tmp_path / "link").symlink_to(docs)
    report = ingest(tmp_path, docs, docs / "bridge.txt", tmp_path / "link", f"{docs}/../docs")
    assert report.added == ["docs/bridge.txt", "docs/ferry.txt", "docs/tunnel.txt"]
    assert len(snapshot(settings, embedder)["documents"]) == 3
    again = ingest(docs, tmp_path)
    assert len(again.unchanged) == 3


def test_a_relative_path_is_the_same_document(ingest, docs, monkeypatch):
    ingest(docs)
    monkeypatch.chdir(docs)
    assert ingest("bridge.txt").unchanged == ["bridge.txt"]
    assert len(ingest(".").unchanged) == 3


def test_exact_copies_fold_into_one_passage_that_names_the_others(ingest, docs, settings, embedder):
    text = "The lighthouse was painted red in spring."
    write(docs, copy1=text, copy2=text, copy3=text)
    ingest(docs)
    ids = identifiers(settings)
    retriever = open_retriever(settings, embedder=embedder)
    with retriever.index:
        passages = retriever.retrieve("lighthouse painted red", top_k=5)
    assert [passage.text for passage in passages].count(text) == 1
    assert passages[0].text == text
    copies = {ids["copy1.txt"], ids["copy2.txt"], ids["copy3.txt"]}
    assert {passages[0].document.id, *passages[0].also_in} == copies
    assert len(passages[0].also_in) == 2
    assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))


# pruning and removing


def test_prune_removes_what_is_gone_from_these_folders_only(
    ingest, docs, tmp_path, settings, embedder, found
):
    other = write(tmp_path / "other", castle=prose("castle"))
    ingest(docs, other)
    (docs / "bridge.txt").unlink()
    (other / "castle.txt").unlink()
    assert ingest(docs).removed == []
    report = ingest(docs, prune=True)
    assert report.removed == ["bridge.txt"]
    assert found("bridge3") == []
    assert "castle.txt" in found("castle3")
    snapshot(settings, embedder)


def test_prune_can_empty_a_folder(ingest, docs, settings, embedder):
    ingest(docs)
    for path in docs.iterdir():
        path.unlink()
    assert len(ingest(docs, prune=True).removed) == 3
    assert snapshot(settings, embedder)["documents"] == {}
    assert ingest(docs, prune=True).removed == []


def test_prune_does_not_take_a_vanished_folder_for_an_empty_one(ingest, docs, settings, embedder):
    ingest(docs)
    shutil.move(docs, docs.with_name("unplugged"))
    with pytest.raises(IngestError, match="no file or folder"):
        ingest(docs, prune=True)
    assert len(snapshot(settings, embedder)["documents"]) == 3


def test_prune_keeps_what_cannot_be_looked_at(ingest, docs, settings, embedder, monkeypatch):
    ingest(docs)
    (docs / "bridge.txt").unlink()
    exists = Path.exists

    def refuse(path):
        if path.name == "bridge.txt":
            raise PermissionError(13, "Permission denied")
        return exists(path)

    monkeypatch.setattr(Path, "exists", refuse)
    assert ingest(docs, prune=True).removed == []


def test_a_similar_folder_name_is_not_pruned(ingest, docs, tmp_path):
    longer = write(tmp_path / "docs2", castle=prose("castle"))
    ingest(docs, longer)
    (longer / "castle.txt").unlink()
    assert ingest(docs, prune=True).removed == []


def test_removing_one_document(ingest, docs, settings, embedder, found):
    ingest(docs)
    ids = identifiers(settings)
    assert remove_document(settings, ids["bridge.txt"]).source == "bridge.txt"
    assert found("bridge3") == []
    assert len(snapshot(settings, embedder)["documents"]) == 2
    with pytest.raises(DocumentNotFound, match="rag list"):
        remove_document(settings, ids["bridge.txt"])
    # Its file is still there, so the next ingest brings it back.
    assert ingest(docs).added == ["bridge.txt"]


def test_a_removed_document_does_not_come_back_through_an_update_cut_off(
    ingest, docs, settings, embedder, monkeypatch
):
    ingest(docs)
    write(docs, bridge=prose("bridge", about="demolished"))
    with monkeypatch.context() as patch:
        patch.setattr("rag.catalog.Catalog.publish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest(docs)
    remove_document(settings, identifiers(settings)["bridge.txt"])
    ingest(docs / "ferry.txt")
    assert "bridge.txt" not in identifiers(settings)
    snapshot(settings, embedder)


# rebuilding and refusing


def test_rebuild_follows_changed_settings_and_needs_no_files(ingest, docs, settings, embedder):
    ingest(docs)
    shutil.rmtree(docs)
    changed = settings.model_copy(update={"chunk_tokens": 100, "overlap_sentences": 0})
    other = HashEmbedder(dimension=32)
    before = snapshot(settings, embedder)
    assert rebuild_index(changed, embedder=other) == 3
    after = snapshot(changed, other)
    assert after["documents"] == before["documents"]
    assert after["chunks"] != before["chunks"]
    assert after["meta"]["embedder"] == other.identity
    assert rebuild_index(changed, embedder=other) == 3
    assert snapshot(changed, other) == after


@pytest.mark.parametrize("part", ["vectors", "words"])
def test_rebuild_mends_damaged_parts_without_embedding(
    ingest, docs, settings, embedder, embedded, part
):
    ingest(docs)
    before = snapshot(settings, HashEmbedder())
    embedded.clear()
    for file in (settings.index_dir / part).rglob("*"):
        if file.is_file():
            file.write_bytes(b"garbage " * 20)
    with pytest.raises(StorageError, match="rag ingest --rebuild"):
        ingest(docs)
    rebuild_index(settings, embedder=embedder)
    assert embedded == []
    assert snapshot(settings, HashEmbedder()) == before


def test_an_interrupted_rebuild_loses_nothing(ingest, docs, settings, embedder, monkeypatch):
    ingest(docs)
    for method in ("restart", "publish"):
        with monkeypatch.context() as patch:
            patch.setattr(f"rag.catalog.Catalog.{method}", interrupt)
            with pytest.raises(KeyboardInterrupt):
                rebuild_index(settings, embedder=embedder)
        ingest(docs)
        assert len(snapshot(settings, embedder)["documents"]) == 3


@pytest.mark.parametrize(
    ("change", "other", "said"),
    [
        ({}, HashEmbedder(dimension=32), "embedder was hash@64, now hash@32"),
        ({"chunk_tokens": 50}, HashEmbedder(), "chunk_tokens was 64, now 50"),
        ({"overlap_sentences": 0}, HashEmbedder(), "overlap_sentences was 1, now 0"),
    ],
)
def test_what_was_built_otherwise_is_refused_and_kept(
    ingest, docs, settings, embedder, change, other, said
):
    ingest(docs)
    before = snapshot(settings, embedder)
    changed = settings.model_copy(update=change)
    for action in (
        lambda: ingest_paths([docs], changed, embedder=other),
        lambda: open_retriever(changed, embedder=other),
    ):
        with pytest.raises(IndexMismatch, match=f"{said}.*rag ingest --rebuild"):
            action()
    assert snapshot(settings, embedder) == before


def test_only_what_makes_a_difference_is_refused(ingest, docs, settings, found):
    ingest(docs)
    more = settings.model_copy(update={"top_k": 3, "candidates": 7, "max_file_mb": 1})
    open_retriever(more, embedder=HashEmbedder()).index.close()


def test_another_format_is_refused(ingest, docs, settings, embedder):
    ingest(docs)
    with Index.open(settings) as index:
        index.catalog.set_meta({"format": "0"})
    before = settings.index_dir / "catalog.sqlite"
    for action in (
        lambda: ingest(docs),
        lambda: open_retriever(settings, embedder=embedder),
        lambda: remove_document(settings, "000000000000"),
    ):
        with pytest.raises(IndexMismatch, match=r"format was 0, now \d+.*rag ingest --rebuild"):
            action()
    assert before.is_file()


def test_an_index_of_the_first_format_is_rebuilt_from_its_texts(ingest, docs, settings, embedder):
    ingest(docs)
    before = snapshot(settings, embedder)
    shutil.rmtree(docs)
    with sqlite3.connect(settings.index_dir / "catalog.sqlite") as connection:
        connection.executescript(
            """
            DROP INDEX overview; DROP INDEX sizes; DROP INDEX by_document; DROP INDEX by_path;
            DROP INDEX events; DROP TABLE annotations; DROP TABLE vectors; DROP TABLE stamps; DROP TABLE counters;
            ALTER TABLE versions DROP COLUMN chunk_count; ALTER TABLE versions DROP COLUMN signature;
            ALTER TABLE chunks DROP COLUMN signature;
            CREATE INDEX by_state ON versions (state);
            UPDATE meta SET value = '1' WHERE key = 'format';
            """
        )
    connection.close()
    with pytest.raises(IndexMismatch, match="format was 1"):
        open_retriever(settings, embedder=embedder)
    assert rebuild_index(settings, embedder=embedder) == 3
    assert snapshot(settings, embedder) == before


# what hangs on a document


def test_what_is_known_of_a_text_is_stored_and_goes_with_it(ingest, docs, settings):
    write(
        docs,
        bridge="Date: 2025-06-09\n\nThe bridge was opened on 2 June 2025.\n\n3 min read\n\nIt is green.\n",
    )
    ingest(docs)
    identifier = identifiers(settings)["bridge.txt"]
    with Index.open(settings) as index:
        catalog = index.catalog
        (text,) = [one.text for one in catalog.documents() if one.id == identifier]
        dates = catalog.annotations(identifier, "date")
        asides = catalog.annotations(identifier, "aside")
        assert "2025-06-02" in {one.value for one in dates}
        assert any("2 June 2025" in text[one.start : one.end] for one in dates)
        assert ["3 min read" in text[one.start : one.end] for one in asides].count(True) == 1
        (version,) = [one for one in catalog.versions("ready") if one.document.id == identifier]
        chunks = catalog.chunks(version.number)
        found = catalog.found(chunk.id for chunk in chunks)
        assert {key: one.signature for key, one in found.items()} == {
            one.id: signature(text[one.start : one.end]) for one in chunks
        }
        assert all(one.document_signature for one in found.values())
        assert not any("min read" in text[one.start : one.end] for one in chunks)
        sentences = catalog.sentences(identifier)
        assert not any("min read" in text[one.start : one.end] for one in sentences)
    write(docs, bridge="Nothing is known of this.")
    ingest(docs)
    with Index.open(settings) as index:
        assert index.catalog.annotations(identifier) == ()


def test_pages_survive_a_rebuild(ingest, docs, settings, embedder, monkeypatch):
    def with_pages(file, **options):
        found = read_source(file, **options)
        return replace(found, pages=(Annotation(start=0, end=9, kind="page", value="1"),))

    monkeypatch.setattr("rag.intake.read_source", with_pages)
    ingest(docs)
    before = snapshot(settings, embedder)
    rebuild_index(settings.model_copy(update={"overlap_sentences": 0}), embedder=embedder)
    after = snapshot(settings.model_copy(update={"overlap_sentences": 0}), embedder)
    assert after["annotations"] == before["annotations"]
    for found in after["annotations"].values():
        assert [one.value for one in found if one.kind == "page"] == ["1"]


# files that look unchanged


@pytest.fixture
def opened(monkeypatch):
    """Files that were read since."""
    names: list[str] = []

    def read(file, **options):
        names.append(file.source)
        return read_source(file, **options)

    monkeypatch.setattr("rag.intake.read_source", read)
    return names


@pytest.fixture
def later(monkeypatch):
    """The clock, some seconds on: files that were written a moment ago have settled."""
    now = time.time_ns
    monkeypatch.setattr("rag.stamps.time.time_ns", lambda: now() + 5_000_000_000)


def test_files_that_look_unchanged_are_not_read(ingest, docs, later, opened):
    ingest(docs)
    assert len(opened) == 3
    opened.clear()
    assert len(ingest(docs).unchanged) == 3
    assert opened == []
    os.utime(docs / "ferry.txt", (10, 10))
    assert len(ingest(docs).unchanged) == 3
    assert opened == ["ferry.txt"]
    opened.clear()
    ingest(docs)
    assert opened == []


def test_a_change_within_the_grain_of_the_clock_is_not_missed(ingest, docs, found):
    ingest(docs)
    path = docs / "bridge.txt"
    status = path.stat()
    path.write_text(path.read_text().replace("reopened", "replaced"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert ingest(docs).updated == ["bridge.txt"]
    assert set(found("replaced")) == {"bridge.txt"}


def test_a_change_that_keeps_size_and_time_is_not_missed(ingest, docs, later):
    ingest(docs)
    path = docs / "bridge.txt"
    status = path.stat()
    other = docs.parent / "other"
    other.write_text(path.read_text().replace("reopened", "replaced"))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(path)
    assert ingest(docs).updated == ["bridge.txt"]


def test_a_file_that_is_skipped_is_tried_again(ingest, docs, later, opened):
    (docs / "empty.txt").write_bytes(b"")
    for _ in range(2):
        opened.clear()
        assert len(ingest(docs).skipped) == 1
        assert "empty.txt" in opened
    (docs / "bridge.txt").write_bytes(b"")
    for _ in range(2):
        assert ("bridge.txt", "has no text; the version ingested before is kept") in ingest(
            docs
        ).skipped


# the data folder


def test_reading_needs_an_index(settings, embedder):
    with pytest.raises(IndexMissing, match="rag ingest FOLDER"):
        open_retriever(settings, embedder=embedder)
    with pytest.raises(IndexMissing):
        remove_document(settings, "000000000000")
    with pytest.raises(IndexMissing):
        rebuild_index(settings, embedder=embedder)
    assert not settings.index_dir.exists()


def test_a_moved_data_folder_works_at_once(ingest, docs, settings, embedder, tmp_path):
    ingest(docs)
    before = snapshot(settings, embedder)
    shutil.move(settings.home, tmp_path / "elsewhere")
    moved = settings.model_copy(update={"home": tmp_path / "elsewhere"})
    assert snapshot(moved, embedder) == before
    assert len(ingest_paths([docs], moved, embedder=embedder).unchanged) == 3


def lose(folder):
    shutil.rmtree(folder)


def cut_off(folder):
    (folder / "state").write_bytes(b"changing")


@pytest.mark.parametrize(
    ("part", "harm"), [("vectors", lose), ("words", lose), ("vectors", cut_off)]
)
@pytest.mark.parametrize("way", ["ingest", "search"])
def test_a_lost_part_is_restored_without_embedding(
    ingest, docs, settings, embedder, found, embedded, part, harm, way
):
    ingest(docs)
    before = snapshot(settings, HashEmbedder())
    embedded.clear()
    harm(settings.index_dir / part)
    if way == "ingest":
        assert len(ingest(docs).unchanged) == 3
        assert embedded == []
    else:
        assert found("bridge3")
        assert embedded == ["bridge3"]
    assert snapshot(settings, HashEmbedder()) == before


def test_an_old_copy_of_a_part_is_brought_up_to_date(ingest, docs, settings, embedder, tmp_path):
    ingest(docs)
    parts = ("vectors", "words")
    for part in parts:
        shutil.copytree(settings.index_dir / part, tmp_path / f"old-{part}")
    write(docs, bridge=prose("bridge", about="demolished"), mill=prose("mill"))
    ingest(docs)
    now = snapshot(settings, embedder)
    for part in parts:
        shutil.rmtree(settings.index_dir / part)
        shutil.copytree(tmp_path / f"old-{part}", settings.index_dir / part)
    ingest(docs)
    assert snapshot(settings, embedder) == now


def test_a_data_folder_that_cannot_be_looked_into(settings, embedder, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(StorageError, match="Permission denied"):
        open_retriever(settings, embedder=embedder)


def test_a_folder_that_cannot_be_opened_is_told_of(ingest, docs, monkeypatch):
    write(docs / "closed", castle=prose("castle"))
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = ingest(docs)
    assert len(report.added) == 3
    assert [source for source, _ in report.skipped] == ["closed"]


def test_a_file_in_place_of_the_data_folder(docs, ingest, home):
    home.write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot be written to .* set RAG_HOME"):
        ingest(docs)
    assert home.read_text() == "in the way"


# several at once


def test_a_second_writer_is_turned_away(ingest, docs, settings, embedder):
    ingest(docs)
    with Index(settings.index_dir) as index, index.writing():
        for action in (
            lambda: ingest(docs),
            lambda: remove_document(settings, identifiers(settings)["bridge.txt"]),
            lambda: rebuild_index(settings, embedder=embedder),
        ):
            with pytest.raises(IndexLocked, match="Wait until it has finished"):
                action()
    assert len(ingest(docs).unchanged) == 3


def test_the_lock_of_a_dead_writer_does_not_hold(ingest, docs, settings):
    ingest(docs)
    program = (
        "import os, signal, sys; from pathlib import Path; from rag.index import Index\n"
        "with Index(Path(sys.argv[1])).writing(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", program, settings.index_dir]
    assert subprocess.run(command, timeout=60, check=False).returncode == -9
    assert len(ingest(docs).unchanged) == 3


def test_reading_goes_on_while_another_writes(ingest, docs, settings, embedder):
    ingest(docs)
    with Index(settings.index_dir) as index, index.writing():
        retriever = open_retriever(settings, embedder=embedder)
        with retriever.index:
            assert retriever.retrieve("bridge3")


@pytest.mark.parametrize("where", ["here", "in another process"])
def test_an_open_reader_sees_what_is_ingested_and_removed(ingest, docs, settings, embedder, where):
    ingest(docs)
    retriever = open_retriever(settings, embedder=embedder)
    with retriever.index:
        assert sources(retriever, "castle3") == set()
        write(docs, castle=prose("castle"), bridge=prose("bridge", about="demolished"))
        if where == "here":
            ingest(docs)
        else:
            elsewhere(settings, docs)
        assert sources(retriever, "castle3") == {"castle.txt"}
        best = retriever.retrieve("Fact 3 about the castle is that castle3 was reopened")[0]
        assert best.similarity is not None
        assert best.similarity > 0.5
        assert sources(retriever, "demolished") == {"bridge.txt"}
        (docs / "castle.txt").unlink()
        if where == "here":
            ingest(docs, prune=True)
        else:
            elsewhere(settings, docs)
        assert sources(retriever, "castle3") == set()


def test_an_open_reader_survives_a_rebuild(ingest, docs, settings, embedder):
    ingest(docs)
    retriever = open_retriever(settings, embedder=embedder)
    with retriever.index:
        assert sources(retriever, "bridge3") == {"bridge.txt"}
        rebuild_index(settings, embedder=embedder)
        assert sources(retriever, "bridge3") == {"bridge.txt"}
        assert retriever.retrieve("bridge3")[0].similarity is not None


def test_questions_during_an_ingest_see_whole_documents_only(ingest, docs, settings, embedder):
    ingest(docs)
    retriever = open_retriever(settings, embedder=embedder)
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask():
        while not stop.is_set():
            try:
                for passage in retriever.retrieve("reopened or demolished", top_k=50):
                    text = passage.document.text
                    assert ("reopened" in text) != ("demolished" in text)
                    assert passage.text in text
            except BaseException as error:
                failures.append(error)
                return

    with retriever.index:
        thread = threading.Thread(target=ask)
        thread.start()
        for about in ("demolished", "reopened") * 3:
            write(docs, **{one: prose(one, about=about) for one in ("bridge", "ferry", "tunnel")})
            ingest(docs)
        stop.set()
        thread.join()
    assert not failures


# interrupting


def interrupt(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "moment",
    [
        "rag.intake.read_source",
        "rag.intake.cut_document",
        "rag.catalog.Catalog.add",
        "rag.vectors.ChromaVectors.upsert",
        "rag.words.TantivyWords.write",
        "rag.catalog.Catalog.publish",
        "rag.catalog.Catalog.erase",
    ],
)
def test_ctrl_c_loses_nothing_and_the_next_ingest_goes_on(
    ingest, docs, settings, embedder, monkeypatch, moment
):
    ingest(docs)
    before = snapshot(settings, embedder)
    write(docs, bridge=prose("bridge", about="demolished"), castle=prose("castle"))
    with monkeypatch.context() as patch:
        patch.setattr(moment, interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest(docs)
    with Index.open(settings) as index:
        visible = {version.path for version in index.catalog.versions("ready")}
    assert visible >= set(before["documents"])
    ingest(docs)
    after = snapshot(settings, embedder)
    assert len(after["documents"]) == 4
    assert "demolished" in after["documents"][str(docs / "bridge.txt")].text


@pytest.mark.parametrize(
    "moment", ["rag.vectors.ChromaVectors.upsert", "rag.words.TantivyWords.write"]
)
def test_what_was_embedded_before_ctrl_c_is_not_embedded_again(
    ingest, docs, embedder, settings, monkeypatch, embedded, moment
):
    with monkeypatch.context() as patch:
        patch.setattr(moment, interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest(docs)
    assert embedded
    embedded.clear()
    ingest(docs)
    assert embedded == []
    snapshot(settings, HashEmbedder())


def sources(retriever: HybridRetriever, query: str) -> set[str]:
    passages = retriever.retrieve(query, top_k=50)
    return {passage.document.source for passage in passages if passage.lexical}


def elsewhere(settings, docs):
    """Ingest and prune in another process."""
    program = (
        "import sys; from pathlib import Path\n"
        "from rag import Settings, ingest_paths; from rag.testing import HashEmbedder\n"
        "home, docs = map(Path, sys.argv[1:])\n"
        "settings = Settings.load(home=home, chunk_tokens=64)\n"
        "ingest_paths([docs], settings, embedder=HashEmbedder(), prune=True)"
    )
    subprocess.run([sys.executable, "-c", program, settings.home, docs], check=True, timeout=60)
