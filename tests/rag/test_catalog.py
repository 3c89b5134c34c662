"""The catalog: versions and their states, spans, and what deleting leaves on disk."""

import sqlite3
import threading
import time
from datetime import date
from typing import Any

import pytest

from rag.catalog import Catalog
from rag.errors import StorageError
from rag.split import Span
from rag.types import Chunk, Document

SPANS = [Span(0, 3), Span(4, 9)]


def document(name="a", text="One. Two.", **more):
    return Document(
        id=name, source=f"{name}.txt", title=name, text=text, sha256=f"sha of {text}", **more
    )


def entry(one, chunks=SPANS):
    return (f"/docs/{one.source}", one, SPANS, chunks)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def catalog(path):
    opened = Catalog(path)
    yield opened
    opened.close()


def publish(catalog, *documents):
    numbers = catalog.add([entry(one) for one in documents])
    catalog.publish(numbers)
    return numbers


def test_an_empty_catalog(catalog):
    assert catalog.documents() == []
    assert catalog.document("a") is None
    assert catalog.meta() == {}
    assert catalog.files() == []
    assert catalog.ready_chunk_ids() == set()
    assert catalog.ready_chunks([]) == {}
    assert catalog.sentences("a") == []
    assert catalog.counts() == {"documents": 0, "chunks": 0, "unfinished": 0}
    assert not catalog.any_removed()


def test_a_document_comes_back_as_it_was(catalog):
    texts = ["One. 😀\r\n\x00Two.\u2028", "b" * 100_000]
    documents = [
        document("a", texts[0], published=date(2024, 3, 27), published_from="header"),
        document("b", texts[1]),
    ]
    publish(catalog, *documents)
    assert catalog.documents() == documents
    assert catalog.document("a") == documents[0]


def test_pending_versions_are_not_seen(catalog):
    (number,) = catalog.add([entry(document())])
    assert catalog.documents() == []
    assert catalog.ready_chunks([f"{number}:0"]) == {}
    assert catalog.sentences("a") == []
    assert catalog.files() == []
    assert catalog.counts() == {"documents": 0, "chunks": 0, "unfinished": 1}
    assert catalog.numbers("pending") == [number]
    catalog.publish([number])
    assert catalog.ready_chunks([f"{number}:0", f"{number}:7", "99:0"]) == {
        f"{number}:0": Chunk(id=f"{number}:0", document_id="a", start=0, end=3)
    }
    assert catalog.sentences("a") == SPANS
    assert catalog.counts() == {"documents": 1, "chunks": 2, "unfinished": 0}


def test_an_update_replaces_at_one_stroke(catalog):
    (old,) = publish(catalog, document(text="old"))
    (new,) = catalog.add([entry(document(text="new"))])
    assert [one.text for one in catalog.documents()] == ["old"]
    catalog.publish([new])
    assert [one.text for one in catalog.documents()] == ["new"]
    assert catalog.numbers("stale") == [old]
    assert not catalog.any_removed()
    assert catalog.ready_chunk_ids() == {f"{new}:0", f"{new}:1"}
    catalog.erase([old])
    assert catalog.chunks(old) == []
    assert catalog.counts()["unfinished"] == 0


def test_retiring_takes_back_an_update_that_was_under_way(catalog):
    publish(catalog, document(text="old"), document("b"))
    catalog.add([entry(document(text="new"))])
    catalog.retire(["a"])
    assert [one.id for one in catalog.documents()] == ["b"]
    assert catalog.numbers("pending") == []
    assert len(catalog.numbers("stale")) == 2
    assert catalog.any_removed()


def test_numbers_are_never_used_twice(catalog):
    (first,) = publish(catalog, document())
    catalog.retire(["a"])
    catalog.erase([first])
    assert publish(catalog, document())[0] > first


def test_restart_makes_everything_pending_with_new_spans_and_meta(catalog):
    catalog.set_meta({"embedder": "old", "gone": "x"})
    (number,) = publish(catalog, document())
    catalog.restart({"embedder": "new"}, [(number, [Span(0, 9)], [Span(0, 9)])])
    assert catalog.meta() == {"embedder": "new"}
    assert catalog.numbers("pending") == [number]
    assert [(chunk.start, chunk.end) for chunk in catalog.chunks(number)] == [(0, 9)]


def test_a_failed_write_changes_nothing(catalog):
    impossible: Any = [Span(0, 3), None]
    with pytest.raises(AttributeError):
        catalog.add([entry(document("a")), entry(document("b"), impossible)])
    impossible = [Span(0, 3), Span(0, impossible[1])]
    with pytest.raises(StorageError, match="cannot be used"):
        catalog.add([entry(document("a")), entry(document("b"), impossible)])
    assert catalog.counts()["unfinished"] == 0
    publish(catalog, document("c"))
    assert [one.id for one in catalog.documents()] == ["c"]


def test_many_threads_share_one(catalog):
    publish(catalog, document())
    failures = []

    def work(name):
        try:
            for number in range(20):
                publish(catalog, document(name, f"text {number}"))
                assert catalog.document("a")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert {one.text for one in catalog.documents() if one.id != "a"} == {"text 19"}


def test_another_process_sees_what_is_published(catalog, path):
    other = Catalog(path)
    publish(catalog, document())
    assert [one.id for one in other.documents()] == ["a"]
    other.close()


def test_deleted_text_leaves_the_files(catalog, path, tmp_path):
    secret = "The canary sings at dawn. " * 500
    (number,) = publish(catalog, document("a", secret))
    publish(catalog, document("b", "kept words"))
    catalog.retire(["a"])
    catalog.erase([number])
    assert catalog.forget_deleted()
    for file in tmp_path.iterdir():
        assert b"canary" not in file.read_bytes()
    assert b"kept words" in path.read_bytes()


def test_a_reader_in_the_way_is_told_soon(catalog, path, monkeypatch):
    monkeypatch.setattr("rag.catalog._CHECKPOINT_TIMEOUT_S", 0.1)
    (number,) = publish(catalog, document())
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM versions").fetchall()
    catalog.erase([number])
    started = time.monotonic()
    assert not catalog.forget_deleted()
    assert time.monotonic() - started < 5
    reader.close()
    assert catalog.forget_deleted()


@pytest.mark.parametrize("content", [b"not a database, but longer than its header" * 99, None])
def test_a_damaged_file_is_one_clear_error(path, content):
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(StorageError, match=r"catalog\.sqlite cannot be used .*rag doctor"):
        Catalog(path)


def test_a_full_disk_is_one_clear_error_and_changes_nothing(catalog):
    publish(catalog, document())
    connection = catalog._connection()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()
    with pytest.raises(StorageError, match=r"full.*disk not full"):
        catalog.add([entry(document("b", "x" * 100_000))])
    assert [one.id for one in catalog.documents()] == ["a"]
    assert catalog.counts()["unfinished"] == 0
