"""Gradient descent: straight down the slope, the rule to read first."""

from typing import Any

from pliant.optimisers.rule import Moments, Rule


def gd_update(parameters: Any, gradient: Any, moments: Moments, step: int, rate: Any) -> tuple[Any, Moments]:
    """parameters <- parameters - rate gradient."""
    return parameters - rate * gradient, moments


def gd() -> Rule:
    """Give the rule of gradient descent.

    parameters <- parameters - rate gradient

    Returns
    -------
    Rule
        No settings, no moments.

    Examples
    --------
    >>> gd().step(1.0, 4.0, (), step=1, rate=0.25)
    (0.0, ())
    """
    return Rule("gd", {}, 0, gd_update)
