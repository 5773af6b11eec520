"""Links of shares: logit, probit, cloglog and cauchit, whose mean lies between 0 and 1 for every eta.

They give log mu and log(1 - mu) with all their digits where mu itself is rounded to 0 or 1, as links.py explains.
"""

import numpy as np

from pliant.functions.activations import logistic, softplus
from pliant.functions.records import Link
from pliant.functions.special import log_normal_cdf, normal_cdf, normal_density, normal_hazard
from pliant.types import Array

LARGEST = 700.0  # exp of it is 1e304
SMALLEST = 1e-300

# logit: eta = log(mu / (1 - mu))


def logit_link(mu: Array) -> Array:
    """log(mu / (1 - mu))."""
    return np.log(mu) - np.log1p(-mu)


def logit_slope(eta: Array, mu: Array) -> Array:
    """mu (1 - mu), with all its digits in both tails."""
    return mu * logistic(-eta)


def logit_log(eta: Array) -> Array:
    """-log(1 + exp -eta)."""
    return -softplus(-eta)


def logit_log_slope(eta: Array) -> Array:
    """1 - mu."""
    return logistic(-eta)


def logit_rest(eta: Array) -> Array:
    """-log(1 + exp eta)."""
    return -softplus(eta)


def logit_rest_slope(eta: Array) -> Array:
    """-mu."""
    return -logistic(eta)


LOGIT = Link(
    "logit",
    logit_link,
    logistic,
    logit_slope,
    (0.0, 1.0),
    torch_inverse=lambda torch, eta: torch.sigmoid(eta),
    log_inverse=logit_log,
    log_inverse_slope=logit_log_slope,
    log_rest=logit_rest,
    log_rest_slope=logit_rest_slope,
    torch_logs=lambda torch, eta: (
        torch.nn.functional.logsigmoid(eta),
        torch.nn.functional.logsigmoid(-eta),
    ),
)

# probit: mu = Phi(eta)


def probit_link(mu: Array) -> Array:
    """The normal quantile of mu."""
    from scipy.special import ndtri

    return np.asarray(ndtri(mu))


def probit_slope(eta: Array, mu: Array) -> Array:
    """phi(eta)."""
    return normal_density(eta)


def probit_rest(eta: Array) -> Array:
    """log Phi(-eta)."""
    return log_normal_cdf(-eta)


def probit_rest_slope(eta: Array) -> Array:
    """-phi(eta) / Phi(-eta)."""
    return -normal_hazard(-eta)


PROBIT = Link(
    "probit",
    probit_link,
    normal_cdf,
    probit_slope,
    (0.0, 1.0),
    torch_inverse=lambda torch, eta: torch.special.ndtr(eta),
    log_inverse=log_normal_cdf,
    log_inverse_slope=normal_hazard,
    log_rest=probit_rest,
    log_rest_slope=probit_rest_slope,
    torch_logs=lambda torch, eta: (torch.special.log_ndtr(eta), torch.special.log_ndtr(-eta)),
)

# cloglog: mu = 1 - exp(-t) with t = exp eta


def cloglog_link(mu: Array) -> Array:
    """log(-log(1 - mu))."""
    return np.log(-np.log1p(-mu))


def _hazard(eta: Array) -> Array:
    """t = exp eta, kept a number between 1e-300 and 1e304."""
    return np.exp(np.minimum(np.maximum(eta, -690.0), LARGEST))


def cloglog_inverse(eta: Array) -> Array:
    """1 - exp(-exp eta)."""
    return -np.expm1(-np.exp(np.minimum(eta, LARGEST)))


def cloglog_slope(eta: Array, mu: Array) -> Array:
    """t exp -t."""
    t = np.exp(np.minimum(eta, LARGEST))
    return t * np.exp(-t)


def cloglog_log(eta: Array) -> Array:
    """log(1 - exp -t): below zero eta + log((1 - exp -t) / t), above it log1p(-exp -t)."""
    t_below, t_above = _hazard(np.minimum(eta, 0.0)), _hazard(np.maximum(eta, 0.0))
    below = eta + np.log(-np.expm1(-t_below) / t_below)
    return (eta < 0.0) * below + (eta >= 0.0) * np.log1p(-np.exp(-t_above))


def cloglog_log_slope(eta: Array) -> Array:
    """t / (exp t - 1)."""
    t = _hazard(eta)
    return t * np.exp(-t) / -np.expm1(-t)


def cloglog_rest(eta: Array) -> Array:
    """-t, which is also its own slope."""
    return -np.exp(np.minimum(eta, LARGEST))


CLOGLOG = Link(
    "cloglog",
    cloglog_link,
    cloglog_inverse,
    cloglog_slope,
    (0.0, 1.0),
    torch_inverse=lambda torch, eta: -torch.expm1(-torch.exp(eta)),
    log_inverse=cloglog_log,
    log_inverse_slope=cloglog_log_slope,
    log_rest=cloglog_rest,
    log_rest_slope=cloglog_rest,
    torch_logs=lambda torch, eta: (torch.log(-torch.expm1(-torch.exp(eta))), -torch.exp(eta)),
)

# cauchit: mu = 1/2 + arctan(eta) / pi


def cauchit_link(mu: Array) -> Array:
    """tan(pi (mu - 1/2)), as the cotangent where mu is near 0, which keeps its digits."""
    low = np.minimum(mu, 0.25)
    high = np.maximum(mu, 0.25)
    return (mu < 0.25) * (-1.0 / np.tan(np.pi * np.maximum(low, SMALLEST))) + (mu >= 0.25) * np.tan(
        np.pi * (high - 0.5)
    )


def cauchit_inverse(eta: Array) -> Array:
    """1/2 + arctan(eta) / pi; beyond 1 from the nearer end, so that the lower tail keeps its digits."""
    lower = -np.arctan(1.0 / np.minimum(eta, -1.0)) / np.pi
    middle = 0.5 + np.arctan(np.minimum(np.maximum(eta, -1.0), 1.0)) / np.pi
    upper = 1.0 - np.arctan(1.0 / np.maximum(eta, 1.0)) / np.pi
    mu: Array = (eta < -1.0) * lower + (np.abs(eta) <= 1.0) * middle + (eta > 1.0) * upper
    return mu


def cauchit_slope(eta: Array, mu: Array) -> Array:
    """1 / (pi (1 + eta^2))."""
    return 1.0 / (np.pi * (1.0 + eta * eta))


def cauchit_log(eta: Array) -> Array:
    """log mu; above zero log1p of minus the rest."""
    below = np.log(cauchit_inverse(np.minimum(eta, 0.0)))
    above = np.log1p(-cauchit_inverse(-np.maximum(eta, 0.0)))
    low = 1.0 * (eta <= 0.0)
    return low * below + (1.0 - low) * above


def cauchit_log_slope(eta: Array) -> Array:
    """1 / (pi mu (1 + eta^2))."""
    return cauchit_slope(eta, eta) / cauchit_inverse(eta)


def cauchit_rest(eta: Array) -> Array:
    """log(1 - mu), which is log mu at -eta."""
    return cauchit_log(-eta)


def cauchit_rest_slope(eta: Array) -> Array:
    """-1 / (pi (1 - mu) (1 + eta^2))."""
    return -cauchit_log_slope(-eta)


CAUCHIT = Link(
    "cauchit",
    cauchit_link,
    cauchit_inverse,
    cauchit_slope,
    (0.0, 1.0),
    torch_inverse=lambda torch, eta: torch.atan(eta) / torch.pi + 0.5,
    log_inverse=cauchit_log,
    log_inverse_slope=cauchit_log_slope,
    log_rest=cauchit_rest,
    log_rest_slope=cauchit_rest_slope,
    torch_logs=lambda torch, eta: (
        torch.log(torch.atan2(torch.ones_like(eta), -eta) / torch.pi),
        torch.log(torch.atan2(torch.ones_like(eta), eta) / torch.pi),
    ),
)
