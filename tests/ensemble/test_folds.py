"""Folds are even, keep the classes' shares and the groups together, and follow the order where told."""

import numpy as np
import pytest

from pliant.ensemble.folds import draw_folds, n_folds
from pliant.errors import ArgumentError


def rng():
    return np.random.default_rng(1)


def test_ten_folds_or_one_a_row():
    assert (n_folds(344), n_folds(20), n_folds(19)) == (10, 10, 19)
    for wrong in (1, 0, 21, True, 2.5):
        with pytest.raises(ArgumentError, match="members"):
            n_folds(20, wrong)


def test_folds_are_even_and_hold_every_class_in_its_share():
    y = np.repeat([0.0, 1.0], [70, 33])[:, None]
    folds = draw_folds(10, y, rng(), classes=True)
    assert set(np.bincount(folds)) == {10, 11}
    ones = np.bincount(folds, y[:, 0])
    assert ones.min() >= 3
    assert ones.max() <= 4


def test_groups_stay_together_and_folds_near_even():
    groups = np.repeat(np.arange(30), np.arange(1, 31))
    folds = draw_folds(5, np.zeros((len(groups), 1)), rng(), groups=groups)
    for group in range(30):
        assert len(set(folds[groups == group])) == 1
    assert np.ptp(np.bincount(folds)) <= 15
    with pytest.raises(ArgumentError, match="30 groups for 40"):
        draw_folds(40, np.zeros((len(groups), 1)), rng(), groups=groups)


def test_rows_in_order_are_left_out_in_blocks():
    folds = draw_folds(4, np.zeros((10, 1)), rng(), in_order=True)
    assert folds.tolist() == sorted(folds)
    assert set(np.bincount(folds)) == {2, 3}
