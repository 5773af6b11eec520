"""Splines as what they are: a polynomial on each interval between knots, found from pliant's own columns.

The basis itself looks up its knots row by row, which no symbol can follow. But between two knots it is a polynomial of
known degree, and degree + 1 values determine it. They are taken at Chebyshev's points and written in Chebyshev's
polynomials, which loses no digits at any degree: the pieces are those of `data/bases.py`, without a second statement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.data import bases
from pliant.export.graph import Graph
from pliant.types import Array

State = dict[str, Any]


@dataclass(frozen=True)
class Spline:
    """How a basis of splines goes on beyond its outer knots, and of which degree it is."""

    apply: Callable[[Array, State], Array]
    degree: int | None = None  # None: the state says it
    straight_beyond: bool = True  # a straight line beyond the outer knots; else the outermost polynomials go on


SPLINES = {
    "bs": Spline(bases.apply_bs, straight_beyond=False),
    "ns": Spline(bases.apply_ns, degree=3),
    "cr": Spline(bases.apply_cr, degree=3),
}


def spline_columns(spline: Spline, values: Any, state: State) -> Any:
    """Give the columns of a basis of splines at numbers to come.

    On the interval j of x, with u = (x - middle_j) / half_j, each column is sum_k c_jk T_k(u), by Clenshaw's sum.
    """
    degree = state["degree"] if spline.degree is None else spline.degree
    knots = np.unique(np.array(state["knots"], dtype=np.float64))
    edges = knots
    if spline.straight_beyond:
        width = knots[-1] - knots[0]
        edges = np.concatenate([[knots[0] - width], knots, [knots[-1] + width]])
    middle, half = 0.5 * (edges[:-1] + edges[1:]), 0.5 * np.diff(edges)
    points = np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
    at = middle[:, None] + half[:, None] * points
    found = spline.apply(at.ravel(), state).reshape(len(middle), degree + 1, -1)
    pieces = np.linalg.inv(np.polynomial.chebyshev.chebvander(points, degree)) @ found
    if spline.straight_beyond:
        pieces[[0, -1], 2:] = 0.0  # what rounding left there would grow with the square of the distance
    graph: Graph = values.graph
    which: Any = np.searchsorted(edges[1:-1], values, side="right")
    u: Any = (values - graph.rows(middle[:, None], which)) / graph.rows(half[:, None], which)
    coefficients: list[Any] = [graph.rows(np.ascontiguousarray(pieces[:, k]), which) for k in range(degree + 1)]
    last: Any = 0.0
    before: Any = 0.0
    for coefficient in coefficients[:0:-1]:
        last, before = 2.0 * u * last - before + coefficient, last
    return u * last - before + coefficients[0] if degree else coefficients[0]
