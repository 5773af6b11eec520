"""Matrix products with twice the digits, at the speed of BLAS.

Each factor is cut into slices of some 20 bits, all multiples of one unit a column. A product of two slices is
then exact in float64, however BLAS orders the sum; so is the sum of all products of one unit, and only these few
are added with care. This is Ozaki's scheme.

References
----------
Ozaki, Ogita, Oishi and Rump (2012), Error-free transformations of matrix multiplication by using fast routines
of matrix multiplication and its applications, Numerical Algorithms 59.
"""

import numpy as np

from pliant.extended import quick_two_sum, two_sum
from pliant.types import Array

SMALLEST = -900  # the exponent of a coefficient 0, which says nothing of the others


def exponents(largest: Array, of_zero: int = 0) -> Array:
    """Give e with |x| <= 2^e, for the largest |x| of each column."""
    return np.where(largest > 0.0, np.frexp(largest)[1], of_zero).astype(np.float64)


def bits_for(inner: int) -> int:
    """Give the bits of a slice that make a sum of so many products exact."""
    return (53 - int(np.ceil(np.log2(max(inner, 2))))) // 2


def cut(high: Array, low: Array | None, top: Array, bits: int, count: int) -> list[Array]:
    """Cut numbers high + low, |high| <= 2^top, into at most `count` slices.

    Slice k holds multiples of 2^(top - bits - k (bits + 1)) of at most 2^bits units. Ends when nothing is left.
    """
    slices: list[Array] = []
    rest, unit = high, np.ldexp(1.0, (top - bits).astype(np.int64))
    for k in range(count):
        if k == 2 and low is not None:
            rest = rest + low
        if not rest.any() and (low is None or k > 2):
            break
        big = unit * (1.5 * 2.0**52)
        part = (rest + big) - big
        slices.append(part)
        rest = rest - part
        unit = unit * 2.0 ** -(bits + 1)
    return slices


def add_levels(levels: list[Array]) -> tuple[Array, Array]:
    """Give the sum of the levels, the largest first, as high and low; added from the smallest."""
    high, low = levels[-1], np.zeros_like(levels[-1])
    for level in levels[-2::-1]:
        high, error = two_sum(high, level)
        low = low + error
    return quick_two_sum(high, low)


class Rows:
    """A block of rows of X (m, p), cut once, to be multiplied from either side.

    Parameters
    ----------
    X : ndarray, shape (m, p)
    top : ndarray, shape (p,)
        Exponents of its columns.
    depth : int
        Slices of a number: the result has some 21 times as many bits, of the largest product.
    """

    def __init__(self, X: Array, top: Array, depth: int) -> None:
        self.top, self.depth, self.p = top, depth, X.shape[1]
        self.bits = bits_for(max(X.shape) * depth)
        slices = cut(X, None, top, self.bits, depth) or [X]
        self.count, self.beside = len(slices), np.hstack(slices)  # (m, count p)

    def times(self, high: Array, low: Array) -> tuple[Array, Array]:
        """Give X B as high and low (m, q), for B = high + low (p, q)."""
        largest = exponents(np.abs(high), SMALLEST) + self.top[:, None]
        top = np.max(largest, axis=0, keepdims=True) - self.top[:, None]
        right = cut(high, low, top, self.bits, self.depth) or [high]
        p, n_left, n_right = self.p, self.count, len(right)
        below = np.concatenate(right[::-1])  # the slices of one level meet those of X in turn
        levels = []
        for level in range(min(self.depth, n_left + n_right - 1)):
            first, last = max(0, level - n_right + 1), min(level, n_left - 1)
            at = (n_right - 1 - level + first) * p
            levels.append(self.beside[:, first * p : last * p + p] @ below[at : at + (last - first + 1) * p])
        return add_levels(levels)

    def across(self, high: Array, low: Array) -> tuple[Array, Array]:
        """Give X' R as high and low (p, q), for R = high + low (m, q)."""
        top = exponents(np.max(np.abs(high), axis=0, initial=0.0))
        right = cut(high, low, top, self.bits, self.depth) or [high]
        p, q, n_left, n_right = self.p, high.shape[1], self.count, len(right)
        products = self.beside.T @ (right[0] if n_right == 1 else np.hstack(right))
        levels: list[Array] = []
        for i in range(n_left):
            for j in range(min(n_right, self.depth - i)):
                part = products[i * p : i * p + p, j * q : j * q + q]
                if i + j < len(levels):
                    levels[i + j] = levels[i + j] + part
                else:
                    levels.append(part)
        return add_levels(levels)
