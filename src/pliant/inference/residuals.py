"""Residuals and leverage of the training rows."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.errors import ArgumentError, InputError
from pliant.optimisers.checks import check_count
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.data.arrays import Arrays
    from pliant.model import Fitted

PLAIN = ("deviance", "pearson", "working", "response")
OF_LINES = ("standardised_deviance", "standardised_pearson", "studentised")
KINDS = (*PLAIN, "quantile", *OF_LINES)
MOST = 1.0 - 2.0**-53  # the largest probability below 1, whose normal quantile is 8.2


def training_means(model: "Fitted") -> Array:
    """Give the mean (n, C) of each training row."""
    arrays = model.data()
    return model.likelihood.mean(model.linear_predictor(arrays.X, arrays.offset))


def known_dispersion(model: "Fitted", what: str) -> float:
    """Give the dispersion, or say that it is not known."""
    if np.isnan(model.dispersion):
        raise InputError(
            f"{what} need the dispersion, which is not known: the model has {model.n_parameters} parameters for "
            f"{model.facts.n_rows} rows; fit a smaller one"
        )
    return model.dispersion


def residuals(model: "Fitted", kind: str, arrays: "Arrays | None" = None, seed: int = 0) -> Array:
    """Give the residuals (n,) of the training rows; (n, C) for several responses or classes.

    response  y - mu
    pearson   sqrt(w) (y - mu) / sqrt(variance(mu))
    working   (y - mu) / slope(eta)
    deviance  sign(y - mu) sqrt(w d(y, mu))
    quantile  the normal quantile of F(y; mu); of a point between F(y-) and F(y), drawn, where y is counted

    Of a line with one response also, with h the leverage and phi the dispersion:

    standardised_deviance, standardised_pearson  that residual / sqrt(phi (1 - h)), as R's rstandard
    studentised  about the fit without the row, to one step, as R's rstudent; see `influence.studentised`

    Parameters
    ----------
    model : Fitted
    kind : str
        One of `KINDS`.
    arrays : Arrays, optional
        Other rows than those of training; not for the kinds that need the leverage.
    seed : int
        Of the draws of quantile residuals.

    Raises
    ------
    ArgumentError
        If the kind is not known.
    InputError
        If classes are asked for anything but their response residual, a family without distribution for quantile
        residuals, or a network for those that need the leverage.

    References
    ----------
    Dunn and Smyth (1996), Randomized quantile residuals, Journal of Computational and Graphical Statistics 5.
    """
    if kind not in KINDS:
        raise ArgumentError(f"kind={kind!r} is not known; choose one of {', '.join(KINDS)}")
    family = model.likelihood.family
    if kind != "response" and model.likelihood.has_classes:
        raise InputError(f"classes have no {kind} residuals; ask for kind='response': indicator minus probability")
    if kind in OF_LINES:
        from pliant.inference.influence import standardised, studentised

        return studentised(model) if kind == "studentised" else standardised(model, kind.split("_")[1])
    rows = model.data() if arrays is None else arrays
    eta = model.linear_predictor(rows.X, rows.offset)
    mu = model.likelihood.mean(eta)
    left = rows.y - mu
    root = np.sqrt(rows.weights)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "pearson":
            left = root * left / np.sqrt(family.variance(mu))
        elif kind == "working":
            left = left / model.likelihood.link.slope(eta, mu)
        elif kind == "deviance":
            left = np.sign(left) * root * np.sqrt(np.maximum(family.deviance(rows.y, mu), 0.0))
        elif kind == "quantile":
            left = _quantile(model, rows, mu, seed)
    return left[:, 0] if left.shape[1] == 1 else left


def _quantile(model: "Fitted", rows: "Arrays", mu: Array, seed: int) -> Array:
    """Give randomised quantile residuals (n, q): standard normal if the model holds; NaN where a weight is 0."""
    from scipy.special import ndtri

    cumulative = model.likelihood.family.cumulative
    if cumulative is None:
        raise InputError(
            f"the {model.family} family fixes a mean and a variance but no distribution, so it has no quantile "
            "residuals; ask for kind='pearson'"
        )
    weights = rows.weights[:, None]
    below, upto = cumulative(rows.y, mu, weights, known_dispersion(model, "quantile residuals"))
    share = below + (upto - below) * np.random.default_rng(check_count("seed", seed)).random(mu.shape)
    return np.where(weights > 0.0, ndtri(np.clip(share, 1e-300, MOST)), np.nan)


def leverage(model: "Fitted") -> Array:
    """Give the leverage (n,) of each training row: the diagonal of the hat matrix of the weighted line.

    h_i = w_i omega_i x_i' (X' W X)^-1 x_i

    Raises
    ------
    InputError
        If the model is not a line with one eta a row.
    """
    from pliant.inference.estimates import coefficients

    rows = model.data()
    if not model.is_line or model.facts.inverse_information is None or model.network.outputs != 1:
        raise InputError("leverage is that of an exact line with one linear predictor a row")
    beta, inverse = coefficients(model), model.facts.inverse_information
    kept = ~np.isnan(beta[:, 0])
    X = rows.X[:, kept]
    eta = model.linear_predictor(rows.X, rows.offset)
    weight = rows.weights * model.likelihood.information(eta)[:, 0]
    return np.asarray(weight * np.einsum("ij,ij->i", X @ inverse[np.ix_(kept, kept)], X))
