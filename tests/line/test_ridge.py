"""The line with a penalty: what it is where columns outnumber rows or repeat each other."""

import numpy as np
import pytest

import pliant

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("p", [3, 20])
def test_a_penalty_tells_apart_columns_that_outnumber_the_rows_or_repeat(p):
    X = RNG.normal(size=(6, p))
    X[:, 2] = X[:, 1]
    y = RNG.normal(size=6)
    model = pliant.fit(X, y, hidden=(), regularisation=0.3)
    Z = (X - X.mean(0)) / X.std(0)
    slopes = np.linalg.solve(Z.T @ Z + 0.3 * 6 * np.eye(p), Z.T @ (y - y.mean())) / X.std(0)
    found = np.array(list(model.coefficients.values()))
    assert np.allclose(found[1:], slopes, rtol=1e-9)
    assert found[0] == pytest.approx(y.mean() - X.mean(0) @ slopes, rel=1e-9)
    assert model.notes == ()
    assert model.df_residual == {3: 3, 20: 0}[p]  # the repeated column takes no degree of freedom


def test_a_constant_column_is_left_out_under_a_penalty_too():
    table = {"x": RNG.normal(size=9), "k": np.full(9, 0.1), "y": RNG.normal(size=9)}
    model = pliant.fit("y ~ k + x", table, hidden=(), regularisation=0.3)
    assert np.isnan(model.coefficients["k"])
    assert "k is determined by the columns before" in model.notes[0]
