"""What is measured on a table and its fit to see whether they belong together: one number a question.

The observed table and each simulated one are measured by the same `Measures.of`; nothing here knows which is
which. Questions that a family cannot be asked are absent: a 0/1 response, say, cannot scatter more than it does.

References
----------
Dunn and Smyth (1996), Randomized Quantile Residuals, JCGS 5. Hartig, DHARMa (R package). Pregibon (1980),
Goodness of Link Tests for Generalized Linear Models. Hosmer and Lemeshow (1980), on groups of equal mean.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pliant.data.formula import variables
from pliant.data.table import NumberColumn
from pliant.inference.replicas import CheckedRows, dispersion_of, fits_again
from pliant.types import Array, BoolArray

if TYPE_CHECKING:
    from pliant.model import Fitted

GROUPS = 10  # of rows with like probability
NODES = 60  # where a smooth of the residuals is read off
WIDTH = 0.12  # standard deviation of its weights, as a share of the rows; more where they are fewer than 200
MOST_COLUMNS = 50  # along which a bend is looked for
FITTED = "the fitted mean"
ORDERS = 200  # of the sorted residuals that are compared with the band


@dataclass(frozen=True)
class Measured:
    """What was measured on some tables at a time; the observed one alone is a first axis of one."""

    statistics: dict[str, Array]  # (tables,) each
    bends: Array  # (tables, columns, outcomes), how much the residuals bend along each
    uniform: Array | None = None  # (tables, n), quantile residuals from 0 to 1
    normal: Array | None = None  # (tables, n), the same as normal scores
    tails: Array | None = None  # (tables, n), two-sided tail probability of each row
    shares: Array | None = None  # (tables, groups), observed less expected share


class Measures:
    """The questions that can be asked of a model, made ready for its rows.

    Parameters
    ----------
    model : Fitted
    rows : CheckedRows

    Attributes
    ----------
    along : dict of str to ndarray (n,)
        The number columns that the formula reads and the fitted mean: along which a bend is looked for.
    asked : tuple of str
        The questions, in the order in which their answers matter.
    """

    def __init__(self, model: "Fitted", rows: CheckedRows) -> None:
        self.model, self.rows = model, rows
        self.family = family = model.likelihood.family
        self.classes = model.likelihood.has_classes
        binary = family.coding == "binary" and bool(np.all(rows.weights <= 1.0))
        self.single = self.classes or binary  # one trial a row: nothing but the mean can be wrong
        self.quantiles = family.cumulative is not None and not self.single
        self.along = _along(model, rows)
        found = {name: self._basis(values) for name, values in self.along.items()}
        self._bases = {name: bases for name, bases in found.items() if bases is not None}
        self.along = {name: self.along[name] for name in self._bases}
        self.low, self.high = _thirds(rows.eta[:, 0])
        self.groups = _groups(rows.mu) if self.single else []
        self.can_be_zero = self._can_be_zero()
        self.asked = tuple(self._asked())

    def _asked(self) -> list[str]:
        """Name the questions that make sense for the family, the most telling first."""
        asked = ["curvature"] if self.along else []
        if not self.single:
            if self.family.dispersion_known:
                asked.append("dispersion")
            elif self.quantiles and self.low.any() and self.high.any():
                asked.append("spread")
        if self.can_be_zero:
            asked.append("zeros")
        if self.single:
            asked.append("calibration")
        if self.quantiles or self.single:
            asked.append("outliers")
        if self.quantiles:
            asked.append("uniformity")
        return asked

    def _can_be_zero(self) -> bool:
        """Say whether the response is a count or amount for which zero has a probability of its own."""
        if not self.quantiles or self.family.interval != (0.0, np.inf):
            return False
        if not np.all(self.family.admits(np.zeros((1, 1)))):
            return False
        y, mu = self.rows.y[None], self.rows.mu[None]
        return bool(np.any(self._cumulative(0.0 * y, mu, self._dispersion(y, mu))[1] > 0.0))

    def _dispersion(self, y: Array, mu: Array) -> Array:
        return np.ones(len(y)) if self.family.dispersion_known else dispersion_of(self.model, self.rows, y, mu)

    def _cumulative(self, y: Array, mu: Array, dispersion: Array) -> tuple[Array, Array]:
        """Give P(Y < y) and P(Y <= y), (tables, n) each, of responses (tables, n, 1)."""
        assert self.family.cumulative is not None
        shape, weights = y.shape[:2], self.rows.weights[:, None]
        if self.family.dispersion_known:
            flat = np.tile(weights, (len(y), 1))
            found = self.family.cumulative(y.reshape(-1, 1), mu.reshape(-1, 1), flat, 1.0)
        else:  # each table has a dispersion of its own, and a family takes one
            pairs = [
                self.family.cumulative(one, mean, weights, float(d))
                for one, mean, d in zip(y, mu, dispersion, strict=True)
            ]
            found = np.array([lower for lower, _ in pairs]), np.array([upper for _, upper in pairs])
        lower, upper = (np.clip(bound, 0.0, 1.0).reshape(shape) for bound in found)
        return lower, upper

    def of(self, y: Array, mu: Array, rng: np.random.Generator) -> Measured:
        """Measure responses (tables, n, C) with the means of their fits; chance breaks the ties of discrete ones."""
        found: dict[str, Array] = {}
        scatter = np.ones(len(y)) if self.single else dispersion_of(self.model, self.rows, y, mu)
        bends = self._bends(y, mu, scatter)
        if self.along:
            found["curvature"] = bends.max(axis=(1, 2))
        if "dispersion" in self.asked:
            found["dispersion"] = scatter
        if self.single:
            return self._of_single(y, mu, found, bends)
        if not self.quantiles:
            return Measured(found, bends)
        dispersion = self._dispersion(y, mu)
        lower, upper = self._cumulative(y, mu, dispersion)
        uniform = lower + rng.random(lower.shape) * (upper - lower)
        normal = normal_scores(uniform)
        tails = np.minimum(1.0, 2.0 * np.minimum(upper, 1.0 - lower))
        found["outliers"] = tails.min(axis=1)
        found["uniformity"] = distance_from_uniform(uniform)
        if "spread" in self.asked:
            size = np.minimum(np.abs(normal), 2.5)  # so that one wild row does not pass for scatter that grows
            found["spread"] = size[:, self.high].mean(axis=1) / np.maximum(size[:, self.low].mean(axis=1), 1e-300)
        if self.can_be_zero:
            expected = self._cumulative(0.0 * y, mu, dispersion)[1].sum(axis=1)
            found["zeros"] = np.sum(y[:, :, 0] == 0.0, axis=1) / np.maximum(expected, 1e-300)
        return Measured(found, bends, uniform, normal, tails)

    def _of_single(self, y: Array, mu: Array, found: dict[str, Array], bends: Array) -> Measured:
        """Compare shares with probabilities in groups of like probability; look for rows that surprise."""
        own = np.where(y > 0.0, mu, 0.0).sum(axis=2) if self.classes else np.where(y > 0.5, mu, 1.0 - mu)[:, :, 0]
        w = self.rows.weights
        statistic, shares = np.zeros(len(y)), []
        for c, groups in enumerate(self.groups):
            left, variance = w * (y[:, :, c] - mu[:, :, c]), w * mu[:, :, c] * (1.0 - mu[:, :, c])
            for rows in groups:
                missing = left[:, rows].sum(axis=1)
                statistic += missing**2 / np.maximum(variance[:, rows].sum(axis=1), 1e-12)
                shares.append(missing / w[rows].sum())
        found["outliers"] = own.min(axis=1)
        found["calibration"] = statistic
        return Measured(found, bends, tails=own, shares=np.array(shares).T)

    # Bends ------------------------------------------------------------------------------------------

    def variances(self, mu: Array) -> Array:
        """Give the variance (n, C) of each response for a dispersion of one, without its weight."""
        return mu * (1.0 - mu) if self.classes else self.family.variance(mu)

    def _roots(self) -> Array:
        """Give the root (n, C) of what each row knows of its eta."""
        likelihood, rows = self.model.likelihood, self.rows
        known = self.variances(rows.mu) if self.classes else likelihood.information(rows.eta)
        return np.asarray(np.sqrt(np.maximum(rows.weights[:, None] * known, 0.0)))

    def _basis(self, values: Array) -> list[Array] | None:
        """Give for each outcome an orthonormal basis of the square and cube of a column's rank.

        What the line already holds is taken out, so that the residuals of a true line are as likely to lie
        along it as anywhere: a score test of the two terms. None where nothing is left.
        """
        rank = _centred_ranks(values)
        roots = self._roots()
        X = self.rows.X if fits_again(self.model) else np.ones((self.rows.n, 1))
        bases = []
        for root in roots.T:
            bent = root[:, None] * np.column_stack([rank**2, rank**3])
            held = root[:, None] * X
            scale = np.linalg.norm(held, axis=0)
            Q = np.linalg.qr(held / np.where(scale > 0.0, scale, 1.0))[0]
            left = bent - Q @ (Q.T @ bent)
            left -= Q @ (Q.T @ left)
            U, size, _ = np.linalg.svd(left, full_matrices=False)
            enough = size > 1e-3 * np.linalg.norm(bent)
            if not enough.any():
                return None
            bases.append(U[:, enough])
        return bases

    def _bends(self, y: Array, mu: Array, scatter: Array) -> Array:
        """Give how far the Pearson residuals lie along each basis: the squared length a dimension, over the scatter."""
        variance = self.variances(mu)
        with np.errstate(divide="ignore", invalid="ignore"):
            pearson = np.sqrt(self.rows.weights)[:, None] * (y - mu) / np.sqrt(variance)
        pearson = np.where(variance > 0.0, pearson, 0.0)
        scale = np.maximum(scatter, 1e-300)
        if not self.single:  # so that one wild row does not pass for a bend
            most = 3.0 * np.sqrt(scale)[:, None, None]
            pearson = np.clip(pearson, -most, most)
        lengths = np.zeros((len(y), len(self._bases), mu.shape[2]))
        for j, bases in enumerate(self._bases.values()):
            for c, basis in enumerate(bases):
                lengths[:, j, c] = np.sum((pearson[:, :, c] @ basis) ** 2, axis=1) / basis.shape[1]
        return np.asarray(lengths / scale[:, None, None])


def normal_scores(uniform: Array) -> Array:
    """Give the normal quantile of each uniform residual; the ends stand at 8 standard deviations and a bit."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(uniform, 1e-16, 1.0 - 1e-16)))


def distance_from_uniform(uniform: Array) -> Array:
    """Give Kolmogorov's distance between residuals and the uniform distribution; shapes (..., n) to (...,)."""
    n = uniform.shape[-1]
    ordered, steps = np.sort(uniform, axis=-1), np.arange(1, n + 1) / n
    return np.asarray(np.maximum(np.max(steps - ordered, axis=-1), np.max(ordered - steps + 1.0 / n, axis=-1)))


@lru_cache(maxsize=8)
def orders(n: int) -> Array:
    """Give the places (at most `ORDERS`, counted from 1) of the sorted residuals that stand for all."""
    return np.unique(np.round(np.concatenate([np.linspace(1, n, ORDERS), np.arange(1, min(n, 10) + 1)])))


def least_level(uniform: Array) -> Array:
    """Give the smallest two-sided probability of any sorted residual under its own beta distribution.

    Shapes (..., n) to (...,).
    """
    from scipy.special import betainc

    n = uniform.shape[-1]
    places = orders(n)
    below = betainc(places, n + 1.0 - places, np.sort(uniform, axis=-1)[..., places.astype(int) - 1])
    return np.asarray(np.min(2.0 * np.minimum(below, 1.0 - below), axis=-1))


def smoother(values: Array) -> tuple[Array, Array]:
    """Give places (m,) along a column and the weights (m, n) of a smooth there, normal in its ranks."""
    rank = 0.5 * (_centred_ranks(values) + 1.0)
    at = np.linspace(0.0, 1.0, NODES)
    width = WIDTH * max(1.0, 200.0 / len(values)) ** 0.2
    weights = np.exp(-0.5 * ((rank[None, :] - at[:, None]) / width) ** 2)
    return np.quantile(values, at), weights / np.sum(weights, axis=1, keepdims=True)


def _along(model: "Fitted", rows: CheckedRows) -> dict[str, Array]:
    """Give the number columns that the formula reads, missing ones at their median, and the linear predictor."""
    table, found = model.training_table(), dict[str, Array]()
    names = dict.fromkeys(n for term in model.design.terms.terms for f in term.factors for n in variables(f))
    for name in names:
        column = table[name]
        if isinstance(column, NumberColumn) and len(found) < MOST_COLUMNS:
            values = column.values[rows.at]
            values = np.where(np.isnan(values), np.nanmedian(column.values), values)
            if len(np.unique(values)) > 2:
                found[name] = values
    if rows.eta.shape[1] == 1 and len(np.unique(np.round(rows.eta, 12))) > 2:
        found[FITTED] = rows.eta[:, 0]
    return found


def _centred_ranks(values: Array) -> Array:
    """Give ranks from -1 to 1, ties at their middle."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    return np.asarray(2.0 * (ranks - 0.5) / len(ranks) - 1.0)


def _thirds(eta: Array) -> tuple[BoolArray, BoolArray]:
    """Mark the rows with the smallest and the greatest fitted means, about a third each, like means together."""
    first, last = np.quantile(eta, [1.0 / 3.0, 2.0 / 3.0])
    low, high = eta <= first, (eta >= last) & (eta > first)
    if not high.any():
        low, high = eta < last, eta >= last
    return low, high


def _groups(mu: Array) -> list[list[BoolArray]]:
    """Mark for each outcome the rows of like probability, at most `GROUPS` groups of about equal size."""
    groups = []
    for column in mu.T:
        edges = np.unique(np.quantile(column, np.linspace(0.0, 1.0, GROUPS + 1)))
        where = np.clip(np.searchsorted(edges, column, side="left"), 1, max(len(edges) - 1, 1))
        groups.append([where == g for g in np.unique(where)])
    return groups
