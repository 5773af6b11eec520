"""Analyses of deviance against R's anova.glm and drop1, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.errors import ArgumentError, InputError

GOLDEN = Path(__file__).parents[1] / "golden"
R = json.loads((GOLDEN / "anova.json").read_text())
MODELS = {
    "birthwt_logit": ("birthwt", "low", "age + lwt + race + smoke", "age + lwt", "binomial", {}),
    "warpbreaks_log": ("warpbreaks", "breaks", "wool * tension", "wool", "poisson", {}),
    "mtcars_gaussian": ("mtcars", "mpg", "wt + cyl + wt:cyl", "wt", "gaussian", {}),
    "birthwt_weights": ("birthwt", "lwt", "age + race * smoke", "age + race", "gaussian", {"weights": "w"}),
    "insurance_offset": ("insurance", "Claims", "Group + District", "Group", "poisson", {"offset": "exposure"}),
}
R_COLUMNS = {"Df": "df", "Deviance": "deviance", "Resid. Df": "resid_df", "Resid. Dev": "resid_dev", "F": "statistic"}


def lines(name):
    data, y, big, small, family, options = MODELS[name]
    frame = pd.read_csv(GOLDEN / f"{data}.csv")
    if data == "birthwt":
        frame["w"] = frame["ptl"] + 1.0
    if data == "insurance":  # R sorts "<1l" elsewhere
        frame["Group"] = pd.Categorical(frame["Group"], ["<1l", ">2l", "1-1.5l", "1.5-2l"])
        frame["exposure"] = np.log(frame["Holders"])
    fits = (pliant.fit(f"{y} ~ {right}", frame, family=family, hidden=(), **options) for right in (big, small))
    return tuple(fits)


def same(ours, theirs):
    ours = np.array(ours, dtype=float)
    theirs = np.array([np.nan if v is None else v for v in theirs], dtype=float)
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    # differences of deviances have lost some of R's digits
    return bool(np.nanmax(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)) < 1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_terms_one_after_the_other_are_r_s_table(name):
    table, theirs = pliant.anova(lines(name)[0]).frame, R[name]
    assert list(table["term"]) == theirs["rows"]
    for r_name, values in theirs["sequential"].items():
        assert same(table[R_COLUMNS.get(r_name, "p_value")], values), r_name
    assert table["test"][1] == ("F" if "F" in theirs["sequential"] else "Chisq")


@pytest.mark.parametrize("name", MODELS)
def test_two_nested_lines_are_r_s_table_in_either_order(name):
    big, small = lines(name)
    table, theirs = pliant.anova(small, big).frame, R[name]["pair"]
    for r_name, values in theirs.items():
        assert same(table[R_COLUMNS.get(r_name, "p_value")], values), r_name
    assert pliant.anova(big, small).frame.equals(table)
    assert list(table["model"]) == [small.formula, big.formula]


@pytest.mark.parametrize("name", MODELS)
def test_a_term_given_the_others_is_r_s_drop1(name):
    model = lines(name)[0]
    table = model.drop1().frame.set_index("term")
    for term, df, deviance in zip(
        R[name]["drop1_rows"], R[name]["drop1"]["Df"], R[name]["drop1"]["Deviance"], strict=True
    ):
        if term != "<none>":
            assert table["df"][term] == df
            assert table["deviance"][term] == pytest.approx(deviance - model.deviance, rel=1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_aic_and_bic_are_r_s(name):
    model = lines(name)[0]
    assert model.aic == pytest.approx(R[name]["aic"][0], rel=1e-12)
    assert model.bic == pytest.approx(R[name]["bic"][0], rel=1e-12)


def test_a_main_effect_is_tested_without_its_interactions():
    frame = pd.read_csv(GOLDEN / "warpbreaks.csv")
    table = pliant.fit("breaks ~ wool * tension", frame, family="poisson", hidden=()).drop1().frame.set_index("term")
    with_wool, without = (
        pliant.fit(f"breaks ~ {right}", frame, family="poisson", hidden=()) for right in ("wool + tension", "tension")
    )
    assert table["deviance"]["wool"] == pytest.approx(without.deviance - with_wool.deviance, rel=1e-10)


def test_it_prints_as_r_does_and_says_each_row_in_words():
    found = pliant.anova(lines("mtcars_gaussian")[0])
    text = str(found)
    for words in ("Resid. Df", "Resid. Dev", "Pr(>F)", "NULL", "wt:cyl", "Signif. codes"):
        assert words in text
    assert "Added to the terms before it, wt makes the line fit better than chance alone would: F(1, 26) = " in text
    assert len(found.words) == 3
    assert found._repr_html_().count("<tr>") == 5
    assert "\\toprule" in found.latex()


def test_three_lines_and_an_offset_that_the_bigger_line_frees():
    frame = pliant.datasets.penguins()
    one, two, three = (
        pliant.fit(f"body_mass_g ~ {right}", frame, hidden=())
        for right in ("flipper_length_mm", "flipper_length_mm + species", "flipper_length_mm * species")
    )
    table = pliant.anova(three, one, two).frame
    assert table["df"].to_list() == [None, 2, 2]
    assert table["resid_df"].to_list() == [340, 338, 336]
    held = pliant.fit("body_mass_g ~ offset(40 * flipper_length_mm)", frame, hidden=())
    t = (one.coefficients["flipper_length_mm"] - 40) / one.standard_errors["flipper_length_mm"]
    assert pliant.anova(held, one).frame["statistic"][1] == pytest.approx(t**2, rel=1e-9)


def test_frequencies_count_in_the_table():
    frame = pd.DataFrame({"k": [0, 2, 1, 4, 0, 3, 5], "x": [1.0, 2, 1, 4, 2, 3, 3], "n": [3, 1, 2, 1, 2, 2, 1]})
    longer = frame.loc[np.repeat(frame.index, frame["n"])]
    ours = pliant.anova(pliant.fit("k ~ x + I(x^2)", frame, family="poisson", hidden=(), frequencies="n")).frame
    theirs = pliant.anova(pliant.fit("k ~ x + I(x^2)", longer, family="poisson", hidden=())).frame
    assert same(ours["deviance"], [None, *theirs["deviance"][1:]])
    assert list(ours["resid_df"]) == list(theirs["resid_df"])


def test_classes_lose_a_coefficient_an_outcome():
    frame = pliant.datasets.penguins()
    model = pliant.fit("species ~ body_mass_g + sex", frame, family="multinomial", hidden=())
    table = pliant.anova(model).frame
    assert table["df"].to_list() == [None, 2, 2]
    assert table["resid_dev"][2] == pytest.approx(model.deviance)


def test_a_column_that_was_aliased_is_free_once_the_other_is_left_out():
    frame = {"k": [1, 2, 2, 4, 6, 3], "x": [1.0, 2, 3, 4, 6, 1], "twice": [2.0, 4, 6, 8, 12, 2]}
    table = pliant.fit("k ~ x + twice", frame, family="poisson", hidden=()).drop1().frame
    assert table["df"].to_list() == [0, 0]
    assert table["deviance"].abs().max() < 1e-9


def test_what_cannot_be_compared_is_refused():
    frame = pliant.datasets.penguins()

    def line(formula, **options):
        return pliant.fit(formula, frame, **{"hidden": ()} | options)

    one = line("body_mass_g ~ flipper_length_mm")
    for other, says in [
        (line("body_mass_g ~ flipper_length_mm + species", family="poisson"), "families"),
        (line("bill_depth_mm ~ flipper_length_mm + species"), "responses"),
        (line("body_mass_g ~ flipper_length_mm + sex"), "342 and 333 rows"),
        (line("body_mass_g ~ bill_depth_mm + species"), "not nested.*flipper_length_mm"),
        (line("body_mass_g ~ bill_depth_mm"), "equally many"),
        (line("body_mass_g ~ flipper_length_mm + species", weights="bill_depth_mm"), "different weights"),
        (line("body_mass_g ~ flipper_length_mm", regularisation=0.1), "no standard errors"),
        (line("body_mass_g ~ flipper_length_mm", hidden=2, epochs=2), "network.*where its training ended"),
    ]:
        with pytest.raises(InputError, match=says):
            pliant.anova(one, other)
    with pytest.raises(ArgumentError, match="give one line"):
        pliant.anova()
