"""Adam: a step whose length hardly depends on the scale of the gradient, as `torch.optim.Adam`."""

from typing import Any

from pliant.optimisers.checks import check_number
from pliant.optimisers.rule import Moments, Rule


def adam_update(
    parameters: Any,
    gradient: Any,
    moments: Moments,
    step: int,
    rate: Any,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[Any, Moments]:
    """One step of Adam; any shape. The order of operations is torch's, to the last bit but one."""
    mean, square = moments
    mean = mean + (1.0 - beta1) * (gradient - mean)
    square = beta2 * square + (1.0 - beta2) * (gradient * gradient)
    length = rate / (1.0 - beta1**step)
    spread = square**0.5 / (1.0 - beta2**step) ** 0.5 + epsilon
    return parameters - length * (mean / spread), (mean, square)


def adam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Rule:
    """Give the rule of Adam.

    m <- beta1 m + (1 - beta1) gradient
    v <- beta2 v + (1 - beta2) gradient^2
    parameters <- parameters - rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)

    Parameters
    ----------
    beta1, beta2 : float
        Share of the running mean of the gradient and of its square that is kept; at least 0, below 1.
    epsilon : float
        Keeps the division finite where gradients vanish; at least 0.

    Returns
    -------
    Rule
        Two moments: m and v. An L2 penalty belongs in the loss; decoupled decay is `adamw`.

    Raises
    ------
    ArgumentError
        If a setting is outside its range.

    References
    ----------
    Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1.
    """
    return Rule("adam", adam_settings(beta1, beta2, epsilon), 2, adam_update)


def adam_settings(beta1: float, beta2: float, epsilon: float) -> dict[str, float]:
    """Check the settings that Adam and AdamW share."""
    return {
        "beta1": check_number("beta1", beta1, at_least=0.0, below=1.0),
        "beta2": check_number("beta2", beta2, at_least=0.0, below=1.0),
        "epsilon": check_number("epsilon", epsilon, at_least=0.0),
    }
