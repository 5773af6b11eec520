"""The picture of a fit: the data, and the mean that the model gives over one column.

One number column runs along the x axis, one factor of few levels gives the colours, and every other column is
held at its median or its most common level, which the picture says.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import FactorColumn, NumberColumn, make_frame, read_table
from pliant.plots.beyond import draw_mean
from pliant.plots.curve import draw_curve
from pliant.plots.effects import plot_effects
from pliant.plots.look import COLOURS, FAINT, INK, Picture, label_ends, new_picture, plain
from pliant.plots.mean_surface import draw_surface
from pliant.plots.view import View, grid_table, look_at, mean_with_band, response_label, response_values
from pliant.types import Array, BoolArray

if TYPE_CHECKING:
    from pliant.model import Fitted

POINTS = 200  # along a curve


def plot_fit(model: "Fitted", table: object = None, x: str | None = None, group: str | None = None) -> Picture:
    """Draw the fitted mean against the data.

    A model with members and one number: data, line, curve, the 95 % confidence band of the mean and the 95 % interval
    of a new row, a little beyond the data too, where it says so. A network of two numbers: its mean as a surface, with
    the rows in the same colours. More inputs of a model with members: the effect of each, as `plot_effects`. Any other,
    or with `x` or `group`: the mean over one column, others held.

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
        With `.data`: a frame with the points of the curves, or of the surface.

    Raises
    ------
    InputError
        If the formula reads no column.
    """
    read = model.training_table() if table is None else read_table(table)
    view = look_at(model, read, x, group, training=table is None)
    whole = x is None and group is None
    free = whole and not model.likelihood.has_classes and model.network.outputs == 1
    only_numbers = view.numbers == view.inputs
    if whole and model.members is not None and len(view.inputs) > 2:
        return plot_effects(model, table=table)
    flat = free and only_numbers and len(view.numbers) == 2 and not model.is_line
    if flat:
        view = replace(view, held={name: at for name, at in view.held.items() if name not in view.numbers})
    figure, axes = new_picture(str(model.design.formula), view.subtitle)
    if free and only_numbers and len(view.numbers) == 1 and model.members is not None:
        drawn = draw_curve(model, view, axes)
    elif flat:
        figure.data = make_frame(draw_surface(model, view, figure, axes), model.frame_kind)
        return figure
    elif isinstance(read[view.x], FactorColumn):
        drawn = _draw_levels(model, view, axes)
    else:
        drawn = _draw_curves(model, view, axes)
    figure.data = make_frame(drawn, model.frame_kind)
    axes.set_xlabel(plain(view.x))
    axes.set_ylabel(response_label(model))
    return figure


def _groups(view: View) -> list[tuple[int | None, str, str, BoolArray]]:
    """Give code, name, colour and rows of each level of the group; one nameless group if there is none."""
    if view.group is None:
        return [(None, "", COLOURS[0], np.ones(len(view.rows), dtype=bool))]
    column = view.table[view.group]
    assert isinstance(column, FactorColumn)
    codes = column.codes[view.rows]
    present = [c for c in range(len(column.levels)) if np.any(codes == c)]
    return [(c, column.levels[c], COLOURS[i % len(COLOURS)], codes == c) for i, c in enumerate(present)]


def _at(view: View, x: Array, code: int | None) -> dict[str, Array]:
    """Give the columns of a curve over x at one level of the group."""
    return {view.x: x} if view.group is None else {view.x: x, view.group: np.full(len(x), code)}


def _draw_curves(model: "Fitted", view: View, axes: Any) -> dict[str, Any]:
    """Draw the mean along a number, by group or by class, over the range of each group's own rows."""
    along = view.table[view.x]
    assert isinstance(along, NumberColumn)
    values = along.values[view.rows]
    y = response_values(model, view)
    labels: list[tuple[float, float, str, str]] = []
    drawn: dict[str, list[Any]] = {}
    for code, name, colour, mine in _groups(view):
        if y is not None and model.family != "multinomial":
            axes.plot(values[mine], y[mine], "o", ms=4, mew=0, alpha=0.45, color=colour)
        grid: Array = np.linspace(float(values[mine].min()), float(values[mine].max()), POINTS, dtype=np.float64)
        at = grid_table(view, _at(view, grid, code))
        mu, low, high = mean_with_band(model, at)
        if model.family == "multinomial":
            outcomes = model.design.response.levels
            for j, outcome in enumerate(outcomes):
                draw_mean(axes, model, at, grid, mu[:, j], COLOURS[j % len(COLOURS)])
                labels.append((grid[-1], mu[-1, j], plain(outcome), COLOURS[j % len(COLOURS)]))
        else:
            outcomes = (name,)
            if low is not None and high is not None:
                axes.fill_between(grid, low, high, color=colour, alpha=0.18, lw=0)
            draw_mean(axes, model, at, grid, mu[:, 0], colour)
            if name:
                labels.append((grid[-1], mu[-1, 0], plain(name), colour))
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
    codes, y = column.codes[view.rows], response_values(model, view)
    rng = np.random.default_rng(0)
    levels = np.arange(len(column.levels), dtype=np.float64)
    groups = _groups(view)
    drawn: dict[str, list[Any]] = {}
    for i, (code, name, colour, mine) in enumerate(groups):
        shift = 0.0 if len(groups) == 1 else 0.5 * (i / (len(groups) - 1) - 0.5)
        if y is not None and model.family != "multinomial":
            spread = rng.uniform(-0.06, 0.06, int(mine.sum()))
            axes.plot(codes[mine] + shift + spread, y[mine], "o", ms=4, mew=0, alpha=0.4, color=colour)
        mu, low, high = mean_with_band(model, grid_table(view, _at(view, levels, code)))
        for j in range(mu.shape[1]):
            shade = COLOURS[j % len(COLOURS)] if mu.shape[1] > 1 else colour
            if low is not None and high is not None:
                axes.vlines(levels + shift, low, high, color=INK, lw=1.5)
            title = model.design.response.levels[j] if mu.shape[1] > 1 else name
            axes.plot(levels + shift, mu[:, j], "D", ms=7, color=shade, mec=INK, mew=1.0, label=plain(title))
            drawn.setdefault(view.x, []).extend(column.levels)
            if title:
                drawn.setdefault(view.group or model.design.response.label, []).extend([title] * len(levels))
            drawn.setdefault("mean", []).extend(mu[:, j])
    if len(groups) > 1 or model.family == "multinomial":
        axes.legend(frameon=False, fontsize=9)
    axes.set_xticks(levels, [plain(level, 18) for level in column.levels])
    return drawn
