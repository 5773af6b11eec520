"""The summary: R's words and numbers, safe HTML and LaTeX."""

import re

import numpy as np
import pytest

import pliant
from pliant.errors import InputError
from pliant.inference.summary.latex import escape

PENGUINS = pliant.datasets.penguins()
LINE = pliant.fit("body_mass_g ~ flipper_length_mm + species", PENGUINS, hidden=())


def test_the_call_gives_the_line_again():
    frame = PENGUINS.with_columns((PENGUINS["body_mass_g"] > 4200).cast(int).alias("heavy"), n=np.repeat([1, 2], 172))
    model = pliant.fit(
        "heavy ~ sex", frame, family="binomial", link="probit", hidden=(), frequencies="n", offset=np.zeros(344)
    )
    assert (
        'Call: pliant.fit("heavy ~ sex", table, family="binomial", link="probit", hidden=(), offset=..., '
        'frequencies="n")' in str(model.summary())
    )


def test_the_lines_are_r_s():
    lines = str(LINE.summary()).splitlines()
    assert "                      Estimate  Std. Error  t value  Pr(>|t|)" in lines
    assert "Signif. codes: 0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1" in lines
    assert "    Null deviance: 219307697 on 341 degrees of freedom" in lines
    assert "Residual deviance: 47666988 on 338 degrees of freedom" in lines
    logit = str(pliant.fit("sex ~ body_mass_g", PENGUINS, family="binomial", hidden=()).summary())
    assert "Dispersion parameter for binomial family taken to be 1\n" in logit
    assert re.search(r"against the intercept alone chi squared\(1\) = [\d.]+, p = ", logit)


def test_a_robust_summary_says_so_and_makes_no_test_that_is_not():
    text = str(LINE.summary(cov_type="HC3"))
    assert "standard errors hold whatever the variance of each row (HC3)" in text
    assert "intercept alone" not in text
    assert "The line explains 78.3 % of the deviance of body_mass_g." in text
    clustered = str(LINE.summary(cov_type="cluster", groups="island"))
    assert "any dependence within the 3 groups (cluster)" in clustered
    with pytest.raises(InputError, match="no coefficients"):
        pliant.fit("body_mass_g ~ species", PENGUINS, hidden=2, epochs=2).summary(cov_type="HC1")
    with pytest.raises(InputError, match="no standard errors"):
        pliant.fit("body_mass_g ~ species", PENGUINS, hidden=(), regularisation=0.1).summary(cov_type="HC1")


def test_classes_have_a_table_an_outcome_and_one_legend():
    model = pliant.fit("species ~ bill_length_mm + sex", PENGUINS, family="multinomial", hidden=())
    text = str(model.summary())
    assert text.count("against Adelie:") == 2
    assert text.count("Signif. codes") == 1
    assert model.summary()._repr_html_().count("<table>") == 2
    assert model.summary().latex().count("\\begin{tabular}") == 2


def test_html_takes_its_colours_from_the_page():
    html = LINE.summary()._repr_html_()
    assert "color:inherit" in html
    assert not re.search(r"#[0-9a-f]{3,6}\b", html)
    assert "overflow-x:auto" in html
    assert "<td>\N{MINUS SIGN}4031.48</td>" in html
    assert "flipper_<wbr>length_<wbr>mm" in html


def test_latex_is_set_with_booktabs_and_escaped():
    text = LINE.summary().latex("Mass & 100 %", "tab:mass")
    assert "\\caption{Mass \\& 100 \\%}\\label{tab:mass}" in text
    assert "flipper\\_length\\_mm & $40.7054$ & $3.07102$ & $13.255$ & $< 2 \\times 10^{-16}$ & $^{***}$ \\\\" in text
    assert "$2.55 \\times 10^{-11}$" in text
    for rule in ("\\toprule", "\\midrule", "\\bottomrule"):
        assert text.count(rule) == 1
    assert LINE.summary()._repr_latex_() == LINE.summary().latex()
    assert "\\begin{table}" not in LINE.summary().latex()


def test_a_name_cannot_run_latex():
    frame = {"y": [1.0, 2, 3, 5], "\\input{/etc/passwd}": [1.0, 2, 2, 4], "50% $x^2$ #1 & {~}": [2.0, 1, 4, 4]}
    text = pliant.fit("y ~ .", frame, hidden=()).summary().latex("\\write18{ls}", "a}b")
    commands = set(re.findall(r"\\([A-Za-z]+)", text))
    assert "input" not in commands
    assert "write" not in commands
    assert "\\label{a-b}" in text
    assert escape("$%&#_{}") == "\\$\\%\\&\\#\\_\\{\\}"


def test_nothing_is_starred_where_nothing_is_sure():
    frame = {"y": [1.0, 3, 2, 3, 1, 2], "x": [1.0, 2, 1, 1, 2, 1.5]}
    text = str(pliant.fit("y ~ 0 + x", {**frame, "y": [1.0, -1, 0.3, -0.2, 0.1, 0]}, hidden=()).summary())
    assert "Signif. codes" not in text


def test_a_curve_begins_with_its_verdict_and_says_what_was_lost_out_of_fold():
    model = pliant.fit("body_mass_g ~ flipper_length_mm", PENGUINS, hidden=2, members=3)
    summary = model.summary()
    lines = str(summary).splitlines()
    assert lines[0] == model.members.verdict.sentence
    assert lines[1].startswith("The mean of 3 networks of 2 tanh units")
    assert [row[0] for row in summary.grids[0].rows[:3]] == ["no input", "line", "curve"]
    assert f"<strong>{model.members.verdict.sentence.split(chr(39))[0]}" in summary._repr_html_()
    latex = summary.latex()
    assert latex.index("\\toprule") < latex.index(escape(model.members.verdict.sentence))


def test_where_nothing_predicts_it_is_said():
    rng = np.random.default_rng(3)
    table = {"y": rng.normal(size=30), **{f"x{j}": rng.normal(size=30) for j in range(8)}}
    said = str(pliant.fit("y ~ .", table, hidden=2, members=5).summary())
    assert "neither line nor curve predicts better than the mean alone" in said
