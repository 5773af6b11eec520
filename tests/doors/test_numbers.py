"""No number is quietly wrong: a training that runs away, a fit that says nothing, what 32 bits cannot hold."""

import numpy as np
import pytest
from tests.doors.catalogue import table

import pliant
from pliant.errors import ArgumentError, PliantWarning, TableError

TABLE = table()
RUNS = [
    ("reference", "float64", "adam"),
    ("reference", "float64", "sgd"),
    ("reference", "float64", "gd"),
    ("torch", "float64", "adam"),
    ("torch", "float32", "sgd"),
    ("compiled", "float32", "adam"),
]
RESPONSES = {"gaussian": "y", "binomial": "s", "poisson": "n", "multinomial": "g"}


def numbers(frame):
    return np.column_stack([frame[name].to_numpy() for name in frame.columns if frame[name].dtype.is_numeric()])


@pytest.mark.parametrize("family", RESPONSES)
@pytest.mark.parametrize(("engine", "precision", "optimiser"), RUNS)
def test_a_training_that_runs_away_ends_with_its_best_state_and_says_so(family, engine, precision, optimiser):
    model = pliant.fit(
        f"{RESPONSES[family]} ~ x",
        TABLE,
        family=family,
        hidden=3,
        optimiser=optimiser,
        learning_rate=1e6,
        epochs=50,
        engine=engine,
        precision=precision,
    )
    assert model.stopped == "diverged"
    assert any("lower learning rate" in note for note in model.notes)
    assert model.deviance <= model.null_deviance
    assert np.isfinite(numbers(model.predict(TABLE))).all()
    assert "lower learning rate" in str(model.summary())


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("rate", [1e-2, 1.0, 1e2, 1e50, 9e99])
def test_no_learning_rate_gives_a_fit_worse_than_none_without_a_word(rate, skip):
    model = pliant.fit(
        "y ~ x + g", TABLE, hidden=4, optimiser="adam", learning_rate=rate, epochs=40, skip=skip, engine="reference"
    )
    assert np.isfinite(numbers(model.predict(TABLE))).all()
    assert model.deviance <= model.null_deviance or any("useless" in note for note in model.notes)


def test_the_state_that_ran_away_can_be_continued_and_equals_a_shorter_run():
    long = pliant.fit("y ~ x", TABLE, hidden=3, optimiser="adam", learning_rate=1e6, epochs=50, engine="reference")
    short = pliant.fit("y ~ x", TABLE, hidden=3, optimiser="adam", learning_rate=1e6, epochs=0, engine="reference")
    assert np.array_equal(long.parameters, short.parameters)
    assert len(long.training.history) == 0
    assert pliant.continue_training(long, 2).stopped in ("done", "diverged")


@pytest.mark.parametrize("engine", ["compiled", "torch"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x": 1e39}, "the column 'x': it reaches 2.52e+39"),
        ({"y": 1e30}, "the response 'y': it reaches"),
        ({"y": 1e39}, "the response 'y': it reaches"),
        ({"x": 1e-40}, "the column 'x': it reaches 2.52e-40, below"),
    ],
)
def test_what_32_bits_cannot_hold_is_refused_with_its_column(engine, change, says):
    columns = TABLE | {name: factor * TABLE[name] for name, factor in change.items()}
    with pytest.raises(ArgumentError, match=r"precision='float32' cannot hold .*precision='float64'") as found:
        pliant.fit(
            "y ~ x",
            columns,
            hidden=2,
            optimiser="adam",
            epochs=2,
            engine=engine,
            precision="float32",
            standardise=False,
        )
    assert says in str(found.value)


@pytest.mark.parametrize("what", ["weights", "offset"])
def test_what_32_bits_cannot_hold_beside_the_table_is_refused(what):
    options = {what: np.full(24, 1e39)}
    with pytest.raises(ArgumentError, match=f"cannot hold the {what}: it reaches"):
        pliant.fit("y ~ x", TABLE, hidden=2, optimiser="adam", engine="torch", precision="float32", **options)


def test_standardised_columns_of_1e39_train_in_32_bits_as_those_of_1():
    options = {"hidden": 2, "optimiser": "adam", "epochs": 20, "engine": "torch", "precision": "float32"}
    near = pliant.fit("y ~ x", TABLE, **options)
    far = pliant.fit("y ~ x", TABLE | {"x": 1e39 * TABLE["x"]}, **options)
    assert np.allclose(far.parameters, near.parameters, atol=1e-5)


@pytest.mark.parametrize(
    ("formula", "columns", "options", "says"),
    [
        ("y ~ x", {"y": np.ones(20), "x": np.arange(20.0)}, {"hidden": ()}, "same in every row"),
        ("y ~ x", {"y": np.ones(20), "x": np.arange(20.0)}, {"hidden": 2}, "same in every row"),
        ("y ~ x", {"y": np.arange(20.0), "x": np.ones(20)}, {"hidden": ()}, "no better than no model at all"),
        ("y ~ 0 + x", {"y": 9.0 + np.arange(2.0), "x": np.array([1.0, -1.0])}, {"hidden": ()}, ""),
        ("y ~ x", TABLE, {"hidden": 4, "skip": False, "optimiser": "adam", "epochs": 0}, "worse than no model at all"),
    ],
)
def test_a_useless_fit_is_said_in_the_summary(formula, columns, options, says):
    assert says in " ".join(str(pliant.fit(formula, columns, **options).summary()).split())


def test_a_fit_that_learns_something_is_not_called_useless():
    for options in ({"hidden": ()}, {"hidden": 2, "members": 3}, {"hidden": 2, "optimiser": "adam", "epochs": 50}):
        assert "useless" not in str(pliant.fit("y ~ x", TABLE, **options).summary())


@pytest.mark.parametrize("interval", [None, 0.9])
def test_a_prediction_that_overflows_is_refused_with_its_row(interval):
    line = pliant.fit("y ~ x", {"y": 1e3 * np.arange(9.0) ** 1.1, "x": np.arange(9.0)}, hidden=())
    with pytest.raises(TableError, match=r"no number can be predicted for row 2: .*leave these rows out"):
        line.predict({"x": [1.0, 1e307]}, interval=interval)
    assert np.isnan(numbers(line.predict({"x": [np.nan, 1.0]}))[0, 0])


def test_a_mean_that_is_cut_is_said_with_its_row():
    counts = pliant.fit("n ~ x", TABLE, family="poisson", hidden=())
    far = 1e5 * np.sign(counts.coefficients["x"])
    with pytest.warns(PliantWarning, match="the mean of row 2 is too large for a number"):
        counts.predict({"x": [1.0, far]})
