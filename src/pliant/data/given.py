"""What comes beside a table, one number a row: weights, frequencies, offset; and which rows are complete with them."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.columns import FactorColumn, shown, shown_rows
from pliant.data.files import memory_limit
from pliant.data.formula import Formula, variables
from pliant.data.table import Table
from pliant.errors import TableError, an
from pliant.types import Array, BoolArray, IntArray

MOST_ROWS = 2**53  # that a float64 counts


def complete_rows(
    table: Table, response: tuple[str, ...], reads: tuple[str, ...], filled_in: tuple[str, ...], *given: Array
) -> BoolArray:
    """Mark the rows (n,) in which nothing is missing but what will be filled in; `given` are numbers a row."""
    keep = np.ones(table.n_rows, dtype=bool)
    for name in dict.fromkeys((*response, *(name for name in reads if name not in filled_in))):
        if not table.in_block(name):
            keep &= ~table[name].missing
    for values in given:
        keep &= ~np.isnan(values)
    return keep


def check_some_left(table: Table, keep: BoolArray) -> None:
    """See that rows are left to learn from."""
    if not keep.any():
        raise TableError(
            f"{table.source}: all {table.n_rows} rows to train on have a missing value in a column that the formula "
            "reads; fill them with missing='impute', or leave out the emptiest column"
        )


def given_offset(offset: Any, table: Table) -> Array:
    """Give the offset (n,) that came as an argument."""
    return np.zeros(table.n_rows) if offset is None else given_numbers("offset", offset, table)


def given_weights(weights: Any, table: Table) -> Array:
    """Give the prior weights (n,) that came as an argument."""
    given = np.ones(table.n_rows) if weights is None else given_numbers("weights", weights, table)
    bad = np.flatnonzero(given < 0.0)
    if len(bad):
        raise TableError(
            f"{table.source}: weights must not be negative ({shown_rows(bad)}); leave a row out by the weight 0"
        )
    if table.n_rows and not np.any(given > 0.0):
        raise TableError(f"{table.source}: no row has a weight above zero; give one to the rows to learn from")
    return given


def given_frequencies(frequencies: Any, table: Table) -> Array | None:
    """Give how many equal rows (n,) each row stands for, NaN where missing; None where each stands for itself.

    Raises
    ------
    TableError
        If one is not a whole number from 0 on, or all are 0; names the first rows.
    """
    if frequencies is None:
        return None
    given = given_numbers("frequencies", frequencies, table)
    bad = np.flatnonzero((given < 0.0) | (given != np.round(given)) & ~np.isnan(given))
    if len(bad):
        raise TableError(
            f"{table.source}: frequencies are whole numbers from 0 on, as a row stands for so many equal ones "
            f"({shown_rows(bad)}); numbers that say how precise a row is are weights"
        )
    if table.n_rows and not np.any(given > 0.0):
        raise TableError(f"{table.source}: no row has a frequency above zero; leave frequencies out for one a row")
    if np.nansum(given) > MOST_ROWS:
        raise TableError(
            f"{table.source}: frequencies sum to {np.nansum(given):.3g} rows, more than can be counted exactly "
            f"({MOST_ROWS:,}); divide them"
        )
    return given


def count_rows(frequencies: Any, table: Table) -> int:
    """Give how many rows a table has, each as often as its frequency says."""
    counts = given_frequencies(frequencies, table)
    return table.n_rows if counts is None else round(float(np.nansum(counts)))


def written_out(table: Table, arrays: Arrays, frequencies: Any) -> tuple[Table, Arrays]:
    """Give a table and its arrays with the rows repeated as often as the frequencies say, which came as an argument."""
    counts = given_frequencies(frequencies, table)
    if counts is None:
        return table, arrays
    times = np.nan_to_num(counts).astype(np.int64)
    if 8 * np.sum(times) * (arrays.X.shape[1] + 8) > memory_limit():
        raise TableError(
            f"{table.source}: members write out the rows that frequencies stand for, and {np.sum(times):,} rows are "
            "more than memory holds; divide the frequencies, give them as weights, or fit with members=1"
        )
    longer = arrays.repeated()
    nth = np.arange(len(longer.y)) - np.repeat(np.cumsum(times[arrays.rows]) - times[arrays.rows], times[arrays.rows])
    rows = (np.cumsum(times) - times)[longer.rows] + nth
    return table.take(np.repeat(np.arange(table.n_rows), times)), replace(longer, rows=rows)


def frequency_notes(frequencies: Any, counts: Array | None, keep: BoolArray) -> tuple[str, ...]:
    """Say what the rows that are kept stand for, and how many were left out for standing for none."""
    if counts is None:
        return ()
    by = f"the column {shown(frequencies)} says" if isinstance(frequencies, str) else "the frequencies say"
    total, kept, none = int(np.sum(counts[keep])), int(np.sum(keep)), int(np.sum(counts == 0.0))
    notes = [f"each row stands for as many equal rows as {by}: {kept:,} rows of the table are {total:,} rows"]
    if none:
        notes.append(f"{none:,} row{'s' * (none > 1)} with frequency 0 left out")
    return tuple(notes)


def given_groups(groups: Any, table: Table, rows: IntArray) -> Array:
    """Give the group (n,) of some rows of a table, as numbers or text: from a column, or one label a row of the table.

    Raises
    ------
    TableError
        If there is not one label a row, or it is missing in one of these rows.
    """
    if isinstance(groups, str):
        column = table[groups]
        labels: Any = column.codes if isinstance(column, FactorColumn) else column.values
        missing = column.missing
    else:
        labels = np.asarray(groups)
        if labels.dtype.kind not in "biufUMO" or not all(
            map(_is_label, labels.ravel() if labels.dtype == object else ())
        ):
            raise TableError(
                f"groups must be numbers, text or dates, one a row, or a column's name; this is {an(groups)}"
            )
        if labels.shape != (table.n_rows,):
            raise TableError(
                f"groups must have one label a row: {table.source} has {table.n_rows} rows, "
                f"groups has shape {labels.shape}"
            )
        check_same_rows("groups", groups, table)
        missing = np.array([value is None or value != value for value in labels.tolist()], dtype=bool)
    bad = rows[missing[rows]]
    if len(bad):
        raise TableError(f"groups are missing in {len(bad)} of the rows fitted, first in row {bad[0] + 1}; fill them")
    chosen: Array = labels[rows]
    return chosen.astype(str) if chosen.dtype == object else chosen


def _is_label(value: object) -> bool:
    """Say whether a value names a group, or is missing."""
    return value is None or isinstance(value, str | float | int | date) or type(value).__name__ in ("NAType", "NaTType")


def given_numbers(what: str, value: Any, table: Table) -> Array:
    """Give an argument (n,) that is a column's name or one number a row."""
    if isinstance(value, str):
        column = table[value]
        if isinstance(column, FactorColumn):
            raise TableError(f"{table.source}: {what}={value!r} is a column of text; {what} must be numbers")
        if column.is_date:
            raise TableError(f"{table.source}: {what}={value!r} is a column of dates; {what} must be numbers")
        column.check_finite(table.source)
        return column.values
    try:
        if np.ma.asarray(value).dtype.kind not in "biufO":
            raise TypeError
        given = np.ma.filled(np.ma.asarray(value, dtype=np.float64), np.nan)
    except (TypeError, ValueError):
        raise TableError(f"{what} must be the name of a column or one number a row; this is {an(value)}") from None
    if given.shape != (table.n_rows,):
        raise TableError(
            f"{what} must have one number a row: {table.source} has {table.n_rows} rows, {what} has shape {given.shape}"
        )
    check_same_rows(what, value, table)
    infinite = np.flatnonzero(np.isinf(given))
    if len(infinite):
        raise TableError(f"{what} must be finite, and {shown_rows(infinite)} are not; correct them")
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


def columns_for(formula: Formula, table: Table, *given: Any) -> tuple[str, ...]:
    """Give the columns that `.` stands for: not those that come beside the formula, unless it names them."""
    said = set(variables(formula.right)) | set(() if formula.response is None else variables(formula.response))
    taken = {name for name in given if isinstance(name, str)} - said
    return tuple(name for name in table.names if name not in taken)
