"""A corpus of JSON lines into files that can be ingested."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import GoldError
from rag.evaluate.corpus import file_name, find_corpus, write_corpus
from rag.read import find_files, read


def make(folder, *rows, name="corpus.jsonl"):
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def row(name, text="Some words.", title="A title"):
    return {"_id": name, "title": title, "text": text}


def files(folder):
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.txt")}


def documents(folder):
    return {file.source: read(file, max_bytes=10**6) for file in find_files(folder)}


def error_of(*arguments):
    with pytest.raises(GoldError) as caught:
        write_corpus(*arguments)
    return str(caught.value)


# names


@pytest.mark.parametrize(
    ("corpus_id", "name"),
    [
        ("4983", "4983.txt"),
        ("Normans__000", "Normans__000.txt"),
        ("a/b c%d", "a%2Fb%20c%25d.txt"),
        ("ü", "%C3%BC.txt"),
        (".", "%2E.txt"),
        ("..", "%2E..txt"),
        (".hidden", "%2Ehidden.txt"),
        ("", "%.txt"),
    ],
)
def test_names(corpus_id, name):
    assert file_name(corpus_id) == name


@given(st.lists(st.text() | st.text(".%2Ea/", max_size=4), unique=True, max_size=20))
def test_every_id_has_a_name_of_its_own_that_a_file_can_have(ids):
    names = [file_name(one) for one in ids]
    assert len(set(names)) == len(ids)
    for name in names:
        assert name.isascii() and "/" not in name and "\0" not in name
        assert not name.startswith(".") and name.endswith(".txt")
        assert len(name) <= 255


@given(st.text("aü/", min_size=150), st.text("aü/", min_size=150))
def test_long_ids_are_told_apart(first, second):
    assert (file_name(first) == file_name(second)) == (first == second)
    assert len(file_name(first * 9)) <= 255


def test_a_surrogate_that_stands_alone_has_a_name():
    assert file_name("\ud800") != file_name("\ud801")


# writing


def test_each_text_is_a_document_with_its_title(tmp_path):
    corpus = make(
        tmp_path,
        row("1", "First words.\r\nSecond."),
        row("a/b", "Cats sit.", "Cats\nand  dogs"),
        row(".x", "Untitled words.", ""),
        {"_id": "2", "text": "Without a title field.", "metadata": {"x": 1}},
        row("3", "A title that the text repeats."),
        row("4", "", "Only a title"),
        row("5", "Null as the title.", None),
    )
    folder = tmp_path / "files"
    assert write_corpus(corpus, folder) == 7
    found = documents(folder)
    assert {name: (one.title, one.text) for name, one in found.items()} == {
        "1.txt": ("A title", "A title\n\nFirst words.\r\nSecond.\n"),
        "a%2Fb.txt": ("Cats and dogs", "Cats and dogs\n\nCats sit.\n"),
        "%2Ex.txt": ("Untitled words.", "Untitled words.\n"),
        "2.txt": ("Without a title field.", "Without a title field.\n"),
        "3.txt": ("A title that the text repeats.", "A title that the text repeats.\n"),
        "4.txt": ("Only a title", "Only a title\n"),
        "5.txt": ("Null as the title.", "Null as the title.\n"),
    }


def test_a_text_that_is_empty_gets_no_file(tmp_path):
    corpus = make(tmp_path, row("1"), row("2", " \n", " "), row("3", "", None))
    assert write_corpus(corpus, tmp_path / "files") == 1
    assert list(documents(tmp_path / "files")) == ["1.txt"]


def test_odd_letters_can_be_written(tmp_path):
    corpus = make(tmp_path, '{"_id": "\\ud800", "text": "a \\ud800 b \\u2028 c"}')
    write_corpus(corpus, tmp_path / "files")
    (document,) = documents(tmp_path / "files").values()
    assert document.text == "a ? b \u2028 c\n"


def test_a_byte_order_mark_and_blank_lines_are_passed_over(tmp_path):
    corpus = make(tmp_path, "\ufeff" + json.dumps(row("1")), "", row("2"))
    assert write_corpus(corpus, tmp_path / "files") == 2


def test_what_is_right_stays_what_is_wrong_is_mended_what_is_gone_goes(tmp_path):
    folder = tmp_path / "files"
    write_corpus(make(tmp_path, row("1"), row("2"), row("3")), folder)
    for path in folder.glob("*.txt"):
        os.utime(path, (1, 1))
    (folder / "2.txt").write_text("half")
    assert write_corpus(make(tmp_path, row("1"), row("2"), row("4", "New.")), folder) == 3
    assert set(files(folder)) == {"1.txt", "2.txt", "4.txt"}
    assert (folder / "1.txt").stat().st_mtime == 1
    assert files(folder)["2.txt"] == files(folder)["1.txt"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "diary.txt").write_text("x")
    assert "holds other files" in error_of(make(tmp_path, row("1")), folder)
    assert files(folder) == {"diary.txt": "x"}
    assert len(list(folder.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    assert "cannot be written" in error_of(make(tmp_path, row("1")), tmp_path / "file")


def test_what_is_wrong_is_told_by_line_and_nothing_is_written(tmp_path):
    corpus = make(
        tmp_path,
        row("1"),
        "{",
        row(5),
        row(""),
        row("1", "Again."),
        {"_id": "6"},
        row("7", title=3),
        "[]",
        {"text": "x"},
    )
    with corpus.open("ab") as file:
        file.write(b'{"_id": "\xff"}\n')
    told = error_of(corpus, tmp_path / "files").splitlines()
    assert "has 9 problems" in told[0]
    assert [one.split(":")[0] for one in told[1:]] == [f"  line {n}" for n in range(2, 11)]
    assert "stands in line 1 too" in told[4]
    assert not (tmp_path / "files").exists()


def test_an_empty_or_missing_corpus_is_told(tmp_path):
    assert "holds no texts" in error_of(make(tmp_path), tmp_path / "files")
    assert "There is no file" in error_of(tmp_path / "none.jsonl", tmp_path / "files")
    assert "cannot be opened" in error_of(tmp_path, tmp_path / "files")


# finding


def test_a_corpus_is_found_by_itself_and_in_its_folder(tmp_path):
    corpus = make(tmp_path, row("1"))
    assert find_corpus(tmp_path) == corpus
    assert find_corpus(str(corpus)) == corpus
    other = make(tmp_path, row("1"), name="texts.jsonl")
    assert find_corpus(other) == other


def test_other_paths_hold_no_corpus(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "corpus").mkdir()
    assert find_corpus(tmp_path) is None
    assert find_corpus(tmp_path / "notes.txt") is None
    assert find_corpus(tmp_path / "none.jsonl") is None
    assert find_corpus("a\0b") is None
    assert find_corpus("x" * 5000) is None
