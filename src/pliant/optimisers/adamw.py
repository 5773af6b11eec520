"""AdamW: Adam with weight decay that is not divided by the spread of the gradient, as `torch.optim.AdamW`."""

from typing import Any

from pliant.optimisers.adam import adam_settings
from pliant.optimisers.checks import check_number
from pliant.optimisers.rule import Moments, Rule


def adamw_update(
    parameters: Any,
    gradient: Any,
    moments: Moments,
    step: int,
    rate: Any,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: Any,
) -> tuple[Any, Moments]:
    """Shrink the parameters, then one step of Adam; any shape.

    Adam's lines stand here again, not as a call: a kernel is compiled over one function's own text.
    """
    mean, square = moments
    mean = mean + (1.0 - beta1) * (gradient - mean)
    square = beta2 * square + (1.0 - beta2) * (gradient * gradient)
    length = rate / (1.0 - beta1**step)
    spread = square**0.5 / (1.0 - beta2**step) ** 0.5 + epsilon
    return parameters * (1.0 - rate * weight_decay) - length * (mean / spread), (mean, square)


def adamw(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, weight_decay: float = 0.01) -> Rule:
    """Give the rule of Adam with decoupled weight decay.

    parameters <- (1 - rate weight_decay) parameters, then the step of `adam`

    Parameters
    ----------
    beta1, beta2, epsilon : float
        As in `adam`.
    weight_decay : float
        At least 0. Every parameter shrinks, as in torch, unless `Rule.step` is told which (`decays`).

    Returns
    -------
    Rule
        Two moments, as in `adam`.

    Raises
    ------
    ArgumentError
        If a setting is outside its range.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization, algorithm 2.
    """
    settings = adam_settings(beta1, beta2, epsilon)
    settings["weight_decay"] = check_number("weight_decay", weight_decay, at_least=0.0)
    return Rule("adamw", settings, 2, adamw_update)
