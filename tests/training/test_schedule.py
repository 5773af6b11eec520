"""Schedules: their shapes, their horizon, and that a rate depends on the number of its step alone."""

from typing import Any

import numpy as np
import pytest
import torch

from pliant.errors import ArgumentError
from pliant.training import SCHEDULES, rates


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("horizon", [1, 2, 7, 100, 997])
def test_rates_asked_for_in_parts_are_the_same_bits(name: str, horizon: int) -> None:
    whole = rates(name, 0.03, 0, horizon + 20, horizon)
    rng = np.random.default_rng(horizon)
    for _ in range(100):
        first = int(rng.integers(0, horizon + 10))
        n = int(rng.integers(1, horizon + 21 - first))
        np.testing.assert_array_equal(rates(name, 0.03, first, n, horizon), whole[first : first + n])


@pytest.mark.parametrize("name", SCHEDULES)
def test_shares_lie_between_nought_and_one_and_stay_after_the_horizon(name: str) -> None:
    share = rates(name, 1.0, 0, 150, 100)
    assert ((share >= 0.0) & (share <= 1.0)).all()
    assert (share[100:] == share[100]).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0, 1.0]),
        ("cosine", [1.0, 0.5 + 0.125**0.5, 0.5, 0.5 - 0.125**0.5, 0.0]),
        ("exponential", [1.0, 0.01**0.25, 0.1, 0.01**0.75, 0.01]),
        ("step", [1.0, 1.0, 0.1, 0.01, 0.01]),
    ],
)
def test_shares_at_the_quarters(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(rates(name, 1.0, 0, 5, 4), expected, rtol=1e-14, atol=1e-16)


def test_the_stairs_are_thirds_exactly() -> None:
    for horizon in (3, 9, 21, 300, 999):
        share = rates("step", 1.0, 0, horizon, horizon)
        assert share.tolist() == [1.0] * (horizon // 3) + [0.1] * (horizon // 3) + [0.01] * (horizon // 3)


def test_the_wave_touches_nought_five_times_and_its_base_four() -> None:
    share = rates("wave", 1.0, 0, 15_001, 15_000)
    np.testing.assert_allclose(share[[0, 1000, 3000, 7000, 15_000]], 0.0, atol=1e-12)
    peaks = (np.diff(np.sign(np.diff(share))) < 0).sum()
    assert peaks == 4
    assert share.max() > 1.0 - 1e-6


def test_cosine_is_that_of_torch() -> None:
    optimiser: Any = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=50)
    ours = rates("cosine", 0.4, 0, 50, 50)
    for rate in ours:
        assert rate == pytest.approx(theirs.get_last_lr()[0], rel=1e-12)
        optimiser.step()
        theirs.step()


def test_exponential_is_that_of_torch() -> None:
    optimiser: Any = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    theirs = torch.optim.lr_scheduler.ExponentialLR(optimiser, gamma=0.01 ** (1 / 50))
    for rate in rates("exponential", 0.4, 0, 50, 50):
        assert rate == pytest.approx(theirs.get_last_lr()[0], rel=1e-12)
        optimiser.step()
        theirs.step()


def test_far_steps_of_a_long_training_cost_no_memory() -> None:
    assert rates("cosine", 1.0, 10**12, 3, 2 * 10**12).tolist() == pytest.approx([0.5, 0.5, 0.5])


def test_an_unknown_schedule_and_an_empty_horizon_are_refused() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'exponential'"):
        rates("exponetial", 1.0, 0, 1, 1)
    with pytest.raises(ArgumentError, match="horizon is 0; it has to be 1 step or more"):
        rates("cosine", 1.0, 0, 1, 0)
