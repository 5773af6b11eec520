"""How far responses scatter about the curve at x, by what the members missed: for intervals that breathe.

The scores R out of fold are themselves a response: gamma about s(x) with the log, so that s is a mean size and a
score of 0 needs no logarithm. Each member has an s_k of its own, fitted without its fold, by evidence:
a line in x with a few units beside it, which bend only for a reason. R_i / s_k(i)(x_i) is then a score whose size
no longer says where it was. Beyond its own training rows an s_k stays within the range that it has on them.

A fit of log R instead, by least squares, sees half as much: for a normal residual the variance of log R is 1.23,
that of R over its mean squared 0.57.

References
----------
Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-free predictive inference for regression, 5.2.
"""

from dataclasses import replace

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.data.scaling import Scaling
from pliant.descent import train_network
from pliant.engines.reference import ReferenceEngine
from pliant.ensemble.algebra import in_units
from pliant.functions.likelihood import likelihood
from pliant.model.members import Members, Spread
from pliant.network import Network
from pliant.record import Settings
from pliant.types import Array

UNITS = 4
STEPS = 100
LEAST = 1e-3  # of the mean score: a response of the gamma family is above 0
FARTHEST = 50.0  # exp of it is a scale


def fit_spread(design: Design, arrays: Arrays, members: Members, settings: Settings) -> Spread:
    """Fit the scale of every member.

    Parameters
    ----------
    design, arrays, settings
        Those of the model; of the settings the seed and the engine are used.
    members : Members
        With finite scores.
    """
    known = np.isfinite(members.scores)
    typical = float(np.mean(members.scores[known])) or 1.0
    response = np.maximum(np.where(known, members.scores, typical) / typical, LEAST)[:, None]
    own_settings = replace(
        settings,
        optimiser="lm",
        optimiser_settings={},
        learning_rate=0.0,
        epochs=STEPS,
        batch=None,
        schedule="constant",
        regularisation=0.0,
        validation=None,
        patience=None,
        evidence=True,
    )
    design = replace(design, scaling=replace(design.scaling, embedding=None))
    bends = tuple(j for j, bend in enumerate(design.input_bends) if bend)
    network = Network(design.n_inputs, 1, (UNITS,), bias=members.network.bias, bends=bends)
    plain = np.zeros(len(arrays.y))
    rows = replace(arrays, y=response, weights=plain + 1.0, offset=plain)
    whole = replace(design.scaling, response_centre=np.zeros(1), response_scale=np.ones(1))
    parameters, ranges, scales = [], [], np.empty(len(response))
    for k in range(len(members)):
        seen = rows.take(np.flatnonzero(known & (members.folds != k)))
        learnt = design.scaling.learnt_again(
            design.raw_inputs(seen.X), seen.y, seen.offset, design.has_intercept, seen.frequencies
        )
        scaling = Scaling(learnt.centre, learnt.scale, whole.response_centre, whole.response_scale)
        fit = train_network(
            likelihood("gamma", "log"), replace(design, scaling=scaling), seen, None, network, own_settings, member=k
        )
        parameters.append(in_units(network, fit.parameters, scaling, whole))
        logs = _log_scale(network, parameters[-1], design, seen.X)
        ranges.append((float(np.min(logs)), float(np.max(logs))))
        out = members.folds == k
        scales[out] = np.exp(np.clip(_log_scale(network, parameters[-1], design, rows.X[out]), *ranges[-1]))
    return Spread(network, np.stack(parameters), np.array(ranges), members.scores / scales)


def scales_at(spread: Spread, design: Design, X: Array) -> Array:
    """Give s_k(x) (K, m) of every member at rows of the design matrix."""
    logs = [
        np.clip(_log_scale(spread.network, parameters, design, X), *ends)
        for parameters, ends in zip(spread.parameters, spread.ranges, strict=True)
    ]
    return np.asarray(np.exp(np.stack(logs)))


def _log_scale(network: Network, parameters: Array, design: Design, X: Array) -> Array:
    eta = ReferenceEngine().forward(network, parameters, design.line_inputs(X))
    return np.asarray(np.clip(eta[:, 0], -FARTHEST, FARTHEST))
