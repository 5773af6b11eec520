"""Missing values: rows dropped, values filled, or an error; always said in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn, shown, shown_rows
from pliant.data.table import Table
from pliant.errors import ArgumentError, TableError
from pliant.types import Array, BoolArray

TREATMENTS = ("drop", "impute", "error")


@dataclass(frozen=True)
class Fill:
    """What stands in for a missing value of one column."""

    value: float | str  # median, or most common level
    indicated: bool  # whether training rows had missing values, so that an indicator column marks them


def check_treatment(missing: str) -> str:
    """Give the treatment, or say which there are."""
    if missing not in TREATMENTS:
        raise ArgumentError(f"missing={missing!r} is not known; choose 'drop', 'impute' or 'error'")
    return missing


def refuse_missing(table: Table, names: tuple[str, ...]) -> None:
    """Raise a TableError that names columns and rows if anything is missing."""
    holes = {name: np.flatnonzero(table[name].missing) for name in names if table[name].missing.any()}
    if holes:
        listed = "; ".join(
            f"column {shown(name)} has {len(rows)} missing value{'s' * (len(rows) > 1)} ({shown_rows(rows)})"
            for name, rows in holes.items()
        )
        raise TableError(f"{table.source}: {listed}; drop them with missing='drop' or fill them with missing='impute'")


def learn_fills(
    table: Table, names: tuple[str, ...], training: BoolArray, counts: Array | None = None
) -> dict[str, Fill]:
    """Learn median or most common level of each column from the training rows, each as often as it counts.

    Raises
    ------
    TableError
        If a column has no value at all.
    """
    fills = {}
    rows = np.flatnonzero(training)
    if names and counts is not None:
        rows = np.repeat(rows, counts[rows].astype(int))
    for name in names:
        column = table[name].take(rows)
        holes = column.missing
        if holes.all():
            raise TableError(f"{table.source}: column {shown(name)} has no value in the training rows; leave it out")
        value: float | str
        if isinstance(column, NumberColumn):
            value = float(np.median(column.values[~holes]))
        else:
            value = column.levels[int(np.argmax(np.bincount(column.codes[~holes])))]
        fills[name] = Fill(value, bool(holes.any()))
    return fills


def fill(table: Table, fills: Mapping[str, Fill]) -> tuple[Table, Array]:
    """Give the table without holes, and the indicators (n, c) of the columns that had them in training."""
    if not fills:
        return table, np.zeros((table.n_rows, 0))
    columns: dict[str, Column] = dict(table.columns)
    indicators = [table[name].missing * 1.0 for name, by in fills.items() if by.indicated]
    for name, by in fills.items():
        column = table[name]
        if not column.missing.any():
            continue
        if column.missing.all():  # such a column has no kind of its own: it is read as numbers
            columns[name] = _constant(name, by.value, column.n_rows)
        elif isinstance(column, NumberColumn) and isinstance(by.value, float):
            columns[name] = NumberColumn(name, np.where(column.missing, by.value, column.values), column.is_date)
        elif isinstance(column, FactorColumn) and isinstance(by.value, str):
            levels = column.levels if by.value in column.levels else (*column.levels, by.value)
            codes = np.where(column.missing, levels.index(by.value), column.codes)
            columns[name] = FactorColumn(name, codes, levels, column.is_boolean, column.is_ordered)
    filled = Table(columns, table.n_rows, table.source, table.kind, table.notes)
    return filled, np.column_stack(indicators) if indicators else np.zeros((table.n_rows, 0))


def _constant(name: str, value: float | str, n_rows: int) -> Column:
    """Give a column of one value."""
    if isinstance(value, float):
        return NumberColumn(name, np.full(n_rows, value))
    return FactorColumn(name, np.zeros(n_rows, dtype=np.int64), (value,))


def fills_note(table: Table, fills: Mapping[str, Fill]) -> tuple[str, ...]:
    """Say what was filled by what."""
    said = []
    for name, by in fills.items():
        count = int(table[name].missing.sum())
        if count:
            what = f"median {by.value:g}" if isinstance(by.value, float) else f"most common level {shown(by.value)}"
            marked = ", marked by an indicator column" if by.indicated else ""
            said.append(f"{count} missing value{'s' * (count > 1)} of {shown(name)} filled by the {what}{marked}")
    return tuple(said)


def dropped_note(holes: dict[str, BoolArray], keep: BoolArray) -> tuple[str, ...]:
    """Say how many rows were left out, where the values are missing, and which rows these are."""
    lost = np.flatnonzero(~keep)
    if len(lost) == 0:
        return ()
    where = ", ".join(shown(name) for name, missing in holes.items() if missing.any())
    plural = "s" * (len(lost) > 1)
    return (f"{len(lost):,} row{plural} with missing values in {where} dropped ({shown_rows(lost)} of {len(keep):,})",)


def fills_to_dict(fills: Mapping[str, Fill]) -> dict[str, Any]:
    """Give what JSON can say."""
    return {name: [by.value, by.indicated] for name, by in fills.items()}


def fills_from_dict(said: Mapping[str, Any]) -> dict[str, Fill]:
    """Build them again from `fills_to_dict`."""
    return {name: Fill(value, indicated) for name, (value, indicated) in said.items()}
