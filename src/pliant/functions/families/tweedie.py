"""Tweedie, 1 < power < 2: amounts with exact zeros, as of rain or claims; variance mu^power.

The power is a parameter of the family: each power makes a record of its own, over the same text.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pliant.functions.compound import compound_cumulative, compound_draw, compound_log_density
from pliant.functions.families.parts import from_0_on, torch_log_mean
from pliant.functions.records import FLOOR, Family, Link
from pliant.types import Array

# Gauss-Legendre on (0, 1): good to the last digit for (1 - v) (1 + t v)^-power where |t| <= 0.3
_NODES, _SHARES = np.polynomial.legendre.leggauss(9)
NODES = tuple(zip(((_NODES + 1.0) / 2.0).tolist(), (_SHARES / 2.0).tolist(), strict=True))


def tweedie(power: float) -> Family:
    """Give the family of one power, 1 < power < 2.

    References
    ----------
    Dunn and Smyth (2005), Series evaluation of Tweedie exponential dispersion model densities,
    Statistics and Computing 15, 267-280.
    """

    def variance(mu: Array) -> Array:
        return mu**power

    def deviance(y: Array, mu: Array) -> Array:
        return tweedie_deviance(y, mu, power)

    def log_likelihood(
        y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
    ) -> float:
        weights = weights * frequencies
        used = weights > 0.0
        w = weights[used, None]
        phi = np.sum(w * deviance(y[used], mu[used]), axis=0) / np.sum(w)
        if not np.all(phi > 0.0):
            return float("inf")  # a perfect fit
        return float(np.sum(w * compound_log_density(y[used], mu[used], phi + 0.0 * w, power)))

    def torch_loss(torch: Any, y: Any, eta: Any, link: Link) -> Any:
        log_mean = torch_log_mean(torch, eta, link)
        return (torch.exp((2 - power) * log_mean) / (2 - power)).sum(dim=-1) - (
            y * torch.exp((1 - power) * log_mean) / (1 - power)
        ).sum(dim=-1)

    return Family(
        name="tweedie",
        links=("log", "sqrt", "identity"),
        coding="number",
        dispersion_known=False,
        interval=(0.0, np.inf),
        variance=variance,
        make_loss=lambda link: partial(tweedie_loss(link), power=power),
        make_delta=lambda link: partial(tweedie_delta(link), power=power),
        make_information=lambda link: partial(tweedie_information(link), power=power),
        deviance=deviance,
        start=tweedie_start,
        log_likelihood=log_likelihood,
        admits=from_0_on,
        admitted="amounts: numbers from 0 on",
        torch_loss=torch_loss,
        draw=compound_draw(power),
        cumulative=compound_cumulative(power),
        parameter=power,
        parameter_name="power",
        parameter_range=(1.0, 2.0),
        make=tweedie,
    )


def tweedie_loss(link: Link) -> Callable[..., Array]:
    """y mu^(1 - power) / (power - 1) + mu^(2 - power) / (2 - power)."""
    inverse = link.inverse

    def loss(y: Array, eta: Array, power: float) -> Array:
        a, b = 2.0 - power, power - 1.0
        mu = np.maximum(inverse(eta), FLOOR)
        return y * mu**-b / b + mu**a / a

    return loss


def tweedie_delta(link: Link) -> Callable[..., Array]:
    """(mu - y) mu^(1 - power) d log mu / d eta."""
    inverse, log_mean_slope = link.inverse, link.log_inverse_slope

    def delta(y: Array, eta: Array, power: float) -> Array:
        mu = np.maximum(inverse(eta), FLOOR)
        return (mu - y) * mu ** -(power - 1.0) * log_mean_slope(eta)

    return delta


def tweedie_information(link: Link) -> Callable[..., Array]:
    """mu^(2 - power) (d log mu / d eta)^2."""
    inverse, log_mean_slope = link.inverse, link.log_inverse_slope

    def information(eta: Array, power: float) -> Array:
        slope = log_mean_slope(eta)
        return np.maximum(inverse(eta), FLOOR) ** (2.0 - power) * slope * slope

    return information


def tweedie_start(y: Array, weights: Array) -> Array:
    """y + 1/10."""
    return y + 0.1


def tweedie_deviance(y: Array, mu: Array, power: float) -> Array:
    """2 times the integral of (y - t) t^-power from mu to y.

    Near mu = y by Gauss's rule, which cancels nothing; far from it in closed form, with r = y / mu:
    2 mu^(2 - power) (1 / (2 - power) + r / (power - 1) - r^(2 - power) / ((power - 1) (2 - power))).
    """
    a, b = 2.0 - power, power - 1.0
    mu = np.maximum(mu, FLOOR)
    t = (y - mu) / mu
    near = np.abs(t) <= 0.3
    step = near * t
    close = 0.0 * t
    for node, share in NODES:
        close = close + share * (1.0 - node) * (1.0 + node * step) ** -power
    ratio = y / mu
    u = np.log(np.maximum(ratio, 0.1))  # where the ratio is above a tenth: exp(x) - 1 - x, twice
    wide = (a * (np.expm1(u) - u) - (np.expm1(a * u) - a * u)) / (a * b)
    small = 1.0 / a + ratio / b - ratio**a / (a * b)
    far = (ratio >= 0.1) * wide + (ratio < 0.1) * small
    return 2.0 * mu**a * (near * step * step * close + (1.0 - near) * far)


TWEEDIE = replace(tweedie(1.5), estimated=True)
