"""The picture of a training: loss by epoch, on the rows trained on and on those held out."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.data.table import make_frame
from pliant.errors import InputError
from pliant.plots.look import COLOURS, SOFT, Picture, label_ends, new_picture

if TYPE_CHECKING:
    from pliant.model import Fitted


def plot_training(model: "Fitted") -> Picture:
    """Draw the mean loss by epoch; where rows were held out, theirs too, and the epoch that was kept.

    Parameters
    ----------
    model : Fitted
        A network, or a line trained by descent.

    Returns
    -------
    Picture
        With `.data`: the history as a frame.

    Raises
    ------
    InputError
        If the model is an exact line, which has no epochs, or has members, which keep none.
    """
    history = model.history
    if model.members is not None:
        raise InputError(
            "this model is the mean of members, which settled in a few steps each and keep no history; there is no "
            "training to draw. One fit to all rows has: members=1"
        )
    if history is None:
        raise InputError("the line was fitted to the floor in a few steps; it has no training to draw")
    columns = history.to_arrays()
    epoch, loss, validation = columns["epoch"], columns["loss"], columns["validation_loss"]
    figure, axes = new_picture(
        "Training",
        f"{model.formula}   {model.settings.optimiser}, learning rate {model.settings.learning_rate:g}",
    )
    figure.data = make_frame(columns, model.frame_kind)
    axes.plot(epoch, loss, color=COLOURS[0], lw=1.6)
    labels = [(epoch[-1], loss[-1], "rows trained on", COLOURS[0])] if len(epoch) else []
    measured = np.isfinite(validation)
    if measured.any():
        axes.plot(epoch[measured], validation[measured], color=COLOURS[1], lw=1.6)
        labels.append((epoch[measured][-1], validation[measured][-1], "rows held out", COLOURS[1]))
        best = int(np.nanargmin(validation))
        axes.axvline(epoch[best], color=SOFT, lw=0.8, ls=(0, (4, 3)))
        axes.plot(epoch[best], validation[best], "o", color=COLOURS[1], ms=5)
        axes.annotate(
            f"kept: epoch {int(epoch[best]):,}",
            (epoch[best], 1.0),
            xycoords=axes.get_xaxis_transform(),
            xytext=(5, -8),
            textcoords="offset points",
            fontsize=9,
            color=SOFT,
        )
    if len(loss) and loss.min() > 0.0 and loss.max() > 20.0 * loss.min():
        axes.set_yscale("log")
    label_ends(axes, labels) if axes.get_yscale() == "linear" else axes.legend([text for *_, text, _ in labels])
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean loss")
    return figure
