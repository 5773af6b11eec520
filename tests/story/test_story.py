"""The story in three facts: the line fits the line, the line fails the sine, sixty-four units fit it."""

import numpy as np
import pytest

import pliant
from pliant.optimisers import OPTIMISERS
from pliant.story import layer, training_loop

ROWS = np.random.default_rng(2).permutation(100)[:20]


def scaled(values):
    return (values - values.mean()) / values.std(ddof=1)


def sine(seed=1):
    """Give the true curve at a hundred points, and twenty observations of it."""
    table = pliant.datasets.sine(100, seed)
    x, y, truth = (table[name].to_numpy() for name in ("x", "y", "truth"))
    return x, truth, {"x": x[ROWS], "y": y[ROWS]}


def from_truth(prediction, truth):
    return float(np.sqrt(np.mean((prediction - truth) ** 2)))


def predicted(model, x):
    return model.predict({"x": x})["prediction"].to_numpy()


@pytest.mark.parametrize("seed", range(5))
def test_the_line_fits_the_line(seed):
    table = pliant.datasets.line(100, seed)
    x, y = scaled(table["x"].to_numpy()), scaled(table["y"].to_numpy())
    weights, losses = training_loop(x, y, [1.0, 1.0], epochs=500, learning_rate=1e-4)
    exact = pliant.fit("y ~ x", {"x": x, "y": y}, hidden=())
    assert losses[-1] == pytest.approx(exact.deviance, rel=1e-6)
    assert weights[-1] == pytest.approx(list(exact.coefficients.values()), abs=1e-4)
    assert 1.0 - exact.deviance / exact.null_deviance > 0.95


def test_the_line_fails_the_sine():
    x, truth, table = sine()
    path = training_loop(table["x"], table["y"], [1.0, 1.0], epochs=200, learning_rate=1e-4)
    best = pliant.fit("y ~ x", table, hidden=())
    assert np.all(np.diff(path.losses) < 0)
    assert path.losses[-1] > best.deviance > 60.0  # the noise alone is 20
    assert from_truth(layer(x, path.weights[-1]), truth) > 2.0
    assert from_truth(predicted(best, x), truth) > 2.0


@pytest.mark.parametrize("engine", ["reference", "torch"])
def test_sixty_four_units_fit_the_sine(engine):
    x, truth, table = sine()
    options = {"hidden": 64, "skip": False, "standardise": False, "optimiser": "adam", "learning_rate": 0.03, "seed": 1}
    model = pliant.fit("y ~ x", table, **options, epochs=100, engine=engine)
    losses = 40.0 * model.history["loss"][::10]
    print(engine, losses.round(2), round(from_truth(predicted(model, x), truth), 3))
    assert np.all(np.diff(losses) < 0)
    assert losses[-1] < 30.0
    assert from_truth(predicted(model, x), truth) < 1.0


@pytest.mark.parametrize("rule", OPTIMISERS)
@pytest.mark.parametrize("hidden", [64, (8, 8), ()])
def test_two_engines_walk_one_path_from_one_start(hidden, rule):
    _, _, table = sine()
    options = {"hidden": hidden, "optimiser": rule, "learning_rate": 0.01, "epochs": 100, "seed": 3}
    ours, theirs = (pliant.fit("y ~ x", table, **options, engine=name) for name in ("reference", "torch"))
    apart = float(np.abs(ours.parameters - theirs.parameters).max())
    print(hidden, rule, f"{apart:.1e}")
    assert apart < 1e-10
    assert np.allclose(ours.history["loss"], theirs.history["loss"], rtol=1e-10, atol=0.0)
