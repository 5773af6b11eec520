"""The verdict: a row of frequency f is f equal rows."""

import numpy as np
import pytest

import pliant
from pliant.data.arrays import Arrays
from pliant.ensemble.verdict import curvature_test, mean_gain, n_rows
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
    ours = curvature_test(likelihood(family), short, eta, X[:, 1:], 3)
    theirs = curvature_test(likelihood(family), long, np.repeat(eta, TIMES, axis=0), long.X[:, 1:], 3)
    assert 0.0 < ours < 1.0
    assert ours == pytest.approx(theirs, rel=1e-9)


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
    assert len(model.members.folds) == 30
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
