"""Links: the scale on which the linear predictor `eta` is a sum, and the way back to the mean `mu`.

Beside the mean and its slope a link gives log mu and log(1 - mu), each with its slope, in forms that keep
their digits where the mean itself has run out of them (log mu at eta = -800 is -800, though mu is 0 in
float64). The families' losses are made of these. The plain functions hold for one number and a whole array,
real or complex, and for every finite eta without overflow: exp is cut at 700, a divisor is moved off zero.

The torch lines state the mean, and the pair of logarithms, a second time in torch's own words.
The links whose mean is a share stand in shares.py.

Knows nothing of responses, weights or families. To add one: its functions, one record, one name in the tuple.
"""

import numpy as np

from pliant.functions.classes import SOFTMAX
from pliant.functions.records import Link
from pliant.functions.shares import CAUCHIT, CLOGLOG, LARGEST, LOGIT, PROBIT, SMALLEST
from pliant.types import Array, BoolArray

OFF_ZERO = 1e-100  # its square, and its inverse squared, are numbers still

# identity: eta = mu


def identity_link(mu: Array) -> Array:
    """mu."""
    return mu


def identity_inverse(eta: Array) -> Array:
    """eta."""
    return eta


def identity_slope(eta: Array, mu: Array) -> Array:
    """1."""
    return 0.0 * eta + 1.0


def identity_log(eta: Array) -> Array:
    """log eta; below zero, where the mean has none, log of a small number."""
    return np.log(np.maximum(eta, OFF_ZERO))


def identity_log_slope(eta: Array) -> Array:
    """1 / eta."""
    return 1.0 / np.maximum(eta, OFF_ZERO)


IDENTITY = Link(
    "identity",
    identity_link,
    identity_inverse,
    identity_slope,
    (-np.inf, np.inf),
    torch_inverse=lambda torch, eta: eta,
    log_inverse=identity_log,
    log_inverse_slope=identity_log_slope,
)

# log: eta = log mu


def log_link(mu: Array) -> Array:
    """log mu."""
    return np.log(mu)


def log_inverse(eta: Array) -> Array:
    """exp eta, cut at eta = 700."""
    return np.exp(np.minimum(eta, LARGEST))


def log_slope(eta: Array, mu: Array) -> Array:
    """mu."""
    return mu


def log_log(eta: Array) -> Array:
    """eta."""
    return eta


def log_log_slope(eta: Array) -> Array:
    """1."""
    return 0.0 * eta + 1.0


def log_rest(eta: Array) -> Array:
    """log(1 - exp eta) for eta < 0; from zero on, where there is none, log of a small number."""
    below = np.minimum(eta, -SMALLEST)
    near = below > -0.5
    return near * np.log(-np.expm1(below)) + (1.0 - near) * np.log1p(-np.exp(np.minimum(below, -0.5)))


def log_rest_slope(eta: Array) -> Array:
    """-exp(eta) / (1 - exp(eta))."""
    below = np.minimum(eta, -SMALLEST)
    return np.exp(below) / np.expm1(below)


LOG = Link(
    "log",
    log_link,
    log_inverse,
    log_slope,
    (0.0, np.inf),
    torch_inverse=lambda torch, eta: torch.exp(torch.clamp(eta, max=700.0)),
    log_inverse=log_log,
    log_inverse_slope=log_log_slope,
    log_rest=log_rest,
    log_rest_slope=log_rest_slope,
    torch_logs=lambda torch, eta: (eta, torch.log(-torch.expm1(eta))),
)

# inverse: eta = 1 / mu


def inverse_link(mu: Array) -> Array:
    """1 / mu."""
    return 1.0 / mu


def inverse_inverse(eta: Array) -> Array:
    """1 / eta, of either sign; very near zero, where there is none, a large number."""
    return 1.0 / (eta + (np.abs(eta) < OFF_ZERO) * (2.0 * OFF_ZERO))


def inverse_slope(eta: Array, mu: Array) -> Array:
    """-mu^2."""
    return -mu * mu


def inverse_log(eta: Array) -> Array:
    """-log eta; below zero, where the mean is negative, that of a small number."""
    return -np.log(np.maximum(eta, OFF_ZERO))


def inverse_log_slope(eta: Array) -> Array:
    """-1 / eta."""
    return -1.0 / np.maximum(eta, OFF_ZERO)


def not_zero(eta: Array) -> BoolArray:
    """Finite and not zero."""
    return np.isfinite(eta) & (np.abs(eta) > 0.0)


INVERSE = Link(
    "inverse",
    inverse_link,
    inverse_inverse,
    inverse_slope,
    (-np.inf, np.inf),
    torch_inverse=lambda torch, eta: torch.reciprocal(eta),
    log_inverse=inverse_log,
    log_inverse_slope=inverse_log_slope,
    admits=not_zero,
)

# sqrt: eta = sqrt mu


def sqrt_link(mu: Array) -> Array:
    """sqrt mu."""
    return np.sqrt(mu)


def sqrt_inverse(eta: Array) -> Array:
    """eta^2."""
    return eta * eta


def sqrt_slope(eta: Array, mu: Array) -> Array:
    """2 eta."""
    return 2.0 * eta


def sqrt_log(eta: Array) -> Array:
    """2 log |eta|."""
    return 2.0 * np.log(np.maximum(np.maximum(eta, -eta), OFF_ZERO))


def sqrt_log_slope(eta: Array) -> Array:
    """2 / eta."""
    return 2.0 / (eta + (np.abs(eta) < OFF_ZERO) * (2.0 * OFF_ZERO))


def positive(eta: Array) -> BoolArray:
    """Finite and above zero."""
    return np.isfinite(eta) & (eta > 0.0)


SQRT = Link(
    "sqrt",
    sqrt_link,
    sqrt_inverse,
    sqrt_slope,
    (0.0, np.inf),
    torch_inverse=lambda torch, eta: torch.square(eta),
    log_inverse=sqrt_log,
    log_inverse_slope=sqrt_log_slope,
    admits=positive,
)

# inverse_squared: eta = 1 / mu^2


def inverse_squared_link(mu: Array) -> Array:
    """1 / mu^2."""
    return 1.0 / (mu * mu)


def inverse_squared_inverse(eta: Array) -> Array:
    """1 / sqrt eta; from zero down, where there is none, a large number."""
    return 1.0 / np.sqrt(np.maximum(eta, OFF_ZERO))


def inverse_squared_slope(eta: Array, mu: Array) -> Array:
    """-mu^3 / 2."""
    return -0.5 * mu * mu * mu


def inverse_squared_log(eta: Array) -> Array:
    """-log(eta) / 2."""
    return -0.5 * np.log(np.maximum(eta, OFF_ZERO))


def inverse_squared_log_slope(eta: Array) -> Array:
    """-1 / (2 eta)."""
    return -0.5 / np.maximum(eta, OFF_ZERO)


INVERSE_SQUARED = Link(
    "inverse_squared",
    inverse_squared_link,
    inverse_squared_inverse,
    inverse_squared_slope,
    (0.0, np.inf),
    torch_inverse=lambda torch, eta: torch.rsqrt(eta),
    log_inverse=inverse_squared_log,
    log_inverse_slope=inverse_squared_log_slope,
    admits=positive,
)

LINKS = {
    link.name: link
    for link in (IDENTITY, LOG, LOGIT, PROBIT, CAUCHIT, CLOGLOG, INVERSE, INVERSE_SQUARED, SQRT, SOFTMAX)
}
