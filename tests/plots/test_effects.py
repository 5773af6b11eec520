"""The pictures of effects, surfaces and importance: what is drawn, the numbers beside it, and the file."""

import numpy as np
import pytest

import pliant
from pliant.errors import ArgumentError, InputError
from pliant.plots import save_figure
from pliant.plots.svg import as_svg

PENGUINS = pliant.datasets.penguins()
RNG = np.random.default_rng(2)
N = 90
TABLE = {f"x{k}": RNG.normal(size=N) for k in range(14)}
TABLE["day"] = np.datetime64("2024-01-01") + RNG.integers(0, 400, N)
TABLE["g"] = np.array(list("abc"))[np.arange(N) % 3]
TABLE["many"] = np.array([f"a rather long level {k}" for k in range(9)])[np.arange(N) % 9]
TABLE["y"] = TABLE["x0"] * TABLE["x1"] + TABLE["x2"] + 0.1 * RNG.normal(size=N)


def fit(formula="body_mass_g ~ flipper_length_mm * species + bill_length_mm + sex", table=PENGUINS, **options):
    return pliant.fit(formula, table, **{"hidden": ()} | options)


def words(figure):
    return " ".join(text.get_text() for text in figure.texts)


def test_every_column_has_a_panel_on_one_scale_the_largest_effect_first():
    model = fit()
    figure = model.plot_effects()
    assert {axes.get_ylim() for axes in figure.axes} == {figure.axes[0].get_ylim()}
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert set(titles) == {"flipper_length_mm", "species", "bill_length_mm", "sex"}
    data = figure.data
    own = {name: data.filter(data["column"] == name) for name in titles}
    size = {name: np.sqrt(np.average(d["effect"].to_numpy() ** 2, weights=d["n_rows"])) for name, d in own.items()}
    assert titles == sorted(size, key=lambda name: -size[name])
    ours, drawn = model.effects("species"), data.filter(data["column"] == "species")
    assert drawn["level"].to_list() == ours["species"].to_list()
    assert np.allclose(drawn["upper"], ours["upper"])
    assert "covariance" in words(figure)


@pytest.mark.parametrize(
    ("formula", "table", "options"),
    [
        ("y ~ x0 * x1 + day + many + g", TABLE, {}),
        ("sex ~ body_mass_g + species", PENGUINS, {"family": "binomial"}),
        ("species ~ bill_length_mm + island", PENGUINS, {"family": "multinomial", "hidden": 2, "epochs": 5}),
        ("cbind(x3, x4) ~ x0 + g", TABLE, {"hidden": 2, "epochs": 4}),
        ("y ~ x0 + cut(x1, breaks=3)", TABLE, {"hidden": 3, "epochs": 4}),
    ],
)
@pytest.mark.parametrize("width", [None, 3.4])
def test_every_kind_of_model_is_drawn_at_every_width(formula, table, options, width, tmp_path):
    figure = fit(formula, table, **options).plot_effects(width=width)
    save_figure(figure, tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 8_000
    assert len(figure.data)


@pytest.mark.parametrize("pair", [("x0", "x1"), ("x0", "g"), ("g", "x0"), ("g", "many"), ("many", "x0"), ("day", "x0")])
def test_two_columns_are_drawn_together(pair, tmp_path):
    model = fit("y ~ x0 * x1 + g * x0 + many + day", TABLE)
    for width in (3.4, 6.4):
        figure = model.plot_effects(*pair, width=width)
        save_figure(figure, tmp_path / "f.png")
    assert list(figure.data.columns[:2]) == list(pair)
    assert "H = " in figure.axes[0].texts[0].get_text()


def test_of_many_columns_the_largest_are_drawn_and_that_is_said():
    figure = fit("y ~ .", TABLE).plot_effects()
    assert len(figure.axes) == 12
    assert "12 largest of 17" in words(figure)


def test_what_the_band_rests_on_is_said():
    for options, said in (({"members": 3, "hidden": None}, "3 fold fits"), ({"members": 1, "hidden": 2}, "members=10")):
        assert said in words(fit("y ~ x0 + x1", TABLE, **options).plot_effects("x0"))


def test_the_picture_takes_its_colours_from_where_it_stands():
    text = as_svg(fit("y ~ x0 * x1", TABLE).plot_effects("x0", "x1"), "s").inline
    assert "var(--c0)" in text
    assert "#0072b2" not in text


def test_importance_is_drawn_in_order_with_its_frame():
    model = fit("y ~ x0 * x1 + x2", TABLE)
    figure = model.plot_importance(repeats=3)
    assert figure.data.equals(model.importance(repeats=3))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == figure.data["column"].to_list()
    assert "trained on" in words(figure)


def test_what_cannot_be_drawn_is_said(tmp_path):
    model = fit("y ~ x0 + x1", TABLE)
    with pytest.raises(ArgumentError, match="does not read 'x7'"):
        model.plot_effects("x7")
    with pytest.raises(ArgumentError, match="two different columns"):
        model.plot_effects("x0", "x0")
    with pytest.raises(ArgumentError, match="a surface is of two columns"):
        model.plot_effects(["x0"], "x1")
    model.save(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="holds no data"):
        pliant.load(tmp_path / "m.pliant").plot_effects()
    with pytest.raises(InputError, match="reads no column"):
        fit("y ~ 1", TABLE).plot_effects()


@pytest.mark.parametrize("days", [20, 400, 1_100, 1_500, 9_000])
def test_dates_of_any_span_have_a_few_ticks(days):
    day = np.datetime64("2021-01-01") + np.linspace(0, days, N).astype(int)
    figure = fit("y ~ I(day)", {"y": TABLE["y"], "day": day}).plot_effects()
    as_svg(figure, "f")
    assert 2 <= len(figure.axes[0].get_xticks()) <= 8
