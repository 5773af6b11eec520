"""Products in pieces are the products."""

import numpy as np
import pytest

from pliant.products import across, gram, times


@pytest.mark.parametrize(("n", "p"), [(0, 3), (10, 3), (5000, 21), (8192, 1), (30_000, 3), (2000, 300)])
def test_pieces_give_what_the_whole_gives(n: int, p: int) -> None:
    rng = np.random.default_rng(n + p)
    X, R, B = rng.normal(size=(n, p)), rng.normal(size=(n, 2)), rng.normal(size=(p, 2))
    for found, wanted in ((gram(X), X.T @ X), (across(X, R), X.T @ R), (times(X, B), X @ B)):
        assert found.shape == wanted.shape
        assert float(np.max(np.abs(found - wanted), initial=0.0)) <= 1e-13 * max(n, p)


def test_a_matrix_that_is_not_contiguous_is_taken_as_it_is() -> None:
    X = np.random.default_rng(1).normal(size=(21, 6000)).T
    assert float(np.max(np.abs(gram(X) - X.T @ X))) == 0.0
