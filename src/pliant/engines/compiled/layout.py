"""Where everything lies: the addresses and sizes that a kernel works with, for one problem.

The kernels are compiled once, for every shape: what differs between problems comes in as these numbers.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pliant.engines.compiled.blocks import Float, begin_block, finish_block, slope_block, value_block
from pliant.engines.compiled.ladders import Ladders
from pliant.engines.compiled.products import product_blocks
from pliant.network import Network
from pliant.types import Array, IntArray

CACHE_NUMBERS = 2**17  # numbers of a layer that are worked on at once: they stay in the second cache
LINE = 64  # bytes in a line of the processor's cache
FEWEST_ROWS, MOST_ROWS = 64, 4096  # in one chunk
SMALL = 1_000_000  # products: with fewer OpenBLAS goes a shorter way, half as quick again

# One layer: its shape; the places of its weights and biases in the parameters (-1: none); the addresses of its input,
# of its pre-activation and output, and of the slope of the loss on the pre-activation, for one chunk of rows.
LAYER = np.dtype([(n, np.int64) for n in ("fan_in", "fan_out", "weights", "biases", "input", "z", "a", "delta")])


class Plan(NamedTuple):
    """Counts, places and addresses of one problem; an address of 0 stands for nothing."""

    n_parameters: int
    inputs: int  # columns of X, which may be coded (ladders.py)
    outputs: int  # columns of eta
    chunk: int  # rows that are worked on at once
    bends: int  # address of the inputs (n_bends,) that feed the hidden layers, int64
    n_bends: int
    skip: int  # place of the skip line in the parameters, or -1
    gains: int  # place of the gains, or -1
    affine: int  # addresses of the products (products.py)
    across: int
    sums: int
    back: int
    value: int  # address of the block of every hidden layer
    slope: int
    finish: int  # address of the block of the last hidden layer with its one output, 0 where there are more outputs
    begin: int
    rows: int  # address of X (chunk, inputs), where rows are gathered
    bent: int  # address of X (chunk, n_bends)
    scaled: int  # address of the weights of the first layer times the gains (fan_in, fan_out), or of a table
    ladders: int  # address of `Ladders.places` (n_ladders, 3), int64
    n_ladders: int
    fed: int  # address of the row of the first layer's weights of each of n_bends, int64
    sources: int  # address of the input of each column of X, int64
    skipped: int  # address of X S (chunk, outputs)
    eta: int  # address (chunk, outputs)
    partial: int  # address of the gradient of one chunk (n_parameters,)


class Data(NamedTuple):
    """Addresses of the rows that are trained on, and what else a step needs."""

    n_rows: int
    batch: int  # rows of one step
    columns: int  # of y
    X: int  # (n, inputs)
    y: int  # (n, columns)
    weights: int  # (n,)
    offset: int  # (n,)
    penalty: int  # (n_parameters,), 0 where there is none
    response: int  # the block of the family
    parameter: int  # of the family, a float64
    loss: int  # a float64, where the block leaves the loss
    chunk_y: int  # where a chunk's responses are gathered (chunk, columns)
    chunk_weights: int  # (chunk,)
    chunk_offset: int  # (chunk,)
    shares: int  # (chunk,)
    update: int  # the block of the rule
    gradient: int  # (n_parameters,)
    decays: int  # (n_parameters,)
    rates: int  # (n_parameters,) times the rate of a step, 0 where there is one rate for all


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """Give an array that begins at a line of the processor's cache: a register then never straddles two."""
    dtype = np.dtype(dtype)
    count = max(int(np.prod(shape)), 1)
    buffer = np.zeros(count * dtype.itemsize + LINE, np.uint8)
    first = -address(buffer) % LINE
    return buffer[first : first + count * dtype.itemsize].view(dtype)[: int(np.prod(shape))].reshape(shape)


def address(array: Any) -> int:
    """Give the address of an array's first number; whoever asks keeps the array."""
    return int(array.ctypes.data)


def shaped(values: Array, shape: tuple[int, ...]) -> Array:
    """Give an array that has the shape; a kernel would read past the end of another, and say nothing.

    Raises
    ------
    ValueError
        If it has another shape.
    """
    if values.shape != shape:
        raise ValueError(f"an array of shape {shape} is wanted here, not {values.shape}")
    return values


@dataclass(frozen=True)
class Layout:
    """A plan, its layers, and the buffers that its addresses are of."""

    plan: Plan
    layers: Any  # (layers,) of LAYER
    held: tuple[Any, ...]  # keeps the buffers alive


def lay_out(network: Network, dtype: Float, rows: int = MOST_ROWS, ladders: Ladders | None = None) -> Layout:
    """Give the places of one network for at most so many rows at once; every call has buffers of its own.

    Parameters
    ----------
    network : Network
    dtype : type
    rows : int
        Most rows of one batch.
    ladders : Ladders, optional
        Of coded rows.
    """
    chunk = _chunk(network, rows)
    inputs = network.inputs if ladders is None else ladders.n_coded
    held: list[Any] = []

    def place(*shape: int) -> int:
        buffer = empty(shape, dtype)
        held.append(buffer)
        return address(buffer)

    bends: IntArray = np.array(network.bending or (), dtype=np.int64)
    coding: tuple[IntArray, ...] = ()
    if ladders is not None:
        bends, coding = ladders.bends, (ladders.places, ladders.rows, ladders.sources)
    held += [bends, *coding]
    has_bends = network.bending is not None or ladders is not None
    layers = np.zeros(len(network.shapes), LAYER)
    at, last = 0, len(layers) - 1
    gathered = place(chunk, inputs)
    bent = place(chunk, len(bends)) if has_bends else 0
    eta = place(chunk, network.outputs)
    source = bent or gathered
    for l, (fan_in, fan_out, has_bias) in enumerate(network.shapes):
        weights, biases = at, at + fan_in * fan_out if has_bias else -1
        at += (fan_in + has_bias) * fan_out
        z = eta if l == last else place(chunk, fan_out)
        a = 0 if l == last else place(chunk, fan_out)
        delta = place(chunk, fan_out)
        layers[l] = (fan_in, fan_out, weights, biases, source, z, a, delta)
        source = a
    fan_in, units, _ = network.shapes[0]
    table = fan_in * units if network.n_gains else 0
    if ladders is not None:
        table = ladders.n_table(units, network.outputs)
    activation, ends_in_one = (network.activation, dtype), bool(network.hidden) and network.outputs == 1
    plan = Plan(
        n_parameters=network.n_parameters,
        inputs=inputs,
        outputs=network.outputs,
        chunk=chunk,
        bends=int(bends.ctypes.data) if has_bends else 0,
        n_bends=len(bends),
        skip=at if network.has_skip else -1,
        gains=network.n_parameters - network.n_gains if network.n_gains else -1,
        **product_blocks(dtype)._asdict(),
        value=value_block(*activation) if network.hidden else 0,
        slope=slope_block(*activation) if network.hidden else 0,
        finish=finish_block(*activation) if ends_in_one else 0,
        begin=begin_block(*activation) if ends_in_one else 0,
        rows=gathered,
        bent=bent,
        scaled=place(table) if table else 0,
        ladders=address(coding[0]) if coding else 0,
        n_ladders=len(coding[0]) if coding else 0,
        fed=address(coding[1]) if coding else 0,
        sources=address(coding[2]) if coding else 0,
        skipped=place(chunk, network.outputs) if network.has_skip else 0,
        eta=eta,
        partial=place(network.n_parameters),
    )
    return Layout(plan, layers, tuple(held))


def _chunk(network: Network, rows: int) -> int:
    """Give the rows that are worked on at once: few enough for the cache, and for quick products; chunks are alike."""
    widest = max(fan_out for _, fan_out, _ in network.shapes)
    most = max(FEWEST_ROWS, min(MOST_ROWS, CACHE_NUMBERS // widest))
    quick = (
        SMALL // max(fan_in * fan_out for fan_in, fan_out, _ in network.shapes if fan_in) if network.inputs else most
    )
    if quick >= FEWEST_ROWS:
        most = min(most, quick)
    return max(1, -(-rows // -(-rows // most))) if rows else 1
