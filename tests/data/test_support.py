"""Where a row lies among the training rows: ranges, tails, holes, hidden extrapolation, pairs; and how often."""

import numpy as np
import pytest

from pliant.data.support import EDGE, INSIDE, OUTSIDE, Support

RNG = np.random.default_rng(1)
NAMES = ("x", "z", "g[T.b]", "h[T.c]")


def learn(*columns, counts=None):
    inputs = np.column_stack(columns)
    return Support.learn(inputs, np.ones(len(inputs)) if counts is None else counts)


def test_beyond_the_range_is_outside_and_beyond_the_central_part_is_edge():
    x = np.arange(100.0)
    support = learn(x)
    at = np.array([-0.5, 0.0, 1.0, 4.0, 50.0, 97.5, 99.0, 99.1])[:, None]
    assert support.judge(at).tolist() == [OUTSIDE, EDGE, EDGE, INSIDE, INSIDE, EDGE, EDGE, OUTSIDE]
    assert np.mean(support.judge(x[:, None]) == EDGE) <= 0.06


def test_within_every_range_and_still_outside():
    x = RNG.normal(size=200)
    support = learn(x, x + 0.1 * RNG.normal(size=200))
    assert support.judge(np.array([[1.5, 1.5], [1.5, -1.5]])).tolist() == [INSIDE, OUTSIDE]
    reason = support.reasons(np.array([[1.5, -1.5]]), NAMES)[0]
    assert reason == "x = 1.5 with z = -1.5 is farther from the middle of the training rows than any of them"


def test_the_leverage_is_that_of_the_design_matrix_and_of_rows_it_does_not_know():
    x = RNG.normal(size=(40, 3)) * [1.0, 1e4, 1e-4] + [0.0, 1e6, 0.0]
    support = Support.learn(x, np.ones(40))
    X = np.column_stack([np.ones(40), x])
    h = np.einsum("ij,ji->i", X, np.linalg.pinv(X / [1.0, 1.0, 1e4, 1e-4]) / np.array([[1.0, 1.0, 1e4, 1e-4]]).T)
    assert support.limits[1] == pytest.approx(np.max(h / (1.0 - h)), rel=1e-6)


def test_no_training_row_is_outside():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(5, 60))
        x, g = rng.standard_t(2, size=(n, 3)), rng.random((n, 4)) < 0.1
        columns = np.column_stack([x, g * 1.0, x[:, 0] * g[:, 0], np.full(n, 3.0), x[:, 1]])
        assert OUTSIDE not in Support.learn(columns, np.ones(n)).judge(columns)


def test_new_rows_of_the_same_kind_are_seldom_outside_and_a_tenth_at_most_at_the_edge():
    found = []
    for seed in range(40):
        rng = np.random.default_rng([seed, 7])
        mix = rng.normal(size=(4, 4))
        rows = rng.normal(size=(300, 4)) @ mix
        found.append(Support.learn(rows[:100], np.ones(100)).judge(rows[100:]))
    shares = np.bincount(np.concatenate(found), minlength=3) / (40 * 200)
    assert shares[OUTSIDE] < (2 * 4 + 1) / 101 + 0.01  # an end of a column is passed once in n + 1 times
    assert 0.05 < shares[EDGE] < 0.12


def test_many_columns_do_not_put_every_new_row_outside():
    """The textbook's bound does: the leverage of a training row knows the row, and that of a new one does not."""
    rows = RNG.normal(size=(1_000, 30))
    inner = Support.learn(rows[:60], np.ones(60))._by_leverage(rows[60:])[0]
    assert np.mean(inner == OUTSIDE) < 0.05
    X = np.column_stack([np.ones(1_000), rows])
    h = np.einsum("ij,jk,ik->i", X, np.linalg.inv(X[:60].T @ X[:60]), X)
    assert np.mean(h[60:] > h[:60].max()) > 0.5


def test_a_hole_is_outside_and_its_rim_edge():
    x = np.concatenate([np.linspace(0.0, 3.0, 30), np.linspace(7.0, 10.0, 30)])
    support = learn(x)
    at = np.array([[2.0], [3.2], [5.0], [6.8], [8.0]])
    assert support.judge(at).tolist() == [INSIDE, EDGE, OUTSIDE, EDGE, INSIDE]
    assert support.reasons(at, NAMES)[2] == "x = 5 lies between 3 and 7, where there is no training row"


def test_the_way_to_a_single_far_row_is_outside_and_a_thin_tail_edge():
    x = np.append(np.linspace(0.0, 1.0, 99), 50.0)
    assert learn(x).judge(np.array([[0.5], [25.0], [50.0]])).tolist() == [INSIDE, OUTSIDE, EDGE]
    tail = np.append(np.linspace(0.0, 1.0, 99), 1.4)
    assert learn(tail).judge(np.array([[1.2]])).tolist() == [EDGE]


def test_between_the_few_values_of_a_column_is_edge():
    support = learn(np.tile([0.0, 1.0, 2.0, 4.0, 8.0], 10))
    assert support.judge(np.array([[4.0], [6.0], [9.0]])).tolist() == [INSIDE, EDGE, OUTSIDE]


def test_a_constant_column_and_a_rare_level():
    rare = np.zeros(200)
    rare[:3] = 1.0
    support = learn(np.full(200, 5.0), rare)
    at = np.array([[5.0, 0.0], [5.0, 1.0], [5.1, 0.0]])
    assert support.judge(at).tolist() == [INSIDE, EDGE, OUTSIDE]
    said = support.reasons(at, ("c", "g[T.b]"))
    assert said == ["", "g[T.b] = 1 in few training rows", "c = 5.1 is 5 in every training row"]


def test_two_values_that_never_met_are_at_the_edge():
    g, h = np.repeat([0.0, 1.0, 1.0], 20), np.repeat([0.0, 0.0, 1.0], 20)
    support = learn(g, h)
    at = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    assert support.judge(at).tolist() == [INSIDE, INSIDE, INSIDE, EDGE]
    assert support.reasons(at, ("g", "h"))[3] == "g = 0 and h = 1 are in no training row together"


def test_a_relation_that_all_rows_keep_and_a_new_one_breaks():
    x = RNG.normal(size=50)
    support = learn(x, 2.0 * x, RNG.normal(size=50))
    assert support.judge(np.array([[0.5, 1.0, 0.1], [0.5, 0.6, 0.1]])).tolist() == [INSIDE, OUTSIDE]
    assert "breaks a relation" in support.reasons(np.array([[0.5, 0.6, 0.1]]), ("x", "y", "z"))[0]


def test_frequencies_are_repeated_rows_and_no_weight_is_no_row():
    x = RNG.normal(size=(30, 2))
    counts = RNG.integers(0, 4, 30) * 1.0
    at = RNG.normal(size=(500, 2)) * 1.5
    repeated = np.repeat(x, counts.astype(int), axis=0)
    ours, theirs = Support.learn(x, counts), Support.learn(repeated, np.ones(len(repeated)))
    assert np.array_equal(ours.judge(at), theirs.judge(at))


def test_units_do_not_matter():
    x, at = RNG.normal(size=(80, 3)), 2.0 * RNG.normal(size=(300, 3))
    by, shift = np.array([1e6, 1e-6, -3.0]), np.array([1.0, 2.0, 3.0])
    ours, theirs = Support.learn(x, np.ones(80)), Support.learn(x * by + shift, np.ones(80))
    assert np.array_equal(ours.judge(at), theirs.judge(at * by + shift))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_handful_of_rows_has_a_place_too(n):
    x = RNG.normal(size=(n, 4))
    support = Support.learn(x, np.ones(n))
    assert OUTSIDE not in support.judge(x)
    assert support.judge(np.full((1, 4), 99.0)).tolist() == [OUTSIDE]


def test_no_columns_no_outside():
    assert Support.learn(np.zeros((5, 0)), np.ones(5)).judge(np.zeros((2, 0))).tolist() == [INSIDE, INSIDE]
