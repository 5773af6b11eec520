"""The check of a model: what it suspects, what it lets pass, and in what words."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import kstest

import pliant
from pliant.errors import ArgumentError, InputError
from pliant.inference.check import holm
from pliant.inference.check_picture import simultaneous_band
from pliant.inference.measures import Measures, distance_from_uniform, least_level, orders
from pliant.inference.replicas import MOST_ROWS, checked_rows, replicas

N = 200


def columns(seed=2, n=N):
    rng = np.random.default_rng(seed)
    return rng, {"x": rng.uniform(-1.0, 1.0, n), "z": rng.normal(size=n)}


def fitted(y, table, formula="y ~ x + z", **options):
    return pliant.fit(formula, {**table, "y": y}, **({"hidden": ()} | options))


def true_model(family):
    rng, t = columns()
    eta = 0.5 + t["x"] - 0.3 * t["z"]
    y = {
        "gaussian": lambda: eta + rng.normal(size=N),
        "poisson": lambda: rng.poisson(np.exp(eta)) * 1.0,
        "binomial": lambda: (rng.random(N) < 1.0 / (1.0 + np.exp(-eta))) * 1.0,
        "multinomial": lambda: np.where(rng.random(N) < 1.0 / (1.0 + np.exp(-eta)), "b", "a"),
    }[family]()
    return fitted(y, t, family=family)


@pytest.fixture(scope="module")
def overdispersed():
    rng, t = columns()
    return fitted(rng.poisson(np.exp(1.0 + t["x"]) * rng.gamma(1.0, 1.0, N)) * 1.0, t, family="poisson")


# What is suspected, and what is not ------------------------------------------------------------------


@pytest.mark.parametrize("family", ["gaussian", "poisson", "binomial", "multinomial"])
def test_a_true_model_raises_no_alarm(family):
    check = true_model(family).check()
    assert check.passed
    assert check.alarms == ()
    assert check.verdict.startswith(f"Nothing speaks against the {family} line")


def test_counts_that_scatter_more_than_poisson_are_found(overdispersed):
    check = overdispersed.check()
    assert "dispersion" in check.alarms
    test = check["dispersion"]
    pearson = np.sum(overdispersed.residuals("pearson") ** 2) / overdispersed.df_residual
    assert test.statistic == pytest.approx(pearson, rel=0.05)
    assert check.verdict.startswith(
        f"The counts scatter {test.statistic:.1f} times as much as poisson says (p <= 0.008)"
    )


def test_counts_that_scatter_less_are_found_too():
    rng, t = columns()
    y = rng.binomial(10, 0.4 + 0.1 * t["x"]) * 1.0
    check = fitted(y, t, family="poisson").check()
    assert "dispersion" in check.alarms
    assert "scatter only" in check["dispersion"].sentence


def test_too_many_zeros_are_counted():
    rng, t = columns()
    y = rng.poisson(np.exp(2.0 + 0.3 * t["x"])) * (rng.random(N) < 0.8)
    check = fitted(y, t, family="poisson").check()
    assert "zeros" in check.alarms
    assert f"There are {int(np.sum(y == 0.0))} zeros where poisson expects" in check.verdict


@pytest.mark.parametrize("curve", [lambda x: 2.0 * x**2, lambda x: np.sin(4.0 * x)])
def test_a_missed_curve_is_found_with_its_column(curve):
    rng, t = columns()
    y = curve(t["x"]) + 0.5 * rng.normal(size=N)
    check = fitted(y, t).check()
    assert check.alarms[0] == "curvature"
    assert "bend along x (p <= 0.004)" in check.verdict
    assert "bs(x, df=4)" in check.verdict
    assert fitted(y, t, "y ~ bs(x, df=7) + z").check().passed


def test_a_missed_curve_of_a_0_1_response_is_found():
    rng, t = columns()
    y = (rng.random(N) < 1.0 / (1.0 + np.exp(2.0 - 5.0 * t["x"] ** 2))) * 1.0
    check = fitted(y, t, family="binomial").check()
    assert check.alarms[0] == "curvature"
    labels = np.where(y > 0.5, "yes", "no")
    assert fitted(labels, t, family="multinomial").check().alarms[0] == "curvature"


def test_scatter_that_grows_is_found():
    rng, t = columns()
    check = fitted(9.0 + 2.0 * t["x"] + np.exp(t["x"]) * rng.normal(size=N), t).check()
    assert "spread" in check.alarms
    assert "more scatter than small ones" in check["spread"].sentence


def test_one_wild_row_is_named_by_its_number():
    rng, t = columns()
    y = t["x"] + rng.normal(size=N)
    y[16] = 12.0
    check = fitted(y, t).check()
    assert check.verdict.startswith("Row 17 lies farther out")
    assert check.rows.at[check.far].tolist() == [16]


# What is measured ------------------------------------------------------------------------------------


def test_quantile_residuals_are_those_of_the_family():
    model = true_model("gaussian")
    z = model.residuals("response") / np.sqrt(model.dispersion)
    from scipy.special import ndtri

    assert np.allclose(ndtri(model.check().residuals), z, atol=1e-9)


def test_the_distance_from_uniform_is_kolmogorovs():
    u = np.random.default_rng(0).random(37) ** 1.3
    assert distance_from_uniform(u) == pytest.approx(kstest(u, "uniform").statistic, abs=1e-15)


def test_the_band_of_the_sorted_residuals_holds_what_its_level_says():
    rng = np.random.default_rng(0)
    n = 50
    levels = np.array([least_level(rng.random(n)) for _ in range(400)])
    assert 0.0 < np.quantile(levels, 0.05) < 0.05  # narrower than pointwise, wider than Bonferroni
    assert np.quantile(levels, 0.05) > 0.05 / n
    assert orders(50)[0] == 1
    assert orders(50)[-1] == 50


def test_a_band_holds_its_share_of_curves_from_end_to_end():
    curves = np.cumsum(np.random.default_rng(0).normal(size=(400, 30)), axis=1)
    low, high = simultaneous_band(curves)
    assert np.mean(np.all((curves >= low) & (curves <= high), axis=1)) == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("family", ["gaussian", "poisson", "binomial", "multinomial"])
def test_simulated_tables_are_fitted_again(family):
    model = true_model(family)
    rng = np.random.default_rng(3)
    rows = checked_rows(model, rng)
    _, t = columns()
    levels = np.array(model.design.response.levels)
    (ys, means), *_ = replicas(model, rows, 3, rng)
    for y, mu in zip(ys, means, strict=True):
        response = levels[np.argmax(y, axis=1)] if family == "multinomial" else y[:, 0]
        again = fitted(response, t, family=family).fitted_values()
        moved = np.max(np.abs(again - rows.mu))
        assert np.max(np.abs(again - mu)) < 0.02 * moved


def test_weights_and_offset_are_respected():
    rng, t = columns()
    trials = rng.integers(2, 9, N)
    exposure = rng.uniform(0.5, 20.0, N)
    share = rng.binomial(trials, 0.3) / trials
    check = fitted(share, {**t, "w": trials * 1.0}, family="binomial", weights="w").check()
    assert check.passed
    assert "dispersion" in [test.name for test in check.tests]
    y = rng.poisson(exposure * np.exp(0.2 * t["x"])) * 1.0
    with_offset = fitted(y, {**t, "e": np.log(exposure)}, family="poisson", offset="e")
    assert with_offset.check().passed
    assert "dispersion" in fitted(y, t, family="poisson").check().alarms
    zero = np.where(np.arange(N) < 50, 0.0, 1.0)
    y[:50] = 1000.0  # rows without weight are not looked at
    unseen = fitted(y, {**t, "e": np.log(exposure), "w": zero}, family="poisson", offset="e", weights="w").check()
    assert (unseen.passed, unseen.rows.n) == (True, N - 50)


def test_aliased_columns_do_no_harm():
    rng, t = columns()
    check = fitted(t["x"] + rng.normal(size=N), {**t, "twice": 2.0 * t["x"]}, "y ~ x + twice + z").check()
    assert check.passed


def test_p_values_are_adjusted_as_holm_has_it():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "b": 0.06, "c": 0.06}
    assert holm({"a": 0.5, "b": 0.9}) == {"a": 1.0, "b": 1.0}


def test_the_same_seed_gives_the_same_check_and_another_seed_another(overdispersed):
    first, again, other = overdispersed.check(), overdispersed.check(), overdispersed.check(seed=1)
    assert str(first) == str(again)
    assert np.array_equal(first.residuals, again.residuals)
    assert not np.array_equal(first.residuals, other.residuals)


def test_of_very_many_rows_a_part_is_looked_at(monkeypatch):
    monkeypatch.setattr("pliant.inference.replicas.MOST_ROWS", 150)
    check = true_model("poisson").check()
    assert check.rows.n == 150
    assert "a random 150 of the 200 rows were looked at" in check.notes
    assert MOST_ROWS > 150


# What is not asked, and what is refused --------------------------------------------------------------


def test_a_0_1_response_is_not_asked_for_its_scatter():
    check = true_model("binomial").check()
    assert [test.name for test in check.tests] == ["curvature", "calibration", "outliers"]
    assert check.residuals is None
    assert "only its probabilities can be wrong" in check.notes[0]


def test_a_model_of_the_intercept_has_nothing_to_bend_along():
    rng, t = columns(seed=3)
    check = fitted(rng.normal(size=N), t, "y ~ 1").check()
    assert [test.name for test in check.tests] == ["outliers", "uniformity"]
    assert check.passed


def test_a_network_is_checked_and_says_what_its_check_is_worth():
    rng, t = columns()
    y = np.sin(4.0 * t["x"]) + 0.5 * rng.normal(size=N)
    check = fitted(y, t, hidden=8, epochs=800, learning_rate=0.03).check()
    assert check.passed
    assert "not fitted anew" in check.notes[0]
    lazy = fitted(y, t, hidden=1, epochs=1).check()
    assert "curvature" in lazy.alarms
    assert "more hidden units" in lazy.verdict


def test_a_line_with_a_penalty_is_checked():
    rng, t = columns()
    check = fitted(t["x"] + rng.normal(size=N), t, regularisation=0.01).check()
    assert check.passed
    assert "penalty" in check.notes[0]


def test_what_cannot_be_checked_is_said(tmp_path):
    model = true_model("gaussian")
    with pytest.raises(ArgumentError, match="too few to judge by; give at least 199"):
        model.check(n=50)
    with pytest.raises(InputError, match="leave nothing to check"):
        pliant.fit("y ~ x", {"x": [1.0, 2.0], "y": [1.0, 3.0]}, hidden=()).check()
    X, y = np.arange(24.0).reshape(12, 2), np.random.default_rng(0).normal(size=(12, 2))
    with pytest.raises(InputError, match="one response"):
        pliant.fit(X, y, hidden=2, epochs=2).check()
    model.save(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="holds no data"):
        pliant.load(tmp_path / "m.pliant").check()


# Words -----------------------------------------------------------------------------------------------


def test_the_words_come_as_text_html_and_frame(overdispersed):
    check = overdispersed.check()
    text, html, frame = str(check), check._repr_html_(), check.to_frame()
    assert text.index("The counts scatter") < text.index("simulated, 95 %")
    assert "<table>" in html
    assert "The counts scatter" in html
    assert isinstance(frame, pl.DataFrame)
    assert frame["test"].to_list() == ["curvature", "dispersion", "zeros", "outliers", "uniformity"]
    assert frame["alarm"].to_list() == [t.alarm for t in check.tests]
    assert all(t.sentence.endswith(".") for t in check.tests)
    with pytest.raises(InputError, match="'spread' was not asked"):
        check["spread"]


def test_every_statistic_lies_among_those_of_its_own_tables():
    model = true_model("poisson")
    check = model.check(seed=5)
    assert set(check.alarms) == set()
    for test in check.tests:
        assert len(test.simulated) == 249
        assert test.expected[0] <= np.median(test.simulated) <= test.expected[1]
    assert set(Measures(model, check.rows).asked) == {test.name for test in check.tests}


def test_a_frequency_counts_as_so_many_rows():
    rng = np.random.default_rng(4)
    x = rng.uniform(-1.0, 1.0, 80)
    counts = rng.integers(1, 4, 80)
    table = {"x": x, "y": rng.poisson(np.exp(1.0 + x)), "n": counts}
    check = pliant.fit("y ~ x", table, family="poisson", hidden=(), frequencies="n").check()
    assert len(check.residuals) == counts.sum()


def test_a_family_without_a_distribution_is_refused():
    table = {"x": np.arange(30.0), "y": np.arange(30) % 5}
    model = pliant.fit("y ~ x", table, family="quasipoisson", hidden=())
    with pytest.raises(InputError, match="quasipoisson has no distribution"):
        model.check()
