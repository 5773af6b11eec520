"""The last digits of a line: corrections by a score with twice the digits, and errors from the final weights.

A Newton step is only as good as its score: the inverse information that turns it into a step may be rough. So
the steps of irls.py end early, and their last factor T (T T' = information^-1, nearly) serves for corrections

    beta += T T' X'(-delta),     beta, eta = X beta and delta all as high + low,

which shrink until every digit of `high` stands. The covariance is made from the weights at the final beta:

    Z = X T,   M = Z' W Z,   C = T M^-1 T'

Z has twice the digits while it is summed; M is then within rounding of the identity, so that C has nearly all
digits of float64 whatever the condition of X.

Where rows are many and columns far from dependence, float64 gives the same digits: the errors of rows average
out. `LARGE` and `CALM` say where; benchmarks/digits.py has the figures.

References
----------
Higham (2002), Accuracy and Stability of Numerical Algorithms, chapters 12 and 20.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.extended import Extended, quick_two_sum, two_product, two_sum
from pliant.optimisers.passes import CELLS, TINY, Factor, Normal, Problem, blocks
from pliant.optimisers.slices import Rows, exponents
from pliant.products import across, gram, times
from pliant.types import Array

LARGE = 2**17  # numbers of X beyond which float64 does, if
CALM = 100.0  # the condition of the scaled columns is at most this
MAX_ROUNDS = 200
DONE = 2.0**-62  # a relative correction that moves no digit
KEPT = 2**22  # numbers of X whose slices are kept from round to round
# long double, where it has the 64 bits of x86 or more: 11 bits beyond float64 are enough for calm columns, and one
# NumPy call does what takes a dozen with pairs of float64 (a binomial line of 100 x 20: 0.9 ms less of 4.8)
WIDE: Any = np.longdouble if np.finfo(np.longdouble).nmant >= 63 else None
ROWS = 2048  # in a block: 11 bits, and 2 for the slices, which leave 20 to a slice


@dataclass(frozen=True)
class Polished:
    """The line at its floor."""

    beta: Array  # (p, q)
    eta: Array  # (n, q)
    deviance: float
    pearson: float  # sum of weights times (y - mu)^2 / variance
    covariance: Array  # (k, k)
    size: Array  # (p, q), last correction, relative to the coefficient
    settled: bool


def polish(problem: Problem, normal: Normal, factor: Factor, approach: float) -> Polished:
    """Correct the coefficients until their digits stand, and measure the fit there.

    Parameters
    ----------
    problem : Problem
    normal : Normal
        The last pass.
    factor : Factor
        Made from it.
    approach : float
        The last relative change of eta: how fast the steps converge.
    """
    return _Polish(problem, factor).run(normal, approach)


class _Polish:
    def __init__(self, problem: Problem, factor: Factor) -> None:
        self.problem, self.T = problem, factor.T
        self.calm = factor.condition <= CALM
        self.careful = problem.X.size <= LARGE or not self.calm
        condition = factor.condition if 1.0 <= factor.condition < np.inf else 1.0
        self.least_rate = 1e-15 * factor.condition**2  # what rounding leaves of an inverse by sums of products
        self.depth = min(8, math.ceil((70.0 + math.log2(condition)) / 20.0))
        self.top = exponents(problem.largest)
        self.kept: list[Rows] | None = None
        wide = self.careful and self.calm and WIDE is not None
        self.wide: Any = problem.X.astype(WIDE) if wide else None

    def run(self, normal: Normal, approach: float) -> Polished:
        problem = self.problem
        p, q = normal.beta.shape
        high, low = normal.beta, np.zeros_like(normal.beta)
        least = normal.reach / np.maximum(problem.length, TINY)[:, None]
        before, smallest, stale = max(approach, TINY), np.inf, 0
        known = 1.0  # the rate at which steps by this factor shrink, where the last step and the first correction tell
        move = each = np.full_like(high, np.inf)
        score = normal.right if normal.information is not None else None  # the last pass had it, to float64
        for _ in range(MAX_ROUNDS):
            rough = self.careful and score is not None
            score = self._score(high, low) if score is None else score
            move = (self.T @ (self.T.T @ score)).reshape(q, p).T
            score = None
            if not np.all(np.isfinite(move)):
                break
            new, error = two_sum(high, move)
            high, low = quick_two_sum(new, error + low)
            each = np.abs(move) / np.maximum(np.abs(high), 2.0**-60 * least)
            size = float(np.max(each, initial=0.0))
            rate = size / before
            if rough:
                known = max(rate, self.least_rate)
                before = max(size, TINY)
                continue
            rate = min(rate, known)
            if size <= DONE or (rate < 0.5 and size * rate < (DONE if self.careful else 2.0**-55)):
                break
            slow = 0.5 if size < 1e-12 else 0.95  # Fisher's steps shrink by a constant where the link is not canonical
            stale = stale + 1 if size > slow * smallest else 0
            if stale > (1 if size < 1e-12 else 5) or (stale and not self.careful and size < 1e-14):
                break
            before, smallest = size, min(smallest, size)
        size_of_eta = np.abs(move) / np.maximum(np.abs(high), least)
        settled = bool(np.all(size_of_eta < 1e-6))
        return self._measure(high, low, each, settled)

    def _blocks(self) -> Iterator[tuple[slice, Rows | None]]:
        """Go over the rows, cut into slices where care is taken."""
        n = len(self.problem.X)
        if not self.careful or self.wide is not None:
            for part in blocks(n, len(self.T), CELLS):
                yield part, None
            return
        parts = [slice(first, min(first + ROWS, n)) for first in range(0, n, ROWS)]
        if self.kept is None and self.problem.X.size <= KEPT:
            self.kept = [Rows(self.problem.X[part], self.top, self.depth) for part in parts]
        for i, part in enumerate(parts):
            yield part, self.kept[i] if self.kept else Rows(self.problem.X[part], self.top, self.depth)

    def _eta(self, part: slice, rows: Rows | None, high: Array, low: Array) -> Any:
        """Give eta of a block: Extended where care is taken."""
        offset = self.problem.offset[part]
        if self.wide is not None:
            return self.wide[part] @ (high.astype(WIDE) + low) + offset
        if rows is None:
            return times(self.problem.X[part], high) + offset
        line, rest = rows.times(high, low)
        total, error = two_sum(line, offset)
        return Extended(*quick_two_sum(total, error + rest))

    def _score(self, high: Array, low: Array) -> Array:
        """Give minus the slope of half the objective on beta, (k,)."""
        problem = self.problem
        if self.wide is not None:
            return self._wide_score(high.astype(WIDE) + low)
        penalty, error = two_product(problem.decay, high.T.ravel())
        total, rest = -penalty, -error - problem.decay * low.T.ravel()
        with np.errstate(all="ignore"):
            for part, rows in self._blocks():
                y, weights = problem.y[part], problem.weights[part][:, None]
                eta = self._eta(part, rows, high, low)
                if rows is None:
                    share = across(problem.X[part], -weights * problem.likelihood.delta(y, eta)).T.ravel()
                    more = np.zeros_like(share)
                else:
                    pull = Extended(-weights) * _extended(lambda at, y=y: problem.likelihood.delta(y, at), eta)
                    a, b = rows.across(pull.high, pull.low)
                    share, more = a.T.ravel(), b.T.ravel()
                total, error = two_sum(total, share)
                rest = rest + error + more
        return np.asarray(total + rest)

    def _wide_score(self, beta: Any) -> Array:
        """Give the score in long double, rounded once."""
        problem = self.problem
        with np.errstate(all="ignore"):
            eta = self.wide @ beta + problem.offset
            pull = _precise(lambda at: problem.likelihood.delta(problem.y, at), eta)
            score = self.wide.T @ (problem.weights[:, None] * pull)
            return np.asarray(-score.T.ravel() - problem.decay * beta.T.ravel(), dtype=np.float64)

    def _measure(self, high: Array, low: Array, size: Array, settled: bool) -> Polished:
        """Give deviance, Pearson's statistic and covariance at the final coefficients."""
        problem, likelihood = self.problem, self.problem.likelihood
        (p, q), k = high.shape, len(self.T)
        eta = np.empty((len(problem.X), q))
        M = self.T.T @ (problem.decay[:, None] * self.T)
        deviances: list[float] = []
        pearsons: list[float] = []
        with np.errstate(all="ignore"):
            for part, rows in self._blocks():
                y, weights = problem.y[part], problem.weights[part]
                here = self._eta(part, rows, high, low)
                eta[part] = at = _rounded(here)
                mu = likelihood.mean(at)
                F, _ = likelihood.step_rows(y, at, mu)
                off, left = self._distance(y, weights, here, mu)
                deviances.append(off)
                pearsons.append(left)
                Z = [self._times_T(part, rows, slice(a * p, a * p + p)) for a in range(q)]
                _add_information(M, weights, F, Z)
        try:
            half = np.linalg.solve(np.linalg.cholesky(M), self.T.T)
        except np.linalg.LinAlgError:
            half = np.full((k, k), np.nan)
        return Polished(high, eta, math.fsum(deviances), math.fsum(pearsons), half.T @ half, size, settled)

    def _distance(self, y: Array, weights: Array, here: Any, mu: Array) -> tuple[float, float]:
        """Give deviance and Pearson's statistic of some rows, with the digits of eta where its rounding matters.

        That moves the deviance by some eps sum w |y - mu| mu / V, of which chance takes all but the root; a close fit
        magnifies it.
        """
        likelihood = self.problem.likelihood
        left = weights * likelihood.pearson(y, mu)
        if self.careful:
            size = float(weights @ likelihood.pearson(np.zeros_like(y), mu))
            if not size <= float(left.sum()) * len(y):
                best = _precise(likelihood.mean, here)
                return _weighted(weights, likelihood.deviance, y, best), _weighted(weights, likelihood.pearson, y, best)
        return _total(weights * likelihood.deviance(y, mu)), _total(left)

    def _times_T(self, part: slice, rows: Rows | None, of: slice) -> Array:
        """Give a block of X times some rows of T, rounded once."""
        if rows is None or self.calm:
            return times(self.problem.X[part], self.T[of])
        return rows.times(self.T[of], np.zeros_like(self.T[of]))[0]


def _add_information(M: Array, weights: Array, F: Array, Z: list[Array]) -> None:
    """Add sum_i w_i (F_i Z_i)'(F_i Z_i) to M."""
    if len(Z) == 1 and F.shape[1] == 1:
        scaled = Z[0] * (np.sqrt(weights) * F[:, 0, 0])[:, None]
        M += gram(scaled)
        return
    for r in range(F.shape[1]):
        wide = np.zeros_like(Z[0])
        for a, z in enumerate(Z):
            wide += z * (np.sqrt(weights) * F[:, r, a])[:, None]
        M += wide.T @ wide


def _weighted(weights: Array, of: Any, y: Array, mu: Any) -> float:
    """Give the weighted sum of unit deviances, or their like, with the digits of the means."""
    try:
        each = of(y, mu)
        total = float((Extended(weights) * each).total() if isinstance(each, Extended) else weights @ each)
        if math.isfinite(total):
            return total
    except TypeError:
        pass
    return _total(weights * of(y, _rounded(mu)))


def _total(each: Array) -> float:
    """Give a sum, rounded once if it is short."""
    return math.fsum(each.tolist()) if len(each) <= ROWS else float(np.sum(each))


def _rounded(value: Any) -> Array:
    """Give the numbers rounded to float64."""
    return value.high if isinstance(value, Extended) else value.astype(np.float64)


def _precise(of: Any, at: Any) -> Any:
    """Evaluate a function with the digits of its argument, Extended or long double."""
    if isinstance(at, Extended):
        return _extended(of, at)
    try:
        value = of(at)
        if value.dtype == at.dtype and np.isfinite(value).all():
            return value
    except TypeError:
        pass
    high = at.astype(np.float64)
    found = _extended(of, Extended(high, (at - high).astype(np.float64)))
    return found.high.astype(at.dtype) + found.low


def _extended(of: Any, at: Extended) -> Extended:
    """Evaluate a function with twice the digits; where it knows only float64, with the slope times the low part."""
    try:
        value = of(at)
        if isinstance(value, Extended) and np.all(np.isfinite(value.high)):
            return Extended(value.high, np.where(np.isfinite(value.low), value.low, 0.0))
    except TypeError:
        pass
    value = of(at.high)
    if at.high.shape[-1] > 1:
        return Extended(value)
    step = 1e-6 * np.abs(at.high) + 1e-9
    low = (of(at.high + step) - value) / step * at.low
    return Extended(*quick_two_sum(value, np.where(np.isfinite(low), low, 0.0)))
