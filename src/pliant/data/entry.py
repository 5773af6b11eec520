"""What comes in at the door of a fit: a formula and a table, in either order, or two arrays."""

import os
from dataclasses import replace
from typing import Any

import numpy as np

from pliant.data.formula import Formula, parse
from pliant.data.given import check_same_rows
from pliant.data.table import Table, is_array, named_columns, read_array, read_table
from pliant.errors import ArgumentError

LIKE_TILDE = "\u02dc\u223c\uff5e\u301c"  # characters that only look like it


def formula_and_table(first: object, second: object) -> tuple[Formula, Table]:
    """Read a formula and a table in either order, or two arrays X and y as `y ~ .`."""
    for formula, table in ((first, second), (second, first)):
        if isinstance(formula, str) and "~" in formula and not (isinstance(table, str) and os.path.exists(formula)):
            return parse(formula), read_table(table)
    if isinstance(first, str) and isinstance(second, str):
        raise ArgumentError(f"neither {first[:60]!r} nor {second[:60]!r} is a formula; write one such as 'y ~ x'")
    for text, other in ((first, second), (second, first)):
        if isinstance(text, str) and not isinstance(other, str) and any(c in text for c in LIKE_TILDE):
            return parse(text), read_table(other)  # it names the character
    if isinstance(first, str) or isinstance(second, str):
        raise ArgumentError('give a formula such as "y ~ x" and a table, or two arrays X and y')
    return _from_arrays(first, second)


def _from_arrays(X: object, y: Any) -> tuple[Formula, Table]:
    """Name the columns of X (n, p) x1, x2 ... and those of y (n,) or (n, q) y, or y1, y2 ..."""
    table = read_array(X) if is_array(X) else read_table(X)
    try:
        shape = np.shape(y)  # a series and a frame have one too
    except ValueError:
        raise ArgumentError("the rows of y differ in length; give one value a response in each") from None
    if len(shape) not in (1, 2) or shape[0] != table.n_rows:
        raise ArgumentError(
            f"y has the shape {shape}, but needs one row for each of the {table.n_rows} rows of X; give as many"
        )
    check_same_rows("y", y, table)
    parts: list[Any] = [y]
    if len(shape) == 2:
        parts = list((named_columns(y) if is_array(y) else read_table(y).columns).values())
    names = ["y"] if len(parts) == 1 else [f"y{j + 1}" for j in range(len(parts))]
    clash = [name for name in names if name in table]
    if clash:
        raise ArgumentError(f"X has a column {clash[0]!r} already; name the response yourself: a table and a formula")
    response = read_table(dict(zip(names, parts, strict=True)))
    left = names[0] if len(names) == 1 else f"cbind({', '.join(names)})"
    return parse(f"{left} ~ ."), replace(table, columns=table.columns | response.columns)
