"""What a formula can compute: operators and functions of one number, and the check of what came out.

A missing value (NaN) stays missing whatever is computed with it, silently. A finite number must give a finite
number: log(-1), 1/0 and exp(1000) are errors that name the rows, since an infinite or undefined entry would
otherwise leave the fit as if it had been missing.

`operator` and `function` compute without looking, by NumPy's elementwise functions alone, so that an export can follow
them with symbols in place of arrays.
"""

from collections.abc import Callable

import numpy as np

from pliant.data.columns import NumberColumn, shown, shown_rows
from pliant.data.formula import Binary, Call, Node, Number, Setting, settings, variables
from pliant.data.table import Table
from pliant.errors import FormulaError, TableError
from pliant.types import Array, BoolArray


def compute_operator(node: Binary, left: Array, right: Array, table: Table) -> Array:
    """Give left operator right, (n,)."""
    with np.errstate(all="ignore"):  # finite_or_missing looks at every result
        result = operator(node, left, right)
    return finite_or_missing(result, np.isnan(left) | np.isnan(right), node, table)


def operator(node: Binary, left: Array, right: Array) -> Array:
    """Give left operator right (n,), whatever it comes to."""
    if node.operator not in _OPERATORS:
        raise FormulaError(f"{shown(node.operator)} combines terms: nothing can be computed with it in {node}")
    square = node.operator == "^" and node.right == Number(2.0)
    return left * left if square else _OPERATORS[node.operator](left, right)


def compute_function(node: Call, values: Array, table: Table) -> Array:
    """Give the function of a call at values (n,); its name must be in `ELEMENTWISE`."""
    with np.errstate(all="ignore"):  # finite_or_missing looks at every result
        result = function(node, values)
    return finite_or_missing(result, np.isnan(values), node, table)


def function(node: Call, values: Array) -> Array:
    """Give the function of a call at values (n,), whatever it comes to."""
    given = settings(node)
    return _log_to(values, given["base"], node) if "base" in given else ELEMENTWISE[node.function](values)


def _log_to(values: Array, base: Setting, node: Call) -> Array:
    """Give the logarithm to any base."""
    assert isinstance(base, float)
    if not base > 0.0 or base == 1.0:
        raise FormulaError(f"{node}: a base is a number above 0, and not 1")
    if base in (2.0, 10.0):
        return np.log2(values) if base == 2.0 else np.log10(values)
    quotient: Array = np.log(values) / np.log(base)
    return quotient


def finite_or_missing(result: Array, missing: BoolArray, node: Node, table: Table) -> Array:
    """Give the result (n,) or (n, c) of a node, NaN in the rows that are missing.

    Raises
    ------
    TableError
        If another row is not finite; names the expression, the column with its value, and the first rows.
    """
    if missing.any():
        result = np.where(missing if result.ndim == 1 else missing[:, None], np.nan, result)
    finite = np.isfinite(result) if result.ndim == 1 else np.isfinite(result).all(axis=1)
    rows = np.flatnonzero(~finite & ~missing)
    if len(rows) == 0:
        return result
    columns = [table[name] for name in variables(node)]
    there = " and ".join(
        f"{shown(column.name)} is {column.values[rows[0]]:g}" for column in columns if isinstance(column, NumberColumn)
    )
    where = f", where {there} in row {rows[0] + 1}" if there else ""
    name = node.operator if isinstance(node, Binary) else node.function if isinstance(node, Call) else ""
    reason = f"; {_REASONS[name]}" if name in _REASONS else ""
    raise TableError(
        f"{table.source}: {node} is not a finite number in {shown_rows(rows)}{where}{reason}; "
        "leave these rows out or change the formula"
    )


_OPERATORS: dict[str, Callable[[Array, Array], Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}
ELEMENTWISE: dict[str, Callable[[Array], Array]] = {
    "I": np.positive,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
}
_REASONS = {
    "log": "a logarithm needs a number above 0",
    "log2": "a logarithm needs a number above 0",
    "log10": "a logarithm needs a number above 0",
    "log1p": "log1p needs a number above -1",
    "sqrt": "a square root needs a number from 0 on",
    "exp": "exp overflows beyond 709",
    "/": "the divisor is 0, or the quotient too large",
    "^": "0 has no negative power, and a negative number only whole ones; or the power is too large",
}
