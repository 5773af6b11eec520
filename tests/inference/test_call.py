"""The call and the command that give a model again: they do, digit for digit."""

import shlex

import numpy as np
import pytest

import pliant
from pliant.cli import run
from pliant.datasets import penguins_path
from pliant.inference.call import broken, python_call, shell_command

PENGUINS = pliant.datasets.penguins()
FORMULA = "body_mass_g ~ flipper_length_mm"
ASKED = [
    {"hidden": (), "family": "gamma", "link": "inverse", "missing": "impute"},
    {"hidden": np.array([3]), "members": 3, "groups": "island", "seed": 5},
    {"hidden": (4, 2), "optimiser": "sgd", "optimiser_settings": {"momentum": 0.9}, "epochs": 5, "learning_rate": 0.02},
    {"hidden": 2, "skip": False, "activation": "relu", "members": 1, "standardise": False, "weights": "year"},
]


@pytest.mark.parametrize("asked", ASKED)
def test_the_call_gives_the_model_again(asked, tmp_path):
    model = pliant.fit(FORMULA, PENGUINS, **asked)
    call = python_call(model)
    again = eval(call, {"pliant": pliant, "table": PENGUINS})
    assert np.array_equal(again.parameters, model.parameters, equal_nan=True)
    assert eval(python_call(model, width=20), {"pliant": pliant, "table": PENGUINS}).settings == model.settings
    model.save(tmp_path / "m.pliant")
    assert python_call(pliant.load(tmp_path / "m.pliant")) == call


def test_the_command_gives_the_model_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = str(penguins_path())
    model = pliant.fit(FORMULA, path, hidden=3, members=3, groups="island", in_order=False, seed=5)
    command, why = shell_command(model, path, "--out", "m.pliant", "--quiet")
    assert why == ""
    assert shlex.split(broken(command, 40).replace("\\\n", " ")) == shlex.split(command)
    assert run(shlex.split(command)[1:]) == 0
    assert np.array_equal(pliant.load("m.pliant").parameters, model.parameters)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"weights": np.ones(344)}, "weights came as numbers"), ({"standardise": False}, "no option for")],
)
def test_what_the_shell_cannot_say_is_said(asked, said):
    model = pliant.fit(FORMULA, PENGUINS, **{"hidden": 2, "optimiser": "adam", "epochs": 2} | asked)
    command, why = shell_command(model, "t.csv")
    assert command == ""
    assert said in why


def test_a_call_of_a_training_that_went_on_says_so():
    model = pliant.fit(FORMULA, PENGUINS, hidden=2, epochs=3, optimiser="gd").continue_training(4)
    assert python_call(model).endswith("epochs=3).continue_training(4)")
