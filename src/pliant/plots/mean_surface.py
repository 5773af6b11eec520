"""The picture of a network with two inputs: its mean as a surface seen from above, with the rows on it.

Surface and rows have one scale of colours, so that a row that stands out from its ground is a residual. The part that
the rows do not enclose is pale: what is said there is a guess.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Polygon

from pliant.data.table import NumberColumn
from pliant.plots.look import INK, SOFT, Picture, plain
from pliant.plots.view import View, grid_table, response_label, response_values
from pliant.types import Array, BoolArray

if TYPE_CHECKING:
    from pliant.model import Fitted

SIDE = 61  # places along each number
LEVELS = 12
COLOURS_OF_HEIGHT = "cividis"  # told apart by colour-blind readers, and in grey
ROOM = 0.04  # of the range, around the rows


def draw_surface(model: "Fitted", view: View, figure: Picture, axes: Any) -> dict[str, Any]:
    """Draw the mean over two numbers; give the numbers of the surface by column.

    Parameters
    ----------
    model : Fitted
        A network with one output, of two numbers.
    view : View
    figure : Picture
    axes : matplotlib axes

    Returns
    -------
    dict
        Both columns, `mean`, and `beyond`: whether the rows do not enclose the place.
    """
    names = view.numbers
    points = np.column_stack([_numbers(view, name)[view.rows] for name in names])
    sides = [_side(points[:, j]) for j in range(2)]
    X, Y = np.meshgrid(*sides)
    at = np.column_stack([X.ravel(), Y.ravel()])
    rows = model.design.matrix(grid_table(view, {name: at[:, j] for j, name in enumerate(names)}))
    mean = model.likelihood.mean(model.linear_predictor(rows.X, rows.offset))[:, 0]
    y = response_values(model, view)
    corners = hull(points)
    beyond = ~enclosed(corners, at)
    levels = _levels(mean[~beyond] if np.any(~beyond) else mean)
    drawn = axes.contourf(X, Y, mean.reshape(X.shape), levels, cmap=COLOURS_OF_HEIGHT, extend="both")
    drawn.set_edgecolor("face")  # no seams between the bands
    axes.contour(X, Y, mean.reshape(X.shape), levels[::2], colors="white", linewidths=0.5, alpha=0.6)
    _pale(axes, corners, sides)
    if y is not None:
        axes.scatter(
            *points.T,
            c=y,
            s=22 if len(y) <= 500 else 9,
            cmap=COLOURS_OF_HEIGHT,
            vmin=levels[0],
            vmax=levels[-1],
            edgecolors="white",
            linewidths=0.7,
            rasterized=len(y) > 2000,
        )
    bar = figure.colorbar(drawn, ax=axes, pad=0.02, shrink=0.94)
    bar.set_label(response_label(model), color=INK)
    bar.outline.set_visible(False)
    bar.ax.tick_params(color=SOFT, labelcolor=SOFT)
    axes.set_xlim(sides[0][0], sides[0][-1])
    axes.set_ylim(sides[1][0], sides[1][-1])
    axes.grid(visible=False)
    axes.set_xlabel(plain(names[0]))
    axes.set_ylabel(plain(names[1]))
    return {names[0]: at[:, 0], names[1]: at[:, 1], "mean": mean, "beyond": beyond}


def _numbers(view: View, name: str) -> Array:
    column = view.table[name]
    assert isinstance(column, NumberColumn)
    return column.values


def _side(values: Array) -> Array:
    """Give the places along one number."""
    low, high = float(np.min(values)), float(np.max(values))
    room = ROOM * (high - low) or max(abs(high), 1.0) * ROOM
    return np.linspace(low - room if low < 0.0 else max(low - room, 0.5 * low), high + room, SIDE)


def _levels(mean: Array) -> Array:
    """Give the heights at which the colour changes; round ones."""
    from matplotlib.ticker import MaxNLocator

    low, high = float(np.nanmin(mean)), float(np.nanmax(mean))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return np.asarray(MaxNLocator(LEVELS).tick_values(low, high))


def hull(points: Array) -> Array:
    """Give the corners (k, 2) of the smallest convex figure around points (n, 2), counterclockwise.

    References
    ----------
    Andrew (1979), Another efficient algorithm for convex hulls in two dimensions.
    """
    ordered = [tuple(point) for point in np.unique(points, axis=0)]

    def half(them: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        found: list[tuple[float, ...]] = []
        for point in them:
            while len(found) >= 2 and _turn(found[-2], found[-1], point) <= 0.0:
                found.pop()
            found.append(point)
        return found[:-1]

    return np.array(half(ordered) + half(ordered[::-1]) or ordered, dtype=np.float64).reshape(-1, 2)


def _turn(a: tuple[float, ...], b: tuple[float, ...], c: tuple[float, ...]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def enclosed(corners: Array, at: Array) -> BoolArray:
    """Say which places (m, 2) lie in a convex figure or on its edge."""
    if len(corners) < 3:
        return np.zeros(len(at), dtype=bool)
    inside = np.ones(len(at), dtype=bool)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        side = b - a
        inside &= side[0] * (at[:, 1] - a[1]) - side[1] * (at[:, 0] - a[0]) >= 0.0
    return inside


def _pale(axes: Any, corners: Array, sides: list[Array]) -> None:
    """Lay a pale sheet over what the rows do not enclose."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    frame = np.array([[sides[0][i], sides[1][j]] for i, j in ((0, 0), (-1, 0), (-1, -1), (0, -1))])
    whole = Path(frame, closed=False)
    if len(corners) >= 3:
        hole = corners[::-1]
        vertices = np.vstack([frame, frame[:1], hole, hole[:1]])
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
        codes += [Path.MOVETO, *[Path.LINETO] * (len(hole) - 1), Path.CLOSEPOLY]
        whole = Path(vertices, codes)
        axes.add_patch(Polygon(corners, closed=True, fill=False, ec="white", lw=1.0))
    axes.add_patch(PathPatch(whole, facecolor="white", edgecolor="none", alpha=0.72))
