"""What comes beside a table, one number a row: weights and offset; and which rows are complete with them."""

from typing import Any

import numpy as np

from pliant.data.columns import FactorColumn, shown_rows
from pliant.data.table import Table
from pliant.errors import TableError
from pliant.types import Array, BoolArray


def complete_rows(
    table: Table, response: tuple[str, ...], reads: tuple[str, ...], filled_in: tuple[str, ...], *given: Array
) -> BoolArray:
    """Mark the rows (n,) in which nothing is missing but what will be filled in; `given` are numbers a row."""
    keep = np.ones(table.n_rows, dtype=bool)
    for name in dict.fromkeys((*response, *(name for name in reads if name not in filled_in))):
        keep &= ~table[name].missing
    for values in given:
        keep &= ~np.isnan(values)
    return keep


def given_offset(offset: Any, table: Table) -> Array:
    """Give the offset (n,) that came as an argument."""
    return np.zeros(table.n_rows) if offset is None else given_numbers("offset", offset, table)


def given_weights(weights: Any, table: Table) -> Array:
    """Give the prior weights (n,) that came as an argument."""
    given = np.ones(table.n_rows) if weights is None else given_numbers("weights", weights, table)
    bad = np.flatnonzero(given < 0.0)
    if len(bad):
        raise TableError(f"{table.source}: weights must not be negative ({shown_rows(bad)})")
    if table.n_rows and not np.any(given > 0.0):
        raise TableError(f"{table.source}: no row has a weight above zero")
    return given


def given_numbers(what: str, value: Any, table: Table) -> Array:
    """Give an argument (n,) that is a column's name or one number a row."""
    if isinstance(value, str):
        column = table[value]
        if isinstance(column, FactorColumn):
            raise TableError(f"{table.source}: {what}={value!r} is a column of text; {what} are numbers")
        column.check_finite(table.source)
        return column.values
    try:
        given = np.ma.filled(np.ma.asarray(value, dtype=np.float64), np.nan)
    except (TypeError, ValueError):
        raise TableError(f"{what} must be the name of a column or one number a row") from None
    if given.shape != (table.n_rows,):
        raise TableError(
            f"{what} must have one number a row: {table.source} has {table.n_rows} rows, {what} has shape {given.shape}"
        )
    check_same_rows(what, value, table)
    infinite = np.flatnonzero(np.isinf(given))
    if len(infinite):
        raise TableError(f"{what} has infinite values ({shown_rows(infinite)})")
    return given


def check_same_rows(what: str, value: object, table: Table) -> None:
    """See that a pandas series beside a pandas frame has the frame's index: it would not lie beside its rows."""
    index: Any = getattr(value, "index", None)
    if table.index is None or not hasattr(index, "equals") or index.equals(table.index):
        return
    raise TableError(
        f"{what} has another index than {table.source}, so its rows may not be those of the table; put both in one "
        f"order, or give {what}.to_numpy() if they are"
    )
