"""Linear hypotheses and contrasts against statsmodels, and a parser that runs nothing."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.stats import norm

import pliant
from pliant.errors import ArgumentError, FormulaError, InputError
from pliant.inference.combinations import read_combinations

PENGUINS = pliant.datasets.penguins().to_pandas().dropna().reset_index(drop=True)
PENGUINS["heavy"] = (PENGUINS["body_mass_g"] > 4200) * 1.0
FORMULA = "flipper_length_mm + bill_depth_mm + species"
OLS = smf.ols(f"body_mass_g ~ {FORMULA}", PENGUINS).fit()
GLM = smf.glm(f"heavy ~ {FORMULA}", PENGUINS, family=sm.families.Binomial()).fit(tol=1e-15)
LINE = pliant.fit(f"body_mass_g ~ {FORMULA}", PENGUINS, hidden=())
LOGIT = pliant.fit(f"heavy ~ {FORMULA}", PENGUINS, family="binomial", hidden=())
HYPOTHESES = [
    "flipper_length_mm = bill_depth_mm",
    "flipper_length_mm = 2*bill_depth_mm - 1, species[T.Gentoo] = 0",
    "species[T.Chinstrap] = species[T.Gentoo] = 0",
    "bill_depth_mm + (species[T.Gentoo] - species[T.Chinstrap]) / 4 = 3",
]


@pytest.mark.parametrize("text", HYPOTHESES)
def test_hypotheses_are_tested_as_statsmodels_does(text):
    theirs = text.replace(" = species[T.Gentoo] = 0", " = 0, species[T.Gentoo] = 0")
    f, ours = OLS.f_test(theirs), LINE.wald_test(text)
    assert (ours.test, ours.df, ours.resid_df) == ("F", int(f.df_num), f.df_denom)
    assert ours.statistic == pytest.approx(float(np.squeeze(f.fvalue)), rel=1e-9)
    assert ours.p_value == pytest.approx(float(f.pvalue), rel=1e-9)
    chi, ours = GLM.wald_test(theirs, scalar=True), LOGIT.wald_test(text)
    assert (ours.test, ours.df) == ("Chisq", int(chi.df_denom))
    assert ours.statistic == pytest.approx(chi.statistic, rel=1e-9)
    assert ours.p_value == pytest.approx(float(chi.pvalue), rel=1e-9)


@pytest.mark.parametrize("cov_type", ["HC1", "HC3"])
def test_a_robust_test_rests_on_the_robust_covariance(cov_type):
    peer = smf.ols(f"body_mass_g ~ {FORMULA}", PENGUINS).fit(cov_type=cov_type, use_t=True)
    f = peer.f_test("bill_depth_mm = 0, species[T.Gentoo] = 0")
    ours = LINE.wald_test("bill_depth_mm, species[T.Gentoo]", cov_type=cov_type)
    assert ours.statistic == pytest.approx(float(np.squeeze(f.fvalue)), rel=1e-9)
    assert cov_type in str(ours)


def test_a_matrix_a_dict_and_a_text_are_the_same_hypothesis():
    text = LINE.wald_test("flipper_length_mm = bill_depth_mm")
    row = np.array([[{"flipper_length_mm": 1.0, "bill_depth_mm": -1.0}.get(n, 0.0) for n in LINE.design.names]])
    for given in (row, row[0], {"flipper_length_mm": 1, "bill_depth_mm": -1}, ["flipper_length_mm - bill_depth_mm"]):
        assert LINE.wald_test(given).statistic == pytest.approx(text.statistic, rel=1e-12)


def test_the_outcome_is_a_sentence():
    said = str(LINE.wald_test("species[T.Chinstrap] = species[T.Gentoo]"))
    assert said.startswith("The data speak against species[T.Chinstrap] = species[T.Gentoo]: Wald test, F(1, 328) = ")
    assert str(LINE.wald_test({"species[T.Chinstrap]": 1})).startswith("The data ")


@pytest.mark.parametrize("text", ["flipper_length_mm - bill_depth_mm", "2*flipper_length_mm + bill_depth_mm/5 - 3"])
def test_contrasts_are_the_t_tests_of_statsmodels(text):
    for model, peer in ((LINE, OLS), (LOGIT, GLM)):
        value = 3.0 if "- 3" in text else 0.0
        theirs = peer.t_test(text.replace(" - 3", "") + f" = {value}")
        row = model.contrast(text).iloc[0]
        assert row["estimate"] == pytest.approx(theirs.effect.item() - value, rel=1e-9)
        assert row["std_error"] == pytest.approx(theirs.sd.item(), rel=1e-9)
        assert row["statistic"] == pytest.approx(theirs.tvalue.item(), rel=1e-9)
        assert row["p_value"] == pytest.approx(theirs.pvalue.item(), rel=1e-8)
        low, high = theirs.conf_int(0.1).ravel() - value
        row = model.contrast(text, level=0.9).iloc[0]
        assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("coding", ["species", 'C(species, "sum")', 'C(species, ref="Gentoo")'])
def test_levels_are_compared_pair_by_pair_whatever_their_coding(coding):
    model = pliant.fit(f"body_mass_g ~ flipper_length_mm + {coding}", PENGUINS, hidden=())
    peer = smf.ols("body_mass_g ~ flipper_length_mm + species", PENGUINS).fit()
    pairs = peer.t_test_pairwise("species", method=["bonferroni", "holm"]).result_frame
    for adjust, column in (("none", "P>|t|"), ("bonferroni", "pvalue-bonferroni"), ("holm", "pvalue-holm")):
        table = model.contrast("species", "pairwise", adjust=adjust)
        named = {" - ".join(sorted(c.split(" - "))): i for i, c in enumerate(table["contrast"])}
        for pair, row in pairs.iterrows():
            ours = table.iloc[named[" - ".join(sorted(pair.split("-")))]]
            assert abs(ours["estimate"]) == pytest.approx(abs(row["coef"]), rel=1e-9)
            assert ours["std_error"] == pytest.approx(row["std err"], rel=1e-9)
            assert ours["p_value"] == pytest.approx(row[column], rel=1e-7)
    assert model.contrast("species", "pairwise").equals(model.contrast("species", "pairwise", adjust="holm"))


def test_intervals_of_adjusted_pairs_are_bonferroni_s():
    table = LOGIT.contrast("species", "pairwise", level=0.9)
    half = norm.ppf(1 - 0.1 / 3 / 2) * table["std_error"]
    assert np.allclose(table["conf_high"] - table["estimate"], half)


def test_a_factor_with_an_interaction_is_averaged_over_the_rows():
    model = pliant.fit("body_mass_g ~ species * flipper_length_mm", PENGUINS, hidden=())
    row = model.contrast("species", "pairwise").iloc[1]
    mean = float(PENGUINS["flipper_length_mm"].mean())
    by_hand = model.contrast(f"species[T.Gentoo] + {mean!r} * `species[T.Gentoo]:flipper_length_mm`").iloc[0]
    assert row["contrast"] == "Gentoo - Adelie"
    assert row["estimate"] == pytest.approx(by_hand["estimate"], rel=1e-9)
    assert row["std_error"] == pytest.approx(by_hand["std_error"], rel=1e-9)


def test_numbers_that_name_groups_have_pairs_and_numbers_that_measure_have_none():
    model = pliant.fit("body_mass_g ~ factor(year) + bill_depth_mm", PENGUINS, hidden=())
    table = model.contrast("year", "pairwise")
    assert list(table["contrast"]) == ["2008 - 2007", "2009 - 2007", "2009 - 2008"]
    assert table.equals(model.contrast("factor(year)", "pairwise"))
    assert table["estimate"][0] == pytest.approx(model.coefficients["factor(year)[T.2008]"], rel=1e-12)
    with pytest.raises(ArgumentError, match=r"number, which has no levels.*factor\(bill_depth_mm\)"):
        model.contrast("bill_depth_mm", "pairwise")
    with pytest.raises(ArgumentError, match="not a column that the formula reads"):
        model.contrast("species", "pairwise")


def test_classes_are_contrasted_outcome_by_outcome():
    model = pliant.fit("species ~ bill_length_mm + sex", PENGUINS, family="multinomial", hidden=())
    table = model.contrast("sex", "pairwise", adjust="none")
    assert list(table["response"]) == ["Chinstrap", "Gentoo"]
    assert table["std_error"][1] == pytest.approx(model.standard_errors["Gentoo"]["sex[T.male]"], rel=1e-12)
    test = model.wald_test("Gentoo[sex[T.male]] = Chinstrap[sex[T.male]]")
    difference = model.contrast("Gentoo[sex[T.male]] - Chinstrap[sex[T.male]]").iloc[0]
    assert test.statistic == pytest.approx(difference["statistic"] ** 2, rel=1e-10)


def test_an_aliased_coefficient_cannot_be_tested():
    frame = PENGUINS.assign(twice=2 * PENGUINS["bill_depth_mm"])
    model = pliant.fit("body_mass_g ~ bill_depth_mm + twice", frame, hidden=())
    with pytest.raises(ArgumentError, match="twice, which is aliased"):
        model.wald_test("twice = 0")
    assert model.wald_test("bill_depth_mm = 0").df == 1


@pytest.mark.parametrize("text", ["bill_depth_mm = 0, 2*bill_depth_mm = 0", "bill_depth_mm = 1, bill_depth_mm = 2"])
def test_hypotheses_that_repeat_or_contradict_each_other_are_refused(text):
    with pytest.raises(ArgumentError, match="follow from the others"):
        LINE.wald_test(text)


def test_a_network_has_nothing_to_test():
    network = pliant.fit("body_mass_g ~ species", PENGUINS, hidden=2, epochs=2)
    for ask in (lambda: network.wald_test("species[T.Gentoo]"), lambda: network.contrast("species", "pairwise")):
        with pytest.raises(InputError, match="no coefficients"):
            ask()


NAMES = {"a": 0, "ab": 1, "a:b": 2, "bs(x, df = 5)[1]": 3, "g[T.1-1.5l]": 4, "my column": 5, "log(x)": 6, "e": 7}


@pytest.mark.parametrize(
    ("text", "weights", "constant"),
    [
        ("a", {0: 1}, 0),
        ("ab - a", {1: 1, 0: -1}, 0),
        ("a:b=ab", {2: 1, 1: -1}, 0),
        ("bs(x, df = 5)[1] - g[T.1-1.5l]", {3: 1, 4: -1}, 0),
        ("`my column`*-2 + .5", {5: -2}, 0.5),
        ("-(a - 2*(ab + 1e1)) / 4", {0: -0.25, 1: 0.5}, 5.0),
        ("3 = a == 3", {0: -1}, 3),
        ("2*3*a/6", {0: 1}, 0),
        ("log(x)*(1/4)", {6: 0.25}, 0),
        ("2e1*e + 2*a", {7: 20, 0: 2}, 0),
        ("0*a + ab", {1: 1}, 0),
    ],
)
def test_text_is_read_as_a_linear_combination(text, weights, constant):
    first = read_combinations(text, NAMES, len(NAMES))[0]
    assert {int(i): first.weights[i] for i in np.flatnonzero(first.weights)} == pytest.approx(weights)
    assert first.constant == pytest.approx(constant)


@pytest.mark.parametrize(
    ("text", "says", "at"),
    [
        ("", "expected the name", 0),
        ("a +", "expected the name", 3),
        ("a b", "expected one of", 2),
        ("a * ab", "linear", 4),
        ("1 / a", "linear", 4),
        ("a / 0", "division by zero", 4),
        ("(a", "bracket is not closed", 2),
        ("a)", "expected one of", 1),
        ("a, ", "expected the name", 3),
        ("`a", "backtick is not closed", 0),
        ("`b`", "no coefficient 'b'", 0),
        ("a - abb", "no coefficient 'abb'; did you mean 'ab'", 4),
        ("a ** 2", "expected the name", 3),
        ("__import__('os')", "no coefficient", 0),
        ("a; ab", "expected one of", 1),
        ("a < 2", "expected one of", 2),
        ("(" * 80 + "a" + ")" * 80, "brackets", 51),
        ("-" * 5000 + "a", "brackets or signs", 51),
    ],
)
def test_anything_else_is_an_error_that_points_at_its_place(text, says, at):
    with pytest.raises(FormulaError, match=says) as caught:
        read_combinations(text, NAMES, len(NAMES))
    assert caught.value.position == at


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("1 = 2", "no coefficient left"),
        ("a - a", "no coefficient left"),
        ("1e400*a", "not finite"),
        ({"b": 1.0}, "no coefficient 'b'"),
        ({"a": "1"}, "must be a number"),
        (np.ones((2, 3)), "8 coefficients"),
        (object(), "give hypotheses as text"),
        ([], "shape"),
    ],
)
def test_what_is_no_hypothesis_is_refused(given, says):
    with pytest.raises(ArgumentError, match=says):
        read_combinations(given, NAMES, len(NAMES))


def test_a_frame_comes_back_of_the_kind_that_was_given():
    assert isinstance(LINE.contrast("bill_depth_mm"), pd.DataFrame)
