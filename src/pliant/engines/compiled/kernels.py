"""The kernels: training, gradient, prediction and Jacobian of any network, one compilation for each dtype.

They read as `engines/reference.py` does. Shapes and places come in a plan (layout.py); activation, response and rule
are blocks that are called by address (blocks.py). Long batches are walked through in chunks of rows, whose layers stay
in the processor's cache, and their gradients are added up.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import register_jitable

from pliant.engines.compiled.blocks import Float
from pliant.engines.compiled.cache import Kept, compiled_kernel, once
from pliant.engines.compiled.ladders import climb, fall, gather_slopes, lay_table
from pliant.engines.compiled.layout import LAYER, Data, Plan
from pliant.engines.compiled.pointers import call_at, in_wide_registers, numbers, size_of
from pliant.engines.reference import TINY

LONG, LAYERS = types.int64, numba.from_dtype(LAYER)[::1]
PLAN, DATA = (types.NamedUniTuple(LONG, len(kind._fields), kind) for kind in (Plan, Data))
FAST = {"contract", "reassoc", "nsz", "arcp"}  # sums may be taken apart, so that they use whole registers; NaN stays


@register_jitable(forceinline=True)
def rows_of(like: Any, source: int, columns: int, order: int, first: int, rows: int, target: int) -> int:
    """Give the address of some rows in their order; where they lie as they are wanted nothing moves."""
    if order == 0:
        return source + first * columns * size_of(like)
    gather(like, source, columns, order, first, rows, target)
    return target


@register_jitable
def gather(like: Any, source: int, columns: int, order: int, first: int, rows: int, target: int) -> None:
    """Bring rows into one place, in their order."""
    chosen, into = numbers("int64", order, first + rows), numbers(like, target, rows * columns)
    for i in range(rows):
        row = numbers(like, source + chosen[first + i] * columns * size_of(like), columns)
        for j in range(columns):
            into[i * columns + j] = row[j]


@register_jitable
def scaled_weights(like: Any, plan: Any, layer: Any, parameters: int) -> int:
    """Give the address of diag(s) W of the first layer, s its gains: fewer numbers than x diag(s) of all rows has."""
    size, fan_in, fan_out = size_of(like), layer.fan_in, layer.fan_out
    weights = numbers(like, parameters + layer.weights * size, (fan_in, fan_out))
    gains, into = numbers(like, parameters + plan.gains * size, fan_in), numbers(like, plan.scaled, (fan_in, fan_out))
    for k in range(fan_in):
        for j in range(fan_out):
            into[k, j] = weights[k, j] * gains[k]
    return int(plan.scaled)


@register_jitable(forceinline=True)
def forward(like: Any, plan: Any, layers: Any, parameters: int, X: int, offset: int, rows: int) -> None:
    """Walk from the inputs (rows, inputs) to eta; fills z and a of every layer on the way."""
    size = size_of(like)
    source = X
    if plan.bends:
        source, chosen, into = (
            plan.bent,
            numbers("int64", plan.bends, plan.n_bends),
            numbers(like, plan.bent, rows * plan.n_bends),
        )
        whole = numbers(like, X, rows * plan.inputs)
        for i in range(rows):
            for j in range(plan.n_bends):
                into[i * plan.n_bends + j] = whole[i * plan.inputs + chosen[j]]
    layers[0].input = source
    ends_in_one, last = plan.finish != 0, len(layers) - 1
    for l in range(len(layers)):
        layer = layers[l]
        weights, biases = parameters + layer.weights * size, 0
        if layer.biases >= 0:
            biases = parameters + layer.biases * size
        fan_in = layer.fan_in
        if l == 0 and plan.n_ladders:
            lay_table(like, plan, weights, parameters + plan.gains * size, layer.fan_out, plan.fed, plan.n_bends, 1)
            weights, fan_in = plan.scaled, plan.n_bends
        elif l == 0 and plan.gains >= 0:
            weights = scaled_weights(like, plan, layer, parameters)
        if l == last and ends_in_one:
            before = layers[l - 1]
            call_at(plan.finish, (before.z, before.a, weights, biases, plan.eta, rows, layer.fan_in))
            break
        call_at(plan.affine, (layer.input, weights, biases, rows, fan_in, layer.fan_out, layer.z))
        if l == 0 and plan.n_ladders:
            climb(like, plan, X, rows, layer.fan_out, plan.n_bends, layer.z)
        if l < last - ends_in_one:
            call_at(plan.value, (layer.z, layer.a, rows * layer.fan_out))
    eta = numbers(like, plan.eta, rows * plan.outputs)
    if plan.skip >= 0:
        weights = parameters + plan.skip * size
        if plan.n_ladders:
            lay_table(like, plan, weights, 0, plan.outputs, plan.sources, plan.inputs, 2)
            weights = plan.scaled
        call_at(plan.affine, (X, weights, 0, rows, plan.inputs, plan.outputs, plan.skipped))
        if plan.n_ladders:
            climb(like, plan, X, rows, plan.outputs, plan.inputs, plan.skipped)
        line = numbers(like, plan.skipped, rows * plan.outputs)
        for i in range(rows * plan.outputs):
            eta[i] += line[i]
    if offset:
        shift = numbers(like, offset, rows)
        for i in range(rows):
            for j in range(plan.outputs):
                eta[i * plan.outputs + j] += shift[i]


@register_jitable
def copy_eta(like: Any, plan: Any, first: int, rows: int, eta: Any) -> None:
    """Bring eta of the rows of a chunk to its place. (In a loop: a slice that is assigned takes seconds to compile.)"""
    found = numbers(like, plan.eta, (rows, plan.outputs))
    for i in range(rows):
        for j in range(plan.outputs):
            eta[first + i, j] = found[i, j]


@register_jitable
def through_gains(like: Any, plan: Any, layer: Any, parameters: int, gradient: int) -> None:
    """Turn G = a' delta, which stands where the slopes of the first weights go, into these and those of the gains."""
    size, fan_in, fan_out = size_of(like), layer.fan_in, layer.fan_out
    weights = numbers(like, parameters + layer.weights * size, (fan_in, fan_out))
    slopes = numbers(like, gradient + layer.weights * size, (fan_in, fan_out))
    gains = numbers(like, parameters + plan.gains * size, fan_in)
    into = numbers(like, gradient + plan.gains * size, fan_in)
    for k in range(fan_in):
        total = 0.0
        for j in range(fan_out):
            total += weights[k, j] * slopes[k, j]
            slopes[k, j] *= gains[k]
        into[k] = total


@register_jitable(forceinline=True)
def backward(like: Any, plan: Any, layers: Any, parameters: int, X: int, rows: int, gradient: int) -> None:
    """Walk back from delta, which the last layer holds, to the gradient (k,), summed over rows."""
    size, last = size_of(like), len(layers) - 1
    if plan.skip >= 0:
        line, delta = gradient + plan.skip * size, layers[last].delta
        call_at(plan.across, (X, delta, rows, plan.inputs, plan.outputs, plan.scaled if plan.n_ladders else line))
        if plan.n_ladders:
            fall(like, plan, X, rows, delta, plan.outputs, plan.inputs)
            gather_slopes(like, plan, plan.outputs, plan.sources, plan.inputs, 2, line)
    for l in range(last, -1, -1):
        layer, weights = layers[l], parameters + layers[l].weights * size
        outer = gradient + layer.weights * size
        if l == last and layer.biases >= 0:  # those of the other layers are summed where the slope is
            call_at(plan.sums, (layer.delta, rows, layer.fan_out, gradient + layer.biases * size))
        if l > 0:
            before = layers[l - 1]
            biases = gradient + before.biases * size
            if l == last and plan.begin:
                at = (before.z, before.a, layer.delta, weights, before.delta, outer, biases, rows, layer.fan_in)
                call_at(plan.begin, at)
                continue
            call_at(plan.back, (layer.delta, weights, rows, layer.fan_in, layer.fan_out, before.delta))
            call_at(plan.slope, (before.z, before.a, before.delta, biases, rows, before.fan_out))
        if l == 0 and plan.n_ladders:
            call_at(plan.across, (layer.input, layer.delta, rows, plan.n_bends, layer.fan_out, plan.scaled))
            fall(like, plan, X, rows, layer.delta, layer.fan_out, plan.n_bends)
            gather_slopes(like, plan, layer.fan_out, plan.fed, plan.n_bends, 1, outer)
            continue
        call_at(plan.across, (layer.input, layer.delta, rows, layer.fan_in, layer.fan_out, outer))
    if plan.gains >= 0:
        through_gains(like, plan, layers[0], parameters, gradient)


@register_jitable
def weight_of(like: Any, data: Any, order: int, first: int, count: int) -> float:
    """Give the sum of the weights of a batch."""
    total = 0.0
    if order:
        chosen, weights = numbers("int64", order, first + count), numbers(like, data.weights, data.n_rows)
        for i in range(first, first + count):
            total += np.float64(weights[chosen[i]])
    else:
        for weight in numbers(like, data.weights + first * size_of(like), count):
            total += np.float64(weight)
    return total


@register_jitable(forceinline=True)
def gradient_of(
    like: Any, plan: Any, layers: Any, data: Any, parameters: int, order: int, first: int, count: int, total: float
) -> float:
    """Write the gradient of the mean loss over a batch, penalty included; give that loss.

    The batch is `count` rows from place `first` of an order, or of the table itself where `order` is 0; its weights
    sum to `total`.
    """
    loss, last, divisor = 0.0, layers[len(layers) - 1], max(total, TINY)
    for at in range(0, count, plan.chunk):
        rows = min(plan.chunk, count - at)
        X = rows_of(like, data.X, plan.inputs, order, first + at, rows, plan.rows)
        y = rows_of(like, data.y, data.columns, order, first + at, rows, data.chunk_y)
        offset = rows_of(like, data.offset, 1, order, first + at, rows, data.chunk_offset)
        weights = numbers(like, rows_of(like, data.weights, 1, order, first + at, rows, data.chunk_weights), rows)
        shares = numbers(like, data.shares, rows)
        for i in range(rows):
            shares[i] = np.float64(weights[i]) / divisor
        forward(like, plan, layers, parameters, X, offset, rows)
        places = (y, plan.eta, data.shares, data.parameter, rows, plan.outputs, data.columns, last.delta, data.loss)
        call_at(data.response, places)
        loss += numbers("float64", data.loss, 1)[0]
        if at == 0:
            backward(like, plan, layers, parameters, X, rows, data.gradient)
        else:
            backward(like, plan, layers, parameters, X, rows, plan.partial)
            whole, part = (
                numbers(like, data.gradient, plan.n_parameters),
                numbers(like, plan.partial, plan.n_parameters),
            )
            for k in range(plan.n_parameters):
                whole[k] += part[k]
    if data.penalty:
        held, slope = numbers(like, data.penalty, plan.n_parameters), numbers(like, data.gradient, plan.n_parameters)
        theta = numbers(like, parameters, plan.n_parameters)
        for k in range(plan.n_parameters):
            slope[k] += held[k] * theta[k]
            loss += 0.5 * np.float64(held[k] * theta[k] * theta[k])
    return loss


def train(like, plan, layers, data, parameters, moments, orders, rates, settings, losses, step):  # type: ignore[no-untyped-def]
    """Run the epochs that `rates` (epochs, steps) has: parameters and moments move in place."""
    in_wide_registers()
    steps, given = rates.shape[1], settings.ctypes.data
    weight = weight_of(like, data, 0, 0, data.n_rows)
    for epoch in range(len(rates)):
        total, whole = 0.0, 0.0
        for s in range(steps):
            first = s * data.batch
            order = orders[epoch].ctypes.data if steps > 1 else 0
            count = min(data.batch, data.n_rows - first)
            if steps > 1:
                weight = weight_of(like, data, order, first, count)
            loss = gradient_of(like, plan, layers, data, parameters, order, first, count, weight)
            step += 1
            numbers(like, given, 1)[0] = rates[epoch, s]
            at = (parameters, data.gradient, moments, data.decays, data.rates, given, plan.n_parameters, step)
            call_at(data.update, at)
            total += weight * loss
            whole += weight
        losses[epoch] = total / max(whole, TINY)


def whole_gradient(like, plan, layers, data, parameters):  # type: ignore[no-untyped-def]
    """Give the loss over all rows at some parameters, and leave its gradient in its place."""
    in_wide_registers()
    total = weight_of(like, data, 0, 0, data.n_rows)
    return gradient_of(like, plan, layers, data, parameters, 0, 0, data.n_rows, total)


def predict(like, plan, layers, parameters, X, offset, eta):  # type: ignore[no-untyped-def]
    """Write eta (n, q) of rows X (n, inputs); no offset where `offset` is empty."""
    in_wide_registers()
    size = size_of(like)
    for at in range(0, len(X), plan.chunk):
        rows = min(plan.chunk, len(X) - at)
        shift = offset.ctypes.data + at * size if len(offset) else 0
        forward(like, plan, layers, parameters, X.ctypes.data + at * plan.inputs * size, shift, rows)
        copy_eta(like, plan, at, rows, eta)


@register_jitable
def outer(like: Any, a: int, delta: int, rows: int, fan_in: int, fan_out: int, target: int, stride: int) -> None:
    """Write a_i' delta_i (fan_in, fan_out) of every row by itself, at `target` + i `stride` numbers."""
    A, D = numbers(like, a, (rows, fan_in)), numbers(like, delta, (rows, fan_out))
    for i in range(rows):
        into = numbers(like, target + i * stride * size_of(like), fan_in * fan_out)
        if fan_out == 1:
            part = D[i, 0]
            for k in range(fan_in):
                into[k] = A[i, k] * part
        else:
            for k in range(fan_in):
                part = A[i, k]
                for j in range(fan_out):
                    into[k * fan_out + j] = part * D[i, j]


@register_jitable
def slopes(like: Any, plan: Any, layers: Any, parameters: int, X: int, rows: int, target: int, stride: int) -> None:
    """Walk back without sums over rows: write delta_i d eta_i / d parameters at `target` + i `stride` numbers.

    Delta (rows, outputs) is what the last layer holds, after `forward` of the same rows.
    """
    size, last = size_of(like), len(layers) - 1
    if plan.skip >= 0:
        outer(like, X, layers[last].delta, rows, plan.inputs, plan.outputs, target + plan.skip * size, stride)
    for l in range(last, -1, -1):
        layer = layers[l]
        weights = layer.weights * size
        outer(like, layer.input, layer.delta, rows, layer.fan_in, layer.fan_out, target + weights, stride)
        if layer.biases >= 0:
            delta = numbers(like, layer.delta, (rows, layer.fan_out))
            for i in range(rows):
                row = numbers(like, target + (i * stride + layer.biases) * size, layer.fan_out)
                for j in range(layer.fan_out):
                    row[j] = delta[i, j]
        if l > 0:
            before = layers[l - 1]
            places = (layer.delta, parameters + weights, rows, layer.fan_in, layer.fan_out, before.delta)
            call_at(plan.back, places)
            call_at(plan.slope, (before.z, before.a, before.delta, plan.partial, rows, before.fan_out))
    if plan.gains >= 0:
        for i in range(rows):
            through_gains(like, plan, layers[0], parameters, target + i * stride * size)


def jacobian(like, plan, layers, parameters, X, whole):  # type: ignore[no-untyped-def]
    """Write d eta / d parameters (n, q, k): the walk back for each output by itself."""
    in_wide_registers()
    size, last, stride = size_of(like), layers[len(layers) - 1], plan.outputs * plan.n_parameters
    for at in range(0, len(X), plan.chunk):
        rows = min(plan.chunk, len(X) - at)
        lines = X.ctypes.data + at * plan.inputs * size
        forward(like, plan, layers, parameters, lines, 0, rows)
        for o in range(plan.outputs):
            delta = numbers(like, last.delta, (rows, plan.outputs))
            for i in range(rows):
                for j in range(plan.outputs):
                    delta[i, j] = j == o
            target = whole.ctypes.data + (at * stride + o * plan.n_parameters) * size
            slopes(like, plan, layers, parameters, lines, rows, target, stride)


KERNELS = (train, whole_gradient, predict, jacobian)
HOW: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": FAST}


def _signature(function: Callable[..., Any], dtype: Float) -> Any:
    """Give what one of `KERNELS` takes and gives for a dtype."""
    one = numba.from_dtype(np.dtype(dtype))
    line, table, cube, whole = one[::1], one[:, ::1], one[:, :, ::1], LONG[:, ::1]
    rates, losses = types.float64[:, ::1], types.float64[::1]
    kinds = {
        train: types.void(one, PLAN, LAYERS, DATA, LONG, LONG, whole, rates, line, losses, LONG),
        whole_gradient: types.float64(one, PLAN, LAYERS, DATA, LONG),
        predict: types.void(one, PLAN, LAYERS, LONG, table, line, table),
        jacobian: types.void(one, PLAN, LAYERS, LONG, table, cube),
    }
    return kinds[function]


@once
def kernel(function: Callable[..., Any], dtype: Float) -> Any:
    """Give one of `KERNELS` compiled for a dtype; from the cache, if it is there."""
    return compiled_kernel(_signature(function, dtype), function, **HOW)


def is_kept(function: Callable[..., Any], dtype: Float) -> bool:
    """Say whether the cache has one of `KERNELS` for a dtype."""
    return Kept(function, HOW).holds(_signature(function, dtype))
