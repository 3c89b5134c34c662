"""Books: chapters in the order of reading."""

import pytest

from rag.errors import UnreadableDocument
from rag.formats_epub import read_epub
from tests.rag.files import epub, zipped

TWO = {
    "b.xhtml": "<h1>Second</h1><p>More\n words.</p>",
    "a.xhtml": "<h1>First</h1><p>Some&nbsp;words.</p>",
}


def test_chapters_stand_in_reading_order_without_the_contents():
    chapters = {**TWO, "nav.xhtml": "<ol><li>Second</li></ol>"}
    found = read_epub(epub(chapters, order=["nav.xhtml", "a.xhtml", "b.xhtml"]))

    assert found.text == "First\n\nSome\xa0words.\n\nSecond\n\nMore words."
    assert (found.title, found.author, found.published) == ("The Book", "Ann Clay", None)


def test_a_chapter_listed_twice_is_read_once():
    assert read_epub(epub(TWO, order=["a.xhtml", "a.xhtml"])).text == "First\n\nSome\xa0words."


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (epub(TWO, order=["gone.xhtml"]), "chapter is missing"),
        (zipped({"META-INF/container.xml": "<container/>"}), "names no package"),
        (zipped({"META-INF/container.xml": "no xml"}), "is no XML"),
        (zipped({"META-INF/container.xml": '<c full-path="x.opf"/>'}), r"part x\.opf is missing"),
        (
            epub(TWO, **{"META-INF/encryption.xml": '<e><c URI="OPS/text/a.xhtml"/></e>'}),
            "protected against copying",
        ),
    ],
)
def test_broken_and_protected_books_are_reported(raw, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        read_epub(raw)


def test_hidden_fonts_are_no_protection():
    raw = epub(TWO, **{"META-INF/encryption.xml": '<e><c URI="OPS/fonts/x.otf"/></e>'})
    assert "First" in read_epub(raw).text
