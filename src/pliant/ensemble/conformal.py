"""Prediction intervals from out-of-fold values: CV+.

lower = the floor(a (n + 1))-th smallest of lower_i(x),  upper = the ceil((1 - a)(n + 1))-th smallest of upper_i(x),
where row i lends its score R_i to the centre of the member that did not see it:

    gaussian        f_-k(i)(x) -+ R_i,                           R_i = |y_i - f_-k(i)(x_i)|
    other families  the quantiles Phi(-+ R_i) of the family at the mean of member k(i),
                    R_i = |Phi^-1(randomised rank of y_i in its own predicted distribution)|

The chance that a new row lies inside is at least 1 - 2 a - (a small term), and in practice 1 - a (Barber et al.).
A member has one centre at x and its scores are sorted once. For other families an end is found by bisection on the
response: how many candidates lie below it, K sorted lists tell.

References
----------
Barber, Candes, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+.
Dunn and Smyth (1996), Randomized quantile residuals.
"""

from collections.abc import Callable

import numpy as np

from pliant.functions.likelihood import Likelihood
from pliant.types import Array, IntArray

TINY = 1e-300
BLOCK = 4_000_000  # candidates held at once: 32 MB
DOUBLINGS, HALVINGS = 60, 60


def conformity(
    likelihood: Likelihood, y: Array, eta: Array, weights: Array, dispersion: float, rng: np.random.Generator
) -> Array:
    """Give the score (n,) of each row out of fold; NaN where the family has none."""
    family = likelihood.family
    if eta.shape[1] > 1 or family.cumulative is None or not family.has_likelihood:
        return np.full(len(y), np.nan)
    mu = likelihood.mean(eta)
    if family.name == "gaussian":
        return np.abs(y - mu)[:, 0] * np.sqrt(weights)
    from scipy.special import ndtri

    with np.errstate(all="ignore"):  # out of fold a mean may be 0 or infinite
        below, upto = family.cumulative(y, mu, np.maximum(weights, 1e-300)[:, None], dispersion)
    rank = np.nan_to_num(below + (upto - below) * rng.random(below.shape), nan=1.0)  # the farthest there is
    tiny = 1e-16
    return np.abs(ndtri(np.clip(rank, tiny, 1.0 - tiny)))[:, 0]


def rank_ends(n: int, level: float) -> tuple[int, int]:
    """Give the ranks, from 1, of the lower and the upper end among n; 0 and n + 1 are infinite."""
    a = 1.0 - level
    return int(np.floor(a * (n + 1) + 1e-9)), int(np.ceil((1.0 - a) * (n + 1) - 1e-9))


def intervals(
    likelihood: Likelihood, centres: Array, scores: Array, folds: IntArray, level: float, dispersion: float
) -> tuple[Array, Array]:
    """Give the ends (m,) of CV+ intervals for a new row of weight 1.

    Parameters
    ----------
    likelihood : Likelihood
    centres : ndarray, shape (K, m)
        Mean of every member at every row, in the units of the response.
    scores : ndarray, shape (n,)
        As `conformity` gave them.
    folds : ndarray of int, shape (n,)
    level : float
        Between 0 and 1.
    dispersion : float

    Returns
    -------
    lower, upper : ndarray, shape (m,)
        Infinite (or the end of the family's interval) where the training rows are too few for the level.
    """
    known = np.isfinite(scores)
    lists = [np.sort(scores[known & (folds == k)]) for k in range(len(centres))]
    n = int(np.sum(known))
    low, high = rank_ends(n, level)
    least, most = likelihood.family.interval
    shape = centres.shape[1]
    kth = _by_residual if likelihood.family.name == "gaussian" else _by_quantile(likelihood, dispersion)
    lower = np.full(shape, least) if low < 1 else kth(centres, [-each[::-1] for each in lists], low)
    upper = np.full(shape, most) if high > n else kth(centres, lists, high)
    return np.where(np.isposinf(lower), least, lower), upper  # beyond what can be computed nothing is promised


def _by_residual(centres: Array, lists: list[Array], rank: int) -> Array:
    """Give the rank-th smallest (m,) of centre_k + score, over all members' scores."""
    n, m = sum(len(each) for each in lists), centres.shape[1]
    ends = np.empty(m)
    step = max(1, BLOCK // max(n, 1))
    for start in range(0, m, step):
        part = slice(start, start + step)
        candidates = np.concatenate([c[None, part] + s[:, None] for c, s in zip(centres, lists, strict=True)])
        ends[part] = np.partition(candidates, rank - 1, axis=0)[rank - 1]
    return ends


def _by_quantile(likelihood: Likelihood, dispersion: float) -> Callable[[Array, list[Array], int], Array]:
    """Give a search for the rank-th smallest (m,) of the family's quantiles Phi(score) at the members' means."""
    from scipy.special import ndtri

    cumulative, (least, most) = likelihood.family.cumulative, likelihood.family.interval
    assert cumulative is not None

    def count(v: Array, centres: Array, lists: list[Array]) -> IntArray:
        """How many candidates are at most v (m,)."""
        total = np.zeros(len(v), dtype=np.int64)
        at = np.maximum(v, least + TINY)[:, None]  # at the end itself some divide by it
        for centre, scores in zip(centres, lists, strict=True):
            with np.errstate(all="ignore"):  # far beyond the data a mean overflows
                _, upto = cumulative(at, centre[:, None], np.ones((len(v), 1)), dispersion)
            known = np.nan_to_num(upto[:, 0], nan=0.0)  # not a number: not reached
            total += np.searchsorted(scores, ndtri(known), side="right")
        return total

    def kth(centres: Array, lists: list[Array], rank: int) -> Array:
        low = np.full(centres.shape[1], least if np.isfinite(least) else -1.0)
        high = np.maximum(np.max(centres, axis=0), 1.0)
        for _ in range(DOUBLINGS):
            short = count(high, centres, lists) < rank
            if not short.any():
                break
            high = np.where(short, np.minimum(2.0 * high, most), high)
        never = count(high, centres, lists) < rank
        at_low = count(low, centres, lists) >= rank
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            enough = count(middle, centres, lists) >= rank
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        ends = np.where(at_low, least, high)
        whole = np.abs(ends - np.round(ends)) < 1e-9 * np.maximum(ends, 1.0)
        return np.asarray(np.where(never, most, np.where(whole, np.round(ends), ends)))

    return kth
