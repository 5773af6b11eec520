"""The story of `seed.json`, run in base R by `make_story.R`, and ours beside it, number by number."""

import json
from pathlib import Path

import numpy as np
import pytest

from pliant.story import layer, network_gradient, squared_loss, training_loop

SEED = json.loads((Path(__file__).parents[1] / "golden" / "seed.json").read_text("utf-8"))
LINE, CURVE = SEED["line"], SEED["curve"]
TOLERANCE = 1e-12


def worst(ours, theirs):
    """Give the largest relative difference, of every number by itself."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape
    return float(np.max(np.abs(ours - theirs) / np.abs(theirs)))


def scaled(values):
    """Centre and scale as R's `scale`, here and not from the file: its 15 digits no longer sum to zero."""
    values = np.array(values)
    return (values - values.mean()) / values.std(ddof=1)


def line_path():
    return training_loop(scaled(LINE["x"]), scaled(LINE["y"]), [1.0, 1.0], LINE["epochs"], LINE["learning_rate"])


def curve_path():
    rows = np.array(CURVE["sampled_rows"]) - 1
    x, y = np.array(CURVE["x"])[rows], np.array(CURVE["observed"])[rows]
    return training_loop(x, y, [1.0, 1.0], CURVE["epochs"], CURVE["learning_rate"])


def test_initial_loss_and_gradient_are_those_of_r():
    x, y, start = LINE["x"], LINE["y"], LINE["initial_weights"]
    found = {
        "initial loss": worst(squared_loss(layer(x, start), y), LINE["initial_loss"]),
        "initial gradient": worst(network_gradient(x, y, start), LINE["initial_gradient"]),
    }
    print(found)
    assert max(found.values()) <= TOLERANCE


def test_scaled_data_are_those_of_r():
    assert np.allclose(scaled(LINE["x"]), LINE["scaled_x"], rtol=0, atol=1e-14)
    assert np.allclose(scaled(LINE["y"]), LINE["scaled_y"], rtol=0, atol=1e-14)


@pytest.mark.parametrize(("path", "theirs"), [(line_path, LINE), (curve_path, CURVE)], ids=["line", "sine"])
def test_every_weight_and_every_loss_is_that_of_r(path, theirs):
    weights, losses = path()
    found = worst(weights, theirs["weights"]), worst(losses, theirs["losses"])
    print(f"weights {found[0]:.1e}, losses {found[1]:.1e}")
    assert weights.shape == (theirs["epochs"] + 1, 2)
    assert losses.shape == (theirs["epochs"],)
    assert max(found) <= TOLERANCE


def test_the_learned_line_nears_the_one_of_least_squares():
    weights, losses = line_path()
    intercept, slope = weights[-1]
    assert abs(slope - LINE["least_squares_scaled"][1]) < 1e-4
    assert abs(intercept - LINE["least_squares_scaled"][0]) < 1e-4
    assert np.all(np.diff(losses) < 0)
