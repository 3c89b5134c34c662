import re
from pathlib import Path

import pytest

from rag.evaluate.metrics import METRICS, Metric

PAGE = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text("utf-8")
TABLES = PAGE.partition("## What is measured")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in TABLES.splitlines()
    if line.startswith("| `")
]


def row(metric: Metric) -> list[str]:
    name = f"`{metric.name}`" + (" ↓" if metric.better == "lower" else "")
    return [name, metric.label, metric.definition, metric.source]


def test_every_metric_stands_in_the_tables():
    assert [row(metric) for metric in METRICS.values()] == ROWS


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_definition_is_one_sentence(metric):
    assert re.fullmatch(r"[A-Z][^|]+[^.|]\.", metric.definition)
    assert ". " not in metric.definition
    assert "|" not in metric.label + metric.source


def test_groups_stand_together():
    groups = [metric.group for metric in METRICS.values()]
    assert list(dict.fromkeys(groups)) == [
        "retrieval",
        "answers",
        "citations",
        "refusals",
        "latency",
    ]
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)


def test_lower_is_better_for_mistakes_and_costs():
    lower = {metric.name for metric in METRICS.values() if metric.better == "lower"}
    costs = {metric.name for metric in METRICS.values() if metric.group == "latency"}
    assert lower == costs | {"hallucination_rate", "miss_rate", "aurc"}
