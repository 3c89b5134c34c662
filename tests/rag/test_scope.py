"""Filters: what a search inside them finds is what an exact search of everything would, and nothing else."""

import threading
from datetime import date, timedelta

import numpy as np
import pytest

from rag.derive import derive
from rag.details import Entry
from rag.index import Index
from rag.split import Span
from rag.testing import HashEmbedder
from rag.types import Annotation, Document

DIMENSION = 48
FIRST = date(2024, 1, 1)
PLACES = ["bridge", "ferry", "tunnel", "castle", "mill"]


class NoisyEmbedder(HashEmbedder):
    """Vectors without ties: random, but the same for the same text."""

    def embed(self, texts):
        made = []
        for text in texts:
            seed = int.from_bytes(text.encode()[:200], "little")
            vector = np.random.default_rng(seed).standard_normal(DIMENSION)
            made.append((vector / np.linalg.norm(vector)).tolist())
        return made


EMBEDDER = NoisyEmbedder(dimension=DIMENSION)


def entry(number, chunks=3, *, day=0, source=None, text="", annotations=()):
    """A document of sentences of its own about one of the places."""
    place = PLACES[number % len(PLACES)]
    lines = [f"{n} of {number}: the {place} {text} was seen {n} times. " for n in range(chunks)]
    ends = np.cumsum([len(line) for line in lines]).tolist()
    spans = [Span(end - len(line), end) for line, end in zip(lines, ends, strict=True)]
    one = Document(
        id=f"doc{number}",
        source=source or f"{place}/{number}.txt",
        title="",
        text="".join(lines),
        sha256=text,
        published=None if day is None else FIRST + timedelta(days=day),
    )
    return Entry(
        path=f"/{number}", document=one, sentences=spans, chunks=spans, annotations=annotations
    )


def write(index, *entries):
    numbers = index.catalog.add(entries)
    derive(index, EMBEDDER, numbers)
    index.catalog.publish(numbers)
    return numbers


@pytest.fixture
def index(tmp_path):
    with Index(tmp_path / "index") as opened, opened.writing():
        yield opened


@pytest.fixture
def many(index):
    """Two hundred documents of one to four chunks, one a day, each eleventh undated."""
    write(index, *[entry(n, 1 + n % 4, day=n if n % 11 else None) for n in range(200)])
    return index


def everything(index, wanted):
    """Id, text and vector of each chunk of the documents that are wanted."""
    found = []
    for version in index.catalog.versions("ready"):
        if wanted(version.document):
            ((_, vectors),) = index.catalog.vectors([version.number])
            for chunk, vector in zip(index.catalog.chunks(version.number), vectors, strict=True):
                found.append((chunk.id, version.document.text[chunk.start : chunk.end], vector))
    return found


def between(low, high):
    days = (FIRST + timedelta(days=low), FIRST + timedelta(days=high))
    return lambda document: document.published and days[0] <= document.published <= days[1]


FILTERS = [
    ({"after": FIRST + timedelta(days=100)}, between(100, 999)),
    ({"before": FIRST + timedelta(days=100)}, between(-999, 100)),
    ({"after": FIRST + timedelta(days=7), "before": FIRST + timedelta(days=7)}, between(7, 7)),
    ({"after": date.min, "before": date.max}, lambda one: one.published),
    ({"sources": ["bridge/*"]}, lambda one: one.source.startswith("bridge")),
    ({"sources": ["[!b]*/?.txt", "mill/*"]}, lambda one: one.source.startswith("mill") or (
        not one.source.startswith("b") and len(one.source.split("/")[1]) == 5)),
    ({"sources": ["Bridge/*"]}, lambda _: False),
    ({"document_ids": ["doc3", "doc77", "nothing"]}, lambda one: one.id in {"doc3", "doc77"}),
    ({"document_ids": []}, lambda _: False),
    ({"sources": ["ferry/*"], "after": FIRST + timedelta(days=150)},
     lambda one: one.source.startswith("ferry") and between(150, 999)(one)),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "wanted"), FILTERS)
@pytest.mark.parametrize("how", ["named", "looked through"])
def test_inside_a_filter_both_sides_find_exactly_the_best(many, filters, wanted, how, monkeypatch):
    if how == "looked through":
        monkeypatch.setattr("rag.exact._FEW_CHUNKS", 0)
        monkeypatch.setattr("rag.words._MAX_NAMED", 0)
    scope = many.scope(**filters)
    inside = everything(many, wanted)
    assert scope.empty == (not inside)
    assert scope.chunks == len(inside)
    for query, limit in (("the tunnel was seen", 5), ("3 of 77", 40), ("mill 2", 1000)):
        (vector,) = EMBEDDER.embed([query])
        found = many.nearest(vector, limit=limit, scope=scope)
        ranked = sorted(inside, key=lambda one: -float(one[2] @ np.array(vector, np.float32)))
        assert [one for one, _ in found] == [one for one, _, _ in ranked[:limit]]
        for (_, score), (_, _, kept) in zip(found, ranked, strict=False):
            assert score == pytest.approx(float(kept @ np.array(vector)), abs=1e-5)
        scores = dict(many.words.search(query, limit=10_000))
        allowed = {one for one, _, _ in inside}
        expected = sorted((score for one, score in scores.items() if one in allowed), reverse=True)
        matched = many.matching(query, limit=limit, scope=scope)
        assert {one for one, _ in matched} <= allowed
        assert [score for _, score in matched] == pytest.approx(expected[:limit])


def watch_reading(index, monkeypatch) -> list[list[int]]:
    """Versions whose vectors are read from the catalog, a list a time."""
    read: list[list[int]] = []
    vectors = index.catalog.vectors

    def watched(versions):
        read.append(list(versions))
        return vectors(versions)

    monkeypatch.setattr(index.catalog, "vectors", watched)
    return read


def test_without_a_filter_there_is_no_scope(many):
    assert many.scope() is None
    assert many.scope(sources=()) is None
    assert many.scope(document_ids=()) is not None


def test_both_ways_to_the_same_result(many, monkeypatch):
    """The sketch must not change what is found: its bounds only save reading."""
    scope = many.scope(after=FIRST)
    (vector,) = EMBEDDER.embed(["anything"])
    few = [many.exact._compare(np.array(vector, np.float32), np.flatnonzero(scope.row_flags()),
                               limit, scope.overview) for limit in (1, 7, 100)]  # fmt: skip
    read = watch_reading(many, monkeypatch)
    assert [many.nearest(vector, limit=limit, scope=scope) for limit in (1, 7, 100)] == few
    # First all are sketched, then few are read.
    assert len(read[0]) == 200
    assert len(read[1]) < 10
    assert len(read[2]) < 30


def test_an_empty_index_has_nothing_in_any_scope(index):
    scope = index.scope(after=FIRST)
    assert scope.empty
    assert index.nearest([0.0] * DIMENSION, limit=5, scope=scope) == []
    assert index.matching("bridge", limit=5, scope=scope) == []
    assert scope.document_ids == []


def test_what_changes_is_seen_and_only_that_is_read(many, monkeypatch):
    (vector,) = EMBEDDER.embed(["anything"])
    assert many.nearest(vector, limit=1, scope=many.scope(after=FIRST))
    read = watch_reading(many, monkeypatch)
    new = write(many, entry(500, 2, day=3), entry(7, 4, day=7, text="newly"))
    read.clear()
    scope = many.scope(sources=["*"], after=FIRST)
    assert {"doc500", "doc7"} <= set(scope.document_ids)
    inside = everything(many, lambda one: one.published)
    read.clear()
    found = many.nearest(vector, limit=30, scope=scope)
    assert read[0] == new
    ranked = sorted(inside, key=lambda one: -float(one[2] @ np.array(vector, np.float32)))
    assert [one for one, _ in found] == [one for one, _, _ in ranked[:30]]
    many.catalog.retire(["doc500"])
    assert "doc500" not in many.scope(sources=["*"]).document_ids


def test_a_rebuild_that_changes_vectors_is_seen(many):
    (vector,) = EMBEDDER.embed(["anything"])
    many.nearest(vector, limit=1, scope=many.scope(after=FIRST))
    (number,) = [v.number for v in many.catalog.versions("ready") if v.document.id == "doc9"]
    catalog = many.catalog
    catalog.restart({}, [])
    catalog.keep_vectors([(number, np.array([vector, vector], np.float32))])
    catalog.publish(catalog.numbers("pending"))
    found = dict(many.nearest(vector, limit=3, scope=many.scope(after=FIRST)))
    assert found[f"{number}:0"] == found[f"{number}:1"] == pytest.approx(1, abs=1e-3)


def test_chunks_that_speak_of_days(index):
    said = [
        Annotation(start=0, end=4, kind="date", value="2023-05-01"),
        Annotation(start=60, end=64, kind="date", value="2023-06-01/2023-06-30"),
    ]
    numbers = write(
        index,
        entry(1, 3, day=1, annotations=said),
        entry(2, 2, day=2, annotations=said[:1]),
        entry(3, 2, day=3),
    )
    a, b, _ = numbers
    (vector,) = EMBEDDER.embed(["anything"])

    def found(**filters):
        scope = index.scope(**filters)
        near = {one for one, _ in index.nearest(vector, limit=50, scope=scope)}
        assert near == {one for one, _ in index.matching("seen times", limit=50, scope=scope)}
        assert scope.chunks == len(near)
        return near

    assert found(event_after=date(2023, 1, 1)) == {f"{a}:0", f"{a}:1", f"{b}:0"}
    assert found(event_after=date(2023, 5, 2)) == {f"{a}:1"}
    assert found(event_before=date(2023, 5, 1)) == {f"{a}:0", f"{b}:0"}
    assert found(event_before=date(2023, 5, 1), after=FIRST + timedelta(days=2)) == {f"{b}:0"}
    assert found(event_after=date(2024, 1, 1)) == set()


def test_threads_may_share_one(many):
    failures = []
    (vector,) = EMBEDDER.embed(["anything"])
    expected = many.nearest(vector, limit=9, scope=many.scope(after=FIRST))

    def ask():
        try:
            for _ in range(10):
                assert many.nearest(vector, limit=9, scope=many.scope(after=FIRST)) == expected
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_large_index_is_searched_by_chromas_graph(many, monkeypatch):
    ((_, vectors),) = many.catalog.vectors([1])
    vector = vectors[0].tolist()
    exact = many.nearest(vector, limit=3)
    monkeypatch.setattr("rag.index._COMPARED_ONE_BY_ONE", 0)
    monkeypatch.setattr(many, "exact", None)
    graph = many.nearest(vector, limit=3)
    assert graph[0] == (exact[0][0], pytest.approx(exact[0][1], abs=1e-3))
