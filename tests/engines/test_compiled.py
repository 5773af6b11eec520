"""The compiled engine beyond the contract: float32, shapes that do not fit, long tables, threads, its errors."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from pliant.engines import engine
from pliant.engines.contract import Problem, State
from pliant.errors import ArgumentError
from pliant.functions import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser
from pliant.optimisers.rule import Rule

NETWORK = Network(3, 2, (5, 4), bends=(0, 2))


def make_problem(network=NETWORK, n=40, family="gaussian"):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(n, network.inputs)), rng.normal(size=(n, network.outputs))
    if family == "poisson":
        y = rng.poisson(2.0, size=y.shape) * 1.0
    return Problem(network, likelihood(family), X, y, np.ones(n), np.zeros(n), np.zeros(network.n_parameters))


def begin(problem, rule, epochs=20, batch=None):
    """Give a state, orders and rates."""
    parameters, n = problem.network.initial(np.random.default_rng(0)), problem.n_rows
    orders = np.array([np.random.default_rng(e).permutation(n) for e in range(epochs)])
    steps = 1 if batch is None else -(-n // batch)
    return State(parameters, np.zeros((rule.n_moments, len(parameters)))), orders, np.full((epochs, steps), 0.01)


@pytest.mark.parametrize("name", ["gd", "sgd", "adam", "adamw"])
def test_float32_is_near_float64_and_comes_back_exactly(name):
    problem, rule = make_problem(), optimiser(name)
    single, double = (
        engine("compiled", p).load(problem, rule, 8).run(*begin(problem, rule, batch=8)) for p in ("float32", "float64")
    )
    assert single.parameters.dtype == np.float64
    assert np.array_equal(single.parameters, single.parameters.astype(np.float32))
    np.testing.assert_allclose(single.parameters, double.parameters, atol=2e-5)
    assert not np.array_equal(single.parameters, double.parameters)


@pytest.mark.parametrize("batch", [None, 8])
def test_float32_stops_and_goes_on_bit_for_bit(batch):
    problem, rule = make_problem(family="poisson"), optimiser("adam")
    state, orders, rates = begin(problem, rule, 9, batch)
    program = engine("compiled", "float32").load(problem, rule, batch)
    whole = program.run(state, orders, rates)
    again = program.run(program.run(state, orders[:4], rates[:4]), orders[4:], rates[4:])
    assert np.array_equal(whole.parameters, again.parameters)
    assert np.array_equal(whole.losses, again.losses)


def test_a_table_of_many_chunks_gives_the_reference_engines_gradient_and_predictions():
    problem = make_problem(Network(3, 1, (300, 40)), n=2_111)
    parameters = problem.network.initial(np.random.default_rng(0))
    programs = [engine(name).load(problem, optimiser("gd")) for name in ("compiled", "reference")]
    (loss, gradient), (loss_there, gradient_there) = (p.loss_and_gradient(parameters) for p in programs)
    assert loss == pytest.approx(loss_there, rel=1e-13)
    np.testing.assert_allclose(gradient, gradient_there, rtol=1e-12, atol=1e-14)
    here, there = (p.predict(parameters, problem.X, problem.offset) for p in programs)
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("what", ["X", "y", "weights", "offset", "penalty"])
def test_a_problem_whose_shapes_do_not_fit_is_refused(what):
    problem = make_problem()
    with pytest.raises(ValueError, match="is wanted here"):
        engine("compiled").load(replace(problem, **{what: getattr(problem, what)[:-1]}), optimiser("gd"))


def test_calls_whose_shapes_do_not_fit_are_refused():
    problem, rule = make_problem(), optimiser("adam")
    program = engine("compiled").load(problem, rule, 8)
    state, orders, rates = begin(problem, rule, 3, 8)
    with pytest.raises(ValueError, match="rows 0 to 39"):
        program.run(state, orders + 1, rates)
    with pytest.raises(ValueError, match="orders of 3 epochs"):
        program.run(state, orders[:2], rates)
    with pytest.raises(ValueError, match=r"shape \(3, 5\) is wanted here, not \(3, 4\)"):
        program.run(state, orders, rates[:, :4])
    with pytest.raises(ValueError, match="is wanted here"):
        program.run(replace(state, moments=state.moments[:1]), orders, rates)
    for call in (program.loss_and_gradient, lambda p: program.predict(p, problem.X)):
        with pytest.raises(ValueError, match="is wanted here"):
            call(state.parameters[1:])
    for call in (program.predict, program.jacobian):
        with pytest.raises(ValueError, match="is wanted here"):
            call(state.parameters, problem.X[:, :2])


def test_one_program_on_many_threads_gives_what_it_gives_on_one():
    problem, rule = make_problem(n=500), optimiser("adam")
    program = engine("compiled").load(problem, rule, 32)
    starts = [
        replace(begin(problem, rule)[0], parameters=problem.network.initial(np.random.default_rng(s)))
        for s in range(12)
    ]
    _, orders, rates = begin(problem, rule, 20, 32)
    alone = [program.run(start, orders, rates) for start in starts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda start: program.run(start, orders, rates), starts))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.parameters, other.parameters)
        assert np.array_equal(one.losses, other.losses)


def test_what_it_cannot_do_is_said():
    with pytest.raises(ArgumentError, match="choose float64 or float32"):
        engine("compiled", "float16")
    with pytest.raises(ArgumentError, match="runs on the cpu, not on cuda; choose engine='torch'"):
        engine("compiled", device="cuda")
    many = Rule("three", {}, 3, lambda parameters, gradient, moments, step, rate: (parameters, moments))
    with pytest.raises(ArgumentError, match="two moments at most; for three choose engine='torch'"):
        engine("compiled").load(make_problem(), many)
