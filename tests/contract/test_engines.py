"""What every engine keeps: the same path as the reference engine, state in and state out, nothing hidden.

`python tests/contract/test_engines.py` prints how far apart the engines are after 100 steps.
"""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from pliant.engines import ENGINES, engine
from pliant.engines.contract import Problem, State, batches
from pliant.errors import ArgumentError
from pliant.functions import likelihood
from pliant.network import Network
from pliant.optimisers import OPTIMISERS, optimiser

N_ROWS = 30
SETTINGS = {"sgd": {"momentum": 0.9, "nesterov": True}}
RATES = {"gd": 0.05, "sgd": 0.02, "adam": 0.01, "adamw": 0.01}
PROBLEMS = {
    "gaussian": ("gaussian", "identity", Network(3, 2, (6,))),
    "binomial": ("binomial", "cloglog", Network(3, 1, (5, 4), "softplus", skip=False)),
    "multinomial": ("multinomial", "softmax", Network(3, 2, (4, 3, 3), "gelu", bias=False, bends=(2, 0))),
    "gains": ("binomial", "logit", Network(3, 1, (6,), gains=True)),
    "gains that bend": ("gaussian", "identity", Network(3, 2, (5, 4), "silu", bends=(2, 0), gains=True)),
}


def make_problem(name):
    """Draw rows, row weights, an offset and a penalty."""
    family, link, network = PROBLEMS[name]
    rng = np.random.default_rng(5)
    y = {
        "gaussian": rng.normal(size=(N_ROWS, 2)),
        "binomial": rng.integers(0, 2, (N_ROWS, 1)) * 1.0,
        "multinomial": np.eye(3)[rng.integers(0, 3, N_ROWS)],
    }[family]
    penalty = 0.01 * network.penalised
    weights, offset = rng.uniform(0.2, 2.0, N_ROWS), rng.normal(0.0, 0.3, N_ROWS)
    X = rng.normal(size=(N_ROWS, 3))
    return Problem(network, likelihood(family, link), X, y, weights, offset, penalty)


def make_run(problem, rule, steps, batch):
    """Give a start, orders and rates for so many steps."""
    rng = np.random.default_rng(8)
    per_epoch = len(batches(N_ROWS, batch))
    epochs = steps // per_epoch
    parameters = problem.network.initial(rng)
    moments = np.zeros((rule.n_moments, len(parameters)))
    orders = np.array([rng.permutation(N_ROWS) for _ in range(epochs)])
    rates = RATES.get(rule.name, 0.01) * rng.uniform(0.5, 1.0, (epochs, per_epoch))
    return State(parameters, moments), orders, rates


def after(name, problem, rule, steps, batch):
    """Give the state after so many steps of that engine."""
    state, orders, rates = make_run(problem, rule, steps, batch)
    return engine(name).load(problem, rule, batch).run(state, orders, rates)


def make_rule(name):
    return optimiser(name, **SETTINGS.get(name, {}))


@pytest.fixture(params=ENGINES)
def name(request):
    return request.param


@pytest.mark.parametrize("batch", [None, 8])
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("rule", OPTIMISERS)
def test_after_100_steps_every_engine_is_where_the_reference_is(name, rule, problem, batch):
    problem, rule = make_problem(problem), make_rule(rule)
    if rule.name == "adamw":
        problem = replace(problem, decays=problem.network.penalised * 1.0)
    there = after("reference", problem, rule, 100, batch)
    here = after(name, problem, rule, 100, batch)
    np.testing.assert_allclose(here.parameters, there.parameters, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(here.losses, there.losses, rtol=1e-10)
    assert here.moments.shape == there.moments.shape == (rule.n_moments, problem.network.n_parameters)
    assert (here.step, here.epoch) == (there.step, there.epoch)
    assert there.step == 100
    assert not np.allclose(there.parameters, make_run(problem, rule, 100, batch)[0].parameters, atol=1e-3)


@pytest.mark.parametrize("batch", [None, 8])
@pytest.mark.parametrize("rule", OPTIMISERS)
def test_a_run_in_two_parts_is_the_unbroken_run_bit_for_bit(name, rule, batch):
    problem, rule = make_problem("binomial"), make_rule(rule)
    state, orders, rates = make_run(problem, rule, 40, batch)
    whole = engine(name).load(problem, rule, batch).run(state, orders, rates)
    part = engine(name).load(problem, rule, batch).run(state, orders[:3], rates[:3])
    again = engine(name).load(problem, rule, batch).run(part, orders[3:], rates[3:])
    assert np.array_equal(whole.parameters, again.parameters)
    assert np.array_equal(whole.moments, again.moments)
    assert np.array_equal(whole.losses, again.losses)
    assert (whole.step, whole.epoch) == (again.step, again.epoch)


def test_a_run_leaves_its_state_as_it_was(name):
    problem, rule = make_problem("gaussian"), make_rule("adam")
    state, orders, rates = make_run(problem, rule, 5, None)
    state = replace(state, rng={"a": 1})
    before = state.parameters.copy()
    new = engine(name).load(problem, rule).run(state, orders, rates)
    assert np.array_equal(state.parameters, before)
    assert not state.moments.any()
    assert new.rng == {"a": 1}
    assert new.parameters.dtype == new.moments.dtype == new.losses.dtype == np.float64


def test_losses_are_those_before_each_step(name):
    problem, rule = make_problem("gaussian"), make_rule("gd")
    state, orders, rates = make_run(problem, rule, 3, None)
    program = engine(name).load(problem, rule)
    losses = []
    for e in range(3):
        losses.append(program.loss_and_gradient(state.parameters)[0])
        state = program.run(state, orders[e : e + 1], rates[e : e + 1])
    np.testing.assert_allclose(state.losses, losses, rtol=1e-14)


def test_loss_of_an_epoch_weights_its_batches_by_their_rows(name):
    problem, rule = make_problem("binomial"), make_rule("gd")
    state, orders, rates = make_run(problem, rule, 4, 8)
    program = engine(name).load(problem, rule, 8)
    still = program.run(state, orders, 0.0 * rates)
    assert still.losses[0] == pytest.approx(program.loss_and_gradient(state.parameters)[0], rel=1e-13)


def test_penalty_counts_in_training_and_not_in_evaluation(name):
    problem, rule = make_problem("gaussian"), make_rule("gd")
    parameters = make_run(problem, rule, 1, None)[0].parameters
    program = engine(name).load(problem, rule)
    held = program.evaluate(parameters, problem.X, problem.y, problem.weights, problem.offset)
    penalty = 0.5 * problem.penalty @ parameters**2
    assert program.loss_and_gradient(parameters)[0] == pytest.approx(held + penalty, rel=1e-13)
    assert penalty > 0.0


@pytest.mark.parametrize("problem", PROBLEMS)
def test_predict_is_forward_and_offsets_add(name, problem):
    problem = make_problem(problem)
    parameters = problem.network.initial(np.random.default_rng(1))
    program = engine(name).load(problem, make_rule("gd"))
    eta = engine(name).forward(problem.network, parameters, problem.X)
    assert eta.shape == (N_ROWS, problem.network.outputs)
    assert np.array_equal(program.predict(parameters, problem.X), eta)
    with_offset = program.predict(parameters, problem.X, problem.offset)
    np.testing.assert_allclose(with_offset, eta + problem.offset[:, None], rtol=1e-14)


def test_rows_without_weight_do_not_count(name):
    problem, rule = make_problem("gaussian"), make_rule("gd")
    weights = problem.weights.copy()
    weights[:8] = 0.0
    parameters = problem.network.initial(np.random.default_rng(1))
    whole = engine(name).load(replace(problem, weights=weights), rule).loss_and_gradient(parameters)
    fewer = replace(problem, X=problem.X[8:], y=problem.y[8:], weights=weights[8:], offset=problem.offset[8:])
    less = engine(name).load(fewer, rule).loss_and_gradient(parameters)
    assert whole[0] == pytest.approx(less[0], rel=1e-14)
    np.testing.assert_allclose(whole[1], less[1], rtol=1e-12, atol=1e-15)


def test_a_batch_without_weight_moves_by_its_penalty_alone(name):
    problem, rule = make_problem("gaussian"), make_rule("gd")
    weights = problem.weights.copy()
    weights[:10] = 0.0
    problem = replace(problem, weights=weights)
    parameters = problem.network.initial(np.random.default_rng(1))
    state = State(parameters, np.zeros((0, len(parameters))))
    program = engine(name).load(problem, rule, 10)
    new = program.run(state, np.arange(N_ROWS)[None, :], np.array([[0.1, 0.0, 0.0]]))
    np.testing.assert_allclose(new.parameters, parameters * (1.0 - 0.1 * problem.penalty), rtol=1e-15)
    assert np.isfinite(new.losses).all()


def test_a_diverging_run_says_so_by_its_loss_and_nothing_else(name):
    problem, rule = make_problem("gaussian"), make_rule("gd")
    state, orders, rates = make_run(problem, rule, 60, None)
    new = engine(name).load(problem, rule).run(state, orders, 1e6 + rates)
    assert not np.isfinite(new.losses[-1])


def with_rates(problem, seed=3):
    """Give the problem with a factor of the rate for each parameter; a third of them are 0."""
    k = problem.network.n_parameters
    rng = np.random.default_rng(seed)
    return replace(problem, rates=rng.uniform(0.1, 6.0, k) * (rng.uniform(size=k) > 1 / 3))


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("batch", [None, 8])
@pytest.mark.parametrize("problem", ["gaussian", "gains", "gains that bend"])
@pytest.mark.parametrize("rule", OPTIMISERS)
def test_with_a_rate_for_each_parameter_every_engine_is_where_the_reference_is(name, rule, problem, batch, precision):
    if name == "reference" and precision == "float32":
        with pytest.raises(ArgumentError, match="no precision 'float32'"):
            engine(name, precision)
        return
    problem, rule = with_rates(make_problem(problem)), make_rule(rule)
    there = after("reference", problem, rule, 10, batch)
    state, orders, rates = make_run(problem, rule, 10, batch)
    here = engine(name, precision).load(problem, rule, batch).run(state, orders, rates)
    digits = 1e-10 if precision == "float64" else 2e-5
    np.testing.assert_allclose(here.parameters, there.parameters, rtol=digits, atol=digits)
    np.testing.assert_allclose(here.losses, there.losses, rtol=digits)


@pytest.mark.parametrize("rule", OPTIMISERS)
def test_a_parameter_whose_rate_is_0_stays_exactly_as_it_is(name, rule):
    problem, rule = with_rates(make_problem("gains that bend")), make_rule(rule)
    state, orders, rates = make_run(problem, rule, 20, 8)
    new = engine(name).load(problem, rule, 8).run(state, orders, rates)
    still = problem.rates == 0.0
    assert np.array_equal(new.parameters[still], state.parameters[still])
    assert np.all(new.parameters[~still] != state.parameters[~still])
    assert rule.n_moments == 0 or np.all(new.moments[:, still] != 0.0)


@pytest.mark.parametrize("rule", OPTIMISERS)
def test_rates_of_1_are_no_rates(name, rule):
    problem, rule = make_problem("gaussian"), make_rule(rule)
    ones = replace(problem, rates=np.ones(problem.network.n_parameters))
    with_ones, without = (after(name, each, rule, 20, 8).parameters for each in (ones, problem))
    np.testing.assert_allclose(with_ones, without, rtol=1e-13, atol=1e-13)


def test_adamw_decays_a_parameter_at_its_own_rate(name):
    problem, rule = with_rates(make_problem("gaussian")), optimiser("adamw", weight_decay=0.5)
    problem = replace(problem, weights=np.zeros(N_ROWS), penalty=np.zeros(problem.network.n_parameters))
    state, orders, rates = make_run(problem, rule, 1, None)
    new = engine(name).load(problem, rule).run(state, orders, rates)
    np.testing.assert_allclose(new.parameters, state.parameters * (1.0 - rates[0, 0] * problem.rates * 0.5), rtol=1e-14)


@pytest.mark.parametrize("problem", ["gaussian", "gains", "gains that bend"])
def test_plain_weights_with_rate_factors_are_those_of_ntk_parametrisation(name, problem):
    """A weight w = v / sqrt(fan_in) whose v Adam trains at rate r is w trained at r / sqrt(fan_in)."""
    problem, rule = make_problem(problem), optimiser("adam", epsilon=1e-30)
    network = problem.network
    problem = replace(problem, rates=network.rate_factors())
    state, orders, rates = make_run(problem, rule, 20, None)
    program = engine(name).load(problem, rule)
    plain = program.run(state, orders, rates).parameters
    shrink = np.ones(network.n_parameters)  # from v to w
    for layer in network.views(shrink).layers:
        layer.weights[:] = len(layer.weights) ** -0.5
    v, moments = state.parameters / shrink, tuple(state.moments)
    for step, rate in enumerate(rates[:, 0], start=1):
        gradient = shrink * program.loss_and_gradient(shrink * v)[1]
        v, moments = rule.step(v, gradient, moments, step, rate * problem.rates / shrink)
    np.testing.assert_allclose(plain, shrink * v, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("problem", ["gains", "gains that bend"])
def test_a_network_that_absorbed_its_gains_predicts_the_same(name, problem):
    problem = make_problem(problem)
    parameters = np.random.default_rng(4).normal(size=problem.network.n_parameters)
    plain, own = problem.network.absorb(parameters)
    assert (plain.gains, len(own)) == (False, plain.n_parameters)
    eta = engine(name).forward(problem.network, parameters, problem.X)
    np.testing.assert_allclose(engine(name).forward(plain, own, problem.X), eta, rtol=1e-13, atol=1e-14)


def test_an_engine_says_that_it_runs(name):
    assert engine(name).available() is None
    assert engine(name).name == name


def main():
    """Print the figures."""
    for rule, problem, batch in itertools.product(OPTIMISERS, PROBLEMS, (None, 8)):
        ends = [after(n, make_problem(problem), make_rule(rule), 100, batch).parameters for n in ENGINES]
        worst = max(np.abs(end - ends[0]).max() for end in ends)
        print(f"{rule:6} {problem:12} batch {batch}: {worst:.1e}")


if __name__ == "__main__":
    main()
