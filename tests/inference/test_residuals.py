"""Residuals of every kind, and responses drawn anew."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

import pliant
from pliant.errors import ArgumentError, InputError
from pliant.inference.simulate import draw_responses

PENGUINS = pliant.datasets.penguins()


def drawn(family, n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    if family == "gaussian":
        y = 1.0 + x + 0.7 * rng.normal(size=n)
    elif family == "poisson":
        y = rng.poisson(np.exp(0.3 + 0.5 * x)) * 1.0
    else:
        y = (rng.random(n) < 1 / (1 + np.exp(-x))) * 1.0
    return {"y": y, "x": x}


@pytest.mark.parametrize("family", ["gaussian", "poisson", "binomial"])
@pytest.mark.parametrize("options", [{"hidden": ()}, {"hidden": 2, "epochs": 60}], ids=["line", "network"])
def test_quantile_residuals_of_a_true_model_are_standard_normal(family, options):
    model = pliant.fit("y ~ x", drawn(family, 2000, 3), family=family, **options)
    left = model.residuals("quantile")
    assert stats.kstest(left, "norm").pvalue > 0.01
    assert np.mean(left**2) == pytest.approx(1.0, abs=0.1)


def test_quantile_residuals_show_what_a_poisson_line_cannot_hold():
    rng = np.random.default_rng(8)
    x = rng.normal(size=1500)
    y = rng.poisson(np.exp(x) * rng.gamma(2.0, 0.5, 1500)) * 1.0
    model = pliant.fit("y ~ x", {"y": y, "x": x}, family="poisson", hidden=())
    assert np.std(model.residuals("quantile")) > 1.2


def test_quantile_residuals_of_a_gaussian_line_are_the_residuals_over_their_deviation():
    model = pliant.fit("body_mass_g ~ flipper_length_mm", PENGUINS, hidden=())
    expected = model.residuals("response") / np.sqrt(model.dispersion)
    assert float(np.max(np.abs(model.residuals("quantile") - expected))) < 1e-9


def test_quantile_residuals_are_drawn_by_the_seed_where_the_response_is_counted():
    model = pliant.fit("y ~ x", drawn("poisson", 100, 1), family="poisson", hidden=())
    first, again, other = (model.residuals("quantile", seed=s) for s in (0, 0, 1))
    assert bool(np.array_equal(first, again))
    assert not np.array_equal(first, other)


def test_quantile_residuals_of_trials_use_the_trials():
    rng = np.random.default_rng(2)
    trials = rng.integers(5, 40, 800)
    x = rng.normal(size=800)
    s = rng.binomial(trials, 1 / (1 + np.exp(-x)))
    model = pliant.fit("cbind(s, f) ~ x", {"s": s, "f": trials - s, "x": x}, family="binomial", hidden=())
    assert stats.kstest(model.residuals("quantile"), "norm").pvalue > 0.01


def test_a_row_without_weight_has_no_quantile_residual_and_no_simulated_response():
    table = {"y": [1.0, 2.0, 4.0, 3.0], "x": [1.0, 2.0, 3.0, 4.0], "w": [1.0, 0.0, 2.0, 1.0]}
    model = pliant.fit("y ~ x", table, hidden=(), weights="w")
    assert np.isnan(model.residuals("quantile")).tolist() == [False, True, False, False]
    assert model.simulate()["sim_1"].is_null().to_list() == [False, True, False, False]


def test_classes_have_response_residuals_only():
    model = pliant.fit("species ~ body_mass_g", PENGUINS, family="multinomial", hidden=())
    for kind in ("quantile", "studentised", "pearson"):
        with pytest.raises(InputError, match=f"no {kind} residuals"):
            model.residuals(kind)


def test_a_network_has_no_standardised_residuals():
    network = pliant.fit("body_mass_g ~ flipper_length_mm", PENGUINS, hidden=2, epochs=3)
    for kind in ("standardised_deviance", "standardised_pearson", "studentised"):
        with pytest.raises(InputError, match="exact line"):
            network.residuals(kind)


@pytest.mark.parametrize("family", ["gaussian", "poisson", "binomial"])
@pytest.mark.parametrize("options", [{"hidden": ()}, {"hidden": 2, "epochs": 20}], ids=["line", "network"])
def test_simulated_responses_scatter_about_the_fitted_means_as_the_family_says(family, options):
    model = pliant.fit("y ~ x", drawn(family, 60, 5), family=family, **options)
    many = draw_responses(model, 4000, seed=1)[:, :, 0].T
    mu = model.fitted_values()
    variance = model.dispersion * model.likelihood.family.variance(mu)[:, 0]
    z = (many.mean(axis=1) - mu[:, 0]) / np.sqrt(variance / 4000)
    assert float(np.max(np.abs(z))) < 4.5
    assert np.mean(many.var(axis=1) / variance) == pytest.approx(1.0, abs=0.05)


def test_a_line_fitted_to_simulated_responses_comes_back_on_average():
    table = drawn("poisson", 150, 9)
    model = pliant.fit("y ~ x", table, family="poisson", hidden=())
    sims = model.simulate(60, seed=4)
    found = [
        list(pliant.fit("y ~ x", {**table, "y": sims[c]}, family="poisson", hidden=()).coefficients.values())
        for c in sims.columns
    ]
    error = np.std(found, axis=0) / 60**0.5
    z = (np.mean(found, axis=0) - np.array(list(model.coefficients.values()))) / error
    assert float(np.max(np.abs(z))) < 3.5
    assert np.std(found, axis=0)[1] == pytest.approx(model.standard_errors["x"], rel=0.25)


def test_simulated_frames_lie_beside_the_training_table():
    line = pliant.fit("sex ~ body_mass_g", PENGUINS, family="binomial", hidden=())
    frame = line.simulate(3, seed=2)
    assert frame.columns == ["sim_1", "sim_2", "sim_3"]
    assert frame.height == PENGUINS.height
    assert bool((frame["sim_1"].is_null() == (PENGUINS["sex"].is_null() | PENGUINS["body_mass_g"].is_null())).all())
    assert set(frame["sim_1"].drop_nulls()) == {"female", "male"}
    assert frame.equals(line.simulate(3, seed=2))
    assert not frame.equals(line.simulate(3, seed=3))
    indexed = PENGUINS.to_pandas().set_index(np.arange(344) + 1000)
    assert line.simulate().height == 344
    assert pliant.fit("sex ~ body_mass_g", indexed, family="binomial", hidden=()).simulate().index[0] == 1000


def test_classes_are_simulated_as_levels():
    model = pliant.fit("species ~ body_mass_g", PENGUINS, family="multinomial", hidden=())
    sims = model.simulate(400, seed=0)
    share = np.mean([(sims[c] == "Gentoo").drop_nulls().mean() for c in sims.columns])
    assert share == pytest.approx((PENGUINS.drop_nulls("body_mass_g")["species"] == "Gentoo").mean(), abs=0.005)


def test_true_and_false_are_simulated_as_such():
    frame = pl.DataFrame({"y": [True, False, True, True, False, False], "x": [1.0, 2, 3, 4, 5, 6]})
    assert pliant.fit("y ~ x", frame, family="binomial", hidden=()).simulate()["sim_1"].dtype == pl.Boolean


def test_trials_are_simulated_as_the_share_of_successes():
    frame = {"s": [3, 4, 9], "f": [7, 6, 1], "x": [1.0, 2.0, 3.0]}
    sims = pliant.fit("cbind(s, f) ~ x", frame, family="binomial", hidden=()).simulate(20)
    assert bool(np.all(np.abs(sims.to_numpy() * 10 - np.round(sims.to_numpy() * 10)) < 1e-12))


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_the_number_of_simulations_is_a_whole_number(n):
    with pytest.raises(ArgumentError, match="whole number"):
        pliant.fit("y ~ x", drawn("gaussian", 9, 0), hidden=()).simulate(n)


def test_without_a_dispersion_nothing_is_drawn():
    model = pliant.fit("y ~ x", {"y": [1.0, 3.0], "x": [1.0, 2.0]}, hidden=())
    for ask in (model.simulate, lambda: model.residuals("quantile")):
        with pytest.raises(InputError, match="2 parameters for 2 rows"):
            ask()


def test_rows_with_frequencies_are_not_simulated():
    table = {"y": [1.0, 3.0, 2.0, 5.0], "x": [1.0, 2.0, 3.0, 4.0], "f": [1, 2, 1, 3]}
    with pytest.raises(InputError, match="each row repeated"):
        pliant.fit("y ~ x", table, frequencies="f", hidden=()).simulate()
