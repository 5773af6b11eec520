"""Order statistics of moved and stretched lists against reading every candidate."""

import numpy as np
import pytest

from pliant.ensemble.pooled import kth_smallest


def brute(centres, scales, lists, rank):
    candidates = np.concatenate(
        [c[:, None] + s[:, None] * a for c, s, a in zip(centres, scales, lists, strict=True)], 1
    )
    return np.sort(candidates, axis=1)[:, rank - 1]


@pytest.mark.parametrize(("K", "n", "stretched"), [(5, 57, False), (10, 1000, True), (3, 3, True), (19, 19, False)])
def test_it_is_the_order_statistic_at_every_rank(K, n, stretched):
    rng = np.random.default_rng(n)
    lists = [np.sort(rng.exponential(size=len(part))) for part in np.array_split(np.arange(n), K)]
    centres = rng.normal(size=(K, 40))
    scales = np.exp(0.3 * rng.normal(size=(K, 40))) if stretched else np.ones((K, 40))
    for rank in {1, 2, n // 2 + 1, n - 1, n}:
        same = np.array_equal(kth_smallest(centres, scales, lists, rank), brute(centres, scales, lists, rank))
        assert same, rank


def test_ties_and_empty_lists_do_no_harm():
    rng = np.random.default_rng(4)
    lists = [np.sort(np.round(rng.exponential(size=30), 1)) for _ in range(4)]
    lists.insert(2, np.empty(0))
    centres = np.round(rng.normal(size=(5, 60)), 1)
    for rank in (1, 17, 114, 120):
        same = np.array_equal(
            kth_smallest(centres, np.ones((5, 60)), lists, rank), brute(centres, np.ones((5, 60)), lists, rank)
        )
        assert same


def test_more_rows_than_a_block_and_centres_beyond_numbers():
    lists = [np.array([1.0, 2.0]), np.array([1.5])]
    centres = np.tile([[0.0], [1.0]], 20_000)
    centres[0, -1] = np.inf
    ends = kth_smallest(centres, np.ones_like(centres), lists, 2)
    assert float(np.ptp(ends[:-1])) == 0.0
    assert ends[0] == 2.0
    assert ends[-1] >= 1e300
