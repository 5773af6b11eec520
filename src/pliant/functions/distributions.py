"""Distributions of the responses: draws from them, and their cumulative probabilities.

Each family has one of both, for responses (n, q) about means mu (n, q), with prior weights (n, 1) and the
dispersion: a row of weight w scatters as the mean of w rows does, so that w y of a poisson row is a count with
mean w mu, and w y of a binomial row the successes of w trials.
"""

import numpy as np

from pliant.functions.records import Cumulative, Draw
from pliant.functions.special import mills, normal_cdf, normal_density
from pliant.types import Array

Rng = np.random.Generator


def gaussian_draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
    """Normal, with variance dispersion / w."""
    return mu + np.sqrt(dispersion / weights) * rng.standard_normal(mu.shape)


def gaussian_cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
    """Phi((y - mu) / sqrt(dispersion / w)), twice."""
    from scipy.special import ndtr

    below: Array = ndtr((y - mu) / np.sqrt(dispersion / weights))
    return below, below


def binomial_draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
    """Share of successes among w trials, w rounded."""
    trials = np.maximum(np.round(weights), 1.0).astype(np.int64)
    return np.asarray(rng.binomial(trials, mu) / trials)


def binomial_cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
    """P(S < w y) and P(S <= w y) for the successes S of w trials."""
    from scipy.special import bdtr

    trials = np.maximum(np.round(weights), 1.0).astype(np.int64)
    successes = np.round(trials * y)
    below = np.where(successes > 0.0, bdtr(np.maximum(successes - 1.0, 0.0), trials, mu), 0.0)
    return below, np.asarray(bdtr(successes, trials, mu))


def poisson_draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
    """Poisson counts of mean w mu, over w."""
    return np.asarray(rng.poisson(weights * mu) / weights)


def poisson_cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
    """P(N < w y) and P(N <= w y) for a count N of mean w mu."""
    from scipy.special import pdtr

    count = np.floor(weights * y + 1e-9)
    below = np.where(count > 0.0, pdtr(np.maximum(count - 1.0, 0.0), weights * mu), 0.0)
    return below, np.asarray(pdtr(count, weights * mu))


def gamma_draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
    """Gamma of shape w / dispersion."""
    shape = weights / dispersion
    return np.asarray(mu / shape * rng.gamma(shape, size=mu.shape))


def gamma_cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
    """P(shape, shape y / mu), the incomplete gamma function, twice."""
    from scipy.special import gammainc

    shape = weights / dispersion
    below: Array = gammainc(shape, shape * y / mu)
    return below, below


def inverse_gaussian_draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
    """Inverse gaussian of shape w / dispersion."""
    return np.asarray(rng.wald(mu, weights / dispersion))


def inverse_gaussian_cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
    """Phi(a) + phi(a) R(b), with R Mills' ratio, twice.

    a and b are sqrt(shape / y) (y / mu - 1) and (y / mu + 1). The usual Phi(a) + exp(2 shape / mu) Phi(-b) is the
    same, since b^2 = a^2 + 4 shape / mu, but its factors overflow.
    """
    root = np.sqrt(weights / dispersion / y)
    a, b = root * (y / mu - 1.0), root * (y / mu + 1.0)
    below = normal_cdf(a) + normal_density(a) * mills(b)
    return below, below


def negative_binomial_draw(theta: float) -> Draw:
    """Poisson counts whose means are gamma about w mu with shape w theta, over w."""

    def draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
        shape = weights * theta
        return np.asarray(rng.poisson(mu / theta * rng.gamma(shape, size=mu.shape)) / weights)

    return draw


def negative_binomial_cumulative(theta: float) -> Cumulative:
    """P(N < w y) and P(N <= w y) for a count N about w mu with w theta."""

    def cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
        from scipy.special import betaincc

        count, shape = np.floor(weights * y + 1e-9), weights * theta
        share = mu / (mu + theta)
        below = np.where(count > 0.0, betaincc(np.maximum(count, 1.0), shape, share), 0.0)
        return below, np.asarray(betaincc(count + 1.0, shape, share))

    return cumulative


def multinomial_draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
    """A one in the column of a class drawn with probability mu."""
    up_to = np.cumsum(mu, axis=1)
    chosen = np.sum(rng.random((len(mu), 1)) * up_to[:, -1:] > up_to, axis=1)
    drawn: Array = np.identity(mu.shape[1])[np.minimum(chosen, mu.shape[1] - 1)]
    return drawn
