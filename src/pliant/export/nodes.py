"""From a node of a formula to operations: the walk of `data/evaluate.py` with symbols for the values.

What is computed comes from `data/arithmetic.py` and `data/bases.py`, which take symbols; splines from `pieces.py`. How
the levels of a factor are ordered and coded is asked of `evaluate` itself, on a table of no rows.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.data import bases
from pliant.data.arithmetic import ELEMENTWISE, function, operator
from pliant.data.columns import Column, FactorColumn, NumberColumn, shown
from pliant.data.evaluate import Groups, evaluate
from pliant.data.formula import FUNCTIONS, Binary, Call, Name, Node, Number, Unary
from pliant.data.table import Table
from pliant.errors import InputError
from pliant.export.columns import Columns, Levels, finite, nearest_single
from pliant.export.graph import NUMBER, WHOLE, Symbol
from pliant.export.pieces import SPLINES, spline_columns

DATE = re.compile(r"-?\d{4,}-\d\d-\d\d")
DIGITS = 15  # of a number that is printed as a level

FOLLOWED: dict[str, Callable[[Any, Any], Any]] = {
    "poly": bases.apply_poly,
    "scale": bases.apply_scale,
    "center": bases.apply_scale,
}


class Walk:
    """What stays the same on the way through the nodes of one design."""

    def __init__(self, columns: Columns) -> None:
        """Take the columns of a file."""
        self.columns, self.graph, self.single = columns, columns.graph, columns.single
        self.states = columns.design.states
        self.no_rows = _table_without_rows(columns)

    def value(self, node: Node) -> Any:
        """Give a factor of a term: numbers (rows, width), or `Levels`."""
        if isinstance(node, Name):
            return self.columns.read(node.name)
        signature = FUNCTIONS.get(node.function) if isinstance(node, Call) else None
        if isinstance(node, Call) and signature is not None and signature.gives == "factor":
            return self._factor(node)
        if isinstance(node, Call) and signature is not None and signature.gives == "basis":
            return self._basis(node, signature.name)
        return self.number(node)

    def number(self, node: Node) -> Any:
        """Give one number a row (rows, 1)."""
        found = self._scalar(node)
        return found if isinstance(found, Symbol) else self.columns.zeros() + found

    def coding(self, node: Node) -> Groups:
        """Give the levels of a factor, with contrast and reference, without rows."""
        found = evaluate(node, self.no_rows, self.states)
        assert isinstance(found, Groups)
        return found

    def _scalar(self, node: Node) -> Any:
        """Give one number a row, or a constant."""
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return finite(self.columns.read(node.name))
        if isinstance(node, Unary):
            operand = self._scalar(node.operand)
            return -operand if node.operator == "-" else operand
        if isinstance(node, Binary):
            return finite(operator(node, self._scalar(node.left), self._scalar(node.right)))
        if isinstance(node, Call) and node.function in FUNCTIONS:
            name = FUNCTIONS[node.function].name
            if name in ELEMENTWISE:
                return finite(function(node, self._scalar(node.arguments[0])))
            if name in FOLLOWED or name in SPLINES:
                return self._basis(node, name)
        raise InputError(f"{shown(str(node))} cannot be written into an exported file yet; leave it out of the formula")

    def _basis(self, node: Call, name: str) -> Any:
        """Give the columns of a transform that has learnt."""
        values, state = self.number(node.arguments[0]), self.states[str(node)]
        if name in FOLLOWED:
            return finite(FOLLOWED[name](values, state))
        if name in SPLINES:
            return finite(spline_columns(SPLINES[name], values, state))
        raise InputError(f"{shown(str(node))} cannot be written into an exported file yet; leave it out of the formula")

    # factors

    def _factor(self, node: Call) -> Levels:
        """Give the levels of factor(x), C(x, ...) or cut(x, ...)."""
        levels = self.coding(node).levels
        if FUNCTIONS[node.function].name == "cut":
            return self._cut(node, levels)
        argument = node.arguments[0]
        value = self.value(argument)
        if isinstance(value, Levels):
            return Levels(self._recoded(value, levels), levels)
        return Levels(self._codes_of_numbers(node, value, levels, isinstance(argument, Name)), levels)

    def _cut(self, node: Call, levels: tuple[str, ...]) -> Levels:
        argument, state = node.arguments[0], self.states[str(node)]
        if self.single and isinstance(argument, Name):  # 0.1 of a table comes as float32(0.1), above 0.1
            state = {**state, "breaks": nearest_single(state["breaks"]).tolist()}
        found: Any = bases.apply_cut(self.number(argument), state)
        labels = tuple(state["labels"])
        codes: Any = np.where(found < 0, len(labels), found)
        return Levels(self._recoded(Levels(codes, labels), levels), levels)

    def _recoded(self, value: Levels, levels: tuple[str, ...]) -> Symbol:
        """Give the codes of the same groups among other levels."""
        if value.levels == levels:
            return value.codes
        place = {level: code for code, level in enumerate(levels)}
        moved = [place.get(level, len(levels)) for level in value.levels]
        return self.graph.rows(np.array([*moved, len(levels)], dtype=np.int64)[:, None], value.codes)

    def _codes_of_numbers(self, node: Call, values: Any, levels: tuple[str, ...], raw: bool) -> Symbol:
        """Give the level that each number prints as."""
        numbers = np.array([number_of(level) for level in levels])
        printed = 0.5 * 10.0 ** (np.floor(np.log10(np.maximum(np.abs(numbers), 1e-300))) + 1 - DIGITS)
        if self.single and raw:
            numbers = nearest_single(numbers)
            if len(np.unique(numbers)) < len(numbers):
                raise InputError(f"float32 does not tell the levels of {node} apart; export with precision='float64'")
        same: Any = np.logical_and(values >= (numbers - printed)[None, :], values <= (numbers + printed)[None, :])
        none = self.columns.zeros() + 0.5  # is the largest where no level is the same
        marked = self.graph.beside([self.graph.cast(same, NUMBER), none])
        return self.graph.add("ArgMax", marked, width=1, of=WHOLE)


def _table_without_rows(columns: Columns) -> Table:
    """Give a table of no rows, with the columns of the kinds that a design reads."""
    none = np.zeros(0, dtype=np.int64)
    found: dict[str, Column] = {
        name: NumberColumn(name, np.zeros(0)) if given.levels is None else FactorColumn(name, none, given.levels)
        for name, given in columns.graph.inputs.items()
    }
    return Table(found, 0, "an exported model", "dict")


def number_of(level: str) -> float:
    """Give the number that a level prints; of a date its days since 1970-01-01."""
    if DATE.fullmatch(level):
        return float((np.datetime64(level, "D") - np.datetime64(0, "D")).astype(np.int64))
    return float(level)
