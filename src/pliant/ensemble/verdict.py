"""The verdict: do the data support a curve, and does it predict better than the line.

Two questions, two answers. Out of fold: the gain of the curve in deviance a row, with a confidence interval. On all
rows: a score test of the line against small bends in every direction, with a covariance that uneven spread does not
fool.

References
----------
White (1989), An additional hidden unit test for neglected nonlinearity. Lee, White and Granger (1993).
MacKinnon and White (1985), for HC3.
"""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.functions.likelihood import Likelihood
from pliant.optimisers.irls import fit_line
from pliant.record import SURE, Verdict
from pliant.types import Array, IntArray

UNITS = 40  # random bends
DIRECTIONS = 6  # of them that are tested, the strongest
SPREAD = 1.44  # of their weights, over the inputs
TEST_SEED = 20_260  # the test draws the same bends for everybody
LEAST_SHARE = 0.01  # of the line's deviance: less is not worth a curve
WORST = 1e100  # deviance of a row that was predicted so badly that the number overflows, or nearly


def deviance_out_of_fold(likelihood: Likelihood, y: Array, eta: Array) -> Array:
    """Give the unit deviance (n,) of rows at an eta (n, q) from fits that did not see them: never infinite.

    Far from the rows that it saw a fit with a logarithm may say 1e-200, or 1e200.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        each = likelihood.deviance(y, likelihood.mean(eta))
    return np.minimum(np.nan_to_num(each, nan=WORST, posinf=WORST), WORST)


def verdict(d: Array, arrays: Arrays, line_loss: float, p_value: float) -> Verdict:
    """Give the verdict.

    Parameters
    ----------
    d : ndarray, shape (n,)
        Unit deviance of the line less that of the curve, both out of fold.
    arrays : Arrays
        The rows, for their weights and frequencies.
    line_loss : float
        Weighted mean of the line's.
    p_value : float
        Of the test for any curvature.
    """
    gain, low, high = mean_gain(d, arrays)
    share = gain / line_loss if line_loss > 0.0 else 0.0
    kind = "line"
    if low > 0.0 and share > LEAST_SHARE:
        kind = "curve"
    elif p_value < SURE:
        kind = "not yet"
    return Verdict(kind, gain, low, high, share, p_value, n_rows(arrays))


def mean_gain(d: Array, arrays: Arrays) -> tuple[float, float, float]:
    """Give the weighted mean of paired differences (n,) with its 95 % interval; a row counts as its frequency says."""
    from scipy.special import stdtrit

    n, share = n_rows(arrays), arrays.weights / np.sum(arrays.totals)
    gain = float(arrays.counts * share @ d)
    error = float(np.sqrt(arrays.counts @ (share * (d - gain)) ** 2 * n / max(n - 1, 1)))
    reach = float(stdtrit(max(n - 1, 1), 0.975)) * error
    return gain, gain - reach, gain + reach


def constant_losses(likelihood: Likelihood, arrays: Arrays, folds: IntArray) -> Array:
    """Give the unit deviance (n,) of the model of the other folds that knows only its intercept and the offset.

    Where there is one fold, or the others have no weight, it is that of all rows.
    """
    y, losses = arrays.y, np.empty(len(arrays.y))
    for fold in np.unique(folds):
        inside = folds == fold
        others = arrays.take(np.flatnonzero(~inside))
        level = _constant(likelihood, others if np.any(others.totals > 0.0) else arrays)
        eta = level + np.zeros((int(np.sum(inside)), 1)) + arrays.offset[inside, None]
        losses[inside] = deviance_out_of_fold(likelihood, y[inside], eta)
    return losses


def _constant(likelihood: Likelihood, arrays: Arrays) -> Array:
    """Give the intercept (q,) beside the offset; where there is no finite one, that of the mean response."""
    if np.any(arrays.offset != 0.0):
        line = fit_line(likelihood, np.ones((len(arrays.y), 1)), arrays.y, arrays.totals, arrays.offset, polished=False)
        if line.converged:
            return np.asarray(line.coefficients[0])
    return likelihood.constant(arrays.y, arrays.totals) - np.average(arrays.offset, weights=arrays.totals)


def n_rows(arrays: Arrays) -> int:
    """Give the number of rows with weight, each as often as its frequency says."""
    return round(float(np.sum(arrays.counts[arrays.weights > 0.0])))


def curvature_test(likelihood: Likelihood, arrays: Arrays, eta: Array, inputs: Array, n_spent: int) -> float:
    """Give the p-value of a score test of the line against bends.

    The line's working residuals, e = sqrt(w) r, are regressed on bends tanh(Z G + h) from which everything linear
    was taken; W = g' (U' diag(u^2) U)^-1 g with HC3 residuals u; F(q, n - p - q). A row of
    frequency f is f equal rows, here one of length sqrt(f) whose leverage is shared by all f.

    Parameters
    ----------
    likelihood : Likelihood
    arrays : Arrays
    eta : ndarray, shape (n, q)
        Of the line.
    inputs : ndarray, shape (n, p')
        Standardised inputs that may bend.
    n_spent : int
        Rank of the line.

    Returns
    -------
    float
        NaN where rows are too few, or nothing can bend.
    """
    from scipy.special import fdtrc

    used = arrays.weights > 0.0
    n, y, counts = n_rows(arrays), arrays.y, arrays.counts[used]
    q = min(DIRECTIONS, n // 10, n - n_spent - 2)
    if q < 1 or inputs.shape[1] == 0:
        return float("nan")
    F, r = likelihood.step_rows(y[used], eta[used], likelihood.mean(eta[used]))
    root = np.sqrt(arrays.totals[used])
    rng = np.random.default_rng(TEST_SEED)
    G = rng.normal(0.0, np.sqrt(SPREAD / inputs.shape[1]), (inputs.shape[1], UNITS))
    bends = np.tanh(inputs[used] @ G + rng.normal(0.0, 1.0, UNITS))
    e = (root[:, None] * r).ravel()
    lines, curves = (_blocks(root, F, values) for values in (arrays.X[used], bends))
    Q = _basis(lines)
    curves = curves - Q @ (Q.T @ curves)
    left, sizes, _ = np.linalg.svd(curves, full_matrices=False)
    q = min(q, int(np.sum(sizes > 1e-8 * max(sizes[0], 1e-300))))
    if q < 1:
        return float("nan")
    U = left[:, :q]
    h = np.minimum(np.einsum("ij,ij->i", Q, Q) + np.einsum("ij,ij->i", U, U), 0.99)
    each = np.repeat(counts, len(e) // len(counts))
    u = (e - U @ (U.T @ e)) / (np.sqrt(each) * (1.0 - h / each))
    g = U.T @ e
    meat = U * u[:, None]
    rows = meat.reshape(len(counts), -1, q).sum(axis=1)  # outcomes of one row belong together
    statistic = float(g @ np.linalg.lstsq(rows.T @ rows, g, rcond=None)[0])
    return float(fdtrc(q, max(n - n_spent - q, 1), statistic / q))


def _blocks(root: Array, F: Array, columns: Array) -> Array:
    """Give sqrt(w) F (x) columns: (n r, q columns)."""
    n, r, q = F.shape
    return np.asarray(np.einsum("n,nrq,np->nrqp", root, F, columns)).reshape(n * r, q * columns.shape[1])


def _basis(A: Array) -> Array:
    """Give an orthonormal basis of the column space."""
    left, sizes, _ = np.linalg.svd(A / np.maximum(np.linalg.norm(A, axis=0), 1e-300), full_matrices=False)
    return np.asarray(left[:, sizes > 1e-10 * max(sizes[0], 1e-300)])
