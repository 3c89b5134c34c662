"""Word documents: what stands in them, in which order, and what is left out."""

import pytest

from rag.errors import UnreadableDocument
from rag.formats_docx import read_docx
from tests.rag.files import W, docx, notes, paragraph, zipped


def test_paragraphs_notes_title_and_author():
    raw = docx("One & two.", "Three.", title="Report", **{"word/footnotes.xml": notes("A note.")})
    found = read_docx(raw)

    assert found.text == "One & two.\n\nThree.\n\nA note."
    assert (found.title, found.author, found.published) == ("Report", "Ann Clay", None)


def test_words_split_over_runs_are_whole_and_breaks_are_lines():
    inside = "<w:r><w:t>bour</w:t><w:br/><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>"
    assert read_docx(docx(paragraph("Har", inside))).text == "Harbour\na\tb"


def test_deleted_words_are_gone_and_inserted_ones_stand():
    inside = (
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
    )
    assert read_docx(docx(paragraph("The ", inside))).text == "The new"


def table(*rows: tuple[str, ...]) -> str:
    lines = (
        f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>" for row in rows
    )
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def test_a_table_row_is_one_line():
    found = read_docx(docx(table(("Year", "Ships"), ("2020", "12"), ("", "")), "After."))
    assert found.text == "Year | Ships\n\n2020 | 12\n\nAfter."


def test_a_row_says_its_columns_where_there_are_three_that_have_names():
    rows = (("Firm", "Price", "Ready"), ("Norwin", "890", "May"), ("Ostin", "745", ""))
    found = read_docx(docx(table(*rows), "After."))
    assert found.text == (
        "Firm: Norwin; Price: 890; Ready: May\n\nFirm: Ostin; Price: 745\n\nAfter."
    )


@pytest.mark.parametrize(
    "rows",
    [
        (("1", "2", "3"), ("4", "5", "6")),
        (("09:00", "Opening", "Hall"), ("10:00", "Talk", "Yard")),
        (("Ana Ruiz", "Orsk", "Clerk"), ("Bo Falk", "Sund", "Cook")),
    ],
)
def test_a_first_row_that_is_like_the_others_names_no_columns(rows):
    assert read_docx(docx(table(*rows))).text == "\n\n".join(" | ".join(row) for row in rows)


def test_a_text_box_is_read_once():
    box = f"<w:txbxContent>{paragraph('Boxed.')}</w:txbxContent>"
    both = f"<w:r><w:Both><w:Choice>{box}</w:Choice><w:Fallback>{box}</w:Fallback></w:Both></w:r>"
    assert read_docx(docx(paragraph("Around.", both))).text == "Boxed.\n\nAround."


def test_the_main_part_may_have_another_name():
    raw = zipped(
        {
            "_rels/.rels": '<R><r Type="x/officeDocument" Target="/word/main2.xml"/></R>',
            "word/main2.xml": f'<w:d xmlns:w="{W}">{paragraph("Here.")}</w:d>',
        }
    )
    assert read_docx(raw).text == "Here."


def test_deep_nesting_is_no_crash():
    deep = "<w:p>" * 200 + "</w:p>" * 200
    assert read_docx(docx(deep, "End.")).text == "End."
    with pytest.raises(UnreadableDocument, match="is no XML"):
        read_docx(docx("<w:p>" * 100_000 + "</w:p>" * 100_000))


def test_a_document_without_its_main_part_is_broken():
    with pytest.raises(UnreadableDocument, match="no main part"):
        read_docx(zipped({"word/other.xml": "<x/>"}))
