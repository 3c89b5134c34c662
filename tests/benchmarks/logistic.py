"""Logistic regression with a ridge, and what is told of a score: for benchmarks that fit or weigh one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Of standardised weights: nothing further to be won.
_CLOSE = 1e-6


def fit_logistic(values: Array, right: Array, *, ridge: float, steps: int = 50) -> Array:
    """Bias and weights, both classes weighing the same, in the units of the values."""
    mean, spread = values.mean(0), values.std(0) + 1e-9
    scaled = np.c_[np.ones(len(values)), (values - mean) / spread]
    share = right.mean()
    weight = np.where(right, 0.5 / share, 0.5 / (1 - share))
    penalty = np.eye(scaled.shape[1]) * ridge
    penalty[0, 0] = 0.0
    found = np.zeros(scaled.shape[1])
    for _ in range(steps):
        likely = 1 / (1 + np.exp(-scaled @ found))
        slope = scaled.T @ (weight * (right - likely)) - penalty @ found
        bend = (scaled * (weight * likely * (1 - likely))[:, None]).T @ scaled + penalty
        step = np.linalg.solve(bend, slope)
        found += step
        if np.abs(step).max() < _CLOSE:
            break
    slopes = found[1:] / spread
    weights: Array = np.r_[found[0] - slopes @ mean, slopes]
    return weights


def area(scores: Array, right: Array) -> float:
    """Area under the curve: the share of pairs in which the right one has the higher score."""
    over = scores[right][:, None] - scores[~right]
    return float((over > 0).mean() + (over == 0).mean() / 2)
