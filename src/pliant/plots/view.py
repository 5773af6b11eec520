"""What a picture of a fit looks at: which columns lie on the axes, at what the others are held, and the numbers.

Every other column is held at its median or its most common level, which the picture says.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.formula import variables
from pliant.data.table import Column, FactorColumn, NumberColumn, Table
from pliant.errors import ArgumentError, InputError
from pliant.plots.look import brief, plain
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

MOST_COLOURS = 6


@dataclass(frozen=True)
class View:
    """What is on the axes: columns by name, the rows that can be drawn, and what the others are held at."""

    table: Table
    rows: IntArray
    x: str
    group: str | None
    held: dict[str, str]  # column, and the value it is held at, in words
    inputs: tuple[str, ...]  # columns that the terms read, those of an offset apart
    training: bool  # whether the table is the one of the training

    @property
    def subtitle(self) -> str:
        """Say at what the columns stand that are not on the axes."""
        held = ", ".join(f"{brief(name)} = {brief(value)}" for name, value in self.held.items())
        return f"with {held}" if held else ""

    @property
    def numbers(self) -> tuple[str, ...]:
        """Name the inputs that are numbers."""
        return tuple(name for name in self.inputs if isinstance(self.table[name], NumberColumn))


def look_at(model: "Fitted", table: Table, x: str | None, group: str | None, training: bool) -> View:
    """Choose the axes and the values of all other columns."""
    inputs = list(dict.fromkeys(n for term in model.design.terms.terms for f in term.factors for n in variables(f)))
    names = inputs + [n for node in model.design.terms.offsets for n in variables(node) if n not in inputs]
    if not names:
        raise InputError(f"{model.formula} reads no column, so there is nothing to draw its mean against")
    for name in (x, group):
        if name is not None and name not in names:
            raise ArgumentError(f"the formula does not read {name!r}; choose from {', '.join(names)}")
    numbers = [n for n in names if isinstance(table[n], NumberColumn)]
    factors = [n for n in names if isinstance(table[n], FactorColumn)]
    along = x or (numbers[0] if numbers else factors[0])
    few = [n for n in factors if n != along and len(levels_of(table[n])) <= MOST_COLOURS]
    by = group or (few[0] if few and model.family != "multinomial" else None)
    rows = np.flatnonzero(~np.any([table[n].missing for n in names], axis=0))
    held = {n: middle(table[n])[1] for n in names if n not in (along, by)}
    return View(table, rows, along, by, held, tuple(inputs), training)


def levels_of(column: Column) -> tuple[str, ...]:
    """Give the levels of a factor; none of numbers."""
    return column.levels if isinstance(column, FactorColumn) else ()


def middle(column: Column) -> tuple[float, str]:
    """Give the median of numbers or the code of the most common level, and the same in words."""
    if isinstance(column, NumberColumn):
        value = float(np.nanmedian(column.values))
        return value, f"{value:.4g}"
    code = int(np.argmax(np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))))
    return code, column.levels[code]


def grid_table(view: View, values: dict[str, Array]) -> Table:
    """Give a table of some columns, numbers or codes (m,), all other columns held."""
    shape = np.shape(next(iter(values.values())))
    columns: dict[str, Column] = {}
    for name in dict.fromkeys((*values, *view.inputs, *view.held)):
        column = view.table[name]
        value: Any = values[name] if name in values else middle(column)[0]
        if isinstance(column, NumberColumn):
            columns[name] = NumberColumn(name, np.broadcast_to(value, shape) * 1.0, column.is_date)
        else:
            codes = np.broadcast_to(value, shape).astype(np.int64)
            columns[name] = FactorColumn(name, codes, column.levels, column.is_boolean, column.is_ordered)
    return Table(columns, shape[0], "the curve", "polars")


def response_label(model: "Fitted") -> str:
    """Name what is drawn: the response, and of several numbers the first, so named."""
    response = model.design.response
    several = response.n_outputs > 1 and not model.likelihood.has_classes
    names = f"{response.names[0]}, the first of {', '.join(response.names)}" if several else response.label
    label = plain(names, 60)
    return {"multinomial": "probability", "binomial": f"probability of {label}"}.get(model.family, label)


def response_values(model: "Fitted", view: View) -> Array | None:
    """Give the response (n,) of the drawn rows, codes for classes; None if the table does not have it.

    With the log link a row is moved to the offset that the curve is drawn at, so that it lies beside its own mean: a
    count of twice the exposure is halved.
    """
    response = model.design.response
    if any(name not in view.table.names for name in response.columns):
        return None
    y: Array = model.design.read_response(view.table)[view.rows]
    if model.family == "multinomial":
        return np.asarray(np.argmax(y, axis=1), dtype=np.float64)
    return np.asarray(y[:, 0] * np.exp(_offset_apart(model, view)))


def _offset_apart(model: "Fitted", view: View) -> Array:
    """Give how far the offset of the curve lies above that of each drawn row (n,); 0 for other links than the log."""
    if model.link != "log":
        return np.zeros(len(view.rows))
    offset = model.design.matrix(view.table).offset
    if view.training and model.arrays is not None:  # with what was given as numbers
        offset[model.arrays.rows] = model.arrays.offset
    at = model.design.matrix(grid_table(view, {name: np.array([middle(view.table[name])[0]]) for name in view.inputs}))
    return np.asarray(at.offset[0] - offset[view.rows])


def mean_with_band(model: "Fitted", table: Table) -> tuple[Array, Array | None, Array | None]:
    """Give the mean (m, C), and of an exact line or of members its 95 % band (m,), made on the scale of the link."""
    from pliant.inference.coefficients import mean_interval
    from pliant.inference.intervals import mean_interval_columns

    rows = model.design.matrix(table)
    eta = model.linear_predictor(rows.X, rows.offset)
    mu = model.likelihood.mean(eta)
    mu = mu if model.likelihood.has_classes else mu[:, :1]  # of several responses the first
    if eta.shape[1] > 1:
        return mu, None, None
    if model.members is not None:
        band, _ = mean_interval_columns(model, table, "response", 0.95, cov_type="nonrobust", groups=None)
        return mu, band["lower"], band["upper"]
    if model.facts.inverse_information is None:
        return mu, None, None
    low, high = mean_interval(model, rows.X, rows.offset, 0.95)
    return mu, low, high
