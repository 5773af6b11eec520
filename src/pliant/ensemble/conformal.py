"""Prediction intervals from out-of-fold values: CV+, its scaled form, and one score for all.

lower = the floor(a (n + 1))-th smallest of lower_i(x),  upper = the ceil((1 - a)(n + 1))-th smallest of upper_i(x),
where row i lends its score R_i to the centre of the member that did not see it:

    gaussian        f_-k(i)(x) -+ R_i,                           R_i = |y_i - f_-k(i)(x_i)|
    other families  the quantiles Phi(-+ R_i) of the family at the mean of member k(i),
                    R_i = |Phi^-1(randomised rank of y_i in its own predicted distribution)|

The chance that a new row lies inside is at least 1 - 2 a - (a small term), and in practice 1 - a (Barber et al.).
With uneven spread s_k(x) (`spread.py`) R_i becomes R_i / s_k(i)(x_i), and is multiplied by s_k(i)(x) again. The
split form lends the ceil((1 - a)(n + 1))-th smallest R to the model itself: one centre, one score.

A member has one centre at x and its scores are sorted once: see `pooled.py` and `quantiles.py`.

References
----------
Barber, Candes, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+.
Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-free predictive inference for regression.
Dunn and Smyth (1996), Randomized quantile residuals.
"""

import numpy as np

from pliant.ensemble.pooled import kth_smallest
from pliant.ensemble.quantiles import kth_quantile
from pliant.ensemble.sets import class_scores
from pliant.functions.likelihood import Likelihood
from pliant.model.members import Members
from pliant.types import Array, IntArray

RANKS = 4  # stream of the seed: for ranks within a count
USUAL = 0.95
TINY_RANK = 1e-16  # as near as a rank comes to 0 and 1


def conformity(
    likelihood: Likelihood, y: Array, eta: Array, weights: Array, dispersion: float, rng: np.random.Generator
) -> Array:
    """Give the score (n,) of each row out of fold; NaN where the family has none, or the row has no weight."""
    family = likelihood.family
    if likelihood.has_classes or family.coding == "binary":
        scores = class_scores(likelihood, y, eta)
    elif eta.shape[1] > 1 or family.cumulative is None or not family.has_likelihood:
        return np.full(len(y), np.nan)
    elif family.name == "gaussian":
        scores = np.abs(y - likelihood.mean(eta))[:, 0] * np.sqrt(weights)
    else:
        from scipy.special import ndtri

        with np.errstate(all="ignore"):  # out of fold a mean may be 0 or infinite
            below, upto = family.cumulative(y, likelihood.mean(eta), np.maximum(weights, 1e-300)[:, None], dispersion)
        rank = np.nan_to_num(below + (upto - below) * rng.random(below.shape), nan=1.0)  # the farthest there is
        scores = np.abs(ndtri(np.clip(rank, TINY_RANK, 1.0 - TINY_RANK)))[:, 0]
    return np.where(weights > 0.0, scores, np.nan)


def rank_ends(n: int, level: float) -> tuple[int, int]:
    """Give the ranks, from 1, of the lower and the upper end among n; 0 and n + 1 are infinite."""
    a = 1.0 - level
    return int(np.floor(a * (n + 1) + 1e-9)), int(np.ceil((1.0 - a) * (n + 1) - 1e-9))


def highest_level(n: int) -> float:
    """Give the highest level at which n scores have both ends finite, n / (n + 1), rounded down to a hundredth."""
    return float(np.floor(100.0 * n / (n + 1) + 1e-9)) / 100.0


def too_few_note(members: Members) -> tuple[str, ...]:
    """Say so, if the rows are too few for the usual level."""
    n = int(np.sum(np.isfinite(members.every_score[0])))
    if n == 0 or rank_ends(n, USUAL)[0] >= 1:
        return ()
    return (
        f"{n} rows are too few for {USUAL:.0%} intervals from what the members missed: these have no end; the highest "
        f"level that they allow is {highest_level(n):.2f}",
    )


def intervals(
    likelihood: Likelihood,
    centres: Array,
    scores: Array,
    folds: IntArray,
    level: float,
    dispersion: float,
    scales: Array | None = None,
) -> tuple[Array, Array]:
    """Give the ends (m,) of CV+ intervals for a new row of weight 1.

    Parameters
    ----------
    likelihood : Likelihood
    centres : ndarray, shape (K, m)
        Mean of every member at every row, in the units of the response.
    scores : ndarray, shape (n,)
        As `conformity` gave them; over the scale of their own row where there are scales.
    folds : ndarray of int, shape (n,)
    level : float
        Between 0 and 1.
    dispersion : float
    scales : ndarray, shape (K, m), optional
        What every member multiplies its scores by.

    Returns
    -------
    lower, upper : ndarray, shape (m,)
        Infinite (or the end of the family's interval) where the training rows are too few for the level.
    """
    known = np.isfinite(scores)
    lists = [np.sort(scores[known & (folds == k)]) for k in range(len(centres))]
    rank = rank_ends(int(np.sum(known)), level)
    least, most = likelihood.family.interval
    scales = np.ones_like(centres) if scales is None else scales
    lower, upper = np.full(centres.shape[1], least), np.full(centres.shape[1], most)
    if rank[0] < 1:
        return lower, upper
    mirrored = [-each[::-1] for each in lists]
    if likelihood.family.name == "gaussian":
        return kth_smallest(centres, scales, mirrored, rank[0]), kth_smallest(centres, scales, lists, rank[1])
    lower = kth_quantile(likelihood, dispersion, centres, scales, mirrored, rank[0])
    upper = kth_quantile(likelihood, dispersion, centres, scales, lists, rank[1])
    return np.where(np.isposinf(lower), least, lower), upper  # beyond what can be computed nothing is promised


def split_intervals(
    likelihood: Likelihood, centre: Array, scores: Array, level: float, dispersion: float
) -> tuple[Array, Array]:
    """Give the ends (m,) about the model's own mean (m,), all rows with the score that stands at the upper rank."""
    known = np.sort(scores[np.isfinite(scores)])
    low, high = rank_ends(len(known), level)
    if low < 1:
        return intervals(likelihood, centre[None], known, np.zeros(len(known), dtype=np.int64), level, dispersion)
    one = known[high - 1 : high]
    if likelihood.family.name == "gaussian":
        return centre - one, centre + one
    ends = [
        kth_quantile(likelihood, dispersion, centre[None], np.ones((1, len(centre))), [side * one], 1)
        for side in (-1.0, 1.0)
    ]
    return np.where(np.isposinf(ends[0]), likelihood.family.interval[0], ends[0]), ends[1]
