"""Rows of a table with other values in some of its columns: what would the model see of them?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn
from pliant.data.formula import variables
from pliant.data.table import Table
from pliant.inference.delta import Places
from pliant.types import Array, BoolArray, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted


def moved(model: "Fitted", at: Places, rows: IntArray, columns: Mapping[str, Column]) -> tuple[Array, Array, BoolArray]:
    """Give X (r, p), offset (r,) and whether it is complete, of rows with other values in some columns.

    Parameters
    ----------
    model : Fitted
    at : Places
    rows : ndarray of int, shape (r,)
        Of the table of `at`; a row may come several times.
    columns : mapping of str to Column
        What stands in their place, r values each. An offset that came as an argument stays with its row.

    Returns
    -------
    X, offset, complete
        X and offset are 0 where a row is not complete.
    """
    reads = model.design.reads
    taken = {name: at.table[name].take(rows) for name in reads}
    before = Table(taken, len(rows), at.table.source, at.table.kind)
    after = Table(taken | dict(columns), len(rows), at.table.source, at.table.kind)
    found = model.design.matrix(after)
    complete = at.used[rows] & found.complete
    offset = at.offset[rows]
    read_by_offset = {name for node in model.design.terms.offsets for name in variables(node)}
    if read_by_offset & set(columns):
        offset = offset + np.where(complete, found.offset - model.design.matrix(before).offset, 0.0)
    return np.where(complete[:, None], found.X, 0.0), np.where(complete, offset, 0.0), complete


def with_values(old: Column, values: Array | IntArray) -> Column:
    """Give a column like another with other numbers, or codes of its levels."""
    if isinstance(old, NumberColumn):
        return NumberColumn(old.name, np.asarray(values, dtype=np.float64), old.is_date)
    codes = np.asarray(values, dtype=np.int64)
    return FactorColumn(old.name, codes, old.levels, old.is_boolean, old.is_ordered)
