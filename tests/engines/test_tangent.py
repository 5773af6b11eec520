"""The network's derivative by its inputs: against torch's autograd, and against a complex step."""

import numpy as np
import pytest
import torch

from pliant.engines.reference import forward, tangent
from pliant.functions.activations import ACTIVATIONS
from pliant.network import Network

RNG = np.random.default_rng(3)
X, DIRECTION = RNG.normal(size=(40, 4)), RNG.normal(size=(40, 4))
SHAPES = ((5,), (6, 3), ())


def by_autograd(network, parameters):
    """Give d eta (n, q) along DIRECTION, with the layers in torch's own words: rows do not know each other."""
    flat = torch.tensor(parameters)
    layers, skip = network.views(flat)

    gains = network.gains_of(flat)

    def eta(x):
        a = x if network.bending is None else x[:, list(network.bending)]
        a = a if gains is None else a * gains
        for weights, biases in layers[:-1]:
            a = network.function.torch(torch, a @ weights + biases)
        out = a @ layers[-1].weights + (0.0 if layers[-1].biases is None else layers[-1].biases)
        return out if skip is None else out + x @ skip

    x = torch.tensor(X, requires_grad=True)
    out = eta(x)
    each = [torch.autograd.grad(out[:, j].sum(), x, retain_graph=True)[0].numpy() for j in range(network.outputs)]
    return np.stack([np.sum(gradient * DIRECTION, axis=1) for gradient in each], axis=1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", SHAPES, ids=str)
@pytest.mark.parametrize("bends", [None, (1, 3)], ids=str)
@pytest.mark.parametrize("gains", [False, True])
def test_the_tangent_of_a_network_is_that_of_autograd(activation, hidden, bends, gains):
    network = Network(4, 2, hidden, activation, bends=bends, gains=gains)
    parameters = RNG.normal(size=network.n_parameters)
    eta, moved = tangent(network, parameters, X, DIRECTION)
    assert np.array_equal(eta, forward(network, parameters, X).eta)
    expected = by_autograd(network, parameters)
    assert float(np.max(np.abs(moved - expected) / np.maximum(np.abs(expected), 1e-3))) < 1e-11


def test_the_tangent_is_the_complex_step():
    network = Network(4, 1, (7,), "tanh", bias=False)
    parameters = RNG.normal(size=network.n_parameters)
    step = np.imag(forward(network, parameters, X + 1e-30j * DIRECTION).eta) / 1e-30
    assert np.allclose(tangent(network, parameters, X, DIRECTION)[1], step, rtol=1e-12, atol=1e-14)
