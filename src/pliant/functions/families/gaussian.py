"""Gaussian: y about mu with one variance."""

from collections.abc import Callable

import numpy as np

from pliant.functions.distributions import gaussian_cumulative, gaussian_draw
from pliant.functions.records import Family, Link, Pair, Whole
from pliant.types import Array


def gaussian_variance(mu: Array) -> Array:
    """1."""
    return 0.0 * mu + 1.0


def gaussian_loss(link: Link) -> Pair:
    """(y - mu)^2 / 2."""
    inverse = link.inverse

    def loss(y: Array, eta: Array) -> Array:
        residual = y - inverse(eta)
        return 0.5 * residual * residual

    return loss


def gaussian_delta(link: Link) -> Pair:
    """(mu - y) d mu / d eta."""
    inverse, slope = link.inverse, link.slope

    def canonical(y: Array, eta: Array) -> Array:
        return eta - y

    def delta(y: Array, eta: Array) -> Array:
        mu = inverse(eta)
        return (mu - y) * slope(eta, mu)

    return canonical if link.name == "identity" else delta


def gaussian_information(link: Link) -> Callable[[Array], Array]:
    """(d mu / d eta)^2."""
    inverse, slope = link.inverse, link.slope

    def information(eta: Array) -> Array:
        each = slope(eta, inverse(eta))
        return each * each

    return information


def gaussian_whole(link: Link) -> Whole | None:
    """All of a row with the identity."""

    def whole(y: Array, eta: Array) -> tuple[Array, Array, Array, Array]:
        pull = y - eta
        return eta, 0.5 * pull * pull, np.ones_like(eta), pull

    return whole if link.name == "identity" else None


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
    make_whole=gaussian_whole,
)
