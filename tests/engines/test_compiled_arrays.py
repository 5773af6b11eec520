"""The compiled engine takes arrays as they come: read-only, broadcast, in any order, of any type."""

import numpy as np
import pytest

from pliant.engines import engine
from pliant.engines.contract import Problem, State
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser

NETWORK = Network(2, 1, (3,), skip=False)
PARAMETERS = np.linspace(-1.0, 1.0, NETWORK.n_parameters)
X, Y = np.arange(10.0).reshape(5, 2) / 10.0, np.arange(5.0)[:, None]


def read_only(values):
    values = np.array(values)
    values.flags.writeable = False
    return values


@pytest.mark.parametrize("batch", [None, 2])
@pytest.mark.parametrize("epochs", [1, 3])
def test_orders_and_rates_may_be_read_only_and_broadcast(batch, epochs):
    problem = Problem(NETWORK, likelihood("gaussian"), X, Y, np.ones(5), np.zeros(5), np.zeros(NETWORK.n_parameters))
    steps = 1 if batch is None else 3
    orders, rates = np.broadcast_to(np.arange(5), (epochs, 5)), np.broadcast_to(0.01, (epochs, steps))
    ends = []
    for name in ("reference", "compiled"):
        program = engine(name).load(problem, optimiser("adam"), batch)
        ends.append(program.run(State(read_only(PARAMETERS), read_only(np.zeros((2, len(PARAMETERS))))), orders, rates))
    np.testing.assert_allclose(ends[1].parameters, ends[0].parameters, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ends[1].losses, ends[0].losses, rtol=1e-12)


@pytest.mark.parametrize("made", [read_only, np.asfortranarray, lambda v: np.array(v, np.float32)[::-1][::-1]])
def test_rows_to_predict_may_lie_as_they_will(made):
    rows = made(np.round(X * 64.0) / 64.0)
    found = engine("compiled").forward(NETWORK, read_only(PARAMETERS), rows, read_only(np.ones(5)))
    expected = engine("reference").forward(NETWORK, PARAMETERS, np.asarray(rows, float), np.ones(5))
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)
