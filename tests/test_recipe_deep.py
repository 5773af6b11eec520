"""The middle recipe: small steps for many rows, for many columns, and beside Gauss-Newton where the curve is strong."""

import numpy as np
import onnxruntime
import pytest

import pliant
from pliant.data.table import read_table
from pliant.inference.jackknife import slope_of_network
from pliant.recipe import Asked, by_small_steps, choose, instead, widen, worth_it


def asked(**how):
    given = dict.fromkeys(
        (
            "hidden",
            "optimiser",
            "learning_rate",
            "epochs",
            "batch",
            "schedule",
            "regularisation",
            "validation",
            "patience",
            "precision",
        )
    )
    return Asked(**(given | {"engine": "auto", "seed": 0, "optimiser_settings": {}} | how))


@pytest.mark.parametrize(("rows", "deep"), [(5_000, False), (5_001, True), (1_000_000, True)])
def test_beyond_five_thousand_rows_members_take_small_steps(rows, deep):
    plan = choose(asked(), rows)
    assert plan.deep is deep
    assert plan.members == (5 if deep else 0)
    assert plan.settings.parametrisation == ("ntk" if deep else "plain")


@pytest.mark.parametrize(
    "how",
    [{"hidden": 8}, {"epochs": 20}, {"optimiser": "adam"}, {"regularisation": 0.1}, {"members": 1}, {"patience": 3}],
    ids=repr,
)
def test_whoever_asks_for_something_is_not_overruled(how):
    assert not choose(asked(**how), 10_000).deep


@pytest.mark.parametrize(("rows", "batch", "steps"), [(600, 128, 1_000), (8_000, 256, 1_500), (300_000, 2_048, 2_920)])
def test_the_budget_is_of_steps(rows, batch, steps):
    settings = by_small_steps(asked(), rows, True).settings
    assert settings.batch == batch
    assert steps <= settings.epochs * (rows // batch) < steps + rows // batch + 1


def test_a_gaussian_response_takes_longer_steps():
    rates = [by_small_steps(asked(), 10_000, gaussian).settings.learning_rate for gaussian in (True, False)]
    assert rates == [0.07, 0.04]


def test_the_reference_engine_has_no_float32():
    assert by_small_steps(asked(engine="reference"), 10_000, True).settings.precision == "float64"
    assert by_small_steps(asked(precision="float64"), 10_000, True).settings.precision == "float64"
    assert by_small_steps(asked(), 10_000, True).settings.precision == "float32"


def test_many_columns_are_too_much_for_gauss_newton():
    sizes = 1_400, 64, 10
    plan = instead(widen(choose(asked(), 1_400), *sizes), asked(), sizes, False)
    assert plan.deep
    few = 1_400, 8, 1
    assert not instead(widen(choose(asked(), 1_400), *few), asked(), few, False).deep


@pytest.mark.parametrize(("rows", "share", "worth"), [(600, 0.6, True), (500, 0.9, False), (600, 0.4, False)])
def test_a_strong_curve_of_enough_rows_is_worth_a_second_fit(rows, share, worth):
    assert worth_it(choose(asked(), rows), asked(), rows, share) is worth
    assert not worth_it(choose(asked(hidden=4), rows), asked(hidden=4), rows, share)


def steps(n, seed=0):
    """Draw a table whose mean jumps, which a few smooth units cannot follow."""
    rng = np.random.default_rng(seed)
    x, z = rng.uniform(0.0, 10.0, (2, n))
    return {"x": x, "z": z, "y": np.floor(x) % 3 + 0.3 * z + rng.normal(0.0, 0.1, n)}


@pytest.fixture(scope="module")
def model():
    return pliant.fit("y ~ x + z", steps(900), seed=3)


def test_where_the_bends_are_sharp_the_second_fit_is_taken(model):
    assert model.members.network.hidden == (128, 128, 128)
    assert "tried beside 16 units" in model.settings.reasons[-1]
    new = steps(2_000, seed=1)
    error = np.asarray(model.predict(new)["prediction"]) - new["y"]
    plain = pliant.fit("y ~ x + z", steps(900), hidden=16, seed=3)
    assert np.mean(error**2) < 0.7 * np.mean((np.asarray(plain.predict(new)["prediction"]) - new["y"]) ** 2)


def test_a_model_of_small_steps_answers_all_that_a_model_answers(model, tmp_path):
    new = steps(50, seed=2)
    model.predict(new, interval=0.9, method="scaled")  # the file keeps the spread once it was asked for
    model.save(tmp_path / "m.pliant")
    again = pliant.load(tmp_path / "m.pliant")
    for how in ({}, {"interval": 0.9}, {"interval": 0.9, "method": "scaled"}, {"type": "link"}):
        np.testing.assert_array_equal(
            np.asarray(model.predict(new, **how).drop("support")), np.asarray(again.predict(new, **how).drop("support"))
        )
    frame = model.predict(new, interval=0.9)
    inside = (frame["lower"].to_numpy() <= new["y"]) & (new["y"] <= frame["upper"].to_numpy())
    assert inside.mean() > 0.75
    said = str(model.summary())
    assert "128, 128, 128 silu units" in said
    assert "below three" not in said
    assert model.dispersion == pytest.approx(np.mean((model.data().y[:, 0] - _out_of_fold(model)) ** 2))
    checked = model.check_gradient()
    assert len(checked.names) == 500
    assert checked.worst_difference < 1e-6
    assert checked.worst_autograd < 1e-10
    for answer in (model.effects("x"), model.avg_slopes(), model.importance()):
        assert len(answer)


def _out_of_fold(model):
    curve, _ = model.members.out_of_fold
    return curve[:, 0]


def test_the_slope_is_that_of_the_prediction(model):
    table = {"x": np.array([1.2345, 5.4321]), "z": np.array([3.3, 7.7])}
    rows = model.design.matrix(read_table(table))
    by_x = np.zeros_like(rows.X)
    by_x[:, 1] = 1.0
    found = slope_of_network(model, rows.X, by_x, np.zeros(2))
    h = 1e-7
    up, down = (model.linear_predictor(rows.X + sign * h * by_x, rows.offset) for sign in (1.0, -1.0))
    np.testing.assert_allclose(found, (up - down) / (2 * h), rtol=1e-6)


def test_torch_and_onnx_predict_the_same(model, tmp_path):
    new = steps(200, seed=5)
    mu = np.asarray(model.predict(new)["prediction"])
    module = model.to_torch()
    found = module(model.design.matrix(read_table(new)).X).detach().numpy()[:, 0]
    np.testing.assert_allclose(found, mu, rtol=1e-11)
    model.to_onnx(tmp_path / "m.onnx", precision="float64")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    found = session.run(["prediction"], {name: new[name][:, None] for name in "xz"})[0]
    np.testing.assert_allclose(found.ravel(), mu, rtol=1e-10)


def test_threads_and_seed_decide_alone(model):
    again = pliant.fit("y ~ x + z", steps(900), seed=3, threads=1)
    np.testing.assert_array_equal(model.parameters, again.parameters)
