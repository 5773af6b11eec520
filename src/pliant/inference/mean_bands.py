"""Confidence bands for the mean of a curve, on the scale of the link.

The grouped jackknife over the fold members (`jackknife.py`), with t of K - 1 degrees of freedom; or Laplace's
approximation, with the spread between the members and t of the residual ones. For classes by the log-odds of each.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import Table
from pliant.errors import ArgumentError, InputError
from pliant.inference.coefficients import wald_interval
from pliant.inference.delta import Places, bounded_columns, check_type, places
from pliant.inference.jackknife import jackknife_errors, member_eta
from pliant.inference.laplace import check_laplace, degrees_of_freedom, eta_covariances
from pliant.optimisers.checks import check_choice
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

BANDS = ("jackknife", "laplace")
INSTEAD = ", or take method='jackknife', of the members"


def curve_mean_columns(
    model: "Fitted", table: object, type: str, level: float, method: str | None
) -> tuple[dict[str, Any], Table]:
    """Give prediction, lower and upper bound of the mean of each row, for classes of each probability; the table."""
    check_type(type)
    if method is not None:
        check_choice("method of bands", method, BANDS)
    if method is None:
        method = "jackknife" if model.members is not None else "laplace"
    at = places(model, table)
    eta = model.linear_predictor(at.X, at.offset)
    of_classes = model.likelihood.has_classes and type == "response"
    with np.errstate(all="ignore"):  # far beyond the data a mean overflows
        centre = _log_odds(model.likelihood.mean(eta)) if of_classes else eta
        error, df = (
            _by_members(model, at, of_classes) if method == "jackknife" else _laplace(model, at, eta, of_classes)
        )
        low, high = wald_interval(centre, error, level, df)
        if of_classes:
            low, high = 1.0 / (1.0 + np.exp(-low)), 1.0 / (1.0 + np.exp(-high))
        elif type == "response":
            ends = np.stack([model.likelihood.mean(low), model.likelihood.mean(high)])
            inside = model.likelihood.family.interval
            low, high = (np.clip(f(ends, axis=0), *inside) for f in (np.min, np.max))
    return bounded_columns(model, at, type, low, high), at.table


def _by_members(model: "Fitted", at: Places, of_classes: bool) -> tuple[Array, float]:
    """Give the jackknife's standard errors of eta (m, q), or of the log-odds (m, C), and its degrees of freedom."""
    if model.members is None:
        raise InputError("method='jackknife' is of members, and this is a single network; take method='laplace'")
    eta = member_eta(model, at.X, at.offset)
    values = np.stack([_log_odds(model.likelihood.mean(each)) for each in eta]) if of_classes else eta
    return jackknife_errors(values), float(len(eta) - 1)


def _laplace(model: "Fitted", at: Places, eta: Array, of_classes: bool) -> tuple[Array, float]:
    """Give Laplace's standard errors of eta (m, q), or of the log-odds (m, C), and its degrees of freedom."""
    check_laplace(model, "" if model.members is None else INSTEAD)
    C = eta_covariances(model, at.X, at.offset)
    if not of_classes:
        return np.sqrt(np.maximum(np.einsum("mqq->mq", C), 0.0)), degrees_of_freedom(model)
    mu = model.likelihood.mean(eta)
    slope = model.likelihood.link.slope(eta, mu)  # (m, C, q)
    error = np.sqrt(np.maximum(np.einsum("mcq,mqr,mcr->mc", slope, C, slope), 0.0))
    return error / np.maximum(mu * (1.0 - mu), 1e-300), degrees_of_freedom(model)


def _log_odds(mu: Array) -> Array:
    """Give log(mu / (1 - mu)), finite for a probability that has run out of digits."""
    inside = np.clip(mu, 1e-300, 1.0 - 1e-16)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def check_no_covariance(cov_type: str, groups: Any) -> None:
    """Refuse what belongs to the coefficients of a line."""
    if cov_type != "nonrobust" or groups is not None:
        raise ArgumentError(
            "cov_type and groups are of the coefficients of a line; a curve takes method='jackknife' or 'laplace'"
        )
