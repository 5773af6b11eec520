"""Prediction sets against their definition, class by class."""

import numpy as np

from pliant.ensemble.sets import class_scores, class_sets, more_probable, probabilities
from pliant.functions.likelihood import likelihood


def by_definition(p, scores, folds, level):
    K, m, C = p.shape
    found = np.zeros((m, C), dtype=bool)
    for x in range(m):
        for c in range(C):
            own = [sum(d for d in p[k, x] if d > p[k, x, c]) for k in range(K)]
            less = sum(scores[i] < own[folds[i]] - 1e-12 for i in range(len(scores)))
            found[x, c] = less < level * (len(scores) + 1)
    return found


def test_sets_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), (3, 25))
    scores, folds = rng.uniform(0.0, 1.0, 40) * (rng.random(40) < 0.6), np.arange(40) % 3
    for level in (0.5, 0.8, 0.95):
        assert np.array_equal(class_sets(p, scores, folds, level), by_definition(p, scores, folds, level))


def test_too_few_rows_hold_every_class():
    assert np.all(class_sets(np.full((2, 3, 4), 0.25), np.zeros(12), np.arange(12) % 2, 0.95))


def test_a_score_is_what_is_more_probable_than_the_class():
    p = np.array([[0.5, 0.2, 0.3], [0.25, 0.5, 0.25]])
    np.testing.assert_allclose(more_probable(p), [[0.0, 0.8, 0.5], [0.5, 0.0, 0.5]], rtol=1e-15)
    chosen, eta = likelihood("multinomial"), np.log(p[:, 1:] / p[:, :1])
    np.testing.assert_allclose(class_scores(chosen, np.eye(3)[[1, 1]], eta), [0.8, 0.0], rtol=1e-12, atol=1e-15)
    yes = likelihood("binomial")
    np.testing.assert_allclose(probabilities(yes, np.array([[0.0]])), [[0.5, 0.5]])
    up, down = class_scores(yes, np.array([[1.0], [0.0]]), np.full((2, 1), np.log(3.0)))
    assert (up, round(down, 12)) == (0.0, 0.75)
    assert np.isnan(class_scores(yes, np.array([[0.3]]), np.array([[0.0]]))).all()


def test_sets_hold_a_new_row_as_often_as_they_say():
    rng, held = np.random.default_rng(1), []
    for _ in range(200):
        p = rng.dirichlet(np.full(3, 0.7), 61)
        y = np.argmax(np.log(p) + rng.gumbel(size=p.shape), axis=1)
        scores = more_probable(p)[np.arange(61), y]
        sets = class_sets(p[None, 60:], scores[:60], np.zeros(60, dtype=int), 0.9)
        held.append(sets[0, y[60]])
    assert abs(np.mean(held) - 0.9) < 0.06
