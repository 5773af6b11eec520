"""Products of matrices with twice the digits, against rational arithmetic."""

from fractions import Fraction

import numpy as np

from pliant.optimisers.slices import Rows, exponents

rng = np.random.default_rng(5)


def apart(high, low, exact):
    """Give the largest error, relative to the largest product of column and coefficient."""
    return max(
        abs(Fraction(float(high[i, j])) + Fraction(float(low[i, j])) - value) / scale
        for (i, j), (value, scale) in exact.items()
    )


def exactly(A, high, low):
    exact = {}
    for i in range(A.shape[0]):
        for j in range(high.shape[1]):
            terms = [
                Fraction(float(a)) * (Fraction(float(h)) + Fraction(float(v)))
                for a, h, v in zip(A[i], high[:, j], low[:, j], strict=True)
            ]
            exact[i, j] = (sum(terms), Fraction(float(np.max(np.max(np.abs(A), axis=0) * np.abs(high[:, j])))))
    return exact


def test_products_have_digits_by_depth():
    X = rng.normal(size=(30, 6)) * 10.0 ** rng.integers(-9, 9, 6)
    beta = rng.normal(size=(6, 2)) / np.max(np.abs(X), axis=0)[:, None]
    r = rng.normal(size=(30, 2))
    for depth, tolerance in ((3, 1e-15), (4, 1e-21), (6, 1e-29)):
        rows = Rows(X, exponents(np.max(np.abs(X), axis=0)), depth)
        for of, A, B in ((rows.times, X, beta), (rows.across, X.T, r)):
            low = B * rng.uniform(-0.5, 0.5, B.shape) * 2.0**-53
            assert apart(*of(B, low), exactly(A, B, low)) < tolerance, depth


def test_zeros_and_whole_numbers():
    X = np.column_stack([np.ones(4), np.zeros(4), np.arange(4.0)])
    rows = Rows(X, exponents(np.max(np.abs(X), axis=0)), 4)
    assert np.array_equal(rows.times(np.array([[1.0], [5.0], [2.0]]), np.zeros((3, 1)))[0][:, 0], [1, 3, 5, 7])
    assert not rows.times(np.zeros((3, 1)), np.zeros((3, 1)))[0].any()
    assert not rows.across(np.zeros((4, 1)), np.zeros((4, 1)))[0].any()
