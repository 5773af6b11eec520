"""Numbers with twice the digits: a float64 `high` and what it leaves out, `low`.

The sum and the product of two float64 numbers are a float64 plus an error that is a float64 too, and both come
by plain arithmetic: no long double (Windows has none), no fused multiply-add. An `Extended` array takes part in
NumPy's arithmetic and elementwise functions, so that a family or a link written for arrays is evaluated with
about 23 digits as it stands, and nothing about it is stated twice. What it does not know raises TypeError.

Exp goes by a table of 64 powers of two and a short series: its error is 1e-23, not the 1e-32 of the rest. That
is seven digits more than anyone reads of the result.

References
----------
Dekker (1971), A floating-point technique for extending the available precision, Numerische Mathematik 18.
Hida, Li and Bailey (2001), Algorithms for quad-double precision floating point arithmetic, ARITH-15.
"""

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np

from pliant.types import Array

SPLITTER = 134217729.0  # 2^27 + 1: halves of 26 bits
STEPS = 64  # of the table of powers of two


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """Give the rounded sum and its error, for any two arrays."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def quick_two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """Give the rounded sum and its error, where |a| >= |b|."""
    total = a + b
    return total, b - (total - a)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """Give the rounded product and its error; numbers beyond 1e300 overflow on the way."""
    product = a * b
    scaled_a, scaled_b = SPLITTER * a, SPLITTER * b
    a1, b1 = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    a2, b2 = a - a1, b - b1
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


class Extended(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of numbers high + low, |low| at most half a unit in the last place of high."""

    __slots__ = ("high", "low")

    def __init__(self, high: Any, low: Any = None) -> None:
        self.high = np.asarray(high, dtype=np.float64)
        self.low = np.zeros_like(self.high) if low is None else np.asarray(low, dtype=np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.high.shape

    @property
    def real(self) -> Array:
        """The numbers rounded to float64: what decides a branch."""
        return self.high

    def __len__(self) -> int:
        return len(self.high)

    def __getitem__(self, index: Any) -> "Extended":
        return Extended(self.high[index], self.low[index])

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        rule = _RULES.get(ufunc)
        if rule is None or method != "__call__" or options:
            return NotImplemented
        return rule(*inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        rule = _FUNCTIONS.get(function)
        return NotImplemented if rule is None else rule(*arguments, **options)

    def total(self) -> float:
        """Give the sum of all elements, rounded once."""
        high, low = self.high.ravel(), self.low.ravel()
        while len(high) > 1:
            half = (len(high) + 1) // 2
            rest = len(high) - half
            added, error = two_sum(high[:rest], high[half:])
            high, low = (
                np.concatenate([added, high[rest:half]]),
                np.concatenate([low[:rest] + low[half:] + error, low[rest:half]]),
            )
        return float(high[0] + low[0]) if len(high) else 0.0


def extend(value: Any) -> Extended:
    """Give a number or an array as Extended; one that is Extended as it is."""
    return value if isinstance(value, Extended) else Extended(value)


def _settle(high: Any, low: Any) -> Extended:
    return Extended(*quick_two_sum(high, low))


def _add(a: Any, b: Any) -> Extended:
    a, b = extend(a), extend(b)
    high, error = two_sum(a.high, b.high)
    low, rest = two_sum(a.low, b.low)
    high, error = quick_two_sum(high, error + low)
    return _settle(high, error + rest)


def _negative(a: Any) -> Extended:
    return Extended(-a.high, -a.low)


def _subtract(a: Any, b: Any) -> Extended:
    return _add(a, _negative(extend(b)))


def _multiply(a: Any, b: Any) -> Extended:
    a, b = extend(a), extend(b)
    high, error = two_product(a.high, b.high)
    return _settle(high, error + (a.high * b.low + a.low * b.high))


def _divide(a: Any, b: Any) -> Extended:
    a, b = extend(a), extend(b)
    first = a.high / b.high
    rest = _subtract(a, _multiply(first, b))
    second = rest.high / b.high
    return _settle(first, second)


def _sqrt(a: Any) -> Extended:
    root = np.sqrt(a.high)
    rest = _subtract(a, _multiply(root, root))
    return _settle(root, rest.high / (2.0 * root + (root == 0.0)))


def _square(a: Any) -> Extended:
    return _multiply(a, a)


def _power(a: Any, b: Any) -> Any:
    if not isinstance(b, int | float | np.integer | np.floating):
        return NotImplemented
    if b == int(b) and 0 <= b <= 8:
        result = Extended(np.ones_like(a.high))
        for _ in range(int(b)):
            result = _multiply(result, a)
        return result
    return _exp(_multiply(float(b), _log(a)))


def _chosen(of: Callable[[Array, Array], Any]) -> Callable[[Any, Any], Any]:
    def rule(a: Any, b: Any) -> Any:
        a, b = extend(a), extend(b)
        return _where(of(a.high - b.high, b.low - a.low), a, b)

    return rule


def _compared(of: Any) -> Callable[[Any, Any], Any]:
    return lambda a, b: of(extend(a).high - extend(b).high, extend(b).low - extend(a).low)


def _where(mask: Any, a: Any, b: Any) -> Extended:
    a, b = extend(a), extend(b)
    return Extended(np.where(mask, a.high, b.high), np.where(mask, a.low, b.low))


@cache
def _table() -> tuple[Array, Array, tuple[float, float, float]]:
    """Give 2^(j / 64) as high and low, and log(2) / 64 as three numbers, the first two of 32 bits."""
    with localcontext() as context:
        context.prec = 60
        powers = [Decimal(2) ** (Decimal(j) / STEPS) for j in range(STEPS)]
        high = [float(power) for power in powers]
        low = [float(power - Decimal(h)) for power, h in zip(powers, high, strict=True)]
        step = Decimal(2).ln() / STEPS
        first = float(int(step * 2**38)) / 2.0**38
        second = float(int((step - Decimal(first)) * 2**70)) / 2.0**70
        third = float(step - Decimal(first) - Decimal(second))
    return np.array(high), np.array(low), (first, second, third)


def _exp_parts(a: Any) -> tuple[Array, Any, Any, Extended]:
    """Cut exp a into 2^k, a power 2^(j / 64) as high and low, and 1 + p with |p| < 0.0055."""
    table_high, table_low, (first, second, third) = _table()
    inside = np.clip(a.high, -750.0, 712.0)
    count = np.rint(inside * (1.0 / (first + second)))
    r, error = two_sum(inside - count * first, -count * second)
    r, s = quick_two_sum(r, error + (a.low - count * third))
    square, rest = two_product(r, r)
    cubic = r * square * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r / 40320)))))
    p, error = quick_two_sum(r, 0.5 * square)
    p, more = quick_two_sum(p, cubic)
    whole = count.astype(np.int64)
    j = whole % STEPS
    return (whole - j) // STEPS, table_high[j], table_low[j], _settle(p, error + more + (s + r * s) + 0.5 * rest)


def _exp(a: Any) -> Extended:
    k, high, low, p = _exp_parts(a)
    value = _add(Extended(high, low), _multiply(Extended(high, low), p))
    return Extended(np.ldexp(value.high, k), np.ldexp(value.low, k))


def _expm1(a: Any) -> Extended:
    k, high, low, p = _exp_parts(a)
    near = (k == 0) & (high == 1.0)  # the series itself, with all its digits near zero
    value = _add(Extended(high, low), _multiply(Extended(high, low), p))
    return _where(near, p, _subtract(Extended(np.ldexp(value.high, k), np.ldexp(value.low, k)), 1.0))


def _log(a: Any) -> Extended:
    first = np.log(a.high)
    known = np.where(np.isfinite(first), first, 0.0)
    rest = _subtract(_multiply(a, _exp(Extended(-known))), 1.0).high
    return _settle(first, np.where(np.isfinite(first), rest - 0.5 * rest * rest, 0.0))


def _log1p(a: Any) -> Extended:
    first = np.log1p(a.high)
    known = Extended(-np.where(np.isfinite(first), first, 0.0))
    rest = _add(_multiply(a, _exp(known)), _expm1(known)).high  # (1 + a) exp(-first) - 1
    return _settle(first, np.where(np.isfinite(first), rest, 0.0))


def _absolute(a: Any) -> Extended:
    sign = np.where(a.high < 0.0, -1.0, 1.0)
    return Extended(sign * a.high, sign * a.low)


def _sum(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Sum along one axis, in order: for the few outputs of a row."""
    if axis is None:
        return a.total()
    high, low = np.moveaxis(a.high, axis, 0), np.moveaxis(a.low, axis, 0)
    result = Extended(high[0], low[0])
    for more in range(1, len(high)):
        result = _add(result, Extended(high[more], low[more]))
    if not keepdims:
        return result
    return Extended(np.expand_dims(result.high, axis), np.expand_dims(result.low, axis))


def _concatenate(parts: Any, axis: int = 0) -> Extended:
    whole = [extend(part) for part in parts]
    return Extended(
        np.concatenate([part.high for part in whole], axis), np.concatenate([part.low for part in whole], axis)
    )


_RULES: dict[Any, Callable[..., Any]] = {
    np.add: _add,
    np.subtract: _subtract,
    np.multiply: _multiply,
    np.divide: _divide,
    np.negative: _negative,
    np.square: _square,
    np.power: _power,
    np.sqrt: _sqrt,
    np.reciprocal: lambda a: _divide(1.0, a),
    np.absolute: _absolute,
    np.exp: _exp,
    np.expm1: _expm1,
    np.log: _log,
    np.log1p: _log1p,
    np.minimum: _chosen(np.less),
    np.maximum: _chosen(np.greater),
    np.isfinite: lambda a: np.isfinite(a.high),
    **{of: _compared(of) for of in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)},
}
_FUNCTIONS: dict[Any, Callable[..., Any]] = {np.sum: _sum, np.concatenate: _concatenate, np.where: _where}
