"""Intervals of the mean and of a new row: against R, against Student's t, and by how often they hold."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import pliant
from pliant.data.table import read_table
from pliant.errors import ArgumentError, InputError
from pliant.functions.families import FAMILIES
from pliant.inference import intervals
from pliant.inference.delta import mean_effect, places

GOLDEN = Path(__file__).parents[1] / "golden"
RECORDED = json.loads((GOLDEN / "influence.json").read_text())
PENGUINS = pliant.datasets.penguins()


def bounds(frame):
    return np.column_stack([frame[name].to_numpy() for name in ("prediction", "lower", "upper")]).astype(float)


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_intervals_of_a_gaussian_line_are_those_of_r(level):
    cars = pd.read_csv(GOLDEN / "cars.csv")
    model = pliant.fit("dist ~ speed", cars, hidden=())
    r = {kind: RECORDED[f"cars_{kind}_{level}"] for kind in ("confidence", "prediction")}
    new = {"speed": r["prediction"]["speed"]}
    ours = bounds(model.predict(new, interval=level))
    assert np.allclose(ours, r["prediction"]["interval"], rtol=1e-12)
    assert np.allclose(bounds(model.predict_mean_interval(new, level)), r["confidence"]["interval"], rtol=1e-12)


def test_the_predictive_distribution_of_a_gaussian_line_is_student_s_t():
    rng = np.random.default_rng(1)
    for n in (8, 12, 40, 2000):
        x = rng.normal(size=n)
        model = pliant.fit("y ~ x", {"y": x + rng.normal(size=n), "x": x}, hidden=())
        at = places(model, {"x": np.linspace(-6.0, 6.0, 7)})
        eta = mean_effect(model, at.X, at.offset, "link")
        error = eta.errors(model.cov_params())
        mixture = intervals._mixture(model, eta.estimate, error)
        for tail in (0.025, 0.1, 0.975):
            exact = eta.estimate + stats.t.ppf(tail, n - 2) * np.sqrt(model.dispersion + error**2)
            apart = (intervals._quantile(*mixture, tail) - exact) / np.sqrt(model.dispersion + error**2)
            assert float(np.max(np.abs(apart))) < 1e-4


def test_a_bound_of_a_counted_response_is_the_least_count_that_reaches_its_probability():
    y = np.array([0, 2, 1, 4, 3, 7, 6, 9, 15, 12]) * 1.0
    model = pliant.fit("y ~ x", {"y": y, "x": np.arange(10.0)}, family="poisson", hidden=())
    new = read_table({"x": np.array([0.0, 4.0, 9.0, 14.0])})
    at = places(model, new)
    found = intervals.new_row_interval(model, at, 0.9)
    eta = mean_effect(model, at.X, at.offset, "link")
    distribution = intervals._mixture(model, eta.estimate, eta.errors(model.cov_params()))[0]
    for name, tail in (("lower", 0.05), ("upper", 0.95)):
        bound = found[name][:, None]
        assert bool(np.all(bound == np.round(bound)))
        below, upto = distribution(bound)
        assert bool(np.all((below < tail) & (tail <= upto)))


def test_a_single_trial_is_certain_only_where_its_probability_is():
    rng = np.random.default_rng(2)
    x = rng.normal(size=300)
    y = (rng.random(300) < 1 / (1 + np.exp(-3 * x))) * 1.0
    model = pliant.fit("y ~ x", {"y": y, "x": x}, family="binomial", hidden=())
    frame = model.predict({"x": [-5.0, 0.0, 5.0]}, interval=0.95)
    assert bounds(frame)[:, 1:].tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


SIMULATED = {
    "gaussian": lambda rng, eta: eta + rng.normal(size=len(eta)),
    "poisson": lambda rng, eta: rng.poisson(np.exp(eta)) * 1.0,
    "binomial": lambda rng, eta: (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))) * 1.0,
    "gamma": lambda rng, eta: rng.gamma(2.0, np.exp(eta) / 2.0),
    "negative_binomial": lambda rng, eta: rng.poisson(rng.gamma(2.0, np.exp(eta) / 2.0)) * 1.0,
}
LINKS = {"gamma": "log"}


@pytest.mark.parametrize("family", [family for family in SIMULATED if family in FAMILIES])
def test_intervals_of_a_true_line_hold_as_often_as_they_say(family):
    rng = np.random.default_rng(5)
    held, mean_held, times, rows = 0.0, 0.0, 60, 50
    for _ in range(times):
        x = rng.normal(size=2 * rows)
        eta = 0.8 + 0.6 * x
        y = SIMULATED[family](rng, eta)
        options = {"family": family, "link": LINKS.get(family), "hidden": ()}
        model = pliant.fit("y ~ x", {"y": y[:rows], "x": x[:rows]}, **options)
        new = {"x": x[rows:]}
        _, low, high = bounds(model.predict(new, interval=0.95)).T
        held += np.mean((low <= y[rows:]) & (y[rows:] <= high)) / times
        _, low, high = bounds(model.predict_mean_interval(new)).T
        mu = model.likelihood.mean(eta[rows:, None])[:, 0]
        mean_held += np.mean((low <= mu) & (mu <= high)) / times
    assert 0.935 < held <= 1.0
    assert 0.89 < mean_held < 0.99


@pytest.mark.parametrize(("power", "kurtosis"), [(0, 0.0), (1, 1.0), (2, 6.0), (3, 15.0)])
def test_the_tails_of_a_family_follow_from_its_variance(power, kurtosis):
    family = replace(FAMILIES["gaussian"], variance=lambda mu: mu**power)
    mu = np.array([[0.01], [1.0], [300.0]])
    expected = kurtosis * mu ** (power - 2.0) if power else 0.0 * mu
    assert np.allclose(intervals._tails(family, mu), expected, rtol=1e-5)


def test_the_interval_of_a_mean_stays_where_means_can_be():
    rng = np.random.default_rng(3)
    x = rng.normal(size=40)
    y = (rng.random(40) < 1 / (1 + np.exp(-x))) * 1.0
    model = pliant.fit("y ~ x", {"y": y, "x": x}, family="binomial", hidden=())
    new = {"x": [-9.0, 0.0, 9.0]}
    mu, low, high = bounds(model.predict_mean_interval(new)).T
    assert bool(np.all((low > 0) & (low < mu) & (mu < high) & (high < 1)))
    eta = model.predict_mean_interval(new, type="link")
    logits = np.column_stack([eta[name].to_numpy() for name in ("link", "lower", "upper")])
    assert np.allclose(1 / (1 + np.exp(-logits)), np.column_stack([mu, low, high]), rtol=1e-12)


def test_the_interval_of_a_mean_is_straight_where_the_link_ends():
    table = {"y": [1.0, 0.0, 2.0, 3.0, 1.0], "x": [1.0, 2.0, 3.0, 4.0, 5.0]}
    model = pliant.fit("y ~ x", table, family="poisson", link="sqrt", hidden=())
    new = {"x": [-4.0]}
    eta = bounds(model.predict_mean_interval(new, type="link").rename({"link": "prediction"}))[0]
    assert eta[1] < 0.0  # beyond what the link admits
    mu, low, high = bounds(model.predict_mean_interval(new))[0]
    assert low == max(mu - (high - mu), 0.0)


def test_probabilities_of_classes_have_intervals_inside_0_and_1():
    model = pliant.fit("species ~ body_mass_g", PENGUINS, family="multinomial", hidden=())
    frame = model.predict_mean_interval(PENGUINS)
    levels = ("Adelie", "Chinstrap", "Gentoo")
    assert frame.columns[:4] == ["prediction", *(f"probability[{level}]" for level in levels)]
    for level in levels:
        mu, low, high = (frame[f"{stem}[{level}]"].drop_nulls() for stem in ("probability", "lower", "upper"))
        assert bool(((low > 0) & (low < mu) & (mu < high) & (high < 1)).all())
    with pytest.raises(InputError, match="classes have no prediction interval"):
        model.predict(PENGUINS, interval=0.95)


def test_two_classes_have_the_intervals_of_the_logit():
    frame = PENGUINS.drop_nulls("sex")
    logit, classes = (pliant.fit("sex ~ body_mass_g", frame, family=f, hidden=()) for f in ("binomial", "multinomial"))
    one, two = logit.predict_mean_interval(frame), classes.predict_mean_interval(frame)
    for name in ("lower", "upper"):
        assert np.allclose(one[name], two[f"{name}[male]"], rtol=1e-7)


def test_rows_with_missing_values_have_missing_intervals():
    model = pliant.fit("body_mass_g ~ flipper_length_mm + sex", PENGUINS, hidden=())
    for frame in (model.predict(PENGUINS, interval=0.95), model.predict_mean_interval(PENGUINS)):
        assert frame.height == 344
        gone = (PENGUINS["flipper_length_mm"].is_null() | PENGUINS["sex"].is_null()).to_list()
        for name in ("prediction", "lower", "upper"):
            assert frame[name].is_null().to_list() == gone
    assert model.predict(PENGUINS)["prediction"].equals(model.predict(PENGUINS, interval=0.9)["prediction"])
    counted = pliant.fit("year ~ flipper_length_mm", PENGUINS, family="poisson", hidden=())
    assert counted.predict(PENGUINS, interval=0.9)["upper"].null_count() == 2
    assert counted.predict(PENGUINS.head(0), interval=0.9).height == 0


def test_the_index_of_a_pandas_frame_stays():
    frame = pd.DataFrame({"y": [1.0, 2, 4, 5], "x": [1.0, 2, 3, 5]}, index=[7, 3, 9, 1])
    model = pliant.fit("y ~ x", frame, hidden=())
    for found in (model.predict(frame, interval=0.5), model.predict_mean_interval(frame), model.simulate()):
        assert found.index.tolist() == [7, 3, 9, 1]


def test_arrays_are_predicted_with_intervals_too():
    X = np.arange(12.0).reshape(6, 2) ** 2
    model = pliant.fit(X, np.array([1.0, 3, 2, 5, 4, 6]), hidden=())
    assert model.predict(X, interval=0.9).columns == ["prediction", "lower", "upper"]
    assert model.predict_mean_interval(X).columns == ["prediction", "lower", "upper"]


def test_an_interval_that_cannot_be_had_is_refused_with_the_reason():
    table = {"y": [1.0, 2, 4, 5], "x": [1.0, 2, 3, 5]}
    line = pliant.fit("y ~ x", table, hidden=())
    for wrong in (95, 0.0, True, "0.9"):
        with pytest.raises(ArgumentError, match="between 0 and 1"):
            line.predict(table, interval=wrong)
    with pytest.raises(ArgumentError, match="of the response"):
        line.predict(table, type="link", interval=0.9)
    with pytest.raises(InputError, match="single network has no prediction intervals"):
        pliant.fit("y ~ x", table, hidden=2, epochs=3).predict(table, interval=0.9)
    ridge = pliant.fit("y ~ x", table, hidden=(), regularisation=0.1)
    with pytest.raises(InputError, match="no standard errors"):
        ridge.predict(table, interval=0.9)


def test_a_perfect_fit_of_two_rows_has_no_interval():
    table = {"y": [1.0, 2.0], "x": [1.0, 2.0]}
    frame = pliant.fit("y ~ x", table, hidden=()).predict(table, interval=0.9)
    assert frame["lower"].null_count() == 2
