"""The torch engine: the network as `torch.nn` modules, gradients by autograd. The independent witness.

It shares with the reference engine the order of the parameters and the optimiser's rule, and nothing else:
activations, links and losses are stated in torch's own words in the records of `functions/`, and slopes come
from autograd. The parameters are one flat tensor; the module is called with views into it
(`torch.func.functional_call`), so that a step moves one vector.

`torch.compile` is not used: on two busy cores it took a fifth off a gradient (6.0 to 4.7 ms with 20 rows and 64
units, 168 to 141 ms with 2,000 rows and three layers of 128), after a first call of 27 and of 74 seconds.

torch is imported inside functions, so that this file imports, and says what is missing, where torch is not.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pliant.engines.contract import Problem, State, batches, check_precision
from pliant.errors import ArgumentError, MissingExtraError
from pliant.network import Network
from pliant.optimisers.rule import Rule
from pliant.types import Array, IntArray

HOW = "the torch engine needs PyTorch, which is not installed; pip install 'pliant[torch]'"


def import_torch() -> Any:
    """Give the module torch.

    Raises
    ------
    MissingExtraError
        If it is not installed; says how.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(HOW) from error
    return torch


def build_module(network: Network) -> Any:
    """Give the network as a `torch.nn.Module` of `nn.Linear` layers, with torch's own initial values.

    `forward(X, offset=None)` gives eta (n, q) for X (n, inputs).
    """
    torch = import_torch()
    nn = torch.nn

    class Module(nn.Module):  # type: ignore[name-defined,misc]  # torch is a value here, not an import
        """Layers of `nn.Linear` with an activation between, and the skip line beside them."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(
                nn.Linear(fan_in, fan_out, bias=has_bias) for fan_in, fan_out, has_bias in network.shapes
            )
            self.skip = nn.Linear(network.inputs, network.outputs, bias=False) if network.has_skip else None
            self.gains = nn.Parameter(torch.ones(network.n_gains)) if network.n_gains else None

        def forward(self, X: Any, offset: Any = None) -> Any:
            """Give eta (n, q)."""
            a = X if network.bending is None else X[:, list(network.bending)]
            if self.gains is not None:
                a = a * self.gains
            for layer in self.layers[:-1]:
                a = network.function.torch(torch, layer(a))
            eta = self.layers[-1](a)
            if self.skip is not None:
                eta = eta + self.skip(X)
            return eta if offset is None else eta + offset[:, None]

    return Module()


def state_dict(network: Network, parameters: Any) -> dict[str, Any]:
    """Give the entries of the module's state dict as views into a flat tensor (k,).

    `nn.Linear` keeps its weights as (fan_out, fan_in): the transpose of ours.
    """
    layers, skip = network.views(parameters)
    entries = {f"layers.{l}.weight": weights.T for l, (weights, _) in enumerate(layers)}
    entries |= {f"layers.{l}.bias": biases for l, (_, biases) in enumerate(layers) if biases is not None}
    if skip is not None:
        entries["skip.weight"] = skip.T
    if network.n_gains:
        entries["gains"] = network.gains_of(parameters)
    return entries


def call(torch: Any, module: Any, network: Network, parameters: Any, X: Any, offset: Any) -> Any:
    """Give eta (n, q) of a module with its weights replaced by views into a flat tensor (k,)."""
    return torch.func.functional_call(module, state_dict(network, parameters), (X, offset))


@dataclass(frozen=True)
class Place:
    """Where the tensors lie and how precise they are."""

    torch: Any
    dtype: Any
    device: Any

    @property
    def tiny(self) -> float:
        """Give the smallest divisor: a batch without weight then moves by its penalty alone."""
        return float(self.torch.finfo(self.dtype).tiny)

    def tensor(self, values: Array) -> Any:
        """Move an array there; the copy is torch's own."""
        return self.torch.as_tensor(np.array(values, order="C"), dtype=self.dtype, device=self.device)


@dataclass(frozen=True)
class TorchProgram:
    """A problem on a torch device. See `contract.Program`."""

    problem: Problem
    rule: Rule
    batch: int | None
    place: Place
    module: Any
    arrays: tuple[Any, ...]  # X, y, weights, offset as tensors
    penalty: Any  # (k,)
    decays: Any  # (k,) or 1.0
    factors: Any  # (k,) or 1.0, of the rate

    def run(self, state: State, orders: IntArray, rates: Array) -> State:
        """Train for as many epochs as `orders` has rows."""
        torch, tensor, slices = self.place.torch, self.place.tensor, batches(self.problem.n_rows, self.batch)
        parameters, moments = tensor(state.parameters), tuple(tensor(row) for row in state.moments)
        step, losses = state.step, []
        for order, epoch_rates in zip(orders, rates, strict=True):
            shuffled = torch.as_tensor(np.array(order), device=self.place.device)
            total, weight = tensor(np.zeros(())), tensor(np.zeros(()))
            for part, rate in zip(slices, epoch_rates, strict=True):
                arrays = self.arrays
                if len(slices) > 1:
                    arrays = tuple(values[shuffled[part]] for values in arrays)
                loss, gradient, batch_weight = self._loss_and_gradient(parameters, arrays)
                step += 1
                with torch.no_grad():
                    parameters, moments = self.rule.step(
                        parameters, gradient, moments, step, float(rate) * self.factors, self.decays
                    )
                total, weight = total + batch_weight * loss, weight + batch_weight
            losses.append(total / weight.clamp(min=self.place.tiny))
        new = torch.stack(losses) if losses else tensor(np.zeros(0))
        return replace(
            state,
            parameters=_array(parameters),
            moments=np.reshape([_array(row) for row in moments], state.moments.shape),
            step=step,
            epoch=state.epoch + len(orders),
            losses=np.concatenate([state.losses, _array(new)]),
        )

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """Give the loss over all rows, penalty included, and its gradient (k,)."""
        loss, gradient, _ = self._loss_and_gradient(self.place.tensor(parameters), self.arrays)
        return float(loss), _array(gradient)

    def predict(self, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q)."""
        with self.place.torch.no_grad():
            shift = None if offset is None else self.place.tensor(offset)
            return _array(self._eta(self.place.tensor(parameters), self.place.tensor(X), shift))

    def jacobian(self, parameters: Array, X: Array) -> Array:
        """Give d eta / d parameters (m, q, k), by reverse-mode automatic differentiation."""
        flat, rows = self.place.tensor(parameters), self.place.tensor(X)
        return _array(self.place.torch.func.jacrev(lambda leaf: self._eta(leaf, rows))(flat))

    def evaluate(self, parameters: Array, X: Array, y: Array, weights: Array, offset: Array) -> float:
        """Give the mean loss over other rows, without penalty."""
        with self.place.torch.no_grad():
            arrays = tuple(self.place.tensor(values) for values in (X, y, weights, offset))
            return float(self._loss(self.place.tensor(parameters), arrays)[0])

    def normal(self) -> None:
        """Give None: the Jacobian comes from the device, and NumPy does the rest."""
        return None

    def _eta(self, parameters: Any, X: Any, offset: Any = None) -> Any:
        """Call the module with views into a flat tensor."""
        return call(self.place.torch, self.module, self.problem.network, parameters, X, offset)

    def _loss(self, parameters: Any, arrays: tuple[Any, ...]) -> tuple[Any, Any]:
        """Give the mean loss of some rows, without penalty, and the sum of their weights."""
        X, y, weights, offset = arrays
        eta, family = self._eta(parameters, X, offset), self.problem.likelihood.family
        each = family.torch_loss(self.place.torch, y, eta, self.problem.likelihood.link)
        total = weights.sum()
        return (weights * each).sum() / total.clamp(min=self.place.tiny), total

    def _loss_and_gradient(self, parameters: Any, arrays: tuple[Any, ...]) -> tuple[Any, Any, Any]:
        """Give loss, gradient (k,) and the sum of the weights, as tensors."""
        leaf = parameters.detach().requires_grad_(True)
        loss, total = self._loss(leaf, arrays)
        loss = loss + 0.5 * (self.penalty * leaf * leaf).sum()
        (gradient,) = self.place.torch.autograd.grad(loss, leaf)
        return loss.detach(), gradient, total


@dataclass(frozen=True)
class TorchEngine:
    """torch on a processor or a CUDA device. See `contract.Engine`.

    Parameters
    ----------
    precision : str
        "float64" or "float32". The state that comes out is float64 either way, and holds a float32 exactly.
    device : str, optional
        As torch names it: "cpu", "cuda", "cuda:1". By default "cuda" if there is one, else "cpu".

    Raises
    ------
    ArgumentError
        If there is no such precision.
    """

    precision: str = "float64"
    device: str | None = None

    def __post_init__(self) -> None:
        check_precision(self.precision)

    @property
    def name(self) -> str:
        """Give "torch"."""
        return "torch"

    def available(self) -> str | None:
        """Give the reason why this engine cannot run here, or None if it can."""
        try:
            import_torch()
        except MissingExtraError as error:
            return str(error)
        return None

    def load(self, problem: Problem, rule: Rule, batch: int | None = None) -> TorchProgram:
        """Move the arrays of a problem; `batch` rows a step, None for all.

        Raises
        ------
        MissingExtraError
            If torch is not installed.
        ArgumentError
            If there is no such precision or device.
        """
        place = self._place()
        arrays = tuple(place.tensor(a) for a in (problem.X, problem.y, problem.weights, problem.offset))
        decays = 1.0 if problem.decays is None else place.tensor(problem.decays)
        factors = 1.0 if problem.rates is None else place.tensor(problem.rates)
        penalty, module = place.tensor(problem.penalty), self._module(place, problem.network)
        return TorchProgram(problem, rule, batch, place, module, arrays, penalty, decays, factors)

    def forward(self, network: Network, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q) of a network without a problem."""
        place = self._place()
        shift = None if offset is None else place.tensor(offset)
        with place.torch.no_grad():
            module = self._module(place, network)
            eta = call(place.torch, module, network, place.tensor(parameters), place.tensor(X), shift)
        return _array(eta)

    def _module(self, place: Place, network: Network) -> Any:
        return build_module(network).to(dtype=place.dtype, device=place.device)

    def _place(self) -> Place:
        """Give the place asked for, or say why there is none."""
        torch = import_torch()
        name = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            device = torch.device(name)
            torch.zeros(1, device=device)
        except (RuntimeError, AssertionError) as error:
            raise ArgumentError(f"torch has no device {name!r} here; choose 'cpu'") from error
        return Place(torch, getattr(torch, self.precision), device)


def _array(tensor: Any) -> Array:
    """Bring a tensor back as a float64 array."""
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float64)
