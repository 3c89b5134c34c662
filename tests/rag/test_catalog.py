"""The catalog: versions and their states, what hangs on them, older formats, and what deleting leaves on disk."""

import random
import sqlite3
import threading
import time
from datetime import date
from typing import Any

import numpy as np
import pytest

from rag.catalog import Catalog
from rag.details import Entry, FoundChunk
from rag.errors import IndexMismatch, StorageError
from rag.schema import FORMAT
from rag.split import Span
from rag.types import Annotation, Chunk, Document

SPANS = [Span(0, 3), Span(4, 9)]


def document(name="a", text="One. Two.", **more):
    return Document(
        id=name, source=f"{name}.txt", title=name, text=text, sha256=f"sha of {text}", **more
    )


def entry(one, chunks=SPANS, **more):
    return Entry(path=f"/docs/{one.source}", document=one, sentences=SPANS, chunks=chunks, **more)


def said(start, end, value, kind: Any = "date"):
    return Annotation(start=start, end=end, kind=kind, value=value)


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


def publish_entries(catalog, *entries):
    numbers = catalog.add(entries)
    catalog.publish(numbers)
    return numbers


def test_an_empty_catalog(catalog):
    assert catalog.documents() == []
    assert catalog.document("a") is None
    assert catalog.meta() == {}
    assert catalog.files() == []
    assert catalog.ready_chunk_ids() == set()
    assert catalog.found([]) == {}
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
    assert catalog.found([f"{number}:0"]) == {}
    assert catalog.sentences("a") == []
    assert catalog.files() == []
    assert catalog.counts() == {"documents": 0, "chunks": 0, "unfinished": 1}
    assert catalog.numbers("pending") == [number]
    catalog.publish([number])
    assert catalog.found([f"{number}:0", f"{number}:7", "99:0"]) == {
        f"{number}:0": FoundChunk(
            chunk=Chunk(id=f"{number}:0", document_id="a", start=0, end=3),
            signature=None,
            document_signature=None,
            published=None,
        )
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
    catalog.restart({"embedder": "new"}, [(number, entry(document(), [Span(0, 9)]))])
    assert catalog.meta() == {"embedder": "new"}
    assert catalog.numbers("pending") == [number]
    assert [(chunk.start, chunk.end) for chunk in catalog.chunks(number)] == [(0, 9)]


def test_annotations_come_back_by_kind_in_the_order_of_the_text(catalog):
    known = [said(4, 9, "2024-05-01"), said(0, 9, "1", "page"), said(0, 3, "byline", "aside")]
    publish_entries(catalog, entry(document(), annotations=known))
    assert catalog.annotations("a") == (known[2], known[1], known[0])
    assert catalog.annotations("a", "aside") == (known[2],)
    assert catalog.annotations("b") == ()
    publish_entries(catalog, entry(document(text="new"), annotations=known[:1]))
    assert catalog.annotations("a") == (known[0],)


def test_signatures_come_back_for_what_is_ready(catalog):
    (old,) = publish_entries(
        catalog, entry(document(), signature=b"old", chunk_signatures=[b"o0", b"o1"])
    )
    (new,) = catalog.add(
        [entry(document(text="new"), signature=b"new", chunk_signatures=[b"n0", b"n1"])]
    )
    (bare,) = publish(catalog, document("b"))
    ids = [f"{version}:{n}" for version in (old, new, bare) for n in (0, 1, 2)]
    assert signatures(catalog, ids) == {
        f"{old}:0": (b"o0", b"old"),
        f"{old}:1": (b"o1", b"old"),
        f"{bare}:0": (None, None),
        f"{bare}:1": (None, None),
    }
    catalog.publish([new])
    assert signatures(catalog, ids) == {
        f"{new}:0": (b"n0", b"new"),
        f"{new}:1": (b"n1", b"new"),
        f"{bare}:0": (None, None),
        f"{bare}:1": (None, None),
    }


def signatures(catalog, ids):
    return {key: (one.signature, one.document_signature) for key, one in catalog.found(ids).items()}


def test_each_chunk_has_a_signature_or_none_has(catalog):
    with pytest.raises(ValueError, match="shorter"):
        catalog.add([entry(document(), chunk_signatures=[b"one"])])
    assert catalog.counts()["unfinished"] == 0


def test_vectors_are_kept_to_three_digits_until_the_version_goes(catalog):
    (number,) = publish(catalog, document())
    vectors = np.random.default_rng(0).standard_normal((2, 48), dtype=np.float32)
    catalog.keep_vectors([(number, vectors)])
    catalog.keep_vectors([(number, vectors)])
    ((found, kept),) = catalog.vectors([number, 99])
    assert found == number
    assert kept.dtype == np.float32
    np.testing.assert_allclose(kept, vectors, rtol=1e-3)
    catalog.erase([number])
    assert list(catalog.vectors([number])) == []


def test_vectors_of_very_many_versions(catalog):
    numbers = publish(catalog, *[document(f"d{n}") for n in range(1000)])
    catalog.keep_vectors((n, np.full((2, 4), n % 100, np.float32)) for n in numbers)
    kept = dict(catalog.vectors(numbers))
    assert len(kept) == 1000
    assert kept[numbers[42]][0, 0] == numbers[42] % 100


def test_a_restart_keeps_vectors_that_still_fit(catalog):
    numbers = publish(catalog, document("a"), document("b"))
    catalog.set_meta({"embedder": "one"})
    catalog.keep_vectors((n, np.ones((2, 4), np.float32)) for n in numbers)
    recut = [(numbers[0], entry(document("a"))), (numbers[1], entry(document("b"), [Span(0, 9)]))]
    catalog.restart({"embedder": "one"}, recut)
    assert [n for n, _ in catalog.vectors(numbers)] == numbers[:1]
    catalog.restart({"embedder": "two"}, recut)
    assert list(catalog.vectors(numbers)) == []


@pytest.mark.parametrize(
    ("after", "before", "numbers"),
    [
        (date(2024, 5, 1), None, {0, 1}),
        (date(2024, 5, 2), None, {1}),
        (date(2024, 6, 30), date(2024, 12, 31), {1}),
        (None, date(2024, 4, 30), set()),
        (None, date(2024, 5, 1), {0}),
        (date(2031, 1, 1), date(2031, 2, 1), {1}),
        (None, None, {0, 1}),
    ],
)
def test_chunks_about_days(catalog, after, before, numbers):
    (number,) = publish_entries(
        catalog,
        entry(
            document(),
            annotations=[
                said(0, 3, "2024-05-01"),
                said(4, 7, "2024-06-01/2024-06-30"),
                said(7, 9, "2031-01-01/.."),
                said(2, 6, "1999-01-01"),  # across a border: in neither chunk
                said(0, 3, "2000-01-01", "aside"),
            ],
        ),
    )
    publish_entries(catalog, entry(document("b")))
    assert set(catalog.chunks_about(after, before)) == {(number, n) for n in numbers}
    catalog.retire(["a"])
    assert catalog.chunks_about(after, before) == []


def test_files_are_known_by_path_with_their_stamp(catalog):
    (a,) = publish_entries(catalog, entry(document("a"), stamp="1:2:3"))
    (b,) = publish(catalog, document("b"))
    catalog.add([entry(document("c"))])
    many = [f"/docs/{n}.txt" for n in range(2000)]
    known = catalog.known([*many, "/docs/a.txt", "/docs/b.txt", "/docs/c.txt"])
    assert {path: (one.version, one.stamp) for path, one in known.items()} == {
        "/docs/a.txt": (a, "1:2:3"),
        "/docs/b.txt": (b, None),
    }
    assert list(known.values()) == catalog.files()
    catalog.restamp({a: None, b: "4:5:6"})
    assert [one.stamp for one in catalog.files()] == [None, "4:5:6"]


def test_changes_of_what_is_ready_are_counted(catalog, path):
    other = Catalog(path)
    seen = [other.changes()]

    def changed():
        seen.append(other.changes())
        return seen[-1] != seen[-2]

    numbers = catalog.add([entry(document())])
    assert not changed()
    catalog.publish(numbers)
    assert changed()
    catalog.retire(["a"])
    assert changed()
    catalog.restart({}, [])
    assert changed()
    assert seen[-1][1] > seen[-2][1]
    other.close()


def test_nothing_that_is_asked_often_looks_at_everything(catalog):
    """As SQLite plans it: no scan of a table, whatever it holds."""
    plans: list[str] = []
    connection = catalog._connection()
    connection.set_trace_callback(plans.append)
    catalog.known(["/docs/a.txt"])
    catalog.found(["1:0"])
    catalog.document("a")
    catalog.sentences("a")
    catalog.annotations("a")
    list(catalog.vectors([1]))
    connection.set_trace_callback(None)
    assert len(plans) == 6
    for statement in plans:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        steps = " | ".join(row[3] for row in rows)
        assert "SCAN versions" not in steps, statement
        assert "(state=?)" not in steps, statement


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
    (number,) = publish_entries(
        catalog,
        entry(
            document("a", secret),
            annotations=[said(0, 3, "canary line", "aside")],
            signature=b"canary signature",
            chunk_signatures=[b"canary chunk", b"canary end"],
            stamp="canary stamp",
        ),
    )
    vector = np.array([[1.5, 2.5], [3.5, 4.5]], np.float32)
    catalog.keep_vectors([(number, vector)])
    kept = vector.astype("<f2").tobytes()
    assert kept in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    publish(catalog, document("b", "kept words"))
    catalog.retire(["a"])
    catalog.erase([number])
    assert catalog.forget_deleted()
    for file in tmp_path.iterdir():
        assert b"canary" not in file.read_bytes()
        assert kept not in file.read_bytes()
    assert b"kept words" in path.read_bytes()


def test_a_reader_in_the_way_is_told_soon(catalog, path, monkeypatch):
    monkeypatch.setattr("rag.database._CHECKPOINT_TIMEOUT_S", 0.1)
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


def test_removed_rows_leave_no_copies_where_sqlite_has_moved_them(catalog, path):
    """Splitting and merging pages leaves copies of rows behind, which overwriting the rows does not reach."""
    catalog._connection().execute(
        "PRAGMA synchronous = OFF"
    )  # hundreds of changes, none of which has to last
    chance, doomed = random.Random(0), []
    for n in range(1500):
        word = chance.choice(("zyxquand", "kept"))
        name = f"{chance.randrange(10**6)}-{n}-{word}"
        publish(catalog, document(name, f"{word} {n}. " * chance.choice((1, 5, 20, 40, 60, 80))))
        doomed += [name] if word == "zyxquand" else []
        if doomed and chance.random() < 0.2:
            publish(
                catalog, document(chance.choice(doomed), f"zyxquand {n} " * chance.randrange(60))
            )
            catalog.erase(catalog.numbers("stale"))
    assert b"zyxquand" in path.read_bytes()
    catalog.retire(doomed)
    catalog.erase(catalog.numbers("stale"))
    assert catalog.unclean
    assert catalog.forget_deleted()
    assert b"zyxquand" not in path.read_bytes()
    assert not catalog.unclean
    assert len(catalog.documents()) == 1500 - len(doomed)


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


# older formats


@pytest.fixture
def old(path):
    """A catalog as the first format had it."""
    connection = sqlite3.connect(path)
    connection.executescript(OLD)
    connection.commit()
    connection.close()
    return path


OLD = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE versions (version INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'stale')), path TEXT NOT NULL, source TEXT NOT NULL,
    title TEXT NOT NULL, sha256 TEXT NOT NULL, published TEXT, published_from TEXT, ingested_at TEXT NOT NULL,
    text TEXT NOT NULL);
CREATE UNIQUE INDEX one_ready ON versions (document_id) WHERE state = 'ready';
CREATE INDEX by_state ON versions (state);
CREATE TABLE sentences (version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, number INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, PRIMARY KEY (version, number)) WITHOUT ROWID;
CREATE TABLE chunks (version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, number INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, PRIMARY KEY (version, number)) WITHOUT ROWID;
INSERT INTO meta VALUES ('format', '1'), ('embedder', 'hash@64');
INSERT INTO versions VALUES (7, 'a', 'ready', '/docs/a.txt', 'a.txt', 'a', 'sha of One. Two.', '2024-03-27',
    'header', '2025-01-01', 'One. Two.');
INSERT INTO chunks VALUES (7, 0, 0, 9);
"""


def test_an_older_format_is_refused_with_the_way_out(old):
    for _ in range(2):
        with pytest.raises(IndexMismatch, match=r"format was 1, now \d+.*rag ingest --rebuild"):
            Catalog(old)


def test_an_older_format_can_be_rebuilt_from_its_texts(old):
    for _ in range(2):  # the first time it was cut off before the rebuild
        catalog = Catalog(old, upgrading=True)
        (version,) = catalog.versions("ready")
        assert version.document.text == "One. Two."
        catalog.close()
    catalog = Catalog(old, upgrading=True)
    catalog.restart({"format": FORMAT}, [(7, entry(version.document, signature=b"s"))])
    catalog.publish([7])
    catalog.close()
    catalog = Catalog(old)
    assert catalog.documents() == [version.document]
    assert catalog.counts() == {"documents": 1, "chunks": 2, "unfinished": 0}
    assert signatures(catalog, ["7:0"]) == {"7:0": (None, b"s")}
    catalog.close()
