"""Activations: values against mpmath, slopes against mpmath's derivative, torch and complex step."""

import mpmath as mp
import numpy as np
import pytest
import torch

from pliant.functions import ACTIVATIONS

EXACT = {
    "identity": lambda z: z,
    "tanh": mp.tanh,
    "logistic": lambda z: 1 / (1 + mp.exp(-z)),
    "relu": lambda z: max(z, mp.mpf(0)),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "gelu": lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2,
    "arctan": mp.atan,
    "exp": lambda z: mp.exp(min(z, mp.mpf(700))),
}
GRID = np.concatenate([np.linspace(-36.5, 36.5, 146), [-800.0, -100.0, -1e-9, 1e-9, 100.0, 800.0]])


@pytest.fixture(params=ACTIVATIONS.values(), ids=ACTIVATIONS)
def activation(request):
    return request.param


def test_every_activation_has_an_exact_value_here():
    assert set(EXACT) == set(ACTIVATIONS)


def test_value_is_good_to_four_units_in_the_last_place(activation):
    with mp.workdps(400):
        exact = [EXACT[activation.name](mp.mpf(float(z))) for z in GRID]
        error = [
            abs(mp.mpf(float(a)) - e) / max(abs(e), mp.mpf("1e-300"))
            for a, e in zip(activation.value(GRID), exact, strict=True)
        ]
    assert float(max(error)) < 4 * 2**-52


def test_slope_is_the_derivative(activation):
    grid = np.concatenate([GRID[:-6:4], GRID[-6:]])
    with mp.workdps(400):
        exact = [float(mp.diff(EXACT[activation.name], mp.mpf(float(z)), h=mp.mpf("1e-150"))) for z in grid]
    slope = activation.slope(grid, activation.value(grid))
    np.testing.assert_allclose(slope, exact, rtol=1e-15, atol=5e-16)


def test_slope_is_that_of_complex_step(activation):
    z = GRID + 1e-40j
    np.testing.assert_allclose(
        activation.value(z).imag / 1e-40,
        activation.slope(GRID, activation.value(GRID)),
        rtol=1e-14,
        atol=5e-16,
    )


def test_torch_states_the_same_value_and_slope(activation):
    z = torch.tensor(GRID, requires_grad=True)
    a = activation.torch(torch, z)
    a.sum().backward()
    np.testing.assert_allclose(activation.value(GRID), a.detach().numpy(), rtol=1e-14, atol=4e-15)
    np.testing.assert_allclose(activation.slope(GRID, activation.value(GRID)), z.grad.numpy(), rtol=1e-14, atol=5e-16)


def test_slope_at_zero_is_that_of_torch(activation):
    z = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    activation.torch(torch, z).backward()
    zero = np.zeros(1)
    assert activation.slope(zero, activation.value(zero))[0] == pytest.approx(z.grad.item(), abs=2e-16)


def test_one_number_is_as_good_as_an_array(activation):
    z = np.array([-2.5, 0.0, 0.3, 40.0])
    for number, a in zip(z, activation.value(z), strict=True):
        assert activation.value(float(number)) == a
        assert activation.slope(float(number), float(a)) == activation.slope(z, activation.value(z))[z == number]
