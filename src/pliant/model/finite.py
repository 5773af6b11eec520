"""Whether what is predicted can be written as a number; said by row where it cannot."""

import warnings

import numpy as np

from pliant.data.columns import shown_rows
from pliant.errors import PliantWarning, TableError
from pliant.functions.records import Link
from pliant.functions.shares import LARGEST
from pliant.types import Array, BoolArray

USER = 4  # frames between the warning and whoever called predict


def check_eta(eta: Array, complete: BoolArray, link: Link) -> None:
    """See that the linear predictor (m, q) of the complete rows is finite; warn where the mean is cut.

    Raises
    ------
    TableError
        If it overflows; names the rows.
    """
    reached = np.where(complete[:, None], eta, 0.0)
    bad = np.flatnonzero(~np.all(np.isfinite(reached), axis=1))
    if len(bad):
        raise TableError(
            f"no number can be predicted for {shown_rows(bad)}: the linear predictor overflows; correct the numbers "
            "there, or leave these rows out"
        )
    cut = np.flatnonzero(np.any(reached > LARGEST, axis=1)) if link.name == "log" else bad
    if len(cut):
        top = float(np.max(reached))
        warnings.warn(
            f"the mean of {shown_rows(cut)} is too large for a number (its logarithm goes to {top:.3g}), and is given "
            f"as {np.exp(LARGEST):.2g}; these rows lie far outside what the model was fitted to",
            PliantWarning,
            stacklevel=USER,
        )
