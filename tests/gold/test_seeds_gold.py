"""The gold questions over seeds/ must stay well-formed and true to the documents.

Even lines are for development, odd lines for reporting (line numbers from 1), so both halves must hold about half of
each kind.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
SEEDS = HERE.parents[1] / "seeds"
QTYPES = {"fact", "date", "list", "followup", "disagreement", "change", "unanswerable"}
KEYS = [
    "id",
    "user_input",
    "reference",
    "references",
    "answerable",
    "reference_context_ids",
    "reference_contexts",
    "qtype",
]
KEYS_WITH_HISTORY = [*KEYS[:2], "history", *KEYS[2:]]

LINES = (HERE / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]


def read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


TEXTS = {path.name: read(path) for path in sorted(SEEDS.glob("*.txt"))}

each_row = pytest.mark.parametrize("row", ROWS, ids=[str(row.get("id")) for row in ROWS])
# Whether a scorer drops punctuation or turns it into a space must not matter.
each_gap = pytest.mark.parametrize("gap", ["", " "], ids=["dropped", "spaced"])


def normalised(text: str, gap: str) -> str:
    """Lower case, no punctuation, no articles, single spaces."""
    kept = (gap if unicodedata.category(ch)[0] in "PS" else ch for ch in text.lower())
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", "".join(kept)).split())


def matches(row: dict[str, Any], text: str, gap: str) -> bool:
    return any(normalised(item, gap) in normalised(text, gap) for item in row["references"])


def test_every_line_is_an_object() -> None:
    assert all(isinstance(row, dict) for row in ROWS)
    assert all(line.strip() for line in LINES)


def test_ids_are_unique_and_in_order() -> None:
    assert [row["id"] for row in ROWS] == [f"seeds-{n:03d}" for n in range(1, len(ROWS) + 1)]


def test_no_question_stands_twice() -> None:
    asked = [json.dumps([row["user_input"].lower(), row.get("history")]) for row in ROWS]
    assert len(set(asked)) == len(asked)


def test_enough_of_every_kind() -> None:
    kinds = Counter(row["qtype"] for row in ROWS)
    assert set(kinds) == QTYPES
    assert len(ROWS) >= 60
    assert sum(not row["answerable"] for row in ROWS) >= 20
    assert kinds["followup"] >= 9  # 7 that lean on the history, 2 that change the topic
    assert kinds["disagreement"] >= 4
    assert kinds["change"] >= 3


def test_the_halves_are_balanced() -> None:
    reporting, development = ROWS[0::2], ROWS[1::2]
    assert abs(len(reporting) - len(development)) <= 1
    for kind in QTYPES:
        counts = [sum(row["qtype"] == kind for row in half) for half in (reporting, development)]
        assert abs(counts[0] - counts[1]) <= 1, (kind, counts)
    for half in (reporting, development):
        # no half has its kinds in blocks: each quarter of it mixes several
        for start in range(0, len(half) - 8, 9):
            assert len({row["qtype"] for row in half[start : start + 9]}) >= 3


def test_every_document_is_asked_about() -> None:
    assert {name for row in ROWS for name in row["reference_context_ids"]} == set(TEXTS)


@each_row
def test_shape(row: dict[str, Any]) -> None:
    assert list(row) == (KEYS_WITH_HISTORY if "history" in row else KEYS)
    assert (
        isinstance(row["user_input"], str) and row["user_input"].strip() == row["user_input"] != ""
    )
    assert isinstance(row["answerable"], bool)
    assert row["qtype"] in QTYPES
    assert row["answerable"] is (row["qtype"] != "unanswerable")
    for key in ("references", "reference_context_ids", "reference_contexts"):
        assert isinstance(row[key], list)
        assert all(isinstance(item, str) and item.strip() for item in row[key])
        assert len(set(row[key])) == len(row[key])


@each_row
def test_history_only_for_follow_ups(row: dict[str, Any]) -> None:
    if row["qtype"] == "followup":
        assert "history" in row
    if "history" in row:
        assert row["qtype"] in {"followup", "unanswerable"}
        assert row["history"]
        for turn in row["history"]:
            assert list(turn) == ["question", "answer"]
            assert all(isinstance(text, str) and text.strip() for text in turn.values())


@each_row
def test_contexts_are_verbatim(row: dict[str, Any]) -> None:
    names, spans = row["reference_context_ids"], row["reference_contexts"]
    assert set(names) <= set(TEXTS)
    for span in spans:
        assert any(span in TEXTS[name] for name in names), span
    for name in names:
        assert any(span in TEXTS[name] for span in spans), name


@each_row
def test_unanswerable_rows_hold_no_answer(row: dict[str, Any]) -> None:
    if not row["answerable"]:
        assert row["reference"] is None
        assert row["references"] == row["reference_context_ids"] == row["reference_contexts"] == []


@each_row
@each_gap
def test_references_fit_the_reference(row: dict[str, Any], gap: str) -> None:
    if row["answerable"]:
        assert isinstance(row["reference"], str) and row["references"] and row["reference_contexts"]
        assert all(len(normalised(item, gap)) >= 2 for item in row["references"])
        assert matches(row, row["reference"], gap)


@each_row
@each_gap
def test_echoing_the_question_is_not_an_answer(row: dict[str, Any], gap: str) -> None:
    asked = [
        row["user_input"],
        *(text for turn in row.get("history", []) for text in turn.values()),
    ]
    assert not any(matches(row, text, gap) for text in asked)


@each_row
@each_gap
def test_plain_answers_stand_in_their_contexts(row: dict[str, Any], gap: str) -> None:
    if row["qtype"] in {"fact", "list"}:
        assert matches(row, " ".join(row["reference_contexts"]), gap)


@each_gap
def test_the_document_date_is_not_taken_for_the_date_of_the_event(gap: str) -> None:
    """'On Monday' in an article of 10 June is 9 June; giving the article's own date must count as wrong."""
    row = next(row for row in ROWS if "9 june 2025" in row["references"])
    assert not any(
        matches(row, text, gap) for text in ("10 June 2025", "June 10, 2025", "2025-06-10")
    )
