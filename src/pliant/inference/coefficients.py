"""Coefficients of a line and what is known of their error.

Only a line has them: hidden weights can be permuted and their signs flipped without any change of the mean, so a
standard error of one of them means nothing, and is refused.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.errors import ArgumentError, InputError
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted


def coefficients(model: "Fitted") -> Array:
    """Give the coefficients (p, q) of a line in the user's units; NaN where aliased.

    Raises
    ------
    InputError
        If the model has hidden units.
    """
    if not model.is_line:
        raise InputError(
            "a network has no coefficients: its hidden weights can be permuted and their signs flipped without "
            "any change of the mean; see `layers`, or fit the line with hidden=()"
        )
    weights, biases = model.network.views(model.parameters).layers[0]
    return model.design.unscale(weights, np.zeros(weights.shape[1]) if biases is None else biases)


def covariance(model: "Fitted") -> Array:
    """Give the covariance (p q, p q) of the coefficients: dispersion times the inverse information.

    Raises
    ------
    InputError
        If the model is a network, or a line that was not fitted by IRLS without a penalty.
    """
    coefficients(model)
    if model.facts.inverse_information is None:
        how = (
            f"with regularisation={model.settings.regularisation:g}"
            if model.settings.optimiser == "irls"
            else f"by {model.settings.optimiser}"
        )
        raise InputError(f"a line fitted {how} has no standard errors; fit it with hidden=() and nothing else")
    return model.dispersion * model.facts.inverse_information


def standard_errors(model: "Fitted") -> Array:
    """Give the standard errors (p, q): roots of the diagonal of `covariance`."""
    q = coefficients(model).shape[1]
    return np.sqrt(np.diagonal(covariance(model))).reshape(q, -1).T


def outcome_names(model: "Fitted") -> tuple[str, ...]:
    """Name the columns of eta: levels after the first, responses of several, or the one response."""
    response = model.design.response
    return tuple(response.levels[1:] if model.family == "multinomial" else response.names)


def by_name(model: "Fitted", values: Array) -> dict[str, Any]:
    """Give (p, q) values by name of coefficient, and first by level or response where there are several."""
    columns = [dict(zip(model.design.names, column.tolist(), strict=True)) for column in values.T]
    return columns[0] if len(columns) == 1 else dict(zip(outcome_names(model), columns, strict=True))


def tidy(model: "Fitted", level: float, names: str) -> dict[str, Any]:
    """Give one row a coefficient, in the columns that broom users know.

    Parameters
    ----------
    model : Fitted
        A line.
    level : float
        Of the confidence intervals, between 0 and 1.
    names : {"pliant", "r"}

    Returns
    -------
    dict of columns
        `response` (only where there are several), `term`, `estimate`, `std_error`, `statistic` (t where the
        dispersion is estimated, else z), `p_value` (two-sided), `conf_low`, `conf_high` (Wald).
    """
    estimate, error = coefficients(model), standard_errors(model)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / error
    low, high = wald(model, estimate, error, level)
    q = estimate.shape[1]
    columns: dict[str, Any] = {"term": list(term_names(model, names)) * q}
    numbers = {
        "estimate": estimate,
        "std_error": error,
        "statistic": statistic,
        "p_value": two_sided(model, statistic),
        "conf_low": low,
        "conf_high": high,
    }
    columns |= {name: values.T.ravel() for name, values in numbers.items()}
    if q > 1:
        columns = {"response": list(np.repeat(outcome_names(model), len(model.design.names)))} | columns
    return columns


def conf_int(model: "Fitted", level: float) -> dict[str, Any]:
    """Give term, lower and upper bound of each coefficient's Wald interval."""
    table = tidy(model, level, "pliant")
    kept = {k: v for k, v in table.items() if k in ("response", "term")}
    return kept | {"lower": table["conf_low"], "upper": table["conf_high"]}


def term_names(model: "Fitted", names: str) -> Sequence[str]:
    """Name the columns of the design matrix, pliant's way or R's."""
    if names == "pliant":
        return model.design.names
    if names == "r":
        return model.design.r_names()
    raise ArgumentError(f"names={names!r} is not known; choose 'pliant' or 'r'")


def statistic_name(model: "Fitted") -> str:
    """Give "z" where the family fixes the dispersion, else "t"."""
    return "z" if model.likelihood.family.dispersion_known else "t"


def two_sided(model: "Fitted", statistic: Array) -> Array:
    """Give the two-sided p-value of each statistic."""
    from scipy.special import ndtr, stdtr

    tail = -np.abs(statistic)
    if statistic_name(model) == "z":
        return np.asarray(2.0 * ndtr(tail))
    if model.df_residual < 1:
        return np.full_like(statistic, np.nan)
    return np.asarray(2.0 * stdtr(model.df_residual, tail))


def wald(model: "Fitted", estimate: Array, error: Array, level: float) -> tuple[Array, Array]:
    """Give estimate minus and plus the quantile times the standard error."""
    from scipy.special import ndtri, stdtrit

    if not 0.0 < level < 1.0:
        raise ArgumentError(f"level={level!r} must lie between 0 and 1, for example 0.95")
    at = 0.5 + level / 2.0
    if statistic_name(model) == "z":
        quantile = float(ndtri(at))
    else:
        quantile = float(stdtrit(model.df_residual, at)) if model.df_residual > 0 else np.nan
    return estimate - quantile * error, estimate + quantile * error


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
    estimate, C = coefficients(model)[:, 0], covariance(model)
    kept = ~np.isnan(estimate)
    rows = X[:, kept]
    error = np.sqrt(np.einsum("ij,jk,ik->i", rows, C[np.ix_(kept, kept)], rows))
    low, high = wald(model, rows @ estimate[kept] + offset, error, level)
    ends = np.stack([model.likelihood.mean(low[:, None])[:, 0], model.likelihood.mean(high[:, None])[:, 0]])
    return np.min(ends, axis=0), np.max(ends, axis=0)
