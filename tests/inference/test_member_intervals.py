"""Intervals of a model with members: against their definition, from a file, and by how often they hold."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import pliant
from pliant.data.table import read_table
from pliant.ensemble.conformal import rank_ends
from pliant.ensemble.spread import scales_at
from pliant.errors import ArgumentError, InputError, PliantWarning
from pliant.inference.jackknife import jackknife_errors, member_eta

SINE = pliant.datasets.sine(n=40, seed=2)
NEW = {"x": [-1.0, 0.3, 2.0]}


@pytest.fixture(scope="module")
def model():
    return pliant.fit("y ~ x", SINE, hidden=3, members=5)


def of(frame, *names):
    return np.array([frame[name].to_list() for name in names], dtype=float)


@pytest.mark.parametrize("share", [1.0, 0.4, 0.0])
def test_bounds_are_the_order_statistics_of_what_the_members_missed(model, share):
    shrunk = replace(model, members=replace(model.members, share=share))
    new = {"x": [-1.0, 0.3, 2.0]}
    rows = model.design.matrix(read_table(new))
    curves = [
        replace(model, network=model.members.network, parameters=p).linear_predictor(rows.X, rows.offset)[:, 0]
        for p in model.members.parameters
    ]
    scaling, inputs = model.design.scaling, model.design.inputs(rows.X)
    lines = [
        (inputs @ b[1:, 0] + b[0, 0]) * scaling.response_scale[0] + scaling.response_centre[0]
        for b in model.members.lines
    ]
    centres = np.array([line + share * (curve - line) for curve, line in zip(curves, lines, strict=True)])
    at, R = centres[model.members.folds], model.members.scores[:, None]
    low, high = rank_ends(40, 0.9)
    wanted = [np.sort(at - R, axis=0)[low - 1], np.sort(at + R, axis=0)[high - 1]]
    np.testing.assert_allclose(of(shrunk.predict(new, interval=0.9), "lower", "upper"), wanted, rtol=1e-12)


def test_member_lines_are_those_of_their_rows(model):
    x, y = np.array(SINE["x"]), np.array(SINE["y"])
    scaling = model.design.scaling
    for k, line in enumerate(model.members.lines):
        seen = model.members.folds != k
        slope, intercept = np.polyfit(x[seen], y[seen], 1)
        ours = scaling.unscale(line[1:], line[0])
        np.testing.assert_allclose([ours[0][0, 0], ours[1][0]], [slope, intercept], rtol=1e-9)


def test_intervals_hold_a_new_row_about_as_often_as_they_say():
    held = []
    for seed in range(30):
        table, new = pliant.datasets.sine(n=50, seed=seed), pliant.datasets.sine(n=200, seed=1000 + seed)
        frame = pliant.fit("y ~ x", table, hidden=3, members=5, seed=seed).predict(new, interval=0.95)
        lower, upper = of(frame, "lower", "upper")
        y = np.array(new["y"])
        held.append(np.mean((lower <= y) & (y <= upper)))
    assert np.mean(held) >= 0.93
    assert np.mean(held) <= 0.99


def test_counts_have_whole_bounds():
    rng = np.random.default_rng(5)
    x = rng.uniform(-2.0, 2.0, 80)
    table = {"x": x, "n": rng.poisson(np.exp(1.0 + np.sin(2.0 * x)))}
    found = pliant.fit("n ~ x", table, family="poisson", hidden=3, members=5).predict(table, interval=0.9)
    lower, upper = of(found, "lower", "upper")
    assert np.array_equal([lower, upper], np.round([lower, upper]))
    assert np.mean((lower <= table["n"]) & (table["n"] <= upper)) >= 0.88


def test_a_file_and_a_missing_value(model, tmp_path):
    model.save(tmp_path / "m.pliant")
    again = pliant.load(tmp_path / "m.pliant")
    new = {"x": [0.5, None]}
    ours, theirs = (m.predict(new, interval=0.95, method="cv+") for m in (model, again))
    assert ours.equals(theirs)
    assert ours["lower"].to_list()[1] is None
    assert ours["lower"][0] < ours["prediction"][0] < ours["upper"][0]


def test_too_few_rows_for_the_level_give_infinite_bounds_and_say_so():
    model = pliant.fit("y ~ x", SINE[:12], hidden=2)
    assert "12 rows are too few for 95% intervals" in " ".join(model.notes)
    with pytest.warns(PliantWarning, match="12 rows are too few for an interval of 0.95.*allow is 0.92") as said:
        frame = model.predict(SINE[:2], interval=0.95)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert np.all(np.isneginf(frame["lower"].to_list()))
    assert np.all(np.isposinf(frame["upper"].to_list()))
    assert np.all(np.isfinite(of(model.predict(SINE[:2], interval=0.92), "lower", "upper")))
    assert np.all(np.isfinite(of(model.predict(SINE[:2], interval=0.95, method="laplace"), "lower", "upper")))


def test_split_bounds_lie_about_the_prediction(model):
    frame = model.predict(SINE[:3], interval=0.9, method="split")
    prediction, lower, upper = of(frame, "prediction", "lower", "upper")
    reach = np.sort(model.members.scores)[rank_ends(40, 0.9)[1] - 1]
    np.testing.assert_allclose([prediction - lower, upper - prediction], np.full((2, 3), reach), rtol=1e-12)


def test_a_network_that_held_rows_out_has_split_bounds_and_sets_from_a_file_too(tmp_path):
    x = np.linspace(-3.0, 3.0, 200)
    table = {"x": x, "y": np.sin(x) + 0.1 * np.random.default_rng(0).standard_normal(200), "up": (x > 0.0) * 1}
    one = pliant.fit("y ~ x", table, hidden=3, optimiser="adam", validation=0.2, epochs=50)
    rows = one.held_out
    misses = np.sort(np.abs(rows.y - one.linear_predictor(rows.X, rows.offset))[:, 0])
    prediction, lower, upper = of(one.predict(NEW, interval=0.9), "prediction", "lower", "upper")
    np.testing.assert_allclose([prediction - lower, upper - prediction], np.full((2, 3), misses[36]), rtol=1e-12)
    one.save(tmp_path / "one.pliant")
    assert pliant.load(tmp_path / "one.pliant").predict(NEW, interval=0.9).equals(one.predict(NEW, interval=0.9))
    sure = pliant.fit("up ~ x", table, family="binomial", hidden=2, optimiser="adam", validation=0.3, epochs=300)
    assert sure.predict(NEW, interval=0.9)["set"].to_list()[::2] == ["0", "1"]
    none = pliant.fit("y ~ x", table, hidden=2, optimiser="adam", epochs=2)
    with pytest.raises(InputError, match="single network has no prediction intervals: it knows only rows"):
        none.predict(NEW, interval=0.9)


def test_scaled_bounds_breathe_and_are_in_the_file_once_asked_for(tmp_path):
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(-3.0, 3.0, 150))
    table = {"x": x, "y": x + np.exp(0.8 * x - 1.0) * rng.standard_normal(150)}
    model = pliant.fit("y ~ x", table, hidden=2, members=5)
    model.save(tmp_path / "before.pliant")
    ours = model.predict(table, interval=0.9, method="scaled")
    prediction, lower, upper = of(ours, "prediction", "lower", "upper")
    width = upper - lower
    assert width[-20:].mean() > 5.0 * width[:20].mean()
    assert abs(np.mean((lower <= table["y"]) & (table["y"] <= upper)) - 0.9) < 0.06
    assert np.all((lower < prediction) & (prediction < upper))
    model.save(tmp_path / "after.pliant")
    theirs = pliant.load(tmp_path / "after.pliant").predict(table, interval=0.9, method="scaled")
    assert ours.equals(theirs)
    with pytest.raises(InputError, match="ask for it once before save"):
        pliant.load(tmp_path / "before.pliant").predict(table, interval=0.9, method="scaled")
    anew = pliant.fit("y ~ x", table, hidden=2, members=5).predict(table, interval=0.9, method="scaled")
    assert ours.equals(anew)


def test_the_spread_of_a_member_never_saw_its_fold():
    rng = np.random.default_rng(4)
    x = rng.uniform(-3.0, 3.0, 60)
    table = {"x": x, "y": x + rng.standard_normal(60)}
    model = pliant.fit("y ~ x", table, hidden=2, members=3)
    other = model.members.scores * np.where(model.members.folds == 1, 9.0, 1.0)
    moved = replace(model, members=replace(model.members, scores=other))
    ours, theirs = (scales_at(m.spread, m.design, m.data().X)[1] / np.mean(s) for m, s in ((model, 1.0), (moved, 1.0)))
    assert float(np.ptp(ours / theirs)) < 1e-6  # up to the mean score, which is their common unit


def test_classes_and_0_and_1_have_sets(model):
    x = np.array(SINE["x"])
    table = {"x": x, "c": np.where(x > 0.5, "up", np.where(x > -1.0, "mid", "low")), "b": (x > 0.2) * 1}
    classes = pliant.fit("c ~ x", table, family="multinomial", hidden=2, members=4)
    frame = classes.predict({"x": [-3.0, 0.5, None]}, interval=0.9)
    assert frame.columns[-3:] == ["set", "set_size", "support"]
    assert frame["set"][0] == "low"
    assert frame["set"].to_list()[2] is None
    assert frame["set_size"].to_list()[2] is None
    assert all(p in s.split(", ") for p, s in zip(frame["prediction"][:2], frame["set"][:2], strict=True))
    yes = pliant.fit("b ~ x", table, family="binomial", hidden=2, members=4).predict({"x": [-3.0, 3.0]}, interval=0.9)
    assert yes.rows()[0][1:3] == ("0", 1)
    assert yes.rows()[1][1:3] == ("1", 1)
    with pytest.raises(InputError, match="gives bounds, and classes"):
        classes.predict(table, interval=0.9, method="split")
    with pytest.warns(PliantWarning, match="it holds every class for every row"):
        every = classes.predict({"x": [-3.0]}, interval=0.99)
    assert every["set"].to_list() == ["low, mid, up"]
    response = replace(classes.design.response, levels=("low", "mid, or so", "up"))
    named = replace(classes, design=replace(classes.design, response=response))
    with pytest.warns(PliantWarning):
        assert named.predict({"x": [-3.0]}, interval=0.99)["set"].to_list() == ['low, "mid, or so", up']


def test_a_row_far_outside_the_data_says_that_it_has_no_end():
    rng = np.random.default_rng(5)
    x = rng.uniform(0.0, 1.0, 40)
    table = {"x": x, "y": rng.gamma(2.0, np.exp(3.0 * x) / 2.0)}
    model = pliant.fit("y ~ x", table, family="gamma", hidden=2, members=3)
    with (
        pytest.warns(PliantWarning, match="1 of 2 rows have an interval without an end"),
        pytest.warns(PliantWarning, match="the mean of row 2 is too large"),
    ):
        frame = model.predict({"x": [0.5, 1e4]}, interval=0.9)
    assert frame["upper"][1] == np.inf


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_a_band_is_the_jackknife_on_the_scale_of_the_link(family):
    x = np.array(SINE["x"])
    table = {"x": x, "y": np.array(SINE["y"]) if family == "gaussian" else (np.sin(x) > 0.3) * 1.0}
    model = pliant.fit("y ~ x", table, family=family, hidden=2, members=4)
    rows = model.design.matrix(read_table(NEW))
    error = jackknife_errors(member_eta(model, rows.X, rows.offset))
    eta = model.linear_predictor(rows.X, rows.offset)
    t = stats.t.ppf(0.975, 3)
    ends = [model.likelihood.mean(eta + sign * t * error)[:, 0] for sign in (-1.0, 1.0)]
    np.testing.assert_allclose(of(model.predict_mean_interval(NEW), "lower", "upper"), ends, rtol=1e-10)


def test_the_probabilities_of_classes_have_bands_by_their_log_odds():
    x = np.array(SINE["x"])
    table = {"x": x, "c": np.where(np.sin(x) > 0.5, "a", np.where(x > 0.0, "b", "c"))}
    model = pliant.fit("c ~ x", table, family="multinomial", hidden=2, members=4)
    for method in ("jackknife", "laplace"):
        frame = model.predict_mean_interval(NEW, method=method)
        for level in "abc":
            low, p, high = of(frame, f"lower[{level}]", f"probability[{level}]", f"upper[{level}]")
            assert np.all((low > 0.0) & (low < p) & (p < high) & (high < 1.0))


def test_a_row_counts_as_often_as_its_frequency_says(model):
    often = np.where(np.arange(40) == 3, 3.0, 1.0)
    scores, folds = replace(model.members, frequencies=often).every_score
    assert len(scores) == 42
    assert np.sum(scores == model.members.scores[3]) == 3
    assert np.array_equal(folds, np.repeat(model.members.folds, often.astype(int)))


def test_what_has_no_interval_is_refused_with_the_reason(model):
    line = pliant.fit("y ~ x", SINE, hidden=())
    with pytest.raises(ArgumentError, match="is for a curve"):
        line.predict(SINE, interval=0.9, method="cv+")
    with pytest.raises(ArgumentError, match="no method of intervals 'jackknife'"):
        model.predict(SINE, interval=0.9, method="jackknife")
    with pytest.raises(ArgumentError, match="say which"):
        model.predict(SINE, method="cv+")
    with pytest.raises(ArgumentError, match="of the response"):
        model.predict(SINE, type="link", interval=0.9)
    with pytest.raises(ArgumentError, match="no method of bands 'cv"):
        model.predict_mean_interval(SINE, method="cv+")
    with pytest.raises(ArgumentError, match="is for a curve"):
        line.predict_mean_interval(SINE, method="jackknife")
    table = {"x": np.array(SINE["x"]), "up": (np.array(SINE["y"]) > 0.0) * 1.0, "y": np.array(SINE["y"])}
    table["share"] = np.round(np.clip(table["y"], -4.0, 4.0) + 4.0) / 8.0
    shares = pliant.fit("share ~ x", table, family="binomial", weights=np.full(40, 8), hidden=2, members=3)
    with pytest.raises(InputError, match="a share of several trials"):
        shares.predict(table, interval=0.9)
    table["n"] = table["up"] + np.arange(40) % 3
    quasi = pliant.fit("n ~ x", table, family="quasipoisson", hidden=2, members=3)
    with pytest.raises(InputError, match="no distribution"):
        quasi.predict(table, interval=0.9)
    two = pliant.fit("cbind(y, n) ~ x", table, hidden=2, members=3)
    with pytest.raises(InputError, match="several responses"):
        two.predict(table, interval=0.9)
