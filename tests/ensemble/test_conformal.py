"""CV+ intervals against their definition, row by row."""

import numpy as np
import pytest
from scipy import stats

from pliant.ensemble.conformal import conformity, highest_level, intervals, rank_ends, split_intervals
from pliant.functions.likelihood import likelihood


def by_definition(ends_low, ends_high, level):
    """The order statistics of all rows' ends, (n, m) each."""
    n = len(ends_low)
    a = 1.0 - level
    low, high = int(np.floor(a * (n + 1) + 1e-9)), int(np.ceil((1.0 - a) * (n + 1) - 1e-9))
    lower = np.sort(ends_low, axis=0)[low - 1] if low >= 1 else np.full(ends_low.shape[1], -np.inf)
    upper = np.sort(ends_high, axis=0)[high - 1] if high <= n else np.full(ends_low.shape[1], np.inf)
    return lower, upper


@pytest.mark.parametrize(("n", "level"), [(57, 0.9), (57, 0.95), (40, 0.5), (12, 0.95)])
def test_gaussian_intervals_are_those_of_the_definition(n, level):
    rng = np.random.default_rng(1)
    centres, scores, folds = rng.normal(size=(5, 9)), rng.exponential(size=n), np.arange(n) % 5
    lower, upper = intervals(likelihood("gaussian"), centres, scores, folds, level, 1.0)
    at = centres[folds]
    wanted = by_definition(at - scores[:, None], at + scores[:, None], level)
    np.testing.assert_array_equal([lower, upper], wanted)


def test_poisson_intervals_are_those_of_the_definition():
    rng = np.random.default_rng(2)
    chosen = likelihood("poisson")
    centres, n = rng.uniform(0.2, 30.0, (5, 9)), 60
    scores, folds = np.abs(rng.standard_normal(n)), np.arange(n) % 5
    lower, upper = intervals(chosen, centres, scores, folds, 0.9, 1.0)
    at = centres[folds]
    ends = [stats.poisson.ppf(stats.norm.cdf(sign * scores[:, None]), at) for sign in (-1.0, 1.0)]
    np.testing.assert_array_equal([lower, upper], by_definition(*ends, 0.9))


def test_too_few_rows_give_infinite_ends():
    lower, upper = intervals(likelihood("gaussian"), np.zeros((3, 2)), np.ones(12), np.arange(12) % 3, 0.95, 1.0)
    assert np.all(np.isinf(lower))
    assert np.all(np.isinf(upper))
    assert rank_ends(12, 0.95) == (0, 13)
    assert rank_ends(19, 0.95) == (1, 19)


def test_scores_of_counts_are_normal_if_the_mean_is_right():
    rng = np.random.default_rng(3)
    mu = rng.uniform(0.5, 20.0, (4000, 1))
    y = rng.poisson(mu) * 1.0
    scores = conformity(likelihood("poisson"), y, np.log(mu), np.ones(4000), 1.0, rng)
    assert stats.kstest(scores, "halfnorm").pvalue > 1e-3
    none = conformity(likelihood("quasipoisson"), np.ones((3, 1)), np.zeros((3, 1)), np.ones(3), 1.0, rng)
    assert np.isnan(none).all()


def test_a_row_without_weight_lends_no_score():
    y, weights = np.arange(4.0)[:, None], np.array([1.0, 0.0, 4.0, 1.0])
    scores = conformity(likelihood("gaussian"), y, np.zeros((4, 1)), weights, 1.0, np.random.default_rng(0))
    np.testing.assert_array_equal(scores, [0.0, np.nan, 4.0, 3.0])


def test_scaled_intervals_are_those_of_the_definition():
    rng = np.random.default_rng(6)
    centres, scales, n = rng.normal(size=(5, 9)), np.exp(0.4 * rng.normal(size=(5, 9))), 60
    scores, folds = rng.exponential(size=n), np.arange(n) % 5
    found = intervals(likelihood("gaussian"), centres, scores, folds, 0.9, 1.0, scales)
    at, reach = centres[folds], scores[:, None] * scales[folds]
    np.testing.assert_array_equal(found, by_definition(at - reach, at + reach, 0.9))


def test_split_intervals_lend_one_score_to_all():
    scores, centre = np.arange(1.0, 40.0), np.array([0.0, 10.0])
    lower, upper = split_intervals(likelihood("gaussian"), centre, scores, 0.9, 1.0)
    np.testing.assert_array_equal([lower, upper], [centre - 36.0, centre + 36.0])
    scores = np.append(np.linspace(0.0, 1.5, 39), np.nan)
    lower, upper = split_intervals(likelihood("poisson"), np.array([4.0, 30.0]), scores, 0.95, 1.0)
    reach = stats.norm.cdf([[-scores[37]], [scores[37]]])
    np.testing.assert_array_equal([lower, upper], stats.poisson.ppf(reach, [4.0, 30.0]))
    assert np.isinf(split_intervals(likelihood("poisson"), np.ones(1), np.ones(9), 0.95, 1.0)[1]).all()


def test_the_highest_level_that_rows_allow_has_ends():
    for n in (5, 12, 18, 19, 40):
        assert rank_ends(n, highest_level(n))[0] >= 1
        assert rank_ends(n, highest_level(n) + 0.01)[0] < 1 or n == 40


def test_a_mean_beyond_what_can_be_computed_promises_nothing():
    chosen = likelihood("negative_binomial(theta=2)")
    centres = np.array([[3.0, 1e40], [3.0, 1e-40]])
    lower, upper = intervals(chosen, centres, np.tile([0.1, 2.0], 30), np.arange(60) // 30, 0.9, 1.0)
    assert (lower[1], upper[1]) == (0.0, np.inf)
    assert 0.0 <= lower[0] < upper[0] < 20.0
