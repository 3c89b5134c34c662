"""What an evaluation comes to: a result for each question, a figure with its interval for each metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from rag.gold import GoldQuestion

#: ``right``/``wrong``: answered, and the words of a reference are (not) in it; ``answered``: answered, but the
#: reference is too long for that; ``missed``: refused though answerable; ``refused``: rightly so;
#: ``hallucinated``: answered though the sources don't say; ``found``/``not_found``: retrieval only, whether one
#: of the first ten passages is from a document that answers; ``unjudged``: the gold question gives nothing to
#: compare with; ``failed``: an error instead of an answer.
Outcome: TypeAlias = Literal[
    "right",
    "wrong",
    "answered",
    "missed",
    "refused",
    "hallucinated",
    "found",
    "not_found",
    "unjudged",
    "failed",
]
#: Outcomes that a person looks at first.
FAILURES: frozenset[Outcome] = frozenset({"wrong", "missed", "hallucinated", "not_found", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """One gold question and what came of it.

    Attributes:
        record: What was answered: the object that ``rag ask --json`` prints (``rag search --json`` for
            retrieval alone), or ``{"error": message}``.
        scores: Value of each metric that applies to this question, by metric name.
        confidence: What the risk-coverage curve ranks by; ``None`` where nothing was (or could be) answered.
        risk: 0 if the answer, or the one that was withheld by a refusal, is right, 1 if wrong; between for
            long references. ``None`` where there is none.
    """

    gold: GoldQuestion
    record: Mapping[str, Any]
    scores: Mapping[str, float]
    outcome: Outcome
    confidence: float | None = None
    risk: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A metric over questions: its value with a 95 % bootstrap interval, or n/a.

    Attributes:
        value: ``None`` if no question counts: "n/a", never 0.
        low: Lower end of the interval.
        high: Upper end of the interval.
        count: How many questions the metric applies to.
    """

    value: float | None
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """Everything a run came to.

    Attributes:
        results: One for each gold question, in the order of the gold file.
        figures: By metric name, in the order of `rag.evaluate.metrics.METRICS`.
        by_qtype: The same for the questions of each type; questions without a type are under ``""``.
        followups: The same for the questions that have a history.
        risk_coverage: ``(coverage, risk)``: of the answers given, the most confident first, the share
            of all questions reached and the mean risk so far.
        run: What it was run with, as ``run.json`` has it; empty for an evaluation in memory.
    """

    results: tuple[QuestionResult, ...]
    figures: Mapping[str, Figure]
    by_qtype: Mapping[str, Mapping[str, Figure]]
    followups: Mapping[str, Figure]
    risk_coverage: Sequence[tuple[float, float]]
    run: Mapping[str, Any] = field(default_factory=dict)
