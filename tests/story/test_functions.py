"""The story's functions: what they give, that they are the engine's own parts, and what they refuse."""

import numpy as np
import pytest
import torch

import pliant
from pliant.engines import engine
from pliant.engines.contract import Problem
from pliant.errors import ArgumentError
from pliant.functions.activations import ACTIVATIONS
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import OPTIMISERS, optimiser
from pliant.story import gradient_step, layer, network_gradient, squared_loss, train_torch, training_loop

RNG = np.random.default_rng(7)


def test_a_layer_is_an_activation_of_a_linear_predictor():
    X, w = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 2))
    ones = np.hstack([np.ones((6, 1)), X])
    for name, activation in ACTIVATIONS.items():
        assert np.allclose(layer(X, w, name), activation.value(ones @ w), rtol=1e-14)
    assert np.allclose(layer(X[:, 0], w[:2, 0], np.exp), np.exp(w[0, 0] + w[1, 0] * X[:, 0]))


def test_a_layer_in_a_layer_is_the_network_of_the_engine():
    X, first, last = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 5)), RNG.normal(size=(6, 1))
    network = Network(3, 1, (5,), "tanh", skip=False)
    parameters = np.concatenate([first[1:].ravel(), first[0], last[1:].ravel(), last[0]])
    ours = layer(layer(X, first, "tanh"), last)
    assert np.array_equal(ours, engine("reference").forward(network, parameters, X))


def test_squared_loss_is_twice_the_loss_of_the_gaussian_family():
    y, prediction = RNG.normal(size=(9, 2)), RNG.normal(size=(9, 2))
    assert squared_loss(prediction, y) == pytest.approx(
        2.0 * likelihood("gaussian").loss(y, prediction).sum(), rel=1e-14
    )
    assert float(squared_loss(torch.tensor(prediction), torch.tensor(y))) == pytest.approx(squared_loss(prediction, y))


def test_a_column_against_a_row_is_refused():
    with pytest.raises(ArgumentError, match=r"shape \(3, 1\) and y \(3,\)"):
        squared_loss(np.ones((3, 1)), np.ones(3))
    with pytest.raises(ArgumentError, match="the same"):
        squared_loss(torch.ones(3, 1), torch.ones(3))


def test_the_gradient_is_the_formula():
    x, y, w = RNG.normal(size=20), RNG.normal(size=20), np.array([0.3, -1.2])
    ones = np.column_stack([np.ones(20), x])
    assert np.allclose(network_gradient(x, y, w), -2.0 * ones.T @ (y - ones @ w), rtol=1e-13)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_torch_finds_the_gradient_that_was_derived_by_hand(activation):
    x, y = RNG.normal(size=(15, 2)), RNG.normal(size=(15, 1))
    spread = 0.3 if activation == "exp" else 1.0  # layers of exponentials soon leave float64
    weights = [spread * RNG.normal(size=shape) for shape in ((3, 6), (7, 4), (5, 1))]
    leaves = [torch.tensor(w, requires_grad=True) for w in weights]
    a = torch.tensor(x)
    for w in leaves[:-1]:
        a = ACTIVATIONS[activation].torch(torch, w[0] + a @ w[1:])
    squared_loss(leaves[-1][0] + a @ leaves[-1][1:], torch.tensor(y)).backward()
    for ours, leaf in zip(network_gradient(x, y, weights, activation), leaves, strict=True):
        assert np.allclose(ours, leaf.grad.numpy(), rtol=1e-11, atol=1e-11)


def test_hand_and_torch_side_by_side_at_random_points():
    worst = {"float64": 0.0, "float32": 0.0}
    for trial in range(20):
        rng = np.random.default_rng(trial)
        x, w = rng.uniform(-10, 10, 30), rng.normal(0.0, 3.0, 2)
        y = rng.normal(2 * x + 3, 2.0)
        hand = network_gradient(x, y, w)
        for precision in worst:
            dtype = getattr(torch, precision)
            leaf = torch.tensor(w, dtype=dtype, requires_grad=True)
            squared_loss(leaf[0] + leaf[1] * torch.tensor(x, dtype=dtype), torch.tensor(y, dtype=dtype)).backward()
            found = np.abs(leaf.grad.numpy() - hand).max() / np.abs(hand).max()
            worst[precision] = max(worst[precision], float(found))
    print(worst)
    assert worst["float64"] < 1e-14
    assert worst["float32"] < 1e-5


def test_a_step_goes_downhill():
    x, y, w = RNG.normal(size=20), RNG.normal(size=20), np.array([4.0, -3.0])
    stepped = gradient_step(1e-3, w, network_gradient(x, y, w))
    assert squared_loss(layer(x, stepped), y) < squared_loss(layer(x, w), y)


def test_the_loop_keeps_one_weight_more_than_losses():
    path = training_loop([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], [0.0, 0.0], 30, 0.05)
    assert path.weights.shape == (31, 2)
    assert path.losses.shape == (30,)
    assert path.losses[7] == squared_loss(layer([0.0, 1.0, 2.0], path.weights[7]), np.array([1.0, 3.0, 5.0]))


@pytest.mark.parametrize("rule", OPTIMISERS)
def test_the_loop_walks_the_path_of_the_engine(rule):
    x, y = RNG.normal(size=(25, 2)), RNG.normal(size=(25, 1))
    start = [RNG.normal(size=(3, 4)), RNG.normal(size=(5, 1))]
    path = training_loop(x, y, start, 40, 1e-3, rule)
    network = Network(2, 1, (4,), "tanh", skip=False)
    flat = np.concatenate([start[0][1:].ravel(), start[0][0], start[1][1:].ravel(), start[1][0]])
    # the engine's loss is the mean of half squares: 2 n times smaller, so its penalty-free gradient is too
    problem = Problem(network, likelihood("gaussian"), x, y, np.ones(25), np.zeros(25), np.zeros(network.n_parameters))
    program, chosen = engine("reference").load(problem, optimiser(rule)), optimiser(rule)
    parameters, moments = flat, tuple(np.zeros(len(flat)) for _ in range(chosen.n_moments))
    for step in range(1, 41):
        gradient = 50.0 * program.loss_and_gradient(parameters)[1]
        parameters, moments = chosen.step(parameters, gradient, moments, step, 1e-3)
    assert np.allclose(path.weights[1][-1][1:].ravel(), network.views(parameters).layers[1].weights.ravel(), rtol=1e-10)
    assert [w.shape for w in path.weights] == [(41, 3, 4), (41, 5, 1)]


def test_a_rate_that_is_too_high_says_so_by_its_losses():
    losses = training_loop(np.arange(20.0), np.arange(20.0), [1.0, 0.0], 400, 1.0).losses
    assert not np.isfinite(losses[-1])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: layer(np.ones((3, 2)), [1.0, 2.0]), "takes 3 rows"),
        (lambda: layer([1.0], [1.0, 2.0], "tanhh"), "'tanh'"),
        (lambda: layer(np.ones((2, 2, 2)), [1.0]), "3 dimensions"),
        (lambda: network_gradient([1.0, 2.0], [1.0], [1.0, 2.0]), "y has shape"),
        (lambda: network_gradient([1.0], [1.0], [np.ones((2, 3)), np.ones((3, 1))]), "column of ones"),
        (lambda: training_loop([1.0], [1.0], [1.0, 2.0], -1, 0.1), "epochs is -1"),
        (lambda: training_loop([1.0], [1.0], [1.0, 2.0], 1, 0.0), "learning_rate is 0"),
        (lambda: training_loop([1.0], [1.0], [1.0, 2.0], 1, 0.1, "adma"), "'adam'"),
        (lambda: train_torch([1.0], [1.0], torch.nn.Linear(1, 1), squared_loss, 1, 0.1, "adma"), "'adam'"),
        (lambda: pliant.check_gradient([1.0], [1.0], parameters=[1.0]), "this network has 2"),
        (lambda: pliant.check_gradient([1.0], [2.0], family="binomial"), "does not admit"),
        (lambda: pliant.check_gradient([1.0, 2.0], [2.0]), "has shape"),
        (lambda: pliant.check_gradient([1.0], [2.0], weights=[1.0, 2.0]), "each of 1 rows"),
    ],
)
def test_what_cannot_be_used_is_said(call, said):
    with pytest.raises(ArgumentError, match=said):
        call()


def test_the_public_names_are_these_functions():
    names = ("layer", "squared_loss", "gradient_step", "network_gradient", "training_loop", "train_torch")
    assert {name: getattr(pliant, name).__module__.split(".")[1] for name in names} == dict.fromkeys(names, "story")


@pytest.mark.parametrize(
    ("family", "y"),
    [
        ("gaussian", RNG.normal(size=(12, 2))),
        ("binomial", RNG.random(12) < 0.5),
        ("poisson", RNG.poisson(3.0, 12)),
        ("multinomial", np.array(["a", "b", "c"] * 4)),
    ],
)
def test_check_gradient_takes_any_network_and_family(family, y):
    X = RNG.normal(size=(12, 2))
    check = pliant.check_gradient(X, y, network=(5, 3), activation="softplus", family=family, penalty=0.1, seed=2)
    assert check.worst_autograd < 1e-12
    assert check.worst_difference < 1e-8
    single = pliant.check_gradient(X, y, network=4, family=family, precision="float32")
    assert 1e-9 < single.worst_autograd < 1e-4
    assert "by hand" in str(check)
