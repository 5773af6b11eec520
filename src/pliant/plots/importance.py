"""The picture of importance: a line a column, the most important on top, with its interval."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import make_frame
from pliant.inference.importance import OUT_OF_FOLD, TRAINING, importance
from pliant.plots.effect_words import cut
from pliant.plots.look import COLOURS, INK, SOFT, Picture, new_panels

if TYPE_CHECKING:
    from pliant.model import Fitted

MOST = 25  # lines
WHERE = {
    OUT_OF_FOLD: "Each row predicted by the fold fit that did not see it.",
    TRAINING: "On the rows the model was trained on, which flatters what it learnt by heart.",
}


def plot_importance(model: "Fitted", table: object = None, *, width: float = 6.4, **options: Any) -> Picture:
    """Draw by how much the predictions worsen when a column takes the values of other rows.

    Parameters
    ----------
    model : Fitted
    table : frame, dict or path, optional
    width : float
        Inches.
    **options
        `groups`, `repeats`, `seed` and `level`, as in `Fitted.importance`.

    Returns
    -------
    Picture
        With `.data`: the frame that `Fitted.importance` gives.
    """
    settings = {"groups": None, "repeats": 10, "seed": None, "level": 0.95} | options
    found, kind = importance(model, table, **settings)
    count = min(len(found["column"]), MOST)
    where = found["measured_on"][0]
    said = WHERE.get(where, "On the rows of the given table.")
    said += f" Lines: {100 * float(settings['level']):g} % intervals."
    if count < len(found["column"]):
        said += f" The {count} most important of {len(found['column'])}."
    label = model.design.response.label
    title = f"How much each column is worth in predicting {label}"
    figure, (axes,) = new_panels(title, said, (1, 1), width, 1.35 + 0.27 * count)
    at = np.arange(count)[::-1]
    value, low, high = (found[name][:count] for name in ("importance", "lower", "upper"))
    axes.axvline(0.0, color=SOFT, lw=0.8)
    axes.hlines(at, low, high, color=COLOURS[0], lw=1.8, alpha=0.5)
    axes.plot(value, at, "o", ms=6, mew=0, color=COLOURS[0])
    axes.set_yticks(at, [cut(str(name), int(4.2 * width)) for name in found["column"][:count]])
    axes.tick_params(axis="y", length=0, labelsize=9, labelcolor=INK)
    axes.set_ylim(-0.7, count - 0.3)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    squares = model.likelihood.family.name == "gaussian"
    axes.set_xlabel(f"rise of the mean {'squared error' if squares else 'deviance'} when the column is shuffled")
    figure.data = make_frame(found, kind)
    return figure
