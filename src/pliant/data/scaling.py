"""The units of training, and the way back: the one place that knows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pliant.data.embedding import Embedding
from pliant.types import Array

BLOCK = 512  # rows that are embedded at once: their columns stay in the second cache
GRID = 2.0**24  # parts of a deviation, as float32 has them near 1
CONSTANT = 1e-12  # a column that varies by less than this share of its size is constant


@dataclass(frozen=True)
class Scaling:
    """Centre and scale of the inputs and of the response, learnt from training rows."""

    centre: Array  # (p',), p' columns of the design matrix without the intercept
    scale: Array  # (p',)
    response_centre: Array  # (q,), or (1,) zero where the response keeps its units
    response_scale: Array  # (q,), or (1,) one
    embedding: Embedding | None = None  # of the inputs of the hidden layers; none: they see what the line sees

    @classmethod
    def none(cls, inputs: int) -> "Scaling":
        """Give the scaling that changes nothing."""
        return cls(np.zeros(inputs), np.ones(inputs), np.zeros(1), np.ones(1))

    @classmethod
    def learn(
        cls, inputs: Array, y: Array | None, offset: Array, intercept: bool, frequencies: Array | None = None
    ) -> "Scaling":
        """Learn mean and standard deviation from training rows.

        Without an intercept nothing is centred: a line through the origin stays one.

        Parameters
        ----------
        inputs : ndarray, shape (n, p')
        y : ndarray, shape (n, q), or None
            None if the response keeps its units.
        offset : ndarray, shape (n,)
            Where there is one, several responses share one scale, since they share the offset.
        intercept : bool
        frequencies : ndarray, shape (n,), optional
            How many equal rows each row stands for.
        """
        centre, scale = _moments(inputs, frequencies)
        if y is None:
            response_centre, response_scale = np.zeros(1), np.ones(1)
        else:
            response_centre, response_scale = _moments(y, frequencies)
            if np.any(offset != 0.0):
                response_scale = np.full_like(response_scale, np.mean(response_scale))
        if not intercept:
            centre, response_centre = 0.0 * centre, 0.0 * response_centre
        return cls(centre, scale, response_centre, response_scale)

    def embedded(self, X: Array, bends: Sequence[bool], counts: Array) -> "Scaling":
        """Give the scaling with an embedding, learnt from inputs X (n, p') that are there `counts` (n,) times each."""
        return replace(self, embedding=Embedding.learn(X, bends, counts))

    @property
    def n_inputs(self) -> int:
        """Columns that a network sees: those of the line, and after them those of an embedding."""
        return len(self.centre) + (0 if self.embedding is None else self.embedding.n_columns)

    def line_inputs(self, X: Array) -> Array:
        """Give inputs (m, p') of a line in the units of training."""
        return (X - self.centre) / self.scale

    def inputs(self, X: Array) -> Array:
        """Give inputs (m, n_inputs) of a network in the units of training."""
        if self.embedding is None:
            return self.line_inputs(X)
        if len(X) > BLOCK:
            return np.concatenate([self.inputs(X[at : at + BLOCK]) for at in range(0, len(X), BLOCK)])
        return np.hstack([self.line_inputs(X), self.embedding.columns(X)])

    def slopes(self, X: Array, direction: Array) -> Array:
        """Give the derivatives (m, n_inputs) of the inputs at X (m, p'), along a direction (m, p') of X."""
        of_line = direction / self.scale
        return of_line if self.embedding is None else np.hstack([of_line, self.embedding.slopes(X, direction)])

    def scale_response(self, y: Array, offset: Array) -> tuple[Array, Array]:
        """Give y (n, q) and offset (n,) in the units of training."""
        return (y - self.response_centre) / self.response_scale, offset / self.response_scale[0]

    def rounded(self, inputs: Array, y: Array) -> tuple[Array, Array]:
        """Give inputs (m, p') and y (m, q) in the units of training, to 24 bits of a deviation; what has none as it is.

        The last bits of a standardised number depend on the unit that it came in, and a descent can magnify them
        1e10 times. These do not.
        """
        coarse = np.round(inputs * GRID) / GRID if self._is_learnt(self.centre, self.scale) else inputs
        moved = self._is_learnt(self.response_centre, self.response_scale)
        return coarse, np.round(y * GRID) / GRID if moved else y

    @staticmethod
    def _is_learnt(centre: Array, scale: Array) -> bool:
        return bool(np.any(scale != 1.0) or np.any(centre != 0.0))

    def unscale(self, slopes: Array, intercept: Array) -> tuple[Array, Array]:
        """Give the slopes (p', q) and intercept (q,) of a line in the user's units."""
        raw = slopes / self.scale[:, None]
        known = np.where(np.isnan(raw), 0.0, raw)  # an aliased slope takes nothing from the intercept
        at_zero = (intercept - self.centre @ known) * self.response_scale + self.response_centre
        return raw * self.response_scale, at_zero

    def scale_line(self, slopes: Array, intercept: Array) -> tuple[Array, Array]:
        """Give the slopes (p', q) and intercept (q,) in the units of training: `unscale` backwards."""
        at_centre = intercept + self.centre @ slopes
        return slopes * self.scale[:, None] / self.response_scale, (
            at_centre - self.response_centre
        ) / self.response_scale

    def learnt_again(
        self, inputs: Array, y: Array, offset: Array, intercept: bool, frequencies: Array | None = None
    ) -> "Scaling":
        """Learn from other rows (n, p') what this one has from its own; what it leaves, and an embedding, stays."""
        learnt = Scaling.learn(inputs, y, offset, intercept, frequencies)
        plain = Scaling.none(len(self.centre))
        scaled = self._is_learnt(self.centre, self.scale)
        moved = self._is_learnt(self.response_centre, self.response_scale)
        inside, outside = learnt if scaled else plain, learnt if moved else plain
        return Scaling(inside.centre, inside.scale, outside.response_centre, outside.response_scale, self.embedding)

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say."""
        said = {name: values.tolist() for name, values in vars(self).items() if name != "embedding"}
        return said if self.embedding is None else said | {"embedding": self.embedding.to_dict()}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Scaling":
        """Build it again from `to_dict`."""
        arrays = {name: np.array(said[name], dtype=np.float64) for name in cls.__annotations__ if name != "embedding"}
        return cls(**arrays, embedding=Embedding.from_dict(said["embedding"]) if "embedding" in said else None)


def _moments(values: Array, frequencies: Array | None) -> tuple[Array, Array]:
    """Give mean and standard deviation of each column; 1 where it is constant."""
    size = np.max(np.abs(values), axis=0, initial=0.0)
    unit = np.ldexp(1.0, np.frexp(size)[1] - 1)  # a power of two, so exact: no square overflows
    plain: Array = values / unit
    if frequencies is None:
        mean, spread = np.mean(plain, axis=0), np.std(plain, axis=0)
    else:
        mean = np.average(plain, axis=0, weights=frequencies)
        spread = np.sqrt(np.average((plain - mean) ** 2, axis=0, weights=frequencies))
    mean, spread = mean * unit, spread * unit
    return np.asarray(mean), np.where(spread > CONSTANT * size, spread, 1.0)
