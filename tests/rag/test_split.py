"""Sentences and chunks: exact spans, whatever the text; and the places where people would cut."""

import itertools
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.formats_text import decode
from rag.split import Span, adjoin, split_chunks, split_sentences
from rag.testing import HashEmbedder

MAX_TOKENS = 32
count_tokens = HashEmbedder().count_tokens

pieces = st.sampled_from(
    ["Hello", "Dr.", "U.S.", "e.g.", "3.14", "word", "Mali", "😀", "𝔘𝔫𝔦", "e\u0301", "日本語。", "«Oui.»",
     ". ", "! ", "? ", "… ", "; ", ": ", ", ", '." ', "“", "”", "(", ")", "[1]", "- ", "* ", "1. ", "# ", "> ", "| ",
     " ", "  ", "\t", "\n", "\n\n", "\n \n", "\r\n", "\r\n\r\n", "\r", "\f", "\v", "\u2028", "\u00a0", "\u200b", "\x00",
     "x" * 300, "word " * 40]
)  # fmt: skip
texts = st.lists(pieces | st.text(max_size=20), max_size=60).map("".join)


def sentences_of(text):
    return [text[span.start : span.end] for span in split_sentences(text)]


def chunks_of(text, *, max_tokens=MAX_TOKENS, overlap=1):
    return split_chunks(
        text,
        split_sentences(text),
        max_tokens=max_tokens,
        overlap=overlap,
        count_tokens=count_tokens,
    )


def exact(text, spans):
    """Every span is non-empty, without space around it, and inside the text."""
    return all(
        0 <= span.start < span.end <= len(text)
        and text[span.start : span.end] == text[span.start : span.end].strip()
        for span in spans
    )


@given(texts)
@example("😀 One. 😀 Two!\r\n𝔗hree?")
@example("a\u2028b\x0cc\x1cd")
@settings(max_examples=300, deadline=None)
def test_sentences_are_exact_and_hold_every_letter(text):
    spans = split_sentences(text)
    assert exact(text, spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    inside = "".join(text[span.start : span.end] for span in spans)
    assert "".join(inside.split()) == "".join(text.split())


@given(texts, st.integers(min_value=8, max_value=64), st.integers(min_value=0, max_value=3))
@example("x" * 3000, 8, 1)
@example("日本語" * 100, 8, 2)
@settings(max_examples=300, deadline=None)
def test_chunks_are_exact_fit_and_hold_every_letter(text, max_tokens, overlap):
    spans = chunks_of(text, max_tokens=max_tokens, overlap=overlap)
    assert exact(text, spans)
    assert all(
        count <= max_tokens
        for count in count_tokens([text[span.start : span.end] for span in spans])
    )
    # Forward at each step, at both ends: nothing is said twice by one inside another.
    assert all(
        one.start < other.start and one.end < other.end for one, other in itertools.pairwise(spans)
    )
    seen = {at for span in spans for at in range(span.start, span.end)}
    assert all(at in seen for at, letter in enumerate(text) if not letter.isspace())


def test_neighbours_share_one_sentence():
    text = " ".join(f"Sentence number {number} says a thing." for number in range(20))
    sentences = split_sentences(text)
    chunks = chunks_of(text)
    assert len(chunks) > 3
    for one, other in itertools.pairwise(chunks):
        shared = [s for s in sentences if other.start <= s.start and s.end <= one.end]
        assert len(shared) == 1
        assert shared[0].start == other.start
        assert shared[0].end == one.end


def test_without_overlap_neighbours_share_nothing():
    text = " ".join(f"Sentence number {number} says a thing." for number in range(20))
    chunks = chunks_of(text, overlap=0)
    assert all(one.end < other.start for one, other in itertools.pairwise(chunks))


def test_overlap_gives_way_to_a_long_sentence():
    long = "word " * 26 + "end."
    text = f"A short one here. {long} A short one there."
    assert [text[span.start : span.end] for span in chunks_of(text)] == [
        "A short one here.",
        long,
        "A short one there.",
    ]


def test_a_sentence_that_is_too_long_is_cut_between_words():
    text = "word " * 100
    chunks = chunks_of(text)
    assert len(chunks) >= 4
    assert {text[span.start : span.end].strip("word ") for span in chunks} == {""}
    assert all(text[span.end - 4 : span.end] == "word" for span in chunks)


def test_a_run_without_spaces_does_not_make_an_endless_chunk():
    text = "A sentence. " + "f00d" * 5000 + " Another sentence."
    assert count_tokens([text]) == [9]
    assert max(span.end - span.start for span in chunks_of(text)) <= 12 * (MAX_TOKENS + 1)


def test_a_short_text_is_one_chunk():
    text = "\n  One sentence. Another one.  \n"
    assert chunks_of(text) == [Span(3, 29)]


@pytest.mark.parametrize("text", ["", " ", "\n\n\r\n\t", "\f\u00a0"])
def test_nothing_comes_of_white_space(text):
    assert split_sentences(text) == []
    assert chunks_of(text) == []


def test_hard_wrapped_sentences_go_on_over_the_line():
    text = (
        "The bridge was closed in June and it will not be opened\n"
        "before the end of the year. The ferry runs\n"
        "every hour.\n\nA heading\n\nMore text."
    )
    assert sentences_of(text) == [
        "The bridge was closed in June and it will not be opened\nbefore the end of the year.",
        "The ferry runs\nevery hour.",
        "A heading",
        "More text.",
    ]


def test_lines_that_all_begin_as_sentences_do_are_a_list():
    lines = [
        "To do",
        "Spare key: under the pot",
        "Plumber Olle 555 0142",
        "2 litres of paint",
        "Mum's birthday 17 February",
    ]
    assert sentences_of("\n".join(lines)) == lines
    chat = ["[12/07/2025] Ann: great. I bring the tent", "[13/07/2025] Bo: and I the stove"] * 3
    assert [one.split(".")[0] for one in chat] == [
        one.split(".")[0] for one in sentences_of("\n".join(chat)) if one.startswith("[")
    ]
    # Few lines of wrapped prose begin so.
    prose = "The bridge was closed by\nLena Ortiz and the council\nof Orsk and it opened for\nDecember again."
    assert sentences_of(prose) == [prose]


def test_may_ends_a_sentence():
    text = "The old pool closed in May. A new one opened on 3 May. Entry is free."
    assert len(sentences_of(text)) == 3


def test_the_stop_of_a_german_day_ends_no_sentence():
    text = "Die Versammlung findet am 29. März um 15 Uhr statt. Das Wasser kommt am 7. April."
    assert len(sentences_of(text)) == 2
    assert len(sentences_of("The bridge was closed in 2021. September was wet.")) == 2


def test_one_long_web_address_does_not_undo_the_wrapping():
    wrapped = "The bridge was closed in June and it will not be\nopened before the end.\n\n" * 10
    text = f"{wrapped}https://example.org/{'x' * 120}\n"
    assert sentences_of(text)[0].endswith("be\nopened before the end.")


def test_every_line_of_an_unwrapped_text_ends_a_paragraph():
    long = "This line is long because whoever wrote it let a program do the wrapping of all of its words for them."
    text = f"A heading\n{long} And more.\nSubheading without a stop\n{long} And more."
    assert sentences_of(text) == [
        "A heading",
        long,
        "And more.",
        "Subheading without a stop",
        long,
        "And more.",
    ]


def test_list_items_quotations_and_headings_stand_alone():
    text = "# Ferries\nThey run to\n- the island\n* the cape\n2. the bay\n> a word\n## Times\n| a | b |"
    assert sentences_of(text) == [
        "# Ferries",
        "They run to",
        "- the island",
        "* the cape",
        "2. the bay",
        "> a word",
        "## Times",
        "| a | b |",
    ]


def test_abbreviations_and_numbers_do_not_end_sentences():
    text = "Dr. Smith of the U.S. Army paid 3.5 dollars. He left."
    assert sentences_of(text) == ["Dr. Smith of the U.S. Army paid 3.5 dollars.", "He left."]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_change_nothing_but_themselves(end):
    lines = ["A heading", "", "One sentence that is", "wrapped. Two.", "", "- item", "- other", ""]
    text = end.join(lines)
    spans = split_sentences(text)
    assert [text[span.start : span.end].replace(end, "\n") for span in spans] == sentences_of(
        "\n".join(lines)
    )
    assert "wrapped" in text[spans[1].start : spans[1].end]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_offsets_do_not_depend_on_the_encoding(encoding):
    text = "😀 One 𝔘. Two é.\r\nThree e\u0301?"
    decoded = decode(text.encode(encoding))
    assert sentences_of(decoded) == ["😀 One 𝔘.", "Two é.", "Three e\u0301?"]


@pytest.mark.parametrize(
    "unit", ["a line of a log without any stop\n", "word ", "A. ", "x", '"a." ', "\n", "- item\n"]
)
def test_time_grows_with_the_text_and_not_with_its_square(unit):
    text = unit * (1_000_000 // len(unit))
    started = time.monotonic()
    chunks_of(text, max_tokens=200)
    assert time.monotonic() - started < 20  # a square takes minutes


def test_the_line_that_states_the_day_is_apart_from_the_first_sentence():
    text = " date 2025-06-10 Russia is stepping up cooperation. More follows."
    assert [text[one.start : one.end] for one in split_sentences(text)] == [
        "date 2025-06-10",
        "Russia is stepping up cooperation.",
        "More follows.",
    ]


# what is set aside


@st.composite
def texts_with_asides(draw):
    text = draw(texts)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    spans = [Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    return text, [span for span in spans if text[span.start : span.end].strip()]


@given(texts_with_asides(), st.integers(min_value=8, max_value=64), st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_sentences_and_chunks_hold_no_aside_and_everything_else(drawn, max_tokens, overlap):
    text, asides = drawn
    sentences = split_sentences(text, asides)
    chunks = split_chunks(
        text, sentences, max_tokens=max_tokens, overlap=overlap, count_tokens=count_tokens
    )
    set_aside = {at for one in asides for at in range(one.start, one.end)}
    for spans in (sentences, chunks):
        assert exact(text, spans)
        inside = {at for span in spans for at in range(span.start, span.end)}
        assert not inside & set_aside
        assert inside | set_aside >= {at for at, one in enumerate(text) if not one.isspace()}
    assert sentences == split_sentences(text, asides)
    assert split_sentences(text, []) == split_sentences(text)


def test_an_aside_that_is_glued_to_a_sentence_is_cut_off():
    text = "The bridge reopened.Share on Facebook The ferry runs every hour. 3 min read\nNobody was hurt."
    asides = [
        Span(text.index(words), text.index(words) + len(words))
        for words in ("Share on Facebook", "3 min read")
    ]
    assert [text[one.start : one.end] for one in split_sentences(text, asides)] == [
        "The bridge reopened.",
        "The ferry runs every hour.",
        "Nobody was hurt.",
    ]


def test_a_chunk_ends_before_an_aside_and_the_next_shares_nothing_with_it():
    text = "One is here. Two is here. ADVERTISEMENT Three is here. Four is here."
    start = text.index("ADVERTISEMENT")
    sentences = split_sentences(text, [Span(start, start + len("ADVERTISEMENT"))])
    chunks = split_chunks(text, sentences, max_tokens=99, overlap=1, count_tokens=count_tokens)
    assert [text[one.start : one.end] for one in chunks] == [
        "One is here. Two is here.",
        "Three is here. Four is here.",
    ]
    assert adjoin(text, sentences[0], sentences[1])
    assert not adjoin(text, sentences[1], sentences[2])


@pytest.mark.parametrize("space", ["\u2028", "\u00a0", "\u3000", "\u2029\u00a0"])
def test_wide_white_space_before_a_stop_is_no_trouble(space):
    text = f"By A{space}. Falk. It rained."
    spans = split_sentences(text)
    assert " ".join(text[one.start : one.end] for one in spans).split() == text.split()
