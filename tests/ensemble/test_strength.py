"""Strength and share by the folds: the disagreement of members is what their mean gains."""

import numpy as np
import pytest

from pliant.data.arrays import Arrays
from pliant.ensemble.strength import ambiguity, best_share, best_strength, mean_deviance, own_fold
from pliant.functions.likelihood import likelihood

GAUSSIAN, BINOMIAL = likelihood("gaussian"), likelihood("binomial")
N, K = 40, 5
FOLDS = np.arange(N) % K


def rows(y):
    return Arrays(np.ones((N, 1)), y[:, None], np.ones(N), np.zeros(N), np.arange(N), np.ones(N))


def members(rng, spread):
    """Give etas (K, n, 1) that scatter around 0."""
    return spread * rng.standard_normal((K, N, 1))


def test_the_mean_gains_at_least_the_variance_of_the_members():
    rng = np.random.default_rng(1)
    table, etas = rows(rng.standard_normal(N)), members(rng, 0.5)
    variance = np.mean(np.var(etas, axis=0))
    found = ambiguity(GAUSSIAN, table, etas, FOLDS)
    assert variance - 1e-12 <= found <= 3.0 * variance
    each = np.mean([mean_deviance(GAUSSIAN, table, eta) for eta in etas])
    assert each - mean_deviance(GAUSSIAN, table, etas.mean(axis=0)) == pytest.approx(variance)


def test_members_that_agree_have_nothing_to_gain():
    rng = np.random.default_rng(2)
    same = np.repeat(members(rng, 1.0)[:1], K, axis=0)
    table = rows((rng.random(N) < 0.5) * 1.0)
    assert ambiguity(BINOMIAL, table, same, FOLDS) == pytest.approx(0.0, abs=1e-14)
    assert ambiguity(BINOMIAL, table, members(rng, 1.0), FOLDS) > 0.0


def test_the_point_of_the_path_with_the_lowest_loss_is_taken_and_one_that_does_not_exist_never():
    rng = np.random.default_rng(3)
    truth = rng.standard_normal(N)
    table = rows(truth + 0.1 * rng.standard_normal(N))
    near, far = members(rng, 0.1) + truth[:, None], members(rng, 1.0) + truth[:, None]
    broken = np.full_like(near, np.nan)
    assert best_strength(GAUSSIAN, table, np.stack([far, near, broken], axis=1), FOLDS) == 1
    assert best_strength(GAUSSIAN, table, np.stack([broken, far, near], axis=1), FOLDS) == 2
    assert best_strength(GAUSSIAN, table, far[:, None], FOLDS) == 0


def test_the_share_is_all_for_the_truth_and_none_where_it_makes_no_difference():
    rng = np.random.default_rng(4)
    truth = rng.standard_normal(N)
    table, lines = rows(truth), members(rng, 0.01)
    assert best_share(GAUSSIAN, table, lines + truth[:, None], lines, FOLDS) > 0.95
    assert best_share(GAUSSIAN, table, lines, lines, FOLDS) == 0.0
    assert best_share(GAUSSIAN, table, lines - truth[:, None], lines, FOLDS) == 0.0
    assert own_fold(lines, FOLDS).shape == (N, 1)
