"""The picture of two columns together: filled contours of two numbers, a curve a level, or tiles.

A colour says the sign and how opaque it is the size, so that zero is the ground itself, light or dark.
"""

from typing import Any

import numpy as np

from pliant.data.columns import FactorColumn, NumberColumn
from pliant.data.table import make_frame
from pliant.errors import ArgumentError
from pliant.inference.axis import Axis, together
from pliant.inference.effect_frames import Asked, check_column, surface_columns
from pliant.inference.effects import Surface
from pliant.plots.effect_words import cut, effect_of, first_of, foot, name_levels, percent, signed
from pliant.plots.look import COLOURS, INK, SOFT, Picture, head, label_ends, new_panels, plain
from pliant.types import Array, BoolArray

FEW = 6  # levels that are told apart by colour
STEPS = 6  # of a colour scale, on either side of zero at most
OPAQUE = 0.85  # the strongest colour
DOTS = 1_000  # rows at most, about


def draw_surface(asked: Asked, first: str, second: str, width: float) -> Picture:
    """Draw the joint effect of two columns; of classes that of the last."""
    model = asked.basis.model
    for name in (first, second):
        check_column(model, name)
    if first == second:
        raise ArgumentError(f"a surface is of two different columns, not {first!r} twice")
    found = asked.surface(first, second)
    outcome = len(asked.names) - 1 if model.likelihood.has_classes else 0
    title = f"What {first} and {second} do together to {first_of(asked)}"
    height = 4.4 if width > 4.0 else 4.0
    one, two = found.axes
    curved = (one.steps and len(one.points) <= FEW) or (two.steps and len(two.points) <= FEW)
    said = foot(asked, bands=curved)
    if not curved:
        said += " Blank: no rows near."
    figure, (axes,) = new_panels(title, said, (1, 1), width, height)
    strength = found.strength()[0][outcome]
    what = f"{effect_of(asked, long=True)}"
    if model.likelihood.has_classes:
        what += f" of {asked.names[outcome]}"
    share = f"{percent(strength**2)} of the variance of what they do together " if width > 5.0 else percent(strength**2)
    head(axes, cut(what, int(11 * width)), f"their interaction: {share.rstrip()} (H = {strength:.2f})")
    if curved:
        _curves(asked, found, outcome, axes)
    elif not one.steps and not two.steps:
        _contours(asked, found, outcome, figure, axes)
    else:
        _tiles(asked, found, outcome, figure, axes, width)
    figure.data = make_frame(surface_columns(asked, found), model.frame_kind)
    return figure


def _contours(asked: Asked, found: Surface, outcome: int, figure: Picture, axes: Any) -> None:
    """Draw filled contours where there are rows, with the rows."""
    one, two = found.axes
    z = found.effect.estimate[:, outcome].reshape(len(one.points), len(two.points)).T
    there = _supported(asked, found)
    levels = _levels(z[there])
    drawn = axes.contourf(
        one.points, two.points, np.ma.masked_array(z, ~there), levels=levels, colors=_colours(levels), extend="neither"
    )
    axes.contour(one.points, two.points, np.ma.masked_array(z, ~there), levels=[0.0], colors=[SOFT], linewidths=0.9)
    rows = np.flatnonzero((one.near[:, 0] >= 0) & (two.near[:, 0] >= 0))
    rows = rows[:: max(1, len(rows) // DOTS)]  # drawn as they are, not as pixels, so that they turn light in the dark
    small = len(rows) > DOTS // 2
    values = [axis.column.values[rows] for axis in (one, two) if isinstance(axis.column, NumberColumn)]
    axes.plot(*values, "o", ms=1.6 if small else 2.6, mew=0, alpha=0.3 if small else 0.5, color=INK)
    axes.grid(visible=False)
    axes.set_xlabel(plain(one.name))
    axes.set_ylabel(plain(two.name))
    _scale(figure, axes, drawn, levels)


def _curves(asked: Asked, found: Surface, outcome: int, axes: Any) -> None:
    """Draw the effect of one column at each level of the other, with bands, where the level has rows."""
    one, two = found.axes
    by_second = two.steps and len(two.points) <= FEW and not (one.steps and len(one.points) < len(two.points))
    along, by = (one, two) if by_second else (two, one)
    shape = (len(one.points), len(two.points))
    estimate, _, low, high = (each[:, outcome].reshape(shape) for each in asked.bounds(found.effect, found.level))
    near = together(one.near, two.near, asked.at.counts, shape)
    if not by_second:
        estimate, low, high, near = estimate.T, low.T, high.T, near.T
    labels = []
    x = np.arange(len(along.points), dtype=np.float64) if along.steps else along.points
    for c in range(len(by.points)):
        colour, name = COLOURS[c % len(COLOURS)], _name(by, c)
        known = near[:, c] > 0.0
        if not known.any():
            continue
        if along.steps:
            shift = 0.5 * (c / max(len(by.points) - 1, 1) - 0.5)
            axes.vlines(x[known] + shift, low[known, c], high[known, c], color=colour, lw=1.6, alpha=0.55)
            axes.plot(x[known] + shift, estimate[known, c], "o", ms=5.5, mew=0, color=colour, label=cut(name, 24))
            continue
        axes.fill_between(x[known], low[known, c], high[known, c], color=colour, alpha=0.15, lw=0)
        axes.plot(x[known], estimate[known, c], color=colour, lw=2.0)
        labels.append((float(x[known][-1]), float(estimate[known, c][-1]), cut(name, 24), colour))
    axes.axhline(0.0, color=SOFT, lw=0.8)
    axes.set_xlabel(plain(along.name))
    if along.steps:
        axes.grid(visible=False, axis="x")
        name_levels(axes.xaxis, along.column, along.points, 5.0)
        axes.set_xlim(-0.6, len(x) - 0.4)
        axes.legend(frameon=False, fontsize=9, title=plain(by.name), title_fontsize=9, labelcolor=INK)
        return
    ends = estimate[near > 0.0]
    reach = max(float(np.ptp(ends)), 1e-300)
    low_end, high_end = axes.get_ylim()
    axes.set_ylim(max(low_end, ends.min() - 0.75 * reach), min(high_end, ends.max() + 0.75 * reach))
    label_ends(axes, labels)


def _tiles(asked: Asked, found: Surface, outcome: int, figure: Picture, axes: Any, width: float) -> None:
    """Draw a tile for every pair of levels (or intervals) that has rows."""
    one, two = found.axes
    z = found.effect.estimate[:, outcome].reshape(len(one.points), len(two.points)).T
    there = together(one.near, two.near, asked.at.counts, (len(one.points), len(two.points))).T > 0.0
    levels = _levels(z[there])
    shades = _colours(levels)
    cells = np.clip(np.searchsorted(levels, z, side="right") - 1, 0, len(shades) - 1)
    painted = np.array(shades)[cells]
    painted[~there] = (0.0, 0.0, 0.0, 0.0)
    axes.pcolormesh(_edges(one), _edges(two), painted)
    for axis, drawn_axis in ((one, axes.xaxis), (two, axes.yaxis)):
        if axis.steps:
            name_levels(drawn_axis, axis.column, axis.points, width)
    axes.grid(visible=False)
    axes.set_xlabel(plain(one.name))
    axes.set_ylabel(plain(two.name))
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    _scale(figure, axes, ScalarMappable(BoundaryNorm(levels, len(shades)), ListedColormap(shades)), levels)


def _supported(asked: Asked, found: Surface) -> BoolArray:
    """Mark the points (G2, G1) whose neighbouring cells have rows."""
    one, two = found.axes
    return np.asarray(together(one.near, two.near, asked.at.counts, (len(one.points), len(two.points))).T > 0.0)


def _levels(values: Array) -> Array:
    """Give round levels over the values, zero among them."""
    from matplotlib.ticker import MaxNLocator

    low, high = min(float(np.min(values)), 0.0), max(float(np.max(values)), 0.0)
    if high - low < 1e-300:
        low, high = -1.0, 1.0
    return np.asarray(MaxNLocator(2 * STEPS - 2, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high), dtype=np.float64)


def _colours(levels: Array) -> list[tuple[float, float, float, float]]:
    """Give the colour of each interval between levels: blue above zero, orange below, the more opaque the larger."""
    from matplotlib.colors import to_rgb

    middle = 0.5 * (levels[:-1] + levels[1:])
    size = np.abs(middle) / np.max(np.abs(middle))
    return [
        (*to_rgb(COLOURS[0] if m > 0.0 else COLOURS[1]), float(OPAQUE * s)) for m, s in zip(middle, size, strict=True)
    ]


def _scale(figure: Picture, axes: Any, drawn: Any, levels: Array) -> None:
    """Set the colour scale beside the axes."""
    bar = figure.colorbar(drawn, ax=axes, fraction=0.05, pad=0.02, aspect=28)
    bar.outline.set_visible(False)
    ticks = levels if len(levels) <= 8 else levels[::2]
    bar.set_ticks(list(ticks), labels=[signed(float(t)) for t in ticks])
    bar.ax.tick_params(length=0, labelsize=8, colors=SOFT)


def _name(axis: Axis, k: int) -> str:
    """Name a point of an axis."""
    value = axis.points[k]
    if isinstance(axis.column, FactorColumn):
        return axis.column.levels[int(value)]
    return f"{axis.name} {value:g}"


def _edges(axis: Axis) -> Array:
    """Give the edges of tiles about the points."""
    if axis.steps:
        return np.arange(len(axis.points) + 1, dtype=np.float64) - 0.5
    inner = 0.5 * (axis.points[1:] + axis.points[:-1])
    return np.concatenate([axis.points[:1], inner, axis.points[-1:]])
