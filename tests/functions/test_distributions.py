"""Draws and cumulative probabilities against each other, and the probabilities against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from pliant.functions.families import FAMILIES

N = 40_000
ORDERED = [family for family in FAMILIES.values() if family.cumulative is not None]


def means(family, shape):
    inside = {"binomial": 0.3}.get(family.name, 2.5)
    return np.full(shape, inside)


@pytest.mark.parametrize("family", ORDERED, ids=lambda family: family.name)
@pytest.mark.parametrize("weight", [1.0, 4.0])
def test_draws_have_mean_variance_and_uniform_probabilities(family, weight):
    rng = np.random.default_rng(1)
    mu, weights = means(family, (N, 1)), np.full((N, 1), weight)
    dispersion = 1.0 if family.dispersion_known else 0.3
    y = family.draw(rng, mu, weights, dispersion)
    variance = dispersion * family.variance(mu[:1])[0, 0] / weight
    inside = bool(np.all(family.admits(y)))  # a bare number: a failure that prints 40,000 takes minutes
    assert inside
    assert abs(np.mean(y) - mu[0, 0]) < 5.0 * np.sqrt(variance / N)
    assert np.var(y) == pytest.approx(variance, rel=0.06)
    below, upto = family.cumulative(y, mu, weights, dispersion)
    ordered = bool(np.all((below >= 0.0) & (below <= upto) & (upto <= 1.0)))
    assert ordered
    uniform = below + (upto - below) * rng.random((N, 1))
    assert stats.kstest(uniform[:, 0], "uniform").pvalue > 1e-4


def test_probabilities_are_those_of_scipy():
    y, ones = np.arange(6.0)[:, None], np.ones((6, 1))
    below, upto = FAMILIES["poisson"].cumulative(y, 2.5 * ones, ones, 1.0)
    np.testing.assert_allclose(upto, stats.poisson.cdf(y, 2.5), rtol=1e-14)
    np.testing.assert_allclose(below, stats.poisson.cdf(y - 1.0, 2.5), rtol=1e-14)
    below, upto = FAMILIES["binomial"].cumulative(y / 5.0, 0.3 * ones, 5.0 * ones, 1.0)
    np.testing.assert_allclose(upto, stats.binom.cdf(y, 5, 0.3), rtol=1e-14)
    np.testing.assert_allclose(below, stats.binom.cdf(y - 1.0, 5, 0.3), rtol=1e-14)


def test_classes_are_drawn_with_their_probabilities():
    mu = np.tile([0.5, 0.2, 0.3], (N, 1))
    y = FAMILIES["multinomial"].draw(np.random.default_rng(2), mu, np.ones((N, 1)), 1.0)
    assert float(np.ptp(np.sum(y, axis=1))) == 0.0
    np.testing.assert_allclose(np.mean(y, axis=0), mu[0], atol=0.015)
