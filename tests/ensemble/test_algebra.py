"""Networks in other units, and the mean of several as one."""

import numpy as np
import pytest

from pliant.data.scaling import Scaling
from pliant.engines import reference
from pliant.ensemble.algebra import in_units, mean_network
from pliant.network import Network

NETWORKS = [
    Network(3, 1, (4,)),
    Network(3, 2, (4, 3)),
    Network(3, 1, (4,), skip=False),
    Network(3, 2, (5,), bends=(0, 2)),
    Network(3, 2, (4, 3), bends=(0, 2), gains=True),
]


def scaling(rng, q):
    return Scaling(rng.normal(size=3), rng.uniform(0.5, 3.0, 3), rng.normal(size=q), rng.uniform(0.5, 3.0, q))


def eta(network, parameters, units, X):
    out = reference.forward(network, parameters, units.inputs(X)).eta
    return out * units.response_scale + units.response_centre


@pytest.mark.parametrize("network", NETWORKS)
def test_other_units_are_the_same_function(network):
    rng = np.random.default_rng(1)
    X, parameters = rng.normal(size=(20, 3)), rng.normal(size=network.n_parameters)
    before, after = scaling(rng, network.outputs), scaling(rng, network.outputs)
    moved = in_units(network, parameters, before, after)
    np.testing.assert_allclose(eta(network, moved, after, X), eta(network, parameters, before, X), rtol=1e-12)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_mean_of_networks_is_one_network(network):
    rng = np.random.default_rng(2)
    X, parameters = rng.normal(size=(20, 3)), rng.normal(size=(5, network.n_parameters))
    wide, merged = mean_network(network, parameters)
    each = [reference.forward(network, one, X).eta for one in parameters]
    np.testing.assert_allclose(reference.forward(wide, merged, X).eta, np.mean(each, axis=0), atol=1e-13)
    assert wide.hidden == tuple(5 * width for width in network.hidden)


def test_a_share_of_the_curve_leaves_the_rest_to_the_line():
    rng = np.random.default_rng(3)
    network, X = NETWORKS[0], rng.normal(size=(20, 3))
    parameters, line = rng.normal(size=(5, network.n_parameters)), rng.normal(size=(4, 1))
    wide, merged = mean_network(network, parameters, 0.3, line)
    each = [reference.forward(network, one, X).eta for one in parameters]
    wanted = 0.3 * np.mean(each, axis=0) + line[0] + X @ line[1:]
    np.testing.assert_allclose(reference.forward(wide, merged, X).eta, wanted, atol=1e-13)
