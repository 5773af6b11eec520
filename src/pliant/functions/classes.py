"""Classes: the softmax link and the multinomial family, which belong together.

They stand apart because they are not elementwise: the mean of a class depends on the whole row. y is (n, C)
with a one in the column of its class, or shares that sum to 1; eta is (n, C - 1), since the first class is
the reference with eta 0; mu is (n, C). Everything rests on log-sum-exp with the largest taken out.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.functions.distributions import multinomial_draw
from pliant.functions.records import FLOOR, Family, Link, Pair
from pliant.types import Array, BoolArray

# softmax: mu over C classes from eta over the last C - 1; the first class has eta = 0


def softmax_link(mu: Array) -> Array:
    """log(mu_c / mu_0) for c = 1 ... C - 1; shapes (n, C) to (n, C - 1)."""
    return np.log(mu[..., 1:]) - np.log(mu[..., :1])


def log_softmax(eta: Array) -> Array:
    """log mu; shapes (n, C - 1) to (n, C)."""
    with_reference = np.concatenate([0.0 * eta[..., :1], eta], axis=-1)
    largest = np.max(with_reference.real, axis=-1, keepdims=True)
    shifted: Array = with_reference - largest
    total: Array = np.sum(np.exp(shifted), axis=-1, keepdims=True)
    return shifted - np.log(total)


def softmax(eta: Array) -> Array:
    """exp eta_c / sum_d exp eta_d; shapes (n, C - 1) to (n, C)."""
    return np.exp(log_softmax(eta))


def softmax_slope(eta: Array, mu: Array) -> Array:
    """d mu_c / d eta_j = mu_c ([c = j] - mu_j); shape (n, C, C - 1)."""
    same = np.eye(mu.shape[-1])[:, 1:]
    return mu[..., :, None] * (same - mu[..., None, 1:])


SOFTMAX = Link(
    "softmax",
    softmax_link,
    softmax,
    softmax_slope,
    (0.0, 1.0),
    torch_inverse=lambda torch, eta: torch.softmax(torch.cat([torch.zeros_like(eta[..., :1]), eta], dim=-1), dim=-1),
)

# multinomial: y is (n, C) with a one in the column of its class; eta is (n, C - 1), the first class has none


def multinomial_variance(mu: Array) -> Array:
    """diag(mu) - mu mu'; shape (n, C, C)."""
    return mu[..., :, None] * (np.eye(mu.shape[-1]) - mu[..., None, :])


def multinomial_loss(link: Link) -> Pair:
    """-sum_c y_c log mu_c, class by class; shape (n, C)."""

    def loss(y: Array, eta: Array) -> Array:
        return -y * log_softmax(eta)

    return loss


def multinomial_delta(link: Link) -> Pair:
    """mu_c - y_c, without the first class."""

    def delta(y: Array, eta: Array) -> Array:
        return softmax(eta)[..., 1:] - y[..., 1:]

    return delta


def multinomial_information(link: Link) -> Callable[[Array], Array]:
    """diag(mu) - mu mu', without the first class; shape (n, C - 1, C - 1)."""

    def information(eta: Array) -> Array:
        return multinomial_variance(softmax(eta)[..., 1:])

    return information


def multinomial_deviance(y: Array, mu: Array) -> Array:
    """2 y_c log(y_c / mu_c), class by class; shape (n, C)."""
    none = np.asarray(y <= 0.0, dtype=float)  # where neither y nor mu counts, both become 1
    each: Array = 2.0 * y * np.log((y + none) / np.maximum(mu, FLOOR + none))
    return each


def multinomial_start(y: Array, weights: Array) -> Array:
    """(w y_c + 1 / C) / (w + 1)."""
    classes: int = y.shape[-1]
    return (weights * y + 1.0 / classes) / (weights + 1.0)


def multinomial_log_likelihood(
    y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
) -> float:
    """sum f w y_c log mu_c, as R's multinom."""
    from scipy.special import xlogy

    return float(np.sum((frequencies * weights)[:, None] * xlogy(y, mu)))


def shares(y: Array) -> BoolArray:
    """Not negative, and each row sums to 1."""
    whole: BoolArray = np.abs(np.sum(y, axis=-1, keepdims=True) - 1.0) < 1e-9
    positive: BoolArray = np.all(y >= 0.0, axis=-1, keepdims=True)
    return whole & positive


def multinomial_torch_loss(torch: Any, y: Any, eta: Any, link: Link) -> Any:
    """Cross-entropy."""
    with_reference = torch.cat([torch.zeros_like(eta[:, :1]), eta], dim=1)
    return torch.nn.functional.cross_entropy(with_reference, y, reduction="none")


MULTINOMIAL = Family(
    name="multinomial",
    links=("softmax",),
    coding="classes",
    dispersion_known=True,
    interval=(0.0, 1.0),
    variance=multinomial_variance,
    make_loss=multinomial_loss,
    make_delta=multinomial_delta,
    make_information=multinomial_information,
    deviance=multinomial_deviance,
    start=multinomial_start,
    log_likelihood=multinomial_log_likelihood,
    admits=shares,
    admitted="one class in each row",
    torch_loss=multinomial_torch_loss,
    draw=multinomial_draw,
)
