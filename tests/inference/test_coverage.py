"""Coverage and support as a fitted model tells them: in words, as frames, from a file."""

import numpy as np
import pytest
from scipy import stats

import pliant
from pliant.errors import ArgumentError, InputError
from pliant.inference.coverage import binomial_interval, coverage_sentence
from pliant.inference.support import outside_sentence
from pliant.modelfile import read_model, write_model

SINE = pliant.datasets.sine(n=60, seed=2)


@pytest.fixture(scope="module")
def model():
    return pliant.fit("y ~ x", SINE, hidden=3, members=5)


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "m.pliant"
    model.save(path)
    return path


def test_the_interval_of_a_share_is_that_of_clopper_and_pearson():
    for inside, rows in ((0, 10), (7, 10), (10, 10), (191, 200)):
        exact = stats.binomtest(inside, rows).proportion_ci(0.95, "exact")
        ours = binomial_interval(np.array([inside]), np.array([rows]))
        np.testing.assert_allclose(np.ravel(ours), [exact.low, exact.high], atol=1e-12)


def test_each_fit_states_what_its_intervals_reached(model):
    said = next(each for each in model.members.reached if each.level == 0.95 and not each.where)
    assert said.rows == 60
    assert f"of 60 rows that their member did not see, {said.inside} (" in str(model.summary())
    frame = model.coverage()
    assert frame["coverage"].to_list() == [said.inside / 60]
    assert frame["mean_width"].to_list() == pytest.approx([said.mean_width])


def test_coverage_grows_with_the_level_and_parts_add_up(model):
    frame = model.coverage(level=[0.5, 0.7, 0.9])
    assert frame["coverage"].to_list() == sorted(frame["coverage"])
    assert frame["mean_width"].to_list() == sorted(frame["mean_width"])
    for by, parts in (("prediction", 3), ("fold", 5), ("support", 2)):
        split = model.coverage(level=0.9, by=by)
        assert len(split) == parts
        assert split["rows"].sum() == 60
        assert np.array(split["rows"]) @ np.array(split["coverage"]) / 60 == pytest.approx(frame["coverage"][2])


def test_uneven_spread_is_named():
    rng = np.random.default_rng(4)
    x = rng.uniform(0.0, 3.0, 240)
    table = {"x": x, "y": 2.0 * x + np.where(x > 2.0, 3.0, 0.2) * rng.normal(size=240)}
    said = coverage_sentence(pliant.fit("y ~ x", table, hidden=2, members=5))
    assert "but in the third with the largest predictions only" in said


def test_coverage_of_a_table_counts_its_responses(model):
    new = pliant.datasets.sine(n=100, seed=8)
    bounds = model.predict(new, interval=0.8)
    inside = (bounds["lower"] <= new["y"]) & (new["y"] <= bounds["upper"])
    assert model.coverage(new, level=0.8)["coverage"].to_list() == [inside.mean()]
    line = pliant.fit("y ~ x", SINE, hidden=())
    assert line.coverage(new)["rows"].to_list() == [100]


def test_a_column_gives_the_parts(model):
    new = {"x": [-1.0, 0.0, 1.0, 2.0], "y": [0.0, 0.0, 0.0, 90.0], "g": ["a", "a", "b", "b"]}
    assert model.coverage(new, by="g")["g"].to_list() == ["a", "b"]


def test_what_has_no_coverage_says_so(model):
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        model.coverage(level=95)
    with pytest.raises(ArgumentError, match="by='z' is not known"):
        model.coverage(by="z")
    with pytest.raises(InputError, match="no column 'y'"):
        model.coverage({"x": [1.0]})
    with pytest.raises(InputError, match="needs members"):
        pliant.fit("y ~ x", SINE, hidden=()).coverage()


def test_a_file_keeps_what_was_reached_and_where_the_rows_lay(model, path):
    back = pliant.load(path)
    assert back.members.reached == model.members.reached
    assert back.coverage(level=0.9).equals(model.coverage(level=0.9))
    with pytest.raises(InputError, match=r"0\.5, 0\.8, 0\.9, 0\.95, 0\.99"):
        back.coverage(level=0.7)
    new = {"x": [0.0, 4.95, 7.0]}
    assert back.support(new).equals(model.support(new))
    assert back.predict(new).equals(model.predict(new))


def test_a_file_of_before_is_read_and_says_what_it_does_not_know(path, tmp_path):
    facts, arrays = read_model(path)
    del facts["members"]["reached"]
    known = {k: v for k, v in arrays.items() if not k.startswith("region.") and k != "members.fold_shares"}
    write_model(tmp_path / "old.pliant", facts | {"format": 1}, known, lambda facts, arrays: None)
    old = pliant.load(tmp_path / "old.pliant")
    assert old.predict({"x": [1.0]}).columns == ["prediction"]
    assert coverage_sentence(old) is None
    assert outside_sentence(old, {"x": [99.0]}) is None
    for asked in (old.coverage, lambda: old.support({"x": [1.0]})):
        with pytest.raises(InputError):
            asked()


def test_each_prediction_of_a_network_says_where_its_row_lies(model):
    new = {"x": [0.0, 4.95, 7.0, float("nan")]}
    for frame in (model.predict(new), model.predict(new, interval=0.9), model.predict(new, type="link")):
        assert frame.columns[-1] == "support"
        assert frame["support"].to_list() == ["inside", "edge", "outside", None]
    line = pliant.fit("y ~ x", SINE, hidden=())
    assert line.predict(new).columns == ["prediction"]
    assert line.support(new)["support"].to_list() == ["inside", "edge", "outside", None]


def test_the_reason_names_column_and_value(model):
    reasons = model.support({"x": [0.0, 7.0]})["reason"].to_list()
    assert reasons == ["", "x = 7 is above 5, the largest of the training rows"]
    said = outside_sentence(model, {"x": [0.0, 7.0, 8.0]})
    assert (
        said == "2 of 3 rows lie outside the training rows: x = 7 is above 5, the largest of the training rows (row 2)"
    )
    assert outside_sentence(model, {"x": [0.0]}) is None


def test_factors_and_dropped_rows_have_their_place():
    table = pliant.datasets.penguins()
    line = pliant.fit("body_mass_g ~ flipper_length_mm + bill_length_mm + species * island", table, hidden=())
    found = line.support(table)["support"]
    assert found.null_count() == 2
    assert "outside" not in found.to_list()
    new = {"flipper_length_mm": [175.0], "bill_length_mm": [58.0], "species": ["Adelie"], "island": ["Dream"]}
    said = "flipper_length_mm = 175 with bill_length_mm = 58 is farther from the middle of the training rows than any"
    assert line.support(new)["reason"].to_list() == [f"{said} of them"]
