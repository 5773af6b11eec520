"""An array of finite numbers is its own design matrix: the same bits, without the columns in between."""

from dataclasses import replace

import numpy as np
import pytest

import pliant
from pliant.data.columns import NumberColumn
from pliant.data.table import read_array
from pliant.errors import TableError

X = np.random.default_rng(4).normal(size=(60, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * np.random.default_rng(5).normal(size=60)


def test_an_array_and_its_columns_give_the_same_bits() -> None:
    columns = {f"x{j + 1}": X[:, j] for j in range(3)}
    by_array = pliant.fit(X, Y, hidden=())
    by_columns = pliant.fit("y ~ x1 + x2 + x3", {**columns, "y": Y}, hidden=())
    assert by_array.design.names == by_columns.design.names
    assert by_array.design.r_names() == by_columns.design.r_names()
    assert by_array.design.term_of == by_columns.design.term_of
    assert by_array.coefficients == by_columns.coefficients
    assert by_array.standard_errors == by_columns.standard_errors
    assert bool(np.all(by_array.predict(columns) == by_columns.predict(columns)))


def test_the_array_of_the_user_is_copied_once_and_never_shared() -> None:
    mine = X.copy()
    line = pliant.fit(mine, Y, hidden=())
    before = line.data().X.copy()
    mine[:] = 0.0
    assert bool(np.all(before == line.data().X))


def test_a_column_put_in_place_of_one_of_the_block_is_not_of_it() -> None:
    table = read_array(X)
    other = replace(table, columns={**table.columns, "x2": NumberColumn("x2", np.zeros(60))})
    assert table.in_block("x2")
    assert not other.in_block("x2")
    assert other.in_block("x1")


def test_an_array_with_an_infinite_number_is_refused_by_column_and_row() -> None:
    broken = X.copy()
    broken[6, 1] = np.inf
    with pytest.raises(TableError, match="column 'x2' has an infinite value \\(row 7\\)"):
        pliant.fit(broken, Y, hidden=())


def test_rows_with_a_missing_number_are_dropped_and_said() -> None:
    holes = X.copy()
    holes[3, 0] = np.nan
    line = pliant.fit(holes, Y, hidden=())
    assert line.facts.n_rows == 59
    assert any("1 row with missing values in 'x1' dropped" in note for note in line.notes)
