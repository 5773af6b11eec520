"""Pictures: what is drawn, the numbers beside it, and the file."""

import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.errors import ArgumentError, InputError
from pliant.plots import save_figure

PENGUINS = pliant.datasets.penguins()


def fit(formula, table=PENGUINS, **options):
    return pliant.fit(formula, table, **{"hidden": ()} | options)


def test_the_curve_of_each_group_is_the_prediction():
    model = fit("body_mass_g ~ flipper_length_mm + species")
    figure = model.plot()
    data = figure.data
    assert set(data["species"].unique()) == {"Adelie", "Chinstrap", "Gentoo"}
    again = model.predict(data)["prediction"].to_numpy()
    assert np.allclose(again, data["mean"].to_numpy(), rtol=1e-14)
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("flipper_length_mm", "body_mass_g")


def test_no_group_is_drawn_beyond_its_own_rows():
    data = fit("body_mass_g ~ flipper_length_mm * species").plot().data
    birds = PENGUINS.to_pandas()
    for species, part in data.to_pandas().groupby("species"):
        own = birds.loc[birds["species"] == species, "flipper_length_mm"]
        assert (part["flipper_length_mm"].min(), part["flipper_length_mm"].max()) == (own.min(), own.max())


def test_beyond_the_training_rows_the_mean_is_dashed():
    model = fit("y ~ x", {"x": [0.0, 1, 2, 3, 4], "y": [0.0, 1, 2, 2, 5]})
    solid, dashed = (f.axes[0].lines for f in (model.plot(), model.plot({"x": [0.0, 2, 9], "y": [0.0, 2, 9]})))
    curves = [[line for line in lines if len(line.get_xdata()) > 100] for lines in (solid, dashed)]
    assert [len(each) for each in curves] == [1, 2]
    inside, outside = (np.isfinite(line.get_ydata()) for line in curves[1])
    x = curves[1][0].get_xdata()
    assert x[inside].max() <= 4.0 < x[outside].max()
    assert np.sum(inside & outside) == 1  # they meet
    assert outside[x > 4.0].all()


def test_what_is_held_is_said():
    figure = fit("body_mass_g ~ flipper_length_mm + bill_length_mm + species + sex").plot()
    title = figure.axes[0].get_title(loc="left")
    assert "bill_length_mm = 44.45" in title
    assert "sex = " in title


@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("sex ~ body_mass_g + species", {"family": "binomial"}),
        ("species ~ bill_length_mm", {"family": "multinomial", "hidden": 2, "epochs": 5}),
        ("species ~ island", {"family": "multinomial", "hidden": 2, "epochs": 5}),
        ("body_mass_g ~ species", {}),
        ("body_mass_g ~ species * sex", {}),
        ("log(body_mass_g) ~ log(flipper_length_mm)", {}),
        ("body_mass_g ~ flipper_length_mm + sex", {"hidden": 3, "epochs": 5}),
        ("body_mass_g ~ bs(flipper_length_mm, df=4) + offset(bill_depth_mm)", {}),
    ],
)
def test_every_kind_of_model_can_be_drawn_and_written(formula, options, tmp_path):
    figure = fit(formula, **options).plot()
    for ending in ("svg", "png", "pdf"):
        save_figure(figure, tmp_path / f"f.{ending}")
        assert (tmp_path / f"f.{ending}").stat().st_size > 5_000
    assert len(figure.data)


def test_the_same_model_gives_the_same_file(tmp_path):
    model = fit("body_mass_g ~ flipper_length_mm + species")
    for name in ("a.svg", "b.svg"):
        save_figure(model.plot(), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_training_is_drawn_with_the_epoch_that_was_kept():
    model = fit("body_mass_g ~ flipper_length_mm", hidden=3, epochs=40, validation=0.3)
    figure = model.plot_training()
    assert len(figure.data) == 40
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "kept: epoch" in words


def test_what_cannot_be_drawn_is_said(tmp_path):
    with pytest.raises(InputError, match="reads no column"):
        fit("body_mass_g ~ 1").plot()
    with pytest.raises(InputError, match="no training to draw"):
        fit("body_mass_g ~ species").plot_training()
    model = fit("body_mass_g ~ flipper_length_mm")
    with pytest.raises(ArgumentError, match="does not read 'sex'"):
        model.plot(x="sex")
    with pytest.raises(ArgumentError, match=r"\.svg, \.png or \.pdf"):
        save_figure(model.plot(), tmp_path / "f.gif")
    with pytest.raises(ArgumentError, match="cannot write"):
        save_figure(model.plot(), tmp_path / "no" / "f.svg")
    model.save(tmp_path / "m.pliant")
    again = pliant.load(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="holds no data"):
        again.plot()
    assert len(again.plot(PENGUINS).data) == len(model.plot().data)


def test_dollar_signs_in_names_are_not_mathematics(tmp_path):
    frame = pd.DataFrame({"cost $": [1.0, 2, 3, 4], "gain $": [2.0, 1, 4, 3]})
    save_figure(fit("`gain $` ~ `cost $`", frame).plot(), tmp_path / "f.png")


TABLE = {
    "x": np.arange(24.0),
    "z": np.arange(24.0) % 5,
    "g": list("abc") * 8,
    "h": ["p", "q"] * 12,
}


@pytest.mark.parametrize("formula", ["cbind(x, z) ~ g", "cbind(x, z) ~ g + h", "cbind(z, x) ~ I(x / 2)"])
def test_of_several_responses_the_first_is_drawn_and_named(formula):
    model = pliant.fit(formula, TABLE, hidden=2, epochs=2)
    names = model.design.response.names
    assert model.plot().axes[0].get_ylabel() == f"{names[0]}, the first of {names[0]}, {names[1]}"


@pytest.mark.parametrize(("formula", "rows"), [("x ~ g", 3), ("x ~ g + h", 6)])
def test_the_data_of_a_picture_of_levels_has_every_mean_that_is_drawn(formula, rows):
    model = pliant.fit(formula, TABLE, hidden=())
    data = model.plot().data
    assert data.height == rows
    means = model.predict(data)["prediction"] if rows == 6 else model.predict({"g": data["g"]})["prediction"]
    assert np.allclose(data["mean"], means)
    classes = pliant.fit("g ~ h", TABLE, family="multinomial", hidden=()).plot().data
    assert classes.columns == ["h", "g", "mean"]
    assert classes.height == 6
