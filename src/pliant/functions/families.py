"""Families: how a response scatters about its mean.

A family knows its variance, its deviance, its likelihood and what responses it admits. Its loss is minus the
log likelihood of one response, without the terms that no parameter moves. The loss and its slope (`delta`)
are made for a link: they are built of the link's own log mu and log(1 - mu), so that nothing is divided by a
variance that has run out of digits. In every pair delta is (mu - y) / variance(mu) * slope(eta, mu), and
mu - y where the pair is canonical.

The torch line states the loss a second time, in torch's own words: the independent witness.
Knows nothing of tables, names or parameters. To add one: its functions, one record, one name in the tuple.

References
----------
McCullagh and Nelder (1989), Generalized Linear Models, chapter 2. Conventions of the log likelihood: R's glm.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.functions.classes import MULTINOMIAL
from pliant.functions.distributions import (
    binomial_cumulative,
    binomial_draw,
    gaussian_cumulative,
    gaussian_draw,
    poisson_cumulative,
    poisson_draw,
)
from pliant.functions.records import Family, Link, Pair
from pliant.functions.special import log1p_rest
from pliant.types import Array, BoolArray

FLOOR = 1e-280  # below it a mean is as good as zero


def excess(y: Array, mu: Array, step: Array) -> Array:
    """y log(y / mu) + step, with step = mu - y; by a series where mu is within a tenth of y."""
    some = y > 0.0
    whole = y * some + (1.0 - some)  # y, or 1 where y is 0: a divisor
    t = step / whole
    near = (np.abs(t) <= 0.1) * some
    far = whole * np.log(whole / np.maximum(mu, FLOOR)) + step
    return near * whole * log1p_rest(t * near) + (1.0 - near) * some * far + (1.0 - some) * mu


# gaussian: y about mu with one variance


def gaussian_variance(mu: Array) -> Array:
    """1."""
    return 0.0 * mu + 1.0


def gaussian_loss(link: Link) -> Pair:
    """(y - mu)^2 / 2."""

    def loss(y: Array, eta: Array) -> Array:
        residual = y - link.inverse(eta)
        return 0.5 * residual * residual

    return loss


def gaussian_delta(link: Link) -> Pair:
    """(mu - y) d mu / d eta."""

    def delta(y: Array, eta: Array) -> Array:
        mu = link.inverse(eta)
        return (mu - y) * link.slope(eta, mu)

    return delta


def gaussian_information(link: Link) -> Callable[[Array], Array]:
    """(d mu / d eta)^2."""

    def information(eta: Array) -> Array:
        slope = link.slope(eta, link.inverse(eta))
        return slope * slope

    return information


def gaussian_deviance(y: Array, mu: Array) -> Array:
    """(y - mu)^2."""
    return (y - mu) * (y - mu)


def gaussian_start(y: Array, weights: Array) -> Array:
    """y."""
    return y


def gaussian_log_likelihood(
    y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
) -> float:
    """-(n (log(2 pi D / n) + 1) - sum f log w) / 2, with D the deviance of each output, n = sum f; as R's logLik."""
    used = weights > 0.0
    w, f = weights[used], np.broadcast_to(frequencies, weights.shape)[used]
    n = np.sum(f)
    deviance = np.sum((f * w)[:, None] * gaussian_deviance(y, mu)[used], axis=0)
    with np.errstate(divide="ignore"):  # a perfect fit has an infinite likelihood
        each = n * (np.log(2.0 * np.pi * deviance / n) + 1.0) - np.sum(f * np.log(w))
    return float(-0.5 * np.sum(each))


GAUSSIAN = Family(
    name="gaussian",
    links=("identity", "log", "inverse", "sqrt"),
    coding="number",
    dispersion_known=False,
    interval=(-np.inf, np.inf),
    variance=gaussian_variance,
    make_loss=gaussian_loss,
    make_delta=gaussian_delta,
    make_information=gaussian_information,
    deviance=gaussian_deviance,
    start=gaussian_start,
    log_likelihood=gaussian_log_likelihood,
    admits=np.isfinite,
    admitted="finite numbers",
    torch_loss=lambda torch, y, eta, link: (
        torch.nn.functional.mse_loss(link.torch_inverse(torch, eta), y, reduction="none").sum(dim=-1) / 2
    ),
    draw=gaussian_draw,
    cumulative=gaussian_cumulative,
)

# binomial: y is the share of successes, its weight the number of trials


def binomial_variance(mu: Array) -> Array:
    """mu (1 - mu)."""
    return mu * (1.0 - mu)


def binomial_loss(link: Link) -> Pair:
    """-y log mu - (1 - y) log(1 - mu)."""

    def loss(y: Array, eta: Array) -> Array:
        return -y * link.log_inverse(eta) - (1.0 - y) * link.log_rest(eta)

    return loss


def binomial_delta(link: Link) -> Pair:
    """-y d log mu / d eta - (1 - y) d log(1 - mu) / d eta; mu - y with the logit."""

    def delta(y: Array, eta: Array) -> Array:
        return -y * link.log_inverse_slope(eta) - (1.0 - y) * link.log_rest_slope(eta)

    return delta


def binomial_information(link: Link) -> Callable[[Array], Array]:
    """slope^2 / (mu (1 - mu)), which is minus the product of the slopes of log mu and log(1 - mu)."""

    def information(eta: Array) -> Array:
        return -link.log_inverse_slope(eta) * link.log_rest_slope(eta)

    return information


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
    links=("logit", "probit", "cloglog", "log"),
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
)

# poisson: counts


def poisson_variance(mu: Array) -> Array:
    """mu."""
    return mu


def poisson_loss(link: Link) -> Pair:
    """mu - y log mu."""

    def loss(y: Array, eta: Array) -> Array:
        return link.inverse(eta) - y * link.log_inverse(eta)

    return loss


def poisson_delta(link: Link) -> Pair:
    """d mu / d eta - y d log mu / d eta; mu - y with the log."""

    def delta(y: Array, eta: Array) -> Array:
        return link.slope(eta, link.inverse(eta)) - y * link.log_inverse_slope(eta)

    return delta


def poisson_information(link: Link) -> Callable[[Array], Array]:
    """slope^2 / mu."""

    def information(eta: Array) -> Array:
        return link.slope(eta, link.inverse(eta)) * link.log_inverse_slope(eta)

    return information


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


def from_0_on(y: Array) -> BoolArray:
    """Finite and not negative."""
    return np.isfinite(y) & (y >= 0.0)


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
)

FAMILIES = {family.name: family for family in (GAUSSIAN, BINOMIAL, POISSON, MULTINOMIAL)}
