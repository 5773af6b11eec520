"""How strong the weight decay is, and how much of the curve is used: what the folds say of the mean of the members.

One member's loss on its fold overstates that of the mean of all members, which errs less than they do one by one. By
how much, the members' disagreement tells (Krogh and Vedelsby's ambiguity; for a gaussian response their variance):

    loss of the mean = mean of the losses - ambiguity

The ambiguity can be measured only on rows that all members but one have seen, and there they agree the more the closer
they fit: on new rows of the tables energy and concrete it was two and three times as large, about as the loss out of
fold is to that on rows seen. It is taken times that ratio, 3 at most.

References
----------
Krogh and Vedelsby (1995), Neural network ensembles, cross validation, and active learning.
"""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.functions.likelihood import Likelihood
from pliant.types import Array, IntArray

SHARES = np.linspace(0.0, 1.0, 101)
SAME = 1e-3  # of the line's loss
MOST_SWOLLEN = 3.0


def mean_deviance(chosen: Likelihood, arrays: Arrays, eta: Array) -> float:
    """Give the weighted mean of the unit deviance at eta (n, q)."""
    with np.errstate(all="ignore"):  # a member far off is infinitely bad, and no error
        each = chosen.deviance(arrays.y, chosen.mean(eta))
        return float(arrays.totals @ each / np.sum(arrays.totals))


def own_fold(etas: Array, folds: IntArray) -> Array:
    """Give eta (n, q) of each row by the member (K, n, q) that did not see it."""
    return np.asarray(etas[folds, np.arange(len(folds))])


def ambiguity(chosen: Likelihood, arrays: Arrays, etas: Array, folds: IntArray) -> float:
    """Give by how much the mean deviance of members (K, n, q) is above that of their mean, on new rows; 0 at least."""
    each = float(np.mean([mean_deviance(chosen, arrays, eta) for eta in etas]))
    if not np.isfinite(each):
        return 0.0
    gap = max(each - mean_deviance(chosen, arrays, np.mean(etas, axis=0)), 0.0)
    out = mean_deviance(chosen, arrays, own_fold(etas, folds))
    seen = (len(etas) * each - out) / (len(etas) - 1)
    ratio = out / seen if seen > 0.0 else MOST_SWOLLEN
    return gap * min(max(ratio, 1.0), MOST_SWOLLEN)


def best_strength(chosen: Likelihood, arrays: Arrays, etas: Array, folds: IntArray) -> int:
    """Give which point of the members' paths (K, points, n, q) predicts best, the weakest decay where several do."""
    if etas.shape[1] == 1:
        return 0
    losses = [
        mean_deviance(chosen, arrays, own_fold(at, folds)) - ambiguity(chosen, arrays, at, folds)
        for at in np.moveaxis(etas, 1, 0)
    ]
    return int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))


def best_share(
    chosen: Likelihood, arrays: Arrays, etas: Array, lines: Array, folds: IntArray, doubtful: bool = False
) -> float:
    """Give the share of the curves in  line + share (curve - line)  that predicts best, both by members (K, n, q).

    The least share that is as good as the best to a thousandth: what makes no difference is left to the line. Where the
    curve is doubtful, as after the verdict that the line is enough, the least share within a standard error of the
    best: a few rows far out then decide nothing. The ambiguity is taken as a parabola in the share, which it is for a
    gaussian response, through three of its values.
    """
    curve, line = own_fold(etas, folds), own_fold(lines, folds)
    none, half, whole = (ambiguity(chosen, arrays, lines + share * (etas - lines), folds) for share in (0.0, 0.5, 1.0))
    bend = 2.0 * (none + whole - 2.0 * half)
    losses = np.array(
        [
            mean_deviance(chosen, arrays, line + share * (curve - line))
            - (none + share * (whole - none - bend) + share**2 * bend)
            for share in SHARES
        ]
    )
    losses = np.where(np.isfinite(losses), losses, np.inf)
    within = np.full(len(SHARES), SAME * abs(losses[0]))
    if doubtful:
        best = _unit_deviances(chosen, arrays, line + SHARES[int(np.argmin(losses))] * (curve - line))
        each = (_unit_deviances(chosen, arrays, line + share * (curve - line)) - best for share in SHARES)
        within = np.maximum(within, [_standard_error(values, arrays) for values in each])
    good = losses <= np.min(losses) + within
    return float(SHARES[int(np.argmax(good))])


def _unit_deviances(chosen: Likelihood, arrays: Arrays, eta: Array) -> Array:
    """Give the unit deviance (n,) at eta (n, q)."""
    with np.errstate(all="ignore"):
        return np.asarray(chosen.deviance(arrays.y, chosen.mean(eta)))


def _standard_error(values: Array, arrays: Arrays) -> float:
    """Give the standard error of the weighted mean of values (n,); 0 where it is no number."""
    shares = arrays.totals / np.sum(arrays.totals)
    with np.errstate(all="ignore"):
        error = float(np.sqrt(np.sum((shares * (values - shares @ values)) ** 2)))
    return error if np.isfinite(error) else 0.0
