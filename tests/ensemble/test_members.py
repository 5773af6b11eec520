"""Members: one model of many fits, the same on any number of threads, and the line where the line is enough."""

import numpy as np
import polars.selectors as cs
import pytest

import pliant
from pliant.errors import ArgumentError, TableError


@pytest.fixture(scope="module")
def sine():
    table = pliant.datasets.sine(n=60, seed=3)
    return table, pliant.fit("y ~ x", table, hidden=4, seed=1)


def test_the_model_is_the_mean_of_its_members(sine):
    table, model = sine
    kept = model.members
    assert len(kept) == 10
    assert kept.verdict.kind == "curve"
    assert kept.share == 1.0
    rows = model.design.matrix(pliant.data.table.read_table(table))
    from pliant.model import linear_predictor

    each = [linear_predictor(model.design, kept.network, p, rows.X, rows.offset) for p in kept.parameters]
    whole = model.linear_predictor(rows.X, rows.offset)
    # but for the line: that of all rows stands for the mean of the members' own
    lines = np.mean(kept.lines, axis=0)
    inputs = model.design.inputs(rows.X)
    line = pliant.fit("y ~ x", table, hidden=())
    own = (inputs @ lines[1:] + lines[0]) * model.design.scaling.response_scale + model.design.scaling.response_centre
    exact = line.linear_predictor(rows.X, rows.offset)
    np.testing.assert_allclose(whole, np.mean(each, axis=0) + exact - own, atol=1e-10)


def test_threads_do_not_change_a_digit(sine):
    table, model = sine
    for threads in (1, 3):
        again = pliant.fit("y ~ x", table, hidden=4, seed=1, threads=threads)
        assert np.array_equal(again.parameters, model.parameters)


def test_where_the_line_is_enough_the_prediction_is_the_line():
    found = 0
    for seed in range(3):
        table = pliant.datasets.line(n=60, seed=seed)
        model, line = pliant.fit("y ~ x", table, seed=seed), pliant.fit("y ~ x", table, hidden=())
        assert model.members.verdict.kind != "curve"
        if model.members.share == 0.0:
            found += 1
            ours, theirs = (np.array(m.predict(table)["prediction"]) for m in (model, line))
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert found >= 1


def test_out_of_fold_values_are_of_rows_not_seen(sine):
    """A row moved far away changes the members that see it, and not its own out-of-fold value."""
    table, model = sine
    moved = {name: np.array(values) for name, values in zip(table.columns, table.get_columns(), strict=True)}
    moved["y"][7] += 3.0
    again = pliant.fit("y ~ x", moved, hidden=4, seed=1)
    before, after = (m.members.out_of_fold[0][7, 0] for m in (model, again))
    assert after == pytest.approx(before, abs=1e-9)
    others = np.abs(again.members.out_of_fold[0] - model.members.out_of_fold[0])
    assert np.median(others) > 1e-3


def test_a_file_keeps_the_members(sine, tmp_path):
    table, model = sine
    model.save(tmp_path / "m.pliant")
    back = pliant.load(tmp_path / "m.pliant")
    assert back.members.verdict == model.members.verdict
    assert np.array_equal(back.members.scores, model.members.scores)
    assert back.predict(table)["prediction"].to_list() == model.predict(table)["prediction"].to_list()


def test_units_do_not_matter(sine):
    table, model = sine
    moved = {"x": 1e6 * np.array(table["x"]), "y": 1e-3 * np.array(table["y"])}
    again = pliant.fit("y ~ x", moved, hidden=4, seed=1)
    ours, theirs = np.array(again.predict(moved)["prediction"]), np.array(model.predict(table)["prediction"])
    np.testing.assert_allclose(1e3 * ours, theirs, rtol=0, atol=1e-11 * np.std(theirs))


def test_units_do_not_matter_for_one_curve_by_evidence_either(sine):
    table, _ = sine
    moved = {"x": np.array(table["x"]) / 3.6 + 40.0, "y": np.array(table["y"])}
    one, other = (pliant.fit("y ~ x", rows, hidden=4, seed=1, members=1) for rows in (table, moved))
    ours, theirs = np.array(one.predict(table)["prediction"]), np.array(other.predict(moved)["prediction"])
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11 * np.std(theirs))


@pytest.mark.parametrize("family", ["multinomial", "gaussian"])
def test_units_do_not_matter_where_a_fold_has_no_line_of_its_own_or_a_poor_one(family):
    """A class with one row is missing where that row is left out; columns that agree to a millionth lose digits."""
    rng = np.random.default_rng(3)
    x, z = rng.normal(size=(2, 12))
    y = np.array(["b", "c"] * 5 + ["c", "a"]) if family == "multinomial" else x + 0.1 * rng.normal(size=12)
    table = {"y": y, "x": x, "z": z, "sum": (x + z) * (1.0 + 1e-6 * rng.normal(size=12))}
    moved = table | {"sum": 1e-6 * table["sum"]}
    columns = [
        pliant.fit("y ~ x + z + sum", rows, family=family).predict(rows).select(cs.numeric()).to_numpy()
        for rows in (table, moved)
    ]
    assert np.max(np.abs(columns[0] - columns[1])) < 1e-8 * np.std(columns[0])


def test_a_row_predicted_as_far_off_as_can_be_counts_as_a_number():
    """Out of fold a log link may say 1e-200 of a row; neither verdict nor share is then NaN."""
    table = {"x": [0.0, 1.0, 2.0, 3.0, 1e6], "y": [8.0, 4.0, 2.0, 1.0, 2.0]}
    said = pliant.fit("y ~ x", table, family="gamma").members.verdict
    assert np.isfinite([said.gain, said.low, said.high, said.share]).all()


def test_other_families_and_groups_have_members():
    rng = np.random.default_rng(5)
    x = rng.uniform(-2.0, 2.0, 120)
    table = {"x": x, "n": rng.poisson(np.exp(1.0 + np.sin(2.0 * x))), "who": np.repeat(np.arange(30), 4)}
    model = pliant.fit("n ~ x", table, family="poisson", groups="who", members=5)
    assert model.members.verdict.kind == "curve"
    folds = model.members.folds.reshape(30, 4)
    assert np.all(folds == folds[:, :1])
    table["c"] = np.where(x + 0.5 * rng.standard_normal(120) > 0.0, "yes", "no")
    assert pliant.fit("c ~ x", table, family="binomial").members.verdict.kind != "curve"


def test_members_are_refused_where_they_mean_nothing():
    table = pliant.datasets.sine(n=40, seed=1)
    with pytest.raises(ArgumentError, match="a line has no members"):
        pliant.fit("y ~ x", table, hidden=(), members=5)
    with pytest.raises(ArgumentError, match="validation"):
        pliant.fit("y ~ x", table, hidden=2, optimiser="adam", epochs=3, validation=0.2, members=5)
    assert pliant.fit("y ~ x", table, hidden=2, optimiser="adam", epochs=3, members=5).members is not None


def test_a_column_of_groups_is_no_input_and_needs_a_value_in_each_row():
    rng = np.random.default_rng(6)
    x = rng.uniform(-2.0, 2.0, 40)
    table = {"y": np.sin(x), "x": x, "who": np.repeat(np.arange(10), 4)}
    model = pliant.fit("y ~ .", table, groups="who", hidden=2, members=3)
    assert model.design.names == ("Intercept", "x")
    table["who"] = [None, *["a", "b", "c", "d"] * 9, "a", "b", "c"]
    with pytest.raises(TableError, match="groups are missing in 1 of the rows"):
        pliant.fit("y ~ x", table, groups="who", hidden=2, members=3)
    with pytest.raises(TableError, match="one label a row"):
        pliant.fit("y ~ x", table, groups=[1, 2], hidden=2, members=3)
    for options in ({"groups": "who"}, {"in_order": True}):
        with pytest.raises(ArgumentError, match="this fit has none"):
            pliant.fit("y ~ x", table, hidden=2, members=1, **options)


def test_a_parameter_of_the_family_is_the_line_s_in_every_member():
    rng = np.random.default_rng(7)
    x = rng.uniform(-2.0, 2.0, 80)
    mu = np.exp(1.0 + 0.5 * x)
    table = {"x": x, "n": rng.negative_binomial(2.0, 2.0 / (2.0 + mu))}
    model = pliant.fit("n ~ x", table, family="negative_binomial", hidden=2, members=3)
    line = pliant.fit("n ~ x", table, family="negative_binomial", hidden=())
    assert model.theta == pytest.approx(line.theta, rel=1e-2)
    assert "theta" in " ".join(model.notes)
    table["k"] = np.ones(80)
    again = pliant.fit("n ~ x", table, family="negative_binomial", hidden=2, members=3, frequencies="k")
    assert again.settings.given == {"frequencies": "k"}
    assert np.array_equal(again.members.folds, model.members.folds)
    np.testing.assert_allclose(again.parameters, model.parameters, rtol=1e-6, atol=1e-8)


def test_a_table_too_small_to_leave_a_row_out_has_one_fit():
    table = pliant.datasets.sine(n=3, seed=1)
    assert pliant.fit("y ~ x", table[:2]).members is None
    assert len(pliant.fit("y ~ x", table).members) == 3
