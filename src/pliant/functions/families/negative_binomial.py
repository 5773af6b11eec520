"""Negative binomial: counts that scatter more than poisson's, with variance mu + mu^2 / theta.

theta is a parameter of the family: each theta makes a record of its own, over the same text. As theta grows it
becomes poisson.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pliant.functions.distributions import negative_binomial_cumulative, negative_binomial_draw
from pliant.functions.families.parts import from_0_on, log_ratio, log_rising, torch_log_mean
from pliant.functions.records import FLOOR, Family, Link
from pliant.functions.special import log1p_rest
from pliant.types import Array


def negative_binomial(theta: float) -> Family:
    """Give the family of one theta > 0.

    References
    ----------
    Venables and Ripley (2002), Modern Applied Statistics with S, section 7.4.
    """

    def variance(mu: Array) -> Array:
        return mu + mu * mu / theta

    def deviance(y: Array, mu: Array) -> Array:
        return _deviance(y, mu, theta)

    def log_likelihood(
        y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
    ) -> float:
        weights = weights * frequencies
        return float(np.sum(weights[:, None] * log_probability(y, mu, theta)))

    def torch_loss(torch: Any, y: Any, eta: Any, link: Link) -> Any:
        log_mean, log_theta = torch_log_mean(torch, eta, link), torch.log(torch.as_tensor(theta, dtype=eta.dtype))
        spread = torch.logaddexp(log_mean, log_theta) - log_theta
        return ((y + theta) * spread - torch.where(y > 0, y * log_mean, 0.0)).sum(dim=-1)

    return Family(
        name="negative_binomial",
        links=("log", "sqrt", "identity"),
        coding="number",
        dispersion_known=True,
        interval=(0.0, np.inf),
        variance=variance,
        make_loss=lambda link: partial(negative_binomial_loss(link), theta=theta),
        make_delta=lambda link: partial(negative_binomial_delta(link), theta=theta),
        make_information=lambda link: partial(negative_binomial_information(link), theta=theta),
        deviance=deviance,
        start=negative_binomial_start,
        log_likelihood=log_likelihood,
        admits=from_0_on,
        admitted="counts: numbers from 0 on",
        torch_loss=torch_loss,
        draw=negative_binomial_draw(theta),
        cumulative=negative_binomial_cumulative(theta),
        parameter=theta,
        parameter_name="theta",
        parameter_range=(0.0, np.inf),
        make=negative_binomial,
    )


def negative_binomial_loss(link: Link) -> Callable[..., Array]:
    """(y + theta) log(1 + mu / theta) - y log mu."""
    inverse, log_mean = link.inverse, link.log_inverse

    def loss(y: Array, eta: Array, theta: float) -> Array:
        return (y + theta) * np.log1p(np.maximum(inverse(eta), 0.0) / theta) - y * log_mean(eta)

    return loss


def negative_binomial_delta(link: Link) -> Callable[..., Array]:
    """(mu - y) / (1 + mu / theta) d log mu / d eta."""
    inverse, log_mean_slope = link.inverse, link.log_inverse_slope

    def delta(y: Array, eta: Array, theta: float) -> Array:
        mu = np.maximum(inverse(eta), 0.0)
        return (mu - y) / (1.0 + mu / theta) * log_mean_slope(eta)

    return delta


def negative_binomial_information(link: Link) -> Callable[..., Array]:
    """slope^2 / (mu + mu^2 / theta)."""
    inverse, slope, log_mean_slope = link.inverse, link.slope, link.log_inverse_slope

    def information(eta: Array, theta: float) -> Array:
        mu = np.maximum(inverse(eta), 0.0)
        return slope(eta, mu) * log_mean_slope(eta) / (1.0 + mu / theta)

    return information


def negative_binomial_start(y: Array, weights: Array) -> Array:
    """y, or 1/6 where y is 0."""
    return np.asarray(y + (y == 0.0) / 6.0)


def log_probability(y: Array, mu: Array, theta: float) -> Array:
    """log of Gamma(theta + y) / (Gamma(theta) y!) (mu / (mu + theta))^y (theta / (mu + theta))^theta.

    Gamma(theta + y) goes with the larger of its two neighbours, Gamma(theta) or y!, so that nothing cancels.
    """
    from scipy.special import gammaln, xlogy

    if theta >= 12.0:
        scaled = xlogy(y, mu) - (y + theta) * np.log1p(mu / theta)  # the y log theta of log_rising included
        return np.asarray(log_rising(np.asarray(theta), y) - gammaln(y + 1.0) + scaled)
    x = np.maximum(y + 1.0, 24.0)
    many = log_rising(x, np.asarray(theta - 1.0)) + (theta - 1.0) * np.log(x)
    few = gammaln(theta + np.minimum(y, 23.0)) - gammaln(np.minimum(y, 23.0) + 1.0)
    shares = -y * np.log1p(theta / np.maximum(mu, FLOOR)) - theta * np.log1p(mu / theta)
    return np.asarray(np.where(y > 23.0, many, few) - gammaln(theta) + shares)


def _deviance(y: Array, mu: Array, theta: float) -> Array:
    """2 (y log(y / mu) - (y + theta) log((y + theta) / (mu + theta))).

    It is 2 (y log(1 + a) - theta log(1 + b)) with a = theta (y - mu) / (mu (y + theta)), b = (y - mu) / (mu + theta).
    Near mu = y the two cancel; theta a b - y r(a) + theta r(b), with r(t) = t - log(1 + t), does not.
    """
    some = y > 0.0
    mu = np.maximum(mu, FLOOR)
    a, b = theta / (y + theta) * ((y - mu) / mu), (y - mu) / (mu + theta)
    near = (np.abs(a) <= 0.1) * (np.abs(b) <= 0.1)
    close = theta * (near * a) * b - y * log1p_rest(near * a) + theta * log1p_rest(near * b)
    quotient = (y + (1.0 - some)) / mu * ((mu + theta) / (y + theta))
    far = y * log_ratio(quotient, some * a) - theta * log_ratio((y + theta) / (mu + theta), b)
    return 2.0 * (near * close + (1.0 - near) * far)


NEGATIVE_BINOMIAL = replace(negative_binomial(1.0), estimated=True)
