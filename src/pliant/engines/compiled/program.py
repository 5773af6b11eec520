"""A problem in the compiled engine: arrays laid as the kernels want them, and the calls. See `contract.Program`."""

import threading
from dataclasses import replace
from typing import Any

import numpy as np

from pliant.engines.compiled.blocks import Float, response_block, update_block
from pliant.engines.compiled.kernels import jacobian, kernel, predict, train, whole_gradient
from pliant.engines.compiled.ladders import Ladders
from pliant.engines.compiled.layout import Data, Layout, address, empty, lay_out, shaped
from pliant.engines.compiled.normal import CompiledNormal
from pliant.engines.contract import Problem, State, batches
from pliant.network import Network
from pliant.optimisers.rule import Rule
from pliant.types import Array, IntArray

FLOATS: dict[str, Float] = {"float64": np.float64, "float32": np.float32}
MOST_LAYOUTS = 4  # of networks that a thread predicted with of late


class CompiledProgram:
    """A problem whose arrays lie as the kernels want them.

    It may be used from several threads: each has buffers of its own, and a kernel holds no lock of Python's. How many
    threads there are changes no digit.
    """

    def __init__(self, problem: Problem, rule: Rule, batch: int | None, precision: str) -> None:
        self.problem, self.rule, self.dtype = problem, rule, FLOATS[precision]
        self.slices = batches(problem.n_rows, batch)
        n, k, inputs = problem.n_rows, problem.network.n_parameters, problem.network.inputs
        columns = problem.network.outputs + problem.likelihood.has_classes
        self.ladders = Ladders.find(problem.network, shaped(problem.X, (n, inputs)))
        self.evaluated: tuple[Array | None, Array | None] = None, None  # rows, and as they are coded
        coded = self._coded(problem.X)
        self.X = self._own(problem.X, (n, inputs)) if coded is None else coded
        self.y = self._own(problem.y, (n, columns))
        self.weights, self.offset = self._own(problem.weights, (n,)), self._own(problem.offset, (n,))
        self.penalty = self._own(problem.penalty, (k,))
        self.decays = self._own(np.ones(k) if problem.decays is None else problem.decays, (k,))
        self.rates = None if problem.rates is None else self._own(problem.rates, (k,))
        parameter = problem.likelihood.family.parameter
        self.parameter = np.array([0.0 if parameter is None else parameter])
        self.response = response_block(problem.likelihood, self.dtype)
        self.update = update_block(rule, self.dtype, self.rates is not None)
        self.local = threading.local()

    def run(self, state: State, orders: IntArray, rates: Array) -> State:
        """Train for as many epochs as `orders` has rows."""
        k = self.problem.network.n_parameters
        parameters, moments = self._own(state.parameters, (k,)), self._own(state.moments, (self.rule.n_moments, k))
        settings = self._own(np.array([0.0, *self.rule.settings.values()]), (1 + len(self.rule.settings),))
        losses = np.zeros(len(rates))
        layout, data, _ = self._laid()
        rates = _writable(shaped(rates, (len(rates), len(self.slices))), np.float64)
        orders = self._orders(orders, len(rates))
        how = (address(parameters), address(moments), orders, rates, settings, losses, state.step)
        kernel(train, self.dtype)(self.dtype(0), layout.plan, layout.layers, data, *how)
        return replace(
            state,
            parameters=parameters.astype(np.float64),
            moments=moments.astype(np.float64),
            step=state.step + rates.size,
            epoch=state.epoch + len(rates),
            losses=np.concatenate([state.losses, losses]),
        )

    def _orders(self, orders: IntArray, epochs: int) -> IntArray:
        """Give the orders as the kernel takes them, checked; none where the rows are taken as they lie."""
        if len(self.slices) < 2:
            return np.zeros((0, 0), np.int64)
        orders = _writable(orders, np.int64)
        n = self.problem.n_rows
        if orders.shape != (epochs, n) or (orders.size and not (orders.min() >= 0 and orders.max() < n)):
            raise ValueError(f"orders of {epochs} epochs are wanted here, each of the rows 0 to {n - 1}")
        return orders

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """Give the loss over all rows, penalty included, and its gradient (k,)."""
        layout, data, gradient = self._laid()
        own = self._own(parameters, gradient.shape)
        loss = kernel(whole_gradient, self.dtype)(self.dtype(0), layout.plan, layout.layers, data, address(own))
        return float(loss), gradient.astype(np.float64)

    def predict(self, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q)."""
        return self._predict(parameters, X, self._coded(X), offset)

    def _predict(self, parameters: Array, X: Array, coded: Array | None, offset: Array | None) -> Array:
        """Give eta (m, q) of rows that may be coded."""
        if coded is None:
            return _predict(self._plain(), self.problem.network, parameters, X, offset, self.dtype)
        return _predict(self._laid()[0], self.problem.network, parameters, coded, offset, self.dtype)

    def jacobian(self, parameters: Array, X: Array) -> Array:
        """Give d eta / d parameters (m, q, k)."""
        layout, network = self._plain(), self.problem.network
        whole = np.empty((len(X), network.outputs, network.n_parameters), self.dtype)
        own, rows = self._own(parameters, whole.shape[2:]), self._own(X, (len(X), network.inputs))
        kernel(jacobian, self.dtype)(self.dtype(0), layout.plan, layout.layers, address(own), rows, whole)
        return np.asarray(whole, np.float64)

    def evaluate(self, parameters: Array, X: Array, y: Array, weights: Array, offset: Array) -> float:
        """Give the mean loss over other rows, without penalty.

        They come after every epoch, the same array unchanged, and are coded once.
        """
        rows, coded = self.evaluated
        if X is not rows:
            coded = self._coded(X)
            self.evaluated = X, coded
        each = self.problem.likelihood.loss(y, self._predict(parameters, X, coded, offset))
        return float(weights @ each / np.sum(weights))

    def normal(self) -> CompiledNormal | None:
        """Give what sums the normal equations, for one thread; None in float32, in which they would lose all digits.

        Nor are there any of coded rows, which are trained by small steps.
        """
        if self.dtype is not np.float64 or self.ladders is not None:
            return None
        layout, data, _ = self._laid()
        return CompiledNormal(layout, data, self.problem.network.outputs, (self, self.local.held))

    def _own(self, values: Array, shape: tuple[int, ...]) -> Array:
        """Copy an array as the kernels take it: C order, in the engine's dtype, at the start of a line."""
        own: Array = empty(shape, self.dtype)
        own[...] = shaped(values, shape)
        return own

    def _laid(self) -> tuple[Layout, Data, Array]:
        """Give this thread's layout, the addresses of the problem's arrays, and the place of the gradient."""
        found: tuple[Layout, Data, Array] | None = getattr(self.local, "laid", None)
        if found is None:
            found = self.local.laid = self._lay()
        return found

    def _plain(self) -> Layout:
        """Give this thread's layout of rows that are not coded."""
        if self.ladders is None:
            return self._laid()[0]
        found: Layout | None = getattr(self.local, "plain", None)
        if found is None:
            found = self.local.plain = lay_out(self.problem.network, self.dtype)
        return found

    def _coded(self, X: Array) -> Array | None:
        """Give rows as the kernels take them, coded; None if they are not."""
        coded = None if self.ladders is None else self.ladders.coded(X)
        return None if coded is None else self._own(coded, coded.shape)

    def _lay(self) -> tuple[Layout, Data, Array]:
        batch = self.slices[0].stop if self.slices else 0
        layout = lay_out(self.problem.network, self.dtype, batch, self.ladders)
        chunk, columns = layout.plan.chunk, self.y.shape[1]
        gradient, loss = empty((self.problem.network.n_parameters,), self.dtype), np.zeros(1)
        chunk_y, chunk_weights, chunk_offset, shares = (
            empty((chunk * width,), self.dtype) for width in (columns, 1, 1, 1)
        )
        data = Data(
            n_rows=self.problem.n_rows,
            batch=batch,
            columns=columns,
            X=address(self.X),
            y=address(self.y),
            weights=address(self.weights),
            offset=address(self.offset),
            penalty=address(self.penalty) if np.any(self.penalty) else 0,
            response=self.response,
            parameter=address(self.parameter),
            loss=address(loss),
            chunk_y=address(chunk_y),
            chunk_weights=address(chunk_weights),
            chunk_offset=address(chunk_offset),
            shares=address(shares),
            update=self.update,
            gradient=address(gradient),
            decays=address(self.decays),
            rates=0 if self.rates is None else address(self.rates),
        )
        self.local.held = (loss, chunk_y, chunk_weights, chunk_offset, shares)
        return layout, data, gradient


_LOCAL = threading.local()


def forward(network: Network, parameters: Array, X: Array, offset: Array | None, precision: str) -> Array:
    """Give eta (m, q) of a network without a problem."""
    layouts: dict[Any, Layout] = _LOCAL.__dict__.setdefault("layouts", {})
    key = network, precision
    if key not in layouts:
        if len(layouts) == MOST_LAYOUTS:
            layouts.pop(next(iter(layouts)))
        layouts[key] = lay_out(network, FLOATS[precision])
    return _predict(layouts[key], network, parameters, X, offset, FLOATS[precision])


def _predict(
    layout: Layout, network: Network, parameters: Array, X: Array, offset: Array | None, dtype: Float
) -> Array:
    """Let the kernel predict."""
    eta = np.empty((len(X), network.outputs), dtype)
    rows = _writable(shaped(X, (len(X), layout.plan.inputs)), dtype)
    shift = np.zeros(0, dtype) if offset is None else _writable(shaped(offset, (len(X),)), dtype)
    own = np.ascontiguousarray(shaped(parameters, (network.n_parameters,)), dtype)
    kernel(predict, dtype)(dtype(0), layout.plan, layout.layers, address(own), rows, shift, eta)
    return eta.astype(np.float64, copy=False)


def _writable(values: Any, dtype: Any) -> Any:
    """Give an array in C order and of that type which may be written, as kernels have it; a copy only where needed."""
    plain = np.ascontiguousarray(values, dtype)
    return plain if plain.flags.writeable else plain.copy()
