"""The rules: equal to torch.optim step by step, one text for arrays, numbers, kernels and tensors."""

from collections.abc import Callable

import numba
import numpy as np
import pytest
import torch

from pliant.optimisers import OPTIMISERS, Rule, adam, adamw, gd, optimiser, sgd
from pliant.types import Array

RULES: dict[str, tuple[Rule, Callable[..., torch.optim.Optimizer], dict[str, object]]] = {
    "gd": (gd(), torch.optim.SGD, {}),
    "sgd": (sgd(), torch.optim.SGD, {}),
    "momentum": (sgd(momentum=0.9), torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (sgd(momentum=0.8, nesterov=True), torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
    "adam": (adam(), torch.optim.Adam, {}),
    "adam settings": (adam(0.8, 0.95, 1e-4), torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-4}),
    "adamw": (adamw(), torch.optim.AdamW, {}),
    "adamw decay": (adamw(weight_decay=0.3), torch.optim.AdamW, {"weight_decay": 0.3}),
}


def start() -> Array:
    return np.random.default_rng(4).normal(size=40)


def slope(x: Array, t: int) -> Array:
    """The gradient of a bowl whose centre and curvature move with the step: no step is like the last."""
    curvature = 1.0 + 0.5 * np.cos(t + np.arange(x.size))
    return curvature * (x - np.sin(0.3 * t))


def walk(rule: Rule, rate: float, steps: int) -> list[Array]:
    x, moments = start(), tuple(np.zeros(40) for _ in range(rule.n_moments))
    seen = []
    for t in range(1, steps + 1):
        x, moments = rule.step(x, slope(x, t), moments, t, rate)
        seen.append(x)
    return seen


@pytest.mark.parametrize("case", RULES)
def test_every_step_equals_torch_optim(case: str) -> None:
    rule, maker, settings = RULES[case]
    x = torch.tensor(start(), requires_grad=True)
    theirs = maker([x], lr=0.05, **settings)
    for t, ours in enumerate(walk(rule, 0.05, 50), start=1):
        x.grad = torch.tensor(slope(x.detach().numpy(), t))
        theirs.step()
        np.testing.assert_allclose(ours, x.detach().numpy(), rtol=5e-15, atol=5e-15)


@pytest.mark.parametrize("case", RULES)
def test_the_same_text_moves_tensors(case: str) -> None:
    rule = RULES[case][0]
    x, moments = torch.tensor(start()), tuple(torch.zeros(40).double() for _ in range(rule.n_moments))
    for t, ours in enumerate(walk(rule, 0.05, 20), start=1):
        x, moments = rule.step(x, torch.tensor(slope(x.numpy(), t)), moments, t, 0.05)
        np.testing.assert_allclose(x.numpy(), ours, rtol=5e-15, atol=5e-15)


@pytest.mark.parametrize("case", RULES)
def test_the_same_text_moves_python_numbers(case: str) -> None:
    rule = RULES[case][0]
    x, moments = [float(v) for v in start()], [(0.0,) * rule.n_moments for _ in range(40)]
    for t, ours in enumerate(walk(rule, 0.05, 20), start=1):
        gradient = slope(np.array(x), t)
        for i in range(40):
            x[i], moments[i] = rule.step(x[i], float(gradient[i]), moments[i], t, 0.05)
        np.testing.assert_allclose(x, ours, rtol=5e-15, atol=5e-15)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_same_text_compiles_for_one_number(name: str) -> None:
    rule = optimiser(name)
    compiled = numba.njit(rule.update)
    values = tuple(rule.settings.values())
    x = start()
    gradient, moments = slope(x, 3), tuple(np.abs(slope(x, k)) for k in range(rule.n_moments))
    ours, ours_moments = rule.step(x, gradient, moments, 3, 0.05)
    for i in range(0, 40, 8):
        one, one_moments = compiled(x[i], gradient[i], tuple(m[i] for m in moments), 3, 0.05, *values)
        np.testing.assert_allclose(one, ours[i], rtol=5e-15)
        np.testing.assert_allclose(one_moments, [m[i] for m in ours_moments], rtol=5e-15)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_step_leaves_what_it_was_given(name: str) -> None:
    rule = optimiser(name)
    x, gradient = start(), slope(start(), 1)
    moments = tuple(np.zeros(40) for _ in range(rule.n_moments))
    rule.step(x, gradient, moments, 1, 0.1)
    np.testing.assert_array_equal(x, start())
    np.testing.assert_array_equal(gradient, slope(start(), 1))
    assert all((m == 0.0).all() for m in moments)


def test_decay_keeps_off_what_the_mask_spares() -> None:
    x, zero = np.ones(4), np.zeros(4)
    moved, _ = adamw(weight_decay=0.5).step(x, zero, (zero, zero), 1, 0.1, decays=np.array([1.0, 0, 1, 0]))
    np.testing.assert_allclose(moved, [0.95, 1.0, 0.95, 1.0])
    moved, _ = adam().step(x, zero, (zero, zero), 1, 0.1, decays=np.array([1.0, 0, 1, 0]))
    np.testing.assert_array_equal(moved, x)


DESCENTS = {
    "gd": ({}, 0.2, 200, 0.0015, 40_000),
    "sgd": ({"momentum": 0.9, "nesterov": True}, 0.05, 400, 0.0004, 12_000),
    "adam": ({}, 0.05, 2000, 0.02, 6_000),
    "adamw": ({"weight_decay": 0.0}, 0.05, 2000, 0.02, 6_000),
}


def descend(rule: Rule, gradient: Callable[[Array], Array], x: Array, rate: float, steps: int) -> Array:
    moments = tuple(np.zeros_like(x) for _ in range(rule.n_moments))
    for t in range(1, steps + 1):
        x, moments = rule.step(x, gradient(x), moments, t, rate)
    return x


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_parabola_is_descended(name: str) -> None:
    settings, rate, steps, *_ = DESCENTS[name]
    x = descend(optimiser(name, **settings), lambda x: 2.0 * (x - 3.0), np.array([-5.0, 10.0]), rate, steps)
    np.testing.assert_allclose(x, 3.0, atol=1e-7)


def rosenbrock_slope(x: Array) -> Array:
    a, b = x
    return np.array([-400.0 * a * (b - a * a) - 2.0 * (1.0 - a), 200.0 * (b - a * a)])


@pytest.mark.parametrize("name", OPTIMISERS)
def test_rosenbrocks_valley_is_followed(name: str) -> None:
    settings, *_, rate, steps = DESCENTS[name]
    x = descend(optimiser(name, **settings), rosenbrock_slope, np.array([-1.2, 1.0]), rate, steps)
    np.testing.assert_allclose(x, 1.0, atol=1e-4)
