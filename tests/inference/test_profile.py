"""Profile likelihood intervals against R, and where they have no end."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.errors import ArgumentError, InputError

GOLDEN = Path(__file__).parents[1] / "golden"
R = json.loads((GOLDEN / "profile.json").read_text())
MODELS = {
    "birthwt_logit": ("birthwt", "low ~ age + lwt + smoke + ht", "binomial", None),
    "birthwt_cloglog": ("birthwt", "low ~ lwt + smoke", "binomial", "cloglog"),
    "warpbreaks_log": ("warpbreaks", "breaks ~ wool * tension", "poisson", None),
    "cars_gaussian_log": ("cars", "dist ~ speed", "gaussian", "log"),
}


def fitted(name):
    data, formula, family, link = MODELS[name]
    frame = pd.read_csv(GOLDEN / f"{data}.csv")
    return pliant.fit(formula, frame, family=family, link=link, hidden=())


@pytest.mark.parametrize("name", MODELS)
def test_the_ends_are_those_of_refits_in_r(name):
    model = fitted(name)
    for level, key in ((0.95, "ends"), (0.8, "narrow")):
        ours = model.conf_int(level, method="profile")[["lower", "upper"]].to_numpy()
        width = ours[:, 1] - ours[:, 0]
        # R's own refits stop on the deviance, which is flat to a few digits less than the coefficient
        assert np.max(np.abs(ours - np.array(R[name][key])) / width[:, None]) < 1e-7, level


@pytest.mark.parametrize("name", ["birthwt_logit", "birthwt_cloglog", "warpbreaks_log"])
def test_r_interpolates_to_the_same_intervals(name):
    ours = fitted(name).conf_int(method="profile")[["lower", "upper"]].to_numpy()
    width = ours[:, 1] - ours[:, 0]
    assert np.max(np.abs(ours - np.array(R[name]["confint"])) / width[:, None]) < 1e-3


def test_the_deviance_at_an_end_has_risen_by_the_quantile():
    frame = pd.read_csv(GOLDEN / "birthwt.csv")
    model = pliant.fit("low ~ age + lwt", frame, family="binomial", hidden=())
    low, high = model.conf_int(0.9, method="profile")[["lower", "upper"]].to_numpy()[2]
    for end in (low, high):
        held = pliant.fit("low ~ age", frame, family="binomial", hidden=(), offset=end * frame["lwt"])
        assert held.deviance - model.deviance == pytest.approx(2.705543454095404, rel=1e-8)


def test_a_gaussian_profile_is_the_wald_interval():
    model = pliant.fit("dist ~ speed", pd.read_csv(GOLDEN / "cars.csv"), hidden=())
    assert model.conf_int(method="profile").equals(model.conf_int())


def test_an_end_that_the_data_do_not_set_is_infinite():
    # a mean of exp(b) can come as near to zero as it likes, and zero is not ruled out
    model = pliant.fit("y ~ 1", {"y": [1.0, -0.5, 0.8, -0.9, 0.6]}, link="log", hidden=())
    table = model.conf_int(method="profile")
    assert table["lower"][0] == -np.inf
    assert np.isfinite(table["upper"][0])


def test_the_profile_of_one_coefficient_alone_and_of_frequencies():
    frame = {"k": [0, 2, 1, 4, 0], "n": [3, 1, 2, 1, 2]}
    longer = {"k": np.repeat(frame["k"], frame["n"])}
    ours = pliant.fit("k ~ 1", frame, family="poisson", hidden=(), frequencies="n")
    theirs = pliant.fit("k ~ 1", longer, family="poisson", hidden=())
    for name in ("lower", "upper"):
        a, b = (model.conf_int(method="profile")[name][0] for model in (ours, theirs))
        assert a == pytest.approx(b, rel=1e-8)


def test_aliased_coefficients_have_no_interval():
    frame = {"k": [1, 2, 2, 4, 6], "x": [1.0, 2, 3, 4, 6], "twice": [2.0, 4, 6, 8, 12]}
    table = pliant.fit("k ~ x + twice", frame, family="poisson", hidden=()).conf_int(method="profile")
    assert np.array_equal(np.isnan(table["lower"].to_numpy()), [False, False, True])


def test_what_has_no_profile_is_refused():
    frame = pliant.datasets.penguins()
    classes = pliant.fit("species ~ body_mass_g + bill_length_mm", frame, family="multinomial", hidden=())
    with pytest.raises(InputError, match="one linear predictor"):
        classes.conf_int(method="profile")
    line = pliant.fit("body_mass_g ~ species", frame, hidden=())
    with pytest.raises(ArgumentError, match="'wald' or 'profile'"):
        line.conf_int(method="boot")
    with pytest.raises(ArgumentError, match="likelihood alone"):
        line.conf_int(method="profile", cov_type="HC3")
