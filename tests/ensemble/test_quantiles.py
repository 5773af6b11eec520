"""Quantiles of the members against those of SciPy, and what they cost."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pliant.ensemble.quantiles import is_counted, kth_quantile
from pliant.functions.likelihood import likelihood

K, M = 5, 12
PPF = {
    "poisson": lambda p, mu: stats.poisson.ppf(p, mu),
    "negative_binomial(theta=2)": lambda p, mu: stats.nbinom.ppf(p, 2.0, 2.0 / (2.0 + mu)),
    "gamma": lambda p, mu: stats.gamma.ppf(p, 2.5, scale=mu / 2.5),
    "inverse_gaussian": lambda p, mu: stats.invgauss.ppf(p, 0.4 * mu, scale=2.5),
}


def some(seed, n=60, span=1.0):
    rng = np.random.default_rng(seed)
    centres = np.exp(1.0 + span * rng.normal(size=(1, M)) + 0.2 * rng.normal(size=(K, M)))
    lists = [np.sort(np.abs(rng.standard_normal(n // K))) for _ in range(K)]
    return centres, np.exp(0.2 * rng.normal(size=(K, M))), lists


@pytest.mark.parametrize("name", PPF)
@pytest.mark.parametrize(("side", "rank"), [(1.0, 58), (-1.0, 3), (1.0, 1)])
def test_it_is_the_order_statistic_of_the_quantiles(name, side, rank):
    centres, scales, lists = some(2)
    lists = [np.sort(side * each) for each in lists]
    found = kth_quantile(likelihood(name), 0.4, centres, scales, lists, rank)
    each = [
        PPF[name](stats.norm.cdf(s[:, None] * a), c[:, None]) for c, s, a in zip(centres, scales, lists, strict=True)
    ]
    np.testing.assert_allclose(found, np.sort(np.concatenate(each, 1), axis=1)[:, rank - 1], rtol=1e-9)


def test_the_end_of_a_tweedie_interval_has_its_probability():
    chosen = likelihood("tweedie(power=1.4)")
    centres = np.exp(np.random.default_rng(3).normal(size=(1, M)))
    found = kth_quantile(chosen, 0.7, centres, np.ones((1, M)), [np.array([1.3])], 1)
    _, upto = chosen.family.cumulative(found[:, None], centres.T, np.ones((M, 1)), 0.7)
    np.testing.assert_allclose(upto, stats.norm.cdf(1.3), rtol=1e-9)
    none = kth_quantile(chosen, 0.7, centres, np.ones((1, M)), [np.array([-9.0])], 1)
    assert np.max(np.abs(none)) == 0.0  # no amount at all is likelier than that


@pytest.mark.parametrize("name", [*PPF, "tweedie(power=1.5)"])
def test_an_end_takes_few_probabilities_also_far_from_the_data(name):
    chosen = likelihood(name)
    asked = []

    def counting(y, mu, weights, dispersion):
        asked.append(np.size(mu))
        return chosen.family.cumulative(y, mu, weights, dispersion)

    spied = replace(chosen, family=replace(chosen.family, cumulative=counting))
    for span in (1.0, 12.0):  # means from e^-30 to e^30
        centres, scales, lists = some(5, span=span)
        asked.clear()
        kth_quantile(spied, 0.4, centres, scales, lists, 58)
        assert sum(asked) <= 16 * centres.size
        assert len(asked) <= 40


def test_counts_are_known_by_their_steps():
    assert [is_counted(likelihood(name)) for name in ("poisson", "negative_binomial", "gamma", "tweedie")] == [
        True,
        True,
        False,
        False,
    ]
