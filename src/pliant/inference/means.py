"""What a model says of rows, of averages of rows, and of whatever is linear in these, with what tells its error.

A line has a covariance of its coefficients: the delta method. A model with members has these: the grouped jackknife.
A single network has neither, so its errors are missing, and everything else is there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.errors import ArgumentError
from pliant.inference.delta import Effect, check_type, line_covariance, mean_effect, slope_effect
from pliant.inference.jackknife import jackknife_errors, member_eta, member_slopes, slope_of_network
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

NO_BAND = "a single network has no band: fit with members=10 to have one"


@dataclass(frozen=True)
class Means:
    """Averages over G groups of rows, or anything linear in them, for C outcomes."""

    estimate: Array  # (G, C)
    parts: Array  # of each member (K, G, C); of a line the gradient by each coefficient (p q, G, C)
    covariance: Array | None  # (p q, p q) of a line; none: the parts are members

    def __add__(self, other: "Means") -> "Means":
        """Give the sum; one group is added to each of the others."""
        return Means(self.estimate + other.estimate, self.parts + other.parts, self.covariance)

    def mapped(self, function: Callable[[Array], Array]) -> "Means":
        """Give a linear function of the averages, one that acts on the axis before the last of (..., G, C)."""
        return Means(function(self.estimate[None])[0], function(self.parts), self.covariance)

    def errors(self) -> Array:
        """Give the standard errors (G, C), NaN where nothing tells them."""
        if self.covariance is not None:
            return np.asarray(np.sqrt(np.einsum("kgc,kl,lgc->gc", self.parts, self.covariance, self.parts)))
        return jackknife_errors(self.parts) if len(self.parts) else np.full_like(self.estimate, np.nan)


def joined(means: Sequence[Means]) -> Means:
    """Put groups after groups."""
    estimate = np.concatenate([each.estimate for each in means])
    return Means(estimate, np.concatenate([each.parts for each in means], axis=1), means[0].covariance)


@dataclass(frozen=True)
class Answers:
    """What a network, or each of its members, says of every row."""

    estimate: Array  # (m, C)
    members: Array  # (K, m, C); K is 0 for a single network


def difference(one: Effect | Answers, other: Effect | Answers) -> Effect | Answers:
    """Give the difference of what one model says of the same rows."""
    if isinstance(one, Effect) and isinstance(other, Effect):
        return one - other
    assert isinstance(one, Answers)
    assert isinstance(other, Answers)
    return Answers(one.estimate - other.estimate, one.members - other.members)


@dataclass(frozen=True)
class Basis:
    """What the standard errors of one model rest on."""

    model: "Fitted"
    covariance: Array | None  # of the coefficients of a line
    df: float  # of t; NaN where there are no errors

    def means(self, X: Array, offset: Array, type: str) -> Effect | Answers:
        """Give the mean of each row, or eta with `type="link"`."""
        model = self.model
        if self.covariance is not None:
            return mean_effect(model, X, offset, type)
        eta = model.linear_predictor(X, offset)
        of_members = np.zeros((0, *eta.shape)) if model.members is None else member_eta(model, X, offset)
        if check_type(type) == "link":
            return Answers(eta, of_members)
        return Answers(model.likelihood.mean(eta), _of_each(model.likelihood.mean, of_members, self._outcomes))

    def slopes(self, X: Array, offset: Array, by_x: Array, offset_by_x: Array, type: str) -> Effect | Answers:
        """Give d mu / d x of each row (or d eta / d x), from d X / d x and d offset / d x."""
        model = self.model
        if self.covariance is not None:
            return slope_effect(model, X, offset, by_x, offset_by_x, type)
        slope = slope_of_network(model, X, by_x, offset_by_x)
        of_members = np.zeros((0, *slope.shape))
        if model.members is not None:
            of_members = member_slopes(model, X, by_x, offset_by_x)
        if check_type(type) == "link":
            return Answers(slope, of_members)
        own = self._of_mean(model.linear_predictor(X, offset), slope)
        if model.members is None:
            return Answers(own, np.zeros((0, *own.shape)))
        eta = member_eta(model, X, offset)
        return Answers(own, np.stack([self._of_mean(e, t) for e, t in zip(eta, of_members, strict=True)]))

    def errors(self, effect: Effect | Answers) -> Array:
        """Give the standard errors (m, C) of every row."""
        if isinstance(effect, Effect):
            if self.covariance is None:
                return np.full_like(effect.estimate, np.nan)
            return effect.errors(self.covariance)
        return Means(effect.estimate, effect.members, None).errors()

    def grouped(self, effect: Effect | Answers, groups: IntArray, counts: Array, G: int) -> Means:
        """Give the averages over groups of rows.

        Parameters
        ----------
        effect : Effect or Answers
            Of m rows.
        groups : ndarray of int, shape (m,)
            The group of each row, from 0; -1 for a row that is in none.
        counts : ndarray, shape (m,)
            How many equal rows each row stands for.
        G : int
            The number of groups; one that no row counts for has missing averages.
        """
        outcomes = effect.estimate.shape[1]
        estimate = np.full((G, outcomes), np.nan)
        if isinstance(effect, Answers):
            parts = np.full((len(effect.members), G, outcomes), np.nan)
        else:
            parts = np.full((0 if self.covariance is None else len(self.covariance), G, outcomes), np.nan)
        order = np.argsort(groups, kind="stable")
        starts = np.searchsorted(groups[order], np.arange(G + 1))
        for g in range(G):
            rows = order[starts[g] : starts[g + 1]]
            total = np.sum(counts[rows])
            if not total > 0.0:
                continue
            rows = rows[counts[rows] > 0.0]
            share = counts[rows] / total
            estimate[g] = share @ effect.estimate[rows]
            if isinstance(effect, Answers):
                parts[:, g] = np.einsum("i,kic->kc", share, effect.members[:, rows])
            elif self.covariance is not None:
                gradient = sum(
                    (np.einsum("i,icj,ik->cjk", share, A[rows], Z[rows]) for A, Z in effect.parts), np.zeros(())
                )
                parts[:, g] = gradient.reshape(outcomes, len(self.covariance)).T
        return Means(estimate, parts, self.covariance)

    @property
    def _outcomes(self) -> int:
        """The number of columns of a mean."""
        return self.model.design.response.n_outputs

    def _of_mean(self, eta: Array, slope: Array) -> Array:
        """Give (d mu / d eta) slope (m, C)."""
        likelihood = self.model.likelihood
        by_eta = likelihood.link.slope(eta, likelihood.mean(eta))
        return np.einsum("icj,ij->ic", by_eta, slope) if likelihood.has_classes else by_eta * slope


def basis_of(model: "Fitted", what: str, cov_type: str = "nonrobust", groups: Any = None) -> Basis:
    """Give what the errors of a model rest on.

    Raises
    ------
    ArgumentError
        If a covariance is asked for, and the model is a network.
    InputError
        If the model is a line without standard errors; `what` says what was asked for.
    """
    if model.is_line:
        found = line_covariance(model, what, cov_type, groups)
        return Basis(model, found.matrix, found.df)
    if cov_type != "nonrobust" or groups is not None:
        raise ArgumentError(
            "cov_type and groups choose a covariance of coefficients, and a network has none: its errors come from its "
            "members and hold under any variance already; leave them out (rows that belong together: fit with groups=)"
        )
    return Basis(model, None, float("nan") if model.members is None else len(model.members) - 1.0)


def basis_or_none(model: "Fitted") -> Basis:
    """Give what the errors of a model rest on, without a covariance for a line that has none."""
    if model.is_line and model.facts.inverse_information is None:
        return Basis(model, None, float("nan"))
    return basis_of(model, "effects")


def _of_each(function: Callable[[Array], Array], members: Array, outcomes: int) -> Array:
    """Give a function (m, C) of the eta (m, q) of every member."""
    if not len(members):
        return np.zeros((0, members.shape[1], outcomes))
    return np.stack([function(eta) for eta in members])
