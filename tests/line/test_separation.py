"""Separation is caught and named, against certificates in rational arithmetic; ordinary fits pay nothing for it."""

import importlib.util
import pickle
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import pliant
from pliant.errors import ConvergenceError, SeparationError
from pliant.functions.families import FAMILIES
from pliant.functions.likelihood import likelihood
from pliant.line import separation
from pliant.line.cone import interval
from pliant.line.separation import Watch, find_separation
from pliant.optimisers.irls import fit_line

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "separation.py"


@pytest.fixture(scope="module")
def simulated():
    """The module that simulates tables and proves what is true of them."""
    spec = importlib.util.spec_from_file_location("simulated_separation", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("family", ["binomial", "multinomial", "poisson"])
def test_each_simulated_table_is_judged_as_proved(simulated, family):
    kinds = Counter()
    for seed in range(1000, 1030):
        case = simulated.simulate(seed, family)
        proved = simulated.truth(case)
        assert simulated.answer(case) == proved, f"seed {seed}: {case.formula}"
        kinds[proved.kind] += 1
    assert kinds["overlap"] >= 5
    assert kinds["quasi-complete"] >= 3


def named(formula, table, **options):
    with pytest.raises(SeparationError) as caught:
        pliant.fit(formula, table, hidden=(), **options)
    return caught.value


def test_complete_separation_names_all_columns_and_a_direction_that_separates():
    x, z = np.arange(8.0), np.array([3.0, 1, 2, 2, 3, 1, 2, 2])
    y = (x > 3.5) * 1.0
    said = named("y ~ x + z", {"y": y, "x": x, "z": z}, family="binomial")
    assert said.kind == "complete"
    assert said.columns == ("Intercept", "x", "z")
    gain = said.direction["Intercept"] + said.direction["x"] * x + said.direction.get("z", 0.0) * z
    assert np.all(gain[y == 1] > 0)
    assert np.all(gain[y == 0] < 0)
    assert "complete separation: the coefficients of Intercept, x, z run off" in str(said)
    assert "regularisation='firth'" in str(said)
    assert "\n" not in str(said)


def test_an_empty_cell_names_its_level_alone():
    table = {"y": [0, 1, 0, 1, 1, 1, 1, 0, 0], "g": list("aaaabbbcc"), "x": [1, 2, 4, 3, 1, 2, 3, 2, 4]}
    table["y"][7:] = [1, 0]
    said = named("y ~ g + x", table, family="binomial", link="probit")
    assert (said.kind, said.columns) == ("quasi-complete", ("g[T.b]",))
    assert "3 of the 9 rows" in str(said)
    assert "firth" not in str(said)  # which is for the logit


def test_zeros_of_counts_name_their_level():
    said = named("y ~ g", {"y": [1, 2, 0, 0, 0, 3], "g": list("aabbbc")}, family="poisson")
    assert said.columns == ("g[T.b]",)
    assert said.direction == {"g[T.b]": -1.0}
    assert "3 rows with response 0 from the others" in str(said)


def test_a_class_that_stands_apart_is_named_by_class():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=40), 10.0 + rng.random(10)])
    y = np.array([*rng.choice(["p", "q"], 40), *["r"] * 10])
    said = named("y ~ x", {"y": y, "x": x}, family="multinomial")
    assert said.columns == ("r: Intercept", "r: x")
    assert "Intercept, x (r) run off" in str(said)


def test_a_response_without_variation_keeps_its_own_sentence():
    said = named("y ~ x", {"y": [1.0, 1, 1], "x": [1.0, 2, 4]}, family="binomial")
    assert str(said).startswith("the response is 1 in every row")


def test_aliased_columns_and_rows_without_weight_take_no_part():
    table = {"y": [0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 0], "w": [1, 1, 1, 1, 0], "twice": [2.0, 4, 6, 8, 0]}
    assert named("y ~ x + twice", table, family="binomial", weights="w").columns == ("Intercept", "x")
    with_weight = table | {"w": [1, 1, 1, 1, 1]}
    assert np.isfinite(pliant.fit("y ~ x", with_weight, family="binomial", hidden=(), weights="w").deviance)


def test_a_table_on_the_verge_of_separation_is_fitted():
    x = np.concatenate([np.linspace(-1, -0.1, 30), [1e-6, -1e-6], np.linspace(0.1, 1, 30)])
    y = np.concatenate([np.zeros(31), np.ones(31)])
    model = pliant.fit("y ~ x", {"y": y, "x": x}, family="binomial", hidden=())
    assert np.max(np.abs(model.linear_predictor(model.arrays.X, model.arrays.offset))) > 30.0
    pushed = x.copy()
    pushed[30:32] = [-1e-6, 1e-6]
    assert named("y ~ x", {"y": y, "x": pushed}, family="binomial").kind == "complete"


@pytest.mark.parametrize("kind", ["overlap", "quasi-complete", "complete"])
def test_a_tall_table_is_searched_by_a_few_of_its_rows(kind):
    rng = np.random.default_rng(3)
    n, p = 20_000, 8
    X = np.column_stack([np.ones(n), rng.normal(size=(n, p - 1))])
    eta = X @ rng.normal(size=p)
    y = ((eta > 0.0) if kind == "complete" else (eta + rng.logistic(size=n) > 0.0)) * 1.0
    if kind == "quasi-complete":
        X[:, 3] = (rng.random(n) < 1e-3) & (y == 1.0)
    found = find_separation(likelihood("binomial"), X, y[:, None])
    if kind == "overlap":
        assert found is None
    else:
        assert found.kind == kind
        assert np.flatnonzero(found.runs_off).tolist() == (list(range(p)) if kind == "complete" else [3])


def test_a_separated_fit_stops_early():
    x = np.arange(10.0)
    y, X, ones = (x > 4.5)[:, None] * 1.0, np.column_stack([np.ones(10), x]), np.ones(10)
    watch = Watch(likelihood("binomial"), X, y, ones, np.zeros(2, dtype=bool))
    line = fit_line(likelihood("binomial"), X, y, ones, np.zeros(10), watch=watch)
    assert watch.found is not None
    assert line.steps < 30


def test_an_ordinary_fit_is_not_searched(monkeypatch):
    def refuse(*_):
        raise AssertionError("searched")

    monkeypatch.setattr(separation, "find_separation", refuse)
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    for family, y in (("binomial", rng.random(200) < 1 / (1 + np.exp(-x))), ("poisson", rng.poisson(np.exp(x)))):
        pliant.fit("y ~ x", {"y": y * 1.0, "x": x}, family=family, hidden=())


PAIRS = [(family.name, link) for family in FAMILIES.values() for link in family.links if family.coding != "classes"]


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_a_level_at_an_end_runs_off_where_the_link_has_no_end(family, link):
    chosen = likelihood(family, link)
    X = np.column_stack([np.ones(9), np.repeat([0.0, 1.0, 0.0], 3)])
    for end in interval(chosen):
        y = np.where(X[:, 1:] == 1.0, end, [[0.25], [0.5], [0.75]] * 3)
        if not np.all(np.isfinite(y)) or not np.all(chosen.family.admits(y)):
            continue
        with np.errstate(divide="ignore"):
            runs = np.isinf(chosen.link.link(np.array(end)))
        found = find_separation(chosen, X, y)
        assert (found is not None) == runs
        assert found is None or found.runs_off[:, 0].tolist() == [False, True]


def test_a_separation_error_survives_pickling():
    said = named("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2, 3, 4]}, family="binomial")
    again = pickle.loads(pickle.dumps(said))
    assert isinstance(again, ConvergenceError)
    assert (str(again), again.columns, again.direction) == (str(said), said.columns, said.direction)
