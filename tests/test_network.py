"""A network: shapes, views, names, initial values."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pliant.engines.reference import ReferenceEngine
from pliant.errors import ArgumentError
from pliant.functions import ACTIVATIONS
from pliant.network import Network


@st.composite
def networks(draw):
    inputs = draw(st.integers(0, 4))
    bends = draw(st.none() | st.permutations(range(inputs)).map(lambda p: tuple(p[:2])))
    return Network(
        inputs,
        draw(st.integers(1, 3)),
        tuple(draw(st.lists(st.integers(1, 4), max_size=3))),
        draw(st.sampled_from(list(ACTIVATIONS))),
        draw(st.booleans()),
        draw(st.booleans()),
        bends,
        gains=draw(st.booleans()),
    )


@settings(derandomize=True, deadline=None)
@given(networks())
def test_views_cover_every_parameter_once_and_write_into_it(network):
    parameters = np.zeros(network.n_parameters)
    layers, skip = network.views(parameters)
    for weights, biases in layers:
        weights += 1.0
        if biases is not None:
            biases += 1.0
    if skip is not None:
        skip += 1.0
    gains = network.gains_of(parameters)
    if gains is not None:
        gains += 1.0
    assert (parameters == 1.0).all()
    names = network.names()
    assert len(names) == len(set(names)) == network.n_parameters


@settings(derandomize=True, deadline=None)
@given(networks())
def test_a_network_survives_json(network):
    assert Network.from_dict(json.loads(json.dumps(network.to_dict()))) == network


@settings(derandomize=True, deadline=None)
@given(networks())
def test_biases_are_not_penalised_and_weights_are(network):
    for name, penalised in zip(network.names(), network.penalised, strict=True):
        assert penalised == ("biases" not in name and "gains" not in name)


@settings(derandomize=True, deadline=None)
@given(networks())
def test_gains_stand_last_one_for_each_input_that_bends_and_only_before_hidden_layers(network):
    count = network.shapes[0][0] if network.gains and network.hidden else 0
    assert network.n_gains == count
    assert [name for name in network.names() if "gains" in name] == [f"gains[{k}]" for k in range(count)]
    assert network.names()[network.n_parameters - count :] == tuple(f"gains[{k}]" for k in range(count))
    start = network.gains_of(network.initial(np.random.default_rng(0)))
    assert (start is None) == (count == 0)
    assert start is None or (start == 1.0).all()


@settings(derandomize=True, deadline=None)
@given(networks())
def test_absorbing_leaves_the_parameters_as_they_are_and_a_network_without_gains(network):
    parameters = np.random.default_rng(0).normal(size=network.n_parameters)
    before = parameters.copy()
    plain, own = network.absorb(parameters)
    assert np.array_equal(parameters, before)
    assert plain == replace(network, gains=False)
    assert own.shape == (plain.n_parameters,)
    assert network.n_gains or np.array_equal(own, parameters)


def test_names_say_where_a_parameter_stands():
    network = Network(2, 1, (2,))
    assert network.names() == (
        "layers[0].weights[0,0]",
        "layers[0].weights[0,1]",
        "layers[0].weights[1,0]",
        "layers[0].weights[1,1]",
        "layers[0].biases[0]",
        "layers[0].biases[1]",
        "layers[1].weights[0,0]",
        "layers[1].weights[1,0]",
        "layers[1].biases[0]",
        "skip[0,0]",
        "skip[1,0]",
    )
    layers, skip = network.views(np.arange(11.0))
    assert layers[0].weights[1, 0] == 2.0
    assert layers[1].biases is not None
    assert skip is not None
    assert skip[1, 0] == 10.0


def test_the_same_seed_draws_the_same_values():
    network = Network(3, 2, (8, 8))
    first, again, other = (network.initial(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_initial_values_have_the_spread_that_is_stated():
    network = Network(4, 1, (4000,))
    layers, skip = network.views(network.initial(np.random.default_rng(0)))
    assert layers[0].weights.std() == pytest.approx(0.8 / 2.0, rel=0.03)
    assert layers[0].biases is not None
    assert -1.0 <= layers[0].biases.min() < -0.99 < 0.99 < layers[0].biases.max() <= 1.0
    assert layers[1].weights.std() == pytest.approx(0.1, rel=0.05)
    assert skip is not None
    assert not skip.any()


def test_the_line_starts_in_the_skip_line_and_the_output_bias():
    network, line = Network(2, 3, (5,)), np.arange(9.0).reshape(3, 3)
    layers, skip = network.views(network.initial(np.random.default_rng(0), line))
    assert np.array_equal(skip, line[1:])
    assert np.array_equal(layers[-1].biases, line[0])


def test_initial_values_of_ntk_parametrisation_have_the_spread_that_is_stated_and_start_as_the_line():
    network, line = Network(9, 2, (2000, 500), gains=True), np.arange(20.0).reshape(10, 2)
    parameters = network.initial(np.random.default_rng(0), line, start="ntk")
    layers, skip = network.views(parameters)
    assert layers[0].weights.std() == pytest.approx(1.0 / 3.0, rel=0.03)
    assert layers[1].weights.std() == pytest.approx(2000**-0.5, rel=0.01)
    for layer in layers[:-1]:
        assert layer.biases.std() == pytest.approx(1.0, rel=0.06)
        assert np.abs(layer.biases).max() > 2.0
    assert not layers[-1].weights.any()
    assert np.array_equal(layers[-1].biases, line[0])
    assert np.array_equal(skip, line[1:])
    assert (network.gains_of(parameters) == 1.0).all()


def test_gains_leave_the_other_initial_values_as_they_were():
    plain, gains = (Network(3, 1, (4,), gains=own).initial(np.random.default_rng(0)) for own in (False, True))
    assert np.array_equal(gains[: len(plain)], plain)


def test_a_start_that_is_not_there_is_refused():
    with pytest.raises(ArgumentError, match="there is no start 'NTK'; choose plain or ntk"):
        Network(2, 1).initial(np.random.default_rng(0), start="NTK")


def test_rate_factors_are_those_of_ntk_parametrisation():
    network = Network(4, 1, (9,), gains=True)
    for own in ({}, {"bias": 2.0, "line": 3.0, "gain": 4.0}):
        bias, line, gain = own.values() if own else (0.1, 0.1, 6.0)
        factors = network.rate_factors(**own)
        layers, skip = network.views(factors)
        assert (layers[0].weights == 1 / 2).all()
        assert (layers[1].weights == 1 / 3).all()
        assert all((layer.biases == bias).all() for layer in layers)
        assert (skip == line).all()
        assert (network.gains_of(factors) == gain).all()
    assert Network(4, 1).rate_factors().tolist() == [0.1] * 5


def test_without_hidden_layers_the_line_is_the_network():
    network, line = Network(2, 1), np.array([[3.0], [1.0], [2.0]])
    assert network.initial(np.random.default_rng(0), line).tolist() == [1.0, 2.0, 3.0]
    assert Network(2, 1, bias=False).initial(np.random.default_rng(0), line).tolist() == [1.0, 2.0]


def test_skip_and_bends_mean_nothing_without_hidden_layers():
    assert Network(3, 1, skip=True, bends=(0,)).n_parameters == Network(3, 1, skip=False).n_parameters == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"outputs": 0}, "at least one output"),
        ({"hidden": (3, 0)}, "at least one output and one unit"),
        ({"activation": "tahn"}, "no activation 'tahn'; choose one of identity, tanh"),
        ({"bends": (2,)}, "names an input that is not there"),
    ],
)
def test_a_network_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Network(**({"inputs": 2, "outputs": 1} | arguments))


def test_blocks_spare_products_and_change_nothing():
    rng = np.random.default_rng(5)
    network = Network(3, 2, (4, 6), blocks=2)
    parameters = rng.normal(size=network.n_parameters)
    middle = network.views(parameters).layers[1].weights
    middle[:2, 3:] = middle[2:, :3] = 0.0
    X = rng.normal(size=(7, 3))
    dense = ReferenceEngine().forward(replace(network, blocks=1), parameters, X)
    np.testing.assert_allclose(ReferenceEngine().forward(network, parameters, X), dense, rtol=1e-13)
    assert Network.from_dict(network.to_dict()) == network
