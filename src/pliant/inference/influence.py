"""What the fit would be without a row: leverage, Cook's distance and their kin, for a line with one response.

Leaving row i out moves the coefficients by the one-step formula

    beta - beta_(i) = (X' W X)^-1 x_i s_i / (1 - h_i),   s_i = w_i (y_i - mu_i) (d mu / d eta) / variance(mu_i)

with h_i the leverage: exact for a gaussian line with the identity, and the first Fisher step from the full fit for
the others (Pregibon 1981), which is what R and statsmodels give too. R builds dffits and dfbetas of other families
from deviance residuals instead of these, and scales them by an estimate where the dispersion is known to be 1.
A row with a frequency stands for so many equal rows, and one of these is left out.

References
----------
Belsley, Kuh and Welsch (1980), Regression Diagnostics. Cook and Weisberg (1982), Residuals and Influence in
Regression. Pregibon (1981), Logistic regression diagnostics, Annals of Statistics 9. Williams (1987), Generalized
linear model diagnostics using the deviance and single case deletions, Applied Statistics 36.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.inference.estimates import coefficients
from pliant.inference.residuals import leverage, residuals
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

PERFECT = np.errstate(divide="ignore", invalid="ignore")  # of a perfect fit nothing is left: 0 / 0 is not known
ALONE = 1.0 - 1e-10  # a leverage above it: the row is fitted by its own parameter, and cannot be left out


@PERFECT
def standardised(model: "Fitted", kind: str) -> Array:
    """Give residual / sqrt(dispersion (1 - h)), (n,); kind is "deviance" or "pearson". NaN where h is 1."""
    rest = _rest(leverage(model))
    return np.asarray(residuals(model, kind) / np.sqrt(model.dispersion * rest))


@PERFECT
def studentised(model: "Fitted") -> Array:
    """Give the studentised residuals (n,), as R's rstudent.

    sign(d) sqrt(d^2 + h p^2 / (1 - h)) / sigma_(i), of deviance residuals d and Pearson residuals p; sigma_(i) is
    1 where the dispersion is known, else that without the row,
    sigma_(i)^2 = (sum d^2 - d_i^2 / (1 - h_i)) / (df - 1)
    """
    h = leverage(model)
    d, p = residuals(model, "deviance"), residuals(model, "pearson")
    size = np.sign(d) * np.sqrt(d**2 + h * p**2 / _rest(h))
    return np.asarray(size / np.sqrt(_dispersion_without(model, d, h)))


@PERFECT
def cooks_distance(model: "Fitted") -> Array:
    """Give Cook's distance (n,): p_i^2 h_i / (dispersion k (1 - h_i)^2), of Pearson residuals p and k coefficients."""
    h = leverage(model)
    p = residuals(model, "pearson")
    with np.errstate(divide="ignore", invalid="ignore"):  # of a perfect fit, whose dispersion is 0
        return np.asarray(p**2 * h / (model.dispersion * model.n_parameters * _rest(h) ** 2))


@PERFECT
def dffits(model: "Fitted") -> Array:
    """Give dffits (n,): how far eta_i moves without the row, in its own standard errors.

    p_i sqrt(h_i) / (sigma_(i) (1 - h_i)), with sigma_(i) from Pearson residuals p
    """
    h = leverage(model)
    p = residuals(model, "pearson")
    return np.asarray(p * np.sqrt(h) / (np.sqrt(_dispersion_without(model, p, h)) * _rest(h)))


def dfbeta(model: "Fitted") -> Array:
    """Give beta - beta_(i), (n, p): how far each coefficient moves without the row; NaN where aliased."""
    rows, h = model.data(), leverage(model)
    inverse = model.facts.inverse_information
    assert inverse is not None  # or leverage would have said so
    eta = model.linear_predictor(rows.X, rows.offset)
    score = -rows.weights * model.likelihood.delta(rows.y, eta)[:, 0]
    kept = ~np.isnan(coefficients(model)[:, 0])
    moves = np.full(rows.X.shape, np.nan)
    moves[:, kept] = rows.X[:, kept] @ inverse[np.ix_(kept, kept)] * (score / _rest(h))[:, None]
    return moves


@PERFECT
def dfbetas(model: "Fitted") -> Array:
    """Give dfbeta (n, p) in standard errors with the dispersion without the row: dfbeta / (sigma_(i) sqrt(C_jj))."""
    inverse = model.facts.inverse_information
    moves, h = dfbeta(model), leverage(model)
    assert inverse is not None
    sigma = np.sqrt(_dispersion_without(model, residuals(model, "pearson"), h))
    return np.asarray(moves / (sigma[:, None] * np.sqrt(np.diagonal(inverse))))


def influence(model: "Fitted") -> dict[str, Any]:
    """Give one row a training row: what each would change by being left out.

    Returns
    -------
    dict of columns
        `row` (of the training table, from 0), `hat`, `std_resid`, `rstudent`, `cooks_distance`, `dffits`, and
        `dfbeta[name]` of each coefficient.
    """
    columns: dict[str, Any] = {
        "row": model.data().rows,
        "hat": leverage(model),
        "std_resid": standardised(model, "deviance"),
        "rstudent": studentised(model),
        "cooks_distance": cooks_distance(model),
        "dffits": dffits(model),
    }
    moves = dfbeta(model)
    return columns | {f"dfbeta[{name}]": moves[:, k] for k, name in enumerate(model.design.names)}


def _rest(h: Array) -> Array:
    """Give 1 - h, NaN where a row is fitted by its own parameter."""
    return np.where(h > ALONE, np.nan, 1.0 - h)


def _dispersion_without(model: "Fitted", left: Array, h: Array) -> Array:
    """Give the dispersion (n,) without each row: (sum r^2 - r_i^2 / (1 - h_i)) / (df - 1); 1 where it is known."""
    if model.likelihood.family.dispersion_known:
        return np.ones(len(left))
    if model.df_residual < 2:
        return np.full(len(left), np.nan)
    without = (np.sum(model.data().counts * left**2) - left**2 / _rest(h)) / (model.df_residual - 1)
    return np.where(without > 0.0, without, np.nan)
