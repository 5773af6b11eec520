"""Prediction intervals of a curve: from what its members missed on rows they did not see, or by Laplace.

    cv+      every score with the centre of its own member; the default of a model with members
    scaled   the same, of scores over the spread at their own row: intervals that breathe
    split    one score for all, about the model itself: a sort, however many rows; of a single network by the rows
             that it held out, which it saw only to choose when to stop
    laplace  the family about eta, with eta as uncertain as the curvature says: also of a single network by evidence

For classes, and for 0 and 1, there are sets in place of intervals.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.descent import seed_stream
from pliant.ensemble.conformal import RANKS, conformity, highest_level, intervals, rank_ends, split_intervals
from pliant.ensemble.sets import class_sets, probabilities
from pliant.ensemble.spread import fit_spread, scales_at
from pliant.errors import ArgumentError, InputError, PliantWarning
from pliant.inference.jackknife import member_eta
from pliant.optimisers.checks import check_choice
from pliant.types import Array, BoolArray, IntArray

if TYPE_CHECKING:
    from pliant.inference.delta import Places
    from pliant.model import Fitted
    from pliant.model.members import Spread

METHODS = ("cv+", "laplace", "scaled", "split")
USER = 6  # frames between a warning and whoever called predict


def member_interval(model: "Fitted", at: "Places", level: float, method: str) -> dict[str, Array]:
    """Give the lower and upper bound (m,) of the response of a new row; missing where a row is not complete.

    An end is infinite, or the end of the family's interval, where the training rows are too few for the level: 19
    for 0.95. A warning says so.

    Parameters
    ----------
    model : Fitted
        With members, or rows held out.
    at : Places
    level : float
    method : {"cv+", "scaled", "split"}

    Raises
    ------
    InputError
        If the rows have no scores: a response of several columns, or a family without a distribution; or the spread
        is asked of a model from a file that was saved without it.

    References
    ----------
    Barber, Candes, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+.
    """
    scores, folds = _scores(model)
    rows = np.flatnonzero(at.used)
    X, offset = at.X[rows], at.offset[rows]
    if method == "split":
        centre = model.likelihood.mean(model.linear_predictor(X, offset))[:, 0]
        low, high = split_intervals(model.likelihood, centre, scores, level, model.dispersion)
    else:
        scales = None
        if method == "scaled":
            spread, kept = model.spread, model.members
            scales = scales_at(spread, model.design, X)
            scores = spread.scores if kept is None else kept.repeated(spread.scores)
        centres = member_means(model, X, offset)
        low, high = intervals(model.likelihood, centres, scores, folds, level, model.dispersion, scales)
    _warn(low, high, level, int(np.sum(np.isfinite(scores))), "is infinite")
    lower, upper = np.full((2, len(at.used)), np.nan)
    lower[rows], upper[rows] = low, high
    return {"lower": lower, "upper": upper}


def member_sets(model: "Fitted", at: "Places", level: float) -> dict[str, Any]:
    """Give the prediction set of each row: the levels in it, joined by commas in their own order, and how many.

    A level that holds a comma itself stands in quotation marks.
    """
    rows = np.flatnonzero(at.used)
    named = (f'"{level}"' if "," in level else level for level in model.design.response.levels or ("0", "1"))
    levels = np.array(list(named), dtype=object)
    text: list[str | None] = [None] * len(at.used)
    sizes: list[int | None] = [None] * len(at.used)
    for row, each in zip(rows, in_sets(model, at, level, USER + 1)[rows], strict=True):
        text[row], sizes[row] = ", ".join(levels[each]), int(np.sum(each))
    return {"set": text, "set_size": sizes}


def in_sets(model: "Fitted", at: "Places", level: float, user: int) -> BoolArray:
    """Say which levels (m, C) are in the prediction set of each row; none where a row is not complete.

    `user` frames above a warning stands whoever asked.

    Raises
    ------
    InputError
        If the rows have no scores: shares of several trials.

    References
    ----------
    Romano, Sesia and Candes (2020), Classification with valid and adaptive coverage.
    """
    scores, folds = _scores(model)
    rows = np.flatnonzero(at.used)
    X, offset = at.X[rows], at.offset[rows]
    whole = model.linear_predictor(X, offset)
    each_eta = whole[None] if model.members is None else member_eta(model, X, offset)
    inside = class_sets(np.stack([probabilities(model.likelihood, eta) for eta in each_eta]), scores, folds, level)
    predicted = np.argmax(probabilities(model.likelihood, whole), axis=1)
    inside[np.arange(len(rows)), predicted] = True
    n = int(np.sum(np.isfinite(scores)))
    if rank_ends(n, level)[0] < 1:
        end = np.full(len(rows), np.inf)
        _warn(end, end, level, n, "holds every class", user)
    found = np.zeros((len(at.used), inside.shape[1]), dtype=bool)
    found[rows] = inside
    return found


def member_means(model: "Fitted", X: Array, offset: Array) -> Array:
    """Give the centre (K, m) of every member in the units of the response, for one response."""
    with np.errstate(over="ignore"):  # far beyond the data
        return np.stack([model.likelihood.mean(eta)[:, 0] for eta in member_eta(model, X, offset)])


def spread_of(model: "Fitted") -> "Spread":
    """Give how far responses scatter at x by each member: fitted, or from the file.

    Raises
    ------
    InputError
        If the model has no members or no scores, or came from a file that was saved before the spread was asked for.
    """
    if model.members is None:
        raise InputError("method='scaled' is of a model with members; fit with members=10")
    if model.members.spread is not None:
        return model.members.spread
    _check_scores(model, model.members.scores)
    if model.arrays is None:
        raise InputError(
            "method='scaled' fits the spread to the training rows, and this model came from a file, which holds none; "
            "ask for it once before save, and the file keeps it, or take method='cv+'"
        )
    return fit_spread(model.design, model.arrays, model.members, model.settings)


def choose_method(model: "Fitted", method: str | None) -> str:
    """Give the method of intervals of a curve, the one that was asked for or the usual one; or say which there are."""
    if method is not None:
        check_choice("method of intervals", method, METHODS)
    if model.members is not None:
        return method or "cv+"
    has = "laplace" if model.settings.evidence else "split" if model.held_out_scores is not None else None
    if has is None:
        raise InputError(
            "this single network has no prediction intervals: it knows only rows that it was trained on, whose scatter "
            "is too small for new ones; fit with members=10, with optimiser='lm', or with validation=0.2"
        )
    if method not in (None, has):
        raise ArgumentError(
            f"method={method!r} is of a model with members, and this is a single network, which has {has!r} alone; "
            "leave it out, or fit with members=10"
        )
    return has


def held_out_scores(model: "Fitted") -> Array | None:
    """Give the conformity scores (rows,) of the rows that a network held out; None where it held out none."""
    rows = model.held_out
    if rows is None:
        return model.kept_scores
    eta = model.linear_predictor(rows.X, rows.offset)
    rng = seed_stream(model.settings.seed, RANKS)
    scores = conformity(model.likelihood, rows.y, eta, rows.weights, model.dispersion, rng)
    return np.repeat(scores, rows.counts.astype(np.int64))


def _scores(model: "Fitted") -> tuple[Array, IntArray]:
    """Give the scores (n,) of rows that were not trained on, and the member (n,) that did not see each."""
    if model.members is not None:
        _check_scores(model, model.members.scores)
        return model.members.every_score
    scores = model.held_out_scores
    assert scores is not None
    _check_scores(model, scores)
    return scores, np.zeros(len(scores), dtype=np.int64)


def _check_scores(model: "Fitted", scores: Array) -> None:
    """See that the rows have scores, or say why not."""
    if model.network.outputs > 1 and not model.likelihood.has_classes:
        raise InputError("a model of several responses has no prediction intervals; fit one response")
    if np.any(np.isfinite(scores)):
        return
    if model.likelihood.family.has_likelihood and model.likelihood.family.coding == "binary":
        raise InputError(
            "the response is a share of several trials, and a new row is one trial, which no row tells of; ask for "
            "the interval of its probability with predict_mean_interval"
        )
    raise InputError(
        f"the {model.family} family fixes a mean and a variance but no distribution, so a new row has no "
        "interval; ask for that of its mean with predict_mean_interval"
    )


def _warn(low: Array, high: Array, level: float, n: int, what: str, user: int = USER) -> None:
    """Say it, once, where an end is infinite."""
    endless = int(np.sum(~(np.isfinite(low) & np.isfinite(high))))
    if rank_ends(n, level)[0] < 1:
        said = (
            f"{n} rows are too few for an interval of {level:g}: it {what} for every row; the highest level that they "
            f"allow is {highest_level(n):.2f}"
        )
    elif endless:
        said = (
            f"{endless:,} of {len(low):,} rows have an interval without an end, since a member's mean there is beyond "
            "what can be computed; they lie far outside the training rows"
        )
    else:
        return
    warnings.warn(said, PliantWarning, stacklevel=user)
