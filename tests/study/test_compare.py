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


def test_rows_without_weight_leave_the_strict_interval_to_the_other_folds():
    rng = np.random.default_rng(2)
    x = rng.standard_normal(24)
    table = {"x": x, "y": x + rng.standard_normal(24), "w": np.repeat([0.0, 1.0, 1.0], 8)}
    found = pliant.compare("y ~ x", table, weights="w", hidden=1, members=3, in_order=True)
    assert np.isfinite(found.strict).all()
    table["w"] = np.repeat([0.0, 0.0, 1.0], 8)  # a single fold has weight: nothing is known of other draws of folds
    found = pliant.compare("y ~ x", table, weights="w", hidden=1, members=6, in_order=True)
    assert np.isfinite([line.loss for line in found.lines]).all()


@pytest.mark.parametrize("family", ["multinomial", "poisson", "negative_binomial", "tweedie", "gamma", "quasibinomial"])
def test_the_model_without_input_has_its_own_folds_in_every_family(family):
    """It knows the offset, as the null model does, and a class that the other folds lack."""
    rng = np.random.default_rng(3)
    exposure = np.log(rng.uniform(1.0, 50.0, 12))
    y = {"quasibinomial": np.tile([0.0, 1.0, 1.0], 4), "multinomial": np.array(["a", "b"] * 5 + ["b", "c"])}
    table = {"x": rng.standard_normal(12), "y": y.get(family, np.round(np.exp(exposure) + 1.0)), "e": exposure}
    offset = {} if family in y else {"offset": "e"}
    found = pliant.compare("y ~ x", table, family=family, hidden=1, members=3, in_order=True, **offset)
    assert np.isfinite([line.loss for line in found.lines]).all()
    if offset:
        without = pliant.compare("y ~ x", table, family=family, hidden=1, members=3, in_order=True)
        assert found.lines[0].loss < 0.2 * without.lines[0].loss


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
