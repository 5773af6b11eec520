"""What stands for NumPy in compiled text: each function of one number, float64 or float32, and of the same type.

Called from Python each is NumPy's own, so that the kernels run without a compiler too. Compiled, exp, expm1, log,
log1p, tanh and arctan are made here of arithmetic and selections, with no branch, no table and no call: the compiler
then does four or eight numbers at once, which it cannot do with Numba's own (calls to the C library, one number each).
Each is good to 2 units in the last place over the whole range, subnormal numbers and both infinities included (1.6
were found at most, with and without fused products), and passes NaN on. The others are the compiler's own
instructions.

One text serves both types; what differs (constants, length of a series) stands in series.py.

The order of the sums is what the accuracy rests on: hence the options of their own, which allow a product and a
sum to become one instruction ("contract") and nothing else, whatever the caller allows. Products that must be
exact are exact with and without it.

Knows nothing of activations or families.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from pliant.engines.compiled import bits
from pliant.engines.compiled.bits import copysign, exponent, fabs, fraction, two_to
from pliant.engines.compiled.series import (
    FLOAT32,
    FLOAT64,
    OPTIONS,
    TANH_FLAT_32,
    TANH_NEAR_32,
    TANH_NUMBERS_32,
    Constants,
    tanh_whole_32,
)
from pliant.types import Array

pi, e, inf, nan = np.pi, np.e, np.inf, np.nan

# ---- Called from Python: NumPy's own


def exp(x: Array) -> Array:
    """exp x."""
    return np.exp(x)


def expm1(x: Array) -> Array:
    """exp(x) - 1."""
    return np.expm1(x)


def log(x: Array) -> Array:
    """log x."""
    return np.log(x)


def log1p(x: Array) -> Array:
    """log(1 + x)."""
    return np.log1p(x)


def tanh(x: Array) -> Array:
    """Hyperbolic tangent of x."""
    return np.tanh(x)


def arctan(x: Array) -> Array:
    """The angle whose tangent is x."""
    return np.arctan(x)


def sqrt(x: Array) -> Array:
    """Square root of x."""
    return np.sqrt(x)


def floor(x: Array) -> Array:
    """The largest whole number that is not above x."""
    return np.floor(x)


def absolute(x: Array) -> Array:
    """x without its sign."""
    return np.absolute(x)


def maximum(x: Array, y: Array) -> Array:
    """The larger of the two; NaN if one is."""
    return np.maximum(x, y)


def minimum(x: Array, y: Array) -> Array:
    """The smaller of the two; NaN if one is."""
    return np.minimum(x, y)


def where(condition: Array, x: Array, y: Array) -> Array:
    """x where the condition holds, else y."""
    return np.where(condition, x, y)


abs = absolute

# ---- The six


def _make(constants: Constants) -> dict[str, Callable[..., Any]]:
    """Give exp, expm1, log, log1p, tanh and arctan for one type.

    Numba takes the names below as constants of that type; a number written in the text would be float64.
    """
    real = constants.real
    zero, half, one, two = real(0.0), real(0.5), real(1.0), real(2.0)
    infinity, nothing = real(np.inf), real(np.nan)
    per_log_two, high, low = real(1.0 / math.log(2.0)), real(constants.log_two[0]), real(constants.log_two[1])
    shift = real(1.5 * 2.0**constants.digits + constants.bias)  # a sum with it is rounded to a whole number
    grid = real(2.0**constants.digits + constants.bias)
    least, most = real(constants.range[0]), real(constants.range[1])
    flat, deep, near = real(constants.flat), real(-2.0 * constants.flat), real(constants.near)
    tiny = real(2.0 ** -(constants.digits + 2))
    normal, raised, lift = real(2.0 ** (1 - constants.bias)), real(constants.digits + 2), real(1.0 / float(tiny))
    far = real(2 * constants.digits)
    exp_series, log_series, tanh_ratio = constants.exp_series, constants.log_series, constants.tanh_ratio
    exp_numbers, log_numbers = (tuple(map(real, n)) for n in (constants.exp_numbers, constants.log_numbers))
    tanh_numbers, arctan_numbers = (tuple(map(real, n)) for n in (constants.tanh_numbers, constants.arctan_numbers))
    arctan_series = constants.arctan_series
    quarter, quarter_rest = real(constants.quarter[0]), real(constants.quarter[1])

    # In a loop over 1,280 numbers, with AVX-512: 4 to 5 times as quick as Numba's own in float64, 8 times in float32
    def exp(x):  # type: ignore[no-untyped-def]
        """2^n exp r with x = n log 2 + r; 2^n in two halves, since a subnormal result is not to be rounded twice."""
        x = most if x > most else x
        x = least if x < least else x
        n = (x * per_log_two + shift) - shift
        r = (x - n * high) - n * low
        first = n * half + shift
        second = (n - (first - shift)) + shift
        return (one + r * (one + r * exp_series(r, exp_numbers))) * two_to(first) * two_to(second)

    # 6 and 18 times as quick as Numba's own
    def expm1(x):  # type: ignore[no-untyped-def]
        """2^n (exp(r) - 1) + (2^n - 1); all halved, since 2^n may be too large by itself."""
        z = most if x > most else x
        z = deep if z < deep else z
        n = (z * per_log_two + shift) - shift
        coarse = z - n * high
        r = coarse - n * low
        rest = (coarse - r) - n * low
        part = r + (rest + r * r * exp_series(r, exp_numbers))
        scale = two_to((n - one) + shift)
        value = (scale * part + (scale - half)) * two
        return x if fabs(x) < tiny else value

    # 4 and 8 times as quick as Numba's own
    def log(x):  # type: ignore[no-untyped-def]
        """k log 2 + f - f^2/2 + s (f^2/2 + series), with x = 2^k (1 + f) and s = f / (2 + f)."""
        small = x < normal
        scaled = x * lift if small else x
        k = (exponent(scaled) - grid) - (raised if small else zero)
        f = fraction(scaled) - one
        s = f / (two + f)
        square = half * f * f
        value = k * high - ((square - (s * (square + log_series(s * s, log_numbers)) + k * low)) - f)
        value = value if x < infinity else x
        return value if x > zero else (-infinity if x == zero else nothing)

    # 5 and 11 times as quick as Numba's own
    def log1p(x):  # type: ignore[no-untyped-def]
        """log u with u = 1 + x, and what u lost in rounding, divided by u."""
        u = one + x
        back = u - one
        lost = (one - (u - back)) + (x - back)
        k = exponent(u) - grid
        f = fraction(u) - one
        lost = lost * two_to(shift - (k if k < far else far)) * (one - f * (one - f))
        s = f / (two + f)
        square = half * f * f
        rest = square - (s * (square + log_series(s * s, log_numbers)) + (k * low + lost))
        value = k * high - (rest - f)
        value = value if x < infinity else x
        value = value if x > -one else (-infinity if x == -one else nothing)
        return x if fabs(x) < tiny else value

    # 7 and 26 times as quick as Numba's own
    def tanh(x):  # type: ignore[no-untyped-def]
        """x + x^3 P / Q near 0, else 1 - 2 / (exp(2 x) + 1): one division for both."""
        z = fabs(x)
        z = flat if z > flat else z
        w = z + z
        shifted = w * per_log_two + shift
        n = shifted - shift
        r = (w - n * high) - n * low
        grown = (one + r * (one + r * exp_series(r, exp_numbers))) * two_to(shifted)
        square = z * z
        above, below = tanh_ratio(square, tanh_numbers)
        close = z < near
        above = z * square * above if close else -two
        below = below if close else grown + one
        return copysign((z if close else one) + above / below, x)

    # 5 and 9 times as quick as the C library's
    def arctan(x):  # type: ignore[no-untyped-def]
        """arctan x, pi/4 + arctan((x - 1) / (x + 1)) or pi/2 - arctan(1 / x): one division for all."""
        z = fabs(x)
        low, high = z < half, z > two
        above = z if low else (-one if high else z - one)
        below = one if low else (z if high else z + one)
        turns = zero if low else (two if high else one)
        w = above / below
        value = turns * quarter + (w + (w * arctan_series(w * w, arctan_numbers) + turns * quarter_rest))
        return copysign(value, x)

    return {made.__name__: made for made in (exp, expm1, log, log1p, tanh, arctan)}


def _make_tanh_32() -> Callable[..., Any]:
    """Give the tanh of float32, which has one form for all numbers: half the time of the two."""
    flat, near, numbers = np.float32(TANH_FLAT_32), np.float32(TANH_NEAR_32), tuple(map(np.float32, TANH_NUMBERS_32))

    def tanh(x):  # type: ignore[no-untyped-def]
        """An odd polynomial over an even one."""
        z = flat if x > flat else x
        z = -flat if z < -flat else z
        return x if fabs(x) < near else tanh_whole_32(z, numbers)

    return tanh


MADE = {types.float64: _make(FLOAT64), types.float32: _make(FLOAT32) | {"tanh": _make_tanh_32()}}


def _offer(function: Callable[..., Array], choose: Callable[..., Any]) -> None:
    """Tell Numba what a function is, compiled: `choose` gives its text, from the types of its arguments."""
    overload(function, jit_options=OPTIONS)(choose)


def _offer_made(function: Callable[[Array], Array]) -> None:
    """Tell Numba what one of the six is."""
    _offer(function, lambda x: MADE[x][function.__name__] if x in MADE else None)


for _function in (exp, expm1, log, log1p, tanh, arctan):
    _offer_made(_function)

_offer(sqrt, lambda x: lambda x: bits.sqrt(x))
_offer(floor, lambda x: lambda x: bits.floor(x))
_offer(absolute, lambda x: lambda x: fabs(x))
_offer(maximum, lambda x, y: lambda x, y: y if (x < y) | (y != y) else x)
_offer(minimum, lambda x, y: lambda x, y: y if (x > y) | (y != y) else x)
_offer(where, lambda condition, x, y: lambda condition, x, y: x if condition else y)
