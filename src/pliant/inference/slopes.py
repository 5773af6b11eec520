"""How the mean changes with one column, row by row and on average; means by group. All with standard errors.

The slope of a number is d mu / d x through every term that reads x, exactly: transforms, splines, interactions.
A factor has no slope but contrasts: the mean at each level less the mean at the first, everything else as it is.
The errors of a line are those of the delta method, those of a network what its members differ by (means.py).
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn, nearest, shown
from pliant.data.derivative import design_slope
from pliant.data.formula import Call, Name, Node, variables
from pliant.data.frame_io import plain_values
from pliant.data.table import Table
from pliant.errors import ArgumentError, InputError
from pliant.inference.coefficients import two_sided, wald_interval
from pliant.inference.delta import Effect, Places, check_type, effect_names, places
from pliant.inference.intervals import mean_bounds
from pliant.inference.means import Answers, Basis, basis_of, difference
from pliant.inference.moved import moved
from pliant.optimisers.checks import listed_names
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted


Framed = tuple[dict[str, Any], str]  # columns, and the kind of frame to make of them


def slopes(model: "Fitted", table: object, asked: Any, type: str, level: float, **cov: Any) -> Framed:
    """Give the slope of every column that the formula reads, a row for each row of the table.

    Returns
    -------
    dict of columns, kind of frame
        `row` (of the table, from 0), `term`, `contrast` ("dY/dX", or "b - a"), `response` (of classes),
        `estimate`, `std_error`, `statistic`, `p_value`, `conf_low`, `conf_high`; missing where a row is not
        complete. Column after column, and within one row after row.
    """
    basis = basis_of(model, "slopes", **cov)
    at = places(model, table)
    blocks = []
    for term, contrast, effect in _effects(basis, at, asked, type):
        m, errors = len(effect.estimate), basis.errors(effect)
        for c, name in enumerate(effect_names(model, type)):
            estimate = np.where(at.used, effect.estimate[:, c], np.nan)
            error = np.where(at.used, errors[:, c], np.nan)
            head = {"row": np.arange(m), "term": [term] * m, "contrast": [contrast] * m, "response": [name] * m}
            blocks.append(head | _judged(estimate, error, level, basis.df))
    return _stacked(model, blocks), at.table.kind


def average_slopes(model: "Fitted", table: object, asked: Any, by: Any, type: str, level: float, **cov: Any) -> Framed:
    """Give the average of the slopes over the rows of a table, or of each group of its rows.

    Returns
    -------
    dict of columns, kind of frame
        The columns of `by`, then as `slopes`. The error is that of the average: its gradient is the average
        gradient. Every row counts once, whatever its weight, or as often as its frequency says.
    """
    basis = basis_of(model, "slopes", **cov)
    at = places(model, table)
    groups, count, named = _grouped(at, by)
    blocks = []
    for term, contrast, effect in _effects(basis, at, asked, type):
        means = basis.grouped(effect, groups, at.counts, count)
        estimates, errors = means.estimate, means.errors()
        for c, name in enumerate(effect_names(model, type)):
            head = {"term": [term] * count, "contrast": [contrast] * count, "response": [name] * count}
            blocks.append(head | named | _judged(estimates[:, c], errors[:, c], level, basis.df))
    return _stacked(model, blocks), at.table.kind


def predictions(model: "Fitted", table: object, by: Any, type: str, level: float, **cov: Any) -> Framed:
    """Give the average of the predicted means over the rows of a table, or of each group of its rows.

    Returns
    -------
    dict of columns, kind of frame
        The columns of `by`, `response` (of classes), `estimate`, `std_error`, `conf_low`,
        `conf_high` (made on the scale of the link, so that they stay where means can be), `n_rows`.
    """
    basis = basis_of(model, "predictions", **cov)
    at = places(model, table)
    groups, count, named = _grouped(at, by)
    means = basis.grouped(basis.means(at.X, at.offset, type), groups, at.counts, count)
    estimates, errors = means.estimate, means.errors()
    low, high = mean_bounds(model, estimates, errors, type, level, basis.df)
    inside = groups >= 0
    n_rows = np.bincount(groups[inside], at.counts[inside], minlength=count).astype(np.int64)
    blocks = [
        {
            "response": [name] * count,
            **named,
            "estimate": estimates[:, c],
            "std_error": errors[:, c],
            "conf_low": low[:, c],
            "conf_high": high[:, c],
            "n_rows": n_rows,
        }
        for c, name in enumerate(effect_names(model, type))
    ]
    return _stacked(model, blocks), at.table.kind


def _effects(basis: Basis, at: Places, asked: Any, type: str) -> Iterator[tuple[str, str, Any]]:
    """Give column, contrast and effect (or answers), one after the other."""
    check_type(type)
    model = basis.model
    for name in asked_columns(model, asked):
        levels = _levels(model, at.table, name)
        if levels:
            first, *others = (_held_at(basis, at, name, level, type) for level in levels)
            for level, other in zip(levels[1:], others, strict=True):
                yield name, f"{_text(level)} - {_text(levels[0])}", difference(other, first)
            continue
        by_x, offset_by_x = design_slope(model.design, at.table, name)
        by_x, offset_by_x = np.where(at.used[:, None], by_x, 0.0), np.where(at.used, offset_by_x, 0.0)
        yield name, "dY/dX", basis.slopes(at.X, at.offset, by_x, offset_by_x, type)


def asked_columns(model: "Fitted", asked: Any) -> Sequence[str]:
    """Give the columns whose slopes are wanted: by default all that the formula reads."""
    reads = model.design.reads
    if asked is None:
        if not reads:
            raise InputError(f"{model.formula} reads no column, so there is no slope")
        return reads
    names = listed_names("variables", asked)
    for name in names:
        if name not in reads:
            raise ArgumentError(f"the formula does not read {shown(name)}{nearest(name, reads)}")
    return names


def _levels(model: "Fitted", table: Table, name: str) -> list[Any]:
    """Give the levels of a column that names groups, the first the reference; none for a number with a slope."""
    states = model.design.states
    if name in states or isinstance(table[name], FactorColumn):
        return list(states[str(Name(name))]["levels"])
    nodes = [node for term in model.design.terms.terms for node in term.factors if name in variables(node)]
    groups = [node for node in nodes if isinstance(node, Call) and node.function in ("factor", "C", "cut")]
    if not groups:
        return []
    if len(groups) < len(nodes) or any(_is_cut(node) for node in groups):
        raise InputError(
            f"{shown(name)} enters as groups, through {groups[0]}, which has steps and no slope; leave it out of "
            "variables= and compare its groups with predictions(by=)"
        )
    return sorted({float(level) for node in groups for level in states[str(node)]["levels"]})


def _is_cut(node: Node) -> bool:
    """Say whether a node cuts a number into intervals, or reads anything but the plain column."""
    return isinstance(node, Call) and (node.function == "cut" or not isinstance(node.arguments[0], Name))


def _held_at(basis: Basis, at: Places, name: str, level: Any, type: str) -> Effect | Answers:
    """Give the means with one column held at one level."""
    n, old = at.table.n_rows, at.table[name]
    column: Column = (
        NumberColumn(name, np.full(n, level))
        if isinstance(level, float)
        else FactorColumn(name, np.zeros(n, dtype=np.int64), (level,), getattr(old, "is_boolean", False))
    )
    X, offset, used = moved(basis.model, at, np.arange(n), {name: column})
    return basis.means(np.where(used[:, None], X, 0.0), offset, type)


def _text(level: Any) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _grouped(at: Places, by: Any) -> tuple[IntArray, int, dict[str, Any]]:
    """Give the group (m,) of each row, their number, and the columns that name them, in order of their values.

    A row that is not used, or that has no value in a column of `by`, is in no group.
    """
    names = [] if by is None else listed_names("by", by)
    keys = []
    inside = at.used.copy()
    for name in names:
        column = at.table[name]
        inside &= ~column.missing
        keys.append(column.codes.astype(float) if isinstance(column, FactorColumn) else column.values)
    rows = np.flatnonzero(inside)
    groups = np.full(len(inside), -1, dtype=np.int64)
    if len(rows) == 0:
        raise InputError(f"{at.table.source} has no complete row to average over")
    if not names:
        groups[rows] = 0
        return groups, 1, {}
    table = np.column_stack(keys)[rows]
    _, first, codes = np.unique(table, axis=0, return_index=True, return_inverse=True)
    groups[rows] = codes.ravel()
    named = {name: plain_values(at.table[name].take(rows[first])) for name in names}
    return groups, len(first), named


def _judged(estimate: Array, error: Array, level: float, df: float) -> dict[str, Array]:
    """Give estimates with errors, statistics, p-values and Wald intervals."""
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / error
    low, high = wald_interval(estimate, error, level, df)
    return {
        "estimate": estimate,
        "std_error": error,
        "statistic": statistic,
        "p_value": two_sided(statistic, df),
        "conf_low": low,
        "conf_high": high,
    }


def _stacked(model: "Fitted", blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Put blocks of rows below each other; the column `response` is for classes only."""
    columns = {name: np.concatenate([np.asarray(block[name]) for block in blocks]) for name in blocks[0]}
    if len(set(columns["response"])) == 1 and not model.likelihood.has_classes:
        del columns["response"]
    return columns
