"""Activations: what bends in a layer. Each is a value and its slope, side by side.

The plain functions hold for a whole array and for one number (a compiler takes them as they stand), real or
complex (a check by complex step): hence `np.maximum(z, -z)` for the absolute value, and no `if`, `np.where`
or indexing. The torch line of each record states the value a second time, in torch's own words: autograd
derives the slope from it, as an independent witness. At a kink the slope is torch's: relu has slope 0 at 0.

Knows nothing of layers, weights or data. To add one: two functions, one record, one name in the tuple below.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pliant.functions.special import normal_cdf, normal_density
from pliant.types import Array


@dataclass(frozen=True)
class Activation:
    """One activation: a = value(z), and d a / d z = slope(z, a)."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]  # of z and a = value(z), which is already at hand
    torch: Callable[[Any, Any], Any] = field(repr=False)  # of the module torch and z


def identity(z: Array) -> Array:
    """z."""
    return z


def identity_slope(z: Array, a: Array) -> Array:
    """1."""
    return 0.0 * z + 1.0


IDENTITY = Activation("identity", identity, identity_slope, torch=lambda torch, z: z)


def tanh(z: Array) -> Array:
    """(exp z - exp -z) / (exp z + exp -z)."""
    return np.tanh(z)


def tanh_slope(z: Array, a: Array) -> Array:
    """1 - a^2."""
    return 1.0 - a * a


TANH = Activation("tanh", tanh, tanh_slope, torch=lambda torch, z: torch.tanh(z))


def logistic(z: Array) -> Array:
    """1 / (1 + exp -z), written so that nothing overflows and the lower tail keeps its digits."""
    small = np.exp(-np.maximum(z, -z))
    return np.where(z < 0.0, small, 1.0) / (1.0 + small)


def logistic_slope(z: Array, a: Array) -> Array:
    """a (1 - a)."""
    return a * (1.0 - a)


LOGISTIC = Activation("logistic", logistic, logistic_slope, torch=lambda torch, z: torch.sigmoid(z))


def relu(z: Array) -> Array:
    """The larger of z and 0."""
    return np.maximum(z, 0.0)


def relu_slope(z: Array, a: Array) -> Array:
    """1 above zero, else 0."""
    return (z > 0.0) * 1.0  # type: ignore[return-value]  # NumPy types bool * float too widely


RELU = Activation("relu", relu, relu_slope, torch=lambda torch, z: torch.relu(z))


def softplus(z: Array) -> Array:
    """log(1 + exp z), written so that neither tail overflows."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.maximum(z, -z)))


def softplus_slope(z: Array, a: Array) -> Array:
    """1 - exp -a."""
    return -np.expm1(-a)


SOFTPLUS = Activation(
    "softplus",
    softplus,
    softplus_slope,
    torch=lambda torch, z: torch.nn.functional.softplus(z, threshold=40.0),
)


def silu(z: Array) -> Array:
    """z / (1 + exp -z)."""
    return z * logistic(z)


def silu_slope(z: Array, a: Array) -> Array:
    """s + a (1 - s), with s = logistic(z) and 1 - s = logistic(-z), which keeps its digits."""
    return logistic(z) + a * logistic(-z)


SILU = Activation("silu", silu, silu_slope, torch=lambda torch, z: torch.nn.functional.silu(z))


def elu(z: Array) -> Array:
    """z above zero, else exp(z) - 1."""
    return np.maximum(z, 0.0) + np.expm1(np.minimum(z, 0.0))


def elu_slope(z: Array, a: Array) -> Array:
    """1 above zero, else a + 1, which is exp z."""
    return np.minimum(a, 0.0) + 1.0


ELU = Activation("elu", elu, elu_slope, torch=lambda torch, z: torch.nn.functional.elu(z))


def gelu(z: Array) -> Array:
    """z Phi(z), with the normal distribution itself and not its approximation by tanh."""
    return z * normal_cdf(z)


def gelu_slope(z: Array, a: Array) -> Array:
    """Phi(z) + z phi(z)."""
    return normal_cdf(z) + z * normal_density(z)


GELU = Activation("gelu", gelu, gelu_slope, torch=lambda torch, z: torch.nn.functional.gelu(z))


def arctan(z: Array) -> Array:
    """The angle whose tangent is z: a sigmoid with long tails."""
    return np.arctan(z)


def arctan_slope(z: Array, a: Array) -> Array:
    """1 / (1 + z^2)."""
    return 1.0 / (1.0 + z * z)


ARCTAN = Activation("arctan", arctan, arctan_slope, torch=lambda torch, z: torch.atan(z))

MOST = 700.0  # exp of more overflows soon


def exponential(z: Array) -> Array:
    """exp z, constant beyond 700 so that it never overflows."""
    return np.exp(np.minimum(z, MOST))


def exponential_slope(z: Array, a: Array) -> Array:
    """exp z to 700, then 0."""
    return a * (z <= MOST)


EXP = Activation("exp", exponential, exponential_slope, torch=lambda torch, z: torch.exp(torch.clamp(z, max=700.0)))

ACTIVATIONS = {a.name: a for a in (IDENTITY, TANH, LOGISTIC, RELU, SOFTPLUS, SILU, ELU, GELU, ARCTAN, EXP)}
