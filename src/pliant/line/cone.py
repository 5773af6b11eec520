"""The cone of directions along which no row of a response loses likelihood.

A row whose response lies at an end of its family may run towards that end for ever; every other row must stay.
Written with classes, the first of which has eta 0, all cases are one: row i asks that class `above` gains on class
`below` along a direction, x_i'(d_above - d_below) >= 0, or that both stay level, = 0. One response has the classes
0 (the reference) and 1 (eta), so that a success asks for (1, 0), a failure or a zero count for (0, 1).

Directions are held in coordinates in which the columns of X are orthonormal, and each row has length 1: no unit
and no correlation of the columns reaches the linear programme.
"""

from dataclasses import dataclass

import numpy as np

from pliant.functions.likelihood import Likelihood
from pliant.types import Array, BoolArray, IntArray

CHUNK_CELLS = 4_000_000


@dataclass(frozen=True)
class Pairs:
    """What rows ask of classes, one entry a condition."""

    row: IntArray  # (m,)
    above: IntArray  # (m,), class that must not lose
    below: IntArray  # (m,), class that must not gain

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: IntArray | BoolArray) -> "Pairs":
        """Give some of them."""
        return Pairs(self.row[which], self.above[which], self.below[which])


def conditions(likelihood: Likelihood, y: Array) -> tuple[Pairs, Pairs]:
    """Give what the rows of a response (n, C) ask: the pairs that may part, and the pairs that must stay level."""
    if likelihood.has_classes:
        return _of_classes(y)
    low, high = interval(likelihood)
    down, up = np.zeros((2, len(y)), dtype=bool)
    for end, at_end in ((low, y[:, 0] <= low), (high, y[:, 0] >= high)):
        if np.isfinite(end):
            with np.errstate(all="ignore"):
                eta = float(likelihood.link.link(np.array(end)))
            down |= at_end & (eta == -np.inf)
            up |= at_end & (eta == np.inf)
    above = np.where(down, 0, 1)
    every = Pairs(np.arange(len(y)), above, 1 - above)
    return every.take(down | up), every.take(~(down | up))


def interval(likelihood: Likelihood) -> tuple[float, float]:
    """Give the ends of the means that family and link allow together."""
    (low, high), (least, most) = likelihood.family.interval, likelihood.link.range
    return max(low, least), min(high, most)


def _of_classes(y: Array) -> tuple[Pairs, Pairs]:
    """Give the conditions of classes: none gains on an observed one, and observed ones stay level."""
    observed = y > 0.0
    first = np.argmax(observed, axis=1)
    parting: list[Pairs] = []
    level: list[Pairs] = []
    for c in range(y.shape[1]):
        other = first != c
        for kept, into in ((other & ~observed[:, c], parting), (other & observed[:, c], level)):
            rows = np.flatnonzero(kept)
            into.append(Pairs(rows, first[rows], np.full(len(rows), c)))
    return _joined(parting), _joined(level)


def _joined(parts: list[Pairs]) -> Pairs:
    return Pairs(
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.above for part in parts]),
        np.concatenate([part.below for part in parts]),
    )


class Cone:
    """The conditions of a design; a direction is u (q p,), one class after another, in orthonormal coordinates."""

    def __init__(self, X: Array, y: Array, likelihood: Likelihood) -> None:
        largest = np.max(np.abs(X), axis=0)  # whose squares may overflow, or vanish
        unit = X / largest
        length = np.sqrt(np.einsum("ij,ij->j", unit, unit))
        self.length = length * largest
        Q, self.R = np.linalg.qr(unit / length)
        norm = np.sqrt(np.einsum("ij,ij->i", Q, Q))[:, None]
        self.X = Q / np.where(norm > 0.0, norm, 1.0)
        self.p, self.q = X.shape[1], likelihood.outputs(y)
        self.parting, self.level = conditions(likelihood, y)
        self.tolerance = max(1e-10, 1e-14 * float(np.linalg.cond(self.R)))  # what is zero, of a row of length 1

    def margins(self, u: Array, pairs: Pairs) -> Array:
        """Give how much `above` gains on `below` in each pair (m,)."""
        eta = np.zeros((len(self.X), self.q + 1))
        eta[:, 1:] = self.X @ u.reshape(self.q, self.p).T
        return np.asarray(eta[pairs.row, pairs.above] - eta[pairs.row, pairs.below])

    def total(self, pairs: Pairs) -> Array:
        """Give the sum of the pairs' rows (q p,)."""
        signs = np.zeros((len(self.X), self.q + 1))
        np.add.at(signs, (pairs.row, pairs.above), 1.0)
        np.add.at(signs, (pairs.row, pairs.below), -1.0)
        return np.asarray((self.X.T @ signs[:, 1:]).T.ravel())

    def rows(self, pairs: Pairs) -> Array:
        """Give the rows (m, q p) whose product with a direction are the margins."""
        block = np.zeros((len(pairs), self.q + 1, self.p))
        at, x = np.arange(len(pairs)), self.X[pairs.row]
        block[at, pairs.above] += x
        block[at, pairs.below] -= x
        return block[:, 1:].reshape(len(pairs), -1)

    def unmoved_by(self, *groups: Pairs) -> Array:
        """Give a basis (q p, r) of the directions along which none of these pairs parts."""
        k = self.q * self.p
        triangle = np.zeros((0, k))
        step = max(CHUNK_CELLS // max(k, 1), k)
        for pairs in groups:
            for first in range(0, len(pairs), step):
                part = np.arange(first, min(first + step, len(pairs)))
                stacked: Array = np.vstack([triangle, self.rows(pairs.take(part))])
                triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
        return null_space(triangle, self.tolerance)

    def coefficients(self, u: Array) -> Array:
        """Give directions (q p, r) as changes of the coefficients of columns of length 1: (p, q, r)."""
        blocks = u.reshape(self.q, self.p, -1)
        return np.stack([np.linalg.solve(self.R, block) for block in blocks], axis=1)


def null_space(rows: Array, tolerance: float) -> Array:
    """Give an orthonormal basis (k, r) of what rows (m, k) do not see."""
    k = rows.shape[1]
    if len(rows) == 0:
        return np.eye(k)
    _, sizes, right = np.linalg.svd(rows)
    sizes = np.concatenate([sizes, np.zeros(k - len(sizes))])
    return np.asarray(right[sizes <= tolerance * max(float(sizes[0]), 1.0)].T)
