"""Rows to check a file with, for a model that came from a file and holds none.

They are drawn from what the model knows: levels, ranges of the training rows, knots, cut points, centres. Where it
knows nothing of a column, because a function stands before it, numbers of several sizes are tried; rows that pliant
refuses are no rows to check with, and are left out by the caller.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn
from pliant.data.formula import Call, Name, Node, children
from pliant.data.table import Table
from pliant.export.graph import Graph
from pliant.export.nodes import DATE, number_of
from pliant.model import Fitted
from pliant.types import Array

ROWS = 96
ANYTHING = (0.01, 0.3, 0.5, 0.9, 1.0, 2.0, 5.0, 20.0, 300.0, -0.4, -3.0)


def guessed_rows(model: Fitted, graph: Graph) -> Table:
    """Give a table of 96 rows with the columns of a graph."""
    rng = np.random.default_rng(0)
    columns: dict[str, Column] = {}
    for name, given in graph.inputs.items():
        if given.levels is None:
            columns[name] = _numbers(model, name, rng)
        else:
            codes = rng.integers(0, len(given.levels), ROWS)
            columns[name] = FactorColumn(name, codes, given.levels, is_boolean=given.levels == ("False", "True"))
    return Table(columns, ROWS, "the rows to check with", "dict")


@dataclass(frozen=True)
class _Known:
    """What a model knows of a column of numbers."""

    values: Array
    is_range: bool  # the first and last of the values are its ends; else it has no others
    is_date: bool = False


def _numbers(model: Fitted, name: str, rng: np.random.Generator) -> NumberColumn:
    """Give numbers (96,) such as a column may have had."""
    known = _known(model, name)
    if known is None:
        return NumberColumn(name, rng.choice(np.array(ANYTHING), ROWS))
    low, high = known.values[0], known.values[-1]
    values = rng.uniform(low, high, ROWS) if known.is_range else rng.choice(known.values, ROWS)
    return NumberColumn(name, values, known.is_date)


def _known(model: Fitted, name: str) -> _Known | None:
    """Give the ends of the range of a column, or the values that it had, if the model knows."""
    design, column = model.design, Name(name)
    for node in [each for root in _roots(model) for each in _below(root)]:
        if isinstance(node, Call) and node.arguments[:1] == (column,) and str(node) in design.states:
            found = _of_state(design.states[str(node)])
            if found is not None:
                return found
    if model.region is not None:
        for place, term in enumerate(design.terms.terms):
            if term.factors == (column,):
                j = design.term_of.index(place) - design.has_intercept
                return _Known(model.region.ranges[:2, j], True)
    return None


def _of_state(state: dict[str, Any]) -> _Known | None:
    """Give what a transform has learnt of the column that it reads."""
    for ends in ("breaks", "knots"):
        if ends in state:
            return _Known(np.array(state[ends]), True)
    if "levels" in state:
        levels = state["levels"]
        return _Known(np.array([number_of(level) for level in levels]), False, all(map(DATE.fullmatch, levels)))
    if "centre" in state:
        return _Known(state["centre"] + state["scale"] * np.array([-1.0, 1.0]), True)
    return None


def _roots(model: Fitted) -> list[Node]:
    terms = model.design.terms
    return [*(node for term in terms.terms for node in term.factors), *terms.offsets]


def _below(node: Node) -> list[Node]:
    """Give a node and all nodes below it."""
    return [node, *(deeper for child in children(node) for deeper in _below(child))]
