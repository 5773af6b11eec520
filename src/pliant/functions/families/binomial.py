"""Binomial: y is the share of successes, its weight the number of trials."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.functions.distributions import binomial_cumulative, binomial_draw
from pliant.functions.families.parts import excess
from pliant.functions.records import Family, Link, Pair, Whole
from pliant.types import Array, BoolArray


def binomial_variance(mu: Array) -> Array:
    """mu (1 - mu)."""
    return mu * (1.0 - mu)


def binomial_loss(link: Link) -> Pair:
    """-y log mu - (1 - y) log(1 - mu); with the logit log(1 + exp -|eta|), and eta where it is on the wrong side."""
    log_mean, log_rest = link.log_inverse, link.log_rest

    def canonical(y: Array, eta: Array) -> Array:
        return np.log1p(np.exp(-np.maximum(eta, -eta))) + eta * ((eta > 0.0) - y)

    def loss(y: Array, eta: Array) -> Array:
        return -y * log_mean(eta) - (1.0 - y) * log_rest(eta)

    return canonical if link.name == "logit" else loss


def binomial_delta(link: Link) -> Pair:
    """-y d log mu / d eta - (1 - y) d log(1 - mu) / d eta; mu - y with the logit."""
    log_mean_slope, log_rest_slope = link.log_inverse_slope, link.log_rest_slope

    def canonical(y: Array, eta: Array) -> Array:
        small = np.exp(-np.maximum(eta, -eta))
        large = 1.0 / (1.0 + small)
        small = small * large
        above = eta > 0.0
        return (1.0 - y) * np.where(above, large, small) - y * np.where(above, small, large)

    def delta(y: Array, eta: Array) -> Array:
        return -y * log_mean_slope(eta) - (1.0 - y) * log_rest_slope(eta)

    return canonical if link.name == "logit" else delta


def binomial_information(link: Link) -> Callable[[Array], Array]:
    """slope^2 / (mu (1 - mu)), which is minus the product of the slopes of log mu and log(1 - mu)."""
    log_mean_slope, log_rest_slope = link.log_inverse_slope, link.log_rest_slope

    def canonical(eta: Array) -> Array:
        small = np.exp(-np.maximum(eta, -eta))
        large = 1.0 / (1.0 + small)
        return small * large * large

    def information(eta: Array) -> Array:
        return -log_mean_slope(eta) * log_rest_slope(eta)

    return canonical if link.name == "logit" else information


def binomial_whole(link: Link) -> Whole | None:
    """All of a row with the logit, from one exponential: 26 microseconds of a pass over 100 rows instead of 50."""

    def whole(y: Array, eta: Array) -> tuple[Array, Array, Array, Array]:
        small = np.exp(-np.maximum(eta, -eta))
        large = 1.0 / (1.0 + small)
        low = small * large
        above = eta > 0.0
        mu = np.where(above, large, low)
        loss = np.log1p(small) + eta * (above - y)
        return mu, loss, low * large, y * np.where(above, low, large) - (1.0 - y) * mu

    return whole if link.name == "logit" else None


def binomial_deviance(y: Array, mu: Array) -> Array:
    """2 (y log(y / mu) + (1 - y) log((1 - y) / (1 - mu)))."""
    return 2.0 * (excess(y, mu, mu - y) + excess(1.0 - y, 1.0 - mu, y - mu))


def binomial_start(y: Array, weights: Array) -> Array:
    """(w y + 1/2) / (w + 1)."""
    return (weights * y + 0.5) / (weights + 1.0)


def binomial_log_likelihood(
    y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
) -> float:
    """log of the binomial probabilities of w y successes in w trials; NaN where these are not whole numbers."""
    from scipy.special import gammaln, xlog1py, xlogy

    trials, successes = weights[:, None], weights[:, None] * y
    whole = np.round(successes)
    if np.any(np.abs(successes - whole) > 1e-7 * np.maximum(trials, 1.0)) or np.any(trials != np.round(trials)):
        return float("nan")
    ways = gammaln(trials + 1.0) - gammaln(whole + 1.0) - gammaln(trials - whole + 1.0)
    return float(np.sum(np.reshape(frequencies, (-1, 1)) * (ways + xlogy(whole, mu) + xlog1py(trials - whole, -mu))))


def between_0_and_1(y: Array) -> BoolArray:
    """From 0 to 1."""
    return (y >= 0.0) & (y <= 1.0)


def binomial_torch_loss(torch: Any, y: Any, eta: Any, link: Link) -> Any:
    """Binary cross-entropy."""
    assert link.torch_logs is not None
    log_mean, log_rest = link.torch_logs(torch, eta)
    return -(torch.where(y > 0, y * log_mean, 0.0) + torch.where(y < 1, (1 - y) * log_rest, 0.0)).sum(dim=-1)


BINOMIAL = Family(
    name="binomial",
    links=("logit", "probit", "cauchit", "cloglog", "log"),
    coding="binary",
    dispersion_known=True,
    interval=(0.0, 1.0),
    variance=binomial_variance,
    make_loss=binomial_loss,
    make_delta=binomial_delta,
    make_information=binomial_information,
    deviance=binomial_deviance,
    start=binomial_start,
    log_likelihood=binomial_log_likelihood,
    admits=between_0_and_1,
    admitted="0 and 1, or proportions between them",
    torch_loss=binomial_torch_loss,
    draw=binomial_draw,
    cumulative=binomial_cumulative,
    make_whole=binomial_whole,
)
