"""Separation: whether the likelihood of a line rises without end along some direction, and which columns run off.

A direction d separates if no row loses by it and some row gains (the cone of `cone.py`). It is looked for by linear
programmes: the sum of all gains is maximised over a box. Rows that gain are then taken out, since no later direction
can undo them, and the search goes on among the rest until none gains. What is left has a finite fit; a coefficient
runs off if it can change without moving any of these rows.

The programme sees few rows of a large table: those that its last answer hurt most are added until none is hurt.
A fit in which no row is all but certain, and whose steps have died out, needs no search: its score equations are a
positive combination of the conditions that sums to zero, which by Gordan's theorem leaves no separating direction.

References
----------
Albert and Anderson (1984), On the existence of maximum likelihood estimates in logistic regression models.
Konis (2007), Linear programming algorithms for detecting separated data in binary logistic regression models.
Geyer (2009), Likelihood inference in exponential families and directions of recession.
"""

from dataclasses import dataclass

import numpy as np

from pliant.functions.likelihood import Likelihood
from pliant.line.cone import Cone, Pairs, conditions, interval, null_space
from pliant.types import Array, BoolArray, IntArray

CERTAIN = 3e-7  # a mean this near its end is all but certain: eta of about 15 with the logit
ALL_AT_ONCE = 2_000  # conditions that the programme takes without a choice
MAX_ROUNDS = 200
CLEAN = 1e-12  # a margin above minus this is not negative
MOVES = 1e-7  # a coefficient moves if its share of a direction is larger


@dataclass(frozen=True)
class Separation:
    """What runs off, and which way."""

    kind: str  # "complete", if every row gains, or "quasi-complete"
    runs_off: BoolArray  # (p, q), coefficients without a finite estimate
    direction: Array  # (p, q), along which the likelihood rises without end; the largest entry is 1
    n_rows: int  # with a positive weight
    n_separated: int  # of these, that gain


def find_separation(likelihood: Likelihood, X: Array, y: Array) -> Separation | None:
    """Look for directions along which the likelihood of a line rises without end.

    maximise sum_k g_k'd  subject to  g_k'd >= 0,  e_l'd = 0,  -1 <= d_j <= 1

    where g_k are the rows that may run to an end of their family (x_i for a success, -x_i for a failure or a zero
    count, one for each other class of a class) and e_l the rows that may not.

    Parameters
    ----------
    likelihood : Likelihood
    X : ndarray, shape (n, p)
        Design matrix of independent columns, in rows that have weight. Weights and offsets do not matter.
    y : ndarray, shape (n, C)

    Returns
    -------
    Separation or None
        None if every coefficient has a finite estimate (or, from a table on the verge of separation, if float64
        cannot tell).
    """
    if X.size == 0:
        return None
    cone = Cone(X, y, likelihood)
    if len(cone.parting) == 0:
        return None
    free = cone.unmoved_by(cone.level)
    rest, direction = cone.parting, np.zeros(cone.q * cone.p)
    while len(rest) and free.shape[1]:
        found = _best(cone, rest, free)
        if found is None:
            break
        direction = _added(direction, found, cone)
        rest = rest.take(~(cone.margins(found, rest) > cone.tolerance))
    if not direction.any():
        return None
    return _described(cone, rest, direction)


def _described(cone: Cone, rest: Pairs, direction: Array) -> Separation:
    """Say what a direction means, with the conditions that no direction can better."""
    moves = np.abs(cone.coefficients(cone.unmoved_by(cone.level, rest)))
    runs_off = np.max(moves, axis=2) > MOVES * np.max(moves)
    change = np.where(runs_off, cone.coefficients(direction)[:, :, 0] / cone.length[:, None], 0.0)
    gains = np.zeros(len(cone.X), dtype=bool)
    gains[cone.parting.row[cone.margins(direction, cone.parting) > CLEAN]] = True
    complete = not len(rest) and not len(cone.level)
    return Separation(
        "complete" if complete else "quasi-complete",
        runs_off,
        change / np.max(np.abs(change)),
        len(cone.X),
        int(np.sum(gains)),
    )


def _best(cone: Cone, rest: Pairs, free: Array) -> Array | None:
    """Give the direction with the largest sum of margins, or None if there is none with a positive one."""
    goal = free.T @ cone.total(rest)
    largest = float(np.max(np.abs(goal)))
    if largest <= cone.tolerance:
        return None
    chosen: IntArray = np.arange(len(rest) if len(rest) <= ALL_AT_ONCE else 0)
    v = goal / largest
    for _ in range(MAX_ROUNDS):
        if len(chosen):
            solved = _programme(goal, cone.rows(rest.take(chosen)) @ free)
            if solved is None:
                return None
            v = solved
        margins = cone.margins(free @ v, rest)
        hurt = np.flatnonzero(margins < -cone.tolerance)
        if len(hurt) == 0 or len(chosen) == len(rest):
            break
        chosen = np.union1d(chosen, _worst(margins, hurt, 50 + 5 * len(v)))
    else:
        return None
    return _cleaned(cone, rest, free @ v)


def _worst(margins: Array, hurt: IntArray, count: int) -> IntArray:
    """Choose among the rows that a direction hurts: half the worst, half from all of them; no margin twice."""
    _, first = np.unique(np.round(margins[hurt], 12), return_index=True)  # duplicates of a row share their margin
    half = count // 2
    spread = np.linspace(0, len(first) - 1, min(half, len(first))).astype(int)
    return np.asarray(hurt[np.union1d(first[:half], first[spread])])


def _programme(goal: Array, rows: Array) -> Array | None:
    """Maximise goal'v subject to rows v >= 0 and -1 <= v <= 1."""
    from scipy.optimize import linprog

    done = linprog(
        -goal / np.max(np.abs(goal)),
        A_ub=-rows,
        b_ub=np.zeros(len(rows)),
        bounds=(-1.0, 1.0),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return None if done.x is None else np.asarray(done.x)


def _cleaned(cone: Cone, rest: Pairs, u: Array) -> Array | None:
    """Give the direction with its small negative margins made zero; None if nothing is left of it."""
    margins = cone.margins(u, rest)
    if np.min(margins) < -CLEAN:
        level = null_space(cone.rows(rest.take(margins < 10.0 * cone.tolerance)), CLEAN)
        u = level @ (level.T @ u)
        margins = cone.margins(u, rest)
    if np.min(margins) < -cone.tolerance or np.max(margins) <= cone.tolerance:
        return None
    return u


def _added(before: Array, more: Array, cone: Cone) -> Array:
    """Add as much of a second direction as the margins of the first allow."""
    if not before.any():
        return more
    margins, change = cone.margins(before, cone.parting), cone.margins(more, cone.parting)
    loses = (change < 0.0) & (margins > cone.tolerance)
    share = float(np.min(-margins[loses] / change[loses])) if np.any(loses) else 1.0
    return before + min(0.5 * share, 1.0) * more


class Watch:
    """Look at a fit under way: cheap at every step, and one search at the first mean that is all but certain."""

    def __init__(self, likelihood: Likelihood, X: Array, y: Array, weights: Array, aliased: BoolArray) -> None:
        self.likelihood, self.X, self.kept, self.used = likelihood, X, ~aliased, weights > 0.0
        self.y = y if self.used.all() else y[self.used]
        self.found: Separation | None = None
        self.searched = False
        self.low, self.high = _certain_from(likelihood, self.y)

    def __call__(self, eta: Array) -> bool:
        """Say whether the fit with this eta (n, q), of the rows with weight, runs off and should stop."""
        if not self.searched and self._is_certain(eta):
            self.search()
        return self.found is not None

    def search(self) -> Separation | None:
        """Search now, unless it has been done."""
        if not self.searched:
            self.searched = True
            X = self.X if self.used.all() else self.X[self.used]
            self.found = find_separation(self.likelihood, X if self.kept.all() else X[:, self.kept], self.y)
        return self.found

    def _is_certain(self, eta: Array) -> bool:
        if np.min(eta, initial=0.0) >= self.low and np.max(eta, initial=0.0) <= self.high:
            return False  # the usual case, in two passes without a copy
        if self.likelihood.has_classes:
            return True
        pairs = conditions(self.likelihood, self.y)[0]
        up = pairs.above == 1
        return bool(np.any(eta[pairs.row[up]] > self.high) or np.any(eta[pairs.row[~up]] < self.low))


def _certain_from(likelihood: Likelihood, y: Array) -> tuple[float, float]:
    """Give the eta below and above which a mean is all but at an end of its family; infinite where it has none."""
    if likelihood.has_classes:
        half = -0.5 * float(np.log(CERTAIN))  # two classes that lie apart by twice that
        return -half, half
    low, high = interval(likelihood)
    unit = 1.0 if np.isfinite(high) else max(float(np.mean(np.abs(y))), 1e-300)
    below, above = -np.inf, np.inf
    for end, inside in ((low, low + CERTAIN * unit), (high, high - CERTAIN * unit)):
        if np.isfinite(end):
            with np.errstate(all="ignore"):
                at_end, eta = float(likelihood.link.link(np.array(end))), float(likelihood.link.link(np.array(inside)))
            below, above = (eta if at_end == -np.inf else below), (eta if at_end == np.inf else above)
    return below, above
