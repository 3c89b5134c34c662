"""The gold questions over letters, contracts, minutes and tables must stay true to the documents beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.gold import load_gold
from rag.gold_check import check_against
from rag.read import find_files, read

HERE = Path(__file__).resolve().parent


def test_the_questions_fit_the_documents():
    questions = load_gold(HERE / "everyday.jsonl")
    documents = [read(file, max_bytes=10**6) for file in find_files(HERE / "everyday")]
    assert check_against(questions, documents) == []
    assert sum(one.answerable for one in questions) == 35
    assert {name for one in questions for name in one.reference_context_ids} == {
        document.source for document in documents
    }


@pytest.mark.parametrize("name", [f"plain{number}" for number in range(1, 9)])
def test_the_questions_that_the_probe_is_fitted_on_fit_their_documents(name):
    questions = load_gold(HERE / f"{name}.jsonl")
    documents = [read(file, max_bytes=10**6) for file in find_files(HERE / name)]
    assert check_against(questions, documents) == []
    assert len(questions) > 80 and len(documents) >= 6


def test_answerable_ones_state_what_a_right_answer_contains():
    for one in load_gold(HERE / "everyday.jsonl"):
        assert bool(one.references) is one.answerable, one.id
