"""A second way to fit a line, where Fisher scoring does not settle: steps by the observed information.

Fisher scoring takes the curvature that is expected at the means. Where a link is not canonical and the means are far
from the responses, the curvature that is there can be many times larger (cloglog, a failure at eta = 4: 55 against
1e-21), so that a step overshoots for ever. Newton's steps do not; they were not taken first because with the usual
data both need the same few, and the expected information is what the standard errors are made of.
"""

from dataclasses import dataclass, replace

import numpy as np

from pliant.data.arrays import Arrays
from pliant.functions.likelihood import Likelihood
from pliant.optimisers.irls import LineFit, fit_line
from pliant.types import Array, BoolArray

CANONICAL = {
    "gaussian": "identity",
    "binomial": "logit",
    "quasibinomial": "logit",
    "poisson": "log",
    "quasipoisson": "log",
}
CLEAN = 1e-12  # a score below this share of its terms is rounding
ZERO = 1e-8  # and above this one it is not zero
NOISE = 1e-4
CHUNK_CELLS = 1_000_000
SPACING = 1e-5  # of the differences: digits to spare, since a step need only be roughly right
LEAST_SHARE = 0.1  # of the expected information, below which that is taken instead


@dataclass(frozen=True)
class Observed(Likelihood):
    """A likelihood that keeps eta in the place of the mean, and steps by the curvature of the loss.

    A mean of 1 - 1e-17 is 1, and the deviance of a failure there is cut off at 1300; the loss of its eta is not, and
    a step that makes it smaller can be told.
    """

    def mean(self, eta: Array) -> Array:
        """Give eta."""
        return eta

    def deviance(self, y: Array, mu: Array) -> Array:
        """Give twice the loss (n,) at eta: the unit deviance less that of a perfect fit."""
        return 2.0 * self.loss(y, mu)

    def pearson(self, y: Array, mu: Array) -> Array:
        """Give Pearson's statistic (n,) at eta."""
        return super().pearson(y, self.link.inverse(mu))

    def valid(self, eta: Array, mu: Array) -> bool:
        """Say whether every row lies inside the family and the link."""
        return super().valid(eta, self.link.inverse(eta))

    def step_rows(self, y: Array, eta: Array, mu: Array) -> tuple[Array, Array]:
        """Give F (n, q, q) and r (n, q): F'F is the curvature of a row's loss on eta, F'r minus its slope."""
        expected, pull = super().step_rows(y, eta, self.link.inverse(eta))
        root = np.einsum("nqq->nq", expected)
        curvature = _curvature(self, y, eta)
        enough = np.isfinite(curvature) & (curvature > LEAST_SHARE * root**2)
        observed = np.sqrt(np.where(enough, curvature, root**2))
        return observed[:, :, None] * np.eye(eta.shape[1]), root * pull / observed


def _curvature(likelihood: Likelihood, y: Array, eta: Array) -> Array:
    """Give the second derivative of each row's loss on eta (n, q), by differences of its slope."""
    step = SPACING * (1.0 + np.abs(eta))
    with np.errstate(all="ignore"):
        return np.asarray((likelihood.delta(y, eta + step) - likelihood.delta(y, eta - step)) / (2.0 * step))


def at_rest(chosen: Likelihood, arrays: Arrays, line: LineFit, ridge: Array | None = None) -> LineFit:
    """Give a line whose score is zero: the one given, or that of Newton's steps; else not `converged`.

    Parameters
    ----------
    chosen : Likelihood
    arrays : Arrays
    line : LineFit
        By Fisher scoring. With a canonical link it is given back as it is: both ways are one.
    ridge : ndarray, shape (p,), optional

    Returns
    -------
    LineFit
        Its covariance is the inverse of the expected information, as ever.
    """
    if chosen.has_classes or CANONICAL.get(chosen.family.name) == chosen.link.name:
        return line
    if line.converged and score_share(chosen, arrays, line, ridge) < CLEAN:
        return line
    second = _by_newton(chosen, arrays, line.aliased, ridge)
    ways = [(score_share(chosen, arrays, way, ridge), way) for way in (line, second) if way.converged]
    share, best = min(ways, key=lambda way: way[0], default=(np.inf, line))
    return best if share < ZERO else replace(best, converged=False)


def score_share(chosen: Likelihood, arrays: Arrays, line: LineFit, ridge: Array | None = None) -> float:
    """Give the largest score of a line, each as a share of the sum of its terms' sizes.

    max_j |sum_i w_i x_ij delta_i| / sum_i w_i |x_ij| (|delta_i| + 1e-4 |delta_i'| e_i)

    where e_i = |offset_i| + sum_j |x_ij beta_j|: in fits that are all but perfect delta is the rounding of eta.
    """
    kept = ~line.aliased
    beta = line.coefficients[kept]
    score = np.zeros_like(beta) if ridge is None else ridge[kept, None] * beta
    size = np.abs(score)
    step = max(CHUNK_CELLS // max(len(beta), 1), 1)
    with np.errstate(all="ignore"):  # what is not a number is no zero score
        for first in range(0, len(arrays.X), step):
            part = slice(first, first + step)
            w, X = arrays.weights[part, None], arrays.X[part][:, kept]
            eta = X @ beta + arrays.offset[part, None]
            terms = np.abs(X) @ np.abs(beta) + np.abs(arrays.offset[part, None])
            delta = chosen.delta(arrays.y[part], eta)
            noise = np.nan_to_num(NOISE * np.abs(_curvature(chosen, arrays.y[part], eta)) * terms, posinf=0.0)
            score += X.T @ np.where(w > 0.0, w * delta, 0.0)
            size += np.abs(X).T @ np.where(w > 0.0, w * (np.abs(delta) + noise), 0.0)
    share = np.max(np.abs(score) / np.maximum(size, 1e-300), initial=0.0)
    return float(share) if np.isfinite(share) else np.inf


def _by_newton(chosen: Likelihood, arrays: Arrays, aliased: BoolArray, ridge: Array | None) -> LineFit:
    """Fit by Newton's steps, and take the covariance from the expected information."""
    observed = Observed(chosen.family, chosen.link)
    X, y, weights, offset = arrays.X, arrays.y, arrays.weights, arrays.offset
    line = fit_line(observed, X, y, weights, offset, aliased=aliased, ridge=ridge)
    if not line.converged:
        return line
    used, kept = weights > 0.0, ~aliased
    rows, root = X[np.ix_(used, kept)], np.sqrt(weights[used])
    eta = rows @ line.coefficients[kept] + offset[used, None]
    mu = chosen.mean(eta)
    F, _ = chosen.step_rows(y[used], eta, mu)
    length = np.sqrt(np.einsum("ij,ij->j", rows, rows))
    weighted: Array = (root * F[:, 0, 0])[:, None] * (rows / length)
    if ridge is not None:
        weighted = np.vstack([weighted, np.diag(np.sqrt(ridge[kept]) / length)])
    R = np.linalg.qr(weighted, mode="r")
    covariance = np.full_like(line.covariance, np.nan)
    if np.all(np.isfinite(R)) and np.all(np.diagonal(R) != 0.0):
        inverse = np.linalg.solve(R, np.eye(len(length))) / length[:, None]
        covariance[np.ix_(kept, kept)] = inverse @ inverse.T
    deviance = float(weights[used] @ chosen.deviance(y[used], mu))
    pearson = float(weights[used] @ chosen.pearson(y[used], mu))
    return replace(line, covariance=covariance, deviance=deviance, pearson=pearson)
