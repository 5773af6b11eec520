"""What the recipe takes and refuses, whoever's numbers it is given in."""

import numpy as np
import pytest

import pliant
from pliant.errors import ArgumentError
from pliant.recipe import widths

TABLE = {"x": np.arange(30.0), "y": np.arange(30.0) % 7}


@pytest.mark.parametrize(
    ("hidden", "wanted"),
    [
        (None, None),
        (0, ()),
        ([], ()),
        ((0,), ()),
        (8, (8,)),
        ([8, 4], (8, 4)),
        (range(2, 4), (2, 3)),
        (np.int64(8), (8,)),
        (np.array([8, 4]), (8, 4)),
        (np.array([], dtype=int), ()),
    ],
    ids=repr,
)
def test_widths_come_in_any_kind_of_sequence(hidden, wanted):
    found = widths(hidden)
    assert found == wanted
    assert found is None or all(type(width) is int for width in found)


@pytest.mark.parametrize(
    "hidden", ["44", "8", b"44", {8}, {8: 1}, 4.0, np.array([4.0]), True, [True], [[4]], [0, 4], float("nan"), object]
)
def test_what_is_no_width_is_refused(hidden):
    with pytest.raises(ArgumentError, match="a width is a whole number above 0"):
        widths(hidden)


@pytest.mark.parametrize(
    "validation", [1, 0, True, False, 1.0, "0.2", [0.2], float("nan"), -0.1, np.array([0.2])], ids=repr
)
def test_what_is_no_share_of_the_rows_is_refused(validation):
    with pytest.raises(ArgumentError, match="is a share of the rows to hold out, between 0 and 1"):
        pliant.fit("y ~ x", TABLE, hidden=2, epochs=2, validation=validation)


def test_numbers_of_numpy_are_numbers_and_go_into_a_file(tmp_path):
    numbers = {"learning_rate": np.float32(0.01), "validation": np.float32(0.2), "regularisation": np.float32(0.5)}
    counts = {
        "hidden": np.int32(2),
        "epochs": np.int64(3),
        "batch": np.int64(9),
        "patience": np.int8(9),
        "seed": np.int64(4),
    }
    model = pliant.fit(
        "y ~ x", TABLE, optimiser="sgd", optimiser_settings={"momentum": np.float32(0.5)}, **numbers, **counts
    )
    model.save(tmp_path / "m.pliant")
    again = pliant.load(tmp_path / "m.pliant")
    assert again.settings == model.settings
    assert again.continue_training(np.int64(2), TABLE).training.epoch == 5


@pytest.mark.parametrize(
    ("name", "value"), [("regularisation", "1"), ("regularisation", True), ("learning_rate", "1"), ("patience", 1.5)]
)
def test_other_arguments_of_another_kind_are_named(name, value):
    with pytest.raises(ArgumentError, match=name):
        pliant.fit("y ~ x", TABLE, hidden=2, epochs=2, validation=0.2, **{name: value})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"family": ["gaussian"]}, "family is .*a name"),
        ({"family": None}, "family is None"),
        ({"engine": ["torch"]}, "engine is .*a name"),
        ({"optimiser_settings": [1]}, "a dict by name"),
        ({"optimiser_settings": "momentum"}, "a dict by name"),
        ({"skip": "no"}, "skip is 'no'; it has to be True or False"),
        ({"standardise": "no"}, "standardise is 'no'"),
        ({"epochs": 10**30}, "are the most"),
        ({"hidden": (), "engine": "abacus"}, "no engine 'abacus'"),
        ({"hidden": (), "activation": "tan"}, "did you mean 'tanh'"),
        ({"hidden": (), "patience": 3}, "an exact line is not trained"),
        ({"checkpoint_every": "often"}, "checkpoint_every='often': write '30 s', '5 min', '1 h' or '10 epochs'"),
        ({"hidden": (), "optimiser_settings": {"momentum": 0.9}}, "an exact line is not trained"),
        ({"checkpoint": "no/such/folder/c"}, "there is no folder"),
        ({"checkpoint": ""}, "not a regular file"),
    ],
    ids=repr,
)
def test_arguments_of_the_wrong_kind_or_without_a_use_are_refused(options, says):
    training = {"hidden": 2, "epochs": 2} if "hidden" not in options else {}
    with pytest.raises(ArgumentError, match=says):
        pliant.fit("y ~ x", TABLE, **(training | options))


@pytest.mark.parametrize("formula", ["y ~ 1", "y ~ . - x"])
def test_where_nothing_can_bend_the_recipe_fits_the_line_and_says_so(formula):
    table = {"y": [1.0, 4.0, 2.0, 3.5, 2.5], "x": [1.0, 2.0, 3.0, 4.0, 5.0]}
    model = pliant.fit(formula, table)
    line = pliant.fit("y ~ 1", table, hidden=())
    assert model.is_line
    assert model.coefficients == line.coefficients
    assert "no column that could bend" in str(model.summary())
    assert "no column that could bend" not in str(line.summary())
