"""The axis of an effect: the values of one column at which it is told, and which rows tell it between them.

Numbers are cut at their quantiles, so that each interval has rows; a wide interval is divided further, its rows telling
the change over every part. The values of a column with few of them, and the levels of a factor, are points themselves:
a row tells the change from its own level to the one before and the one after. Levels without an order of their own are
put in the order of likeness, so that a step between neighbours asks little of a row (Apley and Zhu, section 5).

References
----------
Apley and Zhu (2020), Visualizing the effects of predictor variables in black box supervised learning models,
Journal of the Royal Statistical Society B 82.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn, shown
from pliant.data.formula import Call, Name, variables
from pliant.errors import InputError
from pliant.inference.delta import Places
from pliant.inference.moved import with_values
from pliant.types import Array, BoolArray, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

BINS = 40  # quantile intervals of a curve; the noise of what they tell does not depend on their number
PARTS = 60  # of the range: a wider interval is divided
MOST = 16  # parts of one interval
FEW = 12  # values of a number that are points by themselves


@dataclass(frozen=True)
class Axis:
    """Points along one column, and where the n rows of a table lie between them."""

    column: Column  # as it came
    points: Array  # (G,), numbers, or codes of levels
    steps: bool  # whether the points are all there is, as levels are
    inside: IntArray  # (n, s), the intervals whose change a row tells, -1 where it is fewer than s
    near: IntArray  # (n, t), the points that a row lies at or between, in equal shares; -1 where it has no value

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    def at(self, index: IntArray) -> Column:
        """Give the column with these points as its values."""
        return with_values(self.column, self.points[index])

    @property
    def nearest(self) -> IntArray:
        """The point (n,) that each row lies nearest to, -1 where it has no value."""
        if self.near.shape[1] == 1 or not isinstance(self.column, NumberColumn):
            return self.near[:, 0]
        low, high = self.near.T
        known = low >= 0
        values = np.where(known, self.column.values, 0.0)
        closer = self.points[high] - values < values - self.points[low]
        return np.where(known, np.where(closer, high, low), -1)

    def shares(self, counts: Array) -> Array:
        """Give the share (G,) of the rows that lies at each point."""
        one = np.zeros((len(counts), 1), dtype=np.int64)
        found = together(self.near, one, counts, (len(self.points), 1))[:, 0]
        return found / np.sum(found)

    def in_order(self) -> tuple["Axis", IntArray]:
        """Give the axis with its points in rising order, and where each stood."""
        back = np.argsort(self.points, kind="stable")
        rank = np.argsort(back)
        near = np.where(self.near >= 0, rank[self.near], -1)
        return Axis(self.column, self.points[back], self.steps, self.inside, near), back


def together(first: IntArray, second: IntArray, counts: Array, shape: tuple[int, int]) -> Array:
    """Give how many rows lie at both of two places, a row that has t places lying at each with share 1 / t."""
    found = np.zeros(shape)
    for one in first.T:
        for other in second.T:
            known = (one >= 0) & (other >= 0)
            share = counts[known] / (first.shape[1] * second.shape[1])
            np.add.at(found, (one[known], other[known]), share)
    return found


def axis_of(model: "Fitted", at: Places, name: str, bins: int = BINS, parts: int = PARTS) -> Axis:
    """Lay the axis of one column, over the rows that are used.

    Parameters
    ----------
    model : Fitted
    at : Places
    name : str
    bins : int
        Intervals between quantiles, of a number.
    parts : int
        At least as many parts has the range; 0 for the quantiles alone.

    Raises
    ------
    InputError
        If no row has a value.
    """
    column = at.table[name]
    known = at.used & ~column.missing & (at.counts > 0.0)
    if not known.any():
        raise InputError(f"{at.table.source} has no complete row with a value in {shown(name)}")
    if isinstance(column, FactorColumn):
        present = np.flatnonzero(np.bincount(column.codes[known], minlength=len(column.levels)))
        return _levels(column, column.codes, present.astype(np.float64), known)
    values, counts = column.values, at.counts
    distinct: Array = np.unique(values[known])
    if len(distinct) <= FEW or _names_groups(model, name):
        return _levels(column, values, distinct, known)
    edges = distinct if len(distinct) <= bins + 1 else _quantiles(values[known], counts[known], bins)
    return _numbers(column, edges, known, parts)


def _levels(column: Column, values: Any, points: Array, known: BoolArray) -> Axis:
    """Lay an axis of points that are all there is."""
    own = np.where(known, np.searchsorted(points, np.where(known, values, points[0])), -1)
    before = np.where(own > 0, own - 1, -1)
    after = np.where((own >= 0) & (own < len(points) - 1), own, -1)
    return Axis(column, points, True, np.column_stack([before, after]), own[:, None])


def _numbers(column: NumberColumn, edges: Array, known: BoolArray, parts: int) -> Axis:
    """Lay an axis of intervals (edges_{j-1}, edges_j], the lowest value in the first, each divided if it is wide."""
    widths = np.diff(edges)
    each = np.ones(len(widths), dtype=np.int64)
    if parts:
        wanted = np.ceil(widths * parts / (edges[-1] - edges[0]) * (1.0 - 1e-9))
        each = np.clip(wanted, 1.0, MOST).astype(np.int64)
    inner = [
        np.linspace(low, high, k, endpoint=False) for low, high, k in zip(edges[:-1], edges[1:], each, strict=True)
    ]
    points = np.append(np.concatenate(inner), edges[-1])
    first = np.concatenate([[0], np.cumsum(each)])
    if column.is_date:
        return _numbers_at(column, np.unique(np.round(points)), edges, known)
    values = np.where(known, column.values, edges[0])
    coarse = np.maximum(np.searchsorted(edges, values, side="left") - 1, 0)
    slots = first[coarse][:, None] + np.arange(int(np.max(each)))
    inside = np.where((slots < first[coarse + 1][:, None]) & known[:, None], slots, -1)
    return Axis(column, points, False, inside, _ends(points, values, known))


def _numbers_at(column: NumberColumn, points: Array, edges: Array, known: BoolArray) -> Axis:
    """The same for dates, whose points are whole days: the rows of an interval tell every step that begins in it."""
    values = np.where(known, column.values, edges[0])
    bounds = np.searchsorted(points, edges, side="left")
    coarse = np.maximum(np.searchsorted(edges, values, side="left") - 1, 0)
    slots = bounds[coarse][:, None] + np.arange(int(np.max(np.diff(bounds))))
    inside = np.where((slots < bounds[coarse + 1][:, None]) & known[:, None], slots, -1)
    return Axis(column, points, False, inside, _ends(points, values, known))


def _ends(points: Array, values: Array, known: BoolArray) -> IntArray:
    """Give the two points that each row lies between."""
    low = np.clip(np.searchsorted(points, values, side="left") - 1, 0, len(points) - 2)
    return np.where(known[:, None], np.column_stack([low, low + 1]), -1)


def _quantiles(values: Array, counts: Array, bins: int) -> Array:
    """Give the distinct quantiles, each one of the values: the least with so great a share at or below it."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(counts[order])
    at = np.searchsorted(upto, np.linspace(0.0, 1.0, bins + 1) * upto[-1] * (1.0 - 1e-12), side="left")
    return np.unique(values[order][np.minimum(at, len(values) - 1)])


def _names_groups(model: "Fitted", name: str) -> bool:
    """Say whether a number enters as groups, whose levels are the only values it can have."""
    nodes = [node for term in model.design.terms.terms for node in term.factors if name in variables(node)]
    return any(
        isinstance(node, Call) and node.function in ("factor", "C") and isinstance(node.arguments[0], Name)
        for node in nodes
    )


def by_likeness(axis: Axis, at: Places, others: tuple[str, ...]) -> Axis:
    """Put the levels of a factor in the order of likeness of their rows in the other columns.

    The distance of two levels is the sum over columns of the largest difference of their distribution functions, or
    half the sum of the differences of their shares; the order is that along its first principal coordinate.
    """
    column = axis.column
    if not isinstance(column, FactorColumn) or column.is_ordered or len(axis.points) < 3:
        return axis
    own, L = axis.near[:, 0], len(axis.points)
    distance = np.zeros((L, L))
    for name in others:
        other = at.table[name]
        known = (own >= 0) & ~other.missing
        values = other.codes[known] if isinstance(other, FactorColumn) else other.values[known]
        distinct, codes = np.unique(values, return_inverse=True)
        shares = np.zeros((L, len(distinct)))
        np.add.at(shares, (own[known], codes.ravel()), at.counts[known])
        shares /= np.maximum(np.sum(shares, axis=1, keepdims=True), 1e-300)
        numbers = isinstance(other, NumberColumn)
        upto = np.cumsum(shares, axis=1) if numbers else shares
        for l in range(L):
            apart = np.abs(upto - upto[l])
            distance[l] += np.max(apart, axis=1) if numbers else 0.5 * np.sum(apart, axis=1)
    if not np.any(distance > 0.0):
        return axis
    centred = distance**2 - np.mean(distance**2, axis=0)
    centred = centred - np.mean(centred, axis=1, keepdims=True)
    first = np.linalg.eigh(-0.5 * centred)[1][:, -1]
    order = np.argsort(first if first[0] <= first[-1] else -first, kind="stable")
    rank = np.empty(L, dtype=np.int64)
    rank[order] = np.arange(L)
    moved = np.where(own >= 0, rank[own], -1)
    before = np.where(moved > 0, moved - 1, -1)
    after = np.where((moved >= 0) & (moved < L - 1), moved, -1)
    return Axis(column, axis.points[order], True, np.column_stack([before, after]), moved[:, None])
