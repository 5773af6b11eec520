"""The arrays of a fit: what is left of a table once formula and family have been applied."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

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

    def repeated(self) -> "Arrays":
        """Give as many equal rows, side by side, as each row stands for."""
        if self.frequencies is None:
            return self
        copies = np.repeat(np.arange(len(self.y)), self.frequencies.astype(np.int64))
        return replace(self.take(copies), frequencies=None)

    def order(self, *beside: Array) -> IntArray:
        """Give the rows (n,) in an order that only their numbers decide, and what lies beside them: not the table's.

        The response comes last, so that where the inputs differ it has no part in the order.
        """
        return canonical_order((*self.X.T, self.offset, self.weights, *beside, *self.y.T))


def canonical_order(columns: Iterable[Array]) -> IntArray:
    """Give the order (n,) of rows by their first column, those that are equal in it by the next, and so on.

    Copies of a row stand side by side, in the order in which they came. Columns are looked at until no rows are equal,
    which is mostly soon.
    """
    codes: IntArray | None = None
    for column in columns:
        order = np.argsort(column, kind="stable") if codes is None else np.lexsort((column, codes))
        values = column[order]
        new = values[1:] != values[:-1]
        if codes is None:
            codes = np.zeros(len(column), dtype=np.int64)
        else:
            own = codes[order]
            new |= own[1:] != own[:-1]
        codes[order[1:]] = np.cumsum(new)
        if len(codes) and codes[order[-1]] == len(codes) - 1:
            break
    return np.argsort(codes, kind="stable") if codes is not None else np.zeros(0, dtype=np.int64)
