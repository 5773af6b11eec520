"""The picture of a fit: the data, and the mean that the model gives over one column.

One number column runs along the x axis, one factor of few levels gives the colours, and every other column is
held at its median or its most common level, which the picture says.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.formula import variables
from pliant.data.table import Column, FactorColumn, NumberColumn, Table, make_frame, read_table
from pliant.errors import ArgumentError, InputError
from pliant.plots.beyond import draw_mean
from pliant.plots.look import COLOURS, FAINT, INK, Picture, label_ends, new_picture
from pliant.types import Array, BoolArray, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

MOST_COLOURS = 6
POINTS = 200  # along a curve


@dataclass(frozen=True)
class View:
    """What is on the axes: columns by name, the rows that can be drawn, and what the others are held at."""

    table: Table
    rows: IntArray
    x: str
    group: str | None
    held: dict[str, str]  # column, and the value it is held at, in words

    @property
    def subtitle(self) -> str:
        """Say at what the columns stand that are not on the axes."""
        return "with " + ", ".join(f"{name} = {value}" for name, value in self.held.items()) if self.held else ""


def plot_fit(model: "Fitted", table: object = None, x: str | None = None, group: str | None = None) -> Picture:
    """Draw the fitted mean over one column, with the data.

    Parameters
    ----------
    model : Fitted
    table : frame, dict or path, optional
        Rows to draw; the training table if nothing is given.
    x : str, optional
        The column along the x axis; by default the first number that the formula reads.
    group : str, optional
        The factor that gives the colours; by default the first with at most six levels.

    Returns
    -------
    Picture
        With `.data`: a frame with the points of the curves.

    Raises
    ------
    InputError
        If the formula reads no column.
    """
    read = model.training_table() if table is None else read_table(table)
    view = _view(model, read, x, group)
    figure, axes = new_picture(str(model.design.formula), view.subtitle)
    if isinstance(read[view.x], FactorColumn):
        drawn = _draw_levels(model, view, axes)
    else:
        drawn = _draw_curves(model, view, axes)
    figure.data = make_frame(drawn, model.frame_kind)
    axes.set_xlabel(view.x)
    label = _label(model)
    shares = {"multinomial": "probability", "binomial": f"probability of {label}"}
    axes.set_ylabel(shares.get(model.family, label))
    return figure


def _label(model: "Fitted") -> str:
    """Name what is drawn: the response, and of several numbers the first, so named."""
    response = model.design.response
    several = response.n_outputs > 1 and not model.likelihood.has_classes
    return f"{response.names[0]}, the first of {', '.join(response.names)}" if several else response.label


def _view(model: "Fitted", table: Table, x: str | None, group: str | None) -> View:
    """Choose the axes and the values of all other columns."""
    names = list(dict.fromkeys(n for term in model.design.terms.terms for f in term.factors for n in variables(f)))
    names += [n for node in model.design.terms.offsets for n in variables(node) if n not in names]
    if not names:
        raise InputError(f"{model.formula} reads no column, so there is nothing to draw its mean against")
    for name in (x, group):
        if name is not None and name not in names:
            raise ArgumentError(f"the formula does not read {name!r}; choose from {', '.join(names)}")
    numbers = [n for n in names if isinstance(table[n], NumberColumn)]
    factors = [n for n in names if isinstance(table[n], FactorColumn)]
    along = x or (numbers[0] if numbers else factors[0])
    few = [n for n in factors if n != along and len(_levels(table[n])) <= MOST_COLOURS]
    by = group or (few[0] if few and model.family != "multinomial" else None)
    rows = np.flatnonzero(~np.any([table[n].missing for n in names], axis=0))
    held = {n: _middle(table[n])[1] for n in names if n not in (along, by)}
    return View(table, rows, along, by, held)


def _levels(column: Column) -> tuple[str, ...]:
    return column.levels if isinstance(column, FactorColumn) else ()


def _middle(column: Column) -> tuple[float, str]:
    """Give the median of numbers or the code of the most common level, and the same in words."""
    if isinstance(column, NumberColumn):
        value = float(np.nanmedian(column.values))
        return value, f"{value:.4g}"
    code = int(np.argmax(np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))))
    return code, column.levels[code]


def _grid(view: View, x: Array, code: int | None) -> Table:
    """Give a table along x at one level of the group, all other columns held."""
    columns: dict[str, Column] = {}
    for name in (view.x, *([view.group] if view.group else []), *view.held):
        column = view.table[name]
        value: Any = x if name == view.x else code if name == view.group else _middle(column)[0]
        if isinstance(column, NumberColumn):
            columns[name] = NumberColumn(name, np.broadcast_to(value, x.shape) * 1.0, column.is_date)
        else:
            codes = np.broadcast_to(value, x.shape).astype(np.int64)
            columns[name] = FactorColumn(name, codes, column.levels, column.is_boolean, column.is_ordered)
    return Table(columns, len(x), "the curve", "polars")


def _groups(view: View) -> list[tuple[int | None, str, str, BoolArray]]:
    """Give code, name, colour and rows of each level of the group; one nameless group if there is none."""
    if view.group is None:
        return [(None, "", COLOURS[0], np.ones(len(view.rows), dtype=bool))]
    column = view.table[view.group]
    assert isinstance(column, FactorColumn)
    codes = column.codes[view.rows]
    present = [c for c in range(len(column.levels)) if np.any(codes == c)]
    return [(c, column.levels[c], COLOURS[i % len(COLOURS)], codes == c) for i, c in enumerate(present)]


def _draw_curves(model: "Fitted", view: View, axes: Any) -> dict[str, Any]:
    """Draw the mean along a number, by group or by class, over the range of each group's own rows."""
    along = view.table[view.x]
    assert isinstance(along, NumberColumn)
    values = along.values[view.rows]
    y = _response(model, view)
    labels: list[tuple[float, float, str, str]] = []
    drawn: dict[str, list[Any]] = {}
    for code, name, colour, mine in _groups(view):
        if y is not None and model.family != "multinomial":
            axes.plot(values[mine], y[mine], "o", ms=4, mew=0, alpha=0.45, color=colour)
        grid: Array = np.linspace(float(values[mine].min()), float(values[mine].max()), POINTS, dtype=np.float64)
        at = _grid(view, grid, code)
        mu, low, high = _mean_with_band(model, at)
        if model.family == "multinomial":
            outcomes = model.design.response.levels
            for j, outcome in enumerate(outcomes):
                draw_mean(axes, model, at, grid, mu[:, j], COLOURS[j % len(COLOURS)])
                labels.append((grid[-1], mu[-1, j], outcome, COLOURS[j % len(COLOURS)]))
        else:
            outcomes = (name,)
            if low is not None and high is not None:
                axes.fill_between(grid, low, high, color=colour, alpha=0.18, lw=0)
            draw_mean(axes, model, at, grid, mu[:, 0], colour)
            if name:
                labels.append((grid[-1], mu[-1, 0], name, colour))
        for j, outcome in enumerate(outcomes):
            drawn.setdefault(view.x, []).extend(grid)
            if len(outcomes) > 1 or outcome:
                drawn.setdefault(view.group or model.design.response.label, []).extend([outcome] * POINTS)
            drawn.setdefault("mean", []).extend(mu[:, j])
    if model.family == "multinomial" and y is not None:
        _draw_rug(model, axes, values, y)
    label_ends(axes, labels)
    return drawn


def _draw_rug(model: "Fitted", axes: Any, values: Array, y: Array) -> None:
    """Mark the rows of each class by ticks in its colour, one band a class below the axis."""
    levels = model.design.response.levels
    for j in range(len(levels)):
        at = -0.04 - 0.03 * j
        axes.plot(values[y == j], np.full(np.sum(y == j), at), "|", ms=6, color=COLOURS[j % len(COLOURS)], alpha=0.6)
    axes.axhline(0.0, color=FAINT, lw=0.8)


def _draw_levels(model: "Fitted", view: View, axes: Any) -> dict[str, Any]:
    """Draw the mean of each level, with the data beside it, where no number is read."""
    column = view.table[view.x]
    assert isinstance(column, FactorColumn)
    codes, y = column.codes[view.rows], _response(model, view)
    rng = np.random.default_rng(0)
    levels = np.arange(len(column.levels), dtype=np.float64)
    groups = _groups(view)
    drawn: dict[str, list[Any]] = {}
    for i, (code, name, colour, mine) in enumerate(groups):
        shift = 0.0 if len(groups) == 1 else 0.5 * (i / (len(groups) - 1) - 0.5)
        if y is not None and model.family != "multinomial":
            spread = rng.uniform(-0.06, 0.06, int(mine.sum()))
            axes.plot(codes[mine] + shift + spread, y[mine], "o", ms=4, mew=0, alpha=0.4, color=colour)
        mu, low, high = _mean_with_band(model, _grid(view, levels, code))
        for j in range(mu.shape[1]):
            shade = COLOURS[j % len(COLOURS)] if mu.shape[1] > 1 else colour
            if low is not None and high is not None:
                axes.vlines(levels + shift, low, high, color=INK, lw=1.5)
            title = model.design.response.levels[j] if mu.shape[1] > 1 else name
            axes.plot(levels + shift, mu[:, j], "D", ms=7, color=shade, mec=INK, mew=1.0, label=title)
            drawn.setdefault(view.x, []).extend(column.levels)
            if title:
                drawn.setdefault(view.group or model.design.response.label, []).extend([title] * len(levels))
            drawn.setdefault("mean", []).extend(mu[:, j])
    if len(groups) > 1 or model.family == "multinomial":
        axes.legend(frameon=False, fontsize=9)
    axes.set_xticks(levels, column.levels)
    return drawn


def _response(model: "Fitted", view: View) -> Array | None:
    """Give the response (n,) of the drawn rows, codes for classes; None if the table does not have it."""
    response = model.design.response
    if any(name not in view.table.names for name in response.columns):
        return None
    y = model.design.read_response(view.table)[view.rows]
    return np.argmax(y, axis=1) if model.family == "multinomial" else y[:, 0]


def _mean_with_band(model: "Fitted", table: Table) -> tuple[Array, Array | None, Array | None]:
    """Give the mean (n, C), and for an exact line its 95 % band, made on the scale of the link."""
    from pliant.inference.coefficients import mean_interval

    rows = model.design.matrix(table)
    eta = model.linear_predictor(rows.X, rows.offset)
    mu = model.likelihood.mean(eta)
    mu = mu if model.likelihood.has_classes else mu[:, :1]  # of several responses the first
    if model.facts.inverse_information is None or eta.shape[1] > 1:
        return mu, None, None
    low, high = mean_interval(model, rows.X, rows.offset, 0.95)
    return mu, low, high
