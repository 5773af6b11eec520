"""The arrays of a fit: what is left of a table once formula and family have been applied."""

from dataclasses import dataclass

import numpy as np

from pliant.types import Array, IntArray


@dataclass(frozen=True)
class Arrays:
    """Rows that are complete, in the units of the user."""

    X: Array  # (n, p), design matrix; its first column is ones if there is an intercept
    y: Array  # (n, q), or (n, C) for classes: a one in the column of the class
    weights: Array  # (n,), prior weights, not negative
    offset: Array  # (n,), on the scale of the link
    rows: IntArray  # (n,), which rows of the table these are, from 0
    frequencies: Array | None = None  # (n,), whole and above 0: each row stands for so many equal ones; none: for one

    @property
    def counts(self) -> Array:
        """Give how many equal rows (n,) each row stands for."""
        return np.ones(len(self.y)) if self.frequencies is None else self.frequencies

    @property
    def totals(self) -> Array:
        """Give what each row (n,) counts in a sum over the rows: its prior weight times its frequency."""
        return self.weights if self.frequencies is None else self.weights * self.frequencies

    def take(self, rows: IntArray) -> "Arrays":
        """Give some of the rows, counted from 0 within these."""
        counts = None if self.frequencies is None else self.frequencies[rows]
        return Arrays(self.X[rows], self.y[rows], self.weights[rows], self.offset[rows], self.rows[rows], counts)
