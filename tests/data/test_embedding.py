"""Numeric embeddings: columns by their definition, knots where the values are, and the way to a file and back."""

import json
from itertools import pairwise

import numpy as np
import pytest

from pliant.data.embedding import Embedding, n_pieces

N = 2_000


@pytest.fixture
def X():
    rng = np.random.default_rng(1)
    mostly_zero = np.where(rng.uniform(size=N) < 0.9, 0.0, rng.lognormal(8.0, 1.0, N))
    return np.column_stack([rng.normal(3.0, 2.0, N), mostly_zero, rng.integers(0, 2, N) * 5.0, np.full(N, 7.0)])


@pytest.fixture
def embedding(X):
    return Embedding.learn(X, (True,) * 4, np.ones(N))


def by_definition(embedding, X):
    """Give the columns one number at a time."""
    rows = []
    for x in X:
        row = []
        for j, centre, unit, knots, clipped in zip(
            embedding.inputs, embedding.centre, embedding.unit, embedding.knots, embedding.clipped, strict=True
        ):
            z = (x[j] - centre) / unit
            row += [z / (1 + (z / 3) ** 2) ** 0.5] * clipped
            row += [min(max((x[j] - a) / (b - a), 0.0), 1.0) for a, b in pairwise(knots)]
        rows.append(row)
    return np.array(rows)


def test_the_columns_are_those_of_the_definition(embedding, X):
    new = np.vstack([X[:50], [[-1e6, -5.0, 9.0, 0.0], [1e6, 1e9, -9.0, 1.0]]])
    np.testing.assert_allclose(embedding.columns(new), by_definition(embedding, new), rtol=1e-13, atol=1e-13)
    assert embedding.columns(new).shape == (52, embedding.n_columns)


def test_a_constant_is_left_out_and_two_values_are_0_and_1(embedding, X):
    assert embedding.inputs == (0, 1, 2)
    assert embedding.clipped == (True, True, False)
    np.testing.assert_array_equal(embedding.columns(X)[:, -1], X[:, 2] / 5.0)


def test_what_may_not_bend_is_not_embedded(X):
    assert Embedding.learn(X, (True, False, True, True), np.ones(N)).inputs == (0, 2)


def test_a_column_that_is_mostly_zero_has_its_knots_where_it_is_not(embedding, X):
    knots = embedding.knots[1]
    assert knots[0] == 0.0
    assert len(knots) > 25
    assert set(knots) <= set(X[:, 1])


def test_a_value_beyond_the_rows_stays_near_the_last(embedding, X):
    far, edge = np.full((1, 4), 1e12), np.max(X, axis=0)[None]
    np.testing.assert_array_equal(embedding.columns(far)[:, 1:41], embedding.columns(edge)[:, 1:41])
    assert np.max(np.abs(embedding.columns(far))) <= 3.0


def test_slopes_are_those_of_the_columns(embedding, X):
    at, h = X[:20] + 0.01234, 1e-6
    direction = np.random.default_rng(2).normal(size=at.shape)
    direction[:, 2] = 0.0
    found = embedding.slopes(at, direction)
    expected = (embedding.columns(at + h * direction) - embedding.columns(at - h * direction)) / (2 * h)
    np.testing.assert_allclose(found, expected, atol=2e-8)


def test_a_frequency_is_rows_repeated(X):
    counts = np.random.default_rng(3).integers(0, 4, N) * 1.0
    by_count = Embedding.learn(X, (True,) * 4, counts)
    repeated = np.repeat(X, counts.astype(int), axis=0)
    by_rows = Embedding.learn(repeated, (True,) * 4, np.ones(len(repeated)))
    assert by_count.to_dict() == by_rows.to_dict()


def test_the_order_of_the_rows_does_not_matter(embedding, X):
    order = np.random.default_rng(4).permutation(N)
    assert Embedding.learn(X[order], (True,) * 4, np.ones(N)).to_dict() == embedding.to_dict()


def test_it_goes_through_json(embedding, X):
    again = Embedding.from_dict(json.loads(json.dumps(embedding.to_dict())))
    np.testing.assert_array_equal(again.columns(X), embedding.columns(X))


@pytest.mark.parametrize(
    ("rows", "inputs", "pieces"),
    [(100, 3, 0), (600, 8, 7), (2_000, 2, 40), (10_000, 4, 64), (1_400, 61, 0), (100, 1, 8)],
)
def test_pieces_need_rows(rows, inputs, pieces):
    assert n_pieces(rows, inputs) == pieces
