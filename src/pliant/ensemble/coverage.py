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
from functools import cached_property
from typing import Any

import numpy as np

from pliant.data.arrays import Arrays
from pliant.ensemble.conformal import conformity, rank_ends
from pliant.ensemble.quantiles import HUGE, TINY
from pliant.functions.likelihood import Likelihood
from pliant.record import Reached
from pliant.types import Array, BoolArray, IntArray

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)  # that a file keeps
THIRDS = ("smallest", "middle", "largest")  # of the predictions
PARTS_LEVEL = 0.95  # at which they are kept
EACH_THIRD = 20  # rows, or it is not judged
DOUBLINGS, HALVINGS, WHOLE = 60, 40, 1e-9  # of the search for a quantile, and how near to it a whole number is


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

    @cached_property
    def prediction(self) -> Array:
        """The mean (n,) of each row, out of fold."""
        return self.likelihood.mean(self._eta(self.shares[self.folds][:, None]))[:, 0]

    @cached_property
    def scores(self) -> tuple[Array, tuple[Array, ...]]:
        """The score (n,) of each row at its own fold's share; and for each fold the others', sorted."""
        own, others = np.empty(len(self.folds)), []
        times, made = self.arrays.counts.astype(np.int64), {}
        order = self.arrays.order()  # of the table's rows nothing depends on: a rank within a count is drawn
        for k, share in enumerate(self.shares):
            if share not in made:
                rng = np.random.default_rng(self.seed)
                data = (self.arrays.y[order], self._eta(share)[order], self.arrays.weights[order], self.dispersion)
                made[share] = conformity(self.likelihood, *data, rng)[np.argsort(order)]
            mine = self.folds == k
            own[mine] = made[share][mine]
            rest = np.repeat(made[share][~mine], times[~mine])
            others.append(np.sort(rest[np.isfinite(rest)]))
        return own, tuple(others)

    def _eta(self, share: Any) -> Array:
        return np.asarray(self.line + share * (self.curve - self.line))


def claims(likelihood: Likelihood, scores: Array) -> bool:
    """Whether there are intervals to claim something of: not for classes, 0 or 1, several responses, quasi families."""
    return likelihood.family.coding not in ("classes", "binary") and bool(np.any(np.isfinite(scores)))


def unseen_intervals(rows: Unseen, level: float) -> tuple[Array, Array, BoolArray]:
    """Give the ends (n,) of each row's interval, made without its fold, and whether the row lies inside.

    The ends are those of a row of weight 1; whether a row of another weight lies inside its score tells.
    """
    chosen, y, mu = rows.likelihood, rows.arrays.y[:, 0], rows.prediction
    own, others = rows.scores
    ranks = [rank_ends(len(each), level)[1] for each in others]
    reaches = [each[rank - 1] if rank <= len(each) else np.inf for each, rank in zip(others, ranks, strict=True)]
    reach = np.array(reaches)[rows.folds]
    if chosen.family.name == "gaussian":
        lower, upper = mu - reach, mu + reach
    else:
        lower, upper = (_quantiles(chosen, mu, sign * reach, rows.dispersion) for sign in (-1.0, 1.0))
    inside = np.where(rows.arrays.weights == 1.0, (lower <= y) & (y <= upper), own <= reach)
    return lower, upper, inside


def _quantiles(likelihood: Likelihood, mu: Array, z: Array, dispersion: float) -> Array:
    """Give the least v (n,) with F(v; mu) >= Phi(z): the end of the family's interval where there is none."""
    from scipy.special import ndtr

    cumulative, (least, most) = likelihood.family.cumulative, likelihood.family.interval
    assert cumulative is not None
    chance, one = ndtr(z)[:, None], np.ones((len(z), 1))

    def reached(v: Array) -> BoolArray:
        with np.errstate(all="ignore"):  # far beyond the data a mean overflows
            upto = cumulative(np.maximum(v, least + TINY)[:, None], mu[:, None], one, dispersion)[1]
        return np.asarray((np.nan_to_num(upto, nan=0.0) >= chance)[:, 0])

    low, high = np.full(len(z), least), np.maximum(2.0 * np.minimum(mu, HUGE), 1.0)
    short = ~reached(high)
    for _ in range(DOUBLINGS):
        if not short.any():
            break
        high = np.where(short, np.minimum(2.0 * np.minimum(high, HUGE), most), high)
        short = short & ~reached(high)
    start = reached(low)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        enough = reached(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    whole = np.abs(high - np.round(high)) < WHOLE * np.maximum(high, 1.0)
    ends = np.where(whole, np.round(high), high)
    return np.where(start | np.isneginf(z), least, np.where(short | np.isposinf(z), most, ends))


def count_inside(level: float, where: str, ends: tuple[Array, Array, BoolArray], counts: Array) -> Reached:
    """Count rows inside, each as often as its frequency says."""
    used = counts > 0.0
    counts, lower, upper, inside = counts[used], *(end[used] for end in ends)
    n = round(float(np.sum(counts)))
    with np.errstate(over="ignore", invalid="ignore"):  # far beyond the data both ends may be infinite
        widths = np.nan_to_num(upper - lower, nan=np.inf, posinf=np.inf)
        width = float(counts @ widths) / n if n else float("nan")
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
            third = thirds(rows.prediction)
            for i, name in enumerate(THIRDS):
                mine = third == i
                if np.any(mine):
                    found.append(count_inside(level, name, (lower[mine], upper[mine], inside[mine]), counts[mine]))
    return tuple(found)
