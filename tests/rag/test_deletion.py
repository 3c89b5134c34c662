"""What is removed is gone: no sentence and no rare word of it is left in any byte of the data folder."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rag import StorageError, ingest_paths, open_retriever, remove_document
from rag.index import Index
from tests.rag.indexes import prose, snapshot, write

SHARED = "Every harbour has a lantern that is lit at dusk."
# Short enough to lie in one database page, long enough to need several in all.
CANARIES = [
    f"The Zyxquand{n} vault was opened with the word qandlewort{n} by Vexbrill{n}."
    for n in range(150)
]
RARE = sorted(
    {word.casefold() for line in CANARIES for word in re.findall(r"\w+\d", line)}
    | {"zyxquand", "qandlewort", "vexbrill"}
)


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"chunk_tokens": 64})


@pytest.fixture
def docs(tmp_path):
    """The doomed document stands between others that it shares a sentence with."""
    return write(
        tmp_path / "docs",
        a=f"{SHARED}\n\n{prose('bridge')}",
        doomed=f"Title of the Zyxquand papers\n\n{SHARED}\n\n" + "\n\n".join(CANARIES),
        z=f"{SHARED}\n\n{prose('ferry')}",
    )


@pytest.fixture
def ingest(settings, embedder):
    def run(*paths, **options):
        return ingest_paths(paths, settings, embedder=embedder, **options)

    return run


def traces(home: Path) -> dict[str, list[str]]:
    """What is left of the doomed document, by file."""
    wanted = [line.casefold().encode() for line in (*CANARIES, *RARE)]
    found = {}
    for path in sorted(home.rglob("*")):
        if path.is_file():
            # Lower case in single bytes and in UTF-16, in case something stores it so.
            raw = path.read_bytes().lower()
            content = raw + b"\n" + raw.replace(b"\x00", b"")
            hits = [one.decode() for one in wanted if one in content]
            if hits:
                found[path.relative_to(home).as_posix()] = hits
    return found


def identifier(settings, source="doomed.txt"):
    with Index.open(settings) as index:
        return next(one.id for one in index.catalog.documents() if one.source == source)


def word_counts(settings) -> dict[str, int]:
    """How many chunks tantivy's word lists still know each rare word from, deleted chunks included."""
    with Index.open(settings) as index:
        searcher = index.words._index.searcher()
        stems = {stem for word in RARE for stem in index.words._analyzer.analyze(word)}
        return {stem: searcher.doc_freq("words", stem) for stem in stems}


def assert_gone(settings, embedder):
    assert traces(settings.home) == {}
    assert set(word_counts(settings).values()) == {0}
    assert sorted(one.source for one in snapshot(settings, embedder)["documents"].values()) == [
        "a.txt",
        "z.txt",
    ]
    retriever = open_retriever(settings, embedder=embedder)
    with retriever.index:
        passages = retriever.retrieve(SHARED, top_k=50)
        shared = [passage for passage in passages if SHARED in passage.text]
        ids = {one for passage in shared for one in (passage.document.id, *passage.also_in)}
        assert ids == {identifier(settings, source) for source in ("a.txt", "z.txt")}
    assert traces(settings.home) == {}


def test_the_test_sees_what_is_there(ingest, docs, settings):
    ingest(docs)
    found = traces(settings.home)
    assert {name for hits in found.values() for name in hits} >= {
        "zyxquand7",
        CANARIES[7].casefold(),
    }
    assert sum(word_counts(settings).values()) >= 3 * len(CANARIES)


def test_removed(ingest, docs, settings, embedder):
    ingest(docs)
    remove_document(settings, identifier(settings))
    assert_gone(settings, embedder)


def test_pruned(ingest, docs, settings, embedder):
    ingest(docs)
    (docs / "doomed.txt").unlink()
    ingest(docs, prune=True)
    assert_gone(settings, embedder)


@pytest.mark.parametrize("aside", [False, True])
def test_an_upload_is_removed_with_its_document(ingest, docs, settings, embedder, aside):
    uploads = settings.uploads_dir
    (uploads / "deep").mkdir(parents=True)
    doomed = (docs / "doomed.txt").rename(uploads / "deep" / "doomed.txt")
    ingest(docs)
    ingest(doomed)
    if aside:
        (uploads / ".aside" / "deep").mkdir(parents=True)
        (uploads / ".aside" / "deep" / "doomed.txt").write_bytes(doomed.read_bytes())
    remove_document(settings, identifier(settings))
    assert list(uploads.iterdir()) == []
    assert_gone(settings, embedder)


def test_a_pruned_upload_is_gone_with_what_was_kept_of_it(ingest, docs, settings, embedder):
    uploads = settings.uploads_dir
    (uploads / ".aside").mkdir(parents=True)
    ingest(docs / "a.txt", docs / "z.txt")
    ingest((docs / "doomed.txt").rename(uploads / "doomed.txt"))
    (uploads / "doomed.txt").rename(uploads / ".aside" / "doomed.txt")
    ingest(uploads, prune=True)
    assert list(uploads.iterdir()) == []
    assert_gone(settings, embedder)


@pytest.mark.parametrize("moment", ["rag.catalog.Catalog.retire", "rag.ingest.drop_stale"])
def test_an_upload_does_not_come_back_after_a_removal_that_was_cut_off(
    ingest, docs, settings, embedder, monkeypatch, moment
):
    settings.uploads_dir.mkdir(parents=True)
    doomed = (docs / "doomed.txt").rename(settings.uploads_dir / "doomed.txt")
    ingest(docs)
    ingest(doomed)
    with monkeypatch.context() as patch:
        patch.setattr(moment, interrupt)
        with pytest.raises(KeyboardInterrupt):
            remove_document(settings, identifier(settings))
    assert not doomed.exists()


def test_an_upload_that_cannot_be_deleted_keeps_its_document(ingest, docs, settings, monkeypatch):
    settings.uploads_dir.mkdir(parents=True)
    ingest((docs / "doomed.txt").rename(settings.uploads_dir / "doomed.txt"))

    def unlink(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        with pytest.raises(StorageError, match="cannot be deleted"):
            remove_document(settings, identifier(settings))
    assert identifier(settings)


def test_a_file_elsewhere_is_not_deleted(ingest, docs, settings):
    ingest(docs)
    remove_document(settings, identifier(settings))
    assert (docs / "doomed.txt").is_file()


def test_removed_after_many_updates(ingest, docs, settings, embedder):
    ingest(docs)
    for n in range(3):
        write(docs, doomed=f"{SHARED} Version {n}.\n\n" + "\n\n".join(CANARIES[n * 40 :]))
        ingest(docs)
    remove_document(settings, identifier(settings))
    assert_gone(settings, embedder)


def test_removed_while_an_update_of_it_was_cut_off(ingest, docs, settings, embedder, monkeypatch):
    ingest(docs)
    write(docs, doomed="\n\n".join(CANARIES[::-1]))
    with monkeypatch.context() as patch:
        patch.setattr("rag.catalog.Catalog.publish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest(docs)
    (docs / "doomed.txt").unlink()
    remove_document(settings, identifier(settings))
    assert_gone(settings, embedder)


@pytest.mark.parametrize(
    "moment",
    ["rag.vectors.ChromaVectors.delete", "rag.words.TantivyWords.rebuild", "rag.catalog.Catalog.erase",
     "rag.catalog.Catalog.forget_deleted"],
)  # fmt: skip
def test_a_removal_that_was_cut_off_is_finished_by_the_next_ingest(
    ingest, docs, settings, embedder, monkeypatch, moment
):
    ingest(docs)
    (docs / "doomed.txt").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(moment, interrupt)
        with pytest.raises(KeyboardInterrupt):
            remove_document(settings, identifier(settings))
    ingest(docs)
    assert_gone(settings, embedder)


def test_removed_while_a_chat_has_the_index_open(ingest, docs, settings, embedder):
    ingest(docs)
    chat = subprocess.Popen(
        [sys.executable, "-c", CHAT, settings.home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert chat.stdin
    assert chat.stdout
    try:
        assert chat.stdout.readline() == "doomed.txt\n"
        remove_document(settings, identifier(settings))
        assert traces(settings.home) == {}
        print(file=chat.stdin, flush=True)
        assert chat.stdout.readline() == "a.txt\n"
        assert traces(settings.home) == {}
    finally:
        chat.stdin.close()
        chat.wait(timeout=30)
        chat.stdout.close()
    assert chat.returncode == 0
    assert_gone(settings, embedder)


def test_a_reader_in_the_way_is_said_and_status_finishes(
    ingest, docs, settings, embedder, monkeypatch
):
    from click.testing import CliRunner

    from rag.cli import cli

    monkeypatch.setattr("rag.database._CHECKPOINT_TIMEOUT_S", 0.1)
    ingest(docs)
    doomed = identifier(settings)
    reader = sqlite3.connect(settings.index_dir / "catalog.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT text FROM versions").fetchall()
    with pytest.raises(StorageError, match=r"removed, but .* run `rag status`"):
        remove_document(settings, doomed)
    reader.close()
    assert CliRunner().invoke(cli, ["status"], catch_exceptions=False).exit_code == 0
    assert_gone(settings, embedder)


CHAT = """
import sys
from pathlib import Path
from rag import Settings, open_retriever
from rag.testing import HashEmbedder

retriever = open_retriever(
    Settings.load(home=Path(sys.argv[1]), chunk_tokens=64), embedder=HashEmbedder()
)
with retriever.index:
    for question in ("qandlewort7", "fact 3 about the bridge"):
        print(retriever.retrieve(question, top_k=1)[0].document.source, flush=True)
        sys.stdin.readline()
"""


def interrupt(*_, **__):
    raise KeyboardInterrupt
