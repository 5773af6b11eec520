"""Prediction intervals of a model with members: CV+, from what the members missed on rows that they did not see."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.ensemble.conformal import intervals
from pliant.errors import InputError
from pliant.inference.jackknife import member_eta
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.inference.delta import Places
    from pliant.model import Fitted


def member_interval(model: "Fitted", at: "Places", level: float) -> dict[str, Array]:
    """Give the lower and upper bound (m,) of the response of a new row; missing where a row is not complete.

    An end is infinite, or the end of the family's interval, where the training rows are too few for the level: 19
    for 0.95.

    Raises
    ------
    InputError
        If the rows have no scores: the response is 0 or 1 or several columns, or the family has no distribution.

    References
    ----------
    Barber, Candes, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+.
    """
    _check_scores(model)
    assert model.members is not None
    scores, folds = model.members.every_score
    rows = np.flatnonzero(at.used)
    centres = member_means(model, at.X[rows], at.offset[rows])
    low, high = intervals(model.likelihood, centres, scores, folds, level, model.dispersion)
    lower, upper = np.full((2, len(at.used)), np.nan)
    lower[rows], upper[rows] = low, high
    return {"lower": lower, "upper": upper}


def member_means(model: "Fitted", X: Array, offset: Array) -> Array:
    """Give the centre (K, m) of every member in the units of the response, for one response."""
    return np.stack([model.likelihood.mean(eta)[:, 0] for eta in member_eta(model, X, offset)])


def _check_scores(model: "Fitted") -> None:
    """See that the rows have scores, or say why not."""
    if model.network.outputs > 1:
        raise InputError("a model of several responses has no prediction intervals; fit one response")
    if model.likelihood.family.coding == "binary":
        raise InputError(
            "a response of 0 or 1 has no prediction interval worth the name: its probability says all there is; "
            "leave out interval="
        )
    assert model.members is not None
    if not np.any(np.isfinite(model.members.scores)):
        raise InputError(
            f"the {model.family} family fixes a mean and a variance but no distribution, so a new row has no "
            "interval; leave out interval="
        )
