"""From what scikit-learn hands over (frames, arrays, weights, offsets) to the table that pliant reads.

A frame keeps its columns: text and categories are factors, and what is missing may be filled. An array is numbers.
"""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from numbers import Number
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from pliant.data.columns import Column, FactorColumn, NumberColumn, shown, shown_rows
from pliant.data.table import Table, read_array, read_table
from pliant.errors import ArgumentError, PliantWarning
from pliant.types import Array, BoolArray

Levels = Mapping[str, frozenset[str]]  # of the factors, in the training rows
USER = 4  # frames between a warning and whoever called predict


class Counted(NamedTuple):
    """What sample weights say: which rows count at all, and how much the others do."""

    keep: BoolArray | None  # (n,); None: all
    frequencies: Array | None  # (kept,), whole
    weights: Array | None  # (kept,), their mean 1


def is_frame(X: Any) -> bool:
    """Say whether columns have names."""
    return hasattr(X, "columns") and not isinstance(X, Mapping)


def read_X(estimator: Any, X: Any, *, least: int = 1, fresh: bool = False) -> Table:
    """Give the table of X, its columns called as in training; `fresh`: this is the training.

    Raises
    ------
    ValueError, TypeError
        As scikit-learn words it; or a `TableError`, which is a ValueError too, of a column of a frame.
    """
    holes = isinstance(estimator.missing, str) and estimator.missing == "impute"
    if is_frame(X):
        X = validate_data(estimator, X, reset=fresh, skip_check_array=True)
        table = read_table(X, name="X")
        if table.n_rows < least:
            raise ValueError(
                f"Found array with {table.n_rows} sample(s) (shape={X.shape}) while a minimum of {least} is required."
            )
        for column in table.columns.values():
            if isinstance(column, NumberColumn):
                column.check_finite("X")
    else:
        finite: Any = "allow-nan" if holes else True
        values = validate_data(
            estimator, X, reset=fresh, dtype=np.float64, ensure_all_finite=finite, ensure_min_samples=least
        )
        table = read_array(np.asarray(values))
    if fresh:
        return table
    table = renamed(table, estimator._names)
    return known_levels(table, estimator._levels) if holes else table


def renamed(table: Table, names: tuple[str, ...]) -> Table:
    """Give the table with its columns called so, in their order; scikit-learn has compared the names it knows."""
    if table.names == names:
        return table
    columns: dict[str, Column] = {
        name: replace(column, name=name) for name, column in zip(names, table.columns.values(), strict=True)
    }
    return replace(table, columns=columns, block=None)


def levels_of(table: Table) -> Levels:
    """Give the levels that occur in each factor of a table."""
    return {
        name: frozenset(column.levels[code] for code in np.unique(column.codes[column.codes >= 0]))
        for name, column in table.columns.items()
        if isinstance(column, FactorColumn)
    }


def known_levels(table: Table, levels: Levels) -> Table:
    """Give the table with levels that the training rows did not have taken as missing; a warning names them."""
    columns: dict[str, Column] = dict(table.columns)
    for name, known in levels.items():
        column = columns[name]
        if not isinstance(column, FactorColumn):
            continue
        new = np.array([level not in known for level in column.levels] + [False])
        if not new[column.codes].any():
            continue
        columns[name] = replace(column, codes=np.where(new[column.codes], -1, column.codes))
        first = column.levels[int(column.codes[new[column.codes]][0])]
        warnings.warn(
            f"column {shown(name)} has levels that the training rows did not have (such as {shown(first)}): they are "
            "taken as missing values",
            PliantWarning,
            stacklevel=USER + 1,
        )
    return replace(table, columns=columns)


def read_weights(sample_weight: Any, n: int) -> Counted:
    """Say what sample weights (n,) mean: whole numbers are frequencies, others weigh rows against one another.

    Raises
    ------
    ValueError
        If they are negative or all zero, or not one a row.
    """
    if sample_weight is None:
        return Counted(None, None, None)
    given = read_numbers("sample_weight", sample_weight, n)
    if np.any(given < 0.0):
        raise ValueError("Negative values in data passed to `sample_weight`.")
    keep = given > 0.0
    if not keep.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    given = given[keep]
    kept = None if keep.all() else keep
    if np.all(given == np.round(given)):
        return Counted(kept, None if np.all(given == 1.0) else given, None)
    return Counted(kept, None, given / np.mean(given))


def read_numbers(name: str, values: Any, n: int) -> Array:
    """Give one finite number a row (n,); a single number is that of every row."""
    if isinstance(values, Number):
        values = np.full(n, values)
    given = np.asarray(check_array(values, ensure_2d=False, dtype=np.float64, input_name=name))
    if given.shape != (n,):
        raise ValueError(f"{name}.shape == {given.shape}, expected {(n,)}!")
    return given


def read_offset(offset: Any, exposure: Any, n: int) -> Array | None:
    """Give the known part (n,) of eta: the offset and the logarithm of the exposure; None where there is neither.

    Raises
    ------
    ValueError
        If an exposure is not above zero.
    """
    if offset is None and exposure is None:
        return None
    total = np.zeros(n) if offset is None else read_numbers("offset", offset, n)
    if exposure is not None:
        given = read_numbers("exposure", exposure, n)
        if np.any(given <= 0.0):
            bad = shown_rows(np.flatnonzero(given <= 0.0))
            raise ArgumentError(
                f"exposure must be above zero, as a mean is proportional to it ({bad}); correct it there"
            )
        total = total + np.log(given)
    return total


def free_name(wanted: Any, taken: tuple[str, ...], otherwise: str) -> str:
    """Give a name for a column beside others."""
    name = wanted if isinstance(wanted, str) and wanted and wanted not in taken else otherwise
    while name in taken:
        name += "_"
    return name
