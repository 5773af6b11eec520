"""What a fit claims of its intervals: counted row by row from what did not see the row's fold."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pliant.data.arrays import Arrays
from pliant.ensemble.conformal import conformity
from pliant.ensemble.coverage import LEVELS, Unseen, claims, count_inside, reached_by, thirds, unseen_intervals
from pliant.functions.likelihood import likelihood


def unseen(family="gaussian", n=60, seed=1, weights=None, counts=None, shares=None):
    rng = np.random.default_rng(seed)
    curve = rng.normal(size=(n, 1))
    chosen, folds = likelihood(family), np.arange(n) % 5
    mu = chosen.mean(curve)
    y = rng.poisson(mu) * 1.0 if family == "poisson" else mu + 0.5 * rng.normal(size=(n, 1))
    weights = np.ones(n) if weights is None else weights
    arrays = Arrays(np.ones((n, 1)), y, weights, np.zeros(n), np.arange(n), counts)
    shares = np.ones(5) if shares is None else shares
    return Unseen(chosen, arrays, curve, 0.0 * curve + 0.3, folds, shares, 1.0, 4)


def test_a_row_is_judged_by_the_scores_of_the_other_folds_alone():
    rows = unseen(shares=np.array([1.0, 0.5, 0.0, 1.0, 0.2]))
    lower, upper, inside = unseen_intervals(rows, 0.8)
    y = rows.arrays.y[:, 0]
    for i in range(60):
        k = rows.folds[i]
        eta = rows.line[:, 0] + rows.shares[k] * (rows.curve - rows.line)[:, 0]
        others = np.sort(np.abs(y - eta)[rows.folds != k])
        reach = others[int(np.ceil(0.8 * (len(others) + 1))) - 1]
        assert (lower[i], upper[i]) == pytest.approx((eta[i] - reach, eta[i] + reach), rel=1e-12)
        assert inside[i] == (np.abs(y[i] - eta[i]) <= reach)


def test_a_response_moves_no_interval_of_its_own_fold():
    """Not circular: what a row says of itself has no part in its interval, nor in those of the rows beside it."""
    rows = unseen()
    before = unseen_intervals(rows, 0.9)
    rows.arrays.y[10] += 100.0
    after = unseen_intervals(replace(rows), 0.9)
    same = rows.folds == rows.folds[10]
    assert np.array_equal(before[1][same], after[1][same])
    assert not np.array_equal(before[1][~same], after[1][~same])


def test_counts_have_the_ends_of_whole_numbers():
    rows = unseen("poisson", n=200)
    lower, upper, inside = unseen_intervals(rows, 0.9)
    y = rows.arrays.y[:, 0]
    assert np.array_equal(inside, (lower <= y) & (y <= upper))
    assert np.array_equal(lower, np.round(lower))
    assert np.mean(inside) >= 0.9
    _, others = rows.scores
    for i in (0, 77, 199):
        k, mu = rows.folds[i], np.exp(rows.curve[i, 0])
        reach = others[k][int(np.ceil(0.9 * (len(others[k]) + 1))) - 1]
        assert (lower[i], upper[i]) == tuple(stats.poisson.ppf(stats.norm.cdf([-reach, reach]), mu))


def test_frequencies_are_repeated_rows():
    counts = np.random.default_rng(2).integers(1, 4, 60).astype(float)
    rows = unseen(counts=counts)
    times = counts.astype(int)
    arrays = rows.arrays.take(np.repeat(np.arange(60), times))
    plain = Arrays(arrays.X, arrays.y, arrays.weights, arrays.offset, arrays.rows)
    long = Unseen(
        rows.likelihood, plain, *(np.repeat(v, times, axis=0) for v in (rows.curve, rows.line, rows.folds)),
        rows.shares, 1.0, 4,
    )  # fmt: skip
    ours, theirs = reached_by(rows), reached_by(long)
    whole = [
        [(e.level, e.rows, e.inside, round(e.mean_width, 9)) for e in each if not e.where] for each in (ours, theirs)
    ]
    assert whole[0] == whole[1]


def test_a_row_without_weight_neither_counts_nor_lends_a_score():
    weights = np.ones(60)
    weights[::4] = 0.0
    rows = unseen(weights=weights)
    assert np.isnan(
        conformity(rows.likelihood, rows.arrays.y, rows.curve, weights, 1.0, np.random.default_rng(0))[::4]
    ).all()
    found = reached_by(rows)
    assert {each.rows for each in found if not each.where} == {45}
    rows.arrays.y[::4] += 1e3
    assert reached_by(replace(rows)) == found


def test_levels_are_counted_and_too_few_rows_have_infinite_width():
    found = {each.level: each for each in reached_by(unseen(n=15)) if not each.where}
    assert tuple(found) == LEVELS
    assert np.isinf(found[0.95].mean_width)
    assert found[0.95].inside == 15
    assert np.isfinite(found[0.8].mean_width)


def test_thirds_keep_equal_values_together():
    third = thirds(np.array([0.0, 0.0, 0.0, 0.0, 1.0, 2.0]))
    assert third.tolist() == [0, 0, 0, 0, 1, 2] or len(set(third[:4])) == 1
    assert count_inside(0.5, "", (np.zeros(2), np.ones(2), np.array([True, False])), np.array([3.0, 1.0])).share == 0.75


def test_nothing_is_claimed_of_classes_zeros_and_ones_and_quasi_families():
    assert claims(likelihood("gaussian"), np.ones(3))
    for family in ("multinomial", "binomial"):
        assert not claims(likelihood(family), np.ones(3))
    assert not claims(likelihood("quasipoisson"), np.full(3, np.nan))


def test_a_row_that_is_predicted_at_infinity_has_an_infinite_width_and_no_warning():
    ends = (np.array([0.0, np.inf]), np.array([1.0, np.inf]), np.array([True, False]))
    said = count_inside(0.95, "", ends, np.ones(2))
    assert said.inside == 1
    assert said.mean_width == np.inf
