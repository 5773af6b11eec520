"""The exact line: a generalised linear model by IRLS, in the user's units, with its standard errors."""

from dataclasses import replace

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design, aliased_columns
from pliant.errors import ConvergenceError, InputError, SeparationError
from pliant.functions.likelihood import Likelihood
from pliant.line.firth import check_firth, fit_firth
from pliant.line.notes import (
    aliased_notes,
    condition_notes,
    firth_note,
    reliability_notes,
    separated,
    too_large,
    why_not,
)
from pliant.line.second import at_rest
from pliant.line.separation import Watch
from pliant.line.shape import find_parameter
from pliant.measure import measure
from pliant.model import Fitted
from pliant.network import Network
from pliant.optimisers.irls import LineFit, fit_line
from pliant.record import Settings
from pliant.types import Array, BoolArray


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # what is not finite at the end is refused below
def fit_exact_line(chosen: Likelihood, design: Design, arrays: Arrays, settings: Settings) -> Fitted:
    """Fit the line to the floor of float64.

    Raises
    ------
    InputError
        If there is more than one response: each has a dispersion of its own.
    SeparationError
        If columns separate the rows of one outcome from the others; names the coefficients that run off.
    ConvergenceError
        If the steps do not die out for another reason; has the state.
    """
    outcomes = chosen.outputs(arrays.y)
    if outcomes > 1 and not chosen.has_classes:
        raise InputError(
            "a line takes one response, since each has its own dispersion; fit "
            + " and ".join(f"{name!r}" for name in design.response.names)
            + " one after the other, or a network with hidden= to all"
        )
    penalised = settings.regularisation > 0.0
    rows = arrays if arrays.frequencies is None else replace(arrays, weights=arrays.totals, frequencies=None)
    aliased = aliased_columns(rows.X, rows.weights)
    rank = int(np.sum(~aliased))
    ridge = _ridge(design, arrays, settings.regularisation) if penalised else None
    if ridge is not None:  # a penalty tells apart the columns that it holds: only constant ones are left out
        held = ridge > 1e-20 * settings.regularisation * np.sum(rows.weights) * np.mean(rows.X**2, axis=0)
        aliased = aliased & ~held

    def solve(given: Likelihood) -> LineFit:
        return fit_line(given, rows.X, rows.y, rows.weights, rows.offset, aliased=aliased, ridge=ridge)

    shape = find_parameter(chosen, arrays, solve)
    chosen = shape.likelihood
    line = _solved(chosen, design, rows, settings, aliased, ridge)
    if not line.converged:
        raise ConvergenceError(why_not(chosen, design, line, arrays.y))
    network = Network(design.n_inputs, outcomes, bias=design.has_intercept)
    notes = design.notes + shape.notes + aliased_notes(design, arrays, line) + condition_notes(line)
    parameters = _as_parameters(network, line.coefficients)
    mu = chosen.mean(line.eta)
    facts = measure(chosen, arrays, mu, rank, design.has_intercept, None if penalised else line)
    facts = facts if np.isnan(shape.error) else replace(facts, parameter_error=shape.error)
    if not (np.all(np.isfinite(line.coefficients[~line.aliased])) and np.isfinite(facts.deviance)):
        raise ConvergenceError(too_large(arrays))
    notes += reliability_notes(chosen, arrays, mu, facts)
    if settings.firth:
        notes += (firth_note(facts, line),)
    return Fitted(design, network, chosen, parameters, settings, facts, notes, arrays=arrays)


def _solved(
    chosen: Likelihood, design: Design, arrays: Arrays, settings: Settings, aliased: BoolArray, ridge: Array | None
) -> LineFit:
    """Fit by the way that the settings ask for; say which columns run off where there is no finite fit."""
    X, y, weights, offset = arrays.X, arrays.y, arrays.weights, arrays.offset
    if settings.firth:
        check_firth(chosen)
        return fit_firth(chosen, X, y, weights, offset, aliased)
    if ridge is not None:
        return at_rest(chosen, arrays, fit_line(chosen, X, y, weights, offset, aliased=aliased, ridge=ridge), ridge)
    watch = Watch(chosen, X, y, weights, aliased)
    line = fit_line(chosen, X, y, weights, offset, aliased=aliased, watch=watch)
    found = watch.found if line.converged else watch.search()
    if found is not None:
        raise SeparationError(*separated(chosen, design, found, aliased, arrays))
    return at_rest(chosen, arrays, line)


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
