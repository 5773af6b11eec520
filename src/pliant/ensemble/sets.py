"""Adaptive prediction sets for classes, and for 0 and 1, from out-of-fold probabilities.

The score of class c at x, by a member's probabilities p, is how far one has to go down the classes, the most probable
first, before one comes to c:

    E(x, c) = sum of the p_d that are greater than p_c

A class is in the set unless its score exceeds that of (1 - a)(n + 1) training rows, each compared with the member
that did not see it (CV+):

    set(x) = {c : #{i : E_i < E_k(i)(x, c)} < (1 - a)(n + 1)}

The chance that a set holds the class of a new row is at least 1 - 2 a - (a small term), and in practice 1 - a.

Romano, Sesia and Candes add u p_c to a score, u uniform between 0 and 1. A u that is the same for all rows leaves the
guarantee as it is, and u = 0 makes a set the same whenever it is asked for, and never empty. Of the other choices
(12 tables each, 2 and 3 classes, 100 to 300 rows, nominal 95 %) a drawn u left up to 2 % of the sets empty; u drawn for
training rows and 0 for new ones held 98 to 100 %, in sets that were up to a third larger; u = 1 held up to 100 %, in
sets of nearly all classes. The price: where fewer than a of the rows are not their most probable class, a set is that
class alone, and rows that are hard to tell are held less often than others (86 % in the worst case).

References
----------
Romano, Sesia and Candes (2020), Classification with valid and adaptive coverage.
"""

import numpy as np

from pliant.functions.likelihood import Likelihood
from pliant.types import Array, BoolArray, IntArray


def probabilities(likelihood: Likelihood, eta: Array) -> Array:
    """Give the probability (m, C) of every class; of 0 and of 1 for a response of one column."""
    mu = likelihood.mean(eta)
    return mu if likelihood.has_classes else np.hstack([1.0 - mu, mu])


def class_scores(likelihood: Likelihood, y: Array, eta: Array) -> Array:
    """Give the score (n,) of each row out of fold; NaN for all where a response is a share of trials."""
    if not likelihood.has_classes and (eta.shape[1] > 1 or not likelihood.family.has_likelihood):
        return np.full(len(y), np.nan)
    if np.any((y != 0.0) & (y != 1.0)):
        return np.full(len(y), np.nan)
    true = np.argmax(y, axis=1) if likelihood.has_classes else y[:, 0].astype(np.int64)
    return np.asarray(more_probable(probabilities(likelihood, eta))[np.arange(len(y)), true])


def more_probable(p: Array) -> Array:
    """Give the sum (m, C) of the probabilities (m, C) that are greater than each."""
    order = np.argsort(-p, axis=1, kind="stable")
    ordered = np.take_along_axis(p, order, axis=1)
    before = np.zeros_like(p)
    np.cumsum(ordered[:, :-1], axis=1, out=before[:, 1:])
    for c in range(1, p.shape[1]):  # those that are equal have the same before them
        before[:, c] = np.where(ordered[:, c] == ordered[:, c - 1], before[:, c - 1], before[:, c])
    sums = np.empty_like(p)
    np.put_along_axis(sums, order, before, axis=1)
    return sums


def class_sets(p: Array, scores: Array, folds: IntArray, level: float) -> BoolArray:
    """Say which classes (m, C) are in the set of each new row.

    Parameters
    ----------
    p : ndarray, shape (K, m, C)
        Probabilities by every member.
    scores : ndarray, shape (n,)
        As `class_scores` gave them.
    folds : ndarray of int, shape (n,)
    level : float

    Returns
    -------
    ndarray of bool
        All of them where the training rows are too few for the level.
    """
    known = np.isfinite(scores)
    below = np.zeros(p.shape[1:], dtype=np.int64)
    for k, each in enumerate(p):
        below += np.searchsorted(np.sort(scores[known & (folds == k)]), more_probable(each), side="left")
    return np.asarray(below < level * (int(np.sum(known)) + 1) - 1e-9)
