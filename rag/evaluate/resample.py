"""Intervals and p-values by resampling questions: 2,000 times, seeded, so that the same run gives the same page.

Percentile bootstrap: Efron & Tibshirani 1993, chapter 13; randomisation test: Edgington 1969, for retrieval see
Smucker, Allan & Carterette 2007. Where that is quicker, what is drawn is not single questions but how often each
distinct value occurs (multinomial), or where an order statistic falls (beta): the distributions are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Counts: TypeAlias = NDArray[np.int64]

RESAMPLES = 2000
_SEED = 20170620
#: Cells of a table of draws held in memory at once.
_CELLS = 2_000_000
#: Up to here, drawing the kinds is quicker than drawing every question.
_FEW_KINDS = 100
_ROUNDING = 1e-12


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean."""
    import numpy as np

    kinds, counts = np.unique(np.asarray(values, dtype=float), return_counts=True)
    if len(kinds) == 1:
        return float(kinds[0]), float(kinds[0])
    if len(kinds) <= _FEW_KINDS:
        return _percentiles([draws @ kinds / len(values) for draws in _draws(counts)])
    ordered = np.repeat(kinds, counts)
    return _percentiles([ordered[picks].mean(axis=1) for picks in _picks(len(ordered))])


def quantile_interval(values: Sequence[float], share: float) -> tuple[float, float]:
    """95 % interval of a quantile, which lies between two order statistics as in ``numpy.quantile``."""
    import numpy as np

    ordered = np.sort(np.asarray(values, dtype=float))
    count = len(ordered)
    place = share * (count - 1)
    below = int(place)
    above = min(below + 1, count - 1)
    rng = np.random.default_rng(_SEED)
    # the k-th smallest of n uniform numbers is Beta(k, n + 1 - k), the next is the least of the n - k above it
    lower = rng.beta(below + 1, count - below, RESAMPLES)
    upper = lower
    if above > below:
        upper = lower + (1 - lower) * rng.beta(1, count - below - 1, RESAMPLES)
    at = [np.minimum((draws * count).astype(int), count - 1) for draws in (lower, upper)]
    weight = place - below
    return _percentiles([ordered[at[0]] * (1 - weight) + ordered[at[1]] * weight])


def paired_difference(
    new: Sequence[float | None], old: Sequence[float | None]
) -> tuple[float, float, float, float]:
    """Difference of the means of two runs over the same questions.

    Args:
        new: Value of each question; ``None`` where the metric does not apply in that run.
        old: The same of the other run.

    Returns:
        The difference, its 95 % interval (questions drawn in pairs), and the two-sided p-value of swapping the
        runs question by question.
    """
    import numpy as np

    columns = [
        (one or 0.0, one is not None, other or 0.0, other is not None)
        for one, other in zip(new, old, strict=True)
    ]
    kinds, counts = np.unique(np.array(columns, dtype=float), axis=0, return_counts=True)
    swapped = kinds[:, [2, 3, 0, 1]]
    difference = float(_difference(counts[None, :] @ kinds)[0])
    low, high = _percentiles([_difference(draws @ kinds) for draws in _draws(counts)])
    shuffled = [_difference((counts - draws) @ kinds + draws @ swapped) for draws in _coins(counts)]
    return difference, low, high, _p_value(shuffled, difference)


def risk_coverage(
    confidences: Sequence[float], risks: Sequence[float], total: int
) -> list[tuple[float, float]]:
    """``(coverage, risk)`` at each confidence, the highest first; equals are reached together."""
    import numpy as np

    if not confidences:
        return []
    ordered, ends = _by_confidence(confidences, risks)
    reached = ends + 1
    risk = np.cumsum(ordered)[ends] / reached
    return [(float(at / total), float(one)) for at, one in zip(reached, risk, strict=True)]


def area(confidences: Sequence[float], risks: Sequence[float]) -> float | None:
    """Area under the risk-coverage curve: mean risk over the coverages that are reached."""
    import numpy as np

    if not confidences:
        return None
    ordered, ends = _by_confidence(confidences, risks)
    return float(_area(np.ones((1, len(ordered)), dtype=np.int64), ordered, ends)[0])


def area_interval(confidences: Sequence[float], risks: Sequence[float]) -> tuple[float, float]:
    """95 % interval of `area`."""
    import numpy as np

    ordered, ends = _by_confidence(confidences, risks)
    once = np.ones(len(ordered), dtype=np.int64)
    return _percentiles([_area(draws, ordered, ends) for draws in _draws(once)])


def area_difference(
    new: Sequence[tuple[float, float] | None], old: Sequence[tuple[float, float] | None]
) -> tuple[float, float, float, float]:
    """As `paired_difference`, of two areas; each question gives ``(confidence, risk)`` or nothing."""
    import numpy as np

    runs = [np.array([(*one, at) for at, one in enumerate(run) if one]) for run in (new, old)]
    once = np.ones(len(new), dtype=np.int64)
    each = [_ranked(run) for run in runs]

    def areas(draws: Counts) -> Array:
        ours, theirs = (_area(draws.take(at, axis=1), risks, ends) for risks, ends, at in each)
        return ours - theirs

    value = float(areas(once[None, :])[0])
    low, high = _percentiles([areas(draws) for draws in _draws(once)])
    risks, ends, question = _ranked(np.concatenate(runs))
    # which run an entry is from, in the order of `risks`
    is_old = np.repeat([0, 1], [len(run) for run in runs])[_order(np.concatenate(runs)[:, 0])]
    shuffled = []
    for swaps in _coins(once):
        in_old = swaps.take(question, axis=1) ^ is_old
        shuffled.append(_area(1 - in_old, risks, ends) - _area(in_old, risks, ends))
    return value, low, high, _p_value(shuffled, value)


def _ranked(table: Array) -> tuple[Array, Counts, Counts]:
    """As `_by_confidence`, from rows of ``(confidence, risk, question)``, and the questions in that order."""
    return *_by_confidence(table[:, 0], table[:, 1]), table[_order(table[:, 0]), 2].astype(int)


def _order(confidences: Any) -> Counts:
    """Places, the most confident first."""
    import numpy as np

    return np.argsort(-np.asarray(confidences, dtype=float), kind="stable")


def _difference(sums: Array) -> Array:
    """Difference of means from rows of ``(sum, count, other sum, other count)``; NaN if a count is 0."""
    import numpy as np

    counts = np.where(sums[:, [1, 3]] > 0, sums[:, [1, 3]], np.nan)
    return sums[:, 0] / counts[:, 0] - sums[:, 2] / counts[:, 1]


def _by_confidence(confidences: Any, risks: Any) -> tuple[Array, Counts]:
    """Risks, the most confident first; where each block of equal confidence ends."""
    import numpy as np

    order = _order(confidences)
    confidence = np.asarray(confidences, dtype=float)[order]
    ends = np.flatnonzero(np.append(np.diff(confidence) != 0, True))
    return np.asarray(risks, dtype=float)[order], ends


def _area(weights: Counts, risks: Array, ends: Counts) -> Array:
    """Area for each row of weights; NaN where nothing is drawn.

    Everything within a block of equal confidence counts with the risk at the block's end: a cut-off
    cannot fall inside it.
    """
    import numpy as np

    reached = np.cumsum(weights, axis=1)[:, ends]
    risk = np.cumsum(weights * risks, axis=1)[:, ends] / np.maximum(reached, 1)
    drawn = np.where(reached[:, -1] > 0, reached[:, -1], np.nan)
    area: Array = np.sum(np.diff(reached, axis=1, prepend=0) * risk, axis=1) / drawn
    return area


def _draws(counts: Counts) -> Iterator[Counts]:
    """How often each kind is drawn, if as many are drawn as there are."""
    import numpy as np

    kinds, total = len(counts), int(counts.sum())
    if kinds <= _FEW_KINDS:
        rng = np.random.default_rng(_SEED)
        for size in _blocks(kinds):
            yield rng.multinomial(total, counts / total, size=size)
        return
    kind = np.repeat(np.arange(kinds), counts)
    for picks in _picks(total):
        rows = np.arange(len(picks))[:, None] * kinds
        flat = (kind[picks] + rows).ravel()
        yield np.bincount(flat, minlength=len(picks) * kinds).reshape(len(picks), kinds)


def _picks(total: int) -> Iterator[Counts]:
    """Places of the questions drawn, as many as there are, one row a resample."""
    import numpy as np

    rng = np.random.default_rng(_SEED)
    for size in _blocks(total):
        yield rng.integers(0, total, size=(size, total))


def _coins(counts: Counts) -> Iterator[Counts]:
    """For how many questions of each kind the runs change places."""
    import numpy as np

    rng = np.random.default_rng(_SEED)
    for size in _blocks(len(counts)):
        shape = (size, len(counts))
        single = counts.max() == 1  # much quicker
        yield rng.integers(0, 2, size=shape) if single else rng.binomial(counts, 0.5, size=shape)


def _blocks(width: int) -> Iterator[int]:
    height = max(1, _CELLS // max(1, width))
    for done in range(0, RESAMPLES, height):
        yield min(height, RESAMPLES - done)


def _percentiles(blocks: Sequence[Array]) -> tuple[float, float]:
    import numpy as np

    samples = np.concatenate(blocks)
    low, high = np.percentile(samples[~np.isnan(samples)], [2.5, 97.5])
    return float(low), float(high)


def _p_value(blocks: Sequence[Array], observed: float) -> float:
    """Share of shuffles at least as far from 0; the runs as they are count as one of them."""
    import numpy as np

    samples = np.abs(np.concatenate(blocks))
    samples = samples[~np.isnan(samples)]
    extreme = int(np.sum(samples >= abs(observed) - _ROUNDING))
    return (1 + extreme) / (1 + len(samples))
