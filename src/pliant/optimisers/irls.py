"""Fit a line to its floor: iteratively reweighted least squares by QR.

Every step solves a least-squares problem for the *increment* of the coefficients, with the residual formed
afresh, so rounding in one step is repaired by the next and the steps end where float64 ends. The normal
equations, which square the condition number, are never formed: rows pass through a QR factor in chunks, so
memory is that of the design matrix and one chunk.

Knows nothing of tables or names of columns: a likelihood is anything with the methods of `Likelihood` below.

References
----------
McCullagh and Nelder (1989), Generalized Linear Models, chapter 2.
Golub and Van Loan (2013), Matrix Computations, 4th edition, section 5.3.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pliant.types import Array, BoolArray

MAX_STEPS = 200
MAX_HALVINGS = 30
SETTLED = 1e-6  # a relative step below this has converged; the steps go on until they no longer shrink
TINY = 1e-300
CHUNK_CELLS = 4_000_000  # numbers in one block of rows: 32 MB


class Likelihood(Protocol):
    """What the driver asks of a family with its link."""

    def start(self, y: Array, weights: Array) -> Array:
        """Give a first eta (n, q) that the family admits."""

    def constant(self, y: Array, weights: Array) -> Array:
        """Give the eta (q,) of the weighted mean response."""

    def valid(self, eta: Array, mu: Array) -> bool:
        """Say whether every mean exists and lies inside the family."""

    def mean(self, eta: Array) -> Array:
        """Give the mean (n, C) of each row from eta (n, q)."""

    def deviance(self, y: Array, mu: Array) -> Array:
        """Give the unit deviance (n,) of each row."""

    def step_rows(self, y: Array, eta: Array, mu: Array) -> tuple[Array, Array]:
        """Give F (n, r, q) and b (n, r): F'F is the information of a row on eta, F'b its score."""


@dataclass(frozen=True)
class LineFit:
    """What the driver found. Aliased columns have coefficient NaN and take no part."""

    coefficients: Array  # (p, q)
    covariance: Array  # (p q, p q), inverse information there, one column of `coefficients` after another
    deviance: float
    rank: int
    aliased: BoolArray  # (p,)
    steps: int
    last_step: Array  # (p, q), change in the last step, relative to the coefficient or to its share of eta
    converged: bool  # whether eta had come to rest; a coefficient may tremble still where columns nearly agree


def fit_line(
    likelihood: Likelihood,
    X: Array,
    y: Array,
    weights: Array,
    offset: Array,
    *,
    aliased: BoolArray | None = None,
    ridge: Array | None = None,
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
    watch : callable, optional
        Of the eta (n, q) of the rows with weight, after each step; the fit stops when it says so.

    Returns
    -------
    LineFit
        Not `converged` if the steps did not die out: the caller says why.
    """
    used = weights > 0.0
    if not used.all():
        X, y, weights, offset = X[used], y[used], weights[used], offset[used]
    p = X.shape[1]
    left_out = np.zeros(p, dtype=bool) if aliased is None else aliased
    kept = np.flatnonzero(~left_out)
    decay = np.zeros(len(kept)) if ridge is None else ridge[kept]
    descent = _Descent(likelihood, np.ascontiguousarray(X[:, kept]), y, weights, offset, decay)
    steps = descent.run(watch)
    q = descent.q
    coefficients, last_step = np.full((2, p, q), np.nan)
    coefficients[kept], last_step[kept] = descent.beta, descent.size
    at = (kept[None, :] + p * np.arange(q)[:, None]).ravel()
    covariance = np.full((p * q, p * q), np.nan)
    covariance[np.ix_(at, at)] = descent.covariance()
    settled = descent.eta_step < SETTLED
    return LineFit(coefficients, covariance, descent.deviance, len(kept), left_out, steps, last_step, settled)


class _Descent:
    """One fit under way: coefficients, eta, mean and deviance belong together at all times."""

    def __init__(self, likelihood: Likelihood, X: Array, y: Array, weights: Array, offset: Array, decay: Array) -> None:
        self.likelihood, self.X, self.y, self.weights = likelihood, X, y, weights
        self.root, self.offset = np.sqrt(weights), offset[:, None]
        self.eta = likelihood.start(y, weights)
        self.mu = likelihood.mean(self.eta)
        self.q = self.eta.shape[1]
        self.decay = np.sqrt(np.tile(decay, self.q))
        self.length = np.sqrt(np.einsum("ij,ij->j", X, X) / max(len(X), 1))[:, None]
        self.size = np.full((X.shape[1], self.q), np.inf)  # of the last step, coefficient by coefficient
        self.eta_step = np.inf if X.shape[1] else 0.0  # the same on eta: what decides
        self.noise = 0.0  # root mean square of the working residual
        self._begin()

    def run(self, watch: Callable[[Array], bool] | None = None) -> int:
        """Take steps until they no longer shrink, or the watch says stop; give their number."""
        steps, smallest, stale = 0, np.inf, 0
        while steps < MAX_STEPS and stale < 2 and self.eta_step > 0.0:
            self._step()
            steps += 1
            if self.eta_step < SETTLED:
                stale = stale + 1 if self.eta_step > 0.5 * smallest else 0
                smallest = min(smallest, self.eta_step)
            if not np.isfinite(self.eta_step) or (watch is not None and watch(self.eta)):
                break
        return steps

    def covariance(self) -> Array:
        """Give the inverse of the information at the coefficients as they are, (p q, p q)."""
        inverse = _inverse(self._triangle(self.beta)[0])
        return np.asarray(inverse @ inverse.T)

    def _begin(self) -> None:
        """Go from the starting means to coefficients: the first weighted fit, or as far towards it as holds."""
        first = _solve(*self._triangle(np.zeros((self.X.shape[1], self.q)), self.eta - self.offset), self.q)
        constant = self.likelihood.constant(self.y, self.weights) - self.offset
        flat = np.linalg.lstsq(self.X, constant, rcond=None)[0]
        for share in (1.0, 0.5, 0.25, 0.1, 0.01, 0.0):
            self.beta = flat + share * (first - flat)
            self.eta, self.mu, self.deviance = self._at(self.beta)
            if np.isfinite(self.deviance):
                break

    def _step(self) -> None:
        """Move by one weighted least-squares increment, halved until the deviance does not rise."""
        move = _solve(*self._triangle(self.beta), self.q)
        if not np.all(np.isfinite(move)):
            self.size, self.eta_step = np.full_like(move, np.inf), np.inf
            return
        now = self._penalised(self.beta, self.deviance)
        for halving in range(MAX_HALVINGS):
            beta = self.beta + 0.5**halving * move
            eta, mu, deviance = self._at(beta)
            if self._penalised(beta, deviance) <= now + 1e-10 * (abs(now) + 0.1):
                self.beta, self.eta, self.mu, self.deviance = beta, eta, mu, deviance
                break
        else:
            move = np.full_like(move, np.inf)
        reach = max(float(np.sqrt(np.mean((self.eta - self.offset) ** 2))), self.noise, TINY)
        self.eta_step = float(np.max(np.abs(self.X @ move))) / reach if np.all(np.isfinite(move)) else np.inf
        self.size = np.abs(move) / np.maximum(np.abs(self.beta), reach / np.maximum(self.length, TINY))

    def _at(self, beta: Array) -> tuple[Array, Array, float]:
        """Give eta, mean and deviance at some coefficients; deviance inf where the family does not hold."""
        eta = self.X @ beta + self.offset
        mu = self.likelihood.mean(eta)
        if not self.likelihood.valid(eta, mu):
            return eta, mu, np.inf
        deviance = float(self.weights @ self.likelihood.deviance(self.y, mu))
        return eta, mu, deviance if np.isfinite(deviance) else np.inf

    def _penalised(self, beta: Array, deviance: float) -> float:
        """Give what is minimised: deviance plus the ridge."""
        return deviance + float(np.sum((self.decay * beta.T.ravel()) ** 2))

    def _triangle(self, beta: Array, target: Array | None = None) -> tuple[Array, Array]:
        """Give R and Q'b of the weighted least-squares problem whose solution is the increment of beta.

        A row of the problem is sqrt(w_i) F_i (x) x_i, with b_i = sqrt(w_i) r_i; with `target` it is for the
        coefficients themselves, b_i = sqrt(w_i) (r_i + F_i target_i). The ridge adds rows of its own.
        """
        n, p = self.X.shape
        k = p * self.q
        stack = np.zeros((k, k + 1))
        stack[:, :k] = np.diag(self.decay)
        stack[:, k] = -self.decay * beta.T.ravel()
        squares = information = 0.0
        for part in _chunks(n, k):
            F, r = self.likelihood.step_rows(self.y[part], self.eta[part], self.mu[part])
            if target is not None:
                r = r + np.einsum("nrq,nq->nr", F, target[part])
            root = self.root[part]
            rows = np.einsum("n,nrq,np->nrqp", root, F, self.X[part]).reshape(-1, k)
            b = (root[:, None] * r).reshape(-1, 1)
            squares, information = (
                squares + float(np.sum(b * b)),
                information + float(np.sum((root[:, None, None] * F) ** 2)),
            )
            stacked: Array = np.vstack([stack, np.hstack([rows, b])])
            stack = np.asarray(np.linalg.qr(stacked, mode="r"))[:k]
        self.noise = (squares / max(information, TINY)) ** 0.5
        return stack[:, :k], stack[:, k]


def _solve(R: Array, right: Array, q: int) -> Array:
    """Solve the triangle; give (p, q). Zero where a diagonal has vanished: nothing is known there."""
    k = len(right)
    diagonal = np.abs(np.diagonal(R))
    if k and (not np.all(np.isfinite(R)) or np.any(diagonal == 0.0)):
        return np.full((k // q, q), np.inf)
    return np.asarray(np.linalg.solve(R, right)).reshape(q, -1).T


def _inverse(R: Array) -> Array:
    """Invert a triangle; all NaN where it has no inverse."""
    if len(R) and (not np.all(np.isfinite(R)) or np.any(np.diagonal(R) == 0.0)):
        return np.full_like(R, np.nan)
    return np.asarray(np.linalg.inv(R))


def _chunks(n: int, columns: int) -> Iterator[slice]:
    """Split n rows into slices whose blocks stay near CHUNK_CELLS numbers."""
    rows = max(CHUNK_CELLS // max(columns, 1), columns, 1)
    for first in range(0, n, rows):
        yield slice(first, min(first + rows, n))
