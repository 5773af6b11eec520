"""The loop with real engines: the line reaches least squares, and a resumed network is the unbroken one."""

import json
from typing import Any

import numpy as np
import pytest

from pliant.engines import ENGINES, engine
from pliant.engines.contract import Problem, State
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import OPTIMISERS, Rule, gd, optimiser
from pliant.training import SCHEDULES, TrainingState, train
from pliant.types import Array

SETTINGS: dict[str, dict[str, float]] = {"sgd": {"momentum": 0.9, "nesterov": True}}


def problem(network: Network, X: Array, y: Array, family: str = "gaussian") -> Problem:
    n = len(X)
    return Problem(network, likelihood(family), X, y, np.ones(n), np.zeros(n), np.zeros(network.n_parameters))


def begin(parameters: Array, rule: Rule, seed: int = 3) -> State:
    moments = np.zeros((rule.n_moments, parameters.size))
    return State(parameters, moments, rng=dict(np.random.PCG64(seed).state))


def test_the_line_by_descent_reaches_least_squares() -> None:
    """y = 2 x + 3 with noise: slope and intercept as the normal equations give them."""
    x = np.linspace(-1.0, 1.0, 20)[:, None]
    y = 2.0 * x + 3.0 + np.random.default_rng(1).normal(0.0, 0.1, size=(20, 1))
    network = Network(1, 1)
    program = engine("reference").load(problem(network, x, y), gd())
    result = train(program, begin(np.zeros(2), gd()), n=20, epochs=2000, learning_rate=0.5)
    exact = np.linalg.lstsq(np.hstack([x, np.ones((20, 1))]), y, rcond=None)[0][:, 0]
    np.testing.assert_allclose(result.parameters, exact, rtol=1e-12)
    np.testing.assert_allclose(result.parameters, [2.0, 3.0], atol=0.1)
    assert (np.diff(result.history["loss"]) < 1e-15).all()


def test_the_line_without_noise_is_found_exactly() -> None:
    x = np.linspace(-1.0, 1.0, 20)[:, None]
    program = engine("reference").load(problem(Network(1, 1), x, 2.0 * x + 3.0), gd())
    result = train(program, begin(np.zeros(2), gd()), n=20, epochs=2000, learning_rate=0.5)
    np.testing.assert_allclose(result.parameters, [2.0, 3.0], rtol=1e-14)


def curve() -> tuple[Problem, tuple[Array, Array, Array, Array], Array]:
    """A binomial network of two inputs, its validation rows and its start."""
    rng = np.random.default_rng(11)
    X = rng.normal(size=(53, 2))
    y = (np.sin(2.0 * X[:, :1]) + X[:, 1:] + rng.normal(0.0, 0.5, size=(53, 1)) > 0.0) * 1.0
    network = Network(2, 1, hidden=(5, 3))
    start = network.initial(np.random.default_rng(2))
    validation = (X[40:], y[40:], np.ones(13), np.zeros(13))
    return problem(network, X[:40], y[:40], "binomial"), validation, start


def assert_resumes(name: str, rule: Rule, batch: int | None, validated: bool, schedule: str) -> str:
    """Run whole and broken at 4 and 9 of 16 epochs; every array but the seconds is the same."""
    data, validation, start = curve()
    plan: dict[str, Any] = {"n": 40, "batch": batch, "learning_rate": 0.1, "schedule": schedule}
    plan |= {"horizon": 16, "validation": validation, "patience": 3} if validated else {"horizon": 16}
    whole = train(engine(name).load(data, rule, batch), begin(start, rule), epochs=16, **plan)
    state: Any = begin(start, rule)
    for epochs in (4, 9, 16):
        broken = train(engine(name).load(data, rule, batch), state, epochs=epochs, **plan)
        arrays, facts = broken.state.to_arrays()
        state = TrainingState.from_arrays(arrays, json.dumps(json.loads(facts)))
    ours, theirs = state.to_arrays(), whole.state.to_arrays()
    assert ours[1] == theirs[1]
    for array in ours[0].keys() - {"history_seconds"}:
        np.testing.assert_array_equal(ours[0][array], theirs[0][array], err_msg=array)
    np.testing.assert_array_equal(broken.parameters, whole.parameters)
    assert broken.stopped == whole.stopped
    return whole.stopped


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("batch", [None, 16])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_resumed_network_equals_the_unbroken_one(
    name: str, schedule: str, batch: int | None, validated: bool
) -> None:
    rule = optimiser(name, **SETTINGS.get(name, {}))
    assert_resumes("reference", rule, batch, validated, schedule)


@pytest.mark.parametrize("batch", [None, 16])
@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("which", [name for name in ENGINES if name != "reference"])
def test_other_engines_resume_too(which: str, name: str, batch: int | None) -> None:
    rule = optimiser(name, **SETTINGS.get(name, {}))
    assert_resumes(which, rule, batch, True, "cosine")


def test_divergence_of_a_network_warns_nobody_and_keeps_finite_parameters() -> None:
    X = np.random.default_rng(4).normal(size=(30, 2))
    network = Network(2, 1, hidden=(4,), activation="relu")
    data = problem(network, X, X[:, :1] ** 2)
    start = network.initial(np.random.default_rng(2))
    result = train(engine("reference").load(data, gd()), begin(start, gd()), n=30, epochs=5000, learning_rate=30.0)
    assert result.stopped == "diverged"
    assert np.isfinite(result.parameters).all()
    loss = engine("reference").load(data, gd()).loss_and_gradient(result.parameters)[0]
    assert loss == result.history["loss"].min() == result.history["loss"][result.epoch]
