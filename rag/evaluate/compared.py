"""How a comparison of two runs is told: the same words on the page and in report.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.evaluate.metrics import METRICS, Metric
from rag.evaluate.phrases import OUTCOMES, Tone, plural, signed, signed_interval

if TYPE_CHECKING:
    from rag.evaluate.compare import Comparison, Difference, Flip

_TONES: Mapping[str, Tone] = {"better": "good", "worse": "bad"}
_WIDTH = 120  # of the drawn intervals; 0 is in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """A metric that both runs have. ``at`` is where its interval is drawn, as far as the widest of its unit."""

    metric: Metric
    one: Difference
    difference: str
    between: str
    p: str
    tone: Tone
    at: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipRow:
    """A question that flipped, with the anchor of its card."""

    one: Flip
    anchor: str
    new: str
    old: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison in words."""

    verdict: str
    notes: tuple[str, ...]
    rows: tuple[DifferenceRow, ...]
    flips: tuple[FlipRow, ...]


def tell(comparison: Comparison, anchors: Mapping[str, str]) -> Compared:
    """Put a comparison into words; ``anchors`` names the card of each question, by id."""
    return Compared(
        verdict=_verdict(comparison),
        notes=tuple(_notes(comparison)),
        rows=tuple(_rows(comparison)),
        flips=tuple(
            FlipRow(
                one=flip,
                anchor=anchors[flip.gold.id],
                new=OUTCOMES[flip.new_outcome][0],
                old=OUTCOMES[flip.old_outcome][0],
            )
            for flip in comparison.flips
        ),
    )


def _verdict(comparison: Comparison) -> str:
    if not comparison.shared:
        return "The two runs have no question in common."
    changes = Counter(one.verdict for one in comparison.differences.values())
    flips = Counter(flip.change for flip in comparison.flips)
    return (
        f"Over the {plural(comparison.shared, 'question')} that both runs have, "
        f"{plural(changes['better'], 'metric')} got better and {changes['worse']} worse beyond chance; "
        f"{plural(flips['better'], 'question')} flipped to the better and {flips['worse']} to the worse."
    )


def _notes(comparison: Comparison) -> list[str]:
    told = (
        (comparison.only_new, "only in this run"),
        (comparison.only_old, "only in the other run"),
        (comparison.changed, "asked or judged differently, and so not compared"),
    )
    return [f"{plural(len(ids), 'question')} {what}: {_some(ids)}." for ids, what in told if ids]


def _some(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - 10:,} more" if len(ids) > 10 else ""
    return ", ".join(ids[:10]) + more


def _rows(comparison: Comparison) -> list[DifferenceRow]:
    known = {
        name: (one, one.difference, one.low, one.high)
        for name, one in comparison.differences.items()
        if one.difference is not None and one.low is not None and one.high is not None
    }
    rows = []
    for name, (one, difference, low, high) in known.items():
        metric = METRICS[name]
        beside = [ends for other, (_, *ends) in known.items() if METRICS[other].unit == metric.unit]
        most = max(abs(end) for ends in beside for end in ends) or 1.0
        places = {"low": low, "value": difference, "high": high}
        rows.append(
            DifferenceRow(
                metric=metric,
                one=one,
                difference=signed(difference, metric.unit),
                between=signed_interval(low, high, metric.unit),
                p=_p(one.p_value),
                tone=_TONES.get(one.verdict, "plain"),
                at={
                    end: round(_WIDTH / 2 + (_WIDTH / 2 - 4) * at / most, 1)
                    for end, at in places.items()
                },
            )
        )
    return rows


def _p(value: float | None) -> str:
    return "" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"
