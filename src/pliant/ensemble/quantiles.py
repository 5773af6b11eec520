"""The rank-th smallest of the members' quantiles, for responses that are not gaussian.

Score a of member k stands for the response at the probability Phi(s_k a) of the family about that member's mean, s_k
its scale. At a response v member k has z_k(v) = Phi^-1(F_k(v)) / s_k, and its scores up to z_k count as reached. The
end of an interval is the least v that enough scores reach.

In t = log v a z_k is nearly straight, so that its scores lie at t + (a - z_k) / slope: a selection among K moved and
stretched lists (`pooled.py`), which gives the next t. Five such steps find an end to 12 digits, where halving took
120, each of K probabilities a row; what runs off is caught by the bracket and halved.
"""

import numpy as np

from pliant.ensemble.pooled import kth_smallest
from pliant.functions.likelihood import Likelihood
from pliant.types import Array, IntArray

TINY, HUGE = 1e-300, 1e300  # responses that are looked at
STEPS = 100  # at most
FAR = 40.0  # a z beyond it counts as this
CLOSE = 1e-12  # relative: the bracket has closed
NEXT = 1e-8  # a step this small is the last, and squares it; counts above 1e8 are as near as that too
ROUGH = 2  # steps that only come near
PATIENCE = 8  # steps, after which every other one halves the bracket


def kth_quantile(
    likelihood: Likelihood, dispersion: float, centres: Array, scales: Array, lists: list[Array], rank: int
) -> Array:
    """Give the least response (m,) that `rank` of the scores reach; inf where none can be computed.

    Parameters
    ----------
    likelihood : Likelihood
        Of responses from 0 up, with a distribution.
    dispersion : float
    centres, scales : ndarray, shape (K, m)
        Means of every member, in the units of the response; what its scores are multiplied by.
    lists : list of K ndarrays
        Scores in ascending order.
    rank : int
        From 1.
    """
    family = likelihood.family
    with np.errstate(all="ignore"):  # far beyond the data a mean overflows
        mu = np.exp(np.mean(np.log(np.clip(centres, TINY, HUGE)), axis=0))
        spread = np.sqrt(np.log1p(dispersion * family.variance(mu) / mu**2))  # of log v, about
        spread = np.where(np.isfinite(spread) & (spread > 0.0), spread, 1.0)
    counted = is_counted(likelihood)
    low, high = np.full(len(mu), 0.0 if counted else TINY), np.full(len(mu), np.inf)
    z = _z(likelihood, dispersion, low, centres, scales)
    ends = np.where(_reached(z, lists) >= rank, 0.0, np.inf)
    rows = np.flatnonzero(ends > 0.0)
    low, high, centres, scales = low[rows], high[rows], centres[:, rows], scales[:, rows]
    slopes, t, before = scales**-1.0 / spread[rows], np.log(np.clip(mu[rows], TINY, HUGE)), None
    lift = 0.5 if counted else 0.0  # so that a count of 0 has a logarithm
    v = _allowed(np.exp(_about(t, np.zeros_like(centres), slopes, lists, rank)), low, high, counted)
    for turn in range(STEPS):
        z, t = _z(likelihood, dispersion, v, centres, scales), np.log(v + lift)
        enough = _reached(z, lists) >= rank
        low, high = np.where(enough, low, v), np.where(enough, v, high)
        if before is not None:
            slopes = _secants(t - before[0], z - before[1], slopes)
        before = t, z
        with np.errstate(over="ignore"):
            propose = _about if turn < (PATIENCE if counted else ROUGH) else _straight
            proposed = np.exp(propose(t, z, slopes, lists, rank)) - lift
            if counted:
                proposed = np.ceil(proposed - 1e-9)
            found = high - low <= (1.0 + NEXT * low if counted else CLOSE * low)
            near = (np.abs(proposed / v - 1.0) < NEXT) & np.isfinite(high) & ((v > 1.0 / NEXT) | (not counted))
            high, found = np.where(near & ~found, proposed, high), found | near
        done = found | (v >= HUGE)
        ends[rows[done]] = high[done]
        if done.all():
            break
        left = ~done
        rows, low, high, v, proposed = rows[left], low[left], high[left], v[left], proposed[left]
        before = before[0][left], before[1][:, left]
        centres, scales, slopes = centres[:, left], scales[:, left], slopes[:, left]
        with np.errstate(over="ignore", invalid="ignore"):
            between = np.sqrt(low + lift) * np.sqrt(high + lift)
            if counted:
                between = np.where(high < 4.0 * low + 4.0, np.floor(0.5 * (low + high)), np.floor(between))
            top = np.max(centres, axis=0)
            reach = np.minimum(4.0 * spread[rows] * 4.0**turn, 500.0)
            beyond = np.where(v < top, top, (v + lift) * np.exp(reach))
            away = np.where(np.isinf(high), beyond, between)
        inside = (proposed > low) & (proposed < high)
        if counted:  # next to an end that is known
            inside |= (proposed <= low) & (proposed > low - 2.0) | (proposed >= high) & (proposed < high + 2.0)
        inside &= np.full(len(v), turn < PATIENCE or turn % 2 == 0)
        v = _allowed(np.where(inside, proposed, away), low, high, counted)
    else:
        ends[rows] = high
    return ends


def is_counted(likelihood: Likelihood) -> bool:
    """Say whether the responses of a family are whole numbers."""
    at = np.ones((1, 1))
    assert likelihood.family.cumulative is not None
    below, upto = likelihood.family.cumulative(at, at, at, 1.0)
    return bool(upto[0, 0] > below[0, 0])


def _z(likelihood: Likelihood, dispersion: float, v: Array, centres: Array, scales: Array) -> Array:
    """Give Phi^-1(F_k(v)) / s_k (K, m); as low as can be where it is not a number, so that it reaches nothing."""
    from scipy.special import ndtri

    cumulative, shape = likelihood.family.cumulative, centres.shape
    assert cumulative is not None
    at = np.broadcast_to(np.maximum(v, TINY), shape).reshape(-1, 1)  # at 0 itself some divide by it
    with np.errstate(all="ignore"):
        _, upto = cumulative(at, centres.reshape(-1, 1), np.ones((at.size, 1)), dispersion)
        z = ndtri(np.reshape(upto, shape)) / scales
    return np.clip(np.nan_to_num(z, nan=-FAR), -FAR, FAR)


def _reached(z: Array, lists: list[Array]) -> IntArray:
    """Give how many scores (m,) lie at most at the z (K, m) of their member."""
    return np.asarray(np.sum([np.searchsorted(a, at, side="right") for a, at in zip(lists, z, strict=True)], axis=0))


def _straight(t: Array, z: Array, slopes: Array, lists: list[Array], rank: int) -> Array:
    """Give the t (m,) of the rank-th score, were every z_k straight."""
    return np.minimum(kth_smallest(t - z / slopes, 1.0 / slopes, lists, rank), 700.0)


def _about(t: Array, z: Array, slopes: Array, lists: list[Array], rank: int) -> Array:
    """Give about that: the mean of where the lists have their own score of that rank. Enough for whole numbers."""
    sizes = np.array([len(each) for each in lists])
    n = int(np.sum(sizes))
    own = np.array([each[-(-rank * len(each) // n) - 1] if len(each) else 0.0 for each in lists])
    return np.asarray(np.minimum(sizes / n @ (t + (own[:, None] - z) / slopes), 700.0))


def _secants(step: Array, rise: Array, slopes: Array) -> Array:
    """Give the slopes (K, m) between the last two places; as they were where these do not tell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = rise / step
    return np.where(np.isfinite(found) & (found > 1e-6) & (np.abs(step) > NEXT), found, slopes)


def _allowed(v: Array, low: Array, high: Array, counted: bool) -> Array:
    """Give a place (m,) between the ends of the bracket."""
    if counted:
        return np.clip(np.round(np.minimum(v, HUGE)), low + 1.0, np.maximum(high - 1.0, low + 1.0))
    return np.clip(v, low, np.minimum(high, HUGE))
