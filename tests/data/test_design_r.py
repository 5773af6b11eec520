"""Design matrices against R's own: names, columns, and the rows of new data, in a hundred formulas.

`tests/golden/make_design.R` wrote the numbers. Twice pliant is different on purpose, and both are here:
R codes a factor by contrasts also where the rest of the term is only inside of an earlier term with other numbers
(then it loses columns), and without an intercept it gives the first factor a column a level also inside of
an interaction whose rest is there already (then one of them is aliased).
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pliant.data.design import aliased_columns, learn_design
from pliant.data.formula import parse
from pliant.data.table import read_table

GOLDEN = Path(__file__).parents[1] / "golden"
R = json.loads((GOLDEN / "design.json").read_text())
TABLE, NEW = read_table(pd.DataFrame(R["table"])), read_table(pd.DataFrame(R["new"]))
R_LOSES, R_REPEATS = "y ~ x + x:g + g:h", "y ~ 0 + x + x:g"
MODELS = [model for model in R["models"] if model["formula"] not in (R_LOSES, R_REPEATS)]


def apart(ours, theirs):
    """Give the largest difference of each column, relative to its largest entry."""
    theirs = np.array(theirs, dtype=float)
    assert ours.shape == theirs.shape
    return np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs).max(axis=0), 1e-300), initial=0.0)


@pytest.mark.parametrize("model", MODELS, ids=[model["formula"] for model in MODELS])
def test_design_matrix_and_names_are_those_of_r(model):
    design, arrays = learn_design(parse(model["formula"]), TABLE)
    if model["names"] is not None:
        assert list(design.r_names()) == model["names"]
    assert list(design.term_of) == model["term_of"]
    assert apart(arrays.X, model["X"]) < 1e-13
    if model["new"] is not None:
        assert apart(design.matrix(NEW).X, model["new"]) < 1e-12


def test_columns_that_r_loses_and_repeats():
    found = {model["formula"]: np.array(model["X"], dtype=float) for model in R["models"]}
    _, full = learn_design(parse(R_LOSES), TABLE)
    assert found[R_LOSES].shape[1] == 7
    assert np.linalg.matrix_rank(full.X) == 9  # of 10: the dummies of g:h add up to the intercept
    _, unrepeated = learn_design(parse(R_REPEATS), TABLE)
    assert aliased_columns(found[R_REPEATS]).tolist() == [False, False, False, True]
    assert unrepeated.X.shape[1] == np.linalg.matrix_rank(unrepeated.X) == 3


@pytest.mark.parametrize("spline", R["cr"], ids=lambda spline: f"df={spline['df']}")
def test_cr_is_the_cubic_regression_spline_of_mgcv(spline):
    design, arrays = learn_design(parse(f"y ~ 0 + cr(x, df = {spline['df']})"), TABLE)
    assert np.allclose(next(iter(design.states.values()))["knots"], spline["knots"], rtol=1e-15)
    assert apart(arrays.X, spline["X"]) < 1e-13
    assert apart(design.matrix(NEW).X, spline["new"]) < 1e-12


@pytest.mark.parametrize("cut", R["labels"], ids=lambda cut: cut["labels"][0])
def test_intervals_are_labelled_as_in_r(cut):
    breaks = cut["breaks"]
    text = f"c({', '.join(map(repr, breaks))})" if isinstance(breaks, list) else breaks
    table = read_table({"x": cut["x"], "y": np.zeros(len(cut["x"]))})
    design, _ = learn_design(parse(f"y ~ 0 + cut(x, {text}, include_lowest = TRUE)"), table)
    labels = next(iter(design.states.values()))["labels"]
    assert [label.replace("[", "(") for label in labels] == cut["labels"]


GLM = json.loads((GOLDEN / "glm.json").read_text())
# R sorts levels by its locale, pliant by code point: where these differ, the order is declared, as in R
LEVELS = {
    "tension": ["L", "M", "H"],
    "Group": ["<1l", ">2l", "1-1.5l", "1.5-2l"],
    "Age": ["<25", ">35", "25-29", "30-35"],
}
CODINGS = {"binomial": "binary", "multinomial": "classes"}


@pytest.mark.parametrize("name", [name for name, model in GLM.items() if "coefficients" in model])
def test_names_of_coefficients_are_those_of_rs_glm(name):
    model = GLM[name]
    frame = pd.read_csv(GOLDEN / model["data"])
    for column, levels in LEVELS.items():
        if column in frame and set(frame[column]) == set(levels):
            frame[column] = pd.Categorical(frame[column], levels)
    coding = CODINGS.get(model["family"], "number")
    options = {"coding": coding, "weights": model.get("weights")}
    design, _ = learn_design(parse(model["formula"]), read_table(frame), **options)
    assert list(design.r_names()) == model.get("coefficient_names", list(model["coefficients"]))
