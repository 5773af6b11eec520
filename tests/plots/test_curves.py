"""Pictures of models with members: one number, two numbers, more; and what intervals reach."""

import numpy as np
import pytest

import pliant
from pliant.inference.out_of_fold import whole_line_eta
from pliant.plots import plot_coverage, plot_fit, plot_folds
from pliant.plots.mean_surface import enclosed, hull

PENGUINS = pliant.datasets.penguins()


@pytest.fixture(scope="module")
def one():
    return pliant.fit("y ~ x", pliant.datasets.sine(n=80, seed=2), hidden=4, members=5)


@pytest.fixture(scope="module")
def two():
    return pliant.fit("body_mass_g ~ flipper_length_mm + bill_depth_mm", PENGUINS, hidden=2, members=4, seed=1)


def test_one_number_has_line_curve_band_and_interval(one):
    data = one.plot().data
    x = {"x": data["x"]}
    assert np.allclose(data["mean"], one.predict(x)["prediction"])
    band = one.predict_mean_interval(x)
    assert np.allclose(data["mean_low"], band["lower"])
    rows = one.predict(x, interval=0.95)
    assert np.allclose(data["upper"], rows["upper"])
    line = pliant.fit("y ~ x", pliant.datasets.sine(n=80, seed=2), hidden=())
    assert np.allclose(data["line"], line.predict(x)["prediction"], rtol=1e-9)


def test_what_lies_beyond_the_data_is_told_from_what_lies_within(one):
    data = one.plot().data
    x, beyond = data["x"].to_numpy(), data["beyond"].to_numpy()
    assert x.min() < -5.0 < 5.0 < x.max()
    assert np.array_equal(beyond, (x < -5.0) | (x > 5.0))
    words = [text.get_text() for text in one.plot().axes[0].texts]
    assert words == ["no data"]


def test_a_number_that_is_never_negative_is_not_drawn_below_zero():
    table = {"x": np.linspace(0.5, 9.0, 40), "y": np.sin(np.linspace(0.5, 9.0, 40))}
    model = pliant.fit("y ~ log(x)", table, hidden=2, members=3)
    assert np.all(np.isfinite(model.plot().data["mean"].to_numpy()))


def test_counts_lie_beside_the_mean_of_their_own_exposure():
    rng = np.random.default_rng(0)
    table = {"x": rng.uniform(0, 3, 60), "e": rng.uniform(1, 20, 60)}
    table["n"] = table["e"] * np.exp(0.3 * table["x"])  # on the line exactly
    model = pliant.fit("n ~ x + offset(log(e))", table, family="quasipoisson", hidden=2, members=3)
    figure = plot_fit(model)
    points = next(line for line in figure.axes[0].get_lines() if line.get_label() == "rows")
    x, y = points.get_data()
    drawn = np.interp(x, figure.data["x"], figure.data["mean"])
    assert np.allclose(y, drawn, rtol=0.02)


def test_the_line_inside_is_the_line_of_all_rows(two):
    line = pliant.fit("body_mass_g ~ flipper_length_mm + bill_depth_mm", PENGUINS, hidden=())
    arrays = two.data()
    inside = whole_line_eta(two, arrays.X, arrays.offset)
    assert np.allclose(inside, line.linear_predictor(arrays.X, arrays.offset), rtol=1e-9)


def test_two_numbers_are_a_surface_with_what_the_rows_do_not_enclose(two):
    figure = two.plot()
    data = figure.data
    assert np.allclose(data["mean"], two.predict(data)["prediction"])
    assert 0.2 < data["beyond"].to_numpy().mean() < 0.8
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("flipper_length_mm", "bill_depth_mm")
    assert "bill_depth_mm" not in two.plot(x="flipper_length_mm").data.columns


def test_the_hull_encloses_its_points_and_no_others():
    points = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [1.0, 1.0]])
    corners = hull(points)
    assert len(corners) == 4
    assert enclosed(corners, points).all()
    assert not enclosed(corners, np.array([[3.0, 1.0], [-0.1, 1.0]])).any()
    assert not enclosed(hull(points[:2]), points).any()


def test_more_columns_are_drawn_as_effects():
    model = pliant.fit("body_mass_g ~ flipper_length_mm + species + sex", PENGUINS, hidden=2, members=3)
    assert set(model.plot().data["column"].unique()) == {"flipper_length_mm", "species", "sex"}


def test_folds_and_coverage_have_their_numbers(one):
    folds = plot_folds(one).data
    gain = np.average(folds["gain"], weights=folds["rows"])
    assert gain == pytest.approx(one.members.verdict.gain)
    covered = plot_coverage(one).data
    assert covered["part"][0] == "all rows"
    assert covered["coverage"][0] == pytest.approx(one.coverage()["coverage"][0])


def test_a_name_is_no_mathematics_and_stays_short():
    table = {"a$b$ {": np.arange(30.0), "y": np.arange(30.0) ** 2}
    model = pliant.fit("y ~ `a$b$ {`", table, hidden=2, members=3)
    figure = model.plot()
    figure.canvas.draw()
    assert figure.axes[0].get_xlabel() == r"a\$b\$ {"
