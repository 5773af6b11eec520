"""Does a file say what `predict` says: the rows to ask, what to feed, and what counts as the same."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pliant.data.columns import Column, FactorColumn, NumberColumn
from pliant.data.groups import groups_of_numbers
from pliant.data.table import Table, read_rows
from pliant.errors import InputError
from pliant.export.graph import Graph
from pliant.export.guess import guessed_rows
from pliant.export.trace import PREDICTION, PROBABILITIES
from pliant.model import Fitted
from pliant.types import IntArray

MOST_ROWS = 500
TOLERANCE = {"float32": 1e-5, "float64": 1e-9}  # of a number and of the spread of its column
Outputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Check:
    """What a file was checked with, and how near it came."""

    rows: int
    largest: float  # difference from `predict`, as a share of the number and of the spread of its column

    def __str__(self) -> str:
        if self.largest == 0.0:
            return f"{self.rows} rows predicted as pliant does, to the last digit"
        return f"{self.rows} rows predicted as pliant does, to within {10.0 ** math.ceil(math.log10(self.largest)):.0e}"


def check(model: Fitted, graph: Graph, precision: str, ask: Callable[[Table], Outputs], table: object = None) -> Check:
    """See that a file predicts what the model predicts.

    Parameters
    ----------
    model : Fitted
    graph : Graph
    precision : {"float32", "float64"}
    ask : callable
        Gives the outputs of the file for a table.
    table : frame, dict or path, optional
        Rows to ask; by default those of the training, or guessed ones if the model came from a file.

    Raises
    ------
    InputError
        If it does not, or there are no rows to ask.
    """
    rows = rows_to_ask(model, graph, table)
    wanted, found = expected(model, rows), ask(rows)
    largest = max(_difference(found[name], wanted[name]) for name in wanted if wanted[name].dtype.kind == "f")
    if not largest <= TOLERANCE[precision]:
        more = "; float32 does not hold its columns exactly enough: export with precision='float64'"
        raise InputError(
            f"the file does not predict what the model does (a difference of {largest:.1e}), and is not written"
            f"{more if precision == 'float32' else ''}"
        )
    if PROBABILITIES in wanted:
        _check_classes(wanted, found, TOLERANCE[precision])
    return Check(rows.n_rows, largest)


def rows_to_ask(model: Fitted, graph: Graph, table: object) -> Table:
    """Give some rows that pliant predicts, with a row more for each column, in which it is missing."""
    if table is not None:
        source = read_rows(table, model.design.reads)
    else:
        source = guessed_rows(model, graph) if model.table is None else model.table
    some = np.unique(np.linspace(0, source.n_rows - 1, min(source.n_rows, MOST_ROWS)).astype(np.int64))
    found = _predicted(model, _only(source, model.design.reads).take(some))
    if found.n_rows == 0:
        raise InputError("there are no rows to check the file with: give some that the model can predict as table=")
    return _predicted(model, _with_holes(found, model.design.reads))


def expected(model: Fitted, table: Table) -> dict[str, NDArray[Any]]:
    """Give what `predict` gives, in the shape of a file's outputs; a missing class is an empty text."""
    rows, response = model.design.matrix(table), model.design.response
    columns = model.prediction_columns(rows.X, rows.offset, rows.complete, "response")
    if not model.likelihood.has_classes:
        return {PREDICTION: np.column_stack(list(columns.values()))}
    labels = np.array([label or "" for label in columns.pop(PREDICTION)], dtype=object)
    assert len(columns) == len(response.levels)
    return {PREDICTION: labels, PROBABILITIES: np.column_stack(list(columns.values()))}


def feeds(graph: Graph, table: Table, precision: str) -> dict[str, NDArray[Any]]:
    """Give what an ONNX file takes for the rows of a table: numbers and texts, each (rows, 1); "" is missing."""
    found: dict[str, NDArray[Any]] = {}
    for name, given in graph.inputs.items():
        column = table[name]
        if given.levels is None:
            assert isinstance(column, NumberColumn)
            found[name] = column.values.astype(precision)[:, None]
            continue
        if isinstance(column, NumberColumn):  # levels 1, 2 and 2b; and rows with 1 and 2 only
            groups = groups_of_numbers(column.values, column.is_date)
            codes, levels = groups.codes, groups.levels
        else:
            codes, levels = column.codes, column.levels
        found[name] = np.array([*levels, ""], dtype=object)[codes][:, None]
    return found


def _only(table: Table, names: tuple[str, ...]) -> Table:
    return Table({name: table[name] for name in names}, table.n_rows, table.source, table.kind)


def _predicted(model: Fitted, table: Table) -> Table:
    """Give the rows that pliant does not refuse, each for itself if it refuses any."""
    if _predicts(model, table):
        return table
    fine = [row for row in range(table.n_rows) if _predicts(model, table.take(np.array([row])))]
    return table.take(np.array(fine, dtype=np.int64))


def _predicts(model: Fitted, table: Table) -> bool:
    try:
        model.design.matrix(table)
    except InputError:  # this is the question: a row that pliant refuses has no prediction to compare with
        return False
    return True


def _with_holes(table: Table, names: tuple[str, ...]) -> Table:
    """Give the rows, and the first of them once more for each column, which is missing there."""
    rows = np.concatenate([np.arange(table.n_rows), np.zeros(len(names), dtype=np.int64)])
    longer = table.take(rows)
    columns = {name: _missing_at(longer[name], table.n_rows + k) for k, name in enumerate(names)}
    return Table(columns, longer.n_rows, table.source, table.kind)


def _missing_at(column: Column, row: int) -> Column:
    if isinstance(column, NumberColumn):
        values = column.values.copy()
        values[row] = np.nan
        return NumberColumn(column.name, values, column.is_date)
    codes: IntArray = column.codes.copy()
    codes[row] = -1
    return FactorColumn(column.name, codes, column.levels, column.is_boolean, column.is_ordered)


def _difference(found: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Give the largest difference, as a share of the number and the spread of its column.

    Infinite where only one of the two is missing.
    """
    if found.shape != wanted.shape or not np.array_equal(np.isnan(found), np.isnan(wanted)):
        return float("inf")
    there = ~np.isnan(wanted).any(axis=1)
    if not there.any():
        return 0.0
    wanted = wanted[there]
    apart = np.abs(found[there].astype(np.float64) - wanted)
    size = np.abs(wanted) + np.std(wanted, axis=0)
    return float(np.max(np.divide(apart, size, out=np.zeros_like(apart), where=apart > 0.0)))


def _check_classes(wanted: Outputs, found: Outputs, tolerance: float) -> None:
    """See that the likeliest classes are the same, but where two are as likely as each other."""
    ordered = np.sort(wanted[PROBABILITIES], axis=1)
    clear = ~(ordered[:, -1] - ordered[:, -2] <= 2.0 * tolerance)  # a missing row is clear
    if np.any(np.asarray(found[PREDICTION], dtype=object)[clear] != wanted[PREDICTION][clear]):
        raise InputError("the file does not predict the classes that the model does, and is not written")
