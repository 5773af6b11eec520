"""The verdict: a row of frequency f is f equal rows."""

import numpy as np
import pytest

import pliant
from pliant.data.arrays import Arrays
from pliant.ensemble import curvature
from pliant.ensemble.curvature import curvature_test
from pliant.ensemble.verdict import kind_of, mean_gain, n_rows
from pliant.functions.likelihood import likelihood
from pliant.record import Verdict

RNG = np.random.default_rng(8)
COUNTS = RNG.integers(1, 4, 40) * 1.0
TIMES = COUNTS.astype(int)
X = np.column_stack([np.ones(40), RNG.standard_normal((40, 2))])


def both(y):
    """The table with frequencies, and the table with its rows repeated."""
    weights, nothing = RNG.uniform(0.5, 2.0, 40), np.zeros(40)
    short = Arrays(X, y, weights, nothing, np.arange(40), COUNTS)
    long = Arrays(*(np.repeat(a, TIMES, axis=0) for a in (X, y, weights, nothing)), np.arange(int(np.sum(TIMES))))
    return short, long


@pytest.mark.parametrize("family", ["gaussian", "poisson", "multinomial"])
def test_the_curvature_test_of_frequencies_is_that_of_repeated_rows(family):
    eta = X @ np.array([[0.2], [0.3], [-0.1]])
    y = {"gaussian": eta + RNG.standard_normal((40, 1)), "poisson": RNG.poisson(np.exp(eta)) * 1.0}.get(family)
    if y is None:
        y, eta = np.eye(3)[RNG.integers(0, 3, 40)], np.hstack([eta, -eta])
    short, long = both(y)
    again = np.repeat(eta, TIMES, axis=0)
    ours = curvature_test(likelihood(family), short, eta, X[:, 1:])
    assert 0.0 < ours < 1.0
    assert ours == pytest.approx(curvature_test(likelihood(family), long, again, long.X[:, 1:]), rel=1e-9)
    found, folds = eta**2 + 0.1 * RNG.standard_normal((3, *eta.shape)), np.arange(40) % 3
    ours = curvature._found_bend(curvature._residuals(likelihood(family), short, eta), found, folds)
    left = curvature._residuals(likelihood(family), long, again)
    theirs = curvature._found_bend(left, np.repeat(found, TIMES, axis=1), np.repeat(folds, TIMES))
    assert 0.0 < ours < 1.0
    assert ours == pytest.approx(theirs, rel=1e-9)


def line_through(y):
    """The table of X and y, with the line's eta."""
    arrays = Arrays(X, y[:, None], np.ones(40), np.zeros(40), np.arange(40))
    return arrays, (X @ np.linalg.lstsq(X, y, rcond=None)[0])[:, None]


def test_the_p_value_of_random_bends_is_the_share_of_signs_that_agree_more():
    arrays, eta = line_through(RNG.standard_t(4, 40) * (1.0 + np.abs(X[:, 1])))
    left = curvature._residuals(likelihood("gaussian"), arrays, eta)
    rng = np.random.default_rng(curvature.TEST_SEED)
    G = rng.normal(0.0, (curvature.SPREAD / 2) ** 0.5, (2, curvature.UNITS))
    C = left.without_line(np.tanh(X[:, 1:] @ G + rng.normal(0.0, 1.0, curvature.UNITS)))  # weights are 1
    signs = np.random.default_rng(1).choice([-1.0, 1.0], (4000, 40))
    drawn = np.sum((signs * left.u) @ C * ((signs * left.u) @ C), axis=1)
    share = np.mean(drawn >= np.sum((C.T @ left.e) ** 2))
    assert curvature._random_bends(left, X[:, 1:]) == pytest.approx(share, abs=0.03)


def test_the_found_bend_makes_the_test_sure_and_its_reverse_does_not():
    bend = X[:, 1] * X[:, 2]
    arrays, eta = line_through(X[:, 1] + bend + RNG.standard_normal(40))
    given = likelihood("gaussian"), arrays, eta, X[:, 1:]
    test = [curvature_test(*given, f * np.stack(2 * [bend[:, None]]), np.arange(40) % 2) for f in (1.0, -1.0)]
    assert test[0] < 0.005
    assert test[1] > 5.0 * test[0]


def test_a_member_that_found_a_line_says_nothing_of_bends():
    arrays, eta = line_through(RNG.standard_normal(40))
    given = likelihood("gaussian"), arrays, eta, X[:, 1:]
    lines = np.stack([0.3 * eta, -2.0 * eta])  # a line held back by its decay is not a bend
    assert curvature_test(*given, lines, np.arange(40) % 2) == pytest.approx(curvature_test(*given), rel=1e-6)


@pytest.mark.parametrize(
    ("low", "share", "p_value", "kind"),
    [
        (0.1, 0.3, 0.5, "curve"),
        (-0.1, 0.3, 0.001, "curve"),  # curvature beyond doubt, and it pays
        (-0.1, 0.005, 0.001, "not yet"),
        (0.001, 0.005, 0.5, "line"),
        (-0.1, 0.3, 0.5, "line"),
        (-0.1, 0.3, float("nan"), "line"),
    ],
)
def test_a_curve_has_to_pay_by_more_than_luck(low, share, p_value, kind):
    assert kind_of(low, share, p_value) == kind


def test_the_gain_of_frequencies_is_that_of_repeated_rows():
    d = RNG.standard_normal(40)
    short, long = both(d[:, None])
    assert n_rows(short) == n_rows(long) == np.sum(COUNTS)
    np.testing.assert_allclose(mean_gain(d, short), mean_gain(np.repeat(d, TIMES), long), rtol=1e-12)


def test_a_model_of_frequencies_counts_its_rows():
    x = np.linspace(-3.0, 3.0, 30)
    table = {"x": x, "y": 4.0 * np.sin(x) + RNG.standard_normal(30), "n": np.tile([1, 2, 3], 10)}
    model = pliant.fit("y ~ .", table, frequencies="n", hidden=3, members=5)
    assert model.members.verdict.n_rows == 60
    assert model.facts.n_rows == 60
    assert len(model.members.folds) == 60
    comparison = model.compare()
    assert comparison.verdict.kind == "curve"
    assert comparison.lines[2].gain == pytest.approx(comparison.lines[1].loss - comparison.lines[2].loss)


def test_a_test_that_nearly_shows_curvature_is_said_with_what_was_asked_of_it():
    near = Verdict("line", -1.0, -2.0, 1.0, -0.1, 0.03, 50)
    assert near.sentence.endswith("the test for curvature (p = 0.03) falls short of the p < 0.01 that was asked of it.")
    far = Verdict("line", -1.0, -2.0, 1.0, -0.1, 0.4, 50)
    assert (
        far.sentence
        == "The line is enough: out of fold the curve predicts no better, and no curvature shows (p = 0.4)."
    )
    little = Verdict("line", 0.1, 0.05, 0.2, 0.005, float("nan"), 50)
    assert little.sentence.endswith("takes less than 1 % off its deviance, and no curvature shows.")


def test_a_curve_that_loses_to_the_mean_alone_earns_nothing():
    assert kind_of(0.1, 0.2, 0.5, predicts=False) == "line"
    assert kind_of(0.1, 0.2, 0.001, predicts=False) == "not yet"
    said = Verdict("line", 0.2, 0.1, 0.3, 0.2, 0.5, 60, predicts=False).sentence
    assert said.startswith("The line is enough: out of fold the curve predicts no better than the mean alone")
    rng = np.random.default_rng(2)
    noise = {f"x{j}": rng.normal(size=40) for j in range(6)} | {"y": rng.normal(size=40)}
    kept = pliant.fit("y ~ .", noise).members
    assert not kept.verdict.predicts
    assert kept.verdict.kind != "curve"
