"""What a design remembers for new rows: offsets, fills; and what it refuses before memory goes."""

import json

import numpy as np
import pandas as pd
import pytest

from pliant.data import matrix
from pliant.data.design import Design, learn_design
from pliant.data.formula import parse
from pliant.data.table import read_table
from pliant.errors import TableError

FRAME = pd.DataFrame(
    {
        "y": [1.0, 2, 3, 4, 5, 6],
        "x": [1.0, 2, 4, 4, 5, 9],
        "e": [0.5, 1.0, 1.5, np.nan, 2.0, 2.5],
        "g": ["a", "b", None, "a", "b", "b"],
        "day": pd.date_range("2024-02-28", periods=6),
    }
)


def learn(text, frame=FRAME, **options):
    return learn_design(parse(text), read_table(frame), **options)


def again(design):
    return Design.from_dict(json.loads(json.dumps(design.to_dict())))


@pytest.mark.parametrize("missing", ["drop", "impute"])
def test_an_offset_by_name_is_the_offset_of_the_formula(missing):
    named, by_name = learn("y ~ x", offset="e", missing=missing)
    written, in_formula = learn("y ~ x + offset(e)", missing=missing)
    assert np.array_equal(by_name.offset, in_formula.offset)
    new = read_table({"x": [1.0, 2.0, 3.0], "e": [10.0, 20.0, None]})
    for design in (named, written, again(named)):
        rows = design.matrix(new)
        assert rows.offset[:2].tolist() == [10, 20]
        assert rows.complete.tolist() == [True, True, False]
    with pytest.raises(TableError, match="no column 'e'"):
        named.matrix(read_table({"x": [1.0]}))


def test_an_offset_by_name_is_not_counted_twice():
    design, arrays = learn("y ~ x", offset="e")
    table = read_table(FRAME)
    for other in (design.arrays(table, offset="e"), design.arrays(table), again(design).arrays(table, offset="e")):
        assert np.array_equal(other.offset, arrays.offset)
    assert learn("y ~ .", offset="e")[0].names == ("Intercept", "x", "g[T.b]", "day")
    assert np.array_equal(learn("y ~ x + offset(e)", offset="e")[1].offset, 2 * arrays.offset)


def test_an_offset_of_numbers_says_that_predictions_are_made_without_it():
    design, arrays = learn("y ~ x", offset=np.arange(6.0))
    assert arrays.offset.tolist() == [0, 1, 2, 3, 4, 5]
    assert "predictions for a table are made without it" in design.notes[0]
    assert design.matrix(read_table(FRAME)).offset.tolist() == [0] * 6


def test_an_offset_is_never_filled_in():
    design, arrays = learn("y ~ x + g + offset(e)", missing="impute")
    assert design.names == ("Intercept", "x", "g[T.b]", "g[missing]")
    assert arrays.rows.tolist() == [0, 1, 2, 4, 5]


def test_a_missing_offset_is_refused_where_missing_values_are():
    with pytest.raises(TableError, match=r"'e' has 1 missing value \(row 4\)"):
        learn("y ~ x", offset="e", missing="error")


@pytest.mark.parametrize("column", [[None], [np.nan]])
def test_a_column_with_no_value_is_filled_whatever_it_is_read_as(column):
    design, _ = learn("y ~ x + g", missing="impute")
    assert design.matrix(read_table({"x": [1.0], "g": column})).X.tolist() == [[1, 1, 1, 1]]
    assert design.matrix(read_table({"x": column, "g": ["a"]})).X.tolist() == [[1, 4, 0, 0]]
    text = read_table({"x": pd.Series(column, dtype="string"), "g": ["a"]})
    assert design.matrix(text).X.tolist() == [[1, 4, 0, 0]]


def test_a_date_is_days_since_1970():
    design, arrays = learn("y ~ day")
    assert arrays.X[:, 1].tolist() == [19781, 19782, 19783, 19784, 19785, 19786]  # 29 February is one of them
    assert design.matrix(read_table({"day": pd.to_datetime(["1970-01-02"])})).X[0, 1] == 1


def test_a_matrix_beyond_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(matrix, "_memory", lambda: 2 * 8 * 6 * 3 - 1)
    with pytest.raises(TableError, match=r"6 rows and 3 columns.*the term x"):
        learn("y ~ x + day + I(x^2)", FRAME)
    assert matrix._memory() > 0
