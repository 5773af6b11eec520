"""`model.to_torch()`: a plain module predicts what pliant predicts, and its parameters come back."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import pliant
from pliant.data.scaling import Scaling
from pliant.engines import engine
from pliant.engines.torch_model import to_torch
from pliant.errors import ArgumentError
from pliant.functions import likelihood
from pliant.network import Network

RNG = np.random.default_rng(3)
N = 40
X1, X2 = RNG.normal(3.0, 2.0, N), RNG.uniform(-1.0, 1.0, N)
GROUP = np.array(["a", "b", "c"])[RNG.integers(0, 3, N)]
TABLE = {
    "x": X1,
    "z": X2,
    "g": GROUP,
    "exposure": RNG.uniform(1.0, 2.0, N),
    "number": 5.0 * np.sin(X1) + X2,
    "yes": RNG.random(N) < 1.0 / (1.0 + np.exp(-X2)),
    "count": RNG.poisson(np.exp(0.3 * X2) + 1.0),
    "class": np.array(["u", "v", "w"])[RNG.integers(0, 3, N)],
}
MODELS = {
    "line": ("number ~ x + g", {"hidden": ()}),
    "curve": ("number ~ x + z + g", {"hidden": 5}),
    "without intercept": ("number ~ 0 + x + z", {"hidden": 3}),
    "some stay linear": ("number ~ net(x) + z", {"hidden": (4, 3), "activation": "softplus"}),
    "no skip": ("number ~ x", {"hidden": 6, "skip": False, "standardise": False}),
    "two responses": ("cbind(number, z) ~ x", {"hidden": 4}),
    "binomial": ("yes ~ x + z", {"family": "binomial", "hidden": 4}),
    "probit": ("yes ~ x + z", {"family": "binomial", "link": "probit", "hidden": ()}),
    "poisson with offset": ("count ~ z + offset(log(exposure))", {"family": "poisson", "hidden": 3}),
    "classes": ("class ~ x + z", {"family": "multinomial", "hidden": 4}),
}


def fitted(name):
    formula, options = MODELS[name]
    options = dict(options) if options["hidden"] == () else {"epochs": 20, "seed": 1, **options}
    return pliant.fit(formula, TABLE, **options)


@pytest.mark.parametrize("name", MODELS)
def test_the_module_predicts_what_the_model_predicts(name):
    model = fitted(name)
    rows = model.design.matrix(model.training_table())
    module = model.to_torch()
    eta = model.linear_predictor(rows.X, rows.offset)
    assert np.allclose(module.eta(rows.X, rows.offset).detach().numpy(), eta, rtol=1e-12, atol=1e-12)
    mu = module(torch.tensor(rows.X), torch.tensor(rows.offset)).detach().numpy()
    assert np.allclose(mu, model.likelihood.mean(eta), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_parameters_go_there_and_back(name):
    model = fitted(name)
    module = model.to_torch()
    assert np.array_equal(module.flat_parameters(), model.parameters)
    other = np.arange(model.network.n_parameters) / 7.0
    module.load_flat_parameters(other)
    assert np.array_equal(module.flat_parameters(), other)


def test_what_torch_learnt_pliant_predicts():
    model = fitted("curve")
    rows = model.data()
    module = model.to_torch()
    y = torch.tensor(rows.y)
    mover = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for _ in range(50):
        mover.zero_grad()
        loss = ((module(rows.X) - y) ** 2).mean()
        loss.backward()
        mover.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]
    again = replace(model, parameters=module.flat_parameters())
    ours = again.linear_predictor(rows.X, rows.offset)
    assert np.allclose(module.eta(rows.X).detach().numpy(), ours, rtol=1e-12, atol=1e-12)


def test_it_is_a_plain_module_whose_state_is_kept_by_torch(tmp_path):
    model = fitted("curve")
    module = model.to_torch()
    torch.save(module.state_dict(), tmp_path / "state.pt")
    other = to_torch(
        model.network,
        model.likelihood,
        model.design.scaling,
        model.design.has_intercept,
        np.zeros(model.network.n_parameters),
    )
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert isinstance(module, torch.nn.Module)
    assert np.array_equal(other.flat_parameters(), model.parameters)
    names = {name for name, _ in module.named_parameters()}
    assert names == {f"network.layers.{l}.{part}" for l in (0, 1) for part in ("weight", "bias")} | {
        "network.skip.weight"
    }


def test_gains_go_there_and_back():
    network, rng = Network(3, 1, (4,), bends=(2, 0), gains=True), np.random.default_rng(0)
    parameters, X = rng.normal(size=network.n_parameters), rng.normal(size=(9, 3))
    plain = Scaling(np.zeros(3), np.ones(3), np.zeros(1), np.ones(1))
    module = to_torch(network, likelihood("gaussian"), plain, False, parameters)
    assert np.array_equal(module.flat_parameters(), parameters)
    assert np.allclose(module(X).detach().numpy(), engine("reference").forward(network, parameters, X), rtol=1e-12)


def test_it_predicts_in_float32_where_it_is_moved_there():
    model = fitted("binomial")
    rows = model.data()
    mu = model.to_torch().float()(rows.X)
    assert mu.dtype == torch.float32
    assert np.allclose(
        mu.detach().numpy(), model.likelihood.mean(model.linear_predictor(rows.X, rows.offset)), atol=1e-5
    )


def test_an_aliased_coefficient_counts_as_zero():
    table = {**TABLE, "twice": 2.0 * TABLE["x"]}
    model = pliant.fit("number ~ x + twice", table, hidden=())
    rows = model.data()
    eta = model.linear_predictor(rows.X, rows.offset)
    assert np.isnan(model.parameters).any()
    assert np.allclose(model.to_torch().eta(rows.X).detach().numpy(), eta, rtol=1e-12)


def test_parameters_of_another_network_are_refused():
    with pytest.raises(ArgumentError, match=r"shape \(3,\)"):
        fitted("line").to_torch().load_flat_parameters(np.zeros(3))
