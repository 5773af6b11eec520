"""`train_torch` on modules of torch: by hand and by torch's optimisers, beside `training_loop`."""

import numpy as np
import pytest
import torch

from pliant.optimisers import OPTIMISERS
from pliant.story import squared_loss, train_torch, training_loop

RNG = np.random.default_rng(11)
X = RNG.uniform(-2.0, 2.0, 30)
Y = 2.0 * X + 0.5 + RNG.normal(0.0, 0.3, 30)


def module(start):
    """Give `nn.Linear(1, 1)` with an intercept and a slope."""
    linear = torch.nn.Linear(1, 1, dtype=torch.float64)
    with torch.no_grad():
        linear.bias[:], linear.weight[:] = start[0], start[1]
    return linear


@pytest.mark.parametrize("rule", [None, *OPTIMISERS])
def test_torch_walks_the_path_of_the_loop(rule):
    linear = module((1.0, 1.0))
    losses = train_torch(X, Y, linear, squared_loss, 100, 1e-3, rule)
    path = training_loop(X, Y, [1.0, 1.0], 100, 1e-3, rule or "gd")
    learned = [float(p.detach()) for p in (linear.bias, linear.weight)]
    assert losses.shape == (100,)
    assert np.allclose(losses, path.losses, rtol=1e-10)
    assert np.allclose(learned, path.weights[-1], rtol=1e-10)
    assert np.all(np.diff(losses) < 0)


def test_gradients_are_zeroed_before_each_step():
    linear = module((1.0, 1.0))
    train_torch(X, Y, linear, squared_loss, 1, 1e-3)
    first = linear.weight.grad.clone()
    linear.load_state_dict(module((1.0, 1.0)).state_dict())
    train_torch(X, Y, linear, squared_loss, 1, 1e-3)
    assert torch.equal(linear.weight.grad, first)


def test_a_column_is_made_of_a_vector_and_float32_stays():
    linear = torch.nn.Linear(1, 1)
    losses = train_torch(torch.tensor(X), Y, linear, torch.nn.functional.mse_loss, 3, 0.01, torch.optim.Adam)
    assert linear.weight.dtype == torch.float32
    assert losses[0] < 20.0  # the mean of 30 squares, not of 900


def test_any_function_of_parameters_and_rate_moves_it():
    linear = module((1.0, 1.0))
    nesterov = lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9, nesterov=True)  # noqa: E731
    losses = train_torch(X, Y, linear, squared_loss, 50, 1e-3, nesterov)
    assert losses[-1] < 0.1 * losses[0]
