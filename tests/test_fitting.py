"""The door of `fit`: arrays, frames and series, and what does not fit together."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import pliant
from pliant.errors import ArgumentError, TableError

X = np.arange(12.0).reshape(6, 2) ** 2
Y = np.array([1.0, 3, 2, 5, 4, 6])
FRAME = pd.DataFrame(X, columns=["a", "b"], index=list("uvwxyz"))


def line(X, y, **options):
    return pliant.fit(X, y, hidden=(), **options)


def test_a_model_fitted_to_arrays_predicts_arrays_and_lists():
    model = line(X, Y)
    named = model.predict({"x1": X[:3, 0], "x2": X[:3, 1]})
    for rows in (X[:3], X[:3].tolist(), [tuple(row) for row in X[:3]]):
        assert model.predict(rows).equals(named)
    records = np.array([tuple(row) for row in X[:3]], dtype=[("x1", float), ("x2", float)])
    assert model.predict(records).equals(named)
    assert line(X.tolist(), Y.tolist()).coefficients == model.coefficients


@pytest.mark.parametrize(
    "rows", [np.ones((2, 3)), np.ones((2, 2, 2)), np.ones(2), np.array(1.0), [[1, 2], [3]]], ids=repr
)
def test_an_array_of_another_shape_is_refused_at_prediction(rows):
    with pytest.raises(TableError, match=r"columns are called|dimensions|no column 'x2'|differ in length"):
        line(X, Y).predict(rows)


def test_a_frame_and_an_array_keep_the_columns_of_the_frame():
    levels = pd.Categorical(["b", "a", "b", "a", "b", "a"], ["b", "a"])
    model = line(FRAME.assign(g=levels), Y)
    assert list(model.coefficients) == ["Intercept", "a", "b", "g[T.a]"]
    assert isinstance(model.tidy(), pd.DataFrame)
    assert list(model.augment().index) == list(FRAME.index)
    assert isinstance(line(pl.DataFrame(X), Y).tidy(), pl.DataFrame)


def test_a_categorical_response_keeps_the_order_of_its_levels():
    y = pd.Series(pd.Categorical(["yes", "no", "yes", "yes", "no", "no"], ["yes", "no"]))
    assert line(X, y, family="binomial").design.response.levels == ("yes", "no")


@pytest.mark.parametrize(
    "y", [Y, Y.tolist(), Y[:, None], pd.Series(Y), pl.Series(Y), pd.DataFrame({"q": Y})], ids=lambda y: type(y).__name__
)
def test_a_response_comes_in_any_container(y):
    assert line(X, y).coefficients == line(X, Y).coefficients


def test_masked_values_of_arrays_are_missing_values():
    masked = line(np.ma.masked_greater(X, 100.0), np.ma.masked_less(Y, 1.5))
    assert masked.facts.n_rows == 4
    assert masked.coefficients == line(X[1:5], Y[1:5]).coefficients


@pytest.mark.parametrize("y", [Y[:5], None, np.ones((6, 2, 2)), 3.0], ids=repr)
def test_a_response_of_another_shape_is_named_with_the_rows_of_X(y):
    with pytest.raises(ArgumentError, match=r"y has the shape \(.*\), but needs one row for each of the 6 rows of X"):
        line(X, y)
    with pytest.raises(ArgumentError, match="6 rows of X"):
        line(FRAME, y)


def test_ragged_responses_are_refused():
    with pytest.raises(ArgumentError, match="the rows of y differ in length"):
        line(X, [[1, 2], [3], [1], [1], [1], [1]])


def test_a_column_of_X_with_the_name_of_the_response_is_named():
    with pytest.raises(ArgumentError, match="X has a column 'y' already; name the response yourself"):
        line(FRAME.rename(columns={"a": "y"}), Y)
    with pytest.raises(ArgumentError, match="'y2'"):
        pliant.fit(FRAME.rename(columns={"a": "y2"}), np.column_stack([Y, Y]), hidden=2, epochs=1)


def test_a_series_in_another_order_than_its_frame_is_refused():
    turned = pd.Series(Y, index=FRAME.index)[::-1]
    with pytest.raises(TableError, match="y has another index than table"):
        line(FRAME, turned)
    table = FRAME.assign(y=Y)
    for what in ("weights", "offset"):
        with pytest.raises(TableError, match=f"{what} has another index than table"):
            line("y ~ a", table, **{what: turned})
        with_index = line("y ~ a", table, **{what: turned[::-1]})
        assert with_index.coefficients == line("y ~ a", table, **{what: Y}).coefficients


def test_models_are_told_apart_by_identity():
    one, other = line(X, Y), line(X, Y)
    assert one == one
    assert one != other
    assert len({one, other}) == 2
