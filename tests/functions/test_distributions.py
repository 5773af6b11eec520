"""Draws and cumulative probabilities against each other, and the probabilities against scipy.stats."""

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from pliant.errors import InputError
from pliant.functions import FAMILIES, likelihood
from pliant.functions.compound import SUMMED, _saddlepoint, _summed, compound_log_density

N = 40_000
ORDERED = [family for family in FAMILIES.values() if family.cumulative is not None and family.has_likelihood]
ONES = np.ones((6, 1))


def means(family, shape):
    return np.full(shape, 0.3 if family.interval == (0.0, 1.0) else 2.5)


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


def test_counts_of_the_negative_binomial_are_those_of_scipy():
    y = np.arange(6.0)[:, None]
    for theta in (0.05, 1.0, 30.0):
        below, upto = likelihood(f"negative_binomial(theta={theta})").family.cumulative(y, 2.5 * ONES, ONES, 1.0)
        np.testing.assert_allclose(upto, stats.nbinom.cdf(y, theta, theta / (theta + 2.5)), rtol=1e-13)
        np.testing.assert_allclose(below, stats.nbinom.cdf(y - 1.0, theta, theta / (theta + 2.5)), rtol=1e-13)
    _, upto = likelihood("negative_binomial(theta=1e12)").family.cumulative(y, 2.5 * ONES, ONES, 1.0)
    np.testing.assert_allclose(upto, stats.poisson.cdf(y, 2.5), rtol=1e-10)


def test_gamma_probabilities_are_those_of_scipy():
    y = np.array([1e-3, 0.1, 1.0, 2.5, 9.0, 30.0])[:, None]
    below, upto = FAMILIES["gamma"].cumulative(y, 2.5 * ONES, 2.0 * ONES, 0.6)
    np.testing.assert_allclose(upto, stats.gamma.cdf(y, 2.0 / 0.6, scale=2.5 * 0.3), rtol=1e-13)
    assert np.array_equal(below, upto)


@pytest.mark.parametrize("dispersion", [1e-5, 1e-3, 0.6, 50.0])
def test_inverse_gaussian_probabilities_are_right_in_the_tail_too(dispersion):
    spread = np.sqrt(dispersion * 2.5**3)
    y = (2.5 + np.array([-5.0, -2.0, -0.5, 0.5, 2.0, 6.0]) * spread)[:, None]
    y = np.where(y > 0.0, y, 0.1 * np.arange(1.0, 7.0)[:, None])
    _, upto = FAMILIES["inverse_gaussian"].cumulative(y, 2.5 * ONES, ONES, dispersion)
    with mp.workdps(60 + int(1.0 / dispersion**0.5)):
        exact = []
        for v in y[:, 0]:
            v, shape, mu = mp.mpf(float(v)), 1 / mp.mpf(dispersion), mp.mpf(2.5)
            a, b = mp.sqrt(shape / v) * (v / mu - 1), mp.sqrt(shape / v) * (v / mu + 1)
            tail = mp.erfc(b / mp.sqrt(2)) / 2
            exact.append(float(mp.erfc(-a / mp.sqrt(2)) / 2 + mp.exp(2 * shape / mu + mp.log(tail))))
    np.testing.assert_allclose(upto[:, 0], exact, rtol=1e-12 if dispersion == 1e-5 else 1e-13)


@pytest.mark.parametrize("power", [1.05, 1.5, 1.95])
@pytest.mark.parametrize("dispersion", [0.02, 1.0, 20.0])
def test_tweedie_density_is_the_slope_of_its_probability(power, dispersion):
    """The series of the density is summed apart from that of the probability: each is the other's witness."""
    family, y = likelihood(f"tweedie(power={power})").family, np.array([0.3, 1.0, 2.0, 2.5, 3.5, 7.0])[:, None]
    h = 1e-5 * y
    up, down = (family.cumulative(y + s, 2.5 * ONES, ONES, dispersion)[1] for s in (h, -h))
    density = np.exp(compound_log_density(y, 2.5 * ONES, dispersion * ONES, power))
    np.testing.assert_allclose(density, (up - down) / (2.0 * h), rtol=1e-4, atol=1e-8)


def test_tweedie_at_zero_has_a_probability_of_its_own():
    family = likelihood("tweedie(power=1.5)").family
    below, upto = family.cumulative(np.zeros((1, 1)), np.full((1, 1), 2.5), np.full((1, 1), 2.0), 0.7)
    assert below[0, 0] == 0.0
    assert upto[0, 0] == pytest.approx(np.exp(-(2.5**0.5) / (0.35 * 0.5)), rel=1e-14)


@pytest.mark.parametrize("name", ["quasipoisson", "quasibinomial"])
def test_a_quasi_family_has_no_distribution_and_says_so(name):
    family, half = FAMILIES[name], np.full((2, 1), 0.5)
    assert not family.has_likelihood
    assert np.isnan(family.log_likelihood(half, half, np.ones(2), 1.0))
    with pytest.raises(InputError, match=f"{name} has no distribution"):
        family.draw(np.random.default_rng(0), half, half, 1.0)
    with pytest.raises(InputError, match=f"{name} has no distribution"):
        family.cumulative(half, half, half, 1.0)


@pytest.mark.parametrize("power", [1.1, 1.5, 1.9])
def test_tweedie_probabilities_of_many_amounts_go_on_from_the_sum(power):
    """Either side of where the saddlepoint takes over from the sum, to 3e-6; and at means that no sum could reach."""
    a = 2.0 - power
    phi = 1.0 / (a * SUMMED)
    z = np.array([-3.0, -1.0, -1e-3, 0.0, 1e-3, 1.0, 3.0])
    y = np.exp(z * np.sqrt(phi))
    ones, phis = np.ones_like(y), np.full(len(y), phi)
    b = power - 1.0
    summed = _summed(SUMMED * ones, y / (phi * b), a / b)
    np.testing.assert_allclose(_saddlepoint(y, ones, phis, power), summed, atol=3e-6)
    family = likelihood(f"tweedie(power={power})").family
    mu = np.array([1e12, 1e100, np.inf])[:, None]
    below, upto = family.cumulative(mu, mu, np.ones((3, 1)), 1e-9)
    assert np.max(np.abs(upto[:2] - 0.5)) < 1e-3
    assert np.array_equal(below[:2], upto[:2])
    assert np.isnan(upto[2, 0])
