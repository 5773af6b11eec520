"""From a node of a formula and a table to values: numbers or groups.

`learn` looks at the table of a fit and keeps what the stateful parts learn, `evaluate` uses what was kept. One
walk does both, since a nested call (`poly(log(x), 2)`) has to be learnt from the inside out. What a function
does is looked up in the dicts at the foot of the page, by the name that the parser has already checked; no text
of the user is ever run. How values become columns of a matrix is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pliant.data import bases, calendar
from pliant.data.arithmetic import ELEMENTWISE, compute_function, compute_operator, finite_or_missing
from pliant.data.columns import FactorColumn, NumberColumn, shown, shown_rows
from pliant.data.formula import (
    FUNCTIONS,
    Binary,
    Call,
    Name,
    Node,
    Number,
    Unary,
    settings,
    variables,
)
from pliant.data.groups import (
    Groups,
    groups_of_numbers,
    used_levels,
    wanted_levels,
    with_contrast,
    with_levels,
)
from pliant.data.table import Table
from pliant.errors import FormulaError, TableError
from pliant.types import Array, BoolArray

__all__ = ["Groups", "Numeric", "States", "Value", "evaluate", "learn", "number"]


@dataclass(frozen=True)
class Numeric:
    """A factor of a term that is numbers."""

    values: Array  # (n, c), NaN is missing
    labels: tuple[str, ...]  # one a column: "" if there is one, else "[1]", "[2]" ...
    r_labels: tuple[str, ...]  # "", or "1", "2" ..., as in R's "poly(x, 3)1"


Value = Numeric | Groups
States = dict[str, Any]  # str(node) of each stateful call, and of each column that is a factor -> what JSON can hold


@dataclass(frozen=True)
class _Walk:
    """What stays the same on the way through one node."""

    table: Table
    states: States
    training: BoolArray | None = None  # (n,), rows to learn from
    counts: Array | None = None  # (n,), how many equal rows each stands for
    learning: bool = False


def learn(node: Node, table: Table, training: BoolArray | None, states: States, counts: Array | None = None) -> Value:
    """Evaluate a node on the table of a fit, and put what its stateful parts learn into `states`.

    Parameters
    ----------
    node : Node
        A factor of a term, an offset, or a part of the response.
    table : Table
    training : ndarray of bool, shape (n,), optional
        The rows to learn from, all by default. Rows in which the expression is missing teach nothing.
    counts : ndarray, shape (n,), optional
        How many equal rows each row stands for: it teaches as often.
    states : dict
        Filled: `str(node)` of every stateful call, and of every column that names groups.

    Returns
    -------
    Numeric or Groups
        Of all rows of the table; the same bits as `evaluate` gives.

    Raises
    ------
    TableError
        If a column cannot be used, or a finite number becomes infinite or undefined; names column and rows.
    FormulaError
        If a setting does not fit.
    """
    return _value(node, _Walk(table, states, training, counts, learning=True))


def evaluate(node: Node, table: Table, states: States) -> Value:
    """Evaluate a node on any table, with what was learnt.

    Raises
    ------
    LevelError
        If a column has a level that was not there; names the first rows and the known levels.
    TableError
        If a column is absent or of another kind than it was, or a number becomes infinite or undefined.
    """
    return _value(node, _Walk(table, states))


def number(node: Node, table: Table, states: States) -> Array:
    """Evaluate a node that must be one number a row, shape (n,): a response, an offset."""
    return _number(node, node, _Walk(table, states))


# the walk


def _value(node: Node, walk: _Walk) -> Value:
    if isinstance(node, Name):
        return _column(node, walk)
    if isinstance(node, Number):
        return _numeric(np.full((walk.table.n_rows, 1), node.value))
    if isinstance(node, Unary):
        operand = _number(node.operand, node, walk)
        return _numeric((-operand if node.operator == "-" else operand)[:, None])
    if isinstance(node, Binary):
        left, right = _number(node.left, node, walk), _number(node.right, node, walk)
        return _numeric(compute_operator(node, left, right, walk.table)[:, None])
    if isinstance(node, Call) and node.function in FUNCTIONS:
        name = FUNCTIONS[node.function].name
        if name in ELEMENTWISE:
            values = _number(node.arguments[0], node, walk)
            return _numeric(compute_function(node, values, walk.table)[:, None])
        if name in calendar.PARTS:
            return _date_part(node, name, walk)
        if name in _BASES:
            return _basis(node, name, walk)
        if name in _FACTORS:
            return _FACTORS[name](node, walk)
    raise FormulaError(f"{shown(str(node))} cannot be computed: it is not a column, a number or a function of one")


def _number(node: Node, within: Node, walk: _Walk) -> Array:
    """Give one number a row (n,), or say why a part of `within` is none."""
    value = _value(node, walk)
    if isinstance(value, Numeric):
        return _single(value, node)
    if isinstance(node, Name):
        place = "" if node == within else f", and {within} computes with numbers"
        raise TableError(f"{_said(node, walk)} {_what_groups(node, walk)}{place}; {_what_to_do(node, walk)}")
    raise FormulaError(f"{node} gives levels where one number a row is needed")


def _single(value: Numeric, node: Node) -> Array:
    """Give the one column (n,) of a node."""
    if value.values.shape[1] != 1:
        raise FormulaError(f"{node} gives {value.values.shape[1]} columns where one number a row is needed")
    return value.values[:, 0]


def _column(node: Name, walk: _Walk) -> Value:
    """Give a column as it is; of the kind that it was."""
    column, key = walk.table[node.name], str(node)
    if isinstance(column, FactorColumn):
        groups = Groups(column.codes, column.levels)
        if walk.learning:
            # All levels of the fitted table, those of held-out rows too: a rare level that fell by chance into the
            # held-out rows must not stop a fit. Its column is zero in training, so nothing is learnt from it.
            walk.states[key] = {"levels": used_levels(groups)}
        elif key not in walk.states:
            if column.missing.all():
                return _numeric(np.full((walk.table.n_rows, 1), np.nan))
            raise TableError(
                f"{_said(node, walk)} {_what_groups(node, walk)}, where the model has learnt numbers; "
                "give numbers, or leave the rows that are none empty"
            )
        return _with_known_levels(groups, node, walk)
    column.check_finite(walk.table.source)
    if not walk.learning and key in walk.states:
        if column.missing.all():
            return Groups(np.full(column.n_rows, -1, dtype=np.int64), tuple(walk.states[key]["levels"]))
        printed = groups_of_numbers(column.values, column.is_date)
        if set(printed.levels) <= set(walk.states[key]["levels"]):  # levels 1, 2, 2b; and a file with only 1 and 2
            return _with_known_levels(printed, node, walk)
        listed = ", ".join(map(shown, walk.states[key]["levels"][:5]))
        raise TableError(f"{_said(node, walk)} holds numbers, where the model has learnt levels such as {listed}")
    return _numeric(column.values[:, None])


def _numeric(values: Array) -> Numeric:
    """Name the columns (n, c)."""
    count = values.shape[1]
    if count == 1:
        return Numeric(values, ("",), ("",))
    counted = range(1, count + 1)
    return Numeric(values, tuple(f"[{i}]" for i in counted), tuple(str(i) for i in counted))


# what learns


def _basis(node: Call, name: str, walk: _Walk) -> Numeric:
    """Give the columns of a basis, learnt now or before."""
    learner, applier = _BASES[name]
    values = _number(node.arguments[0], node, walk)
    with np.errstate(all="ignore"):  # finite_or_missing looks at every result
        state = _state(node, values, learner, walk)
        columns = applier(values, state)
    return _numeric(finite_or_missing(columns, np.isnan(values), node, walk.table))


def _state(node: Call, values: Array, learner: Callable[[Array, Any], dict[str, Any]], walk: _Walk) -> dict[str, Any]:
    """Give what a call has learnt; learn it now, if this is the table of the fit."""
    key = str(node)
    if walk.learning:
        present = ~np.isnan(values)
        chosen = present if walk.training is None else present & walk.training
        taught = values[chosen] if walk.counts is None else np.repeat(values[chosen], walk.counts[chosen].astype(int))
        if len(taught) == 0:
            raise TableError(f"{walk.table.source}: {node} has no training row with a value to learn from")
        try:
            walk.states[key] = learner(taught, settings(node))
        except TableError as error:
            raise TableError(f"{walk.table.source}: {node}: {error}") from None
    return _state_of(node, walk)


# what names groups


def _factor(node: Call, walk: _Walk) -> Groups:
    """Give `factor(x)` or `C(x, ...)`: levels of a column, or of the distinct values of numbers."""
    argument, given, key = node.arguments[0], settings(node), str(node)
    value = _value(argument, walk)
    if isinstance(value, Groups):
        groups = value
    else:
        column = walk.table[argument.name] if isinstance(argument, Name) else None
        are_dates = isinstance(column, NumberColumn) and column.is_date
        groups = groups_of_numbers(_single(value, argument), are_dates)
    if "levels" in given:
        wanted = wanted_levels(given["levels"])
        if len(set(wanted)) < len(wanted):
            raise FormulaError(f"{node}: a level is listed twice")
        groups = with_levels(groups, wanted, _said(argument, walk), f"the levels listed in {node}")
    if walk.learning:
        walk.states[key] = {"levels": used_levels(groups)}  # of held-out rows too, as in _column
    known = _with_known_levels(groups, node, walk)
    if "levels" not in given and isinstance(value, Groups) and value.levels:  # as in factor(C(g, ref = "b"))
        known = replace(known, reference=known.levels.index(value.levels[value.reference]))
    return with_contrast(known, given.get("contrast"), given.get("ref"), str(node))


def _cut(node: Call, walk: _Walk) -> Groups:
    """Give the intervals that values lie in; those that no row of the fit lies in are not levels, as in R's lm."""
    values = _number(node.arguments[0], node, walk)
    if walk.learning:
        state = _state(node, values, bases.learn_cut, walk)
        groups = Groups(bases.apply_cut(values, state), tuple(state["labels"]))
        walk.states[str(node)] = {**state, "levels": used_levels(groups)}
    state = _state_of(node, walk)
    groups = Groups(bases.apply_cut(values, state), tuple(state["labels"]))
    return _with_known_levels(groups, node, walk)


def _date_part(node: Call, name: str, walk: _Walk) -> Value:
    """Give the year or the hour of dates as numbers, their month or weekday as levels.

    One that no row of the fit has is no level, and counts as the average of those that are: a day that is still to
    come has some month and some weekday.
    """
    days = _days(node, walk)
    wild = np.flatnonzero(np.abs(days) > calendar.MOST_DAYS)
    if len(wild):
        raise TableError(f"{walk.table.source}: {node} has no date to go by in {shown_rows(wild)}; give dates")
    found, missing = calendar.PARTS[name](days), np.isnan(days)
    if name not in calendar.LEVELS:
        return _numeric(np.where(missing, np.nan, found)[:, None])
    groups = Groups(np.where(missing, -1, found), calendar.LEVELS[name])
    if walk.learning:
        walk.states[str(node)] = {"levels": used_levels(groups)}  # of held-out rows too, as in _column
    known = _state_of(node, walk)["levels"]
    place = np.array([known.index(level) if level in known else len(known) for level in groups.levels] + [-1])
    return Groups(place[groups.codes], tuple(known))


def _days(node: Call, walk: _Walk) -> Array:
    """Give the dates (n,) that a part of the calendar is taken of; days are dates where dates were learnt."""
    columns = [walk.table[name] for name in variables(node)]
    if walk.learning and not any(isinstance(column, NumberColumn) and column.is_date for column in columns):
        at = Name(columns[0].name)
        what = _what_groups(at, walk) if isinstance(columns[0], FactorColumn) else "holds numbers"
        raise TableError(f"{_said(at, walk)} {what}; {node} needs dates, such as 2024-12-31")
    return _number(node.arguments[0], node, walk)


def _state_of(node: Node, walk: _Walk) -> dict[str, Any]:
    """Give what was learnt for a node."""
    if str(node) not in walk.states:
        raise TableError(f"{node} has learnt nothing: it was not part of the fit")
    state: dict[str, Any] = walk.states[str(node)]
    return state


def _with_known_levels(groups: Groups, node: Node, walk: _Walk) -> Groups:
    """Code groups by the levels that were learnt."""
    levels = _state_of(node, walk)["levels"]
    return with_levels(groups, levels, _said(node, walk), "the levels that the model has learnt")


# words


def _said(node: Node, walk: _Walk) -> str:
    """Say which column of which table, or which expression."""
    what = f"column {shown(node.name)}" if isinstance(node, Name) else str(node)
    return f"{walk.table.source}: {what}"


def _what_groups(node: Name, walk: _Walk) -> str:
    """Say what a column is that is not numbers."""
    column = walk.table[node.name]
    assert isinstance(column, FactorColumn)
    if column.why:
        return f"is {column.why}"
    listed = ", ".join(map(shown, column.levels[:3])) + (" ..." if len(column.levels) > 3 else "")
    return "is true or false" if column.is_boolean else f"is text ({listed})"


def _what_to_do(node: Name, walk: _Walk) -> str:
    """Say what to do with a factor where a number is needed."""
    column = walk.table[node.name]
    if isinstance(column, FactorColumn) and column.is_boolean:
        return f"write {node} as a term of its own, or make it 0 and 1 in the table"
    if isinstance(column, FactorColumn) and column.why:
        return "correct these rows, or leave them empty"
    return f"write {node} as a term of its own"


_BASES: dict[str, tuple[Callable[[Array, Any], dict[str, Any]], Callable[[Array, dict[str, Any]], Array]]] = {
    "poly": (bases.learn_poly, bases.apply_poly),
    "bs": (bases.learn_bs, bases.apply_bs),
    "ns": (bases.learn_ns, bases.apply_ns),
    "cr": (bases.learn_cr, bases.apply_cr),
    "scale": (bases.learn_scale, bases.apply_scale),
    "center": (bases.learn_center, bases.apply_scale),
}
_FACTORS: dict[str, Callable[[Call, _Walk], Groups]] = {"factor": _factor, "C": _factor, "cut": _cut}
