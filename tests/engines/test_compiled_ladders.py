"""Ladders in the compiled engine: coded rows give the reference engine's numbers; other rows go the plain way."""

from dataclasses import replace

import numpy as np
import pytest

from pliant.data.embedding import Embedding
from pliant.engines import engine
from pliant.engines.compiled.ladders import Ladders
from pliant.engines.contract import Problem, State
from pliant.functions import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser


def embedded(n=300, columns=3, seed=1):
    """Give rows with a line's columns, one that waits for another by chance, and the embedded ones."""
    rng = np.random.default_rng(seed)
    R = rng.normal(size=(n, columns))
    R[:, 1] = np.round(R[:, 1])
    R[:, 2] = R[:, 2] > 0.0
    pieces = Embedding.learn(R, [True] * columns, np.ones(n)).columns(R)
    return np.hstack([R, pieces]), columns


def make_problem(outputs=1, family="gaussian", hidden=(9, 7), skip=True, n=300):
    X, columns = embedded(n)
    bends = tuple(range(columns, X.shape[1]))
    network = Network(X.shape[1], outputs, hidden, "silu", skip=skip, bends=bends, gains=True)
    rng = np.random.default_rng(5)
    y = rng.normal(size=(n, outputs))
    if family == "multinomial":
        y = np.eye(outputs + 1)[rng.integers(0, outputs + 1, n)]
    k = network.n_parameters
    return Problem(network, likelihood(family), X, y, rng.uniform(0.5, 2.0, n), rng.normal(size=n), np.full(k, 1e-3))


def random_parameters(problem):
    """Give parameters of which none is zero: the line too sees the rungs, which a recipe keeps from it."""
    return np.random.default_rng(3).normal(0.0, 0.3, problem.network.n_parameters)


CASES = [
    make_problem(),
    make_problem(2),
    make_problem(3, "multinomial"),
    make_problem(hidden=(6,)),
    make_problem(2, hidden=(5,), skip=False),
]


@pytest.mark.parametrize("problem", CASES, ids=range(len(CASES)))
def test_loss_gradient_and_predictions_are_the_reference_engines(problem):
    rule, parameters = optimiser("adam"), random_parameters(problem)
    reference, compiled = (engine(name).load(problem, rule, 64) for name in ("reference", "compiled"))
    assert compiled.ladders is not None
    assert compiled.X.shape[1] <= problem.X.shape[1] / 2
    loss, gradient = compiled.loss_and_gradient(parameters)
    expected_loss, expected = reference.loss_and_gradient(parameters)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-13)
    np.testing.assert_allclose(gradient, expected, atol=1e-12 * np.abs(expected).max())
    eta = compiled.predict(parameters, problem.X, problem.offset)
    np.testing.assert_allclose(eta, reference.predict(parameters, problem.X, problem.offset), atol=1e-12)
    jacobian = reference.jacobian(parameters, problem.X[:20])
    np.testing.assert_allclose(compiled.jacobian(parameters, problem.X[:20]), jacobian, atol=1e-12)


def test_a_training_walks_the_reference_engines_path():
    problem, rule = CASES[0], optimiser("adam")
    n, rng = problem.n_rows, np.random.default_rng(0)
    problem = replace(problem, rates=problem.network.rate_factors())
    orders, rates = np.array([rng.permutation(n) for _ in range(20)]), np.full((20, -(-n // 64)), 0.01)
    state = State(random_parameters(problem), np.zeros((rule.n_moments, problem.network.n_parameters)))
    ends = [
        engine(name).load(problem, rule, 64).run(state, orders, rates).parameters for name in ("reference", "compiled")
    ]
    np.testing.assert_allclose(*ends, atol=1e-10)


def test_rows_that_are_no_ladder_are_predicted_the_plain_way():
    problem, rule = CASES[0], optimiser("adam")
    reference, compiled = (engine(name).load(problem, rule) for name in ("reference", "compiled"))
    parameters, X = random_parameters(problem), np.random.default_rng(7).normal(size=(50, problem.X.shape[1]))
    for rows in (X, problem.X[:50], X):
        np.testing.assert_allclose(compiled.predict(parameters, rows), reference.predict(parameters, rows), atol=1e-12)


def test_rows_that_were_changed_in_place_are_predicted_anew_and_validation_is_the_reference_engines():
    problem, rule = CASES[0], optimiser("adam")
    reference, compiled = (engine(name).load(problem, rule) for name in ("reference", "compiled"))
    parameters, X = random_parameters(problem), problem.X[:50].copy()
    before = compiled.predict(parameters, X)
    X[:] = problem.X[50:100]
    after = compiled.predict(parameters, X)
    assert np.max(np.abs(after - before)) > 0.1
    np.testing.assert_allclose(after, reference.predict(parameters, X), atol=1e-12)
    rows = X, problem.y[:50], np.ones(50), np.zeros(50)
    losses = [each.evaluate(parameters, *rows) for each in (reference, compiled, compiled)]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-13)


@pytest.mark.parametrize("name", ["nan", "above", "below", "no order"])
def test_columns_that_only_resemble_a_ladder_are_none(name):
    problem = CASES[0]
    X = problem.X.copy()
    first = Ladders.find(problem.network, X).places[0, 2]
    X[0, first : first + 4] = {
        "nan": (1, np.nan, 0, 0),
        "above": (1, 1, 1.5, 0),
        "below": (1, 1, -0.5, 0),
        "no order": (1, 0, 0.5, 0),
    }[name]
    assert Ladders.find(problem.network, problem.X).coded(X) is None
    rule, parameters = optimiser("adam"), random_parameters(problem)
    changed = replace(problem, X=X)
    losses = [engine(e).load(changed, rule).loss_and_gradient(parameters)[0] for e in ("reference", "compiled")]
    np.testing.assert_allclose(*losses, rtol=1e-13)


def test_codes_are_what_the_pieces_say():
    X = np.array([[0, 0, 0, 0], [0.25, 0, 0, 0], [1, 1, 0.5, 0], [1, 1, 1, 0], [1, 1, 1, 1.0]])
    found = Ladders.find(Network(4, 1, (3,), gains=True), X)
    assert found.places.tolist() == [[4, 0, 0]]
    assert found.coded(X).tolist() == [[0, 0], [0, 0.25], [2, 0.5], [3, 0], [3, 1]]


def test_a_table_has_two_lines_a_rung_beside_those_of_the_columns():
    problem = CASES[0]
    found = Ladders.find(problem.network, problem.X)
    rungs = len(problem.network.bends) - len(found.rows)
    assert found.n_table(9, 1) == (len(found.rows) + 2 * rungs) * 9
    assert found.n_table(1, 5) == (found.n_coded + 2 * rungs) * 5


def test_without_gains_or_rungs_there_are_no_ladders():
    X = CASES[0].X
    assert Ladders.find(replace(CASES[0].network, gains=False), X) is None
    assert Ladders.find(Network(3, 1, (4,), gains=True), X[:, :3]) is None
