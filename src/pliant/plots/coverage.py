"""The picture of what prediction intervals reach out of fold: over all rows, along the predictions, by support."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.data.table import make_frame
from pliant.inference.coverage import coverage
from pliant.plots.look import COLOURS, FAINT, INK, SOFT, Picture, new_picture, plain

if TYPE_CHECKING:
    from pliant.model import Fitted

PARTS = {"prediction": "{} third", "support": "{} the others"}
SUPPORT = {"edge": "at the edge of"}


def plot_coverage(model: "Fitted", level: float = 0.95) -> Picture:
    """Draw the share of rows inside their intervals, each made without the row, with the 95 % interval of the share.

    Parameters
    ----------
    model : Fitted
        With members, prediction intervals and its data.
    level : float

    Returns
    -------
    Picture
        With `.data`: `part`, `rows`, `coverage`, `conf_low`, `conf_high`, one row a drawn line.

    Raises
    ------
    InputError
        If the model has no coverage out of fold.
    """
    found = {name: [coverage(model, None, level)[name][0]] for name in ("rows", "coverage", "conf_low", "conf_high")}
    names = ["all rows"]
    for by, words in PARTS.items():
        part = coverage(model, None, level, by)
        names += [words.format(SUPPORT.get(each, each)) for each in part[by]]
        for name, values in found.items():
            values.extend(part[name])
    columns = {name: np.array(values) for name, values in found.items()}
    figure, axes = new_picture(f"Coverage of {100 * level:g} % intervals, out of fold: {model.formula}")
    heights = np.arange(len(names), 0.0, -1.0)
    axes.axvline(level, color=SOFT, lw=1.0)
    for height in (heights[0] + heights[1]) / 2.0, (heights[3] + heights[4]) / 2.0 if len(names) > 4 else heights[0]:
        axes.axhline(height, color=FAINT, lw=0.8)
    axes.hlines(heights, columns["conf_low"], columns["conf_high"], color=COLOURS[0], lw=2.2, alpha=0.45)
    axes.plot(columns["coverage"], heights, "o", ms=6, mew=0, color=COLOURS[0])
    labels = [f"{plain(name)}  ({rows:,})" for name, rows in zip(names, columns["rows"], strict=True)]
    axes.set_yticks(heights, labels)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"share inside the {100 * level:g} % interval")
    axes.set_xlim(min(0.85, float(columns["conf_low"].min()) - 0.01), 1.005)
    figure.data = make_frame({"part": names} | columns, model.frame_kind)
    return figure
