"""The exact line: a generalised linear model by IRLS, in the user's units, with its standard errors."""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design, aliased_columns
from pliant.errors import ConvergenceError, InputError
from pliant.functions.likelihood import Likelihood
from pliant.line.notes import aliased_notes, reliability_notes, why_not
from pliant.measure import measure
from pliant.model import Fitted, linear_predictor
from pliant.network import Network
from pliant.optimisers.irls import fit_line
from pliant.record import Settings
from pliant.types import Array


def fit_exact_line(chosen: Likelihood, design: Design, arrays: Arrays, settings: Settings) -> Fitted:
    """Fit the line to the floor of float64.

    Raises
    ------
    InputError
        If there is more than one response: each has a dispersion of its own.
    ConvergenceError
        If the steps do not die out; names the columns that run off.
    """
    outcomes = chosen.outputs(arrays.y)
    if outcomes > 1 and not chosen.has_classes:
        raise InputError(
            "a line takes one response, since each has its own dispersion; fit "
            + " and ".join(f"{name!r}" for name in design.response.names)
            + " one after the other, or a network with hidden= to all"
        )
    penalised = settings.regularisation > 0.0
    aliased = aliased_columns(arrays.X, arrays.totals)
    line = fit_line(
        chosen,
        arrays.X,
        arrays.y,
        arrays.totals,
        arrays.offset,
        aliased=aliased,
        ridge=_ridge(design, arrays, settings.regularisation) if penalised else None,
    )
    if not line.converged:
        raise ConvergenceError(why_not(chosen, design, line, arrays.y))
    network = Network(design.n_inputs, outcomes, bias=design.has_intercept)
    notes = design.notes + aliased_notes(design, arrays, line)
    parameters = _as_parameters(network, line.coefficients)
    mu = chosen.mean(linear_predictor(design, network, parameters, arrays.X, arrays.offset))
    facts = measure(chosen, arrays, mu, line.rank, design.has_intercept, None if penalised else line)
    notes += reliability_notes(chosen, arrays, mu, facts)
    return Fitted(design, network, chosen, parameters, settings, facts, notes, arrays=arrays)


def _as_parameters(network: Network, coefficients: Array) -> Array:
    """Lay coefficients (p, q), the intercept first if there is one, into the network's flat vector."""
    parameters = np.zeros(network.n_parameters)
    weights, biases = network.views(parameters).layers[0]
    weights[:] = coefficients[len(coefficients) - len(weights) :]
    if biases is not None:
        biases[:] = coefficients[0]
    return parameters


def _ridge(design: Design, arrays: Arrays, regularisation: float) -> Array:
    """Give the ridge (p,) that is `regularisation` on standardised columns; none on the intercept."""
    centre = np.average(arrays.X, axis=0, weights=arrays.counts)
    ridge = regularisation * np.sum(arrays.totals) * np.average((arrays.X - centre) ** 2, axis=0, weights=arrays.counts)
    if design.has_intercept:
        ridge[0] = 0.0
    return np.asarray(ridge)
