"""What the intervals of a model with members reach on rows that were not seen.

A row of fold k is judged by what knows nothing of fold k: its centre is that of member k, which was fitted without
it, and its interval is made from the scores of the other folds, at the share of the curve that these alone would
choose. With m such scores

    the row lies inside   where   R_i <= the ceil(L (m + 1))-th smallest R_j,   j in the other folds

So neither the row's own score nor those of its fold, which the same member made, take part. The members behind the
other scores did see the row: it moves each of them by a part in n, as in every cross-validation. A new row is
predicted by all members, whose differences make its interval a little wider than these.

Over all rows the share inside is near L almost by construction: that is why conformal intervals hold. What may
differ is how it is spread over folds, over small and large predictions, over groups; and the width.
"""

from dataclasses import dataclass

import numpy as np

from pliant.data.arrays import Arrays
from pliant.ensemble.conformal import conformity, intervals, rank_ends
from pliant.functions.likelihood import Likelihood
from pliant.record import Reached
from pliant.types import Array, BoolArray, IntArray

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)  # that a file keeps
THIRDS = ("smallest", "middle", "largest")  # of the predictions
PARTS_LEVEL = 0.95  # at which they are kept
EACH_THIRD = 20  # rows, or it is not judged


@dataclass(frozen=True)
class Unseen:
    """The rows as the folds know them: all that their intervals are made from."""

    likelihood: Likelihood
    arrays: Arrays
    curve: Array  # (n, q), eta out of fold
    line: Array  # (n, q)
    folds: IntArray  # (n,)
    shares: Array  # (K,), of the curve, as the folds but k choose it
    dispersion: float
    seed: int  # of ranks within a count

    def eta(self, k: int) -> Array:
        """Give eta (n, q) out of fold at the share that fold k has no part in."""
        return np.asarray(self.line + self.shares[k] * (self.curve - self.line))

    def prediction(self) -> Array:
        """Give the mean (n,) of each row out of fold."""
        eta = self.line + self.shares[self.folds][:, None] * (self.curve - self.line)
        return self.likelihood.mean(eta)[:, 0]


def claims(likelihood: Likelihood, scores: Array) -> bool:
    """Whether there are intervals to claim something of: not for classes, 0 or 1, several responses, quasi families."""
    return likelihood.family.coding not in ("classes", "binary") and bool(np.any(np.isfinite(scores)))


def unseen_intervals(rows: Unseen, level: float) -> tuple[Array, Array, BoolArray]:
    """Give the ends (n,) of each row's interval, made without its fold, and whether the row lies inside.

    The ends are those of a row of weight 1; whether a row of another weight lies inside its score tells.
    """
    y, weights = rows.arrays.y[:, 0], rows.arrays.weights
    lower, upper, inside = np.empty(len(y)), np.empty(len(y)), np.empty(len(y), dtype=bool)
    times = rows.arrays.counts.astype(np.int64)
    scores: dict[float, Array] = {}
    for k in range(len(rows.shares)):
        share, own = float(rows.shares[k]), rows.folds == k
        if share not in scores:
            rng = np.random.default_rng(rows.seed)
            scores[share] = conformity(rows.likelihood, rows.arrays.y, rows.eta(k), weights, rows.dispersion, rng)
        mine = scores[share]
        others = np.repeat(mine[~own], times[~own])
        others = others[np.isfinite(others)]
        centres = rows.likelihood.mean(rows.eta(k)[own])[None, :, 0]
        nobody = np.zeros(len(others), dtype=np.int64)
        lower[own], upper[own] = intervals(rows.likelihood, centres, others, nobody, level, rows.dispersion)
        rank = rank_ends(len(others), level)[1]
        reach = np.inf if rank > len(others) else np.partition(others, rank - 1)[rank - 1]
        between = (lower[own] <= y[own]) & (y[own] <= upper[own])
        inside[own] = np.where(weights[own] == 1.0, between, mine[own] <= reach)
    return lower, upper, inside


def count_inside(level: float, where: str, ends: tuple[Array, Array, BoolArray], counts: Array) -> Reached:
    """Count rows inside, each as often as its frequency says."""
    used = counts > 0.0
    counts, lower, upper, inside = counts[used], *(end[used] for end in ends)
    n = round(float(np.sum(counts)))
    width = float(counts @ (upper - lower)) / n if n else float("nan")
    return Reached(level, n, round(float(counts @ inside)), width, where)


def thirds(values: Array) -> IntArray:
    """Give the third (n,), 0 to 2, in which each value lies among them; equal values lie in one."""
    low, high = np.quantile(values, [1.0 / 3.0, 2.0 / 3.0])
    return np.asarray((values > low) * 1 + (values > high) * 1, dtype=np.int64)


def reached_by(rows: Unseen) -> tuple[Reached, ...]:
    """Give what the intervals reached at every level of `LEVELS`, and at 0.95 in each third of the predictions."""
    used = rows.arrays.weights > 0.0
    counts = rows.arrays.counts * used
    found = []
    for level in LEVELS:
        lower, upper, inside = unseen_intervals(rows, level)
        found.append(count_inside(level, "", (lower, upper, inside), counts))
        if level == PARTS_LEVEL and np.sum(used) >= 3 * EACH_THIRD:
            third = thirds(rows.prediction())
            for i, name in enumerate(THIRDS):
                mine = third == i
                if np.any(mine):
                    found.append(count_inside(level, name, (lower[mine], upper[mine], inside[mine]), counts[mine]))
    return tuple(found)
