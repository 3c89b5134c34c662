"""Zipped documents that are broken or made to do harm."""

import struct

import pytest

from rag.errors import UnreadableDocument
from rag.formats_zip import open_parts, resolve
from tests.rag.files import zipped


def xml(content):
    with open_parts(zipped({"a.xml": content})) as parts:
        return parts.xml("a.xml")


def test_a_bomb_is_refused_before_anything_is_unpacked(monkeypatch):
    raw = zipped({"a.xml": bytes(60_000_000)})
    monkeypatch.setattr("zipfile.ZipFile.read", lambda *_: pytest.fail("was unpacked"))
    with pytest.raises(UnreadableDocument, match="as a zip bomb does"), open_parts(raw) as parts:
        parts.read("a.xml")


def test_what_shrinks_well_but_is_small_is_read():
    raw = zipped({"a.xml": b"<a>" + b" " * 5_000_000 + b"</a>"})
    with open_parts(raw) as parts:
        assert len(parts.read("a.xml")) > 5_000_000


def test_too_many_parts_are_refused():
    raw = zipped({str(number): b"" for number in range(10_001)})
    with pytest.raises(UnreadableDocument, match="in 10001 parts"), open_parts(raw):
        pass


def test_a_size_that_is_stated_falsely_does_not_help():
    raw = zipped({"a.xml": b"x" * 1000})
    place = raw.rindex(b"PK\x01\x02") + 24
    raw = raw[:place] + struct.pack("<I", 10) + raw[place + 4 :]
    with pytest.raises(UnreadableDocument, match="damaged"), open_parts(raw) as parts:
        parts.read("a.xml")


def test_a_locked_archive_is_reported():
    raw = zipped({"a.xml": b"<a/>"})
    place = raw.rindex(b"PK\x01\x02") + 8
    raw = raw[:place] + b"\x01" + raw[place + 1 :]
    with pytest.raises(UnreadableDocument, match="locked with a password"), open_parts(raw):
        pass


@pytest.mark.parametrize("cut", [10, 60, 100])
def test_a_cut_archive_is_reported(cut):
    raw = zipped({"a.xml": b"<a>words</a>"})[:cut]
    with pytest.raises(UnreadableDocument, match="broken or cut off"), open_parts(raw):
        pass


def test_entities_are_not_expanded(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    for declared in ("'words'", f"SYSTEM 'file://{tmp_path}/secret.txt'"):
        root = xml(f"<!DOCTYPE a [<!ENTITY e {declared}>]><a>x&e;y</a>")
        assert "words" not in (root.text or "") + "".join(child.tail or "" for child in root)
        assert [child.tail for child in root] == ["y"]


def test_an_entity_bomb_is_refused():
    layers = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(UnreadableDocument, match="is no XML"):
        xml(f'<!DOCTYPE a [<!ENTITY e0 "boom">{layers}]><a>&e11;</a>')


def test_a_missing_part_is_named():
    with (
        pytest.raises(UnreadableDocument, match=r"part b\.xml is missing"),
        open_parts(zipped({"a": b""})) as parts,
    ):
        parts.read("b.xml")


@pytest.mark.parametrize(
    ("base", "href", "name"),
    [
        ("OPS/book.opf", "text/a%20b.xhtml#top", "OPS/text/a b.xhtml"),
        ("OPS/book.opf", "../a.xhtml", "a.xhtml"),
        ("", "/word/document.xml", "word/document.xml"),
    ],
)
def test_references_are_resolved(base, href, name):
    assert resolve(base, href) == name
