"""The coefficients of a line, and how they are called.

Only a line has them: hidden weights can be permuted and their signs flipped without any change of the mean, so a
standard error of one of them means nothing, and is refused.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.errors import ArgumentError, InputError
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted


def coefficients(model: "Fitted") -> Array:
    """Give the coefficients (p, q) of a line in the user's units; NaN where aliased.

    Raises
    ------
    InputError
        If the model has hidden units.
    """
    if not model.is_line:
        raise InputError(
            "a network has no coefficients: its hidden weights can be permuted and their signs flipped without "
            "any change of the mean; see `layers`, or fit the line with hidden=()"
        )
    weights, biases = model.network.views(model.parameters).layers[0]
    return model.design.unscale(weights, np.zeros(weights.shape[1]) if biases is None else biases)


def outcome_names(model: "Fitted") -> tuple[str, ...]:
    """Name the columns of eta: levels after the first, responses of several, or the one response."""
    response = model.design.response
    return tuple(response.levels[1:] if model.family == "multinomial" else response.names)


def by_name(model: "Fitted", values: Array) -> dict[str, Any]:
    """Give (p, q) values by name of coefficient, and first by level or response where there are several."""
    columns = [dict(zip(model.design.names, column.tolist(), strict=True)) for column in values.T]
    return columns[0] if len(columns) == 1 else dict(zip(outcome_names(model), columns, strict=True))


def term_names(model: "Fitted", names: str) -> Sequence[str]:
    """Name the columns of the design matrix, pliant's way or R's."""
    if names == "pliant":
        return model.design.names
    if names == "r":
        return model.design.r_names()
    raise ArgumentError(f"names={names!r} is not known; choose 'pliant' or 'r'")
