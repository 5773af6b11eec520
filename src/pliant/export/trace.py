"""A whole model as operations: columns in; mean, or class and probabilities, out."""

from typing import Any

import numpy as np

from pliant.data.contrasts import contrast_matrix
from pliant.data.design import Design
from pliant.data.formula import Node, Term
from pliant.errors import ArgumentError, InputError
from pliant.export.columns import Columns, Levels
from pliant.export.graph import NUMBER, WHOLE, Graph, Symbol, not_a_number
from pliant.export.nodes import Walk
from pliant.model import Fitted

PRECISIONS = ("float32", "float64")
PREDICTION, PROBABILITIES = "prediction", "probabilities"


def trace(model: Fitted, precision: str) -> Graph:
    """Give what a model computes, from its columns to its prediction.

    The outputs are `prediction` (rows, q), the mean; of classes the code of the likeliest (rows, 1), the number of
    classes where the row cannot be predicted, and `probabilities` (rows, C).

    Parameters
    ----------
    model : Fitted
    precision : {"float32", "float64"}
        In which the file gives numbers; what is equal to a cut point or a level there depends on it.

    Raises
    ------
    InputError
        If a part of the formula has no operations; names it.
    """
    if precision not in PRECISIONS:
        raise ArgumentError(f"precision={precision!r} is not known; choose one of {', '.join(PRECISIONS)}")
    design = model.design
    graph = Graph((PREDICTION, PROBABILITIES, *design.reads))
    columns = Columns(graph, design, precision == "float32")
    X, offset = _matrix(design, columns)
    # NaN and infinite both make 0 x NaN. An operation such as Max may lose a NaN, and a sum of weights never sees it
    # where they are zero, so a row that is not complete is remembered here
    incomplete: Any = np.isnan(np.sum(X * 0.0, axis=1) + offset * 0.0)
    eta: Any = model.linear_predictor(X, offset)
    mean: Any = np.where(incomplete, not_a_number(), model.likelihood.mean(eta))
    if not model.likelihood.has_classes:
        graph.outputs[PREDICTION] = mean
        return graph
    best: Any = graph.add("ArgMax", mean, width=1, of=WHOLE)
    best = np.where(incomplete, mean.width, best)
    graph.outputs[PREDICTION] = best
    graph.outputs[PROBABILITIES] = mean
    return graph


def _matrix(design: Design, columns: Columns) -> tuple[Any, Any]:
    """Give the design matrix (rows, p) and the offset (rows, 1)."""
    walk, zeros = Walk(columns), columns.zeros()
    parts = [zeros + 1.0] if design.has_intercept else []
    for term, full in zip(design.terms.terms, design.full, strict=True):
        parts += _term(walk, term, full)
    parts += columns.indicators()
    offset = zeros
    for node in design.terms.offsets:
        offset = offset + walk.number(node)
    if not parts:
        raise InputError(f"{design.formula.text} has no column in its design matrix, so there is nothing to export")
    return columns.graph.beside(parts), offset


def _term(walk: Walk, term: Term, full: frozenset[Node]) -> list[Symbol]:
    """Give the columns of one term, the first factor of an interaction varying fastest; none, or one symbol."""
    product: Symbol | None = None
    for node in term.factors:
        coded = _coded(walk, node, node in full)
        if coded is None:
            return []
        if product is None:
            product = coded
            continue
        left, right = np.tile(np.arange(product.width), coded.width), np.repeat(np.arange(coded.width), product.width)
        product = product[:, left] * coded[:, right]
    return [walk.columns.zeros() + 1.0 if product is None else product]


def _coded(walk: Walk, node: Node, full: bool) -> Symbol | None:
    """Give the columns of one factor: numbers as they are, levels by contrasts or a column a level. None: it has none.

    A level that is missing or unknown gives NaN.
    """
    value = walk.value(node)
    if not isinstance(value, Levels):
        return walk.graph.cast(value, NUMBER)
    coding = walk.coding(node)
    table = contrast_matrix(coding.levels, "full" if full else coding.contrast, coding.reference).matrix
    if table.shape[1] == 0:
        return None
    return walk.graph.rows(np.vstack([table, np.full(table.shape[1], np.nan)]), value.codes)
