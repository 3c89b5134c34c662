"""`rag ingest`, `list`, `remove`, `status` and bad input: one clear line, the right exit code, nothing lost."""

import errno
import json
import os
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import rag.embed
from rag import Settings, ingest_paths
from rag.catalog import Catalog
from rag.cli import main
from rag.index import Index
from rag.testing import HashEmbedder
from tests.rag.indexes import prose, snapshot, write


@pytest.fixture(autouse=True)
def no_model(home, monkeypatch):
    monkeypatch.setattr(rag.embed, "open_embedder", lambda settings: HashEmbedder())


@pytest.fixture
def cli(capfd):
    """Runs the program as `rag …` does; returns exit code, stdout and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(one) for one in arguments])
        out, err = capfd.readouterr()
        return end.value.code, out, err

    return run


@pytest.fixture
def fails(cli):
    """Runs the program, which must end with one clear line; returns that line."""

    def run(*arguments):
        code, out, err = cli(*arguments)
        assert code == 1
        assert out == ""
        lines = err.splitlines()
        assert [line for line in lines if line.startswith("error: ")] == lines[-1:], err
        assert "Traceback" not in err
        return lines[-1]

    return run


@pytest.fixture
def docs(tmp_path):
    return write(tmp_path / "docs", bridge=prose("bridge"), ferry=prose("ferry"))


@pytest.fixture
def state(cli, docs):
    """An index of two documents; call it to see that nothing was lost."""
    cli("ingest", docs)

    def now():
        return snapshot(Settings.load(), HashEmbedder())

    before = now()
    yield lambda: now() == before
    assert now() == before


# what works


def test_ingest_says_what_it_did(cli, docs):
    (docs / "empty.txt").touch()
    code, out, err = cli("ingest", docs)
    assert code == 0
    assert out.startswith("2 added, 0 updated, 0 unchanged, 0 removed, 1 skipped; ")
    assert err == "skipped empty.txt: has no text\n"


def test_ingest_without_a_path_takes_the_seeds(cli, seeds):
    code, out, _ = cli("ingest", "--json")
    assert code == 0
    assert json.loads(out)["added"] == sorted(path.name for path in seeds.iterdir())


def test_json_is_one_object_on_stdout_and_nothing_else(cli, docs):
    keys = {"added", "updated", "unchanged", "removed", "skipped", "chunks", "seconds", "rebuilt"}
    (docs / "empty.txt").touch()
    for arguments in (
        ("ingest", docs),
        ("ingest", "--rebuild"),
        ("ingest", "--rebuild", "--prune", docs),
    ):
        code, out, _ = cli(*arguments, "--json")
        assert code == 0
        assert set(json.loads(out)) == keys
        assert out.count("\n") == 1
    assert json.loads(out)["rebuilt"] == 2
    assert json.loads(out)["skipped"] == [{"source": "empty.txt", "reason": "has no text"}]
    listed = json.loads(cli("list", "--json")[1])["documents"]
    assert [row["source"] for row in listed] == ["bridge.txt", "ferry.txt"]
    assert listed[0]["published"] == "2024-03-27"
    assert listed[0]["characters"] == len((docs / "bridge.txt").read_text())
    status = json.loads(cli("status", "--json")[1])
    assert status["documents"] == 2
    assert status["unfinished"] == 0
    assert status["bytes"] > 1000
    assert status["built_with"]["embedder"] == "hash@64"


def test_list_shows_ids_that_remove_takes(cli, docs):
    cli("ingest", docs)
    code, out, _ = cli("list")
    assert code == 0
    first, second = out.splitlines()
    identifier, day, source, _ = first.split(maxsplit=3)
    assert (day, source) == ("2024-03-27", "bridge.txt")
    assert cli("remove", identifier) == (0, f"removed {identifier} bridge.txt\n", "")
    assert cli("list")[1].splitlines() == [second]


def test_nothing_yet(cli, home):
    assert cli("list") == (0, "No documents yet. Run: rag ingest FOLDER\n", "")
    assert json.loads(cli("list", "--json")[1]) == {"documents": []}
    code, out, _ = cli("status", "--json")
    assert code == 0
    assert json.loads(out)["documents"] == json.loads(out)["bytes"] == 0
    assert json.loads(out)["built_with"] is None
    assert not home.exists()


def test_status_counts_a_data_folder_written_with_a_tilde(cli, docs, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAG_HOME", "~/data")
    cli("ingest", docs)
    status = json.loads(cli("status", "--json")[1])
    assert status["home"] == str(tmp_path / "data")
    assert status["bytes"] > 1000


def test_status_bears_files_that_vanish_while_it_counts(cli, state, monkeypatch):
    (Settings.load().home / "gone").write_text("x")
    is_file = Path.is_file

    def vanish(path):
        if path.name == "gone":
            path.unlink(missing_ok=True)
            return True
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", vanish)
    assert cli("status")[0] == 0


def test_a_title_cannot_write_to_the_terminal(cli, docs):
    write(docs, evil="\x1b]0;owned\x07\x1b[2JHello there\n")
    cli("ingest", docs)
    assert "\x1b" not in cli("list")[1]


# what does not


def test_missing_path(fails, state, tmp_path):
    assert "There is no file or folder" in fails("ingest", tmp_path / "nowhere")


def test_empty_folder(fails, state, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no document that can be read" in fails("ingest", tmp_path / "empty")


def test_folder_without_readable_files(fails, state, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"\x89PNG")
    assert ".txt .text .md .markdown" in fails("ingest", folder)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "is not text"),
        (b"", "has no text"),
        (b" \r\n\t\n", "has no text"),
        (b"A line of words. " * 3_000_000, "51.0 MB is over the limit of 20.0 MB"),
    ],
    ids=["binary", "empty", "white space", "50 MB"],
)
def test_a_bad_file(fails, state, tmp_path, content, reason):
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    assert reason in fails("ingest", path)


def test_invalid_utf_8_is_read_all_the_same(cli, docs):
    (docs / "odd.txt").write_bytes(b"The caf\xe9 has a terrace. " * 20)
    (docs / "torn.txt").write_bytes("Ein schöner Satz über Züge. ".encode() * 20 + b"\xc3")
    assert cli("ingest", docs)[1].startswith("4 added")
    with Index.open(Settings.load()) as index:
        texts = {one.source: one.text for one in index.catalog.documents()}
    assert texts["odd.txt"].startswith("The café has")
    assert texts["torn.txt"].endswith("über Züge. \ufffd")


def test_a_large_file_within_the_limit_is_read(cli, docs, monkeypatch):
    monkeypatch.setenv("RAG_CHUNK_TOKENS", "256")
    (docs / "log.txt").write_text("a line of a log that goes on and on without a stop\n" * 20_000)
    assert cli("ingest", docs)[1].startswith("3 added")


def test_another_embedder(fails, state, docs, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(rag.embed, "open_embedder", lambda settings: HashEmbedder(dimension=8))
        line = fails("ingest", docs)
    assert "embedder was hash@64, now hash@8" in line
    assert "rag ingest --rebuild" in line


def test_a_locked_data_folder(fails, state, docs):
    with Index(Settings.load().index_dir) as index, index.writing():
        assert "Another process is writing" in fails("ingest", docs)


def test_a_file_in_place_of_the_data_folder(fails, docs, home):
    home.write_text("in the way")
    line = fails("ingest", docs)
    assert "cannot be written to" in line
    assert "RAG_HOME" in line
    assert home.read_text() == "in the way"


def test_a_data_folder_that_cannot_be_written(fails, docs, home, monkeypatch):
    mkdir = Path.mkdir

    def refuse(path, *arguments, **options):
        if path.is_relative_to(home):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        mkdir(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert "cannot be written to (Permission denied)" in fails("ingest", docs)


@contextmanager
def read_only(folder):
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("command", ["ingest", "list", "status", "remove"])
def test_a_read_only_data_folder(cli, fails, state, docs, home, command):
    (identifier,) = (one["id"] for one in json.loads(cli("list", "--json")[1])["documents"][:1])
    arguments = {"ingest": [docs], "remove": [identifier]}.get(command, [])
    with read_only(home):
        line = fails(command, *arguments)
    assert "riteable" in line or "writable" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_data_folder_that_cannot_be_looked_into(fails, docs, home):
    home.mkdir(mode=0)
    try:
        for arguments in (["ingest", docs], ["list"], ["status"]):
            fails(*arguments)
    finally:
        home.chmod(0o755)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_closed_files_and_folders_are_told_of(cli, fails, docs):
    closed = write(docs / "closed", castle=prose("castle"))
    (docs / "secret.txt").write_text("Some words.")
    (docs / "secret.txt").chmod(0)
    closed.chmod(0)
    try:
        code, out, err = cli("ingest", docs)
        assert "cannot be opened (Permission denied)" in fails("ingest", closed / "castle.txt")
        assert "cannot be opened (Permission denied)" in fails("ingest", closed)
    finally:
        closed.chmod(0o755)
    assert code == 0
    assert out.startswith("2 added, 0 updated, 0 unchanged, 0 removed, 2 skipped")
    assert err.splitlines() == [
        "skipped secret.txt: cannot be opened (Permission denied)",
        "skipped closed: cannot be opened (Permission denied)",
    ]


def test_a_full_disk_as_sqlite_tells_it(fails, state, docs, monkeypatch):
    connection = Catalog._connection

    def small(catalog):
        opened = connection(catalog)
        opened.execute("PRAGMA max_page_count = 1").fetchone()
        return opened

    write(docs, castle=prose("castle", 500))
    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "_connection", small)
        assert "disk not full" in fails("ingest", docs)


@pytest.mark.parametrize(
    "place", ["chromadb.api.models.Collection.Collection.upsert", "rag.words._document"]
)
def test_a_full_disk_as_the_system_tells_it(fails, cli, docs, monkeypatch, place):
    cli("ingest", docs)
    write(docs, castle=prose("castle"))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(place, full)
        line = fails("ingest", docs)
    assert "No space left on device" in line
    assert "disk not full" in line
    assert cli("ingest", docs)[0] == 0
    assert len(snapshot(Settings.load(), HashEmbedder())["documents"]) == 3


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs rights")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full(cli, docs, small_disk, monkeypatch):
    monkeypatch.setenv("RAG_HOME", str(small_disk / "home"))
    cli("ingest", docs)
    before = snapshot(Settings.load(), HashEmbedder())
    write(docs, castle=prose("castle", 300), mill=prose("mill", 300))
    filler = small_disk / "filler"
    errors = 0
    for spare in range(0, 2_000_000, 100_000):
        filler.unlink(missing_ok=True)
        fill(filler, spare)
        code, _, err = cli("ingest", docs)
        if code == 0:
            break
        errors += 1
        assert code == 1
        assert [line[:7] for line in err.splitlines()] == ["error: "], err
        filler.unlink()
        after = {path: before["documents"][path] for path in before["documents"]}
        with Index.open(Settings.load()) as index:
            kept = {version.path: version.document for version in index.catalog.versions("ready")}
        assert after.items() <= kept.items()
    assert errors
    assert code == 0
    filler.unlink()  # Chroma needs a little room even to be opened
    assert len(snapshot(Settings.load(), HashEmbedder())["documents"]) == 4


def fill(path, spare):
    """Take all room on the disk but ``spare`` bytes."""
    with path.open("wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(b"x" * 65536)
        file.truncate(max(0, file.tell() - spare))


def test_unknown_variable(fails, state, docs, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("RAG_CHUNK_TOKEN", "100")
        line = fails("ingest", docs)
    assert "RAG_CHUNK_TOKEN, which is no setting; did you mean RAG_CHUNK_TOKENS?" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chunk_token = 100", "'chunk_token' is no setting; did you mean chunk_tokens?"),
        ("chunk_tokens = -1", "'chunk_tokens' = -1"),
        ('top_k = "many"', "'top_k' = 'many'"),
        ("chunk_tokens = ", "is not valid TOML"),
    ],
)
def test_bad_settings_file(fails, state, docs, tmp_path, text, said):
    file = tmp_path / "rag.toml"
    file.write_text(text)
    line = fails("ingest", docs)
    file.unlink()
    assert said in line
    assert str(file) in line


def test_impossible_value(fails, state, docs, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("RAG_MAX_FILE_MB", "0")
        assert "'max_file_mb'" in fails("ingest", docs)


def test_removing_an_unknown_id(fails, state):
    assert "No document has the id 000000000000. See: rag list" in fails("remove", "000000000000")


def test_removing_from_nothing(fails):
    assert "There is no index" in fails("remove", "000000000000")
    assert "There is no index" in fails("ingest", "--rebuild")


@pytest.mark.parametrize("arguments", [["ingest", "--prun"], ["remove"], ["nonsense"]])
def test_wrong_usage_exits_2(cli, arguments):
    code, out, err = cli(*arguments)
    assert code == 2
    assert out == ""
    assert "Traceback" not in err


def test_ctrl_c_is_said_in_one_line(cli, docs, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("rag.intake.derive", interrupt)
        code, out, err = cli("ingest", docs)
    assert code == 130
    assert out == ""
    assert err.strip() == "Interrupted. What was finished is kept; run it again to go on."
    assert cli("ingest", docs)[0] == 0
    assert len(snapshot(Settings.load(), HashEmbedder())["documents"]) == 2


@pytest.mark.parametrize("part", ["catalog.sqlite", "vectors/chroma.sqlite3", "words/meta.json"])
def test_a_damaged_data_folder(fails, cli, docs, part):
    cli("ingest", docs)
    (Settings.load().index_dir / part).write_bytes(b"garbage " * 1000)
    line = fails("ingest", docs)
    if part == "catalog.sqlite":
        assert "rag doctor" in line
    else:
        assert "rag ingest --rebuild" in line
        assert cli("ingest", "--rebuild")[0] == 0
        assert len(snapshot(Settings.load(), HashEmbedder())["documents"]) == 2


def test_ingest_for_programs_needs_no_terminal(docs, settings):
    assert len(ingest_paths([str(docs)], settings).added) == 2
