"""R's nnet at fixed weights: value, fitted values and Hessian (tests/golden/make_seed.R)."""

import json
from pathlib import Path

import numpy as np
import pytest

from pliant.engines import engine
from pliant.engines.contract import Problem
from pliant.functions import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser

NNET = json.loads((Path(__file__).parents[1] / "golden" / "nnet.json").read_text())
UNITS, ROWS = 4, 12
CASES = {  # family, decay, how many times the sum of our losses nnet's value is
    "linear_output": ("gaussian", 0.0, 2.0),
    "linear_output_decay_0.1": ("gaussian", 0.1, 2.0),
    "logistic_entropy": ("binomial", 0.0, 1.0),
}


def ours(names):
    """Give where our parameters lie in nnet's: for each unit bias, weight; then the output's bias, weights."""
    hidden = [2 * j + 1 for j in range(UNITS)] + [2 * j for j in range(UNITS)]
    output = [2 * UNITS + 1 + j for j in range(UNITS)] + [2 * UNITS]
    assert len(hidden + output) == len(names)
    return np.array(hidden + output)


@pytest.fixture(params=CASES)
def case(request):
    """Give nnet's record, a program for the same value, its parameters, their places, and the factor."""
    family, decay, factor = CASES[request.param]
    record = NNET[request.param]
    network = Network(1, 1, (UNITS,), "logistic", skip=False)
    places = ours(network.names())
    X, y = np.array(NNET["x"])[:, None], np.array(NNET["y"])[:, None]
    if family == "binomial":
        y = (y > 0.0) * 1.0
    penalty = np.full(network.n_parameters, 2.0 * decay / (factor * ROWS))
    problem = Problem(network, likelihood(family), X, y, np.ones(ROWS), np.zeros(ROWS), penalty)
    return record, problem, np.array(record["weights"])[places], places, factor * ROWS


@pytest.mark.parametrize("name", ["reference", "torch"])
def test_value_and_fitted_values_are_those_of_nnet(case, name):
    record, problem, parameters, _, factor = case
    program = engine(name).load(problem, optimiser("gd"))
    value = factor * program.loss_and_gradient(parameters)[0]
    fitted = problem.likelihood.mean(program.predict(parameters, problem.X))[:, 0]
    assert value == pytest.approx(record["value"], rel=1e-13)
    np.testing.assert_allclose(fitted, record["fitted"], rtol=1e-13)


def test_hessian_is_that_of_nnet(case):
    """The Hessian is the slope of the hand-derived gradient, by complex step."""
    record, problem, parameters, places, factor = case
    program = engine("reference").load(problem, optimiser("gd"))
    steps = 1e-40j * np.eye(len(parameters))
    hessian = factor * np.array([program.loss_and_gradient(parameters + step)[1].imag / 1e-40 for step in steps])
    of_nnet = np.array(record["hessian"])[np.ix_(places, places)]
    np.testing.assert_allclose(hessian, of_nnet, rtol=1e-11, atol=1e-12)


def test_hessian_of_the_squares_is_gauss_newton_and_the_bends_of_eta(case):
    """H = J'OJ + sum_i delta_i d2 eta_i, the second part by complex step of the Jacobian."""
    record, problem, parameters, places, factor = case
    program = engine("reference").load(problem, optimiser("gd"))
    J = program.jacobian(parameters, problem.X)[:, 0]
    eta = program.predict(parameters, problem.X)
    gauss_newton = J.T @ (problem.likelihood.information(eta) * J)
    delta = problem.likelihood.delta(problem.y, eta)[:, 0]
    steps = 1e-40j * np.eye(len(parameters))
    bends = [delta @ program.jacobian(parameters + s, problem.X)[:, 0].imag / 1e-40 for s in steps]
    hessian = factor * ((gauss_newton + np.array(bends)) / ROWS + np.diag(problem.penalty))
    of_nnet = np.array(record["hessian"])[np.ix_(places, places)]
    np.testing.assert_allclose(hessian, of_nnet, rtol=1e-11, atol=1e-12)
