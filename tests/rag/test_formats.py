"""What kind of file some bytes are; and whatever they are, a text or a reason comes out."""

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import UnreadableDocument
from rag.formats import SUFFIXES, extract, sniff
from rag.formats_worker import Worker
from tests.rag.files import STORY, docx, epub, lines, mail, page, pdf, zipped

PDF = pdf(lines(STORY), title="Report")
DOCX = docx("Some words.", title="Report")
EPUB = epub({"a.xhtml": "<p>Some words.</p>"})
TABLE = b'name,city\nAda,"Paris, F"\nBob,Rome\n'
RECORDS = b'[{"a": 1.5, "b": "x", "c": [1, {"d": null}]}, {"a": 2}]'
SAMPLES = {
    "pdf": PDF,
    "docx": DOCX,
    "epub": EPUB,
    "html": page(STORY, STORY, head='<meta name="date" content="2024-03-05">'),
    "eml": mail(html="<p>x</p>", attachments=["a.pdf"]),
    "csv": TABLE,
    "json": RECORDS,
    "jsonl": b'{"a": 1}\n{"a": "x"}\n',
    "text": "Some wörds.\n".encode(),
}


@pytest.fixture(scope="module")
def worker():
    """One process for all the files, as in an ingest."""
    worker = Worker(patience_s=20)
    yield worker
    worker.close()


@pytest.mark.parametrize("suffix", [".pdf", ".PDF", ".txt", ".html", ".log", ""])
@pytest.mark.parametrize(("raw", "kind"), [(PDF, "pdf"), (DOCX, "docx"), (EPUB, "epub")])
def test_a_file_is_what_its_bytes_say(raw, kind, suffix):
    assert sniff(raw, suffix) == kind


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".txt", "text"),
        (".md", "text"),
        (".log", "text"),
        ("", "text"),
        (".HTM", "html"),
        (".tsv", "csv"),
        (".ndjson", "jsonl"),
        (".eml", "eml"),
    ],
)
def test_text_is_told_apart_by_its_ending(suffix, kind):
    assert sniff(b"some words", suffix) == kind


def test_a_pdf_may_have_a_line_before_it_but_words_about_one_are_text():
    assert sniff(b"\r\n" + PDF, ".pdf") == "pdf"
    assert sniff(b"A file starts with %PDF-1.4.", ".txt") == "text"


@pytest.mark.parametrize(
    ("raw", "suffix", "reason"),
    [
        (b"some words", ".pdf", "holds no PDF"),
        (b"some words", ".docx", "holds no DOCX"),
        (b"", ".epub", "is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), ".docx", "locked with a password"),
        (zipped({"a.txt": "words", "b.zip": DOCX}), ".txt", "archive of files"),
        (DOCX[:200], ".docx", "broken or cut off"),
    ],
)
def test_what_is_not_what_it_seems_is_reported(raw, suffix, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        sniff(raw, suffix)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "html"),
        (b"{}", "json"),
        (b"", "csv"),
        (b"\n \n", "jsonl"),
        (docx(""), "docx"),
        (b" ", "text"),
    ],
)
def test_nothing_to_read_is_reported(raw, kind):
    with pytest.raises(UnreadableDocument, match="has no text"):
        extract(raw, kind)


def test_a_text_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("rag.formats._MAX_TEXT_CHARS", 10)
    with pytest.raises(UnreadableDocument, match="unfolds to more than"):
        extract(b"more than ten", "text")


def test_half_a_character_is_none():
    found = extract(b'{"title": "x\\ud83dy", "author": "\\ud83d"}', "json")
    assert (found.text, found.title, found.author) == ("title: x?y\n\nauthor: ?", "x?y", "?")


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_same_bytes_give_the_same_text(kind):
    assert extract(SAMPLES[kind], kind) == extract(SAMPLES[kind], kind)


def test_every_ending_has_a_reader():
    kinds = {sniff(SAMPLES.get(suffix[1:], b"some words"), suffix) for suffix in SUFFIXES}
    assert kinds == set(SAMPLES)


@st.composite
def broken(draw):
    """A file of some format with bytes changed, taken out, doubled or cut off."""
    kind = draw(st.sampled_from(sorted(SAMPLES)))
    raw = bytearray(SAMPLES[kind])
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        what = draw(st.sampled_from(("change", "delete", "repeat", "cut", "insert")))
        if what == "change" and raw:
            raw[at] = draw(st.integers(0, 255))
        elif what == "delete":
            del raw[at : at + draw(st.integers(1, 40))]
        elif what == "repeat":
            raw[at:at] = raw[at : at + 40] * draw(st.integers(1, 20))
        elif what == "insert":
            raw[at:at] = draw(st.binary(max_size=20))
        else:
            del raw[at:]
    return kind, bytes(raw)


@settings(
    max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(broken())
def test_broken_files_give_a_text_or_a_reason(worker, case):
    kind, raw = case
    found, reason = outcome(worker, raw, kind)
    assert "crashes" not in reason
    if found is not None:
        assert found.text.strip()
        assert all(0 <= start < end <= len(found.text) for start, end, _ in found.pages)
        assert found.title is None or found.title.encode()


@settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(st.sampled_from(["docx", "epub"]), st.data())
def test_documents_with_broken_parts_give_a_text_or_a_reason(worker, kind, data):
    with zipfile.ZipFile(io.BytesIO(SAMPLES[kind])) as whole:
        members = {name: bytearray(whole.read(name)) for name in whole.namelist()}
    name = data.draw(st.sampled_from(sorted(members)))
    at = data.draw(st.integers(0, len(members[name])))
    members[name][at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    raw = zipped({name: bytes(content) for name, content in members.items()})
    found, _ = outcome(worker, raw, kind)
    assert found is None or found.text.strip()


def outcome(worker, raw, kind):
    """What was read, or why not."""
    try:
        return worker.extract(raw, sniff(raw, f".{kind}")), ""
    except UnreadableDocument as error:
        return None, str(error)
