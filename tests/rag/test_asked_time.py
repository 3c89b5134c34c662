"""Which time a question asks about, and what that makes of the order of passages."""

from datetime import date

import pytest

from rag import Chunk, Document, Passage
from rag.asked_time import asked_period, asks_about_now, weigh_by_time

TODAY = date(2025, 6, 11)


def iso(question: str) -> str | None:
    period = asked_period(question, TODAY)
    return period.iso if period else None


@pytest.mark.parametrize(
    ("question", "period"),
    [
        ("Which Russian outfit was fighting in Mali in 2022?", "2022-01-01/2022-12-31"),
        (
            "Back in 2021, what did people think Moscow could get out of it?",
            "2021-01-01/2021-12-31",
        ),
        ("What happened in June 2023?", "2023-06-01/2023-06-30"),
        ("What did the Kremlin say on 9 June 2025?", "2025-06-09"),
        ("Who was ambassador at the time of the 2021 article?", "2021-01-01/2021-12-31"),
        ("What share did Russia have from 2013 to 2017?", "2013-01-01/2017-12-31"),
        ("What share did Russia have in 2013-17?", "2013-01-01/2017-12-31"),
        ("Who supplied Mali before 2019?", "0001-01-01/2018-12-31"),
        ("Who led Wagner until August 2023?", "0001-01-01/2023-07-31"),
        ("How many ships were there by 2020?", "0001-01-01/2020-12-31"),
        ("How many ships were there by the end of 2020?", "0001-01-01/2020-12-31"),
        ("Who supplied Mali after 2019?", "2020-01-01/.."),
        ("Who has supplied Mali since 2019?", "2019-01-01/.."),
        ("Who supplied Mali from 2019 on?", "2019-01-01/.."),
        ("Who led Mali after 2019 and before 2022?", "2020-01-01/2021-12-31"),
        ("What was said last year?", "2024-01-01/2024-12-31"),
        ("What was announced last week?", "2025-06-02/2025-06-08"),
        ("What was announced yesterday?", "2025-06-10"),
        ("Was it dearer in the 1990s?", "1990-01-01/1999-12-31"),
        ("How did it change between 2021 and 2025?", "2021-01-01/2025-12-31"),
        ("In 2021 a forecast was made. What has come of that since?", "2021-01-01/.."),
        ("Who is currently in charge?", "2025-06-11"),
        ("is wagner still in mali or has somebody else taken over??", "2025-06-11"),
        ("Who runs the Africa Corps now?", "2025-06-11"),
        ("Now, who runs the Africa Corps?", "2025-06-11"),
        ("How many bases are there these days?", "2025-06-11"),
        ("What is the latest on the treaty?", "2025-06-11"),
        ("Does the ferry run to Larvik any more?", "2025-06-11"),
        ("Was it still open in 2019?", "2019-01-01/2019-12-31"),
        ("Who are the current members?", "2025-06-11"),
    ],
)
def test_a_question_asks_about_a_time(question, period):
    assert iso(question) == period


@pytest.mark.parametrize(
    "question",
    [
        "Who founded Wagner?",
        "What was the role of Russia before the coup?",
        "Who painted Still Life?",
        "How many soldiers may march?",
        "What is 2,000 plus 24?",
        "When did the mutiny begin?",
        "Which weapons were unloaded in Conakry?",
        "Now that Wagner has left, who fights?",
        "Did the price of $1999 include tax?",
    ],
)
def test_a_question_without_a_time_asks_about_none(question):
    assert iso(question) is None
    assert not asks_about_now(question)


def found(*texts: tuple[str, date | None]) -> tuple[Passage, ...]:
    passages = []
    for number, (text, published) in enumerate(texts):
        document = Document(
            id=f"d{number}",
            source=f"{number}.txt",
            title="T",
            text=text,
            sha256="0" * 64,
            published=published,
            published_from="header" if published else None,
        )
        chunk = Chunk(id=f"{number}:0", document_id=document.id, start=0, end=len(text))
        passages.append(
            Passage(chunk=chunk, document=document, score=1 - number / 10, rank=number + 1)
        )
    return tuple(passages)


WAGNER = found(
    ("Wagner announced that it was leaving Mali.", date(2025, 6, 10)),
    ("It is unlikely that Russia will send contractors to Mali.", date(2021, 4, 11)),
    ("Wagner is a group of mercenaries.", None),
    ("Wagner fought beside the army in 2022.", date(2025, 6, 10)),
    ("The coup in August 2020 brought the army to power.", date(2024, 1, 2)),
)


def order(question: str, passages=WAGNER) -> list[str]:
    return [passage.document.id for passage in weigh_by_time(question, passages, TODAY)]


def test_without_a_time_nothing_changes():
    assert weigh_by_time("Who is Wagner?", WAGNER, TODAY) == WAGNER


def test_what_was_published_in_the_year_asked_for_comes_first():
    assert order("What did people expect in 2021?")[0] == "d1"


def test_what_speaks_of_the_year_asked_for_comes_first():
    assert order("Who fought in Mali in 2022?")[0] == "d3"


def test_for_the_present_the_newest_come_first():
    passages = found(
        ("Wagner is in Mali.", date(2022, 3, 1)),
        ("Wagner is in Mali.", None),
        ("The Africa Corps is in Mali.", date(2025, 6, 10)),
    )
    assert order("Who is in Mali now?", passages) == ["d2", "d1", "d0"]
    assert order("Who is in Mali?", passages) == ["d0", "d1", "d2"]


def test_an_event_is_placed_by_what_the_passages_say_of_it():
    passages = found(
        ("Russia sends ships.", date(2025, 6, 10)),
        ("France trains the army.", date(2018, 5, 2)),
        ("The coup in August 2020 brought the army to power.", date(2024, 1, 2)),
    )
    assert order("Who trained the army before the coup?", passages)[0] == "d1"
    assert order("Who trained the army before the flood?", passages) == ["d0", "d1", "d2"]


def test_relevance_still_counts():
    texts = [(f"Ferries leave at {hour}.", date(2025, 1, 1)) for hour in range(1, 20)]
    passages = found(*texts, ("Potatoes grew well in 2021.", date(2021, 5, 1)))
    assert order("When did ferries leave in 2021?", passages)[0] == "d0"


def test_ranks_are_written_anew_and_nothing_is_lost():
    weighed = weigh_by_time("What did people expect in 2021?", WAGNER, TODAY)
    assert [one.rank for one in weighed] == [1, 2, 3, 4, 5]
    assert {one.chunk.id: one.score for one in weighed} == {
        one.chunk.id: one.score for one in WAGNER
    }


def test_passages_that_fit_alike_keep_their_order():
    passages = found(*[(f"Ferry {number}.", date(2021, number, 1)) for number in range(1, 6)])
    assert weigh_by_time("Which ferries ran in 2021?", passages, TODAY) == passages


def test_a_file_time_is_no_publication_day():
    passages = found(("Wagner is in Mali.", None), ("Wagner was in Mali.", None))
    assert weigh_by_time("Who is in Mali now?", passages, TODAY) == passages
