"""Permutation importance: against every pair of rows, out of fold, and what it says of a column that is not used."""

import numpy as np
import pytest

import pliant
from pliant.data.table import read_table
from pliant.errors import ArgumentError, InputError
from pliant.inference.jackknife import member_eta

RNG = np.random.default_rng(31)
N = 80
TABLE = {"x": RNG.normal(size=N), "z": RNG.normal(size=N), "u": RNG.normal(size=N)}
TABLE["g"] = np.array(list("ab"))[RNG.integers(0, 2, N)]
TABLE["y"] = np.sin(2.0 * TABLE["x"]) + 0.6 * TABLE["z"] + 0.3 * RNG.normal(size=N)


@pytest.fixture(scope="module")
def members():
    return pliant.fit("y ~ x + z + u + g", TABLE, members=5)


def by_name(frame, what="importance"):
    return dict(zip(frame["column"], frame[what], strict=True))


def test_every_other_row_lends_its_value_where_the_repeats_are_all_rows_but_one():
    small = {name: values[:12] for name, values in TABLE.items()}
    line = pliant.fit("y ~ x + z", small, hidden=())
    y, fitted = small["y"], line.predict(small)["prediction"].to_numpy()
    rises = []
    for i in range(12):
        for j in range(12):
            if i != j:
                lent = line.predict({"x": [small["x"][j]], "z": [small["z"][i]]})["prediction"][0]
                rises.append((y[i] - lent) ** 2 - (y[i] - fitted[i]) ** 2)
    found = line.importance(repeats=11)
    assert by_name(found)["x"] == pytest.approx(np.mean(rises), rel=1e-10)
    assert set(found["measured_on"]) == {"training rows"}


def test_each_row_is_predicted_by_the_member_that_did_not_see_it(members):
    folds, y = members.members.folds, TABLE["y"]

    def losses(table):
        rows = members.design.matrix(read_table(table))
        eta = member_eta(members, rows.X, rows.offset)[:, :, 0]
        return (y - eta[folds, np.arange(N)]) ** 2

    rises = np.zeros(N)
    for k in range(N - 1):
        rises += losses({**TABLE, "z": np.roll(TABLE["z"], k + 1)}) - losses(TABLE)
    rises /= N - 1
    found = members.importance(repeats=N - 1)
    assert by_name(found)["z"] == pytest.approx(np.mean(rises), rel=1e-10)
    means = np.array([rises[folds == k].mean() for k in range(5)])
    error = np.std(means, ddof=1) * np.sqrt(1 / 5 + 1 / 4)
    assert by_name(found, "std_error")["z"] == pytest.approx(error, rel=1e-10)
    constant = [np.mean(y[folds != folds[i]]) for i in range(N)]
    assert by_name(found, "share")["z"] == pytest.approx(np.mean(rises) / np.mean((y - constant) ** 2), rel=1e-10)
    assert set(found["measured_on"]) == {"out of fold"}


def test_what_matters_comes_first_and_what_does_not_is_zero_within_its_interval(members):
    found = members.importance()
    assert found["column"].to_list()[:2] == ["x", "z"]
    for name in ("u", "g"):
        assert by_name(found, "lower")[name] <= 0.0 <= by_name(found, "upper")[name]
    assert by_name(found, "lower")["x"] > 0.0


def test_the_seed_gives_the_numbers_again(members):
    first, again, other = members.importance(), members.importance(), members.importance(seed=7)
    assert first.equals(again)
    assert by_name(first)["x"] != by_name(other)["x"]
    assert by_name(other)["x"] == pytest.approx(by_name(first)["x"], rel=0.3)


def test_a_group_is_shuffled_together(members):
    found = members.importance(groups={"both": ["x", "z"]})
    assert sorted(found["column"]) == ["both", "g", "u"]
    alone = by_name(members.importance())
    assert by_name(found)["both"] > max(alone["x"], alone["z"])
    twin = {**TABLE, "x2": TABLE["x"] + 0.01 * TABLE["u"]}
    line = pliant.fit("y ~ x + x2 + z", twin, hidden=())
    assert by_name(line.importance(groups={"x's": ["x", "x2"]}))["x's"] > 0.0


def test_other_rows_can_be_given_and_the_training_table_is_known_again(members, tmp_path):
    members.save(tmp_path / "m.pliant")
    again = pliant.load(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="give the table again"):
        again.importance()
    assert again.importance(TABLE).equals(members.importance())
    half = {name: values[:40] for name, values in TABLE.items()}
    assert set(again.importance(half)["measured_on"]) == {"given table"}
    with pytest.raises(InputError, match="needs the response"):
        again.importance({name: TABLE[name] for name in "xzug"})


def test_missing_rows_weights_frequencies_and_offsets_are_minded():
    holes = {**TABLE, "x": np.where(np.arange(N) == 5, np.nan, TABLE["x"]), "w": np.ones(N), "f": np.ones(N)}
    plain = pliant.fit("y ~ x + z + offset(u)", holes, hidden=())
    for options in ({"weights": "w"}, {"frequencies": "f"}):
        again = pliant.fit("y ~ x + z + offset(u)", holes, hidden=(), **options)
        for what in ("importance", "std_error", "share"):
            for name, value in by_name(plain.importance(), what).items():
                assert by_name(again.importance(), what)[name] == pytest.approx(value, rel=1e-8)
    twice = pliant.fit("y ~ x + z", {**holes, "f": np.full(N, 2.0)}, frequencies="f", hidden=())
    assert by_name(twice.importance())["x"] > 0.0
    given = pliant.fit("y ~ x + z", holes, offset=TABLE["u"], hidden=())
    assert by_name(given.importance())["x"] == pytest.approx(by_name(plain.importance())["x"], rel=1e-9)


@pytest.mark.parametrize(("formula", "family"), [("g ~ x + z", "multinomial"), ("u2 ~ x + z", "poisson")])
def test_other_families_lose_deviance(formula, family):
    counts = RNG.poisson(np.exp(TABLE["x"])) * 1.0
    table = {**TABLE, "u2": counts, "g": np.where(TABLE["x"] + 0.3 * TABLE["u"] > 0, "a", "b")}
    found = pliant.fit(formula, table, family=family, members=3).importance()
    assert found["column"][0] == "x"


def test_what_is_asked_amiss_is_said(members):
    with pytest.raises(ArgumentError, match="give names with their columns"):
        members.importance(groups=["x"])
    with pytest.raises(ArgumentError, match="does not read 'xx'; did you mean 'x'"):
        members.importance(groups={"a": ["xx"]})
    with pytest.raises(ArgumentError, match="several groups"):
        members.importance(groups={"a": ["x"], "b": ["x", "z"]})
    with pytest.raises(ArgumentError, match="has no columns"):
        members.importance(groups={"a": []})
    with pytest.raises(ArgumentError, match="rename it"):
        members.importance(groups={"u": ["x"]})
    with pytest.raises(ArgumentError, match="repeats"):
        members.importance(repeats=0)
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        members.importance(level=95)
