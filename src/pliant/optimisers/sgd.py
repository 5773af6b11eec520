"""Descent with momentum, plain or Nesterov's, as `torch.optim.SGD` with dampening 0."""

from typing import Any

from pliant.errors import ArgumentError
from pliant.optimisers.checks import check_flag, check_number
from pliant.optimisers.rule import Moments, Rule


def sgd_update(
    parameters: Any, gradient: Any, moments: Moments, step: int, rate: Any, momentum: float, nesterov: float
) -> tuple[Any, Moments]:
    """Heavy ball for nesterov = 0, the look-ahead for nesterov = 1; any shape."""
    (velocity,) = moments
    velocity = momentum * velocity + gradient
    # Plain: move = velocity. Nesterov: move = gradient + momentum velocity. Both exact, with no branch.
    share = 1.0 - nesterov + nesterov * momentum
    return parameters - rate * (nesterov * gradient + share * velocity), (velocity,)


def sgd(momentum: float = 0.0, nesterov: bool = False) -> Rule:
    """Give the rule of descent with momentum.

    velocity <- momentum velocity + gradient
    parameters <- parameters - rate velocity                            (plain)
    parameters <- parameters - rate (gradient + momentum velocity)      (Nesterov)

    Parameters
    ----------
    momentum : float
        Share of the last velocity that is kept; at least 0, below 1.
    nesterov : bool
        Look one step ahead. Needs momentum above 0.

    Returns
    -------
    Rule
        One moment: the velocity.

    Raises
    ------
    ArgumentError
        If the momentum is outside [0, 1), or Nesterov is asked for without it.

    References
    ----------
    Polyak (1964); Nesterov (1983); Sutskever et al. (2013), On the importance of initialization and
    momentum in deep learning.
    """
    momentum = check_number("momentum", momentum, at_least=0.0, below=1.0)
    ahead = check_flag("nesterov", nesterov)
    if ahead and momentum == 0.0:
        raise ArgumentError("nesterov needs momentum above 0; pass momentum=0.9 or leave nesterov out")
    return Rule("sgd", {"momentum": momentum, "nesterov": ahead}, 1, sgd_update)
