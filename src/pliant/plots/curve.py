"""The picture of a curve with one input: the data, the line, the curve, its band, the interval of a new row.

It goes on a little beyond the data, where all that is said is a guess: that part is shaded, and the curve broken.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.support import OUTSIDE
from pliant.data.table import NumberColumn
from pliant.inference.delta import places
from pliant.inference.intervals import new_row_interval
from pliant.inference.out_of_fold import whole_line_eta
from pliant.inference.support import judge
from pliant.plots.look import BAND, COLOURS, FAINT, INK, SOFT
from pliant.plots.view import View, grid_table, mean_with_band, response_values
from pliant.types import Array, BoolArray

if TYPE_CHECKING:
    from pliant.model import Fitted

POINTS = 241
BEYOND = 0.12  # of the range, drawn on either side
LEGEND = ("rows", "curve", "line", "95 % confidence of the mean", "95 % of new rows")
MARGIN = 0.06  # of the height, above and below what must be seen


def draw_curve(model: "Fitted", view: View, axes: Any) -> dict[str, Any]:
    """Draw a model with members over its one number; give the numbers of the curve by column.

    Parameters
    ----------
    model : Fitted
        With members, and one number that its terms read.
    view : View
    axes : matplotlib axes

    Returns
    -------
    dict
        The column, `mean`, `line` (of all rows, where the network has one inside), `mean_low`, `mean_high` (95 %
        confidence), `lower`, `upper` (95 % of new rows, where the family has them) and `beyond` (the data).
    """
    along = view.table[view.x]
    assert isinstance(along, NumberColumn)
    values = along.values[view.rows]
    x, beyond = places_along(values)
    table = grid_table(view, {view.x: x})
    if model.region is not None:  # a wide hole between the rows counts too
        beyond |= judge(model, table)[0] == OUTSIDE
    mu, low, high = mean_with_band(model, table)
    drawn: dict[str, Any] = {view.x: x, "mean": mu[:, 0], "mean_low": low, "mean_high": high}
    at = places(model, table)
    y = response_values(model, view)
    if has_new_rows(model):
        drawn |= new_row_interval(model, at, 0.95)
        axes.fill_between(x, *_seen(drawn["lower"], drawn["upper"]), color=BAND, lw=0, label=LEGEND[4])
    if y is not None:
        axes.plot(values, y, "o", ms=4, mew=0, alpha=0.55, color=COLOURS[0], label=LEGEND[0])
    assert low is not None
    assert high is not None
    axes.fill_between(x, low, high, color=COLOURS[1], alpha=0.22, lw=0, label=LEGEND[3])
    assert model.members is not None
    if model.members.network.has_skip and model.members.share > 0.0:
        line = model.likelihood.mean(whole_line_eta(model, at.X, at.offset))[:, 0]
        drawn["line"] = line
        axes.plot(x, line, color=SOFT, lw=1.5, ls=(0, (5, 3)), label=LEGEND[2])
    what = LEGEND[2] if model.members.share == 0.0 else LEGEND[1]
    axes.plot(x, np.where(beyond, np.nan, mu[:, 0]), color=COLOURS[1], lw=2.2, label=what)
    guessed = beyond | np.append(beyond[1:], False) | np.append(False, beyond[:-1])  # so that no gap shows
    axes.plot(x, np.where(guessed, mu[:, 0], np.nan), color=COLOURS[1], lw=1.6, ls=(0, (1.2, 1.6)))
    _mark_beyond(axes, x, values)
    _set_height(axes, drawn, beyond, y)
    handles, names = axes.get_legend_handles_labels()
    order = sorted(range(len(names)), key=lambda i: LEGEND.index(names[i]))
    named = [handles[i] for i in order], [names[i] for i in order]
    look = {"frameon": False, "fontsize": 9, "handlelength": 1.6, "columnspacing": 1.4, "labelcolor": INK}
    axes.figure.legend(*named, loc="outside lower left", ncols=3, **look)
    return drawn | {"beyond": beyond}


def places_along(values: Array) -> tuple[Array, BoolArray]:
    """Give where the curve is drawn (m,), and which of these lie beyond the values.

    Where no value is negative none is asked for that is, as a logarithm may wait there.
    """
    low, high = float(np.min(values)), float(np.max(values))
    room = BEYOND * (high - low) or max(abs(high), 1.0) * BEYOND
    left = low - room if low < 0.0 else max(low - room, 0.5 * low)
    right = high + room if high > 0.0 else min(high + room, 0.5 * high)
    x = np.unique(np.concatenate([np.linspace(left, right, POINTS), [low, high]]))
    return x, np.asarray((x < low) | (x > high))


def has_new_rows(model: "Fitted") -> bool:
    """Say whether a new row of the response has an interval: not 0 or 1, nor classes, nor a quasi family."""
    kept = model.members
    return (
        kept is not None
        and model.network.outputs == 1
        and model.likelihood.family.coding == "number"
        and bool(np.any(np.isfinite(kept.scores)))
    )


def _seen(lower: Array, upper: Array) -> tuple[Array, Array]:
    """Give the ends with those that are infinite left out."""
    known = np.isfinite(lower) & np.isfinite(upper)
    return np.where(known, lower, np.nan), np.where(known, upper, np.nan)


def _mark_beyond(axes: Any, x: Array, values: Array) -> None:
    """Shade what lies beyond the data, and say so once."""
    low, high = float(np.min(values)), float(np.max(values))
    for left, right in ((x[0], low), (high, x[-1])):
        if right > left:
            axes.axvspan(left, right, color=FAINT, alpha=0.45, lw=0, zorder=0)
    axes.set_xlim(x[0], x[-1])
    axes.annotate(
        "no data",
        (high, 0.0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(4, 4),
        textcoords="offset points",
        fontsize=8,
        color=INK,
    )


def _set_height(axes: Any, drawn: dict[str, Any], beyond: BoolArray, y: Array | None) -> None:
    """Show the rows, and the curve with its bands where there are data; a band may leave the picture beyond them."""
    names = [name for name in ("mean", "mean_low", "mean_high", "lower", "upper", "line") if name in drawn]
    inside = [np.asarray(drawn[name])[~beyond] for name in names]
    seen = np.concatenate([*inside, np.zeros(0) if y is None else y])
    seen = seen[np.isfinite(seen)]
    low, high = float(np.min(seen)), float(np.max(seen))
    room = MARGIN * (high - low) or 1.0
    axes.set_ylim(low - room, high + room)
