"""Aliased columns: R's rule, in any units, in any number, and quickly."""

import time

import numpy as np

from pliant.data.rank import aliased_columns


def by_definition(X):
    """Take columns from left to right; one goes if least squares on those kept leaves under 1e-11 of its length."""
    kept, aliased = [], []
    for column in (X / np.linalg.norm(X, axis=0)).T:
        rest = column
        if kept:
            basis = np.linalg.qr(np.column_stack(kept))[0]
            rest = column - basis @ (basis.T @ column)
            rest = rest - basis @ (basis.T @ rest)
        short = np.linalg.norm(rest) < 1e-11
        aliased.append(bool(short))
        if not short:
            kept.append(column)
    return aliased


def test_aliased_columns_are_those_of_the_definition():
    rng = np.random.default_rng(3)
    for n, p in [(5, 3), (30, 12), (20, 35), (150, 140), (90, 200)]:
        X = rng.normal(size=(n, p)) * 10.0 ** rng.integers(-8, 8, size=p)
        for j in range(2, p):
            if rng.random() < 0.3:
                noise = rng.choice([0.0, 1e-14, 1e-7]) * rng.normal(size=n)
                unit = X[:, :j] / np.linalg.norm(X[:, :j], axis=0)
                X[:, j] = unit[:, rng.integers(0, j, 2)] @ rng.normal(size=2) + noise
        assert aliased_columns(X).tolist() == by_definition(X), (n, p)


def test_the_later_column_goes_and_zeros_go():
    a, b = np.random.default_rng(1).normal(size=(2, 20))
    X = np.column_stack([a, 0 * a, b, a + b, a - b, 1e-300 * b])
    assert aliased_columns(X).tolist() == [False, True, False, True, True, True]
    assert aliased_columns(X[:, ::-1]).tolist() == [False, False, True, True, True, True]


def test_many_dependent_columns_do_not_take_long():
    X = np.random.default_rng(2).normal(size=(700, 600))
    copies = np.arange(100, 300)
    X[:, copies] = -2.0 * X[:, copies % 100]
    start = time.thread_time()
    aliased = aliased_columns(X)
    assert time.thread_time() - start < 5.0  # 25 s when it was factored anew after each
    assert np.array_equal(np.flatnonzero(aliased), copies)


def test_no_columns_and_no_rows():
    assert aliased_columns(np.zeros((4, 0))).tolist() == []
    assert aliased_columns(np.zeros((0, 2))).tolist() == [True, True]


def test_raw_years_and_seconds_keep_their_columns():
    """R's glm keeps them; the 1e-7 of lm would lose the square."""
    year, second = np.arange(1990.0, 2021.0), 1.7e9 + np.arange(31.0)
    for columns in ((year, year**2), (second,)):
        assert not aliased_columns(np.column_stack([np.ones(31), *columns])).any()
