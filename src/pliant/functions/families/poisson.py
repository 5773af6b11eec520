"""Poisson: counts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.functions.distributions import poisson_cumulative, poisson_draw
from pliant.functions.families.parts import excess, from_0_on
from pliant.functions.records import Family, Link, Pair, Whole
from pliant.types import Array


def poisson_variance(mu: Array) -> Array:
    """mu."""
    return mu


def poisson_loss(link: Link) -> Pair:
    """mu - y log mu."""
    inverse, log_mean = link.inverse, link.log_inverse

    def loss(y: Array, eta: Array) -> Array:
        return inverse(eta) - y * log_mean(eta)

    return loss


def poisson_delta(link: Link) -> Pair:
    """d mu / d eta - y d log mu / d eta; mu - y with the log."""
    inverse, slope, log_mean_slope = link.inverse, link.slope, link.log_inverse_slope

    def canonical(y: Array, eta: Array) -> Array:
        return inverse(eta) - y

    def delta(y: Array, eta: Array) -> Array:
        return slope(eta, inverse(eta)) - y * log_mean_slope(eta)

    return canonical if link.name == "log" else delta


def poisson_information(link: Link) -> Callable[[Array], Array]:
    """slope^2 / mu."""
    inverse, slope, log_mean_slope = link.inverse, link.slope, link.log_inverse_slope

    def information(eta: Array) -> Array:
        return slope(eta, inverse(eta)) * log_mean_slope(eta)

    return information


def poisson_whole(link: Link) -> Whole | None:
    """All of a row with the log, from one exponential."""
    inverse = link.inverse

    def whole(y: Array, eta: Array) -> tuple[Array, Array, Array, Array]:
        mu = inverse(eta)
        return mu, mu - y * eta, mu, y - mu

    return whole if link.name == "log" else None


def poisson_deviance(y: Array, mu: Array) -> Array:
    """2 (y log(y / mu) - (y - mu))."""
    return 2.0 * excess(y, mu, mu - y)


def poisson_start(y: Array, weights: Array) -> Array:
    """y + 1/10."""
    return y + 0.1


def poisson_log_likelihood(
    y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
) -> float:
    """sum f w (y log mu - mu - log y!), as R's logLik."""
    from scipy.special import gammaln, xlogy

    return float(np.sum((frequencies * weights)[:, None] * (xlogy(y, mu) - mu - gammaln(y + 1.0))))


def poisson_torch_loss(torch: Any, y: Any, eta: Any, link: Link) -> Any:
    """Poisson negative log likelihood."""
    nll = torch.nn.functional.poisson_nll_loss
    if link.name == "log":
        return nll(torch.clamp(eta, max=700.0), y, log_input=True, reduction="none").sum(dim=-1)
    return nll(link.torch_inverse(torch, eta), y, log_input=False, eps=0.0, reduction="none").sum(dim=-1)


POISSON = Family(
    name="poisson",
    links=("log", "identity", "sqrt"),
    coding="number",
    dispersion_known=True,
    interval=(0.0, np.inf),
    variance=poisson_variance,
    make_loss=poisson_loss,
    make_delta=poisson_delta,
    make_information=poisson_information,
    deviance=poisson_deviance,
    start=poisson_start,
    log_likelihood=poisson_log_likelihood,
    admits=from_0_on,
    admitted="counts: numbers from 0 on",
    torch_loss=poisson_torch_loss,
    draw=poisson_draw,
    cumulative=poisson_cumulative,
    make_whole=poisson_whole,
)
