"""One pass over the rows: the loss at some coefficients, and the normal equations of the next step.

A pass goes through the rows in blocks that stay in the processor's cache, so that beyond the design matrix a
fit needs two vectors of eta, however many rows there are; each block gives its means, its loss, its
share of the information and of the score.

The information X'WX squares the condition number. Up to `WORST` that does no harm, since the corrections that
follow need only a rough inverse (see polish.py); beyond it the blocks go through a QR factor, which does not
square it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from pliant.products import across, gram, times
from pliant.types import Array

CELLS = 2**17  # numbers in one block of rows: 1 MB
MOST_ROWS = 8192  # in one block: a sum of more is shared between processors, which costs more than it saves
QR_CELLS = 2**22  # numbers in one block for QR, which is slow on few rows
WORST = 1e6  # condition of the scaled columns up to which the information is good enough
TINY = 1e-300


class Likelihood(Protocol):
    """What the driver asks of a family with its link."""

    @property
    def is_linear(self) -> bool:
        """Say whether one step ends at the solution."""

    def start(self, y: Array, weights: Array) -> Array:
        """Give a first eta (n, q) that the family admits."""

    def constant(self, y: Array, weights: Array) -> Array:
        """Give the eta (q,) of the weighted mean response."""

    def valid(self, eta: Array, mu: Array) -> bool:
        """Say whether every mean exists and lies inside the family."""

    def mean(self, eta: Array) -> Array:
        """Give the mean (n, C) of each row from eta (n, q)."""

    def loss(self, y: Array, eta: Array) -> Array:
        """Give half the unit deviance (n,), but for what eta does not move; inf where the family does not hold."""

    def deviance(self, y: Array, mu: Array) -> Array:
        """Give the unit deviance (n,) of each row."""

    def pearson(self, y: Array, mu: Array) -> Array:
        """Give (y - mu)^2 / variance (n,) of each row; zeros where the family has no use for it."""

    def delta(self, y: Array, eta: Array) -> Array:
        """Give the slope of the loss on eta (n, q)."""

    def step_rows(self, y: Array, eta: Array, mu: Array) -> tuple[Array, Array]:
        """Give F (n, r, q) and b (n, r): F'F is the information of a row on eta, F'b its score."""

    def pass_rows(self, y: Array, eta: Array) -> tuple[Array, Array, Array] | None:
        """Give the loss, F and b at once; None where a row lies outside the family or the link."""


@dataclass(frozen=True)
class Problem:
    """What is fitted: rows with a weight above zero, columns that say something new."""

    likelihood: Likelihood
    X: Array  # (n, p)
    y: Array  # (n, C)
    weights: Array  # (n,)
    offset: Array  # (n, 1)
    decay: Array  # (p q,), ridge of each coefficient
    q: int
    largest: Array = field(init=False)  # (p,), of |X|
    length: Array = field(init=False)  # (p,), root mean square

    def __post_init__(self) -> None:
        n, p = self.X.shape
        largest, squares = np.zeros(p), np.zeros(p)
        for part in blocks(n, p):
            rows = self.X[part]
            several = 16 if len(rows) % 16 == 0 and rows.flags.c_contiguous and rows.size else 1
            rows = rows.reshape(-1, several * p) if several > 1 else rows  # longer rows are gone through faster
            most = np.maximum(rows.max(axis=0), -rows.min(axis=0)).reshape(several, p).max(axis=0)
            np.maximum(largest, most, out=largest)
            with np.errstate(over="ignore"):  # the driver scales such columns then, and comes again
                squares += np.einsum("ij,ij->j", rows, rows).reshape(several, p).sum(axis=0)
        object.__setattr__(self, "largest", largest)
        object.__setattr__(self, "length", np.sqrt(squares / max(n, 1)))

    def triangle(self, information: Array) -> Array:
        """Lay (p, q) values into the order of the normal equations, one column of beta after the other."""
        return information.T.ravel()


@dataclass
class Normal:
    """What a pass gives: the place, and the equations whose solution is the increment of beta."""

    beta: Array  # (p, q)
    eta: Array  # (n, q)
    objective: float  # twice the loss, plus ridge: the deviance but for a constant; inf where the family does not hold
    change: float  # the largest change of eta, of any row
    reach: float  # root mean square of eta without its offset, or of the working residual if larger
    information: Array | None  # (k, k), or None where the triangle comes by QR
    triangle: Array | None
    right: Array  # (k,): the score, or Q'b


def blocks(n: int, columns: int, cells: int = CELLS) -> Iterator[slice]:
    """Split n rows into slices whose blocks stay near `cells` numbers."""
    rows = max(cells // max(columns, 1), columns, 256)
    rows = min(rows, MOST_ROWS) if cells <= CELLS else rows
    rows -= rows % 16
    for first in range(0, n, rows):
        yield slice(first, min(first + rows, n))


def run(problem: Problem, beta: Array, before: Array, *, start: bool = False, by_qr: bool = False) -> Normal:
    """Go over the rows once.

    Parameters
    ----------
    problem : Problem
    beta : ndarray, shape (p, q)
        Where to stand.
    before : ndarray, shape (n, q)
        The eta of the step before: the change is told against it. With `start` it is the place itself, and the
        equations are for all of eta, not for an increment.
    by_qr : bool
        Whether to factor rows instead of summing products.
    """
    likelihood, X, q = problem.likelihood, problem.X, problem.q
    n, p = X.shape
    k = p * q
    eta = before if start else np.empty_like(before)
    penalty = problem.decay * beta.T.ravel()
    collect = _Triangle(problem, penalty) if by_qr else _Gram(problem, penalty)
    loss = change = squares = known = spread = 0.0
    for part in blocks(n, k, QR_CELLS if by_qr else CELLS):
        rows, y, weights, offset = X[part], problem.y[part], problem.weights[part], problem.offset[part]
        if not start:
            line = times(rows, beta)
            spread += float(np.vdot(line, line))
            line += offset
            change = max(change, float(np.abs(line - before[part]).max(initial=0.0)))
            eta[part] = line
        here = eta[part]
        found = likelihood.pass_rows(y, here)
        if found is None:
            loss = np.inf
            break
        losses, F, b = found
        if not start:  # the loss is cheaper than the deviance: no logarithm where the link has one
            loss += float(weights @ losses)
            if not math.isfinite(loss):
                break
        root = np.sqrt(weights)[:, None]
        if q == 1 and F.shape[1] == 1:
            F = F[:, :, 0]
            b = root * (b + F * (here - offset) if start else b)
            F = root * F
        else:
            b = root * (b + np.einsum("nrq,nq->nr", F, here - offset) if start else b)
            F = root[:, :, None] * F
        squares += float(np.vdot(b, b))
        known += float(np.vdot(F, F))
        collect.add(rows, F, b)
    noise = (squares / max(known, TINY)) ** 0.5
    information, triangle, right = collect.result()
    return Normal(
        beta,
        eta,
        2.0 * loss + float(penalty @ beta.T.ravel()) if math.isfinite(loss) else np.inf,
        change,
        max((spread / max(n * q, 1)) ** 0.5, noise, TINY),
        information,
        triangle,
        right,
    )


class _Gram:
    """Sums the information and the score."""

    def __init__(self, problem: Problem, penalty: Array) -> None:
        self.p, self.q = problem.X.shape[1], problem.q
        self.information = np.diag(problem.decay)
        self.score = -penalty

    def add(self, rows: Array, F: Array, b: Array) -> None:
        """Add a block; F is (n, 1) where a row has one eta and one root of its information, else (n, r, q)."""
        p, q = self.p, self.q
        if F.ndim == 2:
            scaled = rows * F
            self.information += gram(scaled)
            self.score += across(scaled, b)[:, 0]
            return
        H = np.einsum("nra,nrb->abn", F, F, optimize=True)
        self.score += (rows.T @ np.einsum("nra,nr->na", F, b, optimize=True)).T.ravel()
        for a in range(q):
            for c in range(a, q):
                block = rows.T @ (rows * H[a, c][:, None])
                self.information[a * p : a * p + p, c * p : c * p + p] += block
                if c > a:
                    self.information[c * p : c * p + p, a * p : a * p + p] += block.T

    def result(self) -> tuple[Array | None, Array | None, Array]:
        return self.information, None, self.score


class _Triangle:
    """Factors the rows: sqrt(w_i) F_i (x) x_i, with b_i beside them; the ridge adds rows of its own."""

    def __init__(self, problem: Problem, penalty: Array) -> None:
        self.k = len(penalty)
        root = np.sqrt(problem.decay)
        self.stack = np.zeros((self.k, self.k + 1))
        self.stack[:, : self.k] = np.diag(root)
        self.stack[:, self.k] = -penalty / np.maximum(root, TINY)

    def add(self, rows: Array, F: Array, b: Array) -> None:
        k = self.k
        F = F.reshape(len(rows), F.shape[1], -1)
        wide = np.empty((b.size + k, k + 1))
        wide[:k] = self.stack
        wide[k:, :k] = np.einsum("nrq,np->nrqp", F, rows).reshape(-1, k)
        wide[k:, k] = b.ravel()
        self.stack = np.asarray(np.linalg.qr(wide, mode="r"))[:k]

    def result(self) -> tuple[Array | None, Array | None, Array]:
        return None, self.stack[:, : self.k], self.stack[:, self.k]


@dataclass(frozen=True)
class Factor:
    """T with T T' = information^-1, nearly; and how far the columns are from dependence."""

    T: Array  # (k, k)
    condition: float  # of the columns, weighted and scaled to one length
    move: Array  # (k,), the increment


def factor(normal: Normal) -> Factor | None:
    """Invert the equations; None where they are singular, or too near it for the way they were made."""
    k = len(normal.right)
    if normal.triangle is not None:
        R, scale = normal.triangle, _powers(np.sqrt(np.sum(normal.triangle**2, axis=0)))
        R = R * scale
    else:
        assert normal.information is not None
        diagonal = normal.information.diagonal()
        if not ((diagonal > 0.0) & (diagonal < np.inf)).all():
            return None
        scale = np.ldexp(1.0, np.rint(-0.5 * np.log2(diagonal)).astype(np.intc))
        try:
            R = np.asarray(np.linalg.cholesky(normal.information * scale * scale[:, None])).T
        except np.linalg.LinAlgError:
            return None
    if k and not (np.isfinite(R).all() and R.diagonal().all()):
        return None
    inverse = np.asarray(np.linalg.inv(R))
    condition = float(np.vdot(R, R)) ** 0.5 * float(np.vdot(inverse, inverse)) ** 0.5 / max(k, 1)
    if normal.triangle is None and condition > WORST:
        return None
    T = scale[:, None] * inverse
    return Factor(T, condition, T @ (normal.right if normal.triangle is not None else T.T @ normal.right))


def _powers(length: Array) -> Array:
    """Give the powers of two nearest 1 / length, so that scaling rounds nothing."""
    power = np.rint(-np.log2(np.where((length > 0.0) & (length < np.inf), length, 1.0)))
    return np.asarray(np.ldexp(1.0, power.astype(np.int64)))
