"""The grouped jackknife: whatever the members tell, with the standard error that their differences give.

Each of K members was fitted without its fold. For a quantity theta that member k puts at theta_k, with mean m,

    variance = (K - 1) / K  sum_k (theta_k - m)^2,     df = K - 1

Uneven spread and dependence within a fold are in it, and so is what a start by chance does to a fit, K - 1 times
over, which makes it wide rather than narrow. Nothing is fitted for it.

References
----------
Quenouille (1956), Notes on bias in estimation. Shao and Tu (1995), The Jackknife and Bootstrap, section 2.3.
"""

from typing import TYPE_CHECKING

import numpy as np

from pliant.engines.reference import tangent
from pliant.model import linear_predictor
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted


def jackknife_errors(values: Array) -> Array:
    """Give the standard errors (...) of what K members put at `values` (K, ...); K - 1 degrees of freedom."""
    count = len(values)
    return np.asarray(np.sqrt((count - 1) / count * np.sum((values - np.mean(values, axis=0)) ** 2, axis=0)))


def member_eta(model: "Fitted", X: Array, offset: Array) -> Array:
    """Give eta (K, m, q) of every member: line_k + share (curve_k - line_k), in the user's units."""
    assert model.members is not None
    return np.stack([eta_of_member(model, k, X, offset) for k in range(len(model.members))])


def eta_of_member(model: "Fitted", k: int, X: Array, offset: Array) -> Array:
    """Give eta (m, q) of one member."""
    kept, scaling = model.members, model.design.scaling
    assert kept is not None
    eta = linear_predictor(model.design, kept.network, kept.parameters[k], X, offset)
    if not kept.network.has_skip:
        return eta
    line = kept.lines[k]
    of_line = (model.design.line_inputs(X) @ line[1:] + line[0]) * scaling.response_scale + scaling.response_centre
    of_line += offset[:, None]
    return np.asarray(of_line + kept.share * (eta - of_line))


def member_slopes(model: "Fitted", X: Array, by_x: Array, offset_by_x: Array) -> Array:
    """Give d eta / d x (K, m, q) of every member, from d X / d x (m, p) and d offset / d x (m,)."""
    kept, design = model.members, model.design
    assert kept is not None
    found = np.empty((len(kept), len(X), kept.network.outputs))
    inputs, direction = design.inputs(X), _direction(model, X, by_x)
    for k, (parameters, line) in enumerate(zip(kept.parameters, kept.lines, strict=True)):
        _, moved = tangent(kept.network, parameters, inputs, direction)
        if kept.network.has_skip:
            of_line = direction[:, : len(line) - 1] @ line[1:]
            moved = of_line + kept.share * (moved - of_line)
        found[k] = moved * design.scaling.response_scale + offset_by_x[:, None]
    return found


def slope_of_network(model: "Fitted", X: Array, by_x: Array, offset_by_x: Array) -> Array:
    """Give d eta / d x (m, q) of a network, exactly, from d X / d x (m, p) and d offset / d x (m,)."""
    design = model.design
    direction = _direction(model, X, by_x)
    _, moved = tangent(model.network, model.parameters, design.inputs(X), direction)
    return moved * design.scaling.response_scale + offset_by_x[:, None]


def _direction(model: "Fitted", X: Array, by_x: Array) -> Array:
    """Give the direction (m, inputs) in which the inputs of the network move, from d X / d x (m, p)."""
    return model.design.scaling.slopes(model.design.raw_inputs(X), model.design.raw_inputs(by_x))
