"""Effects against the formulas written out with loops, and against what is known of simple functions."""

import datetime

import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.errors import ArgumentError, InputError
from pliant.inference.jackknife import jackknife_errors, member_eta

RNG = np.random.default_rng(17)
N = 120
TABLE = {"x": RNG.normal(size=N), "u": RNG.normal(size=N), "g": np.array(list("abc"))[RNG.integers(0, 3, N)]}
TABLE["z"] = 0.8 * TABLE["x"] + 0.6 * RNG.normal(size=N)
TABLE["y"] = (
    np.sin(2 * TABLE["x"]) + TABLE["x"] * TABLE["z"] + (TABLE["g"] == "b") * TABLE["u"] + 0.2 * RNG.normal(size=N)
)
TABLE["count"] = RNG.poisson(np.exp(0.3 * TABLE["x"] + 0.2)) * 1.0


@pytest.fixture(scope="module")
def members():
    return pliant.fit("y ~ x + z + g + u", TABLE, members=4)


def column(frame, name):
    return frame[name].to_numpy().astype(float)


def says(model, **changed):
    return model.predict({**TABLE, **changed})["prediction"].to_numpy()


def quantile_edges(x, bins):
    return np.unique(np.sort(x)[[0] + [-(-k * len(x) // bins) - 1 for k in range(1, bins + 1)]])


def intervals(x, edges):
    return np.clip(np.searchsorted(edges, x, side="left") - 1, 0, None)


def test_accumulated_local_effects_are_the_formula_of_apley_and_zhu(members):
    x, edges = TABLE["x"], quantile_edges(TABLE["x"], 40)
    at = intervals(x, edges)
    low, high = says(members, x=edges[at]), says(members, x=edges[at + 1])
    steps = [np.mean((high - low)[at == j]) for j in range(len(edges) - 1)]
    summed = np.concatenate([[0.0], np.cumsum(steps)])
    ours = members.effects("x")
    points, effect = column(ours, "x"), column(ours, "effect")
    there = np.searchsorted(points, edges)
    assert np.allclose(points[there], edges, rtol=1e-14)
    assert np.allclose(np.diff(effect[there]), np.diff(summed), rtol=1e-9, atol=1e-12)
    own = np.interp(np.arange(len(points)), np.arange(len(points)), effect)
    cell = np.clip(np.searchsorted(points, x, side="left") - 1, 0, None)
    assert abs(np.mean(0.5 * (own[cell] + own[cell + 1]))) < 1e-12
    assert int(np.sum(column(ours, "n_rows"))) == N


def test_inside_a_wide_interval_the_rows_of_it_tell_the_shape(members):
    ours = members.effects("x")
    points, effect = column(ours, "x"), column(ours, "effect")
    edges = quantile_edges(TABLE["x"], 40)
    j = int(np.argmax(np.diff(edges)))
    inside = (points > edges[j]) & (points < edges[j + 1])
    assert inside.sum() >= 2
    rows = intervals(TABLE["x"], edges) == j
    base = effect[np.searchsorted(points, edges[j])]
    for p, e in zip(points[inside], effect[inside], strict=True):
        change = says(members, x=np.full(N, p)) - says(members, x=np.full(N, edges[j]))
        assert e - base == pytest.approx(np.mean(change[rows]), rel=1e-9)


def test_partial_dependence_is_the_mean_with_the_column_set(members):
    ours = members.effects("z", method="pdp", centred=False)
    points, effect = column(ours, "z"), column(ours, "effect")
    some = [0, 17, 40, len(points) - 1]
    direct = np.array([np.mean(says(members, z=np.full(N, points[k]))) for k in some])
    assert np.allclose(effect[some], direct, rtol=1e-10, atol=1e-12)
    local, centred = (column(members.effects("z", centred=c), "effect") for c in (False, True))
    assert np.allclose(local - centred, np.mean(says(members)), rtol=1e-10)


def test_bands_are_the_jackknife_of_the_members_curves(members):
    ours = members.effects("x", method="pdp")
    points = column(ours, "x")

    def of_each(value):
        rows = members.design.matrix(pliant.data.table.read_table({**TABLE, "x": np.full(N, value)}))
        return member_eta(members, rows.X, rows.offset)[:, :, 0].mean(axis=1)

    curves = np.stack([of_each(p) for p in points], axis=1)
    low = np.clip(np.searchsorted(points, TABLE["x"], side="left") - 1, 0, len(points) - 2)
    shares = np.bincount(low, minlength=len(points)) + np.bincount(low + 1, minlength=len(points))
    curves -= (curves @ (shares / (2 * N)))[:, None]
    assert np.allclose(column(ours, "std_error"), jackknife_errors(curves), rtol=1e-9)
    from scipy.stats import t

    reach = column(ours, "upper") - column(ours, "effect")
    assert np.allclose(reach, t.ppf(0.975, 3) * column(ours, "std_error"), rtol=1e-9)


def test_the_effect_of_two_levels_is_averaged_over_the_rows_of_both(members):
    model = pliant.fit("y ~ x * big + u", {**TABLE, "big": TABLE["z"] > 0}, hidden=())
    frame = {**TABLE, "big": TABLE["z"] > 0}
    held = [model.predict({**frame, "big": np.full(N, b)})["prediction"].to_numpy() for b in (False, True)]
    ours = model.effects("big")
    assert ours["big"].to_list() == [False, True]
    effect = column(ours, "effect")
    assert effect[1] - effect[0] == pytest.approx(np.mean(held[1] - held[0]), rel=1e-10)
    share = np.mean(frame["big"])
    assert effect[0] * (1 - share) + effect[1] * share == pytest.approx(0.0, abs=1e-12)
    assert ours["n_rows"].to_list() == [int(np.sum(~frame["big"])), int(np.sum(frame["big"]))]


def test_levels_are_stepped_through_in_the_order_of_likeness_and_shown_in_their_own():
    rng = np.random.default_rng(5)
    code = rng.integers(0, 3, 300)
    middle = np.array([0.0, 6.0, 3.0])[code]  # c lies between a and b
    frame = {"g": np.array(list("abc"))[code], "w": middle + rng.normal(size=300)}
    frame["y"] = frame["w"] * (code == 1) + rng.normal(size=300)
    model = pliant.fit("y ~ g * w", frame, hidden=())
    ours = model.effects("g")
    assert ours["g"].to_list() == ["a", "b", "c"]
    held = {k: model.predict({**frame, "g": np.full(300, k)})["prediction"].to_numpy() for k in "abc"}
    step = {pair: np.mean((held[pair[1]] - held[pair[0]])[np.isin(frame["g"], list(pair))]) for pair in ("ac", "cb")}
    effect = dict(zip(ours["g"], column(ours, "effect"), strict=True))
    assert effect["c"] - effect["a"] == pytest.approx(step["ac"], rel=1e-10)
    assert effect["b"] - effect["c"] == pytest.approx(step["cb"], rel=1e-10)


def test_both_ways_give_the_terms_of_a_sum():
    model = pliant.fit("y ~ poly(x, 3) + bs(z, df=5) + g + log(exp(u))", TABLE, hidden=())
    for name in ("x", "z", "g", "u"):
        ale, pdp = (model.effects(name, method=method) for method in ("ale", "pdp"))
        for what in ("effect", "std_error", "lower"):
            assert np.allclose(column(ale, what), column(pdp, what), rtol=1e-8, atol=1e-10)
        first = ale[name].to_list()
        whole = np.array([says(model, **{name: np.full(N, value)})[0] for value in first])
        effect = column(ale, "effect")
        assert np.allclose(effect - effect[0], whole - whole[0], rtol=1e-8, atol=1e-9)


def test_where_columns_go_together_local_effects_add_up_to_the_mean_and_partial_dependence_does_not():
    rng = np.random.default_rng(9)
    x = rng.normal(size=800)
    z = x + 0.05 * rng.normal(size=800)
    frame = {"x": x, "z": z, "y": x * z}
    model = pliant.fit("y ~ x * z", frame, hidden=())
    left = {}
    for method in ("ale", "pdp"):
        total = np.zeros(800)
        for name in ("x", "z"):
            ours = model.effects(name, method=method)
            total += np.interp(frame[name], column(ours, name), column(ours, "effect"))
        left[method] = np.var(frame["y"] - total) / np.var(frame["y"])
    assert left["ale"] < 0.02
    assert left["pdp"] > 0.9


def test_the_effect_of_a_line_is_its_coefficient_with_its_error():
    model = pliant.fit("y ~ x + z", TABLE, hidden=())
    tidy, ours = model.tidy(), model.effects("x")
    x, slope, error = column(ours, "x"), tidy["estimate"][1], tidy["std_error"][1]
    effect = column(ours, "effect")
    assert np.allclose(np.diff(effect), slope * np.diff(x), rtol=1e-9)
    middle = x[0] - effect[0] / slope
    assert np.allclose(column(ours, "std_error"), error * np.abs(x - middle), rtol=1e-8, atol=1e-12)


def test_uncentred_partial_dependence_is_an_average_mean_with_its_interval():
    model = pliant.fit("count ~ x + g", TABLE, family="poisson", hidden=())
    ours = model.effects("g", method="pdp", centred=False)
    for k, level in enumerate("abc"):
        held = model.predictions(table={**TABLE, "g": np.full(N, level)})
        for mine, theirs in (("effect", "estimate"), ("std_error", "std_error"), ("lower", "conf_low")):
            assert column(ours, mine)[k] == pytest.approx(held[theirs][0], rel=1e-8)


def test_an_offset_is_an_effect_too_and_stays_with_its_row():
    frame = {**TABLE, "hours": RNG.uniform(1.0, 5.0, N)}
    model = pliant.fit("count ~ x + offset(log(hours))", frame, family="poisson", hidden=())
    ours = model.effects("hours", type="link")
    hours, effect = column(ours, "hours"), column(ours, "effect")
    assert np.allclose(np.diff(effect), np.diff(np.log(hours)), rtol=1e-9)
    given = pliant.fit("count ~ x", frame, family="poisson", offset=np.log(frame["hours"]), hidden=())
    named = model.effects("x", method="pdp", centred=False)
    assert np.allclose(
        column(given.effects("x", method="pdp", centred=False), "effect"), column(named, "effect"), rtol=1e-8
    )


def test_a_frequency_is_so_many_rows_and_a_weight_is_none():
    frame = {name: values[:60] for name, values in TABLE.items()} | {"f": 1.0 + np.arange(60) % 3}
    repeated = {name: np.repeat(values, frame["f"].astype(int)) for name, values in frame.items()}
    counted = pliant.fit("y ~ x * g + z", frame, frequencies="f", hidden=())
    plain = pliant.fit("y ~ x * g + z", repeated, hidden=())
    for asked in (("x",), ("g",), ("x", "g")):
        ours, theirs = counted.effects(*asked), plain.effects(*asked)
        for what in ("effect", "std_error", "n_rows"):
            assert np.allclose(column(ours, what), column(theirs, what), rtol=1e-8, atol=1e-10)
    weighted = pliant.fit("y ~ x", frame, weights="f", hidden=())
    rows = column(weighted.effects("x"), "n_rows")
    assert int(rows.sum()) == 60


def test_missing_values_leave_out_their_rows_or_are_filled():
    holes = {**TABLE, "x": np.where(np.arange(N) % 10 == 3, np.nan, TABLE["x"])}
    kept = {name: values[np.arange(N) % 10 != 3] for name, values in TABLE.items()}
    ours, theirs = (pliant.fit("y ~ x * z", frame, hidden=()).effects("x") for frame in (holes, kept))
    assert np.allclose(column(ours, "effect"), column(theirs, "effect"), rtol=1e-9)
    filled = pliant.fit("y ~ x * z", holes, missing="impute", hidden=())
    assert int(column(filled.effects("x"), "n_rows").sum()) == N - 12
    assert int(column(filled.effects("z"), "n_rows").sum()) == N


def test_effects_on_probabilities_cancel():
    model = pliant.fit("g ~ x + z", TABLE, family="multinomial", hidden=())
    ours = model.effects("x")
    each = np.stack([column(ours.filter(ours["response"] == level), "effect") for level in "abc"])
    assert float(np.max(np.abs(each.sum(axis=0)))) < 1e-12
    assert model.effects("x", type="link")["response"].unique().sort().to_list() == ["b", "c"]


def test_dates_years_and_cut_numbers_have_effects():
    days = np.datetime64("2024-01-01") + RNG.integers(0, 300, N)
    frame = {**TABLE, "day": days, "year": 2000.0 + RNG.integers(0, 4, N)}
    model = pliant.fit("y ~ day + factor(year) + cut(x, breaks=4)", frame, hidden=())
    assert isinstance(model.effects("day")["day"][0], datetime.date)
    assert model.effects("year")["year"].to_list() == [2000.0, 2001.0, 2002.0, 2003.0]
    held = [model.predict({**frame, "year": np.full(N, y)})["prediction"][0] for y in (2000.0, 2003.0)]
    effect = column(model.effects("year"), "effect")
    assert effect[3] - effect[0] == pytest.approx(held[1] - held[0], rel=1e-9)
    assert len(np.unique(np.round(column(model.effects("x"), "effect"), 9))) == 4


def test_a_single_network_has_effects_without_bands():
    model = pliant.fit("y ~ x + z", TABLE, members=1)
    ours = model.effects("x")
    assert ours["effect"].null_count() == 0
    assert ours["std_error"].null_count() == ours["lower"].null_count() == len(ours)


def test_a_model_from_a_file_asks_for_the_table(members, tmp_path):
    members.save(tmp_path / "m.pliant")
    again = pliant.load(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="give the table again"):
        again.effects("x")
    assert np.allclose(
        column(again.effects("x", table=TABLE), "lower"), column(members.effects("x"), "lower"), rtol=1e-9
    )


def test_what_is_asked_amiss_is_said(members):
    with pytest.raises(ArgumentError, match="does not read 'zz'; did you mean 'z'"):
        members.effects("zz")
    with pytest.raises(ArgumentError, match="two different columns"):
        members.effects("x", "x")
    with pytest.raises(ArgumentError, match="no column's name"):
        members.effects(["x"])
    with pytest.raises(ArgumentError, match="ale"):
        members.effects("x", method="shap")
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        members.effects("x", level=95)
    with pytest.raises(InputError, match="reads no column"):
        pliant.fit("y ~ 1", TABLE, hidden=()).effects("x")
    with pytest.raises(InputError, match="no two to compare"):
        members.interactions(["x"])


def test_frames_are_of_the_kind_that_was_given():
    frame = pd.DataFrame(TABLE)
    model = pliant.fit("y ~ x + z", frame, hidden=())
    for found in (model.effects("x"), model.effects("x", "z"), model.interactions(), model.importance()):
        assert isinstance(found, pd.DataFrame)
