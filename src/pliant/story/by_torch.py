"""The same training with a module of torch, its gradients by automatic differentiation.

Knows nothing of pliant's networks: any `torch.nn.Module` and any loss will do.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pliant.engines.torch import import_torch
from pliant.optimisers.checks import check_choice, check_count, check_number
from pliant.types import Array


def train_torch(
    x: Any,
    y: Any,
    model: Any,
    loss: Callable[[Any, Any], Any],
    epochs: int,
    learning_rate: float,
    optimiser: Any = None,
) -> Array:
    """Train a torch module where it stands, and give the loss of every epoch.

    Parameters
    ----------
    x, y : array or tensor, shape (n,) or (n, columns)
        One column is made of (n,); both are given the type and device of the module's parameters.
    model : torch.nn.Module
        Its parameters are moved.
    loss : callable
        Of prediction and y, both (n, columns), to a tensor: `pliant.squared_loss`, a loss of torch.
    epochs : int
        Steps, each over all rows. Gradients are zeroed before each.
    learning_rate : float
    optimiser : optional
        None moves the parameters by hand inside `no_grad`. Else "gd", "sgd", "adam" or "adamw", as torch has
        them; or a class of `torch.optim`, or any function of parameters and `lr`.

    Returns
    -------
    ndarray, shape (epochs,)
        The loss of each epoch, before its step.

    Raises
    ------
    MissingExtraError
        If torch is not installed; says how.
    ArgumentError
        If there is no such optimiser, or an argument cannot be used.
    """
    torch = import_torch()
    rate, losses = check_number("learning_rate", learning_rate, above=0.0), []
    like = next(model.parameters())
    X, response = _tensor(torch, x, like), _tensor(torch, y, like)
    moving = None if optimiser is None else _torch_optimiser(torch, optimiser)(model.parameters(), lr=rate)
    for _ in range(check_count("epochs", epochs)):
        model.zero_grad()
        now = loss(model(X), response)
        now.backward()
        if moving is not None:
            moving.step()
        else:
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= rate * parameter.grad
        losses.append(now.detach())
    return np.array([float(each) for each in losses])


def _tensor(torch: Any, values: Any, like: Any) -> Any:
    """Give a tensor (n, columns) of the type and on the device of another."""
    given = values if torch.is_tensor(values) else np.array(values, dtype=float)
    tensor = torch.as_tensor(given, dtype=like.dtype, device=like.device)
    return tensor[:, None] if tensor.ndim == 1 else tensor


def _torch_optimiser(torch: Any, optimiser: Any) -> Any:
    """Give what makes an optimiser from parameters and `lr`."""
    if callable(optimiser):
        return optimiser
    optim = torch.optim
    makers = {"gd": optim.SGD, "sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW}
    return makers[check_choice("optimiser", optimiser, makers)]
