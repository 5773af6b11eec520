"""The verdict: do the data support a curve, and does it predict better than the line.

Two questions, two answers. Out of fold: the gain of the curve in deviance a row, with a confidence interval. On all
rows: two score tests of the line, along the bend that the members found and along random ones (`curvature.py`).

With both, a curve that pays is found where either alone stays in doubt: the interval counts one row far out as a doubt
about all others, and the test knows nothing of what a prediction gains.
"""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.functions.likelihood import Likelihood
from pliant.optimisers.irls import fit_line
from pliant.record import SURE, Verdict
from pliant.types import Array, IntArray

LEAST_SHARE = 0.01  # of the line's deviance: less is not worth a curve
WORST = 1e100  # deviance of a row that was predicted so badly that the number overflows, or nearly


def deviance_out_of_fold(likelihood: Likelihood, y: Array, eta: Array) -> Array:
    """Give the unit deviance (n,) of rows at an eta (n, q) from fits that did not see them: never infinite.

    Far from the rows that it saw a fit with a logarithm may say 1e-200, or 1e200.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        each = likelihood.deviance(y, likelihood.mean(eta))
    return np.minimum(np.nan_to_num(each, nan=WORST, posinf=WORST), WORST)


def verdict(d: Array, arrays: Arrays, line_loss: float, p_value: float, nothing: float = np.inf) -> Verdict:
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
    nothing : float
        Weighted mean of the unit deviance of the mean alone, with no input, out of fold.
    """
    gain, low, high = mean_gain(d, arrays)
    share = gain / line_loss if line_loss > 0.0 else 0.0
    predicts = line_loss - gain < nothing
    return Verdict(kind_of(low, share, p_value, predicts), gain, low, high, share, p_value, n_rows(arrays), predicts)


def kind_of(low: float, share: float, p_value: float, predicts: bool = True) -> str:
    """Give "curve", "not yet" or "line".

    A curve has to save more than a hundredth of the line's deviance out of fold, and that by more than luck: either
    the gain's interval lies above zero, or the test leaves no doubt that there is curvature. And it has to predict
    better than the mean alone: where many columns say nothing, a line can be so bad that a curve looks good beside it.
    """
    sure = p_value < SURE
    if predicts and share > LEAST_SHARE and (low > 0.0 or sure):
        return "curve"
    return "not yet" if sure else "line"


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
