"""Residuals and leverage of the training rows."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.errors import ArgumentError, InputError
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.data.arrays import Arrays
    from pliant.model import Fitted

KINDS = ("deviance", "pearson", "working", "response")


def training_means(model: "Fitted") -> Array:
    """Give the mean (n, C) of each training row."""
    arrays = model.data()
    return model.likelihood.mean(model.linear_predictor(arrays.X, arrays.offset))


def residuals(model: "Fitted", kind: str, arrays: "Arrays | None" = None) -> Array:
    """Give the residuals (n,) of the training rows; (n, C) for several responses or classes.

    response  y - mu
    pearson   sqrt(w) (y - mu) / sqrt(variance(mu))
    working   (y - mu) / slope(eta)
    deviance  sign(y - mu) sqrt(w d(y, mu))

    Parameters
    ----------
    model : Fitted
    kind : {"deviance", "pearson", "working", "response"}
    arrays : Arrays, optional
        Other rows than those of training.

    Raises
    ------
    ArgumentError
        If the kind is not known.
    InputError
        If classes are asked for anything but their response residual.
    """
    if kind not in KINDS:
        raise ArgumentError(f"kind={kind!r} is not known; choose one of {', '.join(KINDS)}")
    rows = model.data() if arrays is None else arrays
    eta = model.linear_predictor(rows.X, rows.offset)
    mu = model.likelihood.mean(eta)
    left = rows.y - mu
    family = model.likelihood.family
    if kind != "response" and family.name == "multinomial":
        raise InputError(f"classes have no {kind} residuals; ask for kind='response': indicator minus probability")
    root = np.sqrt(rows.weights)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "pearson":
            left = root * left / np.sqrt(family.variance(mu))
        elif kind == "working":
            left = left / model.likelihood.link.slope(eta, mu)
        elif kind == "deviance":
            left = np.sign(left) * root * np.sqrt(np.maximum(family.deviance(rows.y, mu), 0.0))
    return left[:, 0] if left.shape[1] == 1 else left


def leverage(model: "Fitted") -> Array:
    """Give the leverage (n,) of each training row: the diagonal of the hat matrix of the weighted line.

    h_i = w_i omega_i x_i' (X' W X)^-1 x_i

    Raises
    ------
    InputError
        If the model is not a line with one eta a row.
    """
    from pliant.inference.coefficients import coefficients

    rows = model.data()
    beta, inverse = coefficients(model), model.facts.inverse_information
    if inverse is None or beta.shape[1] != 1:
        raise InputError("leverage is that of an exact line with one linear predictor a row")
    kept = ~np.isnan(beta[:, 0])
    X = rows.X[:, kept]
    eta = model.linear_predictor(rows.X, rows.offset)
    weight = rows.weights * model.likelihood.information(eta)[:, 0]
    return np.asarray(weight * np.einsum("ij,jk,ik->i", X, inverse[np.ix_(kept, kept)], X))
