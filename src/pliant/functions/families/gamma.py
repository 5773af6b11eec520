"""Gamma: positive responses whose standard deviation grows with the mean."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.functions.distributions import gamma_cumulative, gamma_draw
from pliant.functions.families.parts import above_0, deviation_rest, stirling_rest, torch_log_mean
from pliant.functions.records import FLOOR, Family, Link, Pair
from pliant.functions.special import HALF_LOG_TAU
from pliant.types import Array


def gamma_variance(mu: Array) -> Array:
    """mu^2."""
    return mu * mu


def gamma_loss(link: Link) -> Pair:
    """log mu + y / mu."""
    inverse, log_mean = link.inverse, link.log_inverse

    def loss(y: Array, eta: Array) -> Array:
        return log_mean(eta) + y / np.maximum(inverse(eta), FLOOR)

    return loss


def gamma_delta(link: Link) -> Pair:
    """(mu - y) / mu d log mu / d eta; y - mu with the inverse."""
    inverse, log_mean_slope = link.inverse, link.log_inverse_slope

    def delta(y: Array, eta: Array) -> Array:
        mu = np.maximum(inverse(eta), FLOOR)
        return (mu - y) / mu * log_mean_slope(eta)

    return delta


def gamma_information(link: Link) -> Callable[[Array], Array]:
    """(d log mu / d eta)^2."""
    log_mean_slope = link.log_inverse_slope

    def information(eta: Array) -> Array:
        slope = log_mean_slope(eta)
        return slope * slope

    return information


def gamma_deviance(y: Array, mu: Array) -> Array:
    """2 ((y - mu) / mu - log(y / mu))."""
    mu = np.maximum(mu, FLOOR)
    return 2.0 * deviation_rest((y - mu) / mu, y / mu)


def gamma_start(y: Array, weights: Array) -> Array:
    """y."""
    return y


def gamma_log_likelihood(
    y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
) -> float:
    """Sum of w times the log density of shape 1 / phi, with phi = deviance / sum w, as R's logLik."""
    weights = weights * frequencies
    used = weights > 0.0
    w, y, mu = weights[used, None], y[used], mu[used]
    unit = gamma_deviance(y, mu)
    with np.errstate(divide="ignore", invalid="ignore"):  # a perfect fit has an infinite likelihood
        shape = np.sum(w) / np.sum(w * unit, axis=0)
        each = 0.5 * np.log(shape) - HALF_LOG_TAU - stirling_rest(shape) - 0.5 * shape * unit - np.log(y)
    return float(np.sum(w * each)) if np.all(np.isfinite(shape)) else float("inf")


def gamma_torch_loss(torch: Any, y: Any, eta: Any, link: Link) -> Any:
    """Gamma negative log likelihood of shape one."""
    log_mean = torch_log_mean(torch, eta, link)
    return (log_mean + y * torch.exp(-log_mean)).sum(dim=-1)


GAMMA = Family(
    name="gamma",
    links=("log", "inverse", "identity"),
    coding="number",
    dispersion_known=False,
    interval=(0.0, np.inf),
    variance=gamma_variance,
    make_loss=gamma_loss,
    make_delta=gamma_delta,
    make_information=gamma_information,
    deviance=gamma_deviance,
    start=gamma_start,
    log_likelihood=gamma_log_likelihood,
    admits=above_0,
    admitted="numbers above 0",
    torch_loss=gamma_torch_loss,
    draw=gamma_draw,
    cumulative=gamma_cumulative,
)
