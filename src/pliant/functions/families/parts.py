"""What several families share: logarithms that keep their digits, and the responses that they admit."""

from typing import Any

import numpy as np

from pliant.functions.records import FLOOR, Link
from pliant.functions.special import HALF_LOG_TAU, log1p_rest, log1p_rest_near
from pliant.types import Array, BoolArray


def excess(y: Array, mu: Array, step: Array) -> Array:
    """y log(y / mu) + step, with step = mu - y; by a series where mu is within a tenth of y."""
    some = y > 0.0
    whole = y * some + (1.0 - some)  # y, or 1 where y is 0: a divisor
    t = step / whole
    near = (np.abs(t) <= 0.1) * some
    far = whole * np.log(whole / np.maximum(mu, FLOOR)) + step
    return near * whole * log1p_rest_near(t * near) + (1.0 - near) * some * far + (1.0 - some) * mu


def log_ratio(quotient: Array, step: Array) -> Array:
    """log(quotient), with step = quotient - 1 known to more digits where it is small; for positive quotients."""
    near = np.abs(step) <= 0.5
    logarithm: Array = np.log1p(near * step) + (1.0 - near) * np.log(quotient + near)
    return logarithm


def deviation_rest(t: Array, quotient: Array) -> Array:
    """t - log(1 + t) for t = quotient - 1, whose digits the quotient keeps where t is near -1."""
    near = np.abs(t) <= 0.1
    return near * log1p_rest_near(near * t) + (1.0 - near) * (t - np.log(quotient + near))


def stirling_rest(x: Array) -> Array:
    """log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) for x > 0, about 1 / (12 x)."""
    from scipy.special import gammaln

    large = np.maximum(x, 12.0)
    v = 1.0 / (large * large)
    series = (
        1 / 12 - v * (1 / 360 - v * (1 / 1260 - v * (1 / 1680 - v * (1 / 1188 - v * (691 / 360360 - v / 156)))))
    ) / large
    small = np.minimum(x, 12.0)
    direct = gammaln(small) - (small - 0.5) * np.log(small) + small - HALF_LOG_TAU
    return np.where(x > 12.0, series, direct)


def log_rising(x: Array, step: Array) -> Array:
    """log(Gamma(x + step) / Gamma(x)) - step log x, for x and x + step from 12 on.

    By Stirling's formula at both ends, whose large terms are joined before they are rounded.
    """
    t = step / x
    return (step - 0.5) * np.log1p(t) - x * log1p_rest(t) + stirling_rest(x + step) - stirling_rest(x)


def torch_log_mean(torch: Any, eta: Any, link: Link) -> Any:
    """Log mu in torch's words."""
    return torch.clamp(eta, max=700.0) if link.name == "log" else torch.log(link.torch_inverse(torch, eta))


def from_0_on(y: Array) -> BoolArray:
    """Finite and not negative."""
    return np.isfinite(y) & (y >= 0.0)


def above_0(y: Array) -> BoolArray:
    """Finite and positive."""
    return np.isfinite(y) & (y > 0.0)
