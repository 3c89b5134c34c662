"""Files into texts: which files, their encoding, what is no text, the title."""

import codecs
import os
import random
from datetime import date
from pathlib import Path

import pytest

from rag.errors import IngestError, UnreadableDocument
from rag.formats_text import decode
from rag.read import (
    BUNDLED,
    SourceFile,
    _day,
    file_key,
    find_files,
    find_title,
    key_path,
    read,
    read_source,
)
from rag.types import Annotation
from tests.rag.files import STORY, docx, lines, mail, page, pdf

MAX_BYTES = 1_000_000

GERMAN = "Übergröße und Straße, schöne Grüße aus München."
FRENCH = "L’été dernier, nous avons visité le château; c’était très agréable – 5 €."
POLISH = (
    "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i praw."
)
RUSSIAN = "Все люди рождаются свободными и равными в своем достоинстве и правах."
JAPANESE = "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"
EMOJI = "Before 😀 after 𝔘𝔫𝔦𝔠𝔬𝔡𝔢.\r\nSecond line.\r\n"


def make(folder, name, content=b"Some words."):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read_bytes(folder, raw):
    path = make(folder, "file.txt", raw)
    return read(SourceFile(path=path, source=path.name), max_bytes=MAX_BYTES)


# encodings


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (EMOJI, "utf-8"),
        (EMOJI, "utf-8-sig"),
        (EMOJI, "utf-16"),
        (EMOJI, "utf-32"),
        (GERMAN, "latin-1"),
        (GERMAN, "cp1252"),
        (FRENCH, "cp1252"),
        ("Café déjà vu – “quoted” naïve", "cp1252"),
        ("The price is £40, or 50€ – a bargain.", "cp1252"),
        ("façade", "latin-1"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
    ],
)
def test_text_survives_its_encoding(text, encoding):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE])
def test_utf_16_of_either_order_by_its_mark(mark):
    encoding = "utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le"
    assert decode(mark + EMOJI.encode(encoding)) == EMOJI


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    document = read_bytes(tmp_path, "Title\n".encode("utf-8-sig"))
    assert document.text == "Title\n"
    assert document.title == "Title"


def test_the_first_odd_letter_may_stand_far_down():
    text = "plain words only. " * 5000 + "Café déjà vu, très bien. " * 10
    assert len(text) > 64 * 1024
    assert decode(text.encode("cp1252")) == text


def test_few_bad_bytes_do_not_turn_utf_8_into_something_else():
    raw = f"{FRENCH} {GERMAN}".encode() + b" \xff\xfe end"
    assert decode(raw) == f"{FRENCH} {GERMAN} \ufffd\ufffd end"


def test_offsets_count_characters_and_line_ends_stay(tmp_path):
    document = read_bytes(tmp_path, EMOJI.encode())
    assert document.text == EMOJI
    start = EMOJI.index("Second")
    assert document.text[start : start + 6] == "Second"


def test_odd_whitespace_and_controls_stay_verbatim(tmp_path):
    text = "a\tb\x0cc\x1b[0m\u2028d\u00a0e\u200b f" + "." * 100
    assert read_bytes(tmp_path, text.encode()).text == text


# what is no text


@pytest.mark.parametrize(
    "raw",
    [
        random.Random(7).randbytes(4096),
        bytes(byte for byte in random.Random(7).randbytes(4096) if byte),
        b"\x7fELF\x02\x01\x01" + bytes(64) + b"some strings" * 3,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "utf-16 without a mark".encode("utf-16-le"),
        bytes(100),
    ],
)
def test_binary_named_txt_is_refused(tmp_path, raw):
    with pytest.raises(UnreadableDocument, match="is not text"):
        read_bytes(tmp_path, raw)


@pytest.mark.parametrize(
    "raw", [b"", b" \n\t\r\n", "\u00a0\u2003\n".encode(), codecs.BOM_UTF8, b"\xff\xfe"]
)
def test_nothing_to_read_is_refused(tmp_path, raw):
    with pytest.raises(UnreadableDocument, match="has no text"):
        read_bytes(tmp_path, raw)


def test_a_large_file_is_refused_unread(tmp_path, monkeypatch):
    path = make(tmp_path, "large.txt", b"x" * 2001)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda _: pytest.fail("was read"))
    with pytest.raises(UnreadableDocument, match=r"over the limit .*RAG_MAX_FILE_MB"):
        read(SourceFile(path=path, source="large.txt"), max_bytes=2000)


def test_a_file_of_just_the_limit_is_read(tmp_path):
    path = make(tmp_path, "fits.txt", b"x" * 2000)
    assert len(read(SourceFile(path=path, source="fits.txt"), max_bytes=2000).text) == 2000


def test_a_vanished_file_is_refused_with_the_reason(tmp_path):
    with pytest.raises(UnreadableDocument, match="cannot be opened"):
        read(SourceFile(path=tmp_path / "gone.txt", source="gone.txt"), max_bytes=MAX_BYTES)


def test_a_name_that_is_not_text_is_refused_but_can_be_printed(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"Some words.")
    (found,) = find_files(tmp_path)
    assert found.source == "caf\ufffd.txt"
    with pytest.raises(UnreadableDocument, match="rename it"):
        read(found, max_bytes=MAX_BYTES)


# documents


def test_the_id_stays_when_the_content_changes_and_differs_by_path(tmp_path):
    first = read_bytes(tmp_path, b"one")
    second = read_bytes(tmp_path, b"two")
    other = read_bytes(tmp_path / "other", b"one")
    assert first.id == second.id != other.id
    assert first.sha256 == other.sha256 != second.sha256
    assert len(first.id) == 12


def test_a_shipped_document_has_the_same_key_wherever_it_is_installed(seeds):
    path = next(seeds.glob("000*"))
    key = file_key(path.resolve())
    assert key == f"{BUNDLED}/{path.name}"
    assert key_path(key) == path.resolve()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# A heading\n\nText.", "A heading"),
        ("\n\n---\n***\nA headline\nText.", "A headline"),
        (" date 2024-03-27 The first words stand here.", "The first words stand here."),
        ("Date: 27 March 2024\n\nThe headline", "The headline"),
        ("\x1b[31mRed\x1b[0m\u202e title", "[31mRed [0m title"),
        ("...\n\n—", None),
        ("", None),
    ],
)
def test_titles(text, title):
    assert find_title(text) == title


def test_a_long_first_line_is_cut_at_a_word():
    title = find_title("word " * 60)
    assert title == "word " * 20 + "word word…"


def test_a_text_without_a_title_is_called_after_its_file(tmp_path):
    assert read_bytes(tmp_path, b"...\n").title == "file"


# other formats


def read_named(folder, name, raw):
    path = make(folder, name, raw)
    os.utime(path, (0, 0))
    return read_source(SourceFile(path=path, source=name), max_bytes=MAX_BYTES)


def test_pages_are_annotations_of_the_text(tmp_path):
    found = read_named(tmp_path, "a.pdf", pdf(lines("First."), lines("Second."), title="Report"))

    assert found.document.text == "First.\n\nSecond."
    assert found.document.title == "Report"
    assert found.pages == (
        Annotation(start=0, end=6, kind="page", value="1"),
        Annotation(start=8, end=15, kind="page", value="2"),
    )


def test_what_a_format_says_of_its_day_counts_before_the_text(tmp_path):
    found = read_named(tmp_path, "a.eml", mail("Published: 2020-01-01\n\nWords."))

    assert (found.document.published, found.document.published_from) == (date(2024, 3, 4), "header")
    assert (found.document.title, found.author) == ("Harbour", "Ann Clay <ann@paper.example>")


def test_the_text_is_asked_where_the_format_says_nothing(tmp_path):
    document = read_named(tmp_path, "a.docx", docx("A harbour", "Date: 2020-01-01", STORY)).document

    assert (document.published, document.published_from) == (date(2020, 1, 1), "header")
    assert document.title == "A harbour"


def test_a_date_among_records_is_not_the_files(tmp_path):
    document = read_named(tmp_path, "rows.csv", 'date,x\n2020-01-01,"y\nz"\n').document

    assert (document.published, document.published_from) == (None, None)
    assert document.title == "rows"


def test_the_address_and_the_name_of_a_file_may_tell_its_day(tmp_path):
    head = '<link rel="canonical" href="https://paper.example/2021/02/03/harbour">'
    by_address = read_named(tmp_path, "a.html", page(STORY, STORY, head=head)).document
    by_name = read_named(tmp_path, "2021-02-03-harbour.txt", "Words.").document

    for document in (by_address, by_name):
        assert (document.published, document.published_from) == (date(2021, 2, 3), "filename")


def test_the_time_of_a_file_is_the_last_resort_and_none_for_shipped_ones(tmp_path, seeds):
    path = make(tmp_path, "a.txt", "Words.")
    os.utime(path, (1_614_800_000, 1_614_800_000))
    document = read(SourceFile(path=path, source="a.txt"), max_bytes=MAX_BYTES)
    shipped = [read(file, max_bytes=MAX_BYTES) for file in find_files(seeds)]

    assert (document.published, document.published_from) == (date(2021, 3, 3), "mtime")
    assert "mtime" not in {one.published_from for one in shipped}


def test_a_time_beyond_the_calendar_is_none():
    assert _day(1e18) is None


def test_a_file_named_as_something_else(tmp_path):
    assert read_named(tmp_path, "a.txt", pdf(lines("First."))).document.text == "First."
    assert read_named(tmp_path, "b.html", page(STORY, STORY)).document.title == "Harbour reopens"
    assert read_named(tmp_path, "b.txt", page(STORY)).document.text == page(STORY).decode()


def test_a_title_is_made_fit_to_be_shown(tmp_path):
    found = read_named(tmp_path, "a.docx", docx("The text.", title="Red \u202e" + "word " * 40))
    assert found.document.title == "Red " + "word " * 20 + "word…"
    none = read_named(tmp_path, "b.docx", docx("The text.", title="..."))
    assert none.document.title == "The text."


def test_plain_text_needs_no_other_process(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("was started"))
    assert read_named(tmp_path, "a.md", "# Words").document.text == "# Words"


def test_the_shipped_documents_are_read_as_they_are(seeds):
    for file in find_files(seeds):
        assert read(file, max_bytes=MAX_BYTES).text.encode() == file.path.read_bytes()


# which files


def test_folders_are_read_through_in_order_without_hidden_or_unknown_files(tmp_path):
    for name in (
        "b.txt",
        "a/z.md",
        "a/b/c.markdown",
        "a.TEXT",
        ".hidden.txt",
        ".git/x.txt",
        "x.png",
    ):
        make(tmp_path, name)
    assert [file.source for file in find_files(tmp_path)] == [
        "a.TEXT",
        "b.txt",
        "a/z.md",
        "a/b/c.markdown",
    ]


def test_a_file_given_by_name_may_have_any_type(tmp_path):
    path = make(tmp_path, "notes.log")
    assert [file.source for file in find_files(path)] == ["notes.log"]


def test_a_link_is_the_same_document_by_name_and_by_folder(tmp_path):
    target = make(tmp_path, "elsewhere/a.txt")
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "link.txt").symlink_to(target)
    (by_folder,), (by_name,) = find_files(folder), find_files(folder / "link.txt")
    assert by_folder.key == by_name.key


def test_broken_links_and_loops_are_left_out(tmp_path):
    make(tmp_path, "a.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.txt")
    assert [file.source for file in find_files(tmp_path)] == ["a.txt"]


def test_a_path_in_home_may_be_written_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    make(tmp_path, "docs/a.txt")

    assert [file.path for file in find_files(Path("~/docs"))] == [tmp_path / "docs" / "a.txt"]


def test_no_such_path_and_no_such_files_are_errors_that_say_what_to_do(tmp_path):
    with pytest.raises(IngestError, match=r"no file or folder .*nowhere"):
        find_files(tmp_path / "nowhere")
    make(tmp_path, "x.png")
    with pytest.raises(IngestError, match=r"Put files of type \.txt .*\.pdf"):
        find_files(tmp_path)
