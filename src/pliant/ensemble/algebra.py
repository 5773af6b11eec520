"""Networks as algebra: one network in other units, and the weighted mean of several as one wide network.

The mean of K networks with H hidden units each is a network of K H hidden units, exactly. So an ensemble predicts,
is saved, checked and exported by whatever knows a network.
"""

from dataclasses import replace

import numpy as np

from pliant.data.scaling import Scaling
from pliant.network import Network
from pliant.types import Array


def in_units(network: Network, parameters: Array, before: Scaling, after: Scaling) -> Array:
    """Give the parameters (k,) of the same function of the user's units, for another scaling.

    With z = (x - c) / s before and after:  W' = (s'/s) W,  b' = b + ((c' - c)/s) W, and the output in its units.

    Parameters
    ----------
    network : Network
    parameters : ndarray, shape (k,)
        In the units of `before`.
    before, after : Scaling
    """
    moved = np.array(parameters)
    layers, skip = network.views(moved)
    ratio, shift = after.scale / before.scale, (after.centre - before.centre) / before.scale
    grow = before.response_scale / after.response_scale
    rise = (before.response_centre - after.response_centre) / after.response_scale
    (first, first_biases), (last, last_biases) = layers[0], layers[-1]
    gains = network.gains_of(moved)
    at = np.arange(network.inputs) if network.bending is None else np.array(network.bending)
    if first_biases is not None:
        first_biases += (shift[at] if gains is None else shift[at] * gains) @ first
    first *= ratio[at, None]
    if skip is not None:
        if last_biases is not None:
            last_biases += shift @ skip
        skip *= ratio[:, None] * grow
    last *= grow
    if last_biases is not None:
        last_biases *= grow
        last_biases += rise
    return moved


def mean_network(
    network: Network, parameters: Array, share: float = 1.0, line: Array | None = None
) -> tuple[Network, Array]:
    """Give  line + share (mean of K networks - their own line)  as one network.

    Parameters
    ----------
    network : Network
        Of one member; its gains go into the weights.
    parameters : ndarray, shape (K, k)
    share : float
        Of the curve, 0 to 1; less than 1 needs a skip line.
    line : ndarray, shape (1 + inputs of the line, q), optional
        What is left at share 0, with (1 - share) of it added: the whole line less `share` times the members' mean one.

    Returns
    -------
    Network, ndarray
        Hidden widths K times those of a member, layers block by block; and its parameters.
    """
    if network.n_gains:
        parameters = np.stack([network.absorb(member)[1] for member in parameters])
        network = replace(network, gains=False)
    count = len(parameters)
    widths = tuple(count * width for width in network.hidden)
    wide = replace(network, hidden=widths, blocks=count * network.blocks)
    merged = np.zeros(wide.n_parameters)
    layers, skip = wide.views(merged)
    depth = len(layers)
    for m, member in enumerate(parameters):
        own, own_skip = network.views(member)
        for l in range(depth):
            fan_in, fan_out = own[l].weights.shape
            rows = slice(None) if l == 0 else slice(m * fan_in, (m + 1) * fan_in)
            part = slice(None) if l == depth - 1 else slice(m * fan_out, (m + 1) * fan_out)
            factor = share / count if l == depth - 1 else 1.0
            block = factor * own[l].weights
            if l == depth - 1 and l == 0:
                layers[l].weights[:] += block
            else:
                layers[l].weights[rows, part] = block
            biases, mine = layers[l].biases, own[l].biases
            if biases is not None and mine is not None:
                biases[part] += factor * mine
        if skip is not None and own_skip is not None:
            skip += share / count * own_skip
    if line is not None:
        biases = layers[-1].biases
        if skip is not None:
            skip[: len(line) - 1] += line[1:]
        if biases is not None:
            biases += line[0]
    return wide, merged
