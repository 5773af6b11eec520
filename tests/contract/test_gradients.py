"""Gradients by hand against automatic differentiation and complex step, over everything that is listed.

`python tests/contract/test_gradients.py` prints the figures: configurations, worst difference, seconds.
"""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest

from pliant.engines import ENGINES, engine
from pliant.engines.contract import Problem, State
from pliant.functions import ACTIVATIONS, FAMILIES, likelihood
from pliant.network import Network
from pliant.optimisers import OPTIMISERS, optimiser

N_ROWS = 7
PAIRS = [(family.name, link) for family in FAMILIES.values() for link in family.links]
OUTPUTS = (1, 2, 3)  # of a multinomial: classes less one
DEPTHS = (0, 1, 2, 3)
FOUR = ((1, True, 1), (2, False, 2), (3, True, 1), (1, False, 1))  # depth, skip, outputs; one for each optimiser
RULE = optimiser("gd")


def shapes():
    """Give depth, skip, outputs; without hidden layers there is nothing to skip."""
    return [s for s in itertools.product(DEPTHS, (True, False), OUTPUTS) if s[0] or s[1]]


def make_problem(family, link, activation, depth, skip, outputs):
    """Draw rows, a network, parameters, row weights, an offset and a penalty; eta lies inside the link."""
    names = [list(ACTIVATIONS).index(activation), PAIRS.index((family, link)), depth, skip, outputs]
    rng = np.random.default_rng(names)
    widths = tuple(int(w) for w in rng.integers(1, 5, depth))
    inputs = int(rng.integers(2, 5))
    bends = (1, 0) if rng.random() < 0.25 and depth else None
    network = Network(inputs, outputs, widths, activation, skip, bias=bool(rng.random() < 0.8), bends=bends)
    spread = 0.2 if activation == "exp" else 0.7  # three layers of exponentials soon leave float64
    parameters = rng.normal(0.0, spread, network.n_parameters)
    X = rng.normal(size=(N_ROWS, inputs))
    eta = engine("reference").forward(network, parameters, X)
    offset = rng.normal(0.0, 0.5, N_ROWS)
    chosen = likelihood(family, link)
    low, high = chosen.family.interval
    if link in ("inverse", "inverse_squared", "sqrt") or (low == 0.0 and link == "identity"):
        offset = rng.uniform(0.5, 1.0, N_ROWS) - eta.min(axis=1)
    if (high, link) == (1.0, "log"):
        offset = -rng.uniform(0.3, 1.0, N_ROWS) - eta.max(axis=1)
    y = some_response(chosen.family, outputs, rng)
    weights = rng.uniform(0.2, 2.0, N_ROWS)
    penalty = rng.uniform(0.0, 0.1, network.n_parameters)
    return Problem(network, chosen, X, y, weights, offset, penalty), parameters


def some_response(family, outputs, rng):
    """Draw any response (n, outputs) that the family admits."""
    if family.coding == "classes":
        return np.eye(outputs + 1)[rng.integers(0, outputs + 1, N_ROWS)]
    if family.interval == (0.0, 1.0):
        return rng.integers(0, 5, (N_ROWS, outputs)) / 4
    if family.interval[0] < 0.0:
        return rng.normal(size=(N_ROWS, outputs))
    admits_0 = bool(family.admits(np.zeros(1))[0])
    return rng.integers(0, 5, (N_ROWS, outputs)) * 1.0 if admits_0 else rng.gamma(2.0, size=(N_ROWS, outputs))


def distance(a, b):
    """Give the largest difference, relative to the largest entry."""
    return np.max(np.abs(a - b)) / np.max(np.abs(b))


def autograd_distance(problem, parameters):
    """Give how far the gradient by hand is from autograd's."""
    by_hand = engine("reference").load(problem, RULE).loss_and_gradient(parameters)
    by_torch = engine("torch", device="cpu").load(problem, RULE).loss_and_gradient(parameters)
    assert by_hand[0] == pytest.approx(by_torch[0], rel=1e-12)
    return distance(by_hand[1], by_torch[1])


def compiled_distance(problem, parameters):
    """Give how far the compiled engine's gradient is from the reference engine's."""
    by_hand = engine("reference").load(problem, RULE).loss_and_gradient(parameters)
    compiled = engine("compiled").load(problem, RULE).loss_and_gradient(parameters)
    assert compiled[0] == pytest.approx(by_hand[0], rel=1e-12)
    return distance(compiled[1], by_hand[1])


def complex_step_distance(problem, parameters):
    """Give how far the gradient by hand is from Im loss(parameters + i h d) / h, in three directions d."""
    program = engine("reference").load(problem, RULE)
    gradient = program.loss_and_gradient(parameters)[1]
    directions = np.random.default_rng(0).normal(size=(3, len(parameters)))
    steps = [program.loss_and_gradient(parameters + 1e-40j * d)[0].imag / 1e-40 for d in directions]
    return np.max(np.abs(directions @ gradient - steps) / (np.abs(directions) @ np.abs(gradient)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_gradient_by_hand_is_that_of_autograd_and_of_complex_step(family, link, activation):
    for depth, skip, outputs in shapes():
        if depth == 0 and activation != "identity":
            continue
        problem, parameters = make_problem(family, link, activation, depth, skip, outputs)
        where = (depth, skip, outputs, problem.network)
        assert autograd_distance(problem, parameters) < 1e-12, where
        assert complex_step_distance(problem, parameters) < 1e-12, where
        assert compiled_distance(problem, parameters) < 1e-12, where


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("outputs", OUTPUTS)
def test_with_gains_gradient_and_jacobian_are_those_of_autograd_and_of_complex_step(outputs, activation):
    """Gains about 0, one of them 0: the weights behind it have no slope but that of the penalty."""
    for depth, skip in itertools.product((1, 2, 3), (True, False)):
        problem, parameters = make_problem("gaussian", "identity", activation, depth, skip, outputs)
        network = replace(problem.network, gains=True)
        gains = np.random.default_rng(depth).normal(size=network.n_gains)
        gains[0] = 0.0
        parameters = np.append(parameters, gains)
        problem = replace(problem, network=network, penalty=np.append(problem.penalty, 0.0 * gains))
        where = (depth, skip, network)
        assert autograd_distance(problem, parameters) < 1e-12, where
        assert complex_step_distance(problem, parameters) < 1e-12, where
        assert compiled_distance(problem, parameters) < 1e-12, where
        behind = slice(network.shapes[0][1])
        still = problem.penalty[behind] * parameters[behind]
        for program in (engine(n).load(problem, RULE) for n in ENGINES):
            np.testing.assert_allclose(program.loss_and_gradient(parameters)[1][behind], still, rtol=1e-15)
        jacobians = [engine(n).load(problem, RULE).jacobian(parameters, problem.X) for n in ENGINES]
        assert all(distance(each, jacobians[0]) < 1e-13 for each in jacobians), where


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("skip", [True, False])
def test_without_hidden_layers_activation_and_skip_change_nothing(skip, activation):
    """So the depth 0 of the grid, run for one activation with a skip, is that of every other."""
    for (family, link), outputs in itertools.product(PAIRS, OUTPUTS):
        problem, parameters = make_problem(family, link, "identity", 0, True, outputs)
        other = replace(problem, network=replace(problem.network, activation=activation, skip=skip))
        losses, gradients = zip(
            *(engine("reference").load(p, RULE).loss_and_gradient(parameters) for p in (problem, other)), strict=True
        )
        assert losses[0] == losses[1]
        assert np.array_equal(*gradients)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("outputs", OUTPUTS)
def test_jacobian_by_hand_is_that_of_autograd(outputs, activation):
    for depth, skip in itertools.product(DEPTHS, (True, False)):
        problem, parameters = make_problem("gaussian", "identity", activation, depth, skip, outputs)
        by_hand = engine("reference").load(problem, RULE).jacobian(parameters, problem.X)
        by_torch = engine("torch", device="cpu").load(problem, RULE).jacobian(parameters, problem.X)
        assert by_hand.shape == (N_ROWS, outputs, problem.network.n_parameters)
        assert distance(by_hand, by_torch) < 1e-13
        compiled = engine("compiled").load(problem, RULE).jacobian(parameters, problem.X)
        assert distance(compiled, by_hand) < 1e-13


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_jacobian_and_delta_make_the_gradient(family, link):
    problem, parameters = make_problem(family, link, "tanh", 2, True, 2)
    program = engine("reference").load(problem, RULE)
    eta = program.predict(parameters, problem.X, problem.offset)
    delta = problem.weights[:, None] / problem.weights.sum() * problem.likelihood.delta(problem.y, eta)
    gradient = np.einsum("iq,iqk->k", delta, program.jacobian(parameters, problem.X))
    by_hand = program.loss_and_gradient(parameters)[1]
    np.testing.assert_allclose(gradient + problem.penalty * parameters, by_hand, rtol=1e-12, atol=1e-14)


def hundred_steps(name, problem, parameters, rule):
    """Give the parameters after 100 steps of one engine."""
    state = State(parameters, np.zeros((rule.n_moments, len(parameters))))
    program = engine(name, device="cpu").load(problem, rule)
    return program.run(state, np.zeros((100, N_ROWS), dtype=np.int64), np.full((100, 1), 1e-3)).parameters


@pytest.mark.parametrize("name", [name for name in ENGINES if name != "reference"])
@pytest.mark.parametrize(
    ("family", "link", "activation"),
    [(*pair, "tanh") for pair in PAIRS] + [("gaussian", "identity", activation) for activation in ACTIVATIONS],
)
def test_after_100_steps_every_listed_thing_stands_where_the_reference_engine_has_it(family, link, activation, name):
    for optimiser_name, (depth, skip, outputs) in zip(OPTIMISERS, FOUR, strict=True):
        problem, parameters = make_problem(family, link, activation, depth, skip, outputs)
        rule = optimiser(optimiser_name)
        there = hundred_steps("reference", problem, parameters, rule)
        assert np.isfinite(there).all()
        here = hundred_steps(name, problem, parameters, rule)
        np.testing.assert_allclose(here, there, rtol=1e-10, atol=1e-10)
        assert not np.array_equal(there, parameters)


def main():
    """Print the figures."""
    for name, measure in (
        ("autograd", autograd_distance),
        ("complex step", complex_step_distance),
        ("compiled", compiled_distance),
    ):
        began, found = time.perf_counter(), []
        for (family, link), activation in itertools.product(PAIRS, ACTIVATIONS):
            for shape in shapes():
                if shape[0] or activation == "identity":
                    worst = measure(*make_problem(family, link, activation, *shape))
                    found.append((worst, family, link, activation, *shape))
        seconds = time.perf_counter() - began
        print(f"{name}: {len(found)} configurations, worst {max(found)}, {seconds:.1f} s")


if __name__ == "__main__":
    main()
