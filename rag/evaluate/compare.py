"""Two runs side by side: what got better or worse beyond chance, which questions flipped, what fails a gate."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rag.errors import RagError
from rag.evaluate.figures import value_of
from rag.evaluate.metrics import METRICS, Metric
from rag.evaluate.resample import area_difference, paired_difference
from rag.evaluate.results import EvaluationReport, Outcome, QuestionResult
from rag.gold import GoldQuestion

Change: TypeAlias = Literal["better", "worse", "same", "n/a"]

_GOOD: frozenset[Outcome] = frozenset({"right", "answered", "refused", "found"})
#: What of a gold question bears on its scores.
_ASKED = (
    "user_input",
    "history",
    "answerable",
    "reference",
    "references",
    "reference_context_ids",
    "reference_contexts",
)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One metric in two runs, over the questions that both have.

    Attributes:
        new: Figure of the new run over the shared questions; ``None`` if no question counts.
        difference: New minus old: of the means, for latencies too, whose figures are medians.
        low: Lower end of the 95 % interval of the difference, questions drawn in pairs.
        p_value: How often the runs would differ so much, either way, if it were chance which of them
            gave which result.
        count: How many shared questions the metric applies to in at least one run.
        verdict: ``better`` or ``worse`` only if the interval excludes 0.
    """

    metric: str
    new: float | None = None
    old: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    count: int = 0
    verdict: Change = "n/a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A question that one run gets right and the other does not."""

    gold: GoldQuestion
    change: Literal["better", "worse"]
    new_outcome: Outcome
    old_outcome: Outcome
    new_answer: str
    old_answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A new run against an old one.

    Attributes:
        differences: By metric name, in the order of `METRICS`.
        flips: Those that got worse first, then in the order of the gold file.
        shared: How many questions are compared.
        only_new: Ids that the old run lacks.
        only_old: Ids that the new run lacks.
        changed: Ids whose gold question differs between the runs; they are not compared.
    """

    differences: Mapping[str, Difference]
    flips: tuple[Flip, ...]
    shared: int
    only_new: tuple[str, ...]
    only_old: tuple[str, ...]
    changed: tuple[str, ...]


def compare(new: EvaluationReport, old: EvaluationReport) -> Comparison:
    """Compare two runs question by question."""
    before = {result.gold.id: result for result in old.results}
    after = {result.gold.id: result for result in new.results}
    common = [(after[name], before[name]) for name in after if name in before]
    pairs = [(one, other) for one, other in common if _asks_the_same(one.gold, other.gold)]
    flips = [flip for one, other in pairs if (flip := _flip(one, other))]
    return Comparison(
        differences=_differences(pairs),
        flips=tuple(sorted(flips, key=lambda flip: flip.change != "worse")),
        shared=len(pairs),
        only_new=tuple(name for name in after if name not in before),
        only_old=tuple(name for name in before if name not in after),
        changed=tuple(
            one.gold.id for one, other in common if not _asks_the_same(one.gold, other.gold)
        ),
    )


def gate(report: EvaluationReport, limits: Mapping[str, float]) -> list[str]:
    """What keeps a report from passing; empty if nothing does.

    Args:
        report: The run.
        limits: By metric name: the least value that passes, or the greatest where lower is better.

    Raises:
        RagError: a name is no metric's.
    """
    failures = []
    for metric in _named(limits):
        limit, value = limits[metric.name], report.figures[metric.name].value
        if value is None:
            failures.append(f"{metric.name} is n/a: no question of this run counts for it.")
        elif metric.better == "higher" and value < limit - _ROUNDING:
            failures.append(f"{metric.name} is {value:.4g}, below {limit:g}.")
        elif metric.better == "lower" and value > limit + _ROUNDING:
            failures.append(f"{metric.name} is {value:.4g}, above {limit:g}.")
    return failures


def worse(comparison: Comparison, names: Sequence[str] = ()) -> list[str]:
    """What got worse beyond chance; empty if nothing did.

    Args:
        comparison: Of two runs.
        names: Metrics to look at; all but those of latency if there are none. A metric that is named and
            cannot be compared is a failure too.

    Raises:
        RagError: a name is no metric's.
    """
    failures = []
    metrics = (
        _named(names) if names else [one for one in METRICS.values() if one.group != "latency"]
    )
    for metric in metrics:
        one = comparison.differences[metric.name]
        if one.verdict == "worse":
            failures.append(
                f"{metric.name} got worse by {abs(one.difference or 0):.3g}: {one.new:.4g}, was "
                f"{one.old:.4g} (95 % interval of the difference {one.low:+.3g} to {one.high:+.3g})."
            )
        elif one.verdict == "n/a" and names:
            failures.append(f"{metric.name} is n/a: no question that both runs have counts for it.")
    return failures


def _named(names: Iterable[str]) -> list[Metric]:
    for name in names:
        if name not in METRICS:
            close = difflib.get_close_matches(name, METRICS, n=1, cutoff=0.0)[0]
            raise RagError(
                f"There is no metric called {name}. Did you mean {close}? All: {', '.join(METRICS)}."
            )
    return [METRICS[name] for name in names]


def _asks_the_same(one: GoldQuestion, other: GoldQuestion) -> bool:
    """Whether the results differ only by what was run; how a question is filed may differ."""
    return all(getattr(one, field) == getattr(other, field) for field in _ASKED)


def _differences(pairs: Sequence[tuple[QuestionResult, QuestionResult]]) -> dict[str, Difference]:
    new, old = [one for one, _ in pairs], [other for _, other in pairs]
    differences = {}
    for name, metric in METRICS.items():
        value, previous = value_of(metric, new), value_of(metric, old)
        if value is None or previous is None:
            differences[name] = Difference(metric=name, new=value, old=previous)
            continue
        if name == "aurc":
            left, right = [[_ranked(pair[at]) for pair in pairs] for at in (0, 1)]
            difference, low, high, p_value = area_difference(left, right)
            count = sum(bool(one or other) for one, other in zip(left, right, strict=True))
        else:
            key = metric.values_of
            scores = [(one.scores.get(key), other.scores.get(key)) for one, other in pairs]
            scores = [pair for pair in scores if pair != (None, None)]
            difference, low, high, p_value = paired_difference(
                [one for one, _ in scores], [other for _, other in scores]
            )
            count = len(scores)
        differences[name] = Difference(
            metric=name,
            new=value,
            old=previous,
            difference=difference,
            low=low,
            high=high,
            p_value=p_value,
            count=count,
            verdict=_verdict(metric, low, high),
        )
    return differences


def _verdict(metric: Metric, low: float, high: float) -> Change:
    if low <= _ROUNDING and high >= -_ROUNDING:
        return "same"
    return "better" if (low > 0) == (metric.better == "higher") else "worse"


def _ranked(result: QuestionResult) -> tuple[float, float] | None:
    if result.confidence is None or result.risk is None:
        return None
    return result.confidence, result.risk


def _flip(new: QuestionResult, old: QuestionResult) -> Flip | None:
    """An unjudged question flips nowhere: nobody knows whether it is right."""
    good, was_good = new.outcome in _GOOD, old.outcome in _GOOD
    if good == was_good or "unjudged" in (new.outcome, old.outcome):
        return None
    return Flip(
        gold=new.gold,
        change="better" if good else "worse",
        new_outcome=new.outcome,
        old_outcome=old.outcome,
        new_answer=_said(new),
        old_answer=_said(old),
    )


def _said(result: QuestionResult) -> str:
    """The answer, the error, or the documents that were found first."""
    record = result.record
    if "error" in record:
        return f"Error: {record['error']}"
    if "answer" in record:
        return str(record["answer"])
    return ", ".join(record.get("documents", [])[:5]) or "Nothing found."
