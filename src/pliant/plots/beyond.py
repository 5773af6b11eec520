"""Draw a mean so that what lies outside the training rows is told from what lies within."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.support import OUTSIDE
from pliant.data.table import Table
from pliant.inference.support import judge
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

LIGHTER = 0.55


def draw_mean(axes: Any, model: "Fitted", at: Table, x: Array, mean: Array, colour: str) -> None:
    """Draw a mean (n,) over x (n,), the rows of `at`: dashed and lighter where these lie outside the training rows."""
    outside = np.zeros(len(x), dtype=bool) if model.region is None else judge(model, at)[0] == OUTSIDE
    if not outside.all():
        axes.plot(x, np.where(outside, np.nan, mean), color=colour, lw=2)
    if outside.any():
        near = outside | np.append(outside[1:], False) | np.append(False, outside[:-1])  # so that no gap shows
        axes.plot(x, np.where(near, mean, np.nan), color=colour, lw=2, ls=(0, (4, 2)), alpha=LIGHTER)
