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
    kept, scaling = model.members, model.design.scaling
    assert kept is not None
    inputs = model.design.inputs(X)
    found = np.empty((len(kept), len(X), kept.network.outputs))
    for k, (parameters, line) in enumerate(zip(kept.parameters, kept.lines, strict=True)):
        eta = linear_predictor(model.design, kept.network, parameters, X, offset)
        if kept.network.has_skip:
            of_line = (inputs @ line[1:] + line[0]) * scaling.response_scale + scaling.response_centre
            of_line += offset[:, None]
            eta = of_line + kept.share * (eta - of_line)
        found[k] = eta
    return found
