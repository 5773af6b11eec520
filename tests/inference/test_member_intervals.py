"""CV+ intervals of a model with members: against their definition, from a file, and by how often they hold."""

import numpy as np
import pytest

import pliant
from pliant.data.table import read_table
from pliant.ensemble.conformal import rank_ends
from pliant.errors import ArgumentError, InputError

SINE = pliant.datasets.sine(n=40, seed=2)


@pytest.fixture(scope="module")
def model():
    return pliant.fit("y ~ x", SINE, hidden=3, members=5)


def of(frame, *names):
    return np.array([frame[name].to_list() for name in names], dtype=float)


@pytest.mark.parametrize("share", [1.0, 0.4, 0.0])
def test_bounds_are_the_order_statistics_of_what_the_members_missed(model, share):
    from dataclasses import replace

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


def test_too_few_rows_for_the_level_give_infinite_bounds():
    frame = pliant.fit("y ~ x", SINE[:12], hidden=2).predict(SINE[:2], interval=0.95)
    assert np.all(np.isneginf(frame["lower"].to_list()))
    assert np.all(np.isposinf(frame["upper"].to_list()))


def test_a_row_counts_as_often_as_its_frequency_says(model):
    from dataclasses import replace

    often = np.where(np.arange(40) == 3, 3.0, 1.0)
    scores, folds = replace(model.members, frequencies=often).every_score
    assert len(scores) == 42
    assert np.sum(scores == model.members.scores[3]) == 3
    assert np.array_equal(folds, np.repeat(model.members.folds, often.astype(int)))


def test_what_has_no_interval_is_refused_with_the_reason(model):
    line = pliant.fit("y ~ x", SINE, hidden=())
    with pytest.raises(ArgumentError, match="for a model with members"):
        line.predict(SINE, interval=0.9, method="cv+")
    with pytest.raises(ArgumentError, match="no method of intervals 'jackknife'"):
        model.predict(SINE, interval=0.9, method="jackknife")
    with pytest.raises(ArgumentError, match="say which"):
        model.predict(SINE, method="cv+")
    with pytest.raises(ArgumentError, match="of the response"):
        model.predict(SINE, type="link", interval=0.9)
    with pytest.raises(InputError, match="have no standard errors yet"):
        model.predict_mean_interval(SINE)
    table = {"x": np.array(SINE["x"]), "up": (np.array(SINE["y"]) > 0.0) * 1.0, "y": np.array(SINE["y"])}
    yes = pliant.fit("up ~ x", table, family="binomial", hidden=2, members=3)
    with pytest.raises(InputError, match="0 or 1 has no prediction interval"):
        yes.predict(table, interval=0.9)
    table["n"] = table["up"] + np.arange(40) % 3
    quasi = pliant.fit("n ~ x", table, family="quasipoisson", hidden=2, members=3)
    with pytest.raises(InputError, match="no distribution"):
        quasi.predict(table, interval=0.9)
    two = pliant.fit("cbind(y, n) ~ x", table, hidden=2, members=3)
    with pytest.raises(InputError, match="several responses"):
        two.predict(table, interval=0.9)
    with pytest.raises(InputError, match="single network has no prediction intervals"):
        pliant.fit("y ~ x", table, hidden=2, members=1).predict(table, interval=0.9)
