"""What is refused before a training begins, and what is said of a line that was trained."""

import time

import numpy as np
import pytest

import pliant
from pliant.errors import ArgumentError

TABLE = {"x": np.arange(20.0), "y": np.arange(20.0) % 7}


@pytest.mark.parametrize("hidden", [10**12, (200_000, 200_000), (3, 10**9)], ids=repr)
def test_a_network_larger_than_memory_is_refused_before_it_is_made(hidden):
    with pytest.raises(ArgumentError, match=r"has [\d,]+ parameters, and 100,000,000 are the most"):
        pliant.fit("y ~ x", TABLE, hidden=hidden, epochs=1)


def test_a_line_by_descent_says_that_it_was_trained_and_not_solved():
    trained = pliant.fit("y ~ x", TABLE, hidden=(), epochs=5)
    assert any("this line was trained, not solved" in note for note in trained.notes)
    assert "trained, not solved" in str(trained.summary())
    for other in (pliant.fit("y ~ x", TABLE, hidden=()), pliant.fit("y ~ x", TABLE, hidden=2, epochs=5)):
        assert not any("not solved" in note for note in other.notes)


def test_inputs_whose_squares_overflow_are_scaled_all_the_same():
    table = {"x": 1e300 * np.arange(1.0, 21.0), "y": TABLE["y"]}
    near = pliant.fit("y ~ x", table | {"x": table["x"] / 1e300}, hidden=2, epochs=20)
    far = pliant.fit("y ~ x", table, hidden=2, epochs=20)
    assert np.allclose(far.parameters, near.parameters, rtol=1e-10)


def test_a_network_of_many_classes_starts_at_once_from_their_shares():
    names = [f"c{i % 200}" for i in range(300)]
    table = {"x": np.arange(300.0), "g": names}
    began = time.perf_counter()
    model = pliant.fit("g ~ x", table, family="multinomial", hidden=2, epochs=0)
    assert time.perf_counter() - began < 5.0
    skip = model.network.views(model.parameters).skip
    assert not skip.any()
    hidden = pliant.fit("g ~ x", table, family="multinomial", hidden=2, epochs=30)
    assert hidden.deviance < hidden.null_deviance
