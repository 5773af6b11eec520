"""B-splines by the recurrence of Cox and de Boor, and the curvatures of natural cubic splines.

Plain functions of values and knots; what is learnt, and from which rows, is in `bases.py`. SciPy has B-splines
too, and is what the tests compare with; these go on beyond the boundary as R's do, and have the same bits for a
row whether it comes alone or among others.
"""

import numpy as np

from pliant.types import Array, IntArray


def bspline(x: Array, knots: Array, degree: int) -> Array:
    """Give all B-splines at x.

    N_{i,0} = 1 on [t_i, t_{i+1}),  N_{i,d} = (x - t_i) / (t_{i+d} - t_i) N_{i,d-1} + (t_{i+d+1} - x) / ... N_{i+1,d-1}

    Parameters
    ----------
    x : ndarray, shape (m,)
        Finite. Outside of the knots the outermost polynomial pieces go on.
    knots : ndarray, shape (k,)
        In order, the boundary knots degree + 1 times.
    degree : int

    Returns
    -------
    ndarray, shape (m, k - degree - 1)
        Each row adds up to 1.
    """
    return _splines(x, knots, degree, _interval(x, knots, degree))


def bspline_slope(x: Array, knots: Array, degree: int, order: int) -> Array:
    """Give the derivatives of this order of all B-splines at x, shape (m, k - degree - 1).

    N'_{i,d} = d / (t_{i+d} - t_i) N_{i,d-1} - d / (t_{i+d+1} - t_{i+1}) N_{i+1,d-1}
    """
    interval = _interval(x, knots, degree)
    slopes = _splines(x, knots, degree - order, interval)
    for d in range(degree - order + 1, degree + 1):
        width = knots[d:] - knots[:-d]  # of the supports of degree d - 1
        quotient = slopes * (d / np.where(width > 0.0, width, np.inf))
        slopes = quotient[:, :-1] - quotient[:, 1:]
    return slopes


def natural_curvatures(knots: Array) -> Array:
    """Give F (k, k): the second derivatives F @ heights, at the knots, of the natural spline through heights there.

    With h_j = t_{j+1} - t_j the second derivatives s solve, at each interior knot j,
    h_{j-1} s_{j-1} / 6 + (h_{j-1} + h_j) s_j / 3 + h_j s_{j+1} / 6 = (y_{j+1} - y_j) / h_j - (y_j - y_{j-1}) / h_{j-1}
    and are zero at both ends.
    """
    k = len(knots)
    h = np.diff(knots)
    curvatures = np.zeros((k, k))
    inner = np.arange(k - 2)
    left = np.zeros((k - 2, k - 2))
    right = np.zeros((k - 2, k))
    left[inner, inner] = (h[:-1] + h[1:]) / 3.0
    left[inner[1:], inner[:-1]] = left[inner[:-1], inner[1:]] = h[1:-1] / 6.0
    right[inner, inner] = 1.0 / h[:-1]
    right[inner, inner + 1] = -1.0 / h[:-1] - 1.0 / h[1:]
    right[inner, inner + 2] = 1.0 / h[1:]
    curvatures[1:-1] = np.linalg.solve(left, right)
    return curvatures


def free_of(constraints: Array) -> Array:
    """Give Z (k, k - r), orthonormal, with constraints (r, k) @ Z = 0.

    Z is what is left of Q in the QR decomposition of the constraints, by Householder's reflections with LINPACK's
    signs, which R goes by. LAPACK takes the other sign where a pivot is -0.0, and so another basis.
    """
    rest = constraints.T.copy()
    Q = np.eye(len(rest))
    for column in range(rest.shape[1]):
        below = rest[column:, column]
        length = float(np.sqrt(np.sum(below * below)))
        u = below / (-length if below[0] < 0.0 else length)
        u[0] += 1.0
        rest[column:] -= np.outer(u, u @ rest[column:]) / u[0]
        Q[:, column:] -= np.outer(Q[:, column:] @ u, u) / u[0]
    return Q[:, rest.shape[1] :]


def _interval(x: Array, knots: Array, degree: int) -> IntArray:
    """Give j (m,) with t_j <= x < t_{j+1}; the outermost intervals take what lies beyond."""
    return np.clip(np.searchsorted(knots, x, side="right") - 1, degree, len(knots) - degree - 2)


def _splines(x: Array, knots: Array, degree: int, interval: IntArray) -> Array:
    """Give the B-splines (m, k - degree - 1), as polynomials of the given intervals (m,)."""
    alive = np.ones((len(x), degree + 1))  # the degree + 1 splines that are not zero, from i = j - degree on
    for d in range(1, degree + 1):
        carried = np.zeros(len(x))
        for r in range(d):
            high, low = knots[interval + r + 1], knots[interval + r + 1 - d]
            share = alive[:, r] / (high - low)
            alive[:, r] = carried + (high - x) * share
            carried = (x - low) * share
        alive[:, d] = carried
    columns = np.zeros((len(x), len(knots) - degree - 1))
    rows = np.arange(len(x))
    for r in range(degree + 1):
        columns[rows, interval - degree + r] = alive[:, r]
    return columns
