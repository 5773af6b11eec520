"""The levels of a factor against one another: rows of the design matrix with nothing but the factor changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn, shown
from pliant.data.formula import Term, variables
from pliant.data.groups import groups_of_numbers
from pliant.errors import ArgumentError
from pliant.inference.combinations import Combination
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.data.table import Table
    from pliant.model import Fitted

MOST_LEVELS = 60  # 1,770 pairs


def level_pairs(model: "Fitted", factor: object) -> list[Combination]:
    """Give, outcome after outcome, each level of a factor less each level before it.

    Parameters
    ----------
    model : Fitted
        A line with its training table.
    factor : str
        A column of the table that the formula reads: text, or numbers inside `factor(...)` or `C(...)`.

    Raises
    ------
    ArgumentError
        If it is no such column, has one level or too many.
    """
    design, table, rows = model.design, model.training_table(), model.data()
    if not isinstance(factor, str):
        raise ArgumentError(f"pairwise contrasts are of a factor: give its name, not {factor!r}")
    name = factor[factor.find("(") + 1 : -1].split(",")[0].strip() if factor.endswith(")") else factor
    if name not in design.reads:
        raise ArgumentError(f"{name!r} is not a column that the formula reads; it reads {', '.join(design.reads)}")
    within = [term for term in design.terms.terms if name in {v for node in term.factors for v in variables(node)}]
    column = table[name]
    if isinstance(column, NumberColumn) and not _names_groups(design.states, within, name):
        raise ArgumentError(
            f"{name!r} is a number, which has no levels; for groups write factor({name}) in the formula"
        )
    used = table.take(rows.rows)
    choices = _levels(used[name])
    if not 2 <= len(choices) <= MOST_LEVELS:
        raise ArgumentError(
            f"{shown(name)} has {len(choices)} levels in the rows fitted; pairs are for 2 to {MOST_LEVELS}"
        )
    alone = all(len(term.factors) == 1 and variables(term.factors[0]) == (name,) for term in within)
    if alone:  # the other columns cancel, so that one row is as good as all
        used, weights = used.take(np.zeros(1, dtype=np.int64)), np.ones(1)
    else:
        weights = rows.totals
    means = {text: _mean_row(model, used, name, column, weights) for text, column in choices.items()}
    q, p = model.network.outputs, len(design.names)
    pairs = []
    for j in range(q):
        for first, second in combinations(choices, 2):
            row = np.zeros(p * q)
            row[j * p : (j + 1) * p] = means[second] - means[first]
            pairs.append(Combination(f"{second} - {first}", row, 0.0))
    return pairs


def _levels(column: Column) -> dict[str, Column]:
    """Give, for each level that occurs, one row of the column with this level."""
    if isinstance(column, FactorColumn):
        there = np.unique(column.codes[column.codes >= 0])
        return {column.levels[code]: replace(column, codes=np.array([code])) for code in there}
    groups = groups_of_numbers(column.values, column.is_date)
    first = [int(np.flatnonzero(groups.codes == code)[0]) for code in range(len(groups.levels))]
    return {level: column.take(np.array([row])) for level, row in zip(groups.levels, first, strict=True)}


def _mean_row(model: "Fitted", table: "Table", name: str, column: Column, weights: Array) -> Array:
    """Give the weighted mean (p,) of the design matrix with a column set to one level."""
    columns = dict(table.columns)
    columns[name] = column.take(np.zeros(table.n_rows, dtype=np.int64))
    X = model.design.matrix(replace(table, columns=columns)).X
    return np.asarray(weights @ X / np.sum(weights))


def _names_groups(states: Mapping[str, Any], within: Sequence[Term], name: str) -> bool:
    """Say whether every term reads a column of numbers as the name of groups."""
    factors = [node for term in within for node in term.factors if name in variables(node)]
    return all("levels" in states.get(str(node), {}) for node in factors)
