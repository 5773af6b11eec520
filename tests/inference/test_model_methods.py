"""What a fitted model answers."""

import copy
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pliant
from pliant.errors import ArgumentError, ConvergenceError, InputError, ResponseError

PENGUINS = pliant.datasets.penguins()
FORMULA = "body_mass_g ~ flipper_length_mm + species"


@pytest.fixture(scope="module")
def line():
    return pliant.fit(FORMULA, PENGUINS, hidden=())


@pytest.fixture(scope="module")
def network():
    return pliant.fit(FORMULA, PENGUINS, hidden=4, epochs=30)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (PENGUINS, pl.DataFrame),
        (PENGUINS.to_pandas(), pd.DataFrame),
        (PENGUINS.to_arrow(), pa.Table),
        (PENGUINS.to_dict(as_series=False), pl.DataFrame),
        (pliant.datasets.penguins_path(), pl.DataFrame),
    ],
    ids=["polars", "pandas", "pyarrow", "dict", "path"],
)
def test_frames_come_back_as_they_were_given(table, kind, line):
    model = pliant.fit(FORMULA, table, hidden=())
    for frame in (model.predict(table), model.tidy(), model.glance(), model.augment(), model.conf_int()):
        assert isinstance(frame, kind)
    assert model.coefficients == line.coefficients


def test_formula_and_table_come_in_either_order(line):
    assert pliant.fit(PENGUINS, FORMULA, hidden=()).coefficients == line.coefficients


def test_arrays_are_fitted_like_tables():
    X, y = np.arange(12.0).reshape(6, 2) ** 2, np.array([1.0, 3, 2, 5, 4, 6])
    model = pliant.fit(X, y, hidden=())
    assert list(model.coefficients) == ["Intercept", "x1", "x2"]
    exact = np.linalg.lstsq(np.column_stack([np.ones(6), X]), y, rcond=None)[0]
    assert np.allclose(list(model.coefficients.values()), exact, rtol=1e-9)
    several = pliant.fit(X, np.column_stack([y, -y]), hidden=2, epochs=3)
    assert list(several.predict({"x1": [1.0], "x2": [2.0]}).columns)[:2] == ["prediction[y1]", "prediction[y2]"]


def test_tidy_has_intervals_of_the_level_asked_for(line):
    wide, narrow = line.tidy(level=0.99), line.tidy(level=0.5)
    assert (wide["conf_high"] > narrow["conf_high"]).all()
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        line.tidy(level=95)
    with pytest.raises(ArgumentError, match="'pliant' or 'r'"):
        line.tidy(names="stata")


def test_augment_lies_beside_the_rows_it_belongs_to(line):
    table = line.augment()
    assert table.height == PENGUINS.height
    assert table[".fitted"].null_count() == 2
    left = (table["body_mass_g"] - table[".fitted"] - table[".resid"]).drop_nulls()
    assert left.abs().max() == 0.0
    assert table[".hat"].sum() == pytest.approx(4.0, rel=1e-12)
    assert ".resid" not in line.augment(PENGUINS.drop("body_mass_g")).columns


def test_residuals_of_every_kind_belong_together():
    model = pliant.fit("sex ~ body_mass_g", PENGUINS, family="binomial", hidden=())
    y, mu = model.arrays.y[:, 0], model.fitted_values()[:, 0]
    assert np.allclose(model.residuals("response"), y - mu)
    assert np.allclose(model.residuals("pearson"), (y - mu) / np.sqrt(mu * (1 - mu)))
    assert np.sum(model.residuals("deviance") ** 2) == pytest.approx(model.deviance, rel=1e-12)
    assert np.allclose(model.residuals("working"), (y - mu) / (mu * (1 - mu)))
    with pytest.raises(ArgumentError, match="deviance, pearson"):
        model.residuals("anscombe")


def test_link_and_response_are_the_same_prediction():
    model = pliant.fit("sex ~ body_mass_g", PENGUINS, family="binomial", hidden=())
    eta = model.predict(PENGUINS, type="link")["link"].to_numpy()
    mu = model.predict(PENGUINS)["prediction"].to_numpy()
    assert np.allclose(mu, 1 / (1 + np.exp(-eta)), equal_nan=True)
    with pytest.raises(ArgumentError, match="'response' or 'link'"):
        model.predict(PENGUINS, type="class")


def test_classes_are_predicted_with_their_probabilities():
    model = pliant.fit("species ~ bill_length_mm + bill_depth_mm", PENGUINS, family="multinomial", hidden=3, epochs=300)
    frame = model.predict(PENGUINS)
    shares = frame.select(pl.selectors.starts_with("probability")).drop_nulls()
    assert shares.columns == [f"probability[{s}]" for s in ("Adelie", "Chinstrap", "Gentoo")]
    assert np.allclose(shares.sum_horizontal(), 1.0)
    right = (frame["prediction"] == PENGUINS["species"]).drop_nulls().mean()
    assert right > 0.95


def test_a_network_refuses_what_it_does_not_have(network):
    for ask in (lambda: network.coefficients, lambda: network.standard_errors, network.tidy):
        with pytest.raises(InputError, match="no coefficients"):
            ask()
    assert np.isnan(network.aic)
    assert [weights.shape for weights, _ in network.layers] == [(3, 4), (4, 1)]


def test_the_summary_of_a_line_reads_as_r_users_know_it(line):
    text = str(line.summary())
    for words in (
        "body_mass_g ~ flipper_length_mm + species",
        "family gaussian, link identity; 342 rows",
        "flipper_length_mm",
        "Std. Error",
        "Pr(>|t|)",
        "< 2e-16  ***",
        "Null deviance: 219307697 on 341 degrees of freedom",
        "Residual deviance: 47666988 on 338 degrees of freedom",
        "Dispersion parameter for gaussian family taken to be 141027",
        "against the intercept alone F(3, 338) = 405.7, p < 2e-16",
        "AIC",
        "2 rows with missing values",
    ):
        assert words in text
    html = line.summary()._repr_html_()
    assert html.count("<tr>") == 5
    assert line._repr_html_() == html


def test_names_cannot_put_markup_into_a_summary():
    frame = {"y": [1.0, 2, 3, 5], "<script>alert(1)</script>": ["a", "b", "<b>", "a"]}
    html = pliant.fit("y ~ .", frame, hidden=())._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html


def test_the_summary_of_a_recipe_says_what_was_chosen():
    model = pliant.fit(FORMULA, PENGUINS)
    text = str(model.summary())
    verdict, title, call = text.splitlines()[:3]
    assert title == "The mean of 10 networks of 16 tanh units beside a line"
    assert verdict == model.members.verdict.sentence
    assert call == f'Call: pliant.fit("{FORMULA}", table)'
    assert "chosen for you: weight decay by evidence" in text
    assert "damped Gauss-Newton (lm), weight decay by evidence" in text
    assert "the data determine" in text
    shares = re.search(r"predicts with (\d+) % of the curve and (\d+) % of the line", text)
    assert int(shares[1]) == round(100 * model.members.share) == 100 - int(shares[2])
    assert repr(model).startswith("<pliant mean of 10 networks 3-16: ")


def test_the_summary_of_a_training_by_steps_says_what_was_held_out():
    text = str(pliant.fit(FORMULA, PENGUINS, optimiser="adam").summary())
    assert "16 tanh units beside a line" in text
    assert "held out" in text


def test_the_summary_of_one_fit_counts_steps():
    text = str(pliant.fit(FORMULA, PENGUINS, members=1).summary())
    assert re.search(r"^\d+ steps, last loss", text, re.MULTILINE)


def test_members_keep_no_history_to_draw_and_nothing_to_continue():
    model = pliant.fit(FORMULA, PENGUINS, hidden=2, members=3)
    with pytest.raises(InputError, match="members, which settled"):
        model.plot_training()
    with pytest.raises(InputError, match="members have settled"):
        model.continue_training(5)


def test_exactly_what_was_asked_and_nothing_added():
    model = pliant.fit(
        FORMULA, PENGUINS, hidden=5, skip=False, optimiser="adam", learning_rate=0.02, epochs=7, engine="torch"
    )
    assert model.settings.reasons == ()
    assert (model.settings.validation, model.settings.regularisation, model.settings.batch) == (None, 0.0, None)
    assert len(model.history) == 7


def test_the_engines_give_the_same_model():
    ours, theirs = (
        pliant.fit(FORMULA, PENGUINS, hidden=(5, 3), epochs=60, engine=e, batch=64, validation=0.2)
        for e in ("reference", "torch")
    )
    assert np.allclose(ours.parameters, theirs.parameters, rtol=1e-10, atol=1e-12)


def test_a_line_by_descent_comes_to_the_exact_line(line):
    model = pliant.fit(FORMULA, PENGUINS, hidden=(), optimiser="gd", learning_rate=0.5, epochs=3000)
    assert np.allclose(list(model.coefficients.values()), list(line.coefficients.values()), rtol=1e-8)
    with pytest.raises(InputError, match="fitted by gd has no standard errors"):
        _ = model.standard_errors
    assert "fitted by gd" in str(model.summary())


def test_ridge_shrinks_in_standard_units(line):
    from sklearn.linear_model import Ridge

    model = pliant.fit("body_mass_g ~ flipper_length_mm + bill_depth_mm", PENGUINS, hidden=(), regularisation=0.5)
    rows = model.arrays
    X = (rows.X[:, 1:] - rows.X[:, 1:].mean(0)) / rows.X[:, 1:].std(0)
    # sklearn minimises the sum of squares + alpha |b|^2; ours half the mean of squares + 0.5/2 |b|^2
    peer = Ridge(alpha=0.5 * len(X)).fit(X, rows.y[:, 0])
    assert np.allclose(list(model.coefficients.values())[1:], peer.coef_ / rows.X[:, 1:].std(0), rtol=1e-10)


def test_aliased_columns_are_named_and_predict_nothing():
    frame = PENGUINS.with_columns((2.0 * pl.col("flipper_length_mm") + 1.0).alias("twice"))
    model = pliant.fit("body_mass_g ~ flipper_length_mm + twice", frame, hidden=())
    assert np.isnan(model.coefficients["twice"])
    assert np.isfinite(model.coefficients["Intercept"])
    assert "twice is determined by the columns before" in str(model.summary())
    assert "aliased" in str(model.summary())
    alone = pliant.fit("body_mass_g ~ flipper_length_mm", frame, hidden=())
    assert np.allclose(model.predict(frame)["prediction"], alone.predict(frame)["prediction"], equal_nan=True)
    assert model.df_residual == alone.df_residual


@pytest.mark.parametrize(("family", "y"), [("binomial", 1.0), ("binomial", 0.0), ("poisson", 0.0)])
def test_a_response_without_variation_is_named(family, y):
    with pytest.raises(ConvergenceError, match=f"response is {y:g} in every row"):
        pliant.fit("y ~ x", {"y": np.full(5, y), "x": np.arange(5.0)}, family=family, hidden=())


def test_one_row_is_its_own_mean():
    model = pliant.fit("y ~ x", {"y": [2.0], "x": [1.0]}, hidden=())
    assert model.coefficients["Intercept"] == 2.0
    assert np.isnan(model.coefficients["x"])
    assert np.isnan(model.dispersion)


@pytest.mark.parametrize("options", [{"hidden": ()}, {"hidden": 3, "epochs": 3}], ids=str)
def test_a_model_can_be_pickled_and_copied(options):
    model = pliant.fit(FORMULA, PENGUINS, **options)
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert again.predict(PENGUINS).equals(model.predict(PENGUINS))


def test_separation_is_an_error_that_names_the_columns():
    frame = {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6], "z": [3.0, 1, 2, 2, 3, 1]}
    with pytest.raises(ConvergenceError, match=r"'?x'?.*separate.*regularisation"):
        pliant.fit("y ~ x", frame, family="binomial", hidden=())
    held = pliant.fit("y ~ x", frame, family="binomial", hidden=(), regularisation=0.1)
    assert 0.0 < held.coefficients["x"] < 10.0


def test_responses_outside_the_family_are_named():
    for family, y, says in [
        ("poisson", [1.0, -2, 3], "row 2"),
        ("binomial", [0.0, 1, 2], "row 3"),
    ]:
        with pytest.raises(ResponseError, match=says):
            pliant.fit("y ~ x", {"y": y, "x": [1.0, 2, 3]}, family=family, hidden=())


def test_several_responses_need_a_network():
    frame = {"a": [1.0, 2, 3], "b": [3.0, 2, 2], "x": [1.0, 2, 4]}
    with pytest.raises(InputError, match="one response"):
        pliant.fit("cbind(a, b) ~ x", frame, hidden=())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"hidden": -1}, "whole number above 0"),
        ({"hidden": (4, 2.5)}, "whole number above 0"),
        ({"hidden": True}, "whole number above 0"),
        ({"hidden": 2, "regularisation": -1}, "regularisation"),
        ({"hidden": 2, "regularisation": float("nan")}, "regularisation"),
        ({"hidden": 2, "validation": 1.5}, "share of the rows"),
        ({"hidden": 2, "validation": 0.0001}, "holds out 0"),
        ({"hidden": 2, "epochs": -1}, "epochs"),
        ({"hidden": 2, "batch": 0}, "batch"),
        ({"hidden": 2, "schedule": "cosin"}, "cosine"),
        ({"hidden": 2, "activation": "tan"}, "tanh"),
        ({"family": "gauss"}, "gaussian"),
        ({"link": "logit"}, "identity"),
        ({"engine": "jax"}, "reference"),
        ({"hidden": 2, "precision": "float16"}, "precision"),
        ({"seed": -1, "hidden": 2}, "seed"),
        ({"missing": "no"}, "'drop', 'impute' or 'error'"),
        ({"hidden": 2, "optimiser_settings": {"beta3": 1.0}}, "beta"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(options, says):
    with pytest.raises(ArgumentError, match=says):
        pliant.fit(FORMULA, PENGUINS, **options)


def test_net_and_skip_false_contradict_each_other():
    with pytest.raises(ArgumentError, match="net"):
        pliant.fit("body_mass_g ~ net(flipper_length_mm) + species", PENGUINS, hidden=2, skip=False)


def test_terms_outside_net_stay_linear():
    model = pliant.fit("body_mass_g ~ net(flipper_length_mm) + bill_depth_mm", PENGUINS, hidden=4, epochs=200)
    depth = np.linspace(13.0, 21.0, 30)
    mean = model.predict({"flipper_length_mm": np.full(30, 200.0), "bill_depth_mm": depth})["prediction"].to_numpy()
    assert np.max(np.abs(np.diff(mean, 2))) < 1e-9 * np.max(np.abs(mean))


def test_frequency_of_a_row_is_its_weight_in_the_coefficients():
    frame = {"y": [1.0, 3, 2, 5], "x": [1.0, 2, 3, 5], "w": [2.0, 1, 3, 1]}
    rows = np.repeat(np.arange(4), [2, 1, 3, 1])
    twice = {name: np.array(values)[rows] for name, values in frame.items()}
    weighted = pliant.fit("y ~ x", frame, hidden=(), weights="w")
    repeated = pliant.fit("y ~ x", twice, hidden=())
    assert np.allclose(list(weighted.coefficients.values()), list(repeated.coefficients.values()), rtol=1e-13)


def test_a_shift_of_the_offset_is_a_shift_of_the_intercept():
    frame = {"y": [1, 3, 2, 5, 9], "x": [1.0, 2, 3, 5, 6]}
    plain = pliant.fit("y ~ x", frame, family="poisson", hidden=())
    moved = pliant.fit("y ~ x", frame, family="poisson", hidden=(), offset=np.full(5, 0.7))
    assert moved.coefficients["Intercept"] == pytest.approx(plain.coefficients["Intercept"] - 0.7, rel=1e-12)
    assert moved.deviance == pytest.approx(plain.deviance, rel=1e-12)
    assert moved.null_deviance == pytest.approx(plain.null_deviance, rel=1e-12)
