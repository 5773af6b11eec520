"""Leverage, Cook's distance and their kin: against R, statsmodels, and the fit without the row itself."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import OLSInfluence

import pliant
from pliant.errors import InputError
from pliant.functions.families import FAMILIES

GOLDEN = Path(__file__).parents[1] / "golden"
RECORDED = {k: v for k, v in json.loads((GOLDEN / "influence.json").read_text()).items() if "family" in v}
OURS = [name for name, model in RECORDED.items() if model["family"] in FAMILIES]
RNG = np.random.default_rng(11)


def fitted(name):
    said = RECORDED[name]
    frame = pd.read_csv(GOLDEN / said["data"])
    if "tension" in frame:
        frame["tension"] = pd.Categorical(frame["tension"], ["L", "M", "H"])
    options = {"family": said["family"], "link": said["link"], "weights": said.get("weights")}
    return pliant.fit(said["formula"], frame, hidden=(), **options)


def apart(ours, theirs):
    theirs = np.asarray(theirs, dtype=float)
    return float(np.max(np.abs(np.asarray(ours, dtype=float) - theirs)) / np.max(np.abs(theirs)))


@pytest.mark.parametrize("name", OURS)
def test_residuals_and_influence_are_those_of_r(name):
    model, r = fitted(name), RECORDED[name]
    for kind in ("standardised_deviance", "standardised_pearson", "studentised"):
        assert apart(model.residuals(kind)[:8], r[kind]) < 1e-9, kind
    assert apart(model.leverage()[:8], r["hat"]) < 1e-9
    assert apart(model.cooks_distance()[:8], r["cooks_distance"]) < 1e-9
    rows = model.augment().iloc[:8]
    assert apart(rows[".se_fit"], r["se_fit"]) < 1e-9
    assert apart(rows[".std_resid"], r["standardised_deviance"]) < 1e-9
    assert apart(rows[".cooksd"], r["cooks_distance"]) < 1e-9


@pytest.mark.parametrize("name", [name for name in OURS if "dffits" in RECORDED[name]])
def test_leave_one_out_changes_of_a_gaussian_line_are_those_of_r(name):
    model, r = fitted(name), RECORDED[name]
    assert apart(model.dffits()[:8], r["dffits"]) < 1e-9
    assert apart(model.dfbetas()[:8], r["dfbetas"]) < 1e-9
    frame = model.influence()
    moves = frame[[c for c in frame.columns if c.startswith("dfbeta[")]].to_numpy()
    assert apart(moves[:8], r["dfbeta"]) < 1e-9


def test_influence_of_a_gaussian_line_is_that_of_statsmodels():
    x, z = RNG.normal(size=(2, 40))
    y = 1.0 + x - z + RNG.normal(size=40)
    model = pliant.fit("y ~ x + z", {"y": y, "x": x, "z": z}, hidden=())
    peer = OLSInfluence(sm.OLS(y, np.column_stack([np.ones(40), x, z])).fit())
    assert apart(model.leverage(), peer.hat_matrix_diag) < 1e-12
    assert apart(model.cooks_distance(), peer.cooks_distance[0]) < 1e-12
    assert apart(model.dffits(), peer.dffits[0]) < 1e-12
    assert apart(model.dfbetas(), peer.dfbetas) < 1e-12
    assert apart(model.residuals("standardised_pearson"), peer.resid_studentized_internal) < 1e-12
    assert apart(model.residuals("studentised"), peer.resid_studentized_external) < 1e-12


@pytest.mark.parametrize(
    ("family", "peer_family"), [("binomial", sm.families.Binomial), ("poisson", sm.families.Poisson)]
)
def test_influence_of_other_lines_is_that_of_statsmodels(family, peer_family):
    x = RNG.normal(size=80)
    y = (RNG.random(80) < 0.4 + 0.2 * np.tanh(x)) * 1.0 if family == "binomial" else RNG.poisson(np.exp(0.5 + 0.5 * x))
    model = pliant.fit("y ~ x", {"y": y * 1.0, "x": x}, family=family, hidden=())
    peer = sm.GLM(y, sm.add_constant(x), peer_family()).fit(tol=1e-14).get_influence()
    assert apart(model.leverage(), peer.hat_matrix_diag) < 1e-9
    assert apart(model.cooks_distance(), peer.cooks_distance[0]) < 1e-9
    assert apart(model.residuals("standardised_pearson"), peer.resid_studentized) < 1e-9
    moves = model.influence()[["dfbeta[Intercept]", "dfbeta[x]"]].to_numpy()
    assert apart(moves, peer.d_params) < 1e-9
    assert apart(model.dfbetas(), peer.dfbetas) < 1e-9


def without_each(formula, table, n, **options):
    """Fit again without each row: coefficients (n, p), deviance (n,), dispersion (n,)."""
    fits = [
        pliant.fit(formula, {name: np.delete(values, i) for name, values in table.items()}, hidden=(), **options)
        for i in range(n)
    ]
    return np.array([list(fit.coefficients.values()) for fit in fits]), np.array([fit.dispersion for fit in fits])


def test_a_gaussian_line_without_a_row_is_known_exactly_from_the_line_with_it():
    n = 25
    table = {"x": RNG.normal(size=n), "w": RNG.uniform(0.5, 2.0, n)}
    table["y"] = 3.0 - table["x"] + RNG.normal(size=n)
    model = pliant.fit("y ~ x", table, hidden=(), weights="w")
    coefficients, dispersion = without_each("y ~ x", table, n, weights="w")
    full = np.array(list(model.coefficients.values()))
    moves = model.influence()[["dfbeta[Intercept]", "dfbeta[x]"]].to_numpy()
    assert apart(moves, full - coefficients) < 1e-12
    scaled = (full - coefficients) / np.sqrt(dispersion[:, None] * np.diagonal(model.facts.inverse_information))
    assert apart(model.dfbetas(), scaled) < 1e-11
    C = model.cov_params()
    cook = np.einsum("ij,jk,ik->i", full - coefficients, np.linalg.inv(C), full - coefficients) / 2
    assert apart(model.cooks_distance(), cook) < 1e-11
    X = np.column_stack([np.ones(n), table["x"]])
    left = table["y"] - np.einsum("ij,ij->i", X, coefficients)  # of each row about the fit without it
    se = np.sqrt(dispersion / table["w"] / (1 - model.leverage()))
    assert apart(model.residuals("studentised"), left / se) < 1e-11


def test_one_step_is_near_the_logit_without_the_row():
    n = 60
    table = {"x": RNG.normal(size=n)}
    table["y"] = (RNG.random(n) < 1 / (1 + np.exp(-0.3 - table["x"]))) * 1.0
    model = pliant.fit("y ~ x", table, family="binomial", hidden=())
    coefficients, _ = without_each("y ~ x", table, n, family="binomial")
    moves = model.influence()[["dfbeta[Intercept]", "dfbeta[x]"]].to_numpy()
    truth = np.array(list(model.coefficients.values())) - coefficients
    assert np.corrcoef(moves.ravel(), truth.ravel())[0, 1] > 0.995
    assert apart(moves, truth) < 0.3


def test_a_row_with_a_parameter_of_its_own_cannot_be_left_out():
    model = pliant.fit("y ~ x + g", {"y": [1.0, 2, 2, 4, 7], "x": [1.0, 2, 3, 4, 5], "g": list("aaaab")}, hidden=())
    assert model.leverage()[4] == pytest.approx(1.0)
    assert np.isnan(model.cooks_distance()[4])
    assert np.isfinite(model.cooks_distance()[:4]).all()


def test_aliased_columns_have_no_influence():
    x = RNG.normal(size=12)
    frame = {"y": x + RNG.normal(size=12), "x": x, "twice": 2.0 * x}
    model, alone = (pliant.fit(f, frame, hidden=()) for f in ("y ~ x + twice", "y ~ x"))
    assert np.allclose(model.cooks_distance(), alone.cooks_distance(), rtol=1e-12)
    assert np.isnan(model.influence()["dfbeta[twice]"].to_numpy(allow_copy=True).astype(float)).all()


def test_influence_is_that_of_a_line_with_one_response():
    penguins = pliant.datasets.penguins()
    network = pliant.fit("body_mass_g ~ flipper_length_mm", penguins, hidden=2, epochs=3)
    classes = pliant.fit("species ~ body_mass_g", penguins, family="multinomial", hidden=())
    for model in (network, classes):
        for ask in (model.influence, model.leverage, model.cooks_distance, model.dffits, model.dfbetas):
            with pytest.raises(InputError, match="exact line with one linear predictor"):
                ask()


def test_influence_names_the_rows_of_the_table():
    model = pliant.fit("body_mass_g ~ flipper_length_mm", pliant.datasets.penguins(), hidden=())
    frame = model.influence()
    assert frame.height == 342
    assert frame["row"].to_list()[:4] == [0, 1, 2, 4]


def test_of_a_row_with_a_frequency_one_is_left_out():
    table = {"x": RNG.normal(size=15), "f": 1.0 + np.arange(15) % 3}
    table["y"] = table["x"] + RNG.normal(size=15)
    rows = np.repeat(np.arange(15), table["f"].astype(int))
    counted = pliant.fit("y ~ x", table, frequencies="f", hidden=())
    repeated = pliant.fit("y ~ x", {name: values[rows] for name, values in table.items()}, hidden=())
    first = np.unique(rows, return_index=True)[1]
    for ask in ("leverage", "cooks_distance", "dffits", "dfbetas"):
        assert apart(getattr(counted, ask)(), getattr(repeated, ask)()[first]) < 1e-11
    for kind in ("standardised_deviance", "studentised", "quantile"):
        assert apart(counted.residuals(kind), repeated.residuals(kind)[first]) < 1e-8
