"""Tables that the model itself would give: the training rows with responses drawn from the fitted family.

Each simulated table is fitted again, as the observed one was, so that what is measured on both can be compared.
Without that, a fit that has bent itself to its rows looks better than the truth does: tests against tables
that were not fitted again raise fewer alarms than they say, and find less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pliant.errors import InputError
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

MOST_ROWS = 20_000  # more are not needed to see what is wrong; a random part of them is looked at
STEPS = 3  # of Fisher scoring, from the truth of a simulated table
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


def dispersion_of(model: "Fitted", rows: CheckedRows, y: Array, mu: Array) -> float:
    """Give Pearson's statistic over its degrees of freedom: sum w (y - mu)^2 / variance(mu) / (n - rank).

    Over n where the model cannot be fitted again: how many degrees a network has spent is not known.
    """
    variance = model.likelihood.family.variance(mu)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(variance > 0.0, rows.weights[:, None] * (y - mu) ** 2 / variance, 0.0)
    spent = rows.X.shape[1] if fits_again(model) and rows.whole else 0
    return float(np.sum(each) / max(rows.n - spent, 1))


def fits_again(model: "Fitted") -> bool:
    """Say whether a simulated table can be fitted again in a few steps: an exact line without a penalty."""
    return model.facts.inverse_information is not None


def replicas(model: "Fitted", rows: CheckedRows, n: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Give n simulated responses, each with the means of its own fit.

    y* ~ family(mu, dispersion / w);   beta* = beta + I^-1 X' score(y*, eta*), `STEPS` times, from beta

    Yields
    ------
    y, mu : ndarray, shape (n, q) or (n, C)
        Where a table cannot be fitted again, its means are those it was drawn from.

    Raises
    ------
    InputError
        If the family has no distribution to draw from.
    """
    family = model.likelihood.family
    if family.draw is None:
        raise InputError(
            f"{family.name} states a mean and a variance but no distribution, so no table can be simulated from it; "
            "look at model.plot_diagnostics()"
        )
    dispersion = 1.0 if family.dispersion_known else dispersion_of(model, rows, rows.y, rows.mu)
    weights = rows.weights[:, None]
    inverse = model.facts.inverse_information if rows.whole else None  # a part of the rows moves beta by nothing
    if inverse is not None:
        known = np.isfinite(np.diagonal(inverse))
        inverse = inverse[np.ix_(known, known)]
    for _ in range(n):
        y = family.draw(rng, rows.mu, weights, dispersion)
        yield y, rows.mu if inverse is None else _means_fitted_again(model, rows, inverse, y)


def _means_fitted_again(model: "Fitted", rows: CheckedRows, inverse: Array, y: Array) -> Array:
    """Give the means of the line fitted to y, by steps of Fisher scoring with the information of the truth."""
    likelihood, weights = model.likelihood, rows.weights[:, None]
    eta, mu, q = rows.eta, rows.mu, rows.eta.shape[1]
    for _ in range(STEPS):
        score = rows.X.T @ (weights * -likelihood.delta(y, eta))
        step = rows.X @ (inverse @ score.T.ravel()).reshape(q, -1).T
        for share in (1.0, 0.5, 0.25, 0.0):  # shorter where a mean would leave the family
            moved = eta + share * step
            mu = likelihood.mean(moved)
            if likelihood.valid(moved, mu):
                break
        eta = moved
        if np.max(np.abs(step)) < SETTLED * (1.0 + np.max(np.abs(eta))):
            break
    before, after = (float(rows.weights @ likelihood.loss(y, each)) for each in (rows.eta, eta))
    return mu if after <= before else rows.mu  # a table so odd that the steps run off counts as it was drawn
