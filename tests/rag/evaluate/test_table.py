"""The table of the terminal, and report.md."""

from __future__ import annotations

import re

import pytest

from rag.evaluate.figures import summarise
from rag.evaluate.phrases import interval, run_line, shown, signed, signed_interval, verdict
from rag.evaluate.results import FAILURES, Figure, QuestionResult
from rag.evaluate.table import inert, report_markdown, table_text
from rag.gold import GoldQuestion
from tests.rag.evaluate import sample


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "share", "n/a"),
        (0.0, "share", "0 %"),
        (0.64, "share", "64 %"),
        (0.6386, "share", "63.9 %"),
        (1.0, "share", "100 %"),
        (0.99999, "share", ">99.9 %"),
        (0.0001, "share", "<0.1 %"),
        (3.44, "seconds", "3.4 s"),
        (0.031, "seconds", "0.03 s"),
        (0.0042, "seconds", "0.004 s"),
        (1234.5, "seconds", "1,234 s"),
        (1234.4, "tokens", "1,234"),
    ],
)
def test_numbers_are_said_with_their_unit(value, unit, said):
    assert shown(value, unit) == said


def test_intervals_and_differences():
    assert interval(Figure(value=0.6, low=0.52, high=0.75, count=9), "share") == "52–75 %"
    assert interval(Figure(value=None, low=None, high=None, count=0), "share") == ""
    assert signed(0.0321, "share") == "+3.2 points"
    assert signed(-0.4, "seconds") == "−0.40 s"
    assert signed(-0.00001, "share") == "0 points"
    assert signed_interval(-0.01, 0.074, "share") == "−1 to +7.4 points"


def _results(*outcomes: str, answerable: bool = True) -> list[QuestionResult]:
    gold = GoldQuestion(id="1", user_input="?", reference=None, answerable=answerable)
    return [
        QuestionResult(gold=gold, record={}, scores={}, outcome=outcome)  # type: ignore[arg-type]
        for outcome in outcomes
    ]


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], "No question was asked."),
        (
            _results(*["right"] * 41, *["wrong"] * 5, *["missed"] * 4)
            + _results(*["refused"] * 20, *["hallucinated"] * 2, answerable=False),
            "Of 50 answerable questions 41 were answered right, 5 wrong and 4 were refused; "
            "of 22 unanswerable questions 20 were refused and 2 were answered all the same.",
        ),
        (_results("wrong"), "Of 1 answerable question none was answered right and 1 wrong."),
        (_results("failed"), "Of 1 answerable question 1 ended in an error."),
        (_results("refused", answerable=False), "Of 1 unanswerable question 1 was refused."),
        (
            _results("found", "found", "not_found"),
            "For 2 of 3 questions one of the first ten passages is from a document that answers.",
        ),
        (_results("unjudged", answerable=False), "1 question could not be judged."),
    ],
)
def test_the_verdict_is_a_sentence(results, said):
    assert verdict(results) == said


def test_failed_questions_of_a_search_are_told():
    assert verdict(_results("found", "failed")) == (
        "For 1 of 1 question one of the first ten passages is from a document that answers. "
        "1 question ended in an error."
    )


def test_the_table_is_aligned_and_says_what_does_not_apply():
    lines = table_text(sample.answered_report()).splitlines()
    assert lines[0].startswith("Of 52 answerable questions 39 were answered right")
    rows = [line for line in lines[1:] if line.startswith("  ")]
    assert len({len(row) for row in rows}) == 1
    assert max(map(len, rows)) <= 80
    named = {
        re.split(r"\s{2,}", row.strip())[0]: re.split(r"\s{2,}", row.strip())[1:] for row in rows
    }
    assert named["Exact match"] == ["n/a", "0"]
    assert named["Hallucination rate"][0] == "9.1 %"
    assert named["Hallucination rate"][2] == "22"
    assert named["Prompt tokens"][0].isdecimal()
    assert next(line for line in lines[1:] if line and line[0] != " ").split() == [
        *("Retrieval", "Value", "95", "%", "interval", "n")
    ]


def test_groups_without_any_figure_are_left_out():
    text = table_text(sample.retrieval_report())
    assert "Retrieval" in text
    assert "Citations" not in text
    assert table_text(sample.empty_report()) == "No question was asked."


def test_the_run_is_told_in_a_line():
    assert run_line(sample.answered_report()) == {
        "Date": "2025-06-10",
        "Mode": "Answers",
        "Model": "qwen2.5-coder-1.5b-instruct",
        "Corpus": "214 documents",
        "Questions": "75",
    }
    assert run_line(sample.retrieval_report())["Model"] == "all-MiniLM-L6-v2"
    assert run_line(sample.empty_report()) == {"Questions": "0"}


def test_markdown_lists_every_failure_with_answer_and_reference():
    report = sample.answered_report()
    text = report_markdown(report)
    assert text.startswith("# Evaluation of harbour.jsonl\n\nOf 52 answerable")
    failures = [result for result in report.results if result.outcome in FAILURES]
    listed = text[text.index("## Failures (13)") : text.index("## Run")]
    assert listed.count("\n### ") == listed.count("\n- Question: ") == 13
    assert listed.count("\n- Reference: ") == 13
    for result in failures:
        assert inert(result.gold.id) in listed
        assert inert(str(result.record.get("answer", result.record.get("error")))) in listed


def test_markdown_shows_texts_as_they_are():
    text = report_markdown(sample.answered_report(), sample.comparison_sample())
    assert not re.search(r"(?<!\\)[<`]", text.replace("<0.001", ""))
    assert "\\<img src=x" in text
    assert inert("see https://x.org or www.x.org, a@b.c [d](e)\n# f") == (
        "see https\\://x.org or www\\.x.org, a\\@b.c \\[d\\](e) \\# f"
    )
    assert all(line.count(" | ") < 20 for line in text.splitlines())
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(columns) == 1
    assert text.encode("utf-8")


def test_markdown_of_a_comparison_lists_what_flipped():
    comparison = sample.comparison_sample()
    text = report_markdown(sample.answered_report(), comparison)
    assert "## Against the other run" in text
    assert text.count("### Flipped to the better") == 4
    assert text.count("### Flipped to the worse") == 1
    assert "+6.1 points" in text
    assert "other run" not in report_markdown(sample.answered_report())


def test_markdown_of_a_search_names_what_was_found_instead():
    text = report_markdown(sample.retrieval_report())
    assert "- Found: minutes/1.txt, minutes/2.txt" in text
    assert "- Found: nothing" in text
    assert "- Reference: reports/2023-05.txt" in text
    assert "None." in report_markdown(summarise(_results("right")))
