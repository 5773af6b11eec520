"""The torch engine: modules a torch user knows, float32, devices, and what is said where torch is missing."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from pliant.engines import choose_engine, engine
from pliant.engines.contract import Problem, State
from pliant.engines.torch import TorchEngine, build_module, state_dict
from pliant.errors import ArgumentError, MissingExtraError
from pliant.functions import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser

NETWORK = Network(3, 2, (5, 4), bends=(0, 2))


def make_problem(network=NETWORK, n=40):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(n, network.inputs)), rng.normal(size=(n, network.outputs))
    ones = np.ones(n)
    return Problem(network, likelihood("gaussian"), X, y, ones, 0.0 * ones, np.zeros(network.n_parameters))


def test_the_module_is_made_of_linear_layers():
    module = build_module(NETWORK)
    layers = [type(m) for m in module.modules() if not list(m.children())]
    assert layers == [torch.nn.Linear] * 4
    assert sum(p.numel() for p in module.parameters()) == NETWORK.n_parameters
    assert [tuple(layer.weight.shape) for layer in module.layers] == [(5, 2), (4, 5), (2, 4)]
    assert tuple(module.skip.weight.shape) == (2, 3)


def test_the_module_with_our_state_dict_predicts_as_we_do():
    parameters = NETWORK.initial(np.random.default_rng(0))
    module = build_module(NETWORK).double()
    module.load_state_dict(state_dict(NETWORK, torch.tensor(parameters)))
    X = np.random.default_rng(1).normal(size=(6, 3))
    by_module = module(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(engine("reference").forward(NETWORK, parameters, X), by_module, rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "settings", "make"),
    [
        ("gd", {}, lambda p: torch.optim.SGD(p, lr=0.02)),
        (
            "sgd",
            {"momentum": 0.9, "nesterov": True},
            lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
        ),
        ("adam", {}, lambda p: torch.optim.Adam(p, lr=0.02)),
        ("adamw", {}, lambda p: torch.optim.AdamW(p, lr=0.02)),
    ],
)
def test_100_steps_are_those_of_a_plain_torch_loop(name, settings, make):
    """Module, MSELoss and torch.optim, with nothing of ours but the initial values."""
    problem, rule = make_problem(), optimiser(name, **settings)
    parameters = NETWORK.initial(np.random.default_rng(0))
    module = build_module(NETWORK).double()
    module.load_state_dict(state_dict(NETWORK, torch.tensor(parameters)))
    X, y, optim = torch.tensor(problem.X), torch.tensor(problem.y), make(module.parameters())
    for _ in range(100):
        optim.zero_grad()
        (torch.nn.MSELoss()(module(X), y) * NETWORK.outputs / 2).backward()
        optim.step()
    state = State(parameters, np.zeros((rule.n_moments, len(parameters))))
    orders, rates = np.zeros((100, 40), dtype=np.int64), np.full((100, 1), 0.02)
    ended = engine("torch").load(problem, rule).run(state, orders, rates).parameters
    for key, values in state_dict(NETWORK, torch.tensor(ended)).items():
        np.testing.assert_allclose(values.numpy(), module.state_dict()[key].numpy(), rtol=1e-9, atol=1e-11)


def test_float32_is_near_float64_and_comes_back_exactly():
    problem, rule = make_problem(), optimiser("adam")
    parameters = NETWORK.initial(np.random.default_rng(0))
    state = State(parameters, np.zeros((2, len(parameters))))
    orders, rates = np.zeros((20, 40), dtype=np.int64), np.full((20, 1), 0.01)
    single = engine("torch", "float32").load(problem, rule).run(state, orders, rates)
    double = engine("torch").load(problem, rule).run(state, orders, rates)
    assert single.parameters.dtype == np.float64
    assert np.array_equal(single.parameters, single.parameters.astype(np.float32))
    np.testing.assert_allclose(single.parameters, double.parameters, atol=1e-5)
    assert not np.array_equal(single.parameters, double.parameters)


def test_float32_stops_and_goes_on_bit_for_bit():
    problem, rule = make_problem(), optimiser("adam")
    parameters = NETWORK.initial(np.random.default_rng(0))
    program = engine("torch", "float32").load(problem, rule)
    start = State(parameters, np.zeros((2, len(parameters))))
    orders, rates = np.zeros((9, 40), dtype=np.int64), np.full((9, 1), 0.01)
    whole = program.run(start, orders, rates)
    again = program.run(program.run(start, orders[:4], rates[:4]), orders[4:], rates[4:])
    assert np.array_equal(whole.parameters, again.parameters)
    assert np.array_equal(whole.losses, again.losses)


def test_the_device_is_cuda_where_there_is_one():
    program = engine("torch").load(make_problem(), optimiser("gd"))
    assert program.place.device.type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("device", ["toaster", "cuda:99"])
def test_a_device_that_is_not_there_is_an_error(device):
    with pytest.raises(ArgumentError, match=f"torch has no device '{device}' here; choose 'cpu'"):
        engine("torch", device=device).load(make_problem(), optimiser("gd"))


def test_an_unknown_precision_is_an_error():
    with pytest.raises(ArgumentError, match="no precision 'float16'; choose float64 or float32"):
        TorchEngine("float16")


def test_without_torch_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "pip install 'pliant[torch]'" in engine("torch").available()
    with pytest.raises(MissingExtraError, match=r"pip install 'pliant\[torch\]'"):
        engine("torch").load(make_problem(), optimiser("gd"))
    with pytest.raises(MissingExtraError, match="needs PyTorch"):
        choose_engine("torch")


def test_importing_the_engines_imports_no_torch():
    code = "import sys, pliant.engines, pliant.engines.torch; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
