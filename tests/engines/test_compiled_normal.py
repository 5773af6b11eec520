"""The compiled normal equations are those of the reference engine's Jacobian, for every family, link and network."""

import numpy as np
import pytest

from pliant.engines import engine
from pliant.engines.compiled import normal
from pliant.engines.contract import Problem
from pliant.functions.families import FAMILIES
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import gauss_newton, optimiser
from pliant.optimisers.gauss_newton import Damped, RowSystem
from pliant.training.solve import Rows

PAIRS = [(name, link) for name, family in FAMILIES.items() for link in family.links]
NETWORKS = {
    "skip": Network(3, 1, (5,)),
    "no skip, no bias": Network(3, 1, (4,), "softplus", skip=False, bias=False),
    "bends": Network(3, 1, (4,), "gelu", bends=(2, 0)),
    "two layers": Network(3, 1, (4, 3), "silu"),
    "gains": Network(3, 1, (4,), bends=(2, 0), gains=True),
    "three outputs": Network(3, 3, (4,)),
    "line": Network(3, 1, ()),
}


def make(family, link, network, n=97):
    """Draw a problem whose rows outnumber its parameters, and parameters at which its loss exists."""
    rng = np.random.default_rng(11)
    chosen = likelihood(family, link)
    classes = chosen.has_classes
    X = rng.normal(size=(n, network.inputs))
    parameters = 0.1 * rng.normal(size=network.n_parameters)
    offset = 0.05 * rng.normal(size=n)
    if classes:
        y = np.eye(network.outputs + 1)[rng.integers(0, network.outputs + 1, n)]
    else:
        start = rng.uniform(0.2, 0.8, (n, network.outputs))
        centre = float(chosen.link.link(np.array([0.5]))[0])
        network.views(parameters).layers[-1].weights[:] *= 0.1
        offset = offset + centre
        y = start if chosen.family.interval[1] > 1.0 or chosen.family.coding != "binary" else np.round(start)
        y = y if np.all(chosen.family.admits(y)) else np.round(4.0 * start)
    weights = rng.uniform(0.5, 2.0, n) * (rng.uniform(size=n) > 0.1)
    return Problem(network, chosen, X, y, weights, offset, np.zeros(network.n_parameters)), parameters


def both(problem):
    """Give the reference engine's rows and the compiled engine's."""
    return (Rows(engine(name).load(problem, optimiser("gd")), problem) for name in ("reference", "compiled"))


def whole(gram):
    """Give a matrix from the half below its diagonal."""
    return np.tril(gram) + np.tril(gram, -1).T


def near(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.max(np.abs(expected)))


def agree(problem, parameters):
    """See that loss, eta, A'A, A'b and b'b are those of the reference engine."""
    reference, compiled = both(problem)
    loss = reference.loss(parameters)
    assert np.isfinite(loss)
    assert compiled.loss(parameters) == pytest.approx(loss, rel=1e-12)
    near(compiled.seen[1], reference.seen[1])
    expected, found = reference.system(parameters), compiled.system(parameters)
    assert isinstance(expected, RowSystem)
    assert isinstance(found, normal.CompiledSystem)
    near(whole(found.gram), expected.gram)
    near(found.pull, expected.pull)
    assert found.squares == pytest.approx(expected.squares, rel=1e-12)


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_every_family_and_link_has_the_normal_equations_of_its_rows(family, link):
    outputs = 2 if FAMILIES[family].coding == "classes" else 1
    agree(*make(family, link, Network(3, outputs, (5,))))


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_has_the_normal_equations_of_its_rows(network):
    agree(*make("gaussian", "identity", NETWORKS[network]))


def test_chunks_add_up_to_the_whole(monkeypatch):
    problem, parameters = make("multinomial", "softmax", Network(3, 2, (5, 4)), n=300)
    monkeypatch.setattr(normal, "CHUNK_NUMBERS", 1)
    monkeypatch.setattr(normal, "FEWEST_ROWS", 7)
    agree(problem, parameters)


def test_rows_beyond_one_chunk_of_layers_add_up_too():
    agree(*make("gaussian", "identity", Network(3, 1, (4,)), n=9_000))


@pytest.mark.parametrize(("width", "n"), [(13, 200), (70, 700)])
def test_a_step_and_the_inverse_diagonal_are_those_of_the_rows(width, n):
    problem, parameters = make("poisson", "log", Network(6, 1, (width,)), n=n)
    systems = [rows.system(parameters) for rows in both(problem)]
    right = np.random.default_rng(1).normal(size=len(parameters))
    for phi, decay in ((0.7, 0.3 + parameters**2), (12.0, np.full(len(parameters), 1e-3))):
        steps = [system.solve(phi, decay, right) for system in systems]
        np.testing.assert_allclose(steps[1], steps[0], rtol=1e-9, atol=1e-9 * np.max(np.abs(steps[0])))
        diagonals = [system.inverse_diagonal(phi, decay) for system in systems]
        np.testing.assert_allclose(diagonals[1], diagonals[0], rtol=1e-9)


@pytest.mark.parametrize(("family", "link"), [("gaussian", "identity"), ("poisson", "log"), ("multinomial", "softmax")])
def test_a_damped_step_is_that_of_the_plain_text(family, link):
    outputs = 2 if family == "multinomial" else 1
    problem, parameters = make(family, link, Network(3, outputs, (5,)))
    _, compiled = both(problem)
    tried = []
    for damping in (1e-6, 1.0, 1e4):
        decay = 0.01 + parameters**2
        value = compiled.loss(parameters) / 0.7 + 0.5 * decay @ parameters**2
        at = Damped(parameters, np.zeros(1), 0.7, damping, value)
        for long in (1.0, 1e3):  # times the step, so that the first tries do not fall
            pull = long * (compiled.system(parameters).pull / 0.7 - decay * parameters)
            expected = gauss_newton.fall(compiled, at, decay, pull, 40)
            found = compiled.fall(at, decay, pull, 40)
            near(found[0], expected[0])
            assert found[1] == pytest.approx(expected[1], rel=1e-12)
            assert found[2] == expected[2]
            assert compiled.seen[0] is found[0]
            assert compiled.loss(found[0]) == pytest.approx(reference_loss(problem, found[0]), rel=1e-12)
            tried.append(found[2] > damping)
    assert any(tried)


def reference_loss(problem, parameters):
    """Give the reference engine's loss."""
    return next(iter(both(problem))).loss(parameters)


def test_where_no_damping_falls_there_is_none():
    problem, parameters = make("gaussian", "identity", Network(3, 1, (5,)))
    _, compiled = both(problem)
    at = Damped(parameters, np.zeros(1), 1.0, 1.0, -1.0)
    decay, pull = np.ones(len(parameters)), compiled.system(parameters).pull
    assert compiled.fall(at, decay, pull, 12) is None
    assert gauss_newton.fall(compiled, at, decay, pull, 12) is None


def test_what_has_no_root_is_none():
    problem, parameters = make("gaussian", "identity", Network(3, 1, (5,)))
    _, compiled = both(problem)
    system = compiled.system(parameters)
    for decay in (-1e9, np.nan, np.inf):
        decay = np.full(len(parameters), decay)
        assert system.solve(1.0, decay, parameters) is None
        assert system.inverse_diagonal(1.0, decay) is None


def test_where_parameters_outnumber_rows_the_rows_are_solved():
    problem, parameters = make("gaussian", "identity", Network(3, 1, (20,)), n=30)
    reference, compiled = both(problem)
    systems = [rows.system(parameters) for rows in (reference, compiled)]
    assert all(isinstance(system, RowSystem) for system in systems)
    near(systems[1].A, systems[0].A)


def test_arrays_that_may_not_be_written_are_read():
    problem, parameters = make("gaussian", "identity", Network(3, 1, (5,)))
    for array in (parameters, problem.X, problem.y, problem.weights, problem.offset):
        array.flags.writeable = False
    agree(problem, parameters)


def test_single_precision_leaves_the_sums_to_numpy():
    problem, _ = make("gaussian", "identity", Network(3, 1, (5,)))
    assert engine("compiled", "float32").load(problem, optimiser("gd")).normal() is None
