"""The reference engine: a layer is [1, input] @ weights, and the parts are those of the derivation."""

import numpy as np
import pytest

from pliant.engines import engine
from pliant.engines.reference import MOST_ROWS, backward, forward, jacobian, predict
from pliant.network import Network


def test_a_network_without_hidden_layers_is_the_line():
    X = np.random.default_rng(0).normal(size=(5, 2))
    parameters = np.array([2.0, -1.0, 3.0])  # slopes, intercept
    eta = forward(Network(2, 1), parameters, X).eta
    np.testing.assert_allclose(eta[:, 0], 3.0 + X @ [2.0, -1.0])


def test_one_hidden_layer_written_out():
    x, tanh = np.linspace(-1.0, 1.0, 4)[:, None], np.tanh
    network = Network(1, 1, (2,))
    parameters = np.array([0.5, -1.0, 0.1, 0.2, 3.0, 4.0, 0.7, 2.0])  # W, b; W, b; skip
    by_hand = 3.0 * tanh(0.5 * x + 0.1) + 4.0 * tanh(-x + 0.2) + 0.7 + 2.0 * x
    np.testing.assert_allclose(forward(network, parameters, x).eta, by_hand)


def test_inputs_that_do_not_bend_stay_linear():
    network = Network(3, 1, (4,), bends=(1,))
    parameters = network.initial(np.random.default_rng(1)) + 0.3
    X = np.random.default_rng(2).normal(size=(1, 3))
    moved = [forward(network, parameters, X + t * np.eye(3)[0]).eta.item() for t in (0.0, 1.0, 2.0)]
    assert np.diff(moved, 2)[0] == pytest.approx(0.0, abs=1e-14)
    bent = [forward(network, parameters, X + t * np.eye(3)[1]).eta.item() for t in (0.0, 1.0, 2.0)]
    assert abs(np.diff(bent, 2)[0]) > 1e-3


def test_backward_is_delta_times_jacobian():
    network = Network(3, 2, (4, 3), "silu", bends=(2, 0))
    parameters = network.initial(np.random.default_rng(1))
    X, delta = np.random.default_rng(2).normal(size=(6, 3)), np.random.default_rng(3).normal(size=(6, 2))
    gradient = backward(network, parameters, X, forward(network, parameters, X), delta)
    expected = np.einsum("iq,iqk->k", delta, jacobian(network, parameters, X))
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-14)


def test_predict_in_blocks_is_predict_at_once():
    network = Network(1, 1, (3,))
    parameters = network.initial(np.random.default_rng(1))
    X = np.linspace(-3.0, 3.0, MOST_ROWS + 5)[:, None]
    offset = np.linspace(0.0, 1.0, MOST_ROWS + 5)
    np.testing.assert_allclose(
        predict(network, parameters, X, offset), forward(network, parameters, X, offset).eta, rtol=1e-13
    )


def test_a_network_of_no_inputs_is_its_bias():
    eta = engine("reference").forward(Network(0, 1), np.array([1.5]), np.zeros((3, 0)))
    assert eta.tolist() == [[1.5]] * 3
