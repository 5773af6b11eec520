"""Coefficients of a line and what is known of their error: the table that broom users know, and intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.errors import ArgumentError
from pliant.inference.covariance import covariance_of
from pliant.inference.estimates import by_name, coefficients, outcome_names, term_names
from pliant.optimisers.checks import check_share
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

__all__ = ["by_name", "coefficients", "covariance", "outcome_names", "standard_errors", "term_names"]


def covariance(model: "Fitted") -> Array:
    """Give the covariance (p q, p q) of the coefficients: dispersion times the inverse information.

    Raises
    ------
    InputError
        If the model is a network, or a line that was not fitted by IRLS without a penalty.
    """
    return covariance_of(model).matrix


def standard_errors(model: "Fitted") -> Array:
    """Give the standard errors (p, q): roots of the diagonal of `covariance`."""
    return covariance_of(model).errors(coefficients(model).shape[1])


def tidy(
    model: "Fitted", level: float, names: str = "pliant", cov_type: str = "nonrobust", groups: Any = None
) -> dict[str, Any]:
    """Give one row a coefficient, in the columns that broom users know.

    Parameters
    ----------
    model : Fitted
        A line.
    level : float
        Of the confidence intervals, between 0 and 1.
    names : {"pliant", "r"}
    cov_type, groups
        Which covariance the errors are taken from, as `covariance_of` has it.

    Returns
    -------
    dict of columns
        `response` (only where there are several), `term`, `estimate`, `std_error`, `statistic` (t where the
        dispersion is estimated, else z), `p_value` (two-sided), `conf_low`, `conf_high` (Wald).
    """
    estimate, found = coefficients(model), covariance_of(model, cov_type, groups)
    q = estimate.shape[1]
    error = found.errors(q)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / error
    low, high = wald_interval(estimate, error, level, found.df)
    columns: dict[str, Any] = {"term": list(term_names(model, names)) * q}
    numbers = {
        "estimate": estimate,
        "std_error": error,
        "statistic": statistic,
        "p_value": two_sided(statistic, found.df),
        "conf_low": low,
        "conf_high": high,
    }
    columns |= {name: values.T.ravel() for name, values in numbers.items()}
    if q > 1:
        columns = {"response": list(np.repeat(outcome_names(model), len(model.design.names)))} | columns
    return columns


def conf_int(
    model: "Fitted", level: float, method: str = "wald", cov_type: str = "nonrobust", groups: Any = None
) -> dict[str, Any]:
    """Give term, lower and upper bound of each coefficient's interval.

    Parameters
    ----------
    model : Fitted
        A line.
    level : float
    method : {"wald", "profile"}
        Estimate and standard errors; or the coefficients whose deviance is not too far above the least one.
    cov_type, groups
        Of the Wald interval.
    """
    from pliant.inference.profile import profile_interval

    if method not in ("wald", "profile"):
        raise ArgumentError(f"method={method!r} is not known; choose 'wald' or 'profile'")
    if method == "profile" and cov_type != "nonrobust":
        raise ArgumentError(f"a profile interval rests on the likelihood alone; cov_type={cov_type!r} is for 'wald'")
    table = tidy(model, level, "pliant", cov_type, groups)
    low, high = table["conf_low"], table["conf_high"]
    if method == "profile":
        low, high = profile_interval(model, level)
    kept = {k: v for k, v in table.items() if k in ("response", "term")}
    return kept | {"lower": low, "upper": high}


def two_sided(statistic: Array, df: float) -> Array:
    """Give the two-sided p-value of each statistic: normal where df is infinite, else of Student's t."""
    from scipy.special import ndtr, stdtr

    tail = -np.abs(statistic)
    if np.isinf(df):
        return np.asarray(2.0 * ndtr(tail))
    if df < 1:
        return np.full_like(statistic, np.nan)
    return np.asarray(2.0 * stdtr(df, tail))


def wald_interval(estimate: Array, error: Array, level: float, df: float) -> tuple[Array, Array]:
    """Give estimate minus and plus the quantile times the standard error."""
    from scipy.special import ndtri, stdtrit

    check_level(level)
    at = 0.5 + level / 2.0
    if np.isinf(df):
        quantile = float(ndtri(at))
    else:
        quantile = float(stdtrit(df, at)) if df > 0 else np.nan
    return estimate - quantile * error, estimate + quantile * error


def check_level(level: float) -> None:
    """See that a level lies between 0 and 1."""
    check_share("level", level)


def mean_interval(model: "Fitted", X: Array, offset: Array, level: float) -> tuple[Array, Array]:
    """Give the confidence interval (m,) of the mean at rows of a design matrix, for a line with one response.

    inverse(eta -+ quantile sqrt(x' C x)): made on the scale of the link, where it is symmetric.

    Parameters
    ----------
    model : Fitted
    X : ndarray, shape (m, p)
    offset : ndarray, shape (m,)
    level : float
    """
    estimate, found = coefficients(model)[:, 0], covariance_of(model)
    kept = ~np.isnan(estimate)
    rows = X[:, kept]
    error = np.sqrt(np.einsum("ij,jk,ik->i", rows, found.matrix[np.ix_(kept, kept)], rows))
    low, high = wald_interval(rows @ estimate[kept] + offset, error, level, found.df)
    ends = np.stack([model.likelihood.mean(low[:, None])[:, 0], model.likelihood.mean(high[:, None])[:, 0]])
    return np.min(ends, axis=0), np.max(ends, axis=0)
