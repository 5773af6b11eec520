"""The reference engine: NumPy, float64, gradients derived by hand; reads as `docs/gradients.md` does.

For learning and checking, for tiny data, and for machines without a compiler. It computes in the type of the
parameters, so that complex parameters give a derivative by complex step.

Knows nothing of tables, of how rows are shuffled, or of when to stop.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from pliant.engines.contract import Problem, State, batches
from pliant.network import Layer, Network
from pliant.optimisers.rule import Rule
from pliant.types import Array, IntArray

MOST_ROWS, FEWEST_ROWS = 16_384, 64  # whose layers are held in memory at once when predicting
CACHE_NUMBERS = 2**17  # of a layer, that stay in the second cache
TINY = 1e-300  # a batch without weight then moves by its penalty alone


class Pass(NamedTuple):
    """What the forward pass keeps: each layer's input, and what the slopes need."""

    inputs: list[Array]  # a of the layer before, (n, fan_in); one for each layer
    z: list[Array]  # pre-activation of each hidden layer, (n, fan_out)
    eta: Array  # (n, q)


def forward(network: Network, parameters: Array, X: Array, offset: Array | None = None) -> Pass:
    """Walk from the inputs to the linear predictor.

    a_0 = X,    z_l = a_{l-1} W_l + b_l,    a_l = activation(z_l),    eta = offset + z_L + X S

    With gains s, z_1 = (a_0 s) W_1 + b_1.

    Parameters
    ----------
    network : Network
    parameters : ndarray, shape (k,)
    X : ndarray, shape (n, inputs)
        Standardised, without the column of ones.
    offset : ndarray, shape (n,), optional
    """
    layers, skip = network.views(parameters)
    a = X if network.bending is None else X[:, network.bending]
    gains = network.gains_of(parameters)
    inputs, z = [a], []
    if gains is not None:
        a = a * gains
    for l, layer in enumerate(layers[:-1]):
        z.append(linear(layer, a) if l == 0 or network.blocks == 1 else linear_in_blocks(layer, a, network.blocks))
        a = network.function.value(z[-1])
        inputs.append(a)
    eta = linear(layers[-1], a)
    if skip is not None:
        eta = eta + X @ skip
    if offset is not None:
        eta = eta + offset[:, None]
    return Pass(inputs, z, eta)


def linear(layer: Layer, a: Array) -> Array:
    """Give a W + b."""
    z = a @ layer.weights
    return z if layer.biases is None else z + layer.biases


def linear_in_blocks(layer: Layer, a: Array, blocks: int) -> Array:
    """Give a W + b for a W that is block diagonal."""
    size, width = (each // blocks for each in layer.weights.shape)
    z = np.concatenate(
        [
            a[:, m * size : (m + 1) * size] @ layer.weights[m * size : (m + 1) * size, m * width : (m + 1) * width]
            for m in range(blocks)
        ],
        axis=1,
    )
    return z if layer.biases is None else z + layer.biases


def backward(network: Network, parameters: Array, X: Array, kept: Pass, delta: Array) -> Array:
    """Walk back from delta = d loss / d eta (n, q) to the gradient (k,), summed over rows.

    delta_L = delta,    delta_{l-1} = (delta_l W_l') slope(z_{l-1}),
    d W_l = a_{l-1}' delta_l,    d b_l = 1' delta_l,    d S = X' delta_L

    With gains s and G = a_0' delta_1:  d W_1 = s G,    d s_k = sum_j W_1kj G_kj
    """
    layers = network.views(parameters).layers
    gradient = np.zeros(network.n_parameters, dtype=delta.dtype)
    slots, skip = network.views(gradient)
    if skip is not None:
        skip[:] = X.T @ delta
    for l in reversed(range(len(layers))):
        slots[l].weights[:] = kept.inputs[l].T @ delta
        biases = slots[l].biases
        if biases is not None:
            biases[:] = delta.sum(axis=0)
        if l > 0:
            slope = network.function.slope(kept.z[l - 1], kept.inputs[l])
            delta = (delta @ layers[l].weights.T) * slope
    gains = network.gains_of(parameters)
    if gains is not None:
        first = slots[0].weights
        network.gains_of(gradient)[:] = np.sum(layers[0].weights * first, axis=1)
        first *= gains[:, None]
    return gradient


def jacobian(network: Network, parameters: Array, X: Array) -> Array:
    """Give d eta / d parameters (n, q, k): the walk back for each row and each output by itself.

    delta_L = identity (q, q) in every row; then as in `backward`, without the sums over rows.
    """
    layers = network.views(parameters).layers
    places, skip = network.views(np.arange(network.n_parameters))
    kept = forward(network, parameters, X)
    n, q = kept.eta.shape
    whole = np.empty((n, q, network.n_parameters), dtype=kept.eta.dtype)
    delta: Array = np.broadcast_to(np.eye(q), (n, q, q))
    if skip is not None:
        _fill(whole, skip, X, delta)
    for l in reversed(range(len(layers))):
        _fill(whole, places[l].weights, kept.inputs[l], delta)
        biases = places[l].biases
        if biases is not None:
            whole[:, :, biases[0] : biases[0] + len(biases)] = delta
        if l > 0:
            slope = network.function.slope(kept.z[l - 1], kept.inputs[l])
            delta = (delta @ layers[l].weights.T) * slope[:, None, :]
    gains = network.gains_of(parameters)
    if gains is not None:
        weights = layers[0].weights
        first = whole[:, :, : weights.size].reshape(n, q, *weights.shape)  # a view
        whole[:, :, network.n_parameters - len(gains) :] = np.sum(weights * first, axis=3)
        first *= gains[:, None]
    return whole


def _fill(whole: Array, places: Array, a: Array, delta: Array) -> None:
    """Write a delta' (n, q, fan_in, fan_out) where the weights of a layer stand, which is one stretch of columns."""
    if places.size:
        first = int(places.flat[0])
        part = whole[:, :, first : first + places.size].reshape(*delta.shape[:2], *places.shape)  # a view
        np.multiply(a[:, None, :, None], delta[:, :, None, :], out=part)


def tangent(network: Network, parameters: Array, X: Array, direction: Array) -> tuple[Array, Array]:
    """Give eta (n, q), and how it changes when row i of X moves along row i of `direction` (n, inputs).

    Forward mode: a tangent t goes with every value, so no difference loses a digit.

    t_0 = direction,    t_l = slope(z_l) (t_{l-1} W_l),    d eta = t_{L-1} W_L + direction S
    """
    layers, skip = network.views(parameters)
    a, t = (X, direction) if network.bending is None else (X[:, network.bending], direction[:, network.bending])
    gains = network.gains_of(parameters)
    if gains is not None:
        a, t = a * gains, t * gains
    for layer in layers[:-1]:
        z = linear(layer, a)
        a = network.function.value(z)
        t = network.function.slope(z, a) * (t @ layer.weights)
    eta, moved = linear(layers[-1], a), t @ layers[-1].weights
    return (eta, moved) if skip is None else (eta + X @ skip, moved + direction @ skip)


def loss_and_gradient(problem: Problem, parameters: Array, rows: slice | IntArray) -> tuple[float, Array]:
    """Give the mean loss over some rows, penalty included, and its gradient (k,).

    loss = sum_i w_i l_i / sum_i w_i + 1/2 sum_k penalty_k parameters_k^2
    """
    network, likelihood = problem.network, problem.likelihood
    X, y, weights = problem.X[rows], problem.y[rows], problem.weights[rows]
    share = weights / max(float(np.sum(weights)), TINY)
    kept = forward(network, parameters, X, problem.offset[rows])
    delta = share[:, None] * likelihood.delta(y, kept.eta)
    gradient = backward(network, parameters, X, kept, delta) + problem.penalty * parameters
    loss: float = np.dot(share, likelihood.loss(y, kept.eta)) + 0.5 * np.dot(problem.penalty, parameters**2)
    return loss, gradient


def predict(network: Network, parameters: Array, X: Array, offset: Array | None = None) -> Array:
    """Give eta (m, q), block by block, so that the layers of a long table need not fit in memory."""
    count = min(MOST_ROWS, max(FEWEST_ROWS, CACHE_NUMBERS // max(network.hidden, default=1)))
    if len(X) <= count:
        return forward(network, parameters, X, offset).eta
    eta = np.empty((len(X), network.outputs), dtype=np.result_type(parameters, X))
    for at in range(0, len(X), count):
        rows = slice(at, at + count)
        eta[rows] = forward(network, parameters, X[rows], None if offset is None else offset[rows]).eta
    return eta


@dataclass(frozen=True)
class ReferenceProgram:
    """A problem in NumPy's memory. See `contract.Program`."""

    problem: Problem
    rule: Rule
    batch: int | None

    def run(self, state: State, orders: IntArray, rates: Array) -> State:
        """Train for as many epochs as `orders` has rows."""
        n, decays = self.problem.n_rows, self.problem.decays
        factors = 1.0 if self.problem.rates is None else self.problem.rates
        slices = batches(n, self.batch)
        parameters, moments, step = state.parameters, tuple(state.moments), state.step
        losses = []
        with np.errstate(all="ignore"):  # a run that diverges says so by its loss
            for order, epoch_rates in zip(orders, rates, strict=True):
                total, weight = 0.0, 0.0
                for part, rate in zip(slices, epoch_rates, strict=True):
                    rows = order[part] if len(slices) > 1 else part
                    loss, gradient = loss_and_gradient(self.problem, parameters, rows)
                    step += 1
                    parameters, moments = self.rule.step(
                        parameters, gradient, moments, step, rate * factors, 1.0 if decays is None else decays
                    )
                    batch_weight = float(np.sum(self.problem.weights[rows]))
                    total, weight = total + batch_weight * loss, weight + batch_weight
                losses.append(total / max(weight, TINY))
        return replace(
            state,
            parameters=parameters,
            moments=np.reshape(moments, state.moments.shape),
            step=step,
            epoch=state.epoch + len(orders),
            losses=np.concatenate([state.losses, losses]),
        )

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """Give the loss over all rows, penalty included, and its gradient (k,)."""
        return loss_and_gradient(self.problem, parameters, slice(None))

    def predict(self, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q)."""
        return predict(self.problem.network, parameters, X, offset)

    def jacobian(self, parameters: Array, X: Array) -> Array:
        """Give d eta / d parameters (m, q, k)."""
        return jacobian(self.problem.network, parameters, X)

    def evaluate(self, parameters: Array, X: Array, y: Array, weights: Array, offset: Array) -> float:
        """Give the mean loss over other rows, without penalty."""
        eta = self.predict(parameters, X, offset)
        return float(weights @ self.problem.likelihood.loss(y, eta) / np.sum(weights))

    def normal(self) -> None:
        """Give None: the Jacobian is at hand, and NumPy does the rest."""
        return None


class ReferenceEngine:
    """NumPy. See `contract.Engine`."""

    name = "reference"

    def available(self) -> str | None:
        """Give None: it runs wherever pliant does."""
        return None

    def load(self, problem: Problem, rule: Rule, batch: int | None = None) -> ReferenceProgram:
        """Keep the arrays of a problem; `batch` rows a step, None for all."""
        return ReferenceProgram(problem, rule, batch)

    def forward(self, network: Network, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q) of a network without a problem."""
        return predict(network, parameters, X, offset)
