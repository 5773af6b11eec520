"""The arrays of a fit: what is left of a table once formula and family have been applied."""

from dataclasses import dataclass

from pliant.types import Array, IntArray


@dataclass(frozen=True)
class Arrays:
    """Rows that are complete, in the units of the user."""

    X: Array  # (n, p), design matrix; its first column is ones if there is an intercept
    y: Array  # (n, q), or (n, C) for classes: a one in the column of the class
    weights: Array  # (n,), prior weights, not negative
    offset: Array  # (n,), on the scale of the link
    rows: IntArray  # (n,), which rows of the table these are, from 0

    def take(self, rows: IntArray) -> "Arrays":
        """Give some of the rows, counted from 0 within these."""
        return Arrays(self.X[rows], self.y[rows], self.weights[rows], self.offset[rows], self.rows[rows])
