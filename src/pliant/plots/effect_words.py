"""What the pictures of effects say, and how they write numbers and levels."""

from typing import Any

import numpy as np

from pliant.data.columns import FactorColumn, NumberColumn
from pliant.data.frame_io import plain_values
from pliant.inference.effect_frames import Asked
from pliant.inference.means import NO_BAND
from pliant.plots.look import plain
from pliant.types import Array

METHODS = {"ale": "Accumulated local effects", "pdp": "Partial dependence"}


def foot(asked: Asked, bands: bool = True) -> str:
    """Say what is drawn, and what the bands rest on."""
    model = asked.basis.model
    said = f"{METHODS[asked.method]}; 0 is the mean over the rows. "
    if not bands:
        return said.rstrip()
    percent = f"{100 * asked.level:g} %"
    if asked.basis.covariance is not None:
        said += f"Bands: {percent}, by the covariance of the line's coefficients."
    elif model.members is not None:
        said += f"Bands: {percent}, by the {len(model.members)} fold fits (grouped jackknife)."
    elif model.is_line:
        said += "No bands: this line has no standard errors."
    else:
        said += f"{NO_BAND[0].upper()}{NO_BAND[1:]}."
    return said


def effect_of(asked: Asked, long: bool = False) -> str:
    """Say in which units an effect is."""
    model = asked.basis.model
    label = model.design.response.label
    if asked.type == "link":
        return f"effect on {model.link} of {label}"
    if model.likelihood.has_classes:
        return "effect on probability"
    if model.family == "binomial":
        return f"effect on probability of {label}" if long else "effect on probability"
    return f"effect on {first_of(asked)}"


def first_of(asked: Asked) -> str:
    """Name the response; of several numbers the first, which is what is drawn."""
    response = asked.basis.model.design.response
    several = response.n_outputs > 1 and not asked.basis.model.likelihood.has_classes
    return response.names[0] if several else response.label


def name_levels(axis: Any, column: Any, points: Array, wide: float, rows: Array | None = None) -> None:
    """Write the levels along an axis of so many inches, aslant where they would lie on each other.

    Where there is room, the number of rows (G,) stands below each.
    """
    if isinstance(column, FactorColumn):
        names = [column.levels[int(code)] for code in points]
    else:
        names = [str(value) for value in plain_values(NumberColumn("", points, column.is_date))]
        names = [f"{value:g}" for value in points] if not column.is_date else names
    longest = 10 if len(names) > 6 else 16
    names = [cut(name, longest) for name in names]
    every = 1 if len(names) <= 30 else -(-len(names) // 15)
    letters = sum(len(name) + 2 for name in names[::every])
    if rows is not None and letters <= 12.0 * wide and every == 1:
        names = [
            f"{name}\nn = {row:,.0f}" if k == 0 else f"{name}\n{row:,.0f}"
            for k, (name, row) in enumerate(zip(names, rows, strict=True))
        ]
    axis.set_ticks(np.arange(0, len(names), every), names[::every])
    if axis.axis_name == "x" and letters > 12.0 * wide:
        many = len(names[::every]) > 8
        for label in axis.get_ticklabels():
            label.set(rotation=90 if many else 30, ha="center" if many else "right", rotation_mode="anchor")
            if many:
                label.set(va="center", ha="right", fontsize=7.0)


def percent(share: float) -> str:
    """Give a share in a hundred, two digits."""
    return "under 0.1 %" if share < 0.001 else f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.2g} %"


def signed(value: float) -> str:
    """Give a number with its sign, three digits, thousands apart."""
    if value == 0.0 or not np.isfinite(value):
        return "0" if value == 0.0 else "?"
    size = abs(value)
    text = f"{float(f'{size:.3g}'):,.0f}" if size >= 100.0 else f"{size:.3g}"
    return ("\N{MINUS SIGN}" if value < 0.0 else "+") + text


def cut(text: str, most: int) -> str:
    """Shorten a name in its middle, as a picture can write it."""
    short = (
        text if len(text) <= most else f"{text[: most - most // 3 - 1]}\N{HORIZONTAL ELLIPSIS}{text[-(most // 3) :]}"
    )
    return plain(short, most)
