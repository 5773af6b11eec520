"""Numeric embeddings: each number as several columns, so that the first layer can bend at many places of it at once.

An input with more than two values becomes a smoothly clipped number and the pieces between its knots,

    u = z / sqrt(1 + (z / 3)^2),   z = (x - median) / IQR
    e_t = min(max((x - k_t) / (k_{t+1} - k_t), 0), 1)

so that a line in the pieces is any curve that is straight between the knots. Knots are values of the training rows:
all where they are few, else quantiles, in which a value counts at most as often as one piece has rows: a column that is
mostly zero has its knots where it is not. An input of two values is 0 and 1; of one, it is left out.
Beyond its training rows an embedded input hardly moves: what goes on there is the line.

References
----------
Gorishniy, Rubachev and Babenko (2022), On Embeddings for Numerical Features in Tabular Deep Learning (pieces).
Holzmueller, Grinsztajn and Steinwart (2024), Better by Default (robust scaling and smooth clipping).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pliant.types import Array

PIECES = 64  # of an input, at most
ROWS_OF_A_PIECE = 50
FEWEST_PIECES, LEAST_PIECES = 8, 4
ROWS_OF_A_COLUMN = 10  # for all pieces together
CLIP = 3.0  # a number reaches this many times its unit at infinity


@dataclass(frozen=True, eq=False)
class Embedding:
    """What embeds some of the inputs, learnt from training rows."""

    inputs: tuple[int, ...]  # which of the inputs are embedded, in order
    centre: Array  # (inputs,), the median
    unit: Array  # (inputs,), the interquartile range, or half the range where that is zero
    knots: tuple[Array, ...]  # of each input, ascending; none: it has no pieces
    clipped: tuple[bool, ...]  # whether it has more than two values, and so a smoothly clipped number

    @classmethod
    def learn(cls, X: Array, bends: Sequence[bool], counts: Array) -> "Embedding":
        """Learn medians, units and knots from training rows.

        Parameters
        ----------
        X : ndarray, shape (n, p')
            Inputs in the user's units.
        bends : sequence of bool, length p'
            Which inputs may bend: the others are not embedded.
        counts : ndarray, shape (n,)
            How many equal rows each row stands for; 0 for a row that does not count.
        """
        used = counts > 0.0
        values = [np.unique(X[used, j], return_inverse=True) for j in range(X.shape[1])]
        chosen = [j for j, (found, _) in enumerate(values) if bends[j] and len(found) > 1]
        many = sum(len(values[j][0]) > 2 for j in chosen)
        pieces = n_pieces(float(np.sum(counts)), many)
        centre, unit, knots, many_values = [], [], [], []
        for j in chosen:
            found, place = values[j]
            often: Array = np.bincount(place, weights=counts[used]).astype(np.float64)
            low, middle, high = found[_quantiles(often, np.array([0.25, 0.5, 0.75]))]
            centre.append(middle)
            unit.append(high - low if high > low else (found[-1] - found[0]) / 2.0)
            knots.append(found[_places(often, pieces)] if len(found) > 2 else found)
            many_values.append(len(found) > 2)
        return cls(tuple(chosen), np.array(centre), np.array(unit), tuple(knots), tuple(many_values))

    @cached_property
    def n_columns(self) -> int:
        """Give the number of columns that `columns` has."""
        pieces = sum(max(len(each) - 1, 0) for each in self.knots)
        return pieces + sum(self.clipped)

    def columns(self, X: Array) -> Array:
        """Give the embedded inputs (m, n_columns) of X (m, p'), in the user's units."""
        found = []
        for place, (j, knots) in enumerate(zip(self.inputs, self.knots, strict=True)):
            x = X[:, j : j + 1]
            if self.clipped[place]:
                z = (x - self.centre[place]) / self.unit[place]
                found.append(z / np.sqrt(1.0 + (z / CLIP) ** 2))
            if len(knots):
                found.append(np.minimum(np.maximum((x - knots[:-1]) / np.diff(knots), 0.0), 1.0))
        return np.concatenate(found, axis=1) if found else X[:, :0]

    def slopes(self, X: Array, direction: Array) -> Array:
        """Give the derivatives (m, n_columns) of the columns at X (m, p'), along a direction (m, p') of X.

        At a knot, that of the piece to its right.
        """
        found = []
        for place, (j, knots) in enumerate(zip(self.inputs, self.knots, strict=True)):
            x, along = X[:, j : j + 1], direction[:, j : j + 1]
            if self.clipped[place]:
                z = (x - self.centre[place]) / self.unit[place]
                found.append(along / self.unit[place] * (1.0 + (z / CLIP) ** 2) ** -1.5)
            if len(knots):
                found.append(((x >= knots[:-1]) & (x < knots[1:])) * along / np.diff(knots))
        return np.concatenate(found, axis=1) if found else X[:, :0]

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say."""
        return {
            "inputs": list(self.inputs),
            "centre": self.centre.tolist(),
            "unit": self.unit.tolist(),
            "knots": [each.tolist() for each in self.knots],
            "clipped": list(self.clipped),
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Embedding":
        """Build it again from `to_dict`."""
        knots = tuple(np.array(each, dtype=np.float64) for each in said["knots"])
        centre, unit = (np.array(said[name], dtype=np.float64) for name in ("centre", "unit"))
        return cls(tuple(said["inputs"]), centre, unit, knots, tuple(bool(each) for each in said["clipped"]))


def n_pieces(rows: float, inputs: int) -> int:
    """Give how many pieces each input has, where so many have more than two values; 0 where there are few rows."""
    by_rows = min(PIECES, max(FEWEST_PIECES, int(rows // ROWS_OF_A_PIECE)))
    pieces = min(by_rows, int(rows / (ROWS_OF_A_COLUMN * max(inputs, 1))))
    return pieces if pieces >= LEAST_PIECES else 0


def _places(often: Array, pieces: int) -> Any:
    """Give which of the distinct values, counted `often`, are knots."""
    if pieces == 0:
        return np.zeros(0, dtype=np.int64)
    if len(often) <= pieces + 1:
        return np.arange(len(often))
    return np.unique(_quantiles(np.minimum(often, np.sum(often) / pieces), np.linspace(0.0, 1.0, pieces + 1)))


def _quantiles(often: Array, shares: Array) -> Any:
    """Give the places of quantiles among distinct values in ascending order: the first at 0, the last at 1."""
    middles = np.cumsum(often) - often / 2.0
    span = middles[-1] - middles[0]
    return np.searchsorted((middles - middles[0]) / span, shares).clip(0, len(often) - 1)
