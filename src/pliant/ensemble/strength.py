"""How strong the weight decay is, and how much of the curve is used: what the folds say of the mean of the members.

One member's loss on its fold overstates that of the mean of all members, which errs less than they do one by one. By how
much, the members' disagreement tells (Krogh and Vedelsby's ambiguity; for a gaussian response their variance):

    loss of the mean = mean of the losses - ambiguity

The ambiguity is measured on all rows, most of which a member has seen. It is then rather too small, so that the mean is not
flattered.

References
----------
Krogh and Vedelsby (1995), Neural network ensembles, cross validation, and active learning.
"""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.functions.likelihood import Likelihood
from pliant.types import Array, IntArray

SHARES = np.linspace(0.0, 1.0, 101)


def mean_deviance(chosen: Likelihood, arrays: Arrays, eta: Array) -> float:
    """Give the weighted mean of the unit deviance at eta (n, q)."""
    each = chosen.deviance(arrays.y, chosen.mean(eta))
    return float(arrays.totals @ each / np.sum(arrays.totals))


def ambiguity(chosen: Likelihood, arrays: Arrays, etas: Array) -> float:
    """Give by how much the mean deviance of members (K, n, q) is above that of their mean."""
    each = float(np.mean([mean_deviance(chosen, arrays, eta) for eta in etas]))
    return max(each - mean_deviance(chosen, arrays, np.mean(etas, axis=0)), 0.0)


def own_fold(etas: Array, folds: IntArray) -> Array:
    """Give eta (n, q) of each row by the member (K, n, q) that did not see it."""
    return np.asarray(etas[folds, np.arange(len(folds))])


def best_strength(chosen: Likelihood, arrays: Arrays, etas: Array, folds: IntArray) -> int:
    """Give which point of the members' paths (K, points, n, q) predicts best, the weakest decay where several do."""
    if etas.shape[1] == 1:
        return 0
    losses = [
        mean_deviance(chosen, arrays, own_fold(at, folds)) - ambiguity(chosen, arrays, at)
        for at in np.moveaxis(etas, 1, 0)
    ]
    finite = np.where(np.isfinite(losses), losses, np.inf)
    return int(np.argmin(finite))


def best_share(chosen: Likelihood, arrays: Arrays, etas: Array, folds: IntArray, line: Array) -> float:
    """Give the share of the curve, of members (K, n, q), that predicts best beside the line (n, q) out of fold."""
    curve, spread = own_fold(etas, folds), ambiguity(chosen, arrays, etas)
    losses = [mean_deviance(chosen, arrays, line + share * (curve - line)) - share**2 * spread for share in SHARES]
    return float(SHARES[int(np.argmin(losses))])
