"""What a search returns as a whole: filters, copies under one passage, origins."""

from datetime import date

import pytest

from rag import QuestionError, ingest_paths, open_retriever
from rag.retrieve import fuse

REPORTS = {
    "bridge": (
        "2019-03-05",
        "The harbour bridge reopened on Monday after eleven months of repairs, said mayor Lena Ortiz. "
        "The work cost 4.2 million euros and was paid by the port authority. Engineers had replaced forty "
        "steel cables and painted the towers in a darker green. Ferries carried commuters in the meantime. "
        "Shopkeepers on the northern quay had complained about the noise of the works.",
    ),
    "birds": (
        "2020-06-11",
        "A survey counted 312 nesting pairs of terns on the northern islands in May 2020, twice as many as ten "
        "years before. Volunteers had removed rats and put up fences along the beaches. The keeper of the "
        "lighthouse, Tom Abara, has watched the colony since his childhood. Visitors may land there from "
        "August on, when the young have left their nests.",
    ),
    "school": (
        "2021-09-01",
        "The village school of Westmarch closes for good, as only seven children would have come to its first "
        "form. Parents drove to the capital to protest. The ministry offers a bus that leaves at six in the "
        "morning. The teacher, Ines Falk, will retire after thirty-four years in the same classroom.",
    ),
}
QUERY = "What did the repair of the harbour bridge cost?"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, (day, text) in REPORTS.items():
        (folder / f"{name}.txt").write_text(f"date {day}\n\n{text}\n")
    return folder


@pytest.fixture
def found(folder, settings, embedder):
    """Ingests what the folder holds and searches in it."""

    def search(query=QUERY, **filters):
        ingest_paths([folder], settings, embedder=embedder)
        with open_retriever(settings, embedder=embedder) as retriever:
            return retriever.retrieve(query, top_k=10, **filters)

    return search


def sources(passages):
    return [passage.document.source for passage in passages]


def test_a_copy_changes_nothing_but_is_listed(folder, found):
    before = found()
    _day, text = REPORTS["bridge"]
    copy = text.replace("painted the towers in a darker green", "checked every bolt")
    assert copy != text
    (folder / "copy.txt").write_text(f"date 2019-03-06\n\nSeen elsewhere.\n\n{copy}\n")
    after = found()
    assert sources(after) == sources(before)
    assert {one.origin for one in after} == {one.origin for one in before}
    assert not any(one.also_in for one in before)
    (copied,) = [one for one in after if one.document.source == "bridge.txt"]
    assert len(copied.also_in) == 1
    assert [one.also_in for one in after if one is not copied] == [(), ()]


def test_what_only_looks_alike_is_not_folded(folder, found):
    day, text = REPORTS["bridge"]
    (folder / "other.txt").write_text(
        f"date {day}\n\n{text.replace('4.2 million', '9.7 million')}\n"
    )
    assert {"bridge.txt", "other.txt"} <= set(sources(found()))


@pytest.mark.parametrize("long", [True, False])
def test_one_form_about_two_things_is_not_folded(folder, found, long):
    """Notices of the same wording, one for each place."""
    form = (
        "The office of {} opens at nine and closes at four. Residents of {} bring their papers to the second floor. "
        "On market days the office of {} stays open until six, and a clerk helps with the forms."
    )
    for place in ("Westmarch", "Calder"):
        text = form.format(*[place] * 3) if long else f"{place} is the seat of the northern court."
        (folder / f"{place}.txt").write_text(f"date 2022-02-02\n\n{text}\n")
    passages = found("When is the office open on market days? Where is the seat of the court?")
    assert {"Westmarch.txt", "Calder.txt"} <= set(sources(passages))


def test_different_reports_have_different_origins(found):
    passages = found()
    assert len({one.origin for one in passages}) == len({one.document.id for one in passages}) == 3
    assert all(one.origin == one.document.id for one in passages)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({}, {"bridge.txt", "birds.txt", "school.txt"}),
        ({"after": date(2020, 1, 1)}, {"birds.txt", "school.txt"}),
        ({"before": date(2019, 3, 5)}, {"bridge.txt"}),
        ({"sources": ["b*"]}, {"bridge.txt", "birds.txt"}),
        ({"sources": "b*"}, {"bridge.txt", "birds.txt"}),
        ({"event_after": date(2020, 5, 1), "event_before": date(2020, 5, 31)}, {"birds.txt"}),
        ({"event_before": date(2019, 3, 31)}, {"bridge.txt"}),
        ({"event_after": date(2030, 1, 1)}, set()),
        ({"after": date(2020, 1, 1), "sources": ["bri*"]}, set()),
        ({"documents": ["000000000000"]}, set()),
    ],
)
def test_filters(found, filters, left):
    assert set(sources(found(**filters))) == left


def test_a_search_in_one_document(found):
    (birds,) = {one.document.id for one in found() if one.document.source == "birds.txt"}
    assert sources(found(documents=[birds])) == ["birds.txt"]


def test_ranks_and_scores_go_down(found):
    passages = found()
    assert [one.rank for one in passages] == [1, 2, 3]
    assert [one.score for one in passages] == sorted((one.score for one in passages), reverse=True)
    assert passages[0].document.source == "bridge.txt"
    assert all(0 <= one.score <= 1 for one in passages)


@pytest.mark.parametrize("query", ["", "  \n", "x" * 5000])
def test_what_is_no_question_is_an_error(found, query):
    with pytest.raises(QuestionError):
        found(query)


def test_a_side_that_lacks_a_passage_counts_nothing():
    fused = fuse({"a": 0.9, "b": 0.1}, {"b": 7.0, "c": 3.0}, lexical_weight=0.25)
    assert fused == pytest.approx({"a": 0.75, "b": 0.25, "c": 0.0})
    assert fuse({}, {"a": 2.0}, lexical_weight=0.25) == {"a": 0.25}
