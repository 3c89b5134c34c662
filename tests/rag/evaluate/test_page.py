"""The page as text: self-contained, escaped, complete."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from rag.evaluate.figures import summarise
from rag.evaluate.page import report_html
from rag.evaluate.results import FAILURES, EvaluationReport, QuestionResult
from rag.gold import GoldQuestion
from tests.rag.evaluate import sample

VOID = {"meta", "br", "input", "img", "path", "circle", "rect", "use"}


class Page(HTMLParser):
    """The tags of a page, its ids, and the text of each card."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.cards: dict[str, str] = {}
        self._depth = 0
        self._card = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)
        if given.get("class") == "card":
            self._card, self._depth = given["id"] or "", len(self.open)
            self.cards[self._card] = ""

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if len(self.open) < self._depth:
            self._card, self._depth = "", 0

    def handle_data(self, data):
        if self._card:
            self.cards[self._card] += data


@pytest.fixture(scope="module")
def report() -> EvaluationReport:
    return sample.answered_report()


@pytest.fixture(scope="module")
def page(report) -> Page:
    return Page(report_html(report, sample.comparison_sample()))


def test_the_page_is_well_formed_and_ids_are_unique(page):
    assert page.open == []
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    targets = [
        (given.get("href") or given.get("xlink:href") or "")
        for _, given in page.tags
        if "href" in given or "xlink:href" in given
    ]
    assert len(targets) > 10
    assert {target.removeprefix("#") for target in targets} <= set(ids)
    clips = [re.search(r"url\(#(.*?)\)", given.get("clip-path") or "") for _, given in page.tags]
    assert {match[1] for match in clips if match} <= set(ids)


def test_no_text_becomes_markup_and_nothing_is_fetched(page):
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not {"img", "link", "iframe", "object", "b2"} & {tag for tag, _ in page.tags}
    for _, given in page.tags:
        assert not {"src", "srcset", "onerror", "onclick"} & set(given)
        assert (given.get("href") or "#").startswith("#")


def test_a_policy_forbids_every_script_but_the_pages_own(report):
    text = report_html(report)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "script-src 'sha256-" in policy[1]


def test_every_question_is_there_with_what_came_of_it(page, report):
    assert list(page.cards) == [f"q{number}" for number in range(1, len(report.results) + 1)]
    for result, text in zip(report.results, page.cards.values(), strict=True):
        words = " ".join(text.split())
        record = result.record
        assert " ".join(result.gold.user_input.split()) in words
        assert result.gold.id in words
        for said in (
            *result.gold.references,
            *result.gold.reference_contexts,
            record.get("error") or "",
            record.get("missing") or "",
            *(one["quote"] for one in record.get("citations") or ()),
            *(one["text"].rstrip(".") for one in record.get("dropped") or ()),
        ):
            assert " ".join(said.split()) in words
        if not record.get("claims") and "answer" in record:
            assert " ".join(record["answer"].split()) in words
        if record.get("standalone_question", result.gold.user_input) != result.gold.user_input:
            assert "Asked as" in words
        if record.get("refused"):
            assert "the sources found do not state it" in words


def test_failures_are_marked(page, report):
    marked = {given["id"] for _, given in page.tags if "data-failure" in given}
    wanted = {f"q{at}" for at, one in enumerate(report.results, 1) if one.outcome in FAILURES}
    assert marked == wanted
    assert len(wanted) == 13


def test_markers_lead_to_quotes_and_other_brackets_are_text(page):
    first = next(at for at, (_, given) in enumerate(page.tags) if given.get("id") == "q1")
    links = [given.get("href") for tag, given in page.tags[first : first + 80] if tag == "a"]
    assert "#q1-1" in links
    assert "#q1-7" not in links
    assert "Not a marker: [7]." in " ".join(page.cards["q1"].split())


def test_figures_are_shown_with_interval_count_and_definition(report):
    text = report_html(report)
    figure = report.figures["hallucination_rate"]
    assert (figure.value, figure.count) == (pytest.approx(2 / 22), 22)
    row = re.search(
        r"<tr>(?:(?!<tr>).)*Share of unanswerable questions that were answered.*?</tr>",
        text,
        re.DOTALL,
    )
    assert row
    assert [part in row[0] for part in ("9.1 %", "–", ">22<", "Lower is better")] == [True] * 4
    absent = re.search(r"<tr>(?:(?!<tr>).)*Exact match.*?</tr>", text, re.DOTALL)
    assert absent
    assert ">n/a<" in absent[0]
    assert "<svg" not in absent[0]


def test_retrieval_shows_passages_and_marks_the_reference(report):
    page = Page(report_html(sample.retrieval_report()))
    relevant = [
        given for tag, given in page.tags if tag == "li" and given.get("class") == "relevant"
    ]
    found = [one for one in sample.retrieval_report().results if one.outcome == "found"]
    assert len(relevant) == len(found)
    assert sum(tag == "mark" for tag, _ in page.tags) == len(found)
    assert "Nothing was found." in page.cards["q13"]
    assert page.cards["q1"].count("minutes/") + page.cards["q1"].count("reports/2023-05.txt") >= 10


def test_an_empty_report_is_a_page_too():
    page = Page(report_html(sample.empty_report()))
    assert page.cards == {}
    assert "form" not in {tag for tag, _ in page.tags}
    assert page.open == []


def test_the_comparison_shows_differences_and_flips(report):
    text = report_html(report, sample.comparison_sample())
    told = text[text.index('id="comparison"') : text.index('id="questions"')]
    comparison = sample.comparison_sample()
    assert f"Over the {comparison.shared} questions that both runs have" in told
    assert "1 question only in this run" in told
    for flip in comparison.flips:
        assert flip.gold.id in told
    assert told.count('class="badge') == len(comparison.flips) > 0
    assert "+6.1 points" in told
    assert 'id="comparison"' not in report_html(report)


def test_the_same_report_is_the_same_page(report):
    assert report_html(report) == report_html(sample.answered_report())


def test_records_of_foreign_pipelines_may_lack_anything():
    gold = GoldQuestion(id="1", user_input="Why?", reference=None, answerable=True)
    for record in (
        {},
        {"answer": None},
        {"answer": "", "claims": None, "citations": None, "dropped": None, "refused": None},
        {"answer": "x", "claims": [{"text": "y", "supported": None}]},
        {"query": "Why?", "passages": [{"text": "z"}]},
        {"query": "Why?", "passages": None},
    ):
        result = QuestionResult(gold=gold, record=record, scores={}, outcome="unjudged")
        assert Page(report_html(summarise([result]))).cards.keys() == {"q1"}
