"""What no input, the line and the curve lose on rows that they did not see.

Nothing is fitted: a model with members has its out-of-fold values already.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pliant.data.arrays import Arrays
from pliant.ensemble.algebra import mean_network
from pliant.ensemble.verdict import constant_losses, deviance_out_of_fold, mean_gain
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

NOTHING, LINE = "no input", "line"


@dataclass(frozen=True)
class Line:
    """One line of a comparison."""

    name: str
    loss: float  # mean deviance a row, out of fold
    gain: float  # over the line of reference, with its 95 % interval; NaN for that line itself
    low: float
    high: float


def out_of_fold_lines(model: "Fitted") -> tuple[Line, ...]:
    """Give no input, the line, the curve and, where it is another, what predicts; empty where nothing is kept.

    Parameters
    ----------
    model : Fitted
        With members and its data.
    """
    kept = model.members
    if kept is None or kept.out_of_fold is None or model.arrays is None:
        return ()
    arrays, said = model.arrays, kept.verdict
    curve, line = (losses(model, eta) for eta in kept.out_of_fold)
    nothing = constant_losses(model.likelihood, arrays, kept.folds)
    found = [
        Line(NOTHING, mean_loss(nothing, arrays), *mean_gain(line - nothing, arrays)),
        Line(LINE, mean_loss(line, arrays), np.nan, np.nan, np.nan),
        Line("curve", mean_loss(curve, arrays), said.gain, said.low, said.high),
    ]
    if 0.0 < kept.share < 1.0:
        eta_curve, eta_line = kept.out_of_fold
        mixed = losses(model, eta_line + kept.share * (eta_curve - eta_line))
        name = f"{kept.share:.0%} curve, {1.0 - kept.share:.0%} line (what predicts)"
        found.append(Line(name, mean_loss(mixed, arrays), *mean_gain(line - mixed, arrays)))
    return tuple(found)


def worse_than_nothing(lines: tuple[Line, ...]) -> str:
    """Say that neither line nor curve predicts, where no input does better than both; else nothing."""
    found = {line.name: line.loss for line in lines}
    if not lines or min(loss for name, loss in found.items() if name != NOTHING) < found[NOTHING]:
        return ""
    return "neither line nor curve predicts better than the mean alone, with no input at all"


def predicting_eta(model: "Fitted") -> Array:
    """Give the out-of-fold eta (n, q) of what predicts: the curve, shrunk to the line."""
    assert model.members is not None
    assert model.members.out_of_fold is not None
    curve, line = model.members.out_of_fold
    return line + model.members.share * (curve - line) if model.members.network.has_skip else curve


def losses(model: "Fitted", eta: Array) -> Array:
    """Give the unit deviance (n,) of the training rows at some eta (n, q)."""
    return deviance_out_of_fold(model.likelihood, model.data().y, eta)


def mean_loss(values: Array, arrays: Arrays) -> float:
    """Give the mean of unit deviances (n,) over the rows, each as its weight and frequency say."""
    return float(arrays.totals @ values / np.sum(arrays.totals))


def whole_line_eta(model: "Fitted", X: Array, offset: Array) -> Array:
    """Give eta (m, q) of the line of all rows, which the mean of the members holds inside.

    What the model's skip line has beyond `share` times the members' own is the whole line less `share` times theirs.

    Parameters
    ----------
    model : Fitted
        With members that have a skip line.
    X : ndarray, shape (m, p)
    offset : ndarray, shape (m,)
    """
    kept, scaling = model.members, model.design.scaling
    assert kept is not None
    network, merged = mean_network(kept.network, kept.parameters, kept.share)
    (layers, skip), (bare, bare_skip) = model.network.views(model.parameters), network.views(merged)
    line = kept.share * np.mean(kept.lines, axis=0)
    assert skip is not None
    assert bare_skip is not None
    slopes, top = line[1:] + (skip - bare_skip)[: len(line) - 1], line[0]
    biases, bare_biases = layers[-1].biases, bare[-1].biases
    if biases is not None and bare_biases is not None:
        top = top + biases - bare_biases
    eta = model.design.line_inputs(X) @ slopes + top
    return np.asarray(eta * scaling.response_scale + scaling.response_centre + offset[:, None])
