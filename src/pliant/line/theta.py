"""theta of the negative binomial, by maximum likelihood at given means."""

import math

import numpy as np

from pliant.functions.special import log1p_rest
from pliant.types import Array

SERIES_FROM = 12.0  # theta from which digamma's asymptotic series is good to the last digit
MAX_STEPS = 200


def best_log_theta(y: Array, mu: Array, weights: Array, start: float | None) -> float | None:
    """Give the log of the theta that makes the responses most likely; None where it is infinite.

    The score at infinity has the sign of sum w (y - (y - mu)^2): where that is not negative, the responses scatter no
    more than poisson's. Else there is a root, found by Newton's steps on log theta within a bracket.

    Parameters
    ----------
    y, mu : ndarray, shape (n, 1)
    weights : ndarray, shape (n,)
    start : float, optional
        A log theta to begin with; by default that of moments, as R's theta.ml.
    """
    if float(weights @ ((y - mu) ** 2 - y)[:, 0]) <= 0.0:
        return None
    if start is None:
        scatter = float(weights @ ((y / mu - 1.0) ** 2)[:, 0])  # infinite where a mean is as good as zero
        start = math.log(np.sum(weights)) - math.log(min(max(scatter, 1e-300), 1e300))
    at, low, high, smallest = start, -math.inf, math.inf, math.inf
    for _ in range(MAX_STEPS):
        theta = math.exp(at)
        score, information = theta_score(y, mu, weights, theta)
        low, high = (at, high) if score > 0.0 else (low, at)
        curvature = theta * information - score  # minus the second derivative in log theta, over theta
        step = score / curvature if curvature > 0.0 else math.copysign(1.0, score)
        step = min(max(step, -2.0), 2.0)
        following = at + step
        if not low <= following <= high:
            following = 0.5 * (low + high)
        step, at = following - at, following
        if at > 600.0:
            return None
        if at < -600.0:  # every row is 0 where the mean is not: no theta above zero is the best
            return -600.0
        if abs(step) < 1e-15 * max(1.0, abs(at)) or (abs(step) < 1e-10 and abs(step) >= 0.5 * smallest):
            break
        smallest = min(smallest, abs(step))
    return at


def theta_score(y: Array, mu: Array, weights: Array, theta: float) -> tuple[float, float]:
    """Give the slope of the log likelihood in theta, and minus its second derivative, at given means.

    score        sum w (psi(theta + y) - psi(theta) + log theta + 1 - log(theta + mu) - (y + theta) / (mu + theta))
    information  sum w (psi'(theta) - psi'(theta + y) - 1 / theta + 2 / (mu + theta) - (y + theta) / (mu + theta)^2)

    Written as D - (b - log(1 + b)) and -dD/dtheta - b^2 / (theta + y), with b = (y - mu) / (mu + theta) and
    D = psi(theta + y) - psi(theta) - log(1 + y / theta): these keep their digits for a large theta.

    Parameters
    ----------
    y, mu : ndarray, shape (n, 1)
    weights : ndarray, shape (n,)
    theta : float
    """
    from scipy.special import digamma, polygamma

    b = (y - mu) / (mu + theta)
    up = theta + y
    if theta < SERIES_FROM:
        difference = digamma(up) - digamma(theta) - np.log1p(y / theta)
        slope = polygamma(1, up) - polygamma(1, theta) + y / (theta * up)
    else:
        low = np.asarray(theta)
        difference = y / (2.0 * theta * up) + _rest(up) - _rest(low)
        slope = -y * (theta + up) / (2.0 * (theta * up) ** 2) + _rest_slope(up) - _rest_slope(low)
    near = b > -0.5
    far = b - np.log(up / (mu + theta))  # log(1 + b) where 1 + b has no digits left
    score = difference - np.where(near, log1p_rest(np.where(near, b, 0.0)), far)
    information = -slope - b * b / up
    return float(weights @ score[:, 0]), float(weights @ information[:, 0])


def _rest(x: Array) -> Array:
    """psi(x) - log x + 1 / (2 x), by its asymptotic series."""
    v = 1.0 / (x * x)
    return -v * (1 / 12 - v * (1 / 120 - v * (1 / 252 - v * (1 / 240 - v * (1 / 132 - v * (691 / 32760 - v / 12))))))


def _rest_slope(x: Array) -> Array:
    """psi'(x) - 1 / x - 1 / (2 x^2), likewise."""
    v = 1.0 / (x * x)
    return v / x * (1 / 6 - v * (1 / 30 - v * (1 / 42 - v * (1 / 30 - v * (5 / 66 - v * (691 / 2730 - v * 7 / 6))))))
