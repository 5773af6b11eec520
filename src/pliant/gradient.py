"""Check a gradient in front of the user: by hand, by differences, and by automatic differentiation.

The hand-derived gradient is the reference engine's own, not a copy. Automatic differentiation comes from torch,
which is given the network in its own modules and derives every slope itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.engines import engine
from pliant.engines.contract import Problem, Program
from pliant.errors import ArgumentError
from pliant.functions.likelihood import Likelihood, likelihood
from pliant.harmless import on_one_line, visible
from pliant.network import Network
from pliant.optimisers import optimiser
from pliant.optimisers.checks import check_number
from pliant.types import Array, IntArray

SHOWN = 40  # parameters in the printed table
MOST, DRAWN = 5_000, 500  # with more parameters than that, so many are checked: four losses each


@dataclass(frozen=True)
class GradientCheck:
    """One gradient, computed three ways.

    Attributes
    ----------
    names : tuple of str
        Of the parameters.
    by_hand, differences, autograd : ndarray, shape (k,)
        `autograd` is None where torch is not installed.
    without : str
        Why there is no `autograd`; empty if there is.
    """

    title: str
    names: tuple[str, ...]
    by_hand: Array  # (k,)
    differences: Array  # (k,)
    autograd: Array | None  # (k,)
    without: str = ""

    @property
    def worst_difference(self) -> float:
        """Largest relative distance between hand and differences."""
        return relative_distance(self.by_hand, self.differences)

    @property
    def worst_autograd(self) -> float:
        """Largest relative distance between hand and automatic differentiation; NaN without torch."""
        return float("nan") if self.autograd is None else relative_distance(self.by_hand, self.autograd)

    def __str__(self) -> str:
        names = [on_one_line(name) for name in self.names]
        width = max(map(len, names))
        heads = f"{'':<{width}}  {'by hand':>18}  {'differences':>18}"
        lines = [visible(self.title), heads + ("" if self.autograd is None else f"  {'autograd':>18}")]
        for k, name in enumerate(names[:SHOWN]):
            row = f"{name:<{width}}  {self.by_hand[k]:>18.11g}  {self.differences[k]:>18.11g}"
            lines.append(row + ("" if self.autograd is None else f"  {self.autograd[k]:>18.11g}"))
        if len(self.names) > SHOWN:
            lines.append(f"... and {len(self.names) - SHOWN} more parameters")
        lines.append(f"worst relative difference to differences: {self.worst_difference:.1e}")
        if self.autograd is None:
            lines.append(f"no automatic differentiation: {self.without}")
        else:
            lines.append(f"worst relative difference to autograd:    {self.worst_autograd:.1e}")
        return "\n".join(lines)

    __repr__ = __str__


def relative_distance(ours: Array, theirs: Array) -> float:
    """Give the largest |ours - theirs|, relative to the size of the number or of the whole gradient's mean size."""
    scale = np.maximum(np.maximum(np.abs(ours), np.abs(theirs)), np.mean(np.abs(theirs)) + 1e-300)
    return float(np.max(np.abs(ours - theirs) / scale, initial=0.0))


def check_gradient(
    X: Any,
    y: Any,
    *,
    network: Network | int | Sequence[int] = (),
    activation: str = "tanh",
    skip: bool = True,
    family: str = "gaussian",
    link: str | None = None,
    parameters: Any = None,
    weights: Any = None,
    offset: Any = None,
    penalty: float = 0.0,
    precision: str = "float64",
    seed: int = 0,
) -> GradientCheck:
    """Compute the gradient of any network's loss in three ways, side by side.

    loss = sum_i w_i loss(y_i, eta_i) / sum_i w_i + penalty / 2 * sum of squared weights

    Parameters
    ----------
    X : array, shape (n,) or (n, inputs)
        Without the column of ones.
    y : array, shape (n,) or (n, outputs)
        In the family's units; classes as names or numbers (n,), or one column a class.
    network : Network, int or sequence of int
        Widths of the hidden layers, () for a line; or a network, which brings its own activation and skip.
    activation : str
        Of the hidden layers.
    skip : bool
        Whether a line runs beside the hidden layers.
    family, link : str
        As `pliant.fit` takes them.
    parameters : array, shape (k,), optional
        Where to take the gradient, in the order of `Network.names()`; drawn from the seed by default.
    weights, offset : array, shape (n,), optional
        Prior weights, and a known part of eta.
    penalty : float
        On the squared weights, biases left out.
    precision : {"float64", "float32"}
        Of automatic differentiation; by hand and by differences it is always float64.
    seed : int
        Of the parameters, if they are drawn.

    Returns
    -------
    GradientCheck
        Prints as a table; `by_hand`, `differences`, `autograd`, `worst_difference`, `worst_autograd`.

    Raises
    ------
    ArgumentError
        If shapes do not belong together, or an argument is not known.

    Examples
    --------
    >>> check = check_gradient([0.0, 1.0, 2.0], [3.0, 4.0, 5.0], parameters=[1.0, 1.0])
    >>> check.by_hand
    array([-2., -2.])
    """
    inputs, chosen = _rows(X, "X"), likelihood(family, link)
    response = _response(chosen, y)
    outputs = chosen.outputs(response)
    if not isinstance(network, Network):
        widths = (network,) if isinstance(network, int) else tuple(network)
        network = Network(inputs.shape[1], outputs, () if widths == (0,) else widths, activation, skip)
    if inputs.shape[1] != network.inputs or outputs != network.outputs or len(inputs) != len(response):
        raise ArgumentError(
            f"X has shape {inputs.shape} and y {response.shape}; "
            f"the network has {network.inputs} inputs and {network.outputs} outputs"
        )
    flat = network.initial(np.random.default_rng(seed)) if parameters is None else np.array(parameters, dtype=float)
    if flat.shape != (network.n_parameters,):
        raise ArgumentError(f"parameters have shape {flat.shape}; this network has {network.n_parameters}")
    problem = Problem(
        network,
        chosen,
        inputs,
        response,
        _one_a_row("weights", weights, len(inputs), 1.0),
        _one_a_row("offset", offset, len(inputs), 0.0),
        np.where(network.penalised, check_number("penalty", penalty, at_least=0.0), 0.0),
    )
    hidden = " and ".join(str(width) for width in network.hidden)
    what = f"a network of {hidden} {network.activation} units" if hidden else "a line"
    title = f"{what}, {chosen.family.name}: gradient of the mean loss of {len(inputs)} rows"
    return check_problem(problem, flat, title, precision)


def _rows(values: Any, name: str) -> Array:
    """Give numbers (n, columns), or say that they are not."""
    array = np.array(values, dtype=float)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not len(array):
        raise ArgumentError(f"{name} has shape {array.shape}; give (n,), or rows and columns")
    return array


def _response(chosen: Likelihood, y: Any) -> Array:
    """Give y (n, q), or (n, C) for classes, as the family codes it; say if it is not admitted."""
    if chosen.has_classes and np.ndim(y) == 1:
        levels, codes = np.unique(np.asarray(y), return_inverse=True)
        one_hot: Array = np.eye(len(levels))[codes]
        return one_hot
    response = _rows(y, "y")
    if not np.all(chosen.family.admits(response)):
        raise ArgumentError(f"y has values that the {chosen.family.name} family does not admit")
    return response


def _one_a_row(name: str, values: Any, n: int, usual: float) -> Array:
    """Give one number a row (n,)."""
    array = np.full(n, usual) if values is None else np.array(values, dtype=float)
    if array.shape != (n,):
        raise ArgumentError(f"{name} has shape {array.shape}; give one number for each of {n} rows")
    return array


def check_problem(
    problem: Problem, parameters: Array, title: str = "gradient of the mean loss", precision: str = "float64"
) -> GradientCheck:
    """Compute the gradient of a problem's loss at some parameters in three ways.

    Parameters
    ----------
    problem : Problem
        Network, family and link, rows, penalty.
    parameters : ndarray, shape (k,)
    title : str
    precision : {"float64", "float32"}
        Of automatic differentiation.

    Returns
    -------
    GradientCheck
    """
    rule = optimiser("gd")
    program = engine("reference").load(problem, rule)
    names, at = problem.network.names(), np.arange(len(parameters))
    if len(at) > MOST:
        at = np.sort(np.random.default_rng(0).choice(len(at), DRAWN, replace=False))
        title += f"; {DRAWN:,} of its {len(parameters):,} entries, drawn at random"
    by_hand = program.loss_and_gradient(parameters)[1][at]
    differences = central_differences(program, parameters, at)
    torch = engine("torch", precision)
    reason = torch.available()
    autograd = None if reason else torch.load(problem, rule).loss_and_gradient(parameters)[1][at]
    return GradientCheck(title, tuple(names[k] for k in at), by_hand, differences, autograd, reason or "")


def central_differences(program: Program, parameters: Array, at: IntArray, step: float = 1e-3) -> Array:
    """Give slopes of the loss along some parameters from four values each: error of order step^4, then rounding.

    f'(t) = (8 f(t + h) - 8 f(t - h) - f(t + 2 h) + f(t - 2 h)) / (12 h)

    References
    ----------
    Fornberg (1988), Generation of finite difference formulas on arbitrarily spaced grids.
    """
    slopes = np.empty(len(at))
    for place, k in enumerate(at):
        h = step * max(1.0, abs(parameters[k]))
        move = np.zeros_like(parameters)
        move[k] = h
        near = program.loss_and_gradient(parameters + move)[0] - program.loss_and_gradient(parameters - move)[0]
        far = program.loss_and_gradient(parameters + 2 * move)[0] - program.loss_and_gradient(parameters - 2 * move)[0]
        slopes[place] = (8.0 * near - far) / (12.0 * h)
    return slopes
