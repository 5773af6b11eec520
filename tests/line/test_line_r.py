"""The promised line, from the command a user types, against R's digits; and the multinomial line at R's floor.

`tests/golden/make_line.R` wrote the numbers with 17 digits. nnet's multinom stops by its deviance, eight digits
short of the floor, so the same script goes on from there by Newton steps in R's own arithmetic.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.cli import run
from pliant.datasets import penguins_path

GOLDEN = Path(__file__).parents[1] / "golden"
R = json.loads((GOLDEN / "line.json").read_text())


def apart(ours, theirs):
    """Give the largest relative difference."""
    return np.max(np.abs(np.asarray(ours) - theirs) / np.abs(theirs))


def test_the_command_gives_the_coefficients_and_errors_of_r_to_12_digits(tmp_path):
    saved = tmp_path / "m.pliant"
    formula = "body_mass_g ~ flipper_length_mm + species"
    assert run(["fit", str(penguins_path()), formula, "--line", "--quiet", "--out", str(saved)]) == 0
    table = pliant.load(saved).tidy(names="r")
    assert table["term"].to_list() == R["penguins"]["names"]
    assert apart(table["estimate"], R["penguins"]["coefficients"]) < 1e-12
    assert apart(table["std_error"], R["penguins"]["standard_errors"]) < 1e-12


@pytest.fixture(scope="module")
def housing():
    frame = pd.read_csv(GOLDEN / "housing.csv")
    return pliant.fit("Sat ~ Infl + Type + Cont", frame, family="multinomial", hidden=())


def test_the_multinomial_line_has_the_names_coefficients_and_errors_of_r(housing):
    wanted = R["housing_multinomial"]
    assert list(housing.design.r_names()) == wanted["names"]
    assert list(housing.coefficients) == wanted["levels"]
    for ours, theirs in ((housing.coefficients, "coefficients"), (housing.standard_errors, "standard_errors")):
        values = [value for level in ours.values() for value in level.values()]
        assert apart(values, wanted[theirs]) < 1e-12, theirs


def test_nnet_stops_eight_digits_short_of_it(housing):
    wanted = R["housing_multinomial"]
    for name in ("coefficients", "standard_errors"):
        assert 1e-10 < apart(wanted[f"nnet_{name}"], wanted[name]) < 1e-6
