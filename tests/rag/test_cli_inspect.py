"""`rag inspect`: the whole document, with what was set aside, the dates and the pages written into it."""

import json

import pytest
from click.testing import CliRunner

import rag.embed
from rag import Annotation, DocumentNotFound, Settings, ingest_paths
from rag.catalog import Catalog
from rag.cli.inspect import inspect_document
from rag.index import Index
from rag.testing import HashEmbedder
from tests.rag.indexes import write

TEXT = (
    "Date: 2024-03-27\n\nThe bridge reopened on Monday.\n\nShare on Facebook\n\n"
    "\x1b[31mNobody\x07 was hurt.\fThe end came.\n"
)


@pytest.fixture(autouse=True)
def no_model(home, monkeypatch):
    monkeypatch.setattr(rag.embed, "open_embedder", lambda settings: HashEmbedder())


@pytest.fixture
def document(tmp_path, monkeypatch):
    """One document with annotations of every kind."""
    settings = Settings.load()
    ingest_paths([write(tmp_path / "docs", bridge=TEXT)], settings)

    def mark(kind, words, value):
        start = TEXT.index(words)
        return Annotation(start=start, end=start + len(words), kind=kind, value=value)

    known = (
        mark("aside", "Date: 2024-03-27", "dateline"),
        mark("page", TEXT[: TEXT.index("\f")], "1"),
        mark("date", "on Monday", "2024-03-25"),
        mark("aside", "Share on Facebook", "share bar"),
        mark("page", "The end came.\n", "2"),
    )
    monkeypatch.setattr(Catalog, "annotations", lambda self, document_id, kind=None: known)
    with Index.open(settings) as index:
        (found,) = index.catalog.documents()
    return found


def run(*arguments, color=False):
    result = CliRunner().invoke(inspect_document, list(arguments), color=color)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_what_was_set_aside_is_marked_with_the_reason(document):
    facts, _, text = run(document.id).partition("\n\n")
    assert [line.split(maxsplit=1) for line in facts.splitlines()] == [
        ["id", document.id],
        ["source", "bridge.txt"],
        ["title", document.title],
        ["published", "2024-03-27 (from: header)"],
        ["text", f"characters: {len(TEXT)}, sentences: 3, chunks: 2, pages: 2"],
        ["dates", "1"],
        ["set", "aside  2 (33 characters)"],
    ]
    assert text == (
        "──────── page 1 ────────\n"
        "⟦dateline: Date: 2024-03-27⟧\n\nThe bridge reopened ‹on Monday = 2024-03-25›.\n\n"
        "⟦share bar: Share on Facebook⟧\n\n[31mNobody was hurt.\n"
        "──────── page 2 ────────\nThe end came.\n"
    )


def test_without_marks_it_is_the_text_and_asides_are_dimmed(document):
    shown = run(document.id, color=True)
    assert "\x1b[2m⟦share bar: Share on Facebook⟧\x1b[0m" in shown
    assert "\x1b[31m" not in shown


def test_json(document):
    found = json.loads(run(document.id, "--json"))
    assert found["id"] == document.id
    assert found["published"] == "2024-03-27" and found["published_from"] == "header"
    assert found["characters"] == len(TEXT)
    assert found["sentences"] == 3
    spans = [(one["start"], one["end"]) for one in found["chunks"]]
    assert all(0 <= start < end <= len(TEXT) for start, end in spans)
    assert [(one["kind"], one["value"], one["text"]) for one in found["annotations"]] == [
        ("aside", "dateline", "Date: 2024-03-27"),
        ("page", "1", None),
        ("date", "2024-03-25", "on Monday"),
        ("aside", "share bar", "Share on Facebook"),
        ("page", "2", None),
    ]


def test_an_unknown_id_says_where_ids_are_listed(document):
    with pytest.raises(DocumentNotFound, match="rag list"):
        run("000000000000")
