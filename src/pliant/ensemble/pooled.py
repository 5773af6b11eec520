"""The rank-th smallest among K sorted lists, each moved and stretched in its own way at each new row.

Every member has one centre and one scale at a new row, so its candidates centre + scale score are in the order of
its scores, which are sorted once. A row is then a search over a value: how many candidates of each list are at most
that, K bisections tell. To select among all n candidates of a row instead takes as long at 100 scores and 20 times as
long at 20,000 (`benchmarks/interval_speed.py`).
"""

import numpy as np

from pliant.types import Array

ROWS = 8_192  # in a block of the search
LARGEST = 1e300  # a centre beyond it counts as this


def kth_smallest(centres: Array, scales: Array, lists: list[Array], rank: int) -> Array:
    """Give the rank-th smallest (m,) of centre_k + scale_k score, over all scores of all members, exactly.

    Parameters
    ----------
    centres, scales : ndarray, shape (K, m)
        Scales are above 0.
    lists : list of K ndarrays
        The scores of each member, in ascending order; a list may be empty.
    rank : int
        From 1 to the number of all scores.
    """
    some = [k for k, each in enumerate(lists) if len(each)]
    centres, scales, lists = np.clip(centres[some], -LARGEST, LARGEST), scales[some], [lists[k] for k in some]
    ends = np.empty(centres.shape[1])
    for start in range(0, len(ends), ROWS):
        part = slice(start, start + ROWS)
        ends[part] = _search(centres[:, part], scales[:, part], lists, rank)
    return ends


def _search(centres: Array, scales: Array, lists: list[Array], rank: int) -> Array:
    """Search between two candidates, `low` and `high`, until they are the same one.

    The answer lies between the least and the largest of the candidates that stand in their own list where the rank
    stands among all. A pivot v below `high` then moves one of the two to a candidate next to v.
    """
    n = sum(map(len, lists))
    walled = [np.concatenate([[-np.inf], scores, [np.inf]]) for scores in lists]
    own = np.stack([c + s * a[-(-rank * (len(a) - 2) // n)] for c, s, a in zip(centres, scales, walled, strict=True)])
    low, high = np.min(own, axis=0), np.max(own, axis=0)
    sizes = np.array([len(scores) for scores in lists], dtype=np.float64)
    pivot = sizes @ own / n
    before, upto = np.zeros(len(low)), np.full(len(low), float(n))  # how many lie below `low`, and up to `high`, about
    ends, rows, turn = np.empty(len(low)), np.arange(len(low)), 0
    while True:
        open_rows = low < high
        ends[rows[~open_rows]] = high[~open_rows]
        if not open_rows.any():
            return ends
        if not open_rows.all():
            rows, low, high, pivot = rows[open_rows], low[open_rows], high[open_rows], pivot[open_rows]
            before, upto, centres, scales = (
                before[open_rows],
                upto[open_rows],
                centres[:, open_rows],
                scales[:, open_rows],
            )
        v = np.clip(pivot, low, np.nextafter(high, -np.inf))
        count, last, following = _around(v, centres, scales, walled)
        reached = count >= rank
        high = np.where(reached, last, np.where(count == rank - 1, following, high))
        low = np.where(reached, np.where(count == rank, last, low), following)
        before, upto = np.where(reached, before, count), np.where(reached, count, upto)
        turn += 1
        share = (rank - 0.5 - before) / np.maximum(upto - before, 1.0) if turn % 3 else 0.5
        pivot = low + share * (high - low)


def _around(v: Array, centres: Array, scales: Array, walled: list[Array]) -> tuple[Array, Array, Array]:
    """Give how many candidates are at most v (m,), the last of these, and the one that follows."""
    total, last, following = np.zeros(len(v)), np.full(len(v), -np.inf), np.full(len(v), np.inf)
    for centre, scale, a in zip(centres, scales, walled, strict=True):
        at = np.searchsorted(a, (v - centre) / scale, side="right") - 1
        here, there = centre + scale * a[at], centre + scale * a[at + 1]
        while True:  # what the division has rounded away: a candidate is compared as it is made
            wrong = (there <= v) * 1 - (here > v) * 1
            if not wrong.any():
                break
            at = at + wrong
            here, there = centre + scale * a[at], centre + scale * a[at + 1]
        total += at
        np.maximum(last, here, out=last)
        np.minimum(following, there, out=following)
    return total, last, following
