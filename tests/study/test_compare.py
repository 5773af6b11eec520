"""The verdict and the table behind it."""

import numpy as np
import pytest

import pliant
from pliant.errors import ArgumentError, InputError


@pytest.fixture(scope="module")
def sine():
    return pliant.datasets.sine(n=60, seed=3)


@pytest.fixture(scope="module")
def found(sine):
    return pliant.compare("y ~ x", sine, hidden=4, seed=1)


def test_a_sine_is_a_curve_and_says_so(found):
    assert found.verdict.kind == "curve"
    assert str(found).startswith("The curve earns its keep")
    nothing, line, curve = found.lines
    assert curve.loss < 0.5 * line.loss
    assert line.loss < 1.1 * nothing.loss
    assert curve.low > 0.0
    assert curve.gain == pytest.approx(line.loss - curve.loss)
    assert found.strict[0] < curve.gain < found.strict[1]


def test_the_losses_are_those_of_rows_left_out(sine, found):
    """The line's, by fitting it again without each fold."""
    model = pliant.fit("y ~ x", sine, hidden=4, seed=1)
    x, y = (np.array(sine[name]) for name in ("x", "y"))
    losses = np.empty(60)
    for k in range(10):
        out = model.members.folds == k
        line = np.polyfit(x[~out], y[~out], 1)
        losses[out] = (y[out] - np.polyval(line, x[out])) ** 2
    assert found.lines[1].loss == pytest.approx(np.mean(losses), rel=1e-10)


def test_a_comparison_is_a_frame_and_a_page(found):
    frame = found.to_frame()
    assert frame.columns == ["name", "loss", "gain", "low", "high"]
    assert "<strong>The curve earns its keep" in found._repr_html_()


def test_several_models_are_set_beside_the_best(sine):
    models = [pliant.fit("y ~ x", sine, hidden=h, seed=1) for h in (1, 4)]
    found = pliant.compare(*models)
    assert found.verdict is None
    assert found.lines[0].gain < 0.0
    assert np.isnan(found.lines[1].gain)


def test_what_cannot_be_compared_is_refused(sine, tmp_path):
    line = pliant.fit("y ~ x", sine, hidden=())
    with pytest.raises(InputError, match="no members"):
        line.compare()
    curve = pliant.fit("y ~ x", sine, hidden=2, members=5)
    other = pliant.fit("y ~ x", pliant.datasets.sine(n=60, seed=4), hidden=2, members=5)
    with pytest.raises(InputError, match="different rows"):
        pliant.compare(curve, other)
    with pytest.raises(ArgumentError, match="fitted models only"):
        pliant.compare(curve, sine)
    curve.save(tmp_path / "m.pliant")
    with pytest.raises(InputError, match="fit it again"):
        pliant.load(tmp_path / "m.pliant").compare()
