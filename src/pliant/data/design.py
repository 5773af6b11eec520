"""The design: from a table to the arrays of a fit, and to the matrix of a prediction.

What is learnt here (levels, knots, medians, scales) comes from the training rows and is kept for new rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.calendar import Dates, date_notes, date_parts, with_dates
from pliant.data.evaluate import Groups, States, learn, number
from pliant.data.formula import Formula, Name, Node, Terms, expand, parse, variables
from pliant.data.given import (
    check_some_left,
    columns_for,
    complete_rows,
    frequency_notes,
    given_frequencies,
    given_offset,
    given_weights,
)
from pliant.data.matrix import build_columns, evaluate_factors, full_codings
from pliant.data.missing import (
    Fill,
    check_treatment,
    fill,
    fills_from_dict,
    fills_to_dict,
    learn_fills,
    refuse_missing,
)
from pliant.data.notes import design_notes
from pliant.data.rank import aliased_columns
from pliant.data.response import Response, learn_response, read_response
from pliant.data.scaling import Scaling
from pliant.data.table import Table
from pliant.data.whole import whole_columns, whole_matrix
from pliant.errors import FormulaError, TableError
from pliant.types import Array, BoolArray, IntArray

__all__ = ["Design", "aliased_columns", "has_inputs", "learn_design"]


class Rows(NamedTuple):
    """What a prediction needs of a table."""

    X: Array  # (m, p), NaN in rows with a missing value
    offset: Array  # (m,)
    complete: BoolArray  # (m,)


@dataclass(frozen=True)
class Design:
    """A formula with all that it learnt from a table.

    Attributes
    ----------
    formula, terms
        As written, and expanded for the columns of the training table.
    columns : tuple of str
        Of the training table: what `.` stands for.
    offset_column : str or None
        The column that came as `offset="name"`; among the offsets of `terms`, so that predictions use it too.
    dates : mapping of str to tuple of str
        The parts of the calendar that a date stands for beside its trend; among the terms.
    response : Response
    states : dict
        What stateful parts learnt: levels, knots, means.
    full : per term, the factors with a column a level
    names, r_names, term_of, input_bends
        Of the columns of the design matrix; the last without the intercept.
    scaling : Scaling
    missing, fills
        The treatment of missing values, and what fills them.
    notes : tuple of str
        What was done to the data, in sentences.
    """

    formula: Formula
    terms: Terms
    columns: tuple[str, ...]
    offset_column: str | None
    dates: Dates
    response: Response
    states: States
    full: tuple[frozenset[Node], ...]
    names: tuple[str, ...]
    r_column_names: tuple[str, ...]
    term_of: tuple[int, ...]
    input_bends: tuple[bool, ...]
    scaling: Scaling
    missing: str
    fills: Mapping[str, Fill]
    notes: tuple[str, ...]

    @property
    def has_intercept(self) -> bool:
        """Whether the first column of the design matrix is ones."""
        return self.terms.intercept

    @property
    def n_inputs(self) -> int:
        """Columns of the design matrix without the intercept."""
        return len(self.input_bends)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The columns that the right side of the formula reads."""
        return self.terms.reads

    def r_names(self) -> tuple[str, ...]:
        """Name the columns of the design matrix as R does."""
        return self.r_column_names

    def matrix(self, table: Table) -> Rows:
        """Give the design matrix (m, p) and offset (m,) of new rows, and which rows are complete.

        Raises
        ------
        LevelError
            If a column has a level that the training rows did not have.
        TableError
            If a column is absent, of another kind, or infinite; if `missing="error"` and one is missing.
        """
        whole = whole_matrix(self.terms, table)
        if whole is not None:
            return Rows(whole, np.zeros(len(whole)), np.ones(len(whole), dtype=bool))
        if self.missing == "error":
            refuse_missing(table, self.reads)
        filled, indicators = fill(table, self.fills)
        values = evaluate_factors(self.terms, filled, self.states)
        X = build_columns(self.terms, filled, self.states, self.full, values).X
        if indicators.shape[1]:
            X = np.hstack([X, indicators])
        offset = _offset(self.terms, filled, self.states)
        with np.errstate(over="ignore", invalid="ignore"):
            suspect = np.flatnonzero(np.isnan(np.sum(X, axis=1)))
        complete = ~np.isnan(offset)
        complete[suspect[np.any(np.isnan(X[suspect]), axis=1)]] = False
        if not complete.all():
            X[~complete] = np.nan
        return Rows(X, offset, complete)

    def arrays(self, table: Table, *, weights: Any = None, offset: Any = None, frequencies: Any = None) -> Arrays:
        """Give the arrays of a table that also has the response: its complete rows."""
        if isinstance(offset, str) and offset == self.offset_column:
            offset = None  # the terms have it
        given, shift = given_weights(weights, table), given_offset(offset, table)
        filled_in = self.reads if self.missing == "error" else tuple(self.fills)
        counts = given_frequencies(frequencies, table)
        keep = complete_rows(table, self.response.columns, self.reads, filled_in, given, shift)
        keep = keep if counts is None else keep & (counts > 0.0)
        whole = np.flatnonzero(keep)
        part = table if keep.all() else table.take(whole)
        return self.arrays_of(part, whole, None if weights is None else given, shift, counts)

    def arrays_of(
        self, part: Table, rows: IntArray, weights: Array | None, offset: Array, counts: Array | None
    ) -> Arrays:
        """Give the arrays of complete rows, which `rows` of a table are; with what came beside that whole table."""
        matrix = self.matrix(part)
        y, trials = read_response(self.response, part, self.states)
        if trials is not None and weights is not None:
            raise TableError(f"{self.response.node} has its trials as weights already; leave out weights")
        if trials is None:
            trials = np.ones(len(rows)) if weights is None else weights[rows]
        return Arrays(matrix.X, y, trials, matrix.offset + offset[rows], rows, None if counts is None else counts[rows])

    def read_response(self, table: Table) -> Array:
        """Give y (m, q) of a table that has the response; NaN where it is missing."""
        return read_response(self.response, table, self.states)[0]

    def inputs(self, X: Array) -> Array:
        """Give what a network sees of a design matrix: no intercept, in the units of training, embedded or not."""
        return self.scaling.inputs(self.raw_inputs(X))

    def line_inputs(self, X: Array) -> Array:
        """Give what a line in the units of training sees."""
        return self.scaling.line_inputs(self.raw_inputs(X))

    def embedded(self, arrays: Arrays) -> "Design":
        """Give the design with an embedding of the inputs that may bend, learnt from training rows."""
        used = arrays.counts * (arrays.weights > 0.0)
        return replace(self, scaling=self.scaling.embedded(self.raw_inputs(arrays.X), self.input_bends, used))

    def raw_inputs(self, X: Array) -> Array:
        """Give the columns of a design matrix without the intercept, in the user's units."""
        return X[:, self.has_intercept :]

    def unscale(self, slopes: Array, intercept: Array) -> Array:
        """Give the coefficients (p, q) of a line in the user's units, from those (p', q), (q,) of training."""
        raw, at_zero = self.scaling.unscale(slopes, intercept)
        return np.vstack([at_zero, raw]) if self.has_intercept else raw

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say; floats exactly."""
        pairs = zip(self.terms.terms, self.full, strict=True)
        return {
            "formula": self.formula.text or str(self.formula),
            "columns": self.columns,
            "offset_column": self.offset_column,
            "dates": self.dates,
            "response": self.response.to_dict(),
            "states": self.states,
            "full": [[str(node) for node in term.factors if node in full] for term, full in pairs],
            "names": self.names,
            "r_names": self.r_column_names,
            "term_of": self.term_of,
            "input_bends": self.input_bends,
            "scaling": self.scaling.to_dict(),
            "missing": self.missing,
            "fills": fills_to_dict(self.fills),
            "notes": self.notes,
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Design":
        """Build it again from `to_dict`."""
        formula = parse(said["formula"])
        dates = {name: tuple(parts) for name, parts in said["dates"].items()}
        terms = with_dates(_with_offset(expand(formula, said["columns"]), said["offset_column"]), dates)
        if terms.response is None or len(said["full"]) != len(terms.terms):
            raise FormulaError(f"{said['formula']!r} has no response, or not {len(said['full'])} terms")
        full = tuple(
            frozenset(node for node in term.factors if str(node) in names)
            for term, names in zip(terms.terms, said["full"], strict=True)
        )
        return cls(
            formula,
            terms,
            tuple(said["columns"]),
            said["offset_column"],
            dates,
            Response.from_dict(terms.response, said["response"]),
            said["states"],
            full,
            tuple(said["names"]),
            tuple(said["r_names"]),
            tuple(said["term_of"]),
            tuple(said["input_bends"]),
            Scaling.from_dict(said["scaling"]),
            said["missing"],
            fills_from_dict(said["fills"]),
            tuple(said["notes"]),
        )


def learn_design(
    formula: Formula,
    table: Table,
    *,
    coding: str = "number",
    missing: str = "drop",
    weights: str | Array | None = None,
    offset: str | Array | None = None,
    frequencies: str | Array | None = None,
    standardise: bool = True,
    scale_response: bool = True,
    training: BoolArray | None = None,
    left_out: tuple[str, ...] = (),
) -> tuple[Design, Arrays]:
    """Learn a design from a table and give the arrays of its complete rows.

    Parameters
    ----------
    formula : Formula
    table : Table
    coding : {"number", "binary", "classes"}
        What the family needs of the response.
    missing : {"drop", "impute", "error"}
    weights, offset, frequencies : str or array (table rows,), optional
        A column, or one number a row of the table.
    standardise, scale_response : bool
        Whether inputs and response get the units of training.
    training : ndarray of bool, shape (table rows,), optional
        The rows to learn from; all by default. The arrays hold the others too.
    left_out : tuple of str
        Columns that `.` does not stand for, beside those of weights, offset and frequencies.

    Raises
    ------
    FormulaError, TableError, ResponseError, ArgumentError
        If formula, columns, response or an argument cannot be used; says which, where and what to do.
    """
    check_treatment(missing)
    if table.n_rows == 0:
        raise TableError(f"{table.source} has no rows; give some to learn from")
    known = columns_for(formula, table, weights, offset, frequencies, *left_out)
    by_name, offset = (offset, None) if isinstance(offset, str) else (None, offset)
    if by_name is not None:
        given_offset(by_name, table)  # sees that it is a column of numbers
    terms = _with_offset(expand(formula, known), by_name)
    if not terms.terms and not terms.intercept:
        raise FormulaError("the right side of the formula is empty; write y ~ 1 for the mean alone")
    if terms.response is None:
        raise FormulaError("the formula has no response; write it to the left of '~', as in y ~ x")
    modelled, reads, said = terms.response, terms.reads, variables(terms.response)
    mask = np.ones(table.n_rows, dtype=bool) if training is None else training
    if missing == "error":
        refuse_missing(table, tuple(dict.fromkeys((*said, *reads))))
    # what is learnt comes from complete rows: a level that is lost with the others has no column, as in R's lm.
    # Knots and means too, so that it is the same to drop the rows beforehand; R takes these from all rows of x
    given, shift = given_weights(weights, table), given_offset(offset, table)
    fillable = replace(terms, offsets=()).reads if missing == "impute" else ()  # an offset is known or it is not
    counts = given_frequencies(frequencies, table)
    complete = complete_rows(table, said, reads, fillable, given, shift, *(() if counts is None else (counts,)))
    keep = complete if counts is None else complete & (counts > 0.0)
    check_some_left(table, keep & mask)
    dates = date_parts(formula, terms, table, keep & mask)
    terms = with_dates(terms, dates)
    whole = np.flatnonzero(keep)
    part, mask = (table, mask) if keep.all() else (table.take(whole), mask[whole])
    copies = None if counts is None else counts[whole]
    fills = learn_fills(part, fillable, mask, copies)
    filled, _ = fill(part, fills)
    response = learn_response(modelled, filled, coding)
    states: States = {}
    plain = whole_matrix(terms, filled) is not None  # then there is nothing to learn
    coded = () if plain else terms.terms
    values = {node: learn(node, filled, mask, states, copies) for term in coded for node in term.factors}
    for node in (*terms.offsets, *response.parts):
        learn(node, filled, mask, states, copies)
    full: tuple[frozenset[Node], ...] = (frozenset(),) * len(terms.terms)
    if plain:
        columns = whole_columns(terms.plain or ())
    else:
        full = tuple(full_codings(terms, {node: isinstance(value, Groups) for node, value in values.items()}))
        columns = build_columns(terms, filled, states, full, values, names_only=True)
    marks = tuple(f"{name}[missing]" for name, by in fills.items() if by.indicated)
    rough = Design(
        formula,
        terms,
        known,
        by_name,
        dates,
        response,
        states,
        full,
        columns.names + marks,
        columns.r_names + tuple(f"{name}_missing" for name, by in fills.items() if by.indicated),
        columns.term_of + (len(terms.terms),) * len(marks),
        columns.bends[terms.intercept :] + (True,) * len(marks),
        Scaling.none(len(columns.names) + len(marks) - terms.intercept),
        missing,
        fills,
        (),
    )
    if missing == "drop":
        arrays = rough.arrays_of(part, whole, None if weights is None else given, shift, counts)
    else:
        arrays = rough.arrays(table, weights=weights, offset=offset, frequencies=frequencies)
    learnt = arrays if mask.all() else arrays.take(np.flatnonzero(mask))
    if not np.any(learnt.weights > 0.0):
        raise TableError(f"{table.source}: no complete row to train on has a weight above zero")
    given_now = {"weights": weights, "offset": offset, "frequencies": frequencies}
    notes = design_notes(table, terms, reads, response, values, complete, fills, given_now)
    notes += (*date_notes(dates), *frequency_notes(frequencies, counts, keep))
    scaling = rough.scaling
    if standardise or scale_response:
        scaling = _scaling(learnt, terms.intercept, standardise, scale_response)
    return replace(rough, scaling=scaling, notes=notes), arrays


def has_inputs(formula: Formula, table: Table, *given: Any) -> bool:
    """Say whether a formula has any term but the intercept; `given` is what comes beside it, and `.` leaves out.

    Raises
    ------
    FormulaError, TableError
        If the formula cannot be expanded for the table.
    """
    return bool(expand(formula, columns_for(formula, table, *given)).terms)


def _with_offset(terms: Terms, column: str | None) -> Terms:
    """Give the terms with one more offset, so that `offset="e"` is the same as `+ offset(e)`."""
    return terms if column is None else replace(terms, offsets=(*terms.offsets, Name(column)))


def _scaling(rows: Arrays, intercept: bool, standardise: bool, scale_response: bool) -> Scaling:
    """Learn the units of training."""
    inputs = rows.X[:, intercept:]
    learnt = Scaling.learn(inputs, rows.y if scale_response else None, rows.offset, intercept, rows.frequencies)
    if standardise:
        return learnt
    nothing = Scaling.none(inputs.shape[1])
    return Scaling(nothing.centre, nothing.scale, learnt.response_centre, learnt.response_scale)


def _offset(terms: Terms, table: Table, states: States) -> Array:
    """Give the sum (n,) of the formula's offsets."""
    total = np.zeros(table.n_rows)
    for node in terms.offsets:
        total = total + number(node, table, states)
    return total
