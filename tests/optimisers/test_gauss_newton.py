"""Damped Gauss-Newton: it falls, it is IRLS without a hidden layer, and evidence counts what is determined."""

from dataclasses import replace

import numpy as np
import pytest

import pliant
from pliant.engines import engine
from pliant.engines.contract import Problem, State
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import gauss_newton, optimiser
from pliant.optimisers.gauss_newton import RowSystem, Scheme
from pliant.training.solve import REST, Rows, evidence_groups, solve_lbfgs, solve_lm

CASES = [("gaussian", "identity"), ("binomial", "logit"), ("poisson", "log"), ("binomial", "cloglog")]


def problem(family, link, hidden=(5,), n=80, inputs=3, penalty=0.0, seed=1):
    rng = np.random.default_rng(seed)
    network, chosen = Network(inputs, 1, hidden), likelihood(family, link)
    X = rng.standard_normal((n, inputs))
    mu = chosen.mean(0.3 + np.sin(X[:, :1]) - 0.2 * X[:, 1:2])
    y = chosen.family.draw(rng, mu, np.ones((n, 1)), 0.1)
    weights = rng.uniform(0.5, 2.0, n)
    decay = np.where(network.penalised, penalty, 0.0)
    return Problem(network, chosen, X, y, weights, 0.1 * rng.standard_normal(n), decay)


def load(given, name="reference"):
    return engine(name).load(given, optimiser("gd"))


def begin(given, seed=2):
    parameters = given.network.initial(np.random.default_rng(seed))
    return State(parameters, np.zeros((0, len(parameters))))


@pytest.mark.parametrize(("family", "link"), CASES)
def test_rows_hold_the_gradient_and_the_information(family, link):
    given = problem(family, link)
    program, parameters = load(given), begin(given).parameters
    A, b = Rows(program, given).rows(parameters)
    total = np.sum(given.weights)
    gradient = program.loss_and_gradient(parameters)[1]
    np.testing.assert_allclose(-A.T @ b / total, gradient, rtol=0, atol=1e-13 * np.max(np.abs(gradient)))


@pytest.mark.parametrize(("family", "link"), CASES)
@pytest.mark.parametrize("evidence", [False, True])
def test_every_step_falls_while_the_decay_stays(family, link, evidence):
    given = problem(family, link, penalty=1e-3)
    objective = Rows(load(given), given)
    groups = evidence_groups(given) if evidence else np.where(given.penalty > 0.0, 0, -1)
    scheme = Scheme(groups, 1e-6, evidence, family != "gaussian", len(given.y))
    at = gauss_newton.start(objective, begin(given).parameters, np.full(2, 0.01), 1.0, scheme)
    for _ in range(12):
        after = gauss_newton.step(objective, at, scheme)
        decay = scheme.decay(at.alphas)
        value = objective.loss(after.parameters) / at.phi + 0.5 * decay @ after.parameters**2
        assert value < at.value or after.settled
        at = after


def test_evidence_does_not_hold_gains_back_and_engines_solve_alike_with_them():
    given = problem("gaussian", "identity")
    network = replace(given.network, gains=True)
    given = replace(given, network=network, penalty=np.zeros(network.n_parameters))
    gains = network.gains_of(evidence_groups(given))
    assert (gains == REST).all()
    start = begin(given)
    first, second = (solve_lm(load(given, name), given, start, 20, evidence=True) for name in ("reference", "compiled"))
    assert first.result.history["loss"][-1] < first.result.history["loss"][0]
    np.testing.assert_allclose(second.result.parameters, first.result.parameters, rtol=1e-6, atol=1e-6)
    assert np.all(network.gains_of(first.result.parameters) != 1.0)


@pytest.mark.parametrize(("family", "link"), CASES)
def test_without_hidden_units_it_is_the_glm(family, link):
    given = problem(family, link, hidden=())
    table = {f"x{j}": given.X[:, j] for j in range(3)} | {"y": given.y[:, 0]}
    line = pliant.fit(
        "y ~ x0 + x1 + x2", table, family=family, link=link, hidden=(), weights=given.weights, offset=given.offset
    )
    solved = solve_lm(load(given), given, begin(given), 200, evidence=False)
    slopes, intercept = solved.result.parameters[:3], solved.result.parameters[3]
    np.testing.assert_allclose([intercept, *slopes], list(line.coefficients.values()), rtol=1e-4, atol=1e-5)
    assert solved.effective_parameters == pytest.approx(4.0, abs=1e-6)


@pytest.mark.parametrize(("family", "link"), CASES)
def test_both_drivers_end_at_a_minimum_and_agree_on_it(family, link):
    given = problem(family, link, hidden=(2,), penalty=0.02)
    program, start = load(given), begin(given)
    damped = solve_lm(program, given, start, 200, evidence=False)
    limited = solve_lbfgs(program, given, start, 2000)
    again = solve_lm(program, given, replace(start, parameters=limited.result.parameters), 200, evidence=False)
    assert damped.settled
    assert limited.settled
    for solved in (damped, limited, again):
        assert np.max(np.abs(program.loss_and_gradient(solved.result.parameters)[1])) < 1e-4
    values = [program.loss_and_gradient(s.result.parameters)[0] for s in (limited, again)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_both_engines_take_the_same_steps():
    given = problem("poisson", "log")
    results = [solve_lm(load(given, name), given, begin(given), 8, evidence=True) for name in ("reference", "torch")]
    np.testing.assert_allclose(results[0].result.parameters, results[1].result.parameters, rtol=0, atol=1e-10)


@pytest.mark.parametrize("shape", [(30, 12), (12, 30)])
def test_the_smaller_system_gives_the_same_diagonal_and_step(shape):
    rng = np.random.default_rng(3)
    A, decay, pull = rng.standard_normal(shape), rng.uniform(0.1, 2.0, shape[1]), rng.standard_normal(shape[1])
    whole = A.T @ A / 0.7 + np.diag(decay)
    system = RowSystem(A, np.ones(shape[0]))
    diagonal = np.diagonal(np.linalg.inv(whole))
    np.testing.assert_allclose(system.inverse_diagonal(0.7, decay), diagonal, rtol=1e-11)
    np.testing.assert_allclose(system.solve(0.7, decay, pull), np.linalg.solve(whole, pull), rtol=1e-10)


def test_evidence_leaves_a_line_straight_and_bends_for_a_sine():
    rng = np.random.default_rng(4)
    x = rng.uniform(-3.0, 3.0, 100)
    line = {"x": x, "y": 1.0 + 2.0 * x + rng.standard_normal(100)}
    sine = {"x": x, "y": 4.0 * np.sin(2.0 * x) + rng.standard_normal(100)}
    straight, bent = (pliant.fit("y ~ x", table, optimiser="lm", hidden=8, seed=1) for table in (line, sine))
    assert straight.effective_parameters < 4.0
    assert bent.effective_parameters > 6.0
    assert bent.deviance < 1.2 * 100
    away = np.array(straight.predict(line)["prediction"]) - (1.0 + 2.0 * x)
    assert np.sqrt(np.mean(away**2)) < 0.3


def test_what_belongs_to_small_steps_is_refused():
    table = pliant.datasets.sine(n=20, seed=1)
    for wrong in ({"learning_rate": 0.1}, {"batch": 4}, {"validation": 0.2}, {"schedule": "cosine"}):
        with pytest.raises(pliant.errors.ArgumentError, match="means nothing to lm"):
            pliant.fit("y ~ x", table, hidden=3, optimiser="lm", **wrong)
    with pytest.raises(pliant.errors.ArgumentError, match="evidence"):
        pliant.fit("y ~ x", table, hidden=3, optimiser="adam", regularisation="evidence")
    model = pliant.fit("y ~ x", table, hidden=3, optimiser="lm")
    with pytest.raises(pliant.errors.InputError, match="settled"):
        model.continue_training(5)


def test_a_saved_curve_predicts_the_same(tmp_path):
    table = pliant.datasets.sine(n=40, seed=1)
    model = pliant.fit("y ~ x", table, hidden=4, optimiser="lm")
    model.save(tmp_path / "curve.pliant")
    back = pliant.load(tmp_path / "curve.pliant")
    assert back.predict(table)["prediction"].to_list() == model.predict(table)["prediction"].to_list()
    assert back.effective_parameters == model.effective_parameters
