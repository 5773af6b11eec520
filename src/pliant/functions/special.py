"""The normal distribution and its logarithms, good to a few units in the last place in both tails.

Plain functions of one number or a whole array, of arithmetic and NumPy's elementwise functions only, so that
a compiler can take them as they stand. They hold for complex numbers too (a check by complex step): hence
`np.maximum(x, -x)` for the absolute value. `scipy.special` has most of them, but cannot be compiled, and its
hazard must be made as exp(log phi - log Phi), which loses ten digits at -800.

Everything rests on Mills' ratio R(x) = Phi(-x) / phi(x), which falls gently from 1.25 to 1 / x.
"""

import math

import numpy as np

from pliant.types import Array

HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
ROOT_TAU = math.sqrt(2.0 * math.pi)

# Chebyshev series of R(x) (x + 4) in t = (x - 4) / (x + 4), x >= 0, made with 50 digits; what is left out is
# below 4e-18. (The shape is Schonfelder's: Mathematics of Computation 32, 1978, pages 1232-1240.)
_MILLS = (
    2.4325604285150404,
    -1.8842545745794834,
    0.5569566490963817,
    -0.12161597214420457,
    0.017360708143727772,
    -0.0008036212007299657,
    -0.0002520349348054353,
    4.7383719270581175e-05,
    2.5325891365988257e-06,
    -1.5404069839913e-06,
    -8.474960630061696e-09,
    5.185338601094672e-08,
    -2.8281293276602497e-10,
    -1.9486566378891076e-09,
    -2.491945496827567e-11,
    7.957248719448846e-11,
    4.618414179155219e-12,
    -3.290856124224385e-12,
    -4.36538404380973e-13,
    1.2300711839232774e-13,
    3.2414173582086784e-14,
    -3.0532395587325663e-15,
    -2.0183740275707353e-15,
    -7.170195501422588e-17,
    1.0169552398038542e-16,
    1.756244228053356e-17,
)


def mills(x: Array) -> Array:
    """Give Mills' ratio of the normal distribution, Phi(-x) / phi(x), for x >= 0."""
    t = (x - 4.0) / (x + 4.0)
    last, before = 0.0 * t, 0.0 * t
    for coefficient in _MILLS[:0:-1]:  # Clenshaw's sum of a Chebyshev series
        last, before = 2.0 * t * last - before + coefficient, last
    return (t * last - before + _MILLS[0]) / (x + 4.0)


def normal_density(z: Array) -> Array:
    """Give phi(z) = exp(-z^2 / 2) / sqrt(2 pi).

    z is cut at a sixteenth, whose square is exact: the rounding of z^2 alone would cost 5e-14 at z = 20.
    """
    coarse = np.floor(z.real * 16.0) / 16.0
    return np.exp(-0.5 * coarse * coarse) * np.exp(-0.5 * (z - coarse) * (z + coarse)) / ROOT_TAU


def normal_cdf(z: Array) -> Array:
    """Give Phi(z), with all its digits in the lower tail."""
    x = np.maximum(z, -z)
    tail = mills(x) * normal_density(x)
    return (z > 0.0) * (1.0 - tail) + (z <= 0.0) * tail


def log_normal_cdf(z: Array) -> Array:
    """Give log Phi(z), with all its digits in both tails."""
    x = np.maximum(z, -z)
    ratio = mills(x)
    lower = np.log(ratio) - 0.5 * x * x - HALF_LOG_TAU
    upper = np.log1p(-ratio * normal_density(x))
    return (z > 0.0) * upper + (z <= 0.0) * lower


def normal_hazard(z: Array) -> Array:
    """Give phi(z) / Phi(z), the slope of log Phi(z)."""
    x = np.maximum(z, -z)
    ratio = mills(x)
    density = normal_density(x)
    return (z > 0.0) * density / (1.0 - ratio * density) + (z <= 0.0) / ratio


def log1p_rest(t: Array) -> Array:
    """Give t - log(1 + t) for t > -1, without loss of digits near zero."""
    near = np.abs(t) <= 0.1
    return log1p_rest_near(t * near) + (1.0 - near) * (t - np.log1p(t))


def log1p_rest_near(t: Array) -> Array:
    """Give t - log(1 + t) for |t| <= 0.1.

    With u = t / (2 + t), log(1 + t) = 2 (u + u^3/3 + u^5/5 + ...) and t - 2 u = t u, so that
    t - log(1 + t) = u (t - 2 (u^2/3 + u^4/5 + ...)).
    """
    u = t / (2.0 + t)
    v = u * u
    series = v * (1 / 3 + v * (1 / 5 + v * (1 / 7 + v * (1 / 9 + v * (1 / 11 + v * (1 / 13 + v / 15))))))
    return u * (t - 2.0 * series)
