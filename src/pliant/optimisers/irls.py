"""Fit a line to its floor: iteratively reweighted least squares, then corrections with twice the digits.

Every step solves a least-squares problem for the *increment* of the coefficients, with the residual formed
afresh, so rounding in one step is repaired by the next. The steps end when eta has come to rest; the last digits
are the work of polish.py. Columns may have any size: all scaling is by powers of two, which round nothing.

Knows nothing of tables or names of columns: a likelihood is anything with the methods of `passes.Likelihood`.

References
----------
McCullagh and Nelder (1989), Generalized Linear Models, chapter 2.
Golub and Van Loan (2013), Matrix Computations, 4th edition, section 5.3.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pliant.optimisers.passes import Factor, Likelihood, Normal, Problem, factor, run
from pliant.optimisers.polish import Polished, polish
from pliant.products import times
from pliant.types import Array, BoolArray

__all__ = ["SETTLED", "Likelihood", "LineFit", "fit_line"]

MAX_STEPS = 200
MAX_HALVINGS = 30
SETTLED = 1e-6  # a relative step below this has converged
TREMBLE = 1e-13  # times the condition: what rounding does to eta
PATIENCE, RUN_OFF = 25, 1e6  # after so many steps, a condition so many times that of the start: no end is in sight
ILL = 1e3  # a condition; from here the equations, which square it, do not give eta to what is promised unpolished
HUGE = 200  # a column beyond 2^200, or below 2^-200, is scaled before its squares are summed


@dataclass(frozen=True)
class LineFit:
    """What the driver found. Aliased columns have coefficient NaN and take no part."""

    coefficients: Array  # (p, q), each rounded once if polished
    covariance: Array  # (p q, p q), inverse information there, one column of `coefficients` after another
    deviance: float
    rank: int
    aliased: BoolArray  # (p,)
    steps: int
    last_step: Array  # (p, q), last change, relative to the coefficient, or of a step to its share of eta
    converged: bool  # whether eta had come to rest; a coefficient may tremble still where columns nearly agree
    eta: Array  # (n, q), of all rows, those of weight 0 as well
    pearson: float  # sum of weights times (y - mu)^2 / variance; 0 where the family has no use for it
    condition: float  # of the columns, weighted and scaled to one length; inf where a step found no inverse


def fit_line(
    likelihood: Likelihood,
    X: Array,
    y: Array,
    weights: Array,
    offset: Array,
    *,
    aliased: BoolArray | None = None,
    ridge: Array | None = None,
    polished: bool = True,
    start: Array | None = None,
    watch: Callable[[Array], bool] | None = None,
) -> LineFit:
    """Find the coefficients that minimise the deviance of a generalised linear model.

    eta = offset + X beta;   minimise sum_i w_i d(y_i, mu_i) + sum_j ridge_j beta_j^2

    Parameters
    ----------
    likelihood : Likelihood
    X : ndarray, shape (n, p)
        Design matrix, with its column of ones if there is an intercept.
    y : ndarray, shape (n, C)
        Response as the likelihood takes it.
    weights, offset : ndarray, shape (n,)
        Prior weights, not negative; offset on the scale of the link.
    aliased : ndarray of bool, shape (p,), optional
        Columns to leave out, since others determine them.
    ridge : ndarray, shape (p,), optional
        Not negative; added to the information of each coefficient.
    polished : bool
        Whether to correct the last digits. Without, eta is right to a millionth of its reach, in half the time; where
        columns nearly agree it takes the corrections to be that.
    start : ndarray, shape (n, q), optional
        A first eta, if one is known that is better than the family's own.
    watch : callable, optional
        Of the eta (n, q) of the rows with weight, after each step; the fit stops when it says so.

    Returns
    -------
    LineFit
        Not `converged` if the steps did not die out: the caller says why.
    """
    p = X.shape[1]
    used = weights > 0.0
    all_used = bool(used.all())
    left_out = np.zeros(p, dtype=bool) if aliased is None else aliased
    kept = np.flatnonzero(~left_out)
    columns = X if len(kept) == p else X[:, kept]
    if not all_used:
        columns, y, weights, start = columns[used], y[used], weights[used], None if start is None else start[used]
    first = likelihood.start(y, weights) if start is None else start
    q = first.shape[1]
    decay = np.tile(np.zeros(len(kept)) if ridge is None else ridge[kept], q)
    at_rows = offset[used][:, None] if not all_used else offset[:, None]
    problem = Problem(likelihood, columns, y, weights, at_rows, decay, q)
    scale = _scale(problem.largest)
    units = np.tile(scale, q)
    if np.any(scale != 1.0):
        problem = Problem(likelihood, columns * scale, y, weights, at_rows, decay * units**2, q)
    descent = _Descent(problem, first)
    found = descent.run(polished, watch)
    coefficients, last_step = np.full((2, p, q), np.nan)
    coefficients[kept] = found.beta * units.reshape(q, -1).T
    last_step[kept] = found.size
    at = (kept[None, :] + p * np.arange(q)[:, None]).ravel()
    covariance = np.full((p * q, p * q), np.nan)
    covariance[np.ix_(at, at)] = found.covariance * units * units[:, None]
    eta = found.eta
    if not all_used:
        eta = X[:, kept] @ coefficients[kept] + offset[:, None]
        eta[used] = found.eta
    return LineFit(
        coefficients,
        covariance,
        found.deviance,
        len(kept),
        left_out,
        descent.steps,
        last_step,
        found.settled,
        eta,
        found.pearson,
        descent.condition,
    )


def _scale(largest: Array) -> Array:
    """Give powers of two that bring columns near 1 if any is of extreme size; else 1."""
    power = np.where(largest > 0.0, np.frexp(largest)[1], 0)
    return np.asarray(np.ldexp(1.0, -power if np.any(np.abs(power) > HUGE) else 0 * power), dtype=np.float64)


class _Descent:
    """One fit under way."""

    def __init__(self, problem: Problem, eta: Array) -> None:
        self.problem, self.by_qr, self.steps = problem, False, 0
        self.only: Factor | None = None  # of a problem that one step solves
        p = problem.X.shape[1]
        self.size = np.full((p, problem.q), np.inf)  # of the last step, coefficient by coefficient
        self.eta_step = np.inf if p else 0.0  # the same on eta: what decides
        self.condition = self.at_first = np.inf if p else 1.0  # at_first: with the weights of the start
        self.now = self._begin(eta)

    def run(self, polished: bool, watch: Callable[[Array], bool] | None = None) -> Polished:
        """Take steps until eta is at rest, then correct; give the line as it is where it does not come to rest."""
        if self.only is not None:
            return self._end(self.only, polished, rests=True)
        smallest, stale = np.inf, 0
        while self.steps < MAX_STEPS:
            found = self._factor()
            if found is None:
                self.size, self.eta_step = np.full_like(self.size, np.inf), np.inf
                break
            if self.eta_step < SETTLED or self._is_small(found):
                return self._end(found, polished, rests=True)
            self._step(found)
            self.steps += 1
            if watch is not None and watch(self.now.eta):
                break
            ran_off = self.steps > PATIENCE and self.condition > RUN_OFF * self.at_first
            if not np.isfinite(self.eta_step) or ran_off:
                break
            # columns that nearly agree leave eta trembling above SETTLED: its digits are the polish's to find
            stale = stale + 1 if self.eta_step > 0.5 * smallest else 0
            smallest = min(smallest, self.eta_step)
            if stale > 3 and self.at_first * TREMBLE > self.eta_step:
                return self._end(self._factor(), polished, rests=self.eta_step < SETTLED)
        return self._unpolished(None, settled=False)

    def _end(self, found: Factor | None, polished: bool, rests: bool) -> Polished:
        if found is None:
            return self._unpolished(None, settled=False)
        if not polished and self.condition < ILL:
            return self._unpolished(found, settled=rests)
        approach = self.eta_step if np.isfinite(self.eta_step) else 1.0
        return polish(self.problem, self.now, found, approach)

    def _unpolished(self, found: Factor | None, settled: bool) -> Polished:
        k, now = self.size.size, self.now
        covariance = np.full((k, k), np.nan) if found is None else found.T @ found.T.T
        problem = self.problem
        with np.errstate(all="ignore"):
            mu = problem.likelihood.mean(now.eta)
            deviance = float(problem.weights @ problem.likelihood.deviance(problem.y, mu))
            pearson = float(problem.weights @ problem.likelihood.pearson(problem.y, mu))
        deviance = deviance if np.isfinite(deviance) else np.inf
        return Polished(now.beta, now.eta, deviance, pearson, covariance, self.size, settled)

    def _factor(self) -> Factor | None:
        """Invert the equations of the last pass; by QR from the moment when their sums are too ill-conditioned."""
        found = factor(self.now)
        if found is None and not self.by_qr:
            self.by_qr = True
            self.now = run(self.problem, self.now.beta, self.now.eta, by_qr=True)
            found = factor(self.now)
        self.condition = np.inf if found is None else found.condition
        return found

    def _is_small(self, found: Factor) -> bool:
        """Say whether the next step can move no eta by more than SETTLED, without another pass."""
        move = np.abs(found.move).reshape(self.problem.q, -1)
        return bool(np.all(move @ self.problem.largest < SETTLED * self.now.reach))

    def _begin(self, eta: Array) -> Normal:
        """Go from the starting means to coefficients: the first weighted fit, or as far towards it as holds."""
        problem = self.problem
        shape = (problem.X.shape[1], problem.q)
        begun = run(problem, np.zeros(shape), eta, start=True)
        found = factor(begun)
        if found is None:
            self.by_qr = True
            begun = run(problem, np.zeros(shape), eta, start=True, by_qr=True)
            found = factor(begun)
        self.at_first = 1.0 if found is None else found.condition  # separation makes it grow later, and is no tremble
        first = np.zeros(shape) if found is None else found.move.reshape(problem.q, -1).T
        if found is not None and problem.likelihood.is_linear:  # a second pass would find the same equations
            self.only, self.size = found, np.zeros(shape)
            self.condition = found.condition
            line = times(problem.X, first)
            reach = max(float(np.vdot(line, line) / max(line.size, 1)) ** 0.5, begun.reach)
            return replace(begun, beta=first, eta=line + problem.offset, reach=reach, information=None, triangle=None)
        now = run(problem, first, eta, by_qr=self.by_qr)
        if np.isfinite(now.objective) or not len(first):
            return now
        constant = problem.likelihood.constant(problem.y, problem.weights) - problem.offset
        flat = np.linalg.lstsq(problem.X, constant, rcond=None)[0]
        for share in (0.5, 0.25, 0.1, 0.01, 0.0):
            now = run(problem, flat + share * (first - flat), eta, by_qr=self.by_qr)
            if np.isfinite(now.objective):
                break
        return now

    def _step(self, found: Factor) -> None:
        """Move by one weighted least-squares increment, halved until the deviance does not rise."""
        move = found.move.reshape(self.problem.q, -1).T
        if not np.all(np.isfinite(move)):
            self.size, self.eta_step = np.full_like(move, np.inf), np.inf
            return
        before = self.now
        for halving in range(MAX_HALVINGS):
            share = 0.5**halving
            now = run(self.problem, before.beta + share * move, before.eta, by_qr=self.by_qr)
            if now.objective <= before.objective + 1e-10 * (abs(before.objective) + 0.1):
                break
        else:
            self.size, self.eta_step = np.full_like(move, np.inf), np.inf
            return
        self.now = now
        self.eta_step = now.change / share / now.reach
        least = now.reach / np.maximum(self.problem.length, 1e-300)[:, None]
        self.size = np.abs(move) / np.maximum(np.abs(now.beta), least)
