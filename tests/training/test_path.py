"""A path of decays: it begins as one fit would, and every further decay leaves less to the hidden weights."""

import numpy as np
import pytest

import pliant
from pliant.engines import engine
from pliant.engines.contract import Problem, State
from pliant.errors import ArgumentError
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser
from pliant.training.path import DECAYS, STRONGER, solve_path
from pliant.training.solve import solve_lm


def sine(engine_name="reference"):
    rng = np.random.default_rng(1)
    network, x = Network(1, 1, (5,)), rng.uniform(-2.0, 2.0, (60, 1))
    y = np.sin(2.0 * x) + 0.3 * rng.standard_normal((60, 1))
    decays = network.penalised * 1.0
    network.views(decays).skip[:] = 0.0
    given = Problem(network, likelihood("gaussian"), x, y, np.ones(60), np.zeros(60), np.zeros(len(decays)), decays)
    parameters = network.initial(np.random.default_rng(2))
    return given, engine(engine_name).load(given, optimiser("gd")), State(parameters, np.zeros((0, len(parameters))))


@pytest.mark.parametrize("evidence", [True, False])
def test_more_decay_leaves_less_to_the_hidden_weights(evidence):
    given, program, start = sine()
    path = solve_path(program, given, start, 200, evidence)
    assert [point.strength for point in path] == list(STRONGER if evidence else DECAYS)
    effective = [point.effective_parameters for point in path]
    sizes = [float(np.sum(given.decays * point.parameters**2)) for point in path]
    assert effective == sorted(effective, reverse=True)
    assert sizes == sorted(sizes, reverse=True)
    assert effective[0] > 6.0
    assert effective[-1] < 4.0


def test_the_first_point_is_the_fit_by_evidence():
    given, program, start = sine()
    one = solve_lm(program, given, start, 40, evidence=True)
    first = solve_path(program, given, start, 40, evidence=True)[0]
    assert np.array_equal(one.result.parameters, first.parameters)
    assert first.effective_parameters == one.effective_parameters


def test_both_engines_walk_the_same_path():
    ends = [solve_path(program, given, start, 20, True) for given, program, start in (sine(), sine("torch"))]
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours.parameters, theirs.parameters, rtol=0, atol=1e-8)


@pytest.fixture(scope="module")
def by_cv():
    table = pliant.datasets.sine(n=60, seed=3)
    return table, pliant.fit("y ~ x", table, hidden=4, regularisation="cv", members=5)


def test_cross_validation_chooses_one_of_its_decays_for_all_members(by_cv, tmp_path):
    _, model = by_cv
    assert model.members.strength in DECAYS
    assert f"weight decay {model.members.strength:g} by the folds" in str(model.summary())
    model.save(tmp_path / "m.pliant")
    assert pliant.load(tmp_path / "m.pliant").members.strength == model.members.strength


def test_cross_validation_fits_the_sine(by_cv):
    table, model = by_cv
    assert model.members.verdict.kind == "curve"
    away = np.array(model.predict(table)["prediction"]) - 4.0 * np.sin(np.array(table["x"]))
    assert np.sqrt(np.mean(away**2)) < 0.6


def test_evidence_that_was_asked_for_is_left_alone():
    table = pliant.datasets.sine(n=30, seed=3)
    asked = pliant.fit("y ~ x", table, hidden=2, regularisation="evidence", members=3)
    assert asked.members.strength is None
    assert pliant.fit("y ~ x", table, hidden=2, members=3).members.strength in STRONGER


def test_cross_validation_needs_folds_and_curvature():
    table = pliant.datasets.sine(n=30, seed=3)
    wrong = {
        "members=1": {"members": 1},
        "lm, which": {"optimiser": "lm"},
        "lbfgs": {"optimiser": "lbfgs", "members": 3},
        "adam": {"optimiser": "adam", "members": 3},
        "line": {"hidden": ()},
    }
    for options in wrong.values():
        with pytest.raises(ArgumentError, match="cv"):
            pliant.fit("y ~ x", table, **({"hidden": 2, "regularisation": "cv"} | options))
