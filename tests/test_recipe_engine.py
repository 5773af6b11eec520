"""Which engine trains where nobody asked: by the length of the training."""

import pytest

from pliant.engines import ENOUGH_WORK
from pliant.recipe import Asked, choose
from pliant.recipe.engine import numbers_to_work, settle_engine


def asked(**how):
    names = ("hidden", "optimiser", "learning_rate", "epochs", "batch", "schedule", "regularisation", "validation")
    plain = {"engine": "auto", "patience": None, "seed": 0, "precision": "float64", "optimiser_settings": {}}
    return Asked(**(dict.fromkeys(names) | plain | how))


@pytest.mark.parametrize(
    ("how", "rows", "n_parameters", "long"),
    [
        ({}, 342, 84, False),  # the recipe on the penguins
        ({}, 500, 89, True),
        ({}, 1_000, 177, True),
        ({"hidden": 8, "members": 1}, 500, 89, False),
        ({"hidden": 64, "optimiser": "adam", "epochs": 1_000}, 20, 193, False),
        ({"hidden": 64, "optimiser": "adam", "epochs": 10_000}, 20, 193, True),
        ({"hidden": (64, 64), "optimiser": "adam", "epochs": 100, "batch": 32}, 1_000, 4_809, True),
        ({"hidden": 64, "optimiser": "lbfgs"}, 2_000, 649, True),
    ],
)
def test_a_training_is_long_where_it_pays_for_the_start_of_the_compiled_engine(how, rows, n_parameters, long):
    plan = choose(asked(**how), rows)
    assert plan.settings.engine == "reference"  # until design and network are known, Numba is not looked at
    assert (numbers_to_work(plan, rows, 1, n_parameters) >= ENOUGH_WORK) == long
    settled = settle_engine(plan, asked(**how), rows, 1, n_parameters)
    assert settled.settings.engine == ("compiled" if long else "reference")


def test_an_engine_that_was_asked_for_is_taken():
    plan = choose(asked(engine="reference", hidden=64, optimiser="lbfgs"), 2_000)
    assert settle_engine(plan, asked(engine="reference"), 10**6, 1, 10**4).settings.engine == "reference"
