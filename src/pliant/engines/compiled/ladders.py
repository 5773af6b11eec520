"""Ladders: runs of inputs each of which stays 0 until the one before is 1, as the pieces between knots do.

    1 1 1 1 .4 0 0 0        row i of a ladder of eight rungs: place p = 4, part f = .4

A product with weights W (rungs, units) then needs two of its lines, not all, if their sums stand ready; and backwards,
a row's delta goes to two lines, which are summed up afterwards:

    z_i = C_p + f W_p,    C_t = sum_{s<t} W_s
    dW_t = F_t + sum_{s>t} A_s,    A_p += delta_i,  F_p += f delta_i

Rows are coded: the inputs that are on no ladder, then the place on each ladder, then the part. It is the same function
of the same parameters; sums are taken in another order.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.extending import register_jitable

from pliant.engines.compiled.pointers import numbers, size_of
from pliant.network import Network
from pliant.types import Array, BoolArray, IntArray

FEWEST_RUNGS = 4  # a shorter run is quicker as it is


@dataclass(frozen=True)
class Ladders:
    """Where a network's ladders lie.

    Attributes
    ----------
    columns : ndarray of int, shape (c,)
        The inputs on no ladder, in order.
    bends : ndarray of int, shape (b,)
        Places in `columns` of those that feed the first layer.
    rows : ndarray of int, shape (b,)
        Their rows of the first layer's weights.
    places : ndarray of int, shape (l, 3)
        Of each ladder the number of rungs, the first's row of the first layer's weights, and its input.
    """

    columns: IntArray
    bends: IntArray
    rows: IntArray
    places: IntArray

    @classmethod
    def find(cls, network: Network, X: Array) -> "Ladders | None":
        """Find the ladders among the inputs (n, inputs) of the first hidden layer; None if there is none."""
        fed = np.arange(network.inputs) if network.bending is None else np.array(network.bending)
        if not len(X) or not network.n_gains or len(fed) < FEWEST_RUNGS:
            return None
        climbs = np.append(_climbs(X[:, fed]) & (np.diff(fed) == 1), False)
        places, row = [], 0
        while row < len(fed):
            end = row + int(np.argmin(climbs[row:])) + 1
            if end - row >= FEWEST_RUNGS:
                places.append((end - row, row, int(fed[row])))
            row = end
        if not places:
            return None
        on_ladder = np.zeros(network.inputs, dtype=bool)
        for rungs, _, first in places:
            on_ladder[first : first + rungs] = True
        columns = np.flatnonzero(~on_ladder)
        rows = np.flatnonzero(~on_ladder[fed])
        return cls(columns, np.searchsorted(columns, fed[rows]), rows, np.array(places, dtype=np.int64))

    @property
    def n_coded(self) -> int:
        """Give the columns of coded rows."""
        return len(self.columns) + 2 * len(self.places)

    @property
    def sources(self) -> IntArray:
        """Give the input of each column of coded rows, -1 for a code."""
        return np.append(self.columns, np.full(2 * len(self.places), -1))

    def n_table(self, units: int, outputs: int) -> int:
        """Give how many numbers a table of the first layer or of the line has at most."""
        pairs = 2 * int(np.sum(self.places[:, 0]))
        return max((len(self.rows) + pairs) * units, (self.n_coded + pairs) * outputs)

    def coded(self, X: Array) -> Array | None:
        """Give inputs (n, inputs) as coded rows (n, n_coded); None if in a row a ladder is none."""
        place, part = [], []
        for rungs, _, first in self.places:
            steps = X[:, first : first + rungs]
            if not np.all(_climbs(steps)):
                return None
            full = np.minimum(np.count_nonzero(steps == 1.0, axis=1), rungs - 1)
            place.append(full)
            part.append(steps[np.arange(len(steps)), full])
        return np.column_stack([X[:, self.columns], *place, *part])


def _climbs(steps: Array) -> BoolArray:
    """Say of each column of (n, m) but the last whether the next is 0 in all rows where it is below 1."""
    inside: BoolArray = np.all((steps >= 0.0) & (steps <= 1.0), axis=0)
    next_waits: BoolArray = np.all((steps[:, :-1] == 1.0) | (steps[:, 1:] == 0.0), axis=0)
    return inside[:-1] & inside[1:] & next_waits


@register_jitable
def lay_table(like: Any, plan: Any, weights: int, gains: int, width: int, sources: int, count: int, by: int) -> None:
    """Lay out weights (rows, width) for coded rows: those of `sources` (count,), then C_t beside W_t of every rung.

    They are times the gains, where there are any. `by` is 1 for the first layer's weights, 2 for those of the line.
    """
    line, chosen = width * size_of(like), numbers("int64", sources, count)
    places = numbers("int64", plan.ladders, (plan.n_ladders, 3))
    for k in range(count):
        into, row = numbers(like, plan.scaled + k * line, width), chosen[k]
        if row < 0:
            for j in range(width):
                into[j] = 0
            continue
        _times_gain(like, weights + row * line, gains, row, into)
    at = plan.scaled + count * line
    for g in range(plan.n_ladders):
        first = places[g, by]
        lowest = numbers(like, at, width)
        for j in range(width):
            lowest[j] = 0
        for t in range(places[g, 0]):
            below, own = numbers(like, at, width), numbers(like, at + line, width)
            _times_gain(like, weights + (first + t) * line, gains, first + t, own)
            at += 2 * line
            if t + 1 < places[g, 0]:
                above = numbers(like, at, width)
                for j in range(width):
                    above[j] = below[j] + own[j]


@register_jitable
def _times_gain(like: Any, source: int, gains: int, row: int, into: Any) -> None:
    """Write a row of weights, times its gain where there are any."""
    each = numbers(like, source, len(into))
    if gains:
        gain = numbers(like, gains, row + 1)[row]
        for j in range(len(into)):
            into[j] = each[j] * gain
    else:
        for j in range(len(into)):
            into[j] = each[j]


@register_jitable
def climb(like: Any, plan: Any, X: int, rows: int, width: int, count: int, z: int) -> None:
    """Add C_p + f W_p of every ladder to z (rows, width), for coded rows X; the table was laid out before."""
    size, first = size_of(like), plan.inputs - 2 * plan.n_ladders
    places = numbers("int64", plan.ladders, (plan.n_ladders, 3))
    for i in range(rows):
        into, code = numbers(like, z + i * width * size, width), numbers(like, X + i * plan.inputs * size, plan.inputs)
        at = plan.scaled + count * width * size
        for g in range(plan.n_ladders):
            pair = numbers(like, at + 2 * int(code[first + g]) * width * size, 2 * width)
            part = code[first + plan.n_ladders + g]
            for j in range(width):
                into[j] += pair[j] + part * pair[width + j]
            at += 2 * places[g, 0] * width * size


@register_jitable
def fall(like: Any, plan: Any, X: int, rows: int, delta: int, width: int, count: int) -> None:
    """Leave A_t beside F_t of every rung where the table was, from delta (rows, width)."""
    size, first = size_of(like), plan.inputs - 2 * plan.n_ladders
    places = numbers("int64", plan.ladders, (plan.n_ladders, 3))
    at = plan.scaled + count * width * size
    for g in range(plan.n_ladders):
        pairs = numbers(like, at, 2 * places[g, 0] * width)
        for j in range(len(pairs)):
            pairs[j] = 0
        at += len(pairs) * size
    for i in range(rows):
        back = numbers(like, delta + i * width * size, width)
        code = numbers(like, X + i * plan.inputs * size, plan.inputs)
        at = plan.scaled + count * width * size
        for g in range(plan.n_ladders):
            pair = numbers(like, at + 2 * int(code[first + g]) * width * size, 2 * width)
            part = code[first + plan.n_ladders + g]
            for j in range(width):
                pair[j] += back[j]
                pair[width + j] += part * back[j]
            at += 2 * places[g, 0] * width * size


@register_jitable
def gather_slopes(like: Any, plan: Any, width: int, sources: int, count: int, by: int, gradient: int) -> None:
    """Write the gradient (rows, width) of the weights that `lay_table` laid out, from what lies there now."""
    line, chosen = width * size_of(like), numbers("int64", sources, count)
    places = numbers("int64", plan.ladders, (plan.n_ladders, 3))
    for k in range(count):
        if chosen[k] >= 0:
            found, into = (
                numbers(like, plan.scaled + k * line, width),
                numbers(like, gradient + chosen[k] * line, width),
            )
            for j in range(width):
                into[j] = found[j]
    at = plan.scaled + count * line
    for g in range(plan.n_ladders):
        rungs = places[g, 0]
        for t in range(rungs - 1, -1, -1):
            pair = numbers(like, at + 2 * t * line, 2 * width)
            into = numbers(like, gradient + (places[g, by] + t) * line, width)
            for j in range(width):
                into[j] = pair[width + j]
            if t + 1 < rungs:
                above = numbers(like, at + 2 * (t + 1) * line, width)
                for j in range(width):
                    into[j] += above[j]
                    pair[j] += above[j]
        at += 2 * rungs * line
