import random
import time

import pytest

from rag.evaluate.figures import summarise
from rag.evaluate.metrics import METRICS
from rag.evaluate.results import Figure
from tests.rag.evaluate.builders import result

NOTHING = Figure(value=None, low=None, high=None, count=0)


def test_every_metric_has_a_figure_in_order():
    report = summarise([])
    assert list(report.figures) == list(report.followups) == list(METRICS)
    assert set(report.figures.values()) == {NOTHING}
    assert report.by_qtype == {}
    assert report.risk_coverage == []


def test_a_metric_counts_only_questions_that_it_applies_to():
    results = [
        result("a", {"miss_rate": 1.0}),
        result("b", {"miss_rate": 0.0, "rouge_l": 0.3}),
        result("c", {"miss_rate": 0.0}),
        result("d", {"hallucination_rate": 0.0}),
        result("e", outcome="failed"),
    ]
    figures = summarise(results).figures
    assert figures["miss_rate"].value == pytest.approx(1 / 3)
    assert figures["miss_rate"].count == 3
    assert figures["rouge_l"] == Figure(value=0.3, low=0.3, high=0.3, count=1)
    assert figures["hallucination_rate"] == Figure(value=0, low=0, high=0, count=1)
    assert figures["refusal_recall"] == NOTHING


def test_equal_values_are_their_own_interval():
    figure = summarise([result(str(at), {"token_f1": 0.1}) for at in range(7)]).figures["token_f1"]
    assert figure == Figure(value=0.1, low=0.1, high=0.1, count=7)


def test_latency_is_a_median_and_a_95th_percentile():
    seconds = [1.0, 2.0, 3.0, 4.0, 100.0]
    results = [
        result(str(at), {"total_s": one, "prompt_tokens": one}) for at, one in enumerate(seconds)
    ]
    figures = summarise(results).figures
    assert figures["total_s"].value == 3
    assert figures["total_s_p95"].value == pytest.approx(80.8)
    assert figures["total_s_p95"].count == 5
    assert figures["prompt_tokens"].value == 22
    for name in ("total_s", "total_s_p95", "prompt_tokens"):
        low, high = figures[name].low, figures[name].high
        assert low is not None and high is not None
        assert 1 <= low < high <= 100


def test_by_type_and_followups():
    results = [
        result("a", {"miss_rate": 1.0}, qtype="fact"),
        result("b", {"miss_rate": 0.0}, qtype="date", history=[{"question": "When?"}]),
        result("c", {"miss_rate": 0.0}, qtype="fact"),
        result("d", {"miss_rate": 1.0}),
    ]
    report = summarise(results, {"mode": "answers"})
    assert list(report.by_qtype) == ["", "date", "fact"]
    assert report.by_qtype["fact"]["miss_rate"].value == 0.5
    assert report.by_qtype[""]["miss_rate"] == Figure(value=1, low=1, high=1, count=1)
    assert report.followups["miss_rate"].count == 1
    assert report.results == tuple(results)
    assert report.run == {"mode": "answers"}


def test_risk_and_coverage():
    results = [
        result("a", confidence=0.9, risk=0.0),
        result("b", confidence=0.8, risk=1.0),
        result("c"),
        result("d", confidence=0.2),
    ]
    report = summarise(results)
    assert report.risk_coverage == [(0.25, 0), (0.5, 0.5)]
    figure = report.figures["aurc"]
    assert (figure.value, figure.count) == (0.25, 2)
    assert figure.low is not None and figure.high is not None
    assert figure.low <= 0.25 <= figure.high


def test_one_ranked_question():
    assert summarise([result("a", confidence=0.9, risk=1.0)]).figures["aurc"] == Figure(
        value=1, low=1, high=1, count=1
    )


def test_the_same_results_give_the_same_report():
    chance = random.Random(1)
    results = [
        result(
            str(at),
            {"token_f1": chance.random(), "total_s": chance.random()},
            confidence=chance.random(),
            risk=chance.random(),
        )
        for at in range(50)
    ]
    assert summarise(results) == summarise(results)
    assert summarise(results).figures["token_f1"] == summarise(results[::-1]).figures["token_f1"]


def test_thousands_of_questions_take_seconds():
    chance = random.Random(2)
    names = {metric.values_of for metric in METRICS.values()} - {"aurc"}
    results = [
        result(
            str(at),
            {name: chance.random() for name in names},
            qtype=chance.choice("abc"),
            confidence=chance.random(),
            risk=chance.random(),
        )
        for at in range(2000)
    ]
    begun = time.perf_counter()
    summarise(results)
    assert time.perf_counter() - begun < 5  # several times what it takes on two busy cores
