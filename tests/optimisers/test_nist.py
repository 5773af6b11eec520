"""NIST's non-linear problems that are networks, from both starting points, against the certified values.

`benchmarks/nist.py` fits all ten. The data are NIST's Statistical Reference Datasets, in the public domain; it wrote
`tests/golden/nist_curves.json`.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from pliant.engines import engine
from pliant.engines.contract import Problem, State
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser
from pliant.training.solve import solve_to_floor

SETS = json.loads((Path(__file__).parents[1] / "golden" / "nist_curves.json").read_text())
FREE = np.nan


def rat42(b):
    """b1 / (1 + exp(b2 - b3 x)): weight, bias, output."""
    return [b[2], -b[1], b[0]]


def rat43(b):
    """b1 / (1 + exp(b2 - b3 x))^(1 / b4), as log mu = log b1 - softplus(b2 - b3 x) / b4."""
    return [-b[2], b[1], -1.0 / b[3], np.log(b[0])]


def misra(b):
    """b1 (1 - exp(-b2 x)): elu below 0 is exp - 1; the bias is held at 0."""
    return [-b[1], 0.0, -b[0]]


def mgh17(b):
    """b1 + b2 exp(-x b4) + b3 exp(-x b5); both biases are held at 0."""
    return [-b[3], -b[4], 0.0, 0.0, b[1], b[2], b[0]]


CASES = {
    "Rat42": (Network(1, 1, (1,), "logistic", skip=False, bias=False), "identity", rat42, None),
    "Rat43": (Network(1, 1, (1,), "softplus", skip=False), "log", rat43, None),
    "Misra1a": (Network(1, 1, (1,), "elu", skip=False, bias=False), "identity", misra, [FREE, 0.0, FREE]),
    "MGH17": (Network(1, 1, (2,), "exp", skip=False), "identity", mgh17, [FREE, FREE, 0.0, 0.0, FREE, FREE, FREE]),
}


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", CASES)
def test_certified_values_are_reached_from_both_starting_points(name, start):
    network, link, form, held = CASES[name]
    said = SETS[name]
    data = np.array(said["data"], dtype=float)
    r, t = np.max(np.abs(data[:, 1])), np.max(np.abs(data[:, 0])) if link == "identity" else 1.0
    units = np.ones(network.n_parameters)  # of scaled x and y
    layers, _ = network.views(units)
    layers[0].weights[:] = r
    layers[1].weights[:] = 1.0 / t
    if layers[1].biases is not None:
        layers[1].biases[:] = 1.0 / t
    began, certified = (units * form([p[at] for p in said["params"].values()]) for at in (start, "value"))
    n = len(data)
    problem = Problem(
        network, likelihood("gaussian", link), data[:, 1:] / r, data[:, :1] / t, np.ones(n), np.zeros(n), 0.0 * units
    )
    program = engine("reference").load(problem, optimiser("gd"))
    state = State(began, np.zeros((0, len(began))))
    solved = solve_to_floor(program, problem, state, 1_000, None if held is None else np.array(held))
    found = solved.result.parameters
    assert solved.settled
    free = certified != 0.0
    assert np.max(np.abs(found[free] / certified[free] - 1.0)) < 1e-10
    assert np.all(found[~free] == 0.0)
    eta = program.predict(found, problem.X)
    rss = t**2 * float(np.sum((problem.y - problem.likelihood.mean(eta)) ** 2))
    assert rss == pytest.approx(said["rss"], rel=1e-10)
