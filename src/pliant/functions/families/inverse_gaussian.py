"""Inverse gaussian: positive responses with a heavier tail than gamma's, whose variance grows with mu^3."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.functions.distributions import inverse_gaussian_cumulative, inverse_gaussian_draw
from pliant.functions.families.parts import above_0, torch_log_mean
from pliant.functions.records import Family, Link, Pair
from pliant.types import Array

LEAST = 1e-140  # a divisor whose square is a number still


def inverse_gaussian_variance(mu: Array) -> Array:
    """mu^3."""
    return mu * mu * mu


def inverse_gaussian_loss(link: Link) -> Pair:
    """(y - mu)^2 / (2 y mu^2)."""
    inverse = link.inverse

    def loss(y: Array, eta: Array) -> Array:
        left = y / np.maximum(inverse(eta), LEAST) - 1.0
        return 0.5 * left * left / y

    return loss


def inverse_gaussian_delta(link: Link) -> Pair:
    """(mu - y) / mu^2 d log mu / d eta; (y - mu) / 2 with 1 / mu^2."""
    inverse, log_mean_slope = link.inverse, link.log_inverse_slope

    def delta(y: Array, eta: Array) -> Array:
        mu = np.maximum(inverse(eta), LEAST)
        return (mu - y) / mu * log_mean_slope(eta) / mu

    return delta


def inverse_gaussian_information(link: Link) -> Callable[[Array], Array]:
    """(d log mu / d eta)^2 / mu."""
    inverse, log_mean_slope = link.inverse, link.log_inverse_slope

    def information(eta: Array) -> Array:
        slope = log_mean_slope(eta)
        return slope * slope / np.maximum(inverse(eta), LEAST)

    return information


def inverse_gaussian_deviance(y: Array, mu: Array) -> Array:
    """(y - mu)^2 / (y mu^2)."""
    mu = np.maximum(mu, LEAST)
    left = (y - mu) / mu
    return left * left / y


def inverse_gaussian_start(y: Array, weights: Array) -> Array:
    """y."""
    return y


def inverse_gaussian_log_likelihood(
    y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
) -> float:
    """-(sum w (log(2 pi phi) + 1) + 3 sum w log y) / 2, with phi = deviance / sum w, as R's logLik."""
    weights = weights * frequencies
    used = weights > 0.0
    w, y, mu = weights[used, None], y[used], mu[used]
    phi = np.sum(w * inverse_gaussian_deviance(y, mu), axis=0) / np.sum(w)
    with np.errstate(divide="ignore"):  # a perfect fit has an infinite likelihood
        return float(-0.5 * np.sum(w * (np.log(2.0 * np.pi * phi) + 1.0 + 3.0 * np.log(y))))


def inverse_gaussian_torch_loss(torch: Any, y: Any, eta: Any, link: Link) -> Any:
    """Inverse gaussian negative log likelihood of shape one, less its value at mu = y."""
    backward = torch.exp(-torch_log_mean(torch, eta, link))
    return (torch.square(1 - y * backward) / (2 * y)).sum(dim=-1)


INVERSE_GAUSSIAN = Family(
    name="inverse_gaussian",
    links=("log", "inverse_squared", "inverse", "identity"),
    coding="number",
    dispersion_known=False,
    interval=(0.0, np.inf),
    variance=inverse_gaussian_variance,
    make_loss=inverse_gaussian_loss,
    make_delta=inverse_gaussian_delta,
    make_information=inverse_gaussian_information,
    deviance=inverse_gaussian_deviance,
    start=inverse_gaussian_start,
    log_likelihood=inverse_gaussian_log_likelihood,
    admits=above_0,
    admitted="numbers above 0",
    torch_loss=inverse_gaussian_torch_loss,
    draw=inverse_gaussian_draw,
    cumulative=inverse_gaussian_cumulative,
)
