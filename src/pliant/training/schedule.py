"""Schedules: what share of the learning rate each step takes.

A schedule is a pure function of the number of the step and of the horizon, the number of steps that the
whole training is planned to take. Nothing is remembered between steps, so a training that stops and goes on
takes the same rates as one that never stopped. After the horizon the last rate stays.

With t = step / horizon, from 0 at the first step to 1 at the horizon, the shares are

    constant       1
    cosine         (1 + cos(pi t)) / 2
    exponential    0.01^t                             a hundredth at the horizon
    step           0.1^floor(3 t)                     a tenth after each third
    wave           (1 - cos(2 pi log2(1 + 15 t))) / 2    four ever longer waves, from 0 to 0

References
----------
Loshchilov and Hutter (2017), SGDR (cosine). Holzmueller, Grinsztajn and Steinwart (2024), Better by
Default (wave).
"""

from collections.abc import Callable

import numpy as np

from pliant.errors import ArgumentError
from pliant.optimisers.checks import check_choice
from pliant.types import Array, IntArray

Schedule = Callable[[IntArray, int], Array]

FINAL_SHARE = 0.01  # of the exponential schedule
BLOCK = 64  # a multiple of every SIMD width


def constant(step: IntArray, horizon: int) -> Array:
    """The whole rate at every step; (n,)."""
    return np.ones(step.shape)


def cosine(step: IntArray, horizon: int) -> Array:
    """Half a cosine from 1 to 0, flat at both ends; (n,)."""
    return 0.5 * (1.0 + np.cos(np.pi * (step / horizon)))


def exponential(step: IntArray, horizon: int) -> Array:
    """The same factor at every step; (n,)."""
    share: Array = FINAL_SHARE ** (step / horizon)
    return share


def step(step: IntArray, horizon: int) -> Array:
    """Three stairs, each a tenth of the one before; (n,)."""
    return np.array([1.0, 0.1, 0.01])[np.minimum(3 * step // horizon, 2)]


def wave(step: IntArray, horizon: int) -> Array:
    """Four waves, each longer than the one before; (n,)."""
    return 0.5 * (1.0 - np.cos(2.0 * np.pi * np.log2(1.0 + 15.0 * (step / horizon))))


SCHEDULES: dict[str, Schedule] = {s.__name__: s for s in (constant, cosine, exponential, step, wave)}


def rates(schedule: str, base: float, first_step: int, n_steps: int, horizon: int) -> Array:
    """Give the learning rates of consecutive steps.

    rate = base * share(step, horizon)

    Parameters
    ----------
    schedule : str
        A name of `SCHEDULES`.
    base : float
        Learning rate that the shares are taken of.
    first_step : int
        Steps already taken, so the first step of a training is 0.
    n_steps : int
        How many rates.
    horizon : int
        Planned steps of the whole training, at least 1; steps after it keep the share at the horizon.

    Returns
    -------
    ndarray, shape (n_steps,)

    Raises
    ------
    ArgumentError
        If the schedule is not known; names the nearest.

    Examples
    --------
    >>> rates("step", 0.5, 0, 6, horizon=6)
    array([0.5  , 0.5  , 0.05 , 0.05 , 0.005, 0.005])
    """
    share = SCHEDULES[check_choice("schedule", schedule, SCHEDULES)]
    if horizon < 1:
        raise ArgumentError(f"horizon is {horizon}; it has to be 1 step or more")
    # Whole blocks at fixed places: a step then goes through the same SIMD instructions however many steps
    # are asked for at once, and its rate is the same to the last bit on every machine.
    start = first_step - first_step % BLOCK
    stop = first_step + n_steps + -(first_step + n_steps) % BLOCK
    block = share(np.minimum(np.arange(start, stop), horizon), horizon)
    return base * block[first_step - start : first_step - start + n_steps]
