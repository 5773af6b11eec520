"""Slopes, contrasts and average means: against statsmodels, and against a delta method by differences."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import statsmodels.api as sm

import pliant
from pliant.data.table import read_table
from pliant.errors import ArgumentError, InputError
from pliant.functions.families import FAMILIES

PENGUINS = pliant.datasets.penguins()
RNG = np.random.default_rng(21)
N = 90
TABLE = {"x": RNG.uniform(0.3, 2.0, N), "z": RNG.normal(size=N), "g": np.array(list("abc"))[np.arange(N) % 3]}
ETA = 0.4 + 0.5 * TABLE["x"] - 0.3 * TABLE["z"] + 0.3 * (TABLE["g"] == "b")
TABLE["number"] = 2.0 + ETA + 0.4 * RNG.normal(size=N)
TABLE["event"] = (RNG.random(N) < 1 / (1 + np.exp(-ETA))) * 1.0
TABLE["count"] = RNG.poisson(np.exp(ETA)) * 1.0
RESPONSE = {
    "gaussian": "number",
    "binomial": "event",
    "poisson": "count",
    "gamma": "number",
    "inverse_gaussian": "number",
    "negative_binomial": "count",
    "tweedie": "number",
    "quasipoisson": "count",
    "quasibinomial": "event",
}
PAIRS = [(f, link) for f in RESPONSE if f in FAMILIES for link in FAMILIES[f].links]
PAIRS = [(f, link) for f, link in PAIRS if RESPONSE[f] != "event" or link != "log"]  # whose means would pass 1


def values(frame, name):
    return frame[name].to_numpy().astype(float)


def by_differences(model, estimate):
    """Give the errors of what `estimate(coefficients)` gives, by central differences and the covariance."""
    b = np.array(list(model.coefficients.values()))
    C = model.cov_params()
    h = 1e-6 * np.maximum(np.abs(b), np.sqrt(np.diagonal(C)))
    G = np.array([(estimate(b + h[k] * e) - estimate(b - h[k] * e)) / (2 * h[k]) for k, e in enumerate(np.eye(len(b)))])
    return np.sqrt(np.einsum("ki,kj,ji->i", np.atleast_2d(G.T).T, C, np.atleast_2d(G.T).T))


@pytest.mark.parametrize(("family", "link"), [("binomial", "logit"), ("poisson", "log"), ("binomial", "probit")])
def test_average_slopes_are_those_of_statsmodels(family, link):
    y = RESPONSE[family]
    model = pliant.fit(f"{y} ~ x + z", TABLE, family=family, link=link, hidden=())
    X = np.column_stack([np.ones(N), TABLE["x"], TABLE["z"]])
    if link == "probit":  # its discrete model takes the observed information for errors, a glm the expected one
        fit = sm.GLM(TABLE[y], X, sm.families.Binomial(sm.families.links.Probit())).fit(tol=1e-15)
    else:
        fit = {"logit": sm.Logit, "log": sm.Poisson}[link](TABLE[y], X).fit(disp=0, method="newton", tol=1e-14)
    theirs = fit.get_margeff(at="overall", method="dydx")
    ours = model.avg_slopes()
    assert ours["term"].to_list() == ["x", "z"]
    assert np.allclose(values(ours, "estimate"), theirs.margeff, rtol=1e-9)
    assert np.allclose(values(ours, "std_error"), theirs.margeff_se, rtol=1e-8)
    assert np.allclose(values(ours, "p_value"), theirs.pvalues, rtol=1e-6)
    assert np.allclose(
        np.column_stack([values(ours, "conf_low"), values(ours, "conf_high")]), theirs.conf_int(), rtol=1e-8
    )


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_slopes_and_their_errors_are_those_of_differences(family, link):
    right = "x + I(x^2) + z + x:z" if link in ("identity", "log", "logit", "probit") else "x + z"
    model = pliant.fit(f"{RESPONSE[family]} ~ {right}", TABLE, family=family, link=link, hidden=())
    h = 2e-4
    X = [model.design.matrix(read_table({**TABLE, "x": TABLE["x"] + k * h})).X for k in (-2, -1, 1, 2)]

    def slope(b):  # to the fourth order
        far_low, low, high, far_high = (model.likelihood.mean((rows @ b)[:, None])[:, 0] for rows in X)
        return (8 * (high - low) - (far_high - far_low)) / (12 * h)

    ours = model.slopes(variables="x")
    b = np.array(list(model.coefficients.values()))
    assert np.allclose(values(ours, "estimate"), slope(b), rtol=1e-7, atol=1e-9)
    errors = by_differences(model, slope)
    assert np.allclose(values(ours, "std_error"), errors, rtol=2e-5, atol=1e-7 * np.max(errors))
    averaged = model.avg_slopes(variables="x")
    assert values(averaged, "estimate")[0] == pytest.approx(np.mean(slope(b)), rel=1e-8)
    by_hand = by_differences(model, lambda b: np.array([np.mean(slope(b))]))
    assert values(averaged, "std_error")[0] == pytest.approx(by_hand[0], rel=1e-5)


def test_a_slope_goes_through_every_term_that_reads_the_column():
    formula = "count ~ x + log(x) + ns(z, df=3):x + g*x + offset(I(0.1 * x))"
    model = pliant.fit(formula, TABLE, family="poisson", hidden=())
    h = 1e-5
    up, down = (model.predict({**TABLE, "x": TABLE["x"] + s}, type="link")["link"].to_numpy() for s in (h, -h))
    ours = model.slopes(variables="x", type="link")
    assert np.allclose(values(ours, "estimate"), (up - down) / (2 * h), rtol=1e-7, atol=1e-8)


def test_the_slope_of_a_plain_gaussian_line_is_its_coefficient():
    model = pliant.fit("number ~ x + z", TABLE, hidden=())
    averaged, tidy = model.avg_slopes(), model.tidy()
    for name in ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"):
        assert np.allclose(values(averaged, name), values(tidy, name)[1:], rtol=1e-11)
    assert np.allclose(
        values(model.slopes(), "std_error").reshape(2, N), values(tidy, "std_error")[1:, None], rtol=1e-11
    )


def test_a_factor_is_contrasted_with_its_first_level():
    model = pliant.fit("event ~ g * x", TABLE, family="binomial", hidden=())
    ours = model.avg_slopes(variables="g")
    assert ours["contrast"].to_list() == ["b - a", "c - a"]
    held = {level: model.predict({**TABLE, "g": np.full(N, level)})["prediction"].to_numpy() for level in "abc"}
    expected = [np.mean(held[level] - held["a"]) for level in "bc"]
    assert np.allclose(values(ours, "estimate"), expected, rtol=1e-12)
    rows = {level: model.design.matrix(read_table({**TABLE, "g": np.full(N, level)})).X for level in "abc"}

    def contrast(b):
        mean = {level: np.mean(1 / (1 + np.exp(-rows[level] @ b))) for level in "abc"}
        return np.array([mean["b"] - mean["a"], mean["c"] - mean["a"]])

    assert np.allclose(values(ours, "std_error"), by_differences(model, contrast), rtol=1e-7)


@pytest.mark.parametrize("formula", ["body_mass_g ~ factor(year) + sex", "body_mass_g ~ sex + C(year, ref='2008')"])
def test_a_number_that_names_groups_is_contrasted_too(formula):
    model = pliant.fit(formula, PENGUINS, hidden=())
    ours = model.avg_slopes(variables="year")
    assert ours["contrast"].to_list() == ["2008 - 2007", "2009 - 2007"]
    table = PENGUINS.drop_nulls(["sex", "body_mass_g"])
    held = [model.predict(table.with_columns(year=y))["prediction"].mean() for y in (2007, 2008, 2009)]
    assert np.allclose(values(ours, "estimate"), [held[1] - held[0], held[2] - held[0]], rtol=1e-8)


def test_true_and_false_are_contrasted():
    frame = {"y": TABLE["number"], "big": TABLE["x"] > 1}
    ours = pliant.fit("y ~ big", frame, hidden=()).avg_slopes()
    assert ours["contrast"].to_list() == ["True - False"]
    assert values(ours, "estimate")[0] == pytest.approx(
        np.mean(frame["y"][frame["big"]]) - np.mean(frame["y"][~frame["big"]])
    )


def test_a_column_that_is_cut_has_no_slope():
    model = pliant.fit("number ~ cut(x, breaks=3) + z", TABLE, hidden=())
    with pytest.raises(InputError, match="through cut"):
        model.avg_slopes()
    assert model.avg_slopes(variables="z")["term"].to_list() == ["z"]


def test_average_slopes_of_groups_are_averages_over_their_rows():
    model = pliant.fit("count ~ x * g + z", TABLE, family="poisson", hidden=())
    ours = model.avg_slopes(variables="x", by="g")
    each = values(model.slopes(variables="x"), "estimate")
    assert ours["g"].to_list() == ["a", "b", "c"]
    assert np.allclose(values(ours, "estimate"), [each[TABLE["g"] == level].mean() for level in "abc"], rtol=1e-12)
    one = model.avg_slopes({k: v[TABLE["g"] == "b"] for k, v in TABLE.items()}, variables="x")
    assert values(one, "std_error")[0] == pytest.approx(values(ours, "std_error")[1], rel=1e-12)


def test_average_predictions_of_a_canonical_line_are_the_averages_of_the_response():
    model = pliant.fit("event ~ x + g", TABLE, family="binomial", hidden=())
    whole, parts = model.predictions(), model.predictions(by="g")
    assert values(whole, "estimate")[0] == pytest.approx(np.mean(TABLE["event"]), rel=1e-10)
    assert np.allclose(values(parts, "estimate"), [np.mean(TABLE["event"][TABLE["g"] == g]) for g in "abc"], rtol=1e-10)
    X = model.data().X
    by_hand = by_differences(model, lambda b: np.array([np.mean(1 / (1 + np.exp(-X @ b)))]))
    assert values(whole, "std_error")[0] == pytest.approx(by_hand[0], rel=1e-7)
    assert parts["n_rows"].to_list() == [30, 30, 30]
    low, high = values(parts, "conf_low"), values(parts, "conf_high")
    assert bool(np.all((low > 0) & (low < values(parts, "estimate")) & (values(parts, "estimate") < high) & (high < 1)))


def test_predictions_are_grouped_by_several_columns_and_leave_out_rows_without_a_group():
    model = pliant.fit("body_mass_g ~ flipper_length_mm + species", PENGUINS, hidden=())
    ours = model.predictions(by=["species", "sex"])
    counted = PENGUINS.drop_nulls(["sex", "body_mass_g"]).group_by("species", "sex").len().sort("species", "sex")
    assert ours["species"].to_list() == counted["species"].to_list()
    assert ours["sex"].to_list() == counted["sex"].to_list()
    assert ours["n_rows"].to_list() == counted["len"].to_list()


def test_slopes_of_probabilities_sum_to_nothing_and_their_errors_are_those_of_differences():
    model = pliant.fit("species ~ body_mass_g", PENGUINS, family="multinomial", hidden=())
    ours = model.avg_slopes()
    assert ours["response"].to_list() == ["Adelie", "Chinstrap", "Gentoo"]
    assert abs(float(np.sum(values(ours, "estimate")))) < 1e-18
    X = model.data().X
    b = np.array([list(level.values()) for level in model.coefficients.values()]).ravel()

    def slope(b):
        B = b.reshape(2, 2).T
        mu = model.likelihood.mean(X @ B)
        t = np.column_stack([np.zeros(len(X)), np.tile(B[1], (len(X), 1))])
        return np.mean(mu * (t - np.sum(mu * t, axis=1, keepdims=True)), axis=0)

    assert np.allclose(values(ours, "estimate"), slope(b), rtol=1e-12)
    C = model.cov_params()
    h = 1e-6 * np.abs(b)
    G = np.array([(slope(b + h[k] * e) - slope(b - h[k] * e)) / (2 * h[k]) for k, e in enumerate(np.eye(4))])
    assert np.allclose(values(ours, "std_error"), np.sqrt(np.einsum("ki,kj,ji->i", G, C, G)), rtol=1e-6)


def test_rows_that_are_not_complete_have_missing_slopes_and_do_not_count():
    model = pliant.fit("body_mass_g ~ flipper_length_mm * sex", PENGUINS, hidden=())
    rows = model.slopes(variables="flipper_length_mm")
    assert rows.height == 344
    assert rows["row"].to_list() == list(range(344))
    gone = (PENGUINS["sex"].is_null() | PENGUINS["body_mass_g"].is_null()).to_list()
    assert rows["estimate"].is_null().to_list() == gone
    assert rows["std_error"].is_null().to_list() == gone
    averaged = model.avg_slopes(variables="flipper_length_mm")
    assert values(averaged, "estimate")[0] == pytest.approx(rows["estimate"].mean(), rel=1e-12)


def test_an_offset_given_as_an_argument_counts_at_the_training_rows():
    shift = RNG.normal(size=N)
    model = pliant.fit("count ~ x", TABLE, family="poisson", offset=shift, hidden=())
    assert values(model.predictions(), "estimate")[0] == pytest.approx(np.mean(TABLE["count"]), rel=1e-10)
    slope = np.mean(model.fitted_values()[:, 0]) * model.coefficients["x"]
    assert values(model.avg_slopes(), "estimate")[0] == pytest.approx(slope, rel=1e-12)


def test_an_aliased_column_takes_no_part():
    table = {**TABLE, "twice": 2 * TABLE["x"]}
    model, alone = (pliant.fit(f, table, hidden=()) for f in ("number ~ x + twice", "number ~ x"))
    ours, expected = model.avg_slopes(variables="x"), alone.avg_slopes()
    for name in ("estimate", "std_error", "conf_low"):
        assert np.allclose(values(ours, name), values(expected, name), rtol=1e-10)


@pytest.mark.parametrize(
    ("make", "kind"), [(pd.DataFrame, pd.DataFrame), (pa.table, pa.Table)], ids=["pandas", "pyarrow"]
)
def test_frames_are_of_the_kind_that_was_given(make, kind):
    table = make(TABLE)
    model = pliant.fit("event ~ x + g", table, family="binomial", hidden=())
    for frame in (
        model.slopes(),
        model.avg_slopes(by="g"),
        model.predictions(by="g"),
        model.predict(table, interval=0.9),
        model.predict_mean_interval(table),
        model.influence(),
        model.simulate(2),
    ):
        assert isinstance(frame, kind)


def test_what_is_asked_amiss_is_said():
    model = pliant.fit("number ~ x + g", TABLE, hidden=())
    with pytest.raises(ArgumentError, match="does not read 'zz'"):
        model.slopes(variables="zz")
    with pytest.raises(ArgumentError, match="'response' or 'link'"):
        model.avg_slopes(type="class")
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        model.predictions(level=95)
    with pytest.raises(InputError, match="no column 'h'"):
        model.predictions(by="h")
    with pytest.raises(InputError, match="reads no column"):
        pliant.fit("number ~ 1", TABLE, hidden=()).avg_slopes()
    network = pliant.fit("number ~ x", TABLE, hidden=2, epochs=3)
    with pytest.raises(InputError, match="needs the weight decay by evidence"):
        network.predict_mean_interval(TABLE)


@pytest.mark.parametrize("cov", [{"cov_type": "HC1"}, {"cov_type": "cluster", "groups": "g"}], ids=str)
def test_slopes_and_means_rest_on_the_covariance_that_is_asked_for(cov):
    model = pliant.fit("number ~ x + z", TABLE, hidden=())
    tidy, averaged = model.tidy(**cov), model.avg_slopes(**cov)
    for name in ("estimate", "std_error", "p_value", "conf_low", "conf_high"):
        assert np.allclose(values(averaged, name), values(tidy, name)[1:], rtol=1e-10)
    mean = np.array([1.0, np.mean(TABLE["x"]), np.mean(TABLE["z"])])
    expected = np.sqrt(mean @ model.cov_params(**cov) @ mean)
    assert values(model.predictions(**cov), "std_error")[0] == pytest.approx(expected, rel=1e-10)
    assert values(model.slopes(**cov), "std_error")[0] == pytest.approx(values(tidy, "std_error")[1], rel=1e-10)
    at = {"x": [0.0], "z": [0.0]}
    low, high = (model.predict_mean_interval(at, **cov)[name][0] for name in ("lower", "upper"))
    assert [low, high] == pytest.approx([tidy["conf_low"][0], tidy["conf_high"][0]], rel=1e-10)


def test_a_frequency_is_so_many_rows():
    frame = {name: values[:30] for name, values in TABLE.items()} | {"f": 1.0 + np.arange(30) % 3}
    repeated = {name: np.repeat(values, frame["f"].astype(int)) for name, values in frame.items()}
    counted = pliant.fit("count ~ x * g", frame, family="poisson", frequencies="f", hidden=())
    plain = pliant.fit("count ~ x * g", repeated, family="poisson", hidden=())
    for ours, theirs in (
        (counted.avg_slopes(), plain.avg_slopes()),
        (counted.avg_slopes(by="g"), plain.avg_slopes(by="g")),
        (counted.predictions(by="g"), plain.predictions(by="g")),
    ):
        for name in ("estimate", "std_error", "conf_high"):
            assert np.allclose(values(ours, name), values(theirs, name), rtol=1e-9)
    assert counted.predictions(by="g")["n_rows"].to_list() == plain.predictions(by="g")["n_rows"].to_list()
