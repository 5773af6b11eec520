"""Check the gradient of a fitted model, or of an example, as `pliant.gradient` does for any network."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.engines.contract import Problem
from pliant.functions.likelihood import Likelihood, likelihood
from pliant.gradient import GradientCheck, check_problem
from pliant.network import Network

if TYPE_CHECKING:
    from pliant.model import Fitted


def check_gradient_of(model: "Fitted", n: int = 25, seed: int = 0) -> GradientCheck:
    """Check the gradient of a fitted model at its own parameters, on its training rows or on simulated ones.

    Parameters
    ----------
    model : Fitted
    n : int
        Rows: as many of the training rows; simulated where the model came from a file.
    seed : int
        Of the simulated rows.
    """
    rng = np.random.default_rng(seed)
    network, chosen, own = model.network, model.likelihood, model.parameters
    if network.blocks > 1 and len(network.hidden) > 1:  # the gradient of the mean is that of its members
        assert model.members is not None
        network, own = model.members.network, model.members.parameters[0]
    parameters = np.where(np.isnan(own), 0.0, own)
    if model.arrays is None:
        problem = _simulated(network, chosen, rng, n)
        where = f"on {n} simulated rows"
    else:
        rows = model.arrays.take(np.arange(min(n, len(model.arrays.y))))
        y, offset = model.design.scaling.scale_response(rows.y, rows.offset)
        problem = Problem(
            network, chosen, model.design.inputs(rows.X), y, rows.totals, offset, np.zeros(len(parameters))
        )
        where = f"on {len(rows.y)} of its training rows"
    # off the optimum: there the gradient is zero, and relative distances mean nothing
    parameters = parameters + 0.1 * rng.standard_normal(len(parameters)) * np.maximum(np.abs(parameters), 0.1)
    return check_problem(
        problem, parameters, f"{model.formula}: gradient of the mean loss near its parameters, {where}"
    )


def check_gradient_example(seed: int = 0) -> GradientCheck:
    """Check the gradient of a small network at random weights: 3 inputs, 4 tanh units, a line beside them."""
    rng = np.random.default_rng(seed)
    network, chosen = Network(3, 1, (4,)), likelihood("binomial")
    problem = _simulated(network, chosen, rng, 25)
    problem = replace(problem, penalty=np.where(network.penalised, 0.01, 0.0))
    title = "3 inputs, 4 tanh units beside a line, binomial with logit: gradient of the penalised mean loss"
    return check_problem(problem, network.initial(rng) + 0.3 * rng.standard_normal(network.n_parameters), title)


def _simulated(network: Network, chosen: Likelihood, rng: np.random.Generator, n: int) -> Problem:
    """Draw rows that the family admits."""
    X = rng.standard_normal((n, network.inputs))
    shape: Any = (n, network.outputs)
    if chosen.has_classes:
        y = np.eye(network.outputs + 1)[rng.integers(0, network.outputs + 1, n)]
    elif chosen.family.name == "binomial":
        y = rng.integers(0, 2, shape) * 1.0
    elif chosen.family.name == "poisson":
        y = rng.poisson(3.0, shape) * 1.0
    else:
        y = rng.standard_normal(shape)
    return Problem(network, chosen, X, y, np.ones(n), np.zeros(n), np.zeros(network.n_parameters))
