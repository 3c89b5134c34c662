"""The dates that sentences speak of: hand-checked lists, and what filters make of them."""

import re
from datetime import date
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.dates import stated_day
from rag.events import find_dates, speaks_of, spoken_of
from rag.periods import Period
from rag.read import SourceFile, read
from rag.split import Span, split_sentences
from rag.types import Annotation

SENTENCES = Path(__file__).parent.parent / "data" / "spoken_dates.txt"
MARKED = re.compile(r"\{([^=}]*)=([^}]*)\}")
TUESDAY = date(2025, 6, 10)

#: Every expression in the seeds that means days. Those in the second list need the day of publication or
#: another date of the sentence.
SEEDS = {
    "000": ({"2024-03-27": "2024-03-27"}, {}),
    "001": (
        {"June 2023": "2023-06-01/2023-06-30"},
        {"two months later": "2023-08-01/2023-08-31"},
    ),
    # "Last July" cannot be placed: nothing says when it was published.
    "002": (
        {"since late 2021": "2021-09-01/..", "in 2023": "2023-01-01/2023-12-31"},
        {},
    ),
    "003": (
        {"on April 11, 2021": "2021-04-11", "in 2013-17": "2013-01-01/2017-12-31"},
        {"on 9 September": "2020-09-09", "next year": "2022-01-01/2022-12-31"},
    ),
    "004": (
        {
            "2025-06-10": "2025-06-10",
            "since December 2021": "2021-12-01/..",
            "in 2023": "2023-01-01/2023-12-31",
        },
        {
            "on Monday": "2025-06-09",
            "last week": "2025-06-02/2025-06-08",
            "this month": "2025-06-01/2025-06-30",
            "last July": "2024-07-01/2024-07-31",
            "late May": "2025-05-21/2025-05-31",
        },
    ),
}


def find(text, published=None):
    return find_dates(text, split_sentences(text), published)


def meant(text, published=None):
    return [(text[one.start : one.end], one.value) for one in find(text, published)]


@pytest.mark.parametrize("name", SEEDS)
def test_every_date_of_the_seeds(seeds, name):
    (path,) = seeds.glob(f"{name}*")
    document = read(SourceFile(path=path, source=path.name), max_bytes=10_000)
    stated, relative = SEEDS[name]
    assert dict(meant(document.text, stated_day(document))) == stated | relative


def listed(part):
    for line in SENTENCES.read_text().splitlines():
        kind, _, rest = line.partition("\t")
        if kind == part:
            published, marked = rest.split("\t")
            day = None if published == "undated" else date.fromisoformat(published)
            expected, at = [], 0
            for match in MARKED.finditer(marked):
                start = match.start() - at
                expected.append((start, start + len(match[1]), match[2]))
                at += len(match[0]) - len(match[1])
            yield day, MARKED.sub(r"\1", marked), expected


@pytest.mark.parametrize("part", ["seen", "held"])
def test_sentences_written_before_the_rules(part):
    total, missed, wrong = 0, [], []
    for day, text, expected in listed(part):
        left = list(find(text, day))
        for start, end, value in expected:
            total += 1
            fitting = [
                one for one in left if one.value == value and one.start < end and start < one.end
            ]
            if fitting:
                left.remove(fitting[0])
            else:
                missed.append(text)
        wrong += [(text, one) for one in left]
    assert total > 65
    assert not wrong
    assert len(missed) / total <= 0.05, missed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The office opened on 03/04/2024. It closed on 27/05/2024.", "2024-04-03"),
        ("The office opened on 03/04/2024. It closed on 05/27/2024.", "2024-03-04"),
        ("The office opened on 04/04/2024.", "2024-04-04"),
    ],
)
def test_the_order_of_a_numeric_date_is_taken_from_the_text(text, value):
    assert find(text)[0].value == value


def test_a_text_that_contradicts_itself_shows_no_order():
    text = "Opened on 03/04/2024, shut on 27/05/2024, sold on 05/27/2024."
    assert [value for _, value in meant(text)] == ["2024-05-27", "2024-05-27"]


def test_a_range_without_its_first_year_crosses_the_new_year():
    text = "The siege lasted from 28 December to 3 January 2021."
    assert find(text)[0].value == "2020-12-28/2021-01-03"


def test_a_sentence_does_not_go_back_before_the_date_that_it_opens_with():
    text = "In May 2015 he left, having sold the house on 9 April."
    assert [value for _, value in meant(text, TUESDAY)] == ["2015-05-01/2015-05-31"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Wages fell in 1982, 1985 and 1990.", ["1982", "1985", "1990"]),
        ("In 2019, 2020 people died.", ["2019"]),
        ("Rain fell in 2000 and 2001.", ["2000", "2001"]),
    ],
)
def test_years_in_a_list(text, values):
    assert [value[:4] for _, value in meant(text)] == values


@pytest.mark.parametrize(
    "text",
    [
        "The war began in 1914. The town fell in May, the fort on 9 September.",
        "He was born in 1921. Much later he left on 5 June.",
        "The list of 1998 was short. In July it grew. In August it shrank.",
        "Formed in 2014, the unit crossed the river in May.",
    ],
)
def test_after_an_older_year_a_month_is_not_placed(text):
    assert all(value[:4] < "2000" or value[:4] == "2014" for _, value in meant(text, TUESDAY))


def test_a_recent_date_ends_the_older_story():
    text = "The war began in 1914. A book came out in January 2025. It sold well in May."
    assert meant(text, TUESDAY)[-1] == ("in May", "2025-05-01/2025-05-31")


def test_an_open_past_does_not_make_a_later_day_doubtful():
    text = "Deployed since December 2021, the troops left on 6 June."
    assert meant(text, TUESDAY)[-1] == ("on 6 June", "2025-06-06")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The bridge will be closed on Friday.", "2025-06-13"),
        ("The bridge was closed on Friday.", "2025-06-06"),
        ("Troops will leave, the minister said on Monday.", "2025-06-09"),
        ("The minister said the troops would leave on Friday.", "2025-06-13"),
        ("The firm plans to open a shop in August.", "2025-08-01/2025-08-31"),
        ("We fly from Orsk on 2 August and land at noon.", "2025-08-02"),
        ("We fly from Orsk on 2 May and land at noon.", "2025-05-02"),
        ("The fair is on Saturday.", "2025-06-14"),
        ("The fair on 20 July will have a plant sale.", "2025-07-20"),
        ("The attack on 20 May will not be forgotten.", "2025-05-20"),
        ("I have booked the train for 6 August.", "2025-08-06"),
        ("We have to move it from 30 June to 9 July.", "2025-06-30/2025-07-09"),
        ("It was moved to 9 July.", "2025-07-09"),
        ("She moved to Orsk on 9 July.", "2024-07-09"),
        ("If no permit comes by the end of July, it moves.", "2025-07-21/2025-07-31"),
        ("Please collect the money by 31 July.", "2025-07-31"),
        ("Collect the money by 31 July.", "2025-07-31"),
        ("By 31 July they had lost it.", "2024-07-31"),
        ("8 July at noon in the hall.", "2025-07-08"),
        ("The rest comes on 20 July.", "2025-07-20"),
        ("After the talks on 20 July they left for Orsk.", "2024-07-20"),
        ("Next meeting: 8 July at noon.", "2025-07-08"),
        ("8 July: the bridge was closed.", "2024-07-08"),
        ("8 April at noon in the hall.", "2025-04-08"),
        ("Your passport runs out in September.", "2025-09-01/2025-09-30"),
        ("In an interview on 9 September he spoke of it.", "2024-09-09"),
        ("They say that on 9 September they lost it.", "2024-09-09"),
    ],
)
def test_the_verb_says_which_way_to_look(text, value):
    assert find(text, TUESDAY)[0].value == value


@pytest.mark.parametrize("text", ["It was moved to 9 March.", "It was postponed until 2 June."])
def test_a_day_to_which_something_was_moved_may_lie_before_or_after(text):
    assert not list(find(text, TUESDAY))


@pytest.mark.parametrize(
    "text",
    [
        "It will rain, and delegates delayed by snow arrived tired and hungry on Friday.",
        "The road is open on Monday, Tuesday and Friday morning.",
        "It is warm in July and August.",
        "Born here, she is known today as a painter.",
        "Ice covered it 22,000 years ago.",
        "In June that year it rained.",
        "In 1995 patients the drug failed.",
        "Prices rose from 1500 to 2000 in a day.",
        "The feeders are empty this winter.",
        "Sold for 2,015 dollars on 31 November.",
    ],
)
def test_in_doubt_there_is_no_date(text):
    assert meant(text, TUESDAY) == []


def test_only_the_given_sentences_are_read():
    text = "Posted on Monday. The talks began on Friday."
    found = find_dates(text, split_sentences(text)[1:], TUESDAY)
    assert [text[one.start : one.end] for one in found] == ["on Friday"]


def test_a_later_day_needs_one_date_to_lean_on():
    text = "Founded on 1 May 1990 and sold on 3 May 1991, it was gone two days later."
    assert len(meant(text)) == 2
    vague = "Founded in 1990, it was gone two days later."
    assert len(meant(vague)) == 1


PIECES = st.sampled_from(
    [
        "on Monday", "in June", "since 2021", "last week", "two days later", "9 September", "in 2013-17",
        "May 20", "31 June 2024", "the 1990s", "early", "of", "and", "to", "from", "between", "2020", "1,500",
        "will", "said", ".", ",", "\n\n", "Q3", "03/04/2024", "next", "year", "the", "today", "(", ")",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25), st.sampled_from([None, TUESDAY, date(2024, 2, 29)]))
def test_spans_are_in_order_and_values_are_days(pieces, published):
    text = " ".join(pieces)
    found = find(text, published)
    ends = [0]
    for one in found:
        assert one.kind == "date"
        assert ends[-1] <= one.start < one.end <= len(text)
        assert text[one.start : one.end].strip()
        period = Period.from_iso(one.value)
        assert period.iso == one.value
        assert period.last is None or period.first <= period.last
        ends.append(one.end)


@pytest.mark.parametrize(
    "words", ["on Monday ", "9 September ", "20 May to ", "in 2019, ", "May ", "1.2."]
)
def test_a_long_line_of_dates_takes_no_more_than_its_length(words):
    text = words * (25_000 // len(words))
    started = process_time()
    find_dates(text, [Span(0, len(text))], TUESDAY)
    # Without a limit to the length of a sentence the first three took 10 to 20 seconds.
    assert process_time() - started < 4


def test_a_long_sentence_is_read_to_its_end():
    text = "word " * 900 + "on 27 March 2024"
    ((words, value),) = [
        (text[one.start : one.end], one.value)
        for one in find_dates(text, [Span(0, len(text))], None)
    ]
    assert (words, value) == ("on 27 March 2024", "2024-03-27")


def at(start, value, kind="date"):
    return Annotation(start=start, end=start + 5, kind=kind, value=value)


NOTES = (
    at(0, "1990-01-01/1990-12-31"),
    at(10, "2020-03-05"),
    at(12, "7", kind="page"),
    at(30, "2021-12-01/.."),
)


def test_what_a_passage_speaks_of_is_the_hull_of_its_dates():
    assert spoken_of(NOTES, 0, 20) == (date(1990, 1, 1), date(2020, 3, 5))
    assert spoken_of(NOTES, 10, 15) == (date(2020, 3, 5), date(2020, 3, 5))
    assert spoken_of(NOTES, 30, 40) == (date(2021, 12, 1), date.max)
    assert spoken_of(NOTES, 16, 30) is None
    assert spoken_of(NOTES, 11, 16) is None
    assert spoken_of(NOTES, 10, 13) == (date(2020, 3, 5), date(2020, 3, 5))
    assert spoken_of(NOTES, 5, 10) is None


@pytest.mark.parametrize(
    ("after", "before", "spoken"),
    [
        (None, None, True),
        ("2020-03-05", None, True),
        ("2020-03-06", None, False),
        (None, "1990-01-01", True),
        (None, "1989-12-31", False),
        ("1990-12-31", "1991-01-01", True),
        ("2000-01-01", "2010-12-31", False),
    ],
)
def test_a_passage_matches_if_one_of_its_dates_overlaps_the_window(after, before, spoken):
    window = {
        "after": after and date.fromisoformat(after),
        "before": before and date.fromisoformat(before),
    }
    assert speaks_of(NOTES, 0, 20, **window) is spoken


def test_an_open_end_reaches_any_later_window():
    assert speaks_of(NOTES, 30, 40, after=date(2024, 1, 1))
    assert not speaks_of(NOTES, 30, 40, before=date(2021, 11, 30))
    assert not speaks_of(NOTES, 16, 30)
