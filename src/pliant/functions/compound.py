"""The compound poisson-gamma distribution: Tweedie's, for powers between 1 and 2.

y is the sum of N gamma amounts, N poisson; no amount, y = 0, has a probability of its own. With mean mu, power p
and dispersion phi of the row: N has mean mu^(2 - p) / (phi (2 - p)); each amount has shape (2 - p) / (p - 1) and
scale phi (p - 1) mu^(p - 1). The density is a series over N, summed from its largest term both ways.

References
----------
Dunn and Smyth (2005), Series evaluation of Tweedie exponential dispersion model densities,
Statistics and Computing 15, 267-280.
"""

from collections.abc import Callable

import numpy as np

from pliant.functions.records import FLOOR, Cumulative, Draw
from pliant.types import Array

BLOCK = 32  # terms of the series at a time
LAST = 40.0  # terms below exp(-LAST) of the largest are left out
SUMMED = 3e3  # expected amounts, to which probabilities are summed; beyond, the saddlepoint is off by 2e-6 at most
MANY = 2e6  # from this many expected amounts the density is its saddlepoint form, to a relative 1e-7


def compound_log_density(y: Array, mu: Array, phi: Array, power: float) -> Array:
    """Give the log density (n, q), or the log probability where y is 0.

    Parameters
    ----------
    y, mu, phi : ndarray, shape (n, q)
        Response, mean, and dispersion of each row (that of the family over its weight).
    power : float
        Between 1 and 2.
    """
    return compound_expansion(y, mu, phi, power)[0]


def compound_expansion(y: Array, mu: Array, phi: Array, power: float) -> tuple[Array, Array, Array]:
    """Give the log density (n, q) with its first and second derivative in log phi.

    With N the number of amounts given y, and T = y mu^(1 - p) / (p - 1) + mu^(2 - p) / (2 - p), the first is
    T / phi - E(N) / (p - 1), and the second Var(N) / (p - 1)^2 - T / phi.
    """
    y, mu, phi = np.broadcast_arrays(y, np.maximum(mu, FLOOR), phi)
    a, b = 2.0 - power, power - 1.0
    tilt = (y * mu**-b / b + mu**a / a) / phi
    value, first, second = -tilt, tilt.copy(), -tilt
    expected = np.maximum(y, 1e-300) ** a / (phi * a)
    some, far = (y > 0.0) & (expected <= MANY), (y > 0.0) & (expected > MANY)
    if np.any(some):
        series, mean, variance = _log_series(y[some], phi[some], power)
        value[some] += series - np.log(y[some])
        first[some] -= mean / b
        second[some] += variance / (b * b)
    if np.any(far):  # exp(-unit / (2 phi)) / sqrt(2 pi phi y^p)
        z, f = y[far], phi[far]
        half = tilt[far] - z**a / (a * b * f)
        value[far] = -0.5 * np.log(2.0 * np.pi * f * z**power) - half
        first[far], second[far] = half - 0.5, -half
    return value, first, second


def _log_series(y: Array, phi: Array, power: float) -> tuple[Array, Array, Array]:
    """Give log sum_j W_j (n,) for y > 0, and mean and variance of j under the weights W_j.

    log W_j = j log z - log j! - log Gamma(j s), with s = (2 - p) / (p - 1) the shape of an amount and
    log z = s log(y / (p - 1)) - (1 + s) log phi - log(2 - p). The largest term lies near y^(2 - p) / (phi (2 - p)).
    """
    a, b = 2.0 - power, power - 1.0
    shape = a / b
    log_z = shape * np.log(y / b) - (1.0 + shape) * np.log(phi) - np.log(a)
    centre = np.clip(np.round(y**a / (phi * a)), 1.0, MANY)
    factorials = _factorials(shape, centre, cells=len(y) * BLOCK)
    largest = centre * log_z - factorials(centre)
    total, moment, square = np.ones(len(y)), np.zeros(len(y)), np.zeros(len(y))  # of j - centre
    for direction in (1.0, -1.0):
        rows, first = np.arange(len(y)) if direction > 0.0 else np.flatnonzero(centre > 1.0), 1.0
        while len(rows):
            steps = direction * (first + np.arange(BLOCK))
            j = centre[rows, None] + steps
            logs = np.maximum(j, 1.0) * log_z[rows, None] - factorials(np.maximum(j, 1.0)) - largest[rows, None]
            terms = np.exp(np.minimum(logs, 700.0)) * (j >= 1.0)
            total[rows] += np.sum(terms, axis=1)
            moment[rows] += terms @ steps
            square[rows] += terms @ (steps * steps)
            rows, first = rows[(logs[:, -1] > -LAST) & (j[:, -1] > 1.0)], first + BLOCK
    mean = moment / total
    return np.asarray(largest + np.log(total)), centre + mean, square / total - mean * mean


def _factorials(shape: float, centre: Array, cells: int) -> Callable[[Array], Array]:
    """Give log j! + log Gamma(j shape) as a function of j: read from a table where that is less work."""
    from scipy.special import gammaln

    def worked_out(j: Array) -> Array:
        return np.asarray(gammaln(j + 1.0) + gammaln(j * shape))

    reach = 2.0 * LAST / (1.0 + shape) + np.sqrt(2.0 * LAST * float(np.max(centre)) / (1.0 + shape)) + 2 * BLOCK
    low = max(int(np.min(centre) - reach), 1)
    high = int(np.max(centre) + reach)
    if high - low > cells:
        return worked_out
    table = worked_out(np.arange(low, high + 1.0))

    def looked_up(j: Array) -> Array:
        at = j.astype(np.int64) - low
        inside = bool(np.min(at) >= 0 and np.max(at) < len(table))
        return table[at] if inside else worked_out(j)

    return looked_up


def compound_draw(power: float) -> Draw:
    """Give the draw of one power: a poisson number of gamma amounts, added up."""
    a, b = 2.0 - power, power - 1.0

    def draw(rng: np.random.Generator, mu: Array, weights: Array, dispersion: float) -> Array:
        phi = dispersion / weights
        number = rng.poisson(mu**a / (phi * a))
        amounts = rng.gamma(np.maximum(number, 1) * a / b)
        return np.asarray((number > 0) * phi * b * mu**b * amounts)

    return draw


def compound_cumulative(power: float) -> Cumulative:
    """Give the probabilities of one power: at 0 those of no amount, above it the same twice.

    The sum over N, to `SUMMED` expected amounts, beyond which it would have thousands of terms: there the saddlepoint
    form stands in. Where the mean is not a number that can be computed, neither is the probability.
    """
    a, b = 2.0 - power, power - 1.0

    def cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
        y, mu, phi = np.broadcast_arrays(y, mu, dispersion / weights)
        with np.errstate(all="ignore"):
            expected = mu**a / (phi * a)
        few, many = expected <= SUMMED, (expected > SUMMED) & np.isfinite(mu)
        upto = np.full(mu.shape, np.nan)
        upto[few] = _summed(expected[few], y[few] / (phi[few] * b * mu[few] ** b), a / b)
        upto[many] = _saddlepoint(y[many], mu[many], phi[many], power)
        return np.where(y > 0.0, upto, 0.0), upto

    return cumulative


def _summed(expected: Array, scaled: Array, shape: float) -> Array:
    """Give sum_n P(N = n) P(n shape, scaled) (n,), with P the incomplete gamma function, and 1 of no amount."""
    from scipy.special import gammainc, gammaln

    upto = np.exp(-expected)
    width = 9.0 * np.sqrt(expected) + 40.0
    first = np.maximum(np.floor(expected - width), 1.0)
    for block in range(int(np.max(np.ceil((expected + width - first) / BLOCK), initial=0.0))):
        n = first[..., None] + block * BLOCK + np.arange(BLOCK)
        mass = np.exp(n * np.log(expected)[..., None] - expected[..., None] - gammaln(n + 1.0))
        upto += np.sum(mass * gammainc(n * shape, scaled[..., None]), axis=-1)
    return np.minimum(upto, 1.0)


def _saddlepoint(y: Array, mu: Array, phi: Array, power: float) -> Array:
    """Give Phi(r + log(q / r) / r) (n,), Barndorff-Nielsen's form.

    r^2 is the unit deviance over phi and q = (theta(y) - theta(mu)) sqrt(y^p / phi), theta(m) = m^(1 - p) / (1 - p);
    near the mean both are 0, and log(q / r) / r is a sixth of the skewness there.
    """
    from scipy.special import ndtr

    a, b = 2.0 - power, power - 1.0
    with np.errstate(all="ignore"):
        h = np.log(np.maximum(y, 1e-300) / mu)  # of y = mu exp(h)
        size = mu**a / phi
        # deviance / mu^a, without loss near h = 0: 2 (e^h (1 - e^-bh) / b - (e^ah - 1) / a)
        unit = 2.0 * (np.exp(h) * -np.expm1(-b * h) / b - np.expm1(a * h) / a)
        r = np.sign(h) * np.sqrt(size * np.maximum(unit, 0.0))
        q = -np.expm1(-b * h) / b * np.exp(0.5 * power * h) * np.sqrt(size)
        skew = power / np.sqrt(size)
        bent = r + np.where(np.abs(h) < 1e-4, skew / 6.0, np.log(q / r) / r)
    return np.asarray(ndtr(np.where(y > 0.0, bent, -np.inf)))
