"""What many questions come to: a figure with its interval for each metric, over all and by type."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rag.evaluate.metrics import METRICS, Metric
from rag.evaluate.resample import (
    area,
    area_interval,
    mean_interval,
    quantile_interval,
    risk_coverage,
)
from rag.evaluate.results import EvaluationReport, Figure, QuestionResult

_P95 = 0.95


def summarise(
    results: Sequence[QuestionResult], run: Mapping[str, Any] | None = None
) -> EvaluationReport:
    """The report of a run.

    Args:
        results: In the order of the gold file.
        run: What it was run with.
    """
    types: defaultdict[str, list[QuestionResult]] = defaultdict(list)
    for result in results:
        types[result.gold.qtype or ""].append(result)
    confidences, risks = ranked(results)
    return EvaluationReport(
        results=tuple(results),
        figures=figures_of(results),
        by_qtype={qtype: figures_of(types[qtype]) for qtype in sorted(types)},
        followups=figures_of([result for result in results if result.gold.history]),
        risk_coverage=risk_coverage(confidences, risks, len(results)),
        run=dict(run or {}),
    )


def figures_of(results: Sequence[QuestionResult]) -> dict[str, Figure]:
    """A figure for every metric, in the order of `METRICS`."""
    return {name: _figure(metric, results) for name, metric in METRICS.items()}


def value_of(metric: Metric, results: Sequence[QuestionResult]) -> float | None:
    """The figure alone; ``None`` if no question counts."""
    if metric.name == "aurc":
        return area(*ranked(results))
    key = metric.values_of
    values = [result.scores[key] for result in results if key in result.scores]
    if not values:
        return None
    if min(values) == max(values):
        return values[0]  # a mean of equals may be off in its last digit
    if metric.aggregate == "mean":
        return statistics.fmean(values)
    import numpy as np

    return float(np.quantile(values, _share(metric)))


def ranked(results: Sequence[QuestionResult]) -> tuple[list[float], list[float]]:
    """Confidences and risks of the questions that have both."""
    pairs = [
        (result.confidence, result.risk)
        for result in results
        if result.confidence is not None and result.risk is not None
    ]
    return [confidence for confidence, _ in pairs], [risk for _, risk in pairs]


def _figure(metric: Metric, results: Sequence[QuestionResult]) -> Figure:
    value = value_of(metric, results)
    if value is None:
        return Figure(value=None, low=None, high=None, count=0)
    if metric.name == "aurc":
        confidences, risks = ranked(results)
        low, high = area_interval(confidences, risks)
        return Figure(value=value, low=low, high=high, count=len(confidences))
    values = [
        result.scores[metric.values_of] for result in results if metric.values_of in result.scores
    ]
    if min(values) == max(values):
        low = high = value
    elif metric.aggregate == "mean":
        low, high = mean_interval(values)
    else:
        low, high = quantile_interval(values, _share(metric))
    return Figure(value=value, low=low, high=high, count=len(values))


def _share(metric: Metric) -> float:
    return 0.5 if metric.aggregate == "median" else _P95
