"""A network: widths, shapes, named views into one flat vector of parameters, and initial values.

    eta = offset + skip line(x) + layers(x)        a = activation(a W + b), the last layer without activation

Knows nothing of data, losses or how parameters are found. The parameters lie layer by layer, the weights
(fan_in, fan_out) row by row, then the biases; the weights of the skip line follow, and the gains. One vector, because
optimisers, penalties, Jacobians and files all want one; views, because a derivation wants matrices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from pliant.errors import ArgumentError
from pliant.functions.activations import ACTIVATIONS, Activation
from pliant.types import Array, BoolArray

RATE_OF_BIASES, RATE_OF_LINE, RATE_OF_GAINS = 0.1, 0.1, 6.0  # in NTK parametrisation, beside that of a weight v
STARTS = ("plain", "ntk")  # of initial values


class Layer(NamedTuple):
    """The parameters of one layer, as views."""

    weights: Array  # (fan_in, fan_out)
    biases: Array | None  # (fan_out,)


class Views(NamedTuple):
    """Named views into a flat vector: writing into them writes into it. The gains have `Network.gains_of`."""

    layers: tuple[Layer, ...]
    skip: Array | None  # (inputs, outputs)


@dataclass(frozen=True)
class Network:
    """The shape of a network.

    Attributes
    ----------
    inputs, outputs : int
        Columns of the design matrix without its intercept, and of eta.
    hidden : tuple of int
        Width of each hidden layer; () is the line itself.
    activation : str
        A name of `ACTIVATIONS`, for all hidden layers.
    skip : bool
        Whether a line from all inputs to the outputs runs beside the hidden layers. Without hidden layers the
        one layer is the line, and `skip` means nothing.
    bias : bool
        Whether the outputs have a bias; False for a formula without intercept. Hidden layers always have.
    bends : tuple of int, optional
        The inputs that feed the hidden layers; None for all.
    blocks : int
        So many networks lie side by side in it, of equal widths: between hidden layers the weights from one to another
        are zero, and need not be multiplied.
    gains : bool
        Whether a learned scale s of each input stands before the first hidden layer: z = (x s) W + b. It makes large
        steps where a single weight must not, and `absorb` takes it into W once the training is over.
    """

    inputs: int
    outputs: int
    hidden: tuple[int, ...] = ()
    activation: str = "tanh"
    skip: bool = True
    bias: bool = True
    bends: tuple[int, ...] | None = None
    blocks: int = 1
    gains: bool = False

    def __post_init__(self) -> None:
        if self.inputs < 0 or self.outputs < 1 or any(width < 1 for width in self.hidden):
            raise ArgumentError(
                f"a network needs at least one output and one unit in each hidden layer, "
                f"not inputs={self.inputs}, outputs={self.outputs}, hidden={self.hidden}"
            )
        if self.activation not in ACTIVATIONS:
            choices = ", ".join(ACTIVATIONS)
            raise ArgumentError(f"there is no activation {self.activation!r}; choose one of {choices}")
        if self.bends is not None and not set(self.bends) <= set(range(self.inputs)):
            raise ArgumentError(f"bends={self.bends} names an input that is not there: {self.inputs} inputs")

    @property
    def function(self) -> Activation:
        """Give the activation of the hidden layers."""
        return ACTIVATIONS[self.activation]

    @property
    def has_skip(self) -> bool:
        """Say whether there is a skip line beside hidden layers."""
        return self.skip and bool(self.hidden)

    @cached_property
    def bending(self) -> tuple[int, ...] | None:
        """Give the inputs of the first layer, None if that is all of them in order."""
        if self.bends is None or not self.hidden or self.bends == tuple(range(self.inputs)):
            return None
        return self.bends

    @cached_property
    def shapes(self) -> tuple[tuple[int, int, bool], ...]:
        """Give fan in, fan out, and whether there are biases, of each layer."""
        first = self.inputs if self.bending is None else len(self.bending)
        widths = (first, *self.hidden, self.outputs)
        last = len(self.hidden)
        return tuple((widths[l], widths[l + 1], self.bias or l < last) for l in range(last + 1))

    @cached_property
    def n_parameters(self) -> int:
        """Give the number of parameters, k."""
        layers = sum((fan_in + has_bias) * fan_out for fan_in, fan_out, has_bias in self.shapes)
        return layers + self.inputs * self.outputs * self.has_skip + self.n_gains

    @property
    def n_gains(self) -> int:
        """Give the number of gains: one for each input of the first hidden layer, or none."""
        return self.shapes[0][0] if self.gains and self.hidden else 0

    def views(self, parameters: Any) -> Views:
        """Give the weights and biases in a flat vector (k,), of NumPy or torch, as views into it."""
        layers, at = [], 0
        for fan_in, fan_out, has_bias in self.shapes:
            weights = parameters[at : at + fan_in * fan_out].reshape(fan_in, fan_out)
            at += fan_in * fan_out
            biases = parameters[at : at + fan_out] if has_bias else None
            at += fan_out * has_bias
            layers.append(Layer(weights, biases))
        end = at + self.inputs * self.outputs
        skip = parameters[at:end].reshape(self.inputs, self.outputs) if self.has_skip else None
        return Views(tuple(layers), skip)

    def gains_of(self, parameters: Any) -> Any:
        """Give the gains (fan_in,) in a flat vector (k,), as a view into it; None where there are none."""
        return parameters[self.n_parameters - self.n_gains :] if self.n_gains else None

    def absorb(self, parameters: Array) -> "tuple[Network, Array]":
        """Give the network without gains, and the parameters of the same function: W <- diag(s) W in the first layer.

        Parameters
        ----------
        parameters : ndarray, shape (k,)
            Left as they are.
        """
        plain = replace(self, gains=False)
        own: Array = np.array(parameters[: plain.n_parameters])
        gains = self.gains_of(parameters)
        if gains is not None:
            plain.views(own).layers[0].weights[:] *= gains[:, None]
        return plain, own

    def rate_factors(
        self, bias: float = RATE_OF_BIASES, line: float = RATE_OF_LINE, gain: float = RATE_OF_GAINS
    ) -> Array:
        """Give by what the learning rate of each parameter (k,) is multiplied in NTK parametrisation.

        1 / sqrt(fan_in) for the weights of a layer: a weight v / sqrt(fan_in) whose v is trained by Adam at some rate
        is a plain weight at that rate over sqrt(fan_in), since a step of Adam does not depend on the size of the
        gradient. Without hidden layers the one layer is the line.

        Parameters
        ----------
        bias, line, gain : float
            For biases, for the weights of the line, and for gains.

        References
        ----------
        Jacot, Gabriel and Hongler (2018), Neural Tangent Kernel. Holzmueller, Grinsztajn and Steinwart (2024), Better
        by Default, for the factors of biases and gains.
        """
        factors = np.empty(self.n_parameters)
        layers, skip = self.views(factors)
        for weights, biases in layers:
            weights[:] = max(len(weights), 1) ** -0.5 if self.hidden else line
            if biases is not None:
                biases[:] = bias
        if skip is not None:
            skip[:] = line
        gains = self.gains_of(factors)
        if gains is not None:
            gains[:] = gain
        return factors

    def names(self) -> tuple[str, ...]:
        """Give the name of each parameter, as it stands in `views`: "layers[0].weights[2,1]"."""
        names: list[str] = []
        for l, (fan_in, fan_out, has_bias) in enumerate(self.shapes):
            names += [f"layers[{l}].weights[{k},{j}]" for k in range(fan_in) for j in range(fan_out)]
            names += [f"layers[{l}].biases[{j}]" for j in range(fan_out)] * has_bias
        names += [f"skip[{k},{j}]" for k in range(self.inputs) for j in range(self.outputs)] * self.has_skip
        names += [f"gains[{k}]" for k in range(self.n_gains)]
        return tuple(names)

    @cached_property
    def penalised(self) -> BoolArray:
        """Mark the parameters (k,) that weight decay is for: the weights, not the biases."""
        marks = np.ones(self.n_parameters)
        for layer in self.views(marks).layers:
            if layer.biases is not None:
                layer.biases[:] = 0.0
        gains = self.gains_of(marks)
        if gains is not None:
            gains[:] = 0.0
        return marks > 0.0

    def initial(self, rng: np.random.Generator, line: Array | None = None, start: str = "plain") -> Array:
        """Draw initial parameters (k,).

        | start | hidden weights | hidden biases | output weights |
        |---|---|---|---|
        | "plain" | N(0, 0.64 / fan_in) | U(-1, 1), so that a unit starts where its inputs bend it | N(0, 0.01) |
        | "ntk" | N(0, 1 / fan_in) | N(0, 1) | 0 |

        Output biases and skip line are 0, gains 1.

        Parameters
        ----------
        rng : numpy.random.Generator
        line : ndarray, shape (1 + inputs, outputs), optional
            A fitted line, its intercept first, on the scale of the inputs. It goes into the skip line and
            the output biases (without hidden layers: into the one layer), so that the network starts as it.
        start : {"plain", "ntk"}
            The second is that of NTK parametrisation, for the rates of `rate_factors`.

        Raises
        ------
        ArgumentError
            If there is no such start.
        """
        if start not in STARTS:
            raise ArgumentError(f"there is no start {start!r}; choose {' or '.join(STARTS)}")
        ntk = start == "ntk"
        parameters = np.zeros(self.n_parameters)
        layers, skip = self.views(parameters)
        for weights, biases in layers[:-1]:
            weights[:] = rng.normal(0.0, (1.0 if ntk else 0.8) / max(len(weights), 1) ** 0.5, weights.shape)
            if biases is not None:
                biases[:] = rng.normal(size=biases.shape) if ntk else rng.uniform(-1.0, 1.0, biases.shape)
        weights, biases = layers[-1]
        if not ntk:
            weights[:] = rng.normal(0.0, 0.1, weights.shape)
        gains = self.gains_of(parameters)
        if gains is not None:
            gains[:] = 1.0
        if line is None:
            return parameters
        slopes = skip if self.hidden else weights
        if slopes is not None:
            slopes[:] = line[1:]
        if biases is not None:
            biases[:] = line[0]
        return parameters

    def to_dict(self) -> dict[str, Any]:
        """Give the network as JSON knows it."""
        return {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "hidden": list(self.hidden),
            "activation": self.activation,
            "skip": self.skip,
            "bias": self.bias,
            "bends": None if self.bends is None else list(self.bends),
            "blocks": self.blocks,
            "gains": self.gains,
        }

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> "Network":
        """Give the network that `to_dict` wrote."""
        bends = d["bends"]
        return cls(
            int(d["inputs"]),
            int(d["outputs"]),
            tuple(int(width) for width in d["hidden"]),
            str(d["activation"]),
            bool(d["skip"]),
            bool(d["bias"]),
            None if bends is None else tuple(int(k) for k in bends),
            int(d["blocks"]),
            bool(d["gains"]),
        )
