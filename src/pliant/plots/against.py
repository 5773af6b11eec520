"""Pictures of rows that the fit did not see: the response against its prediction, and what the curve saves by fold."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.data.table import make_frame
from pliant.inference.out_of_fold import losses, mean_loss
from pliant.plots.look import BAND, COLOURS, INK, SOFT, Picture, new_picture, points
from pliant.plots.view import response_label
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted


def plot_against(model: "Fitted", mean: Array, y: Array, how: str) -> Picture:
    """Draw the response over its prediction.

    Parameters
    ----------
    model : Fitted
        Of one response that is a number.
    mean, y : ndarray, shape (n,)
    how : str
        How the prediction was made: "predicted without its fold", "fitted".

    Returns
    -------
    Picture
        With `.data`: `prediction` and `response`, one row a row.
    """
    figure, axes = new_picture(f"Response against prediction: {model.formula}", how)
    known = np.isfinite(mean) & np.isfinite(y)
    ends = np.array([np.min(mean[known]), np.max(mean[known])])
    points(axes, mean, y)
    axes.plot(ends, ends, color=COLOURS[1], lw=1.6)
    axes.annotate(
        "response = prediction",
        (ends[1], ends[1]),
        xytext=(-6, 4),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8.5,
        color=SOFT,
    )
    axes.set_xlabel(how)
    axes.set_ylabel(response_label(model))
    figure.data = make_frame({"prediction": mean, "response": y}, model.frame_kind)
    return figure


def plot_folds(model: "Fitted") -> Picture:
    """Draw what the curve saves against the line in each fold, and on all rows with its 95 % interval.

    Parameters
    ----------
    model : Fitted
        With members and its data.

    Returns
    -------
    Picture
        With `.data`: `fold` from 1, `rows`, and `gain` in deviance a row.
    """
    kept, arrays = model.members, model.data()
    assert kept is not None
    assert kept.out_of_fold is not None
    curve, line = (losses(model, eta) for eta in kept.out_of_fold)
    count = len(kept)
    places = [np.flatnonzero(kept.folds == k) for k in range(count)]
    gains = np.array([mean_loss(line[own] - curve[own], arrays.take(own)) for own in places])
    figure, axes = new_picture(f"The curve against the line, fold by fold: {model.formula}")
    said, heights = kept.verdict, np.arange(count, 0.0, -1.0)
    colour = COLOURS[1] if said.kind == "curve" else INK
    axes.axvspan(said.low, said.high, color=BAND, lw=0)
    axes.axvline(said.gain, color=colour, lw=2.0)
    axes.axvline(0.0, color=SOFT, lw=1.0)
    axes.plot(gains, heights, "o", ms=5, mew=0, color=COLOURS[0])
    axes.set_yticks(heights, [str(k + 1) for k in range(count)])
    axes.set_ylabel("fold")
    axes.set_xlabel("what the curve saves, deviance a row")
    axes.grid(visible=False, axis="y")
    rows = np.array([len(own) for own in places])
    figure.data = make_frame({"fold": np.arange(1, count + 1), "rows": rows, "gain": gains}, model.frame_kind)
    return figure
