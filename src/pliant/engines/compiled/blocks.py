"""Blocks: the plain definitions, each in a loop of its own over many numbers, compiled once and called by address.

An activation, a family with its link, and an optimiser's rule make four blocks. A kernel joins them by address, so
that no two of them are compiled together: each takes some tenths of a second, once.
Every block takes int64 only: addresses (pointers.py), counts, and the step.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba import types
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.np.unsafe.ndarray import to_fixed_tuple

from pliant.engines.compiled import fast
from pliant.engines.compiled.cache import compiled_block, once
from pliant.engines.compiled.plain import call, key_of, step_by
from pliant.engines.compiled.pointers import in_wide_registers, numbers
from pliant.errors import ArgumentError
from pliant.functions.activations import ACTIVATIONS
from pliant.functions.likelihood import Likelihood
from pliant.optimisers.rule import Rule

Float = Any  # the type numpy.float64 or numpy.float32


# What the compiler may do: a product and a sum in one; also sums taken apart, so that they fill whole registers. Plain
# texts say in what order they round: they are compiled with the first, whatever the block around them allows.
PLAIN, SUMS = {"contract"}, {"contract", "reassoc", "nsz"}


def compile_block(function: Callable[..., None], count: int, freedom: set[str] = PLAIN) -> int:
    """Compile a block of so many int64 and give its address; what is compiled stays for good."""
    signature = types.void(*[types.int64] * count)
    block = compiled_block(signature, function, error_model="numpy", fastmath=freedom)
    _KEPT.append(block)
    return int(block.address)


_KEPT: list[Any] = []


@once
def value_block(name: str, dtype: Float) -> int:
    """Give value(z, a, n), which writes a = activation(z)."""
    kind, key = dtype.__name__, key_of(ACTIVATIONS[name].value, dtype)

    def value(z, a, n):  # type: ignore[no-untyped-def]
        in_wide_registers()
        before, after = numbers(kind, z, n), numbers(kind, a, n)
        for i in range(n):
            after[i] = call(key, before[i])

    return compile_block(value, 3)


@once
def slope_block(name: str, dtype: Float) -> int:
    """Give slope(z, a, delta, biases, rows, units): delta (rows, units) times the slope, and its sum over rows."""
    kind, key = dtype.__name__, key_of(ACTIVATIONS[name].slope, dtype)

    def slope(z, a, delta, biases, rows, units):  # type: ignore[no-untyped-def]
        in_wide_registers()
        before, after = numbers(kind, z, rows * units), numbers(kind, a, rows * units)
        moved, total = numbers(kind, delta, rows * units), numbers(kind, biases, units)
        total[:] = 0
        for i in range(rows):
            first = i * units
            for j in range(units):
                each = moved[first + j] * call(key, before[first + j], after[first + j])
                moved[first + j] = each
                total[j] += each

    return compile_block(slope, 6)


@once
def finish_block(name: str, dtype: Float) -> int:
    """Give finish(z, a, weights, bias, eta, rows, units): a = activation(z) and eta = a weights + bias, in one pass.

    For one output, as most networks for tables have. There is no bias where its address is 0.
    """
    kind, key = dtype.__name__, key_of(ACTIVATIONS[name].value, dtype)

    def finish(z, a, weights, bias, eta, rows, units):  # type: ignore[no-untyped-def]
        in_wide_registers()
        before, after = numbers(kind, z, rows * units), numbers(kind, a, rows * units)
        w, out, shift = numbers(kind, weights, units), numbers(kind, eta, rows), dtype(0)
        if bias:
            shift = numbers(kind, bias, 1)[0]
        for i in range(rows):
            first, total = i * units, dtype(0)
            for j in range(units):
                each = call(key, before[first + j])
                after[first + j] = each
                total += each * w[j]
            out[i] = total + shift

    return compile_block(finish, 7, SUMS)


@once
def begin_block(name: str, dtype: Float) -> int:
    """Give begin(z, a, delta, weights, before, weights_gradient, biases_gradient, rows, units): `finish` backwards.

    before = (delta weights') slope(z, a),    weights_gradient = a' delta,    biases_gradient = 1' before
    """
    kind, key = dtype.__name__, key_of(ACTIVATIONS[name].slope, dtype)

    def begin(z, a, delta, weights, before, weights_gradient, biases_gradient, rows, units):  # type: ignore[no-untyped-def]
        in_wide_registers()
        zs, ones = numbers(kind, z, rows * units), numbers(kind, a, rows * units)
        d, w, back = numbers(kind, delta, rows), numbers(kind, weights, units), numbers(kind, before, rows * units)
        outer, sums = numbers(kind, weights_gradient, units), numbers(kind, biases_gradient, units)
        outer[:] = 0
        sums[:] = 0
        for i in range(rows):
            first, part = i * units, d[i]
            for j in range(units):
                each = part * w[j] * call(key, zs[first + j], ones[first + j])
                back[first + j] = each
                sums[j] += each
                outer[j] += ones[first + j] * part

    return compile_block(begin, 9)


def response_block(likelihood: Likelihood, dtype: Float) -> int:
    """Give response(y, eta, shares, parameter, rows, outputs, columns, delta, loss), as `docs/gradients.md` has it.

    It writes delta (rows, outputs), the slope of the loss on eta times the row's share, and the float64 at `loss`: the
    sum of losses times shares. It computes in float64, whatever the dtype of the arrays: there is little to compute.
    """
    if likelihood.has_classes:
        return _classes_block(dtype)
    (low, high), (least, most) = likelihood.family.interval, likelihood.link.range
    bounds = None if low <= least and most <= high else (low, high)
    loss, delta = likelihood.family.make_loss(likelihood.link), likelihood.family.make_delta(likelihood.link)
    keys = key_of(loss, np.float64), key_of(delta, np.float64), key_of(likelihood.link.inverse, np.float64)
    return _elementwise_block(*keys, bounds, isinstance(loss, partial), dtype)


@once
def _elementwise_block(
    loss_key: str,
    delta_key: str,
    inverse_key: str,
    bounds: tuple[float, float] | None,
    has_parameter: bool,
    dtype: Float,
) -> int:
    """Build the block of a family whose outputs do not touch one another."""
    kind = dtype.__name__
    leaves = bounds is not None  # a mean may leave the family's interval, where the loss is infinite
    low, high = bounds or (-np.inf, np.inf)

    def response(y, eta, shares, parameter, rows, outputs, columns, delta, loss):  # type: ignore[no-untyped-def]
        in_wide_registers()
        n = rows * outputs
        ys, etas, deltas = numbers(kind, y, n), numbers(kind, eta, n), numbers(kind, delta, n)
        share, total, known = numbers(kind, shares, rows), 0.0, numbers("float64", parameter, 1)[0]
        for i in range(rows):
            for j in range(i * outputs, (i + 1) * outputs):
                response, predictor, weight = np.float64(ys[j]), np.float64(etas[j]), np.float64(share[i])
                if has_parameter:
                    each = call(loss_key, response, predictor, known)
                    deltas[j] = weight * call(delta_key, response, predictor, known)
                else:
                    each = call(loss_key, response, predictor)
                    deltas[j] = weight * call(delta_key, response, predictor)
                if leaves:
                    mu = call(inverse_key, predictor)
                    if not (mu > low and mu < high):
                        each = np.inf
                total += weight * each
        numbers("float64", loss, 1)[0] = total

    return compile_block(response, 9)


@once
def _classes_block(dtype: Float) -> int:
    """Build the block of classes, row by row: log-sum-exp with the largest taken out, the first class at eta 0."""
    kind = dtype.__name__
    exp: Any = fast.exp
    log: Any = fast.log

    def response(y, eta, shares, parameter, rows, outputs, columns, delta, loss):  # type: ignore[no-untyped-def]
        in_wide_registers()
        ys, etas = numbers(kind, y, rows * columns), numbers(kind, eta, rows * outputs)
        deltas, share, total = numbers(kind, delta, rows * outputs), numbers(kind, shares, rows), 0.0
        for i in range(rows):
            at, first = i * outputs, i * columns
            largest = 0.0
            for j in range(outputs):
                largest = max(largest, np.float64(etas[at + j]))
            whole = exp(-largest)
            for j in range(outputs):
                whole += exp(np.float64(etas[at + j]) - largest)
            rest, weight = largest + log(whole), np.float64(share[i])
            each = ys[first] * rest
            for j in range(outputs):
                predictor, response = np.float64(etas[at + j]), np.float64(ys[first + 1 + j])
                each += response * (rest - predictor)
                deltas[at + j] = weight * (exp(predictor - rest) - response)
            total += weight * each
        numbers("float64", loss, 1)[0] = total

    return compile_block(response, 9)


def update_block(rule: Rule, dtype: Float, rated: bool = False) -> int:
    """Give update(parameters, gradient, moments, decays, rates, settings, n, step): one step of a rule, in place.

    `moments` is (n_moments, n); `settings` are the rate, then the rule's own. The rate of a parameter is that times its
    factor in `rates` (n,), which only a block that is `rated` reads: one rate for all takes no longer than it has to.

    Raises
    ------
    ArgumentError
        If the rule has more moments than the blocks here have lines for.
    """
    names = list(rule.settings)
    decayed = names.index("weight_decay") if "weight_decay" in names else -1
    return _update_block(key_of(rule.update, dtype), rule.name, rule.n_moments, len(names), decayed, rated, dtype)


@once
def _update_block(key: str, name: str, n_moments: int, n_settings: int, decayed: int, rated: bool, dtype: Float) -> int:
    kind = dtype.__name__

    def update_0(parameters, gradient, moments, decays, rates, settings, n, step):  # type: ignore[no-untyped-def]
        in_wide_registers()
        theta, slope, given = (
            numbers(kind, parameters, n),
            numbers(kind, gradient, n),
            numbers(kind, settings, n_settings + 1),
        )
        rate, count, share = given[0], dtype(step), numbers(kind, rates, n)
        for i in range(n):
            length = rate * share[i] if rated else rate
            theta[i], _ = step_by(key, theta[i], slope[i], (), count, length, ())

    def update_1(parameters, gradient, moments, decays, rates, settings, n, step):  # type: ignore[no-untyped-def]
        in_wide_registers()
        theta, slope, given = (
            numbers(kind, parameters, n),
            numbers(kind, gradient, n),
            numbers(kind, settings, n_settings + 1),
        )
        rate, count, first = given[0], dtype(step), numbers(kind, moments, n)
        share = numbers(kind, rates, n)
        shrink, held = numbers(kind, decays, n), to_fixed_tuple(given[1:], n_settings)
        for i in range(n):
            if decayed >= 0:
                own = tuple_setitem(held, decayed, held[decayed] * shrink[i])
            else:
                own = held
            length = rate * share[i] if rated else rate
            theta[i], (first[i],) = step_by(key, theta[i], slope[i], (first[i],), count, length, own)

    def update_2(parameters, gradient, moments, decays, rates, settings, n, step):  # type: ignore[no-untyped-def]
        in_wide_registers()
        theta, slope, given = (
            numbers(kind, parameters, n),
            numbers(kind, gradient, n),
            numbers(kind, settings, n_settings + 1),
        )
        rate, count, both = given[0], dtype(step), numbers(kind, moments, 2 * n)
        share = numbers(kind, rates, n)
        shrink, held = numbers(kind, decays, n), to_fixed_tuple(given[1:], n_settings)
        for i in range(n):
            if decayed >= 0:
                own = tuple_setitem(held, decayed, held[decayed] * shrink[i])
            else:
                own = held
            length = rate * share[i] if rated else rate
            theta[i], (both[i], both[n + i]) = step_by(
                key, theta[i], slope[i], (both[i], both[n + i]), count, length, own
            )

    updates = (update_0, update_1, update_2)
    if n_moments >= len(updates):
        raise ArgumentError(f"the compiled engine takes rules of two moments at most; for {name} choose engine='torch'")
    return compile_block(updates[n_moments], 8, PLAIN | {"arcp"})  # a division by what stays the same becomes a product
