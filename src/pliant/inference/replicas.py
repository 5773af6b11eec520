"""Tables that the model itself would give: the training rows with responses drawn from the fitted family.

Each simulated table is fitted again, as the observed one was, so that what is measured on both can be compared.
Without that, a fit that has bent itself to its rows looks better than the truth does: tests against tables
that were not fitted again raise fewer alarms than they say, and find less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pliant.types import Array, BoolArray, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

MOST_ROWS = 20_000  # more are not needed to see what is wrong; a random part of them is looked at
STEPS = 3  # of Fisher scoring, from the truth of a simulated table
CELLS = 200_000  # rows of simulated tables that are made at once
SETTLED = 1e-3  # a step below this share of eta is the last: the chance in a table is far greater


@dataclass(frozen=True)
class CheckedRows:
    """The rows that are looked at: those with weight, or a random part of very many."""

    X: Array  # (n, p), without aliased columns
    y: Array  # (n, q), or (n, C) for classes
    weights: Array  # (n,)
    eta: Array  # (n, q)
    mu: Array  # (n, q), or (n, C)
    at: IntArray  # (n,), which rows of the table, from 0
    n_all: int  # how many there were to choose from

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.y)

    @property
    def whole(self) -> bool:
        """Whether all rows are looked at."""
        return self.n == self.n_all


def checked_rows(model: "Fitted", rng: np.random.Generator) -> CheckedRows:
    """Take the training rows with weight, at random `MOST_ROWS` of them where there are more."""
    arrays = model.data()
    used = np.flatnonzero(arrays.weights > 0.0)
    if arrays.frequencies is not None:  # a row stands for as many equal rows
        used = np.repeat(used, arrays.frequencies[used].astype(np.int64))
    chosen = used
    if len(used) > MOST_ROWS:
        chosen = np.sort(rng.choice(used, MOST_ROWS, replace=False))
    rows = arrays.take(chosen)
    eta = model.linear_predictor(rows.X, rows.offset)
    X = rows.X
    if model.facts.inverse_information is not None:
        kept = np.isfinite(np.diagonal(model.facts.inverse_information)[: X.shape[1]])
        X = X[:, kept]
    return CheckedRows(X, rows.y, rows.weights, eta, model.likelihood.mean(eta), rows.rows, len(used))


def dispersion_of(model: "Fitted", rows: CheckedRows, y: Array, mu: Array) -> Array:
    """Give Pearson's statistic over its degrees of freedom: sum w (y - mu)^2 / variance(mu) / (n - rank).

    Over n where the model cannot be fitted again: how many degrees a network has spent is not known.
    Shapes (..., n, C) to (...,): one number a table.
    """
    variance = model.likelihood.family.variance(mu)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(variance > 0.0, rows.weights[:, None] * (y - mu) ** 2 / variance, 0.0)
    spent = rows.X.shape[1] if fits_again(model) and rows.whole else 0
    return np.asarray(np.sum(each, axis=(-2, -1)) / max(rows.n - spent, 1))


def fits_again(model: "Fitted") -> bool:
    """Say whether a simulated table can be fitted again in a few steps: an exact line without a penalty."""
    return model.facts.inverse_information is not None


def replicas(model: "Fitted", rows: CheckedRows, n: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Give n simulated responses, each with the means of its own fit, some tables at a time.

    y* ~ family(mu, dispersion / w);   beta* = beta + I^-1 X' score(y*, eta*), `STEPS` times, from beta

    Yields
    ------
    y, mu : ndarray, shape (tables, n, q) or (tables, n, C)
        Where a table cannot be fitted again, its means are those it was drawn from.

    Raises
    ------
    InputError
        If the family has no distribution to draw from: its `draw` says so.
    """
    family = model.likelihood.family
    dispersion = 1.0 if family.dispersion_known else float(dispersion_of(model, rows, rows.y, rows.mu))
    inverse = model.facts.inverse_information if rows.whole else None  # a part of the rows moves beta by nothing
    if inverse is not None:
        known = np.isfinite(np.diagonal(inverse))
        inverse = inverse[np.ix_(known, known)]
    at_once = max(1, min(n, CELLS // rows.mu.size))
    for first in range(0, n, at_once):
        tables = min(at_once, n - first)
        mu = np.tile(rows.mu, (tables, 1))
        y = family.draw(rng, mu, np.tile(rows.weights, tables)[:, None], dispersion).reshape(tables, rows.n, -1)
        yield y, mu.reshape(y.shape) if inverse is None else _means_fitted_again(model, rows, inverse, y)


def _means_fitted_again(model: "Fitted", rows: CheckedRows, inverse: Array, y: Array) -> Array:
    """Give the means (tables, n, C) of the line fitted to each y, by Fisher scoring with the information of the truth.

    A table so odd that the steps run off counts as it was drawn.
    """
    likelihood, tables, q = model.likelihood, len(y), rows.eta.shape[1]
    flat = y.reshape(tables * rows.n, -1)

    def each(values: Array) -> Array:
        return values.reshape(tables, rows.n, -1)

    eta = np.tile(rows.eta, (tables, 1, 1))
    start = eta
    for _ in range(STEPS):
        pull = -each(likelihood.delta(flat, eta.reshape(-1, q)))
        score = rows.X.T @ (rows.weights[:, None] * pull)  # (tables, p, q)
        beta = (score.swapaxes(1, 2).reshape(tables, -1) @ inverse).reshape(tables, q, -1)
        step = rows.X @ beta.swapaxes(1, 2)
        share = np.ones((tables, 1, 1))
        for shorter in (0.5, 0.25, 0.0):  # where a mean would leave the family
            share = np.where(_inside(model, eta + share * step), share, shorter)
        eta = eta + share * step
        if np.max(np.abs(step)) < SETTLED * (1.0 + np.max(np.abs(eta))):
            break
    before, after = (each(likelihood.loss(flat, e.reshape(-1, q)))[:, :, 0] @ rows.weights for e in (start, eta))
    eta = np.where((after <= before)[:, None, None], eta, start)
    return each(likelihood.mean(eta.reshape(-1, q)))


def _inside(model: "Fitted", eta: Array) -> BoolArray:
    """Say of each table (tables, 1, 1) whether link and family admit all its etas (tables, n, q)."""
    likelihood, (low, high) = model.likelihood, model.likelihood.family.interval
    mu = likelihood.mean(eta.reshape(-1, eta.shape[2])).reshape(*eta.shape[:2], -1)
    good: BoolArray = np.isfinite(mu) & (mu >= low) & (mu <= high)
    admitted: BoolArray = likelihood.link.admits(eta)
    return np.asarray(good.all(axis=(1, 2), keepdims=True) & admitted.all(axis=(1, 2), keepdims=True))
