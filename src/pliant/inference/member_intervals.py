"""Prediction intervals of a model with members: CV+, from what the members missed on rows that they did not see."""

from typing import TYPE_CHECKING

import numpy as np

from pliant.ensemble.conformal import intervals
from pliant.errors import InputError
from pliant.model import linear_predictor
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
    """Give the centre (K, m) of every member: inverse(line_k + share (curve_k - line_k)), of one response."""
    kept, scaling = model.members, model.design.scaling
    assert kept is not None
    inputs = model.design.inputs(X)
    means = np.empty((len(kept), len(X)))
    for k, (parameters, line) in enumerate(zip(kept.parameters, kept.lines, strict=True)):
        eta = linear_predictor(model.design, kept.network, parameters, X, offset)
        if kept.network.has_skip:
            of_line = (inputs @ line[1:] + line[0]) * scaling.response_scale + scaling.response_centre
            of_line += offset[:, None]
            eta = of_line + kept.share * (eta - of_line)
        means[k] = model.likelihood.mean(eta)[:, 0]
    return means


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
