"""PDF files: paragraphs out of lines, pages, titles, and files that cannot be read."""

import pytest

from rag.errors import UnreadableDocument
from rag.formats_pdf import read_pdf
from tests.rag.files import STORY, lines, pdf


def test_lines_of_a_paragraph_are_joined_and_paragraphs_kept_apart():
    first = lines(STORY)
    second = lines(STORY.upper(), top=first[-1][1] - 26)

    assert read_pdf(pdf(first + second)).text == f"{STORY}\n\n{STORY.upper()}"


def test_paragraphs_told_by_their_indent_alone():
    first = lines(STORY.replace("of April", "of the month of April, or of May"))
    # The first line of the second gives room at its left instead of a word.
    (left, y, size, words), *rest = lines(f"xxxx {STORY}", top=first[-1][1] - 15)

    text = read_pdf(pdf([*first, (left + 26, y, size, words[5:]), *rest])).text

    assert text.endswith(f"of May.\n\n{STORY}")
    assert text.count("\n") == 2


def test_pages_are_numbered_over_the_text():
    found = read_pdf(pdf(lines("First page."), [], lines("Third page.")))

    assert [(found.text[start:end], number) for start, end, number in found.pages] == [
        ("First page.", 1),
        ("Third page.", 3),
    ]


def test_columns_are_read_one_after_the_other():
    left, right = lines(STORY, width=200), lines(STORY.upper(), width=200, x=330)

    assert read_pdf(pdf(left + right)).text == f"{STORY}\n\n{STORY.upper()}"


def test_words_side_by_side_stay_on_one_line():
    shown = [(72, 760, 12, "Ships"), (300, 763, 12, "12"), (72, 700, 12, "Boats")]
    assert read_pdf(pdf(shown)).text == "Ships 12\n\nBoats"


def test_lines_of_a_table_of_contents_stay_apart():
    shown = [
        (72, 760 - 15 * at, 12, f"{at} {name} {'. ' * dots}{at}")
        for at, (name, dots) in enumerate((("Ships", 40), ("Ice", 41), ("Boats", 40)), start=1)
    ]
    assert read_pdf(pdf(shown)).text.count("\n") == 2


def test_fonts_that_do_not_say_their_letters_are_reported(monkeypatch):
    monkeypatch.setattr("rag.formats_pdf._CHARACTERS", {ord(c): "\ufffd" for c in "aeiors"})
    with pytest.raises(UnreadableDocument, match="fonts that do not say"):
        read_pdf(pdf(lines(STORY)))


def test_headings_lists_and_short_lines_keep_their_lines():
    shown = [
        (72, 780, 18, "Harbour reopens"),
        *lines(STORY, top=750),
        (72, 690 - 30, 12, "• one thing"),
        (72, 690 - 45, 12, "• another thing"),
        (72, 690 - 75, 12, "int main() {"),
        (90, 690 - 90, 12, "return 0;"),
        (72, 690 - 105, 12, "}"),
    ]

    assert read_pdf(pdf(shown)).text.replace("\n\n", "\n").split("\n") == [
        "Harbour reopens",
        STORY,
        "• one thing",
        "• another thing",
        "int main() {",
        "return 0;",
        "}",
    ]


@pytest.mark.parametrize(
    ("head", "tail", "whole"),
    [
        ("a great manipu-", "lation of it all", "a great manipulation of it all"),
        ("all of it so well-", "known to the town", "all of it so well-known to the town"),
        ("words of a Anglo-", "Norman kind of it", "words of a Anglo-Norman kind of it"),
    ],
)
def test_words_cut_at_the_end_of_a_line_are_made_whole(head, tail, whole):
    shown = [(72, 760, 12, "A well-known thing."), (72, 720, 12, head), (72, 705, 12, tail)]

    assert read_pdf(pdf(shown)).text.split("\n\n") == ["A well-known thing.", whole]


def test_characters_beyond_ascii():
    assert read_pdf(pdf([(72, 700, 12, "Café € 5")])).text == "Café € 5"


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("Harbour report", "Harbour report"),
        ("Microsoft Word - report.doc", None),
        ("untitled", None),
        ("report_final.docx", None),
        (" ", None),
        (None, None),
    ],
)
def test_the_title_is_what_a_person_wrote(stated, title):
    assert read_pdf(pdf(lines("Words."), title=stated)).title == title


def test_the_day_of_making_is_no_day_of_publication():
    assert read_pdf(pdf(lines("Words."), title="Report")).published is None


def test_pages_without_text_are_reported_as_scanned():
    with pytest.raises(UnreadableDocument, match=r"scanned.*run OCR first"):
        read_pdf(pdf([], []))


@pytest.mark.parametrize("raw", [b"%PDF-1.4\n", b"%PDF-1.4\n%%EOF", pdf(lines("Words."))[:150]])
def test_what_is_left_of_a_file_is_reported(raw):
    with pytest.raises(UnreadableDocument, match=r"broken or cut off|scanned"):
        read_pdf(raw)


def test_a_locked_file_is_reported():
    raw = pdf(lines("Words."), title="t").replace(
        b"trailer <<",
        b"trailer << /ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
        + b"11" * 32 + b"> /U <" + b"22" * 32 + b"> >>",
    )  # fmt: skip
    with pytest.raises(UnreadableDocument, match="locked with a password"):
        read_pdf(raw)
