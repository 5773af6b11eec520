"""Distributions of the responses: draws from them, and their cumulative probabilities.

Each family has one of both, for responses (n, q) about means mu (n, q), with prior weights (n, 1) and the
dispersion: a row of weight w scatters as the mean of w rows does, so that w y of a poisson row is a count with
mean w mu, and w y of a binomial row the successes of w trials.
"""

import numpy as np

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


def multinomial_draw(rng: Rng, mu: Array, weights: Array, dispersion: float) -> Array:
    """A one in the column of a class drawn with probability mu."""
    up_to = np.cumsum(mu, axis=1)
    chosen = np.sum(rng.random((len(mu), 1)) * up_to[:, -1:] > up_to, axis=1)
    drawn: Array = np.identity(mu.shape[1])[np.minimum(chosen, mu.shape[1] - 1)]
    return drawn
