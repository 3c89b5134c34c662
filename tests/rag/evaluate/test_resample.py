import random
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.evaluate.resample import (
    area,
    area_difference,
    area_interval,
    mean_interval,
    paired_difference,
    quantile_interval,
    risk_coverage,
)

STATS = import_module("scipy.stats")  # has no types
CHANCE = random.Random(3)
SHARES = [float(CHANCE.random() < 0.8) for _ in range(80)]
SECONDS = [CHANCE.lognormvariate(0, 0.7) for _ in range(201)]


def interval(values, statistic) -> tuple[float, float]:
    drawn = STATS.bootstrap(
        (values,), statistic, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    )
    return drawn.confidence_interval.low, drawn.confidence_interval.high


@pytest.mark.parametrize("values", [SHARES, SECONDS, SECONDS[:7]])
def test_mean_interval_is_that_of_scipy(values):
    spread = np.std(values) / len(values) ** 0.5
    # ends of intervals of shares are whole numbers of questions
    theirs = pytest.approx(interval(values, np.mean), abs=max(0.15 * spread, 1.01 / len(values)))
    assert mean_interval(values) == theirs


@pytest.mark.parametrize("values", [SECONDS, SECONDS[:200], SECONDS[:8]])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_quantile_interval_is_that_of_scipy(values, share):
    def quantile(drawn, axis):
        return np.quantile(drawn, share, axis=axis)

    ours, theirs = quantile_interval(values, share), interval(values, quantile)
    assert ours == pytest.approx(theirs, abs=0.15 * (theirs[1] - theirs[0]))


def test_intervals_of_one_value():
    assert mean_interval([0.1]) == quantile_interval([0.1], 0.95) == (0.1, 0.1)
    assert mean_interval([0.1] * 3) == quantile_interval([0.1] * 3, 0.5) == (0.1, 0.1)


def test_intervals_are_the_same_every_time_and_in_any_order():
    assert mean_interval(SHARES) == mean_interval(SHARES[::-1])
    assert mean_interval(SECONDS) == mean_interval(sorted(SECONDS))
    assert quantile_interval(SECONDS, 0.5) == quantile_interval(SECONDS[::-1], 0.5)


def test_curve_of_distinct_confidences():
    assert risk_coverage([0.2, 0.9, 0.5], [1, 0, 1], 4) == [
        (0.25, 0),
        (0.5, 0.5),
        (0.75, pytest.approx(2 / 3)),
    ]
    assert area([0.2, 0.9, 0.5], [1, 0, 1]) == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)


def test_equal_confidences_are_reached_together():
    assert risk_coverage([0.9, 0.5, 0.5, 0.1], [0, 1, 0, 1], 4) == [
        (0.25, 0),
        (0.75, pytest.approx(1 / 3)),
        (1, 0.5),
    ]
    assert area([0.9, 0.5, 0.5, 0.1], [0, 1, 0, 1]) == pytest.approx((0 + 2 / 3 + 1 / 2) / 4)
    assert area([0.5] * 4, [0, 1, 0, 1]) == 0.5


ranked = st.lists(
    st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.sampled_from([0.0, 0.4, 1.0])),
    min_size=1,
    max_size=12,
)


@given(ranked, st.randoms())
@settings(max_examples=50)
def test_order_of_questions_is_without_effect_on_the_curve(pairs, chance):
    shuffled = list(pairs)
    chance.shuffle(shuffled)

    def both(entries):
        confidences, risks = zip(*entries, strict=True)
        return [*risk_coverage(confidences, risks, 20)], area(confidences, risks)

    (curve, value), (other_curve, other) = both(pairs), both(shuffled)
    assert value == pytest.approx(other)
    assert [place for point in curve for place in point] == pytest.approx(
        [place for point in other_curve for place in point]
    )
    risks = [risk for _, risk in pairs]
    assert min(risks) - 1e-9 <= value <= max(risks) + 1e-9


def test_empty_curve():
    assert risk_coverage([], [], 3) == []
    assert area([], []) is None


def test_area_interval_is_that_of_scipy():
    confidences = [CHANCE.random() for _ in range(60)]
    risks = [float(CHANCE.random() > one) for one in confidences]

    def statistic(places, axis):
        return np.apply_along_axis(
            lambda row: area([confidences[at] for at in row], [risks[at] for at in row]),
            axis,
            places,
        )

    drawn = STATS.bootstrap(
        (np.arange(60),),
        statistic,
        method="percentile",
        n_resamples=2000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert area_interval(confidences, risks) == pytest.approx((drawn.low, drawn.high), abs=0.02)


def test_paired_difference_is_that_of_scipy():
    new = [float(CHANCE.random() < 0.75) for _ in range(60)]
    old = [one if CHANCE.random() < 0.8 else 1 - one for one in new]
    gaps = np.subtract(new, old)
    difference, low, high, p_value = paired_difference(new, old)
    assert difference == pytest.approx(gaps.mean())
    assert (low, high) == pytest.approx(interval(gaps, np.mean), abs=0.02)
    theirs = STATS.permutation_test(
        (new, old),
        lambda one, other, axis: np.mean(one - other, axis=axis),
        permutation_type="samples",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    )
    assert p_value == pytest.approx(theirs.pvalue, abs=0.04)


def test_pairing_narrows_the_interval():
    new = [one + 0.01 for one in SECONDS]
    difference, low, high, p_value = paired_difference(new, SECONDS)
    assert difference == pytest.approx(0.01)
    assert (low, high) == pytest.approx((0.01, 0.01))
    assert p_value == pytest.approx(1 / 2001)


def test_equal_runs_do_not_differ():
    assert paired_difference(SHARES, SHARES) == (0, 0, 0, 1)
    pairs = [(one, float(one > 1)) for one in SECONDS[:20]]
    assert area_difference(pairs, pairs) == (0, 0, 0, 1)


def test_metrics_may_apply_to_different_questions():
    new, old = [1.0, None, 0.0, 1.0] * 10, [1.0, 0.0, None, 0.0] * 10
    difference, low, high, _ = paired_difference(new, old)
    assert difference == pytest.approx(2 / 3 - 1 / 3)
    assert low < difference < high


def test_areas_swap_question_by_question():
    new, old = [(0.9, 1.0), (0.8, 1.0)], [(0.7, 0.0), (0.6, 0.0)]
    difference, _, _, p_value = area_difference(new, old)
    assert difference == 1
    # as far from 0 as 1 is only where both questions change places, or none
    assert p_value == pytest.approx(0.5, abs=0.04)


def test_difference_of_areas():
    good = [(one, float(one < 0.3)) for one in np.linspace(0, 1, 40)]
    bad = [(1 - confidence, risk) for confidence, risk in good]
    difference, low, high, p_value = area_difference(good, bad)
    below, above = (area(*zip(*pairs, strict=True)) for pairs in (good, bad))
    assert below is not None and above is not None
    assert difference == pytest.approx(below - above)
    assert low < difference < high < 0
    assert p_value < 0.01
    shifted = area_difference([None, *good], [*bad, None])
    assert shifted[0] == pytest.approx(difference)
