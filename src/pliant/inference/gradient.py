"""Check a gradient in front of the user: by hand, by differences, and by automatic differentiation.

The hand-derived gradient is the reference engine's own, not a copy. Automatic differentiation comes from torch,
which is given the network in its own modules and derives every slope itself.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.engines import engine
from pliant.engines.contract import Problem, Program
from pliant.functions.likelihood import Likelihood, likelihood
from pliant.network import Network
from pliant.optimisers import optimiser
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

SHOWN = 40  # parameters in the printed table


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
        width = max(len(name) for name in self.names)
        heads = f"{'':<{width}}  {'by hand':>18}  {'differences':>18}"
        lines = [self.title, heads + ("" if self.autograd is None else f"  {'autograd':>18}")]
        for k, name in enumerate(self.names[:SHOWN]):
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


def check_gradient(problem: Problem, parameters: Array, title: str = "gradient of the mean loss") -> GradientCheck:
    """Compute the gradient of a problem's loss at some parameters in three ways.

    Parameters
    ----------
    problem : Problem
        Network, family and link, rows, penalty.
    parameters : ndarray, shape (k,)
    title : str

    Returns
    -------
    GradientCheck
    """
    rule = optimiser("gd")
    program = engine("reference").load(problem, rule)
    by_hand = program.loss_and_gradient(parameters)[1]
    differences = central_differences(program, parameters)
    torch = engine("torch")
    reason = torch.available()
    autograd = None if reason else torch.load(problem, rule).loss_and_gradient(parameters)[1]
    return GradientCheck(title, problem.network.names(), by_hand, differences, autograd, reason or "")


def central_differences(program: Program, parameters: Array, step: float = 1e-3) -> Array:
    """Give (k,) slopes of the loss from four values each: error of order step^4, then rounding.

    f'(t) = (8 f(t + h) - 8 f(t - h) - f(t + 2 h) + f(t - 2 h)) / (12 h)

    References
    ----------
    Fornberg (1988), Generation of finite difference formulas on arbitrarily spaced grids.
    """
    slopes = np.empty_like(parameters)
    for k in range(len(parameters)):
        h = step * max(1.0, abs(parameters[k]))
        move = np.zeros_like(parameters)
        move[k] = h
        near = program.loss_and_gradient(parameters + move)[0] - program.loss_and_gradient(parameters - move)[0]
        far = program.loss_and_gradient(parameters + 2 * move)[0] - program.loss_and_gradient(parameters - 2 * move)[0]
        slopes[k] = (8.0 * near - far) / (12.0 * h)
    return slopes


def check_gradient_of(model: "Fitted", n: int = 25, seed: int = 0) -> GradientCheck:
    """Check the gradient of a fitted model at its own parameters, on its training rows or on simulated ones.

    Parameters
    ----------
    model : Fitted
    n : int
        Rows: as many of the training rows; simulated where the model came from a file.
    seed : int
        Of the simulated rows.
    """
    rng = np.random.default_rng(seed)
    network, chosen = model.network, model.likelihood
    parameters = np.where(np.isnan(model.parameters), 0.0, model.parameters)
    if model.arrays is None:
        problem = _simulated(network, chosen, rng, n)
        where = f"on {n} simulated rows"
    else:
        rows = model.arrays.take(np.arange(min(n, len(model.arrays.y))))
        y, offset = model.design.scaling.scale_response(rows.y, rows.offset)
        problem = Problem(
            network, chosen, model.design.inputs(rows.X), y, rows.weights, offset, np.zeros(len(parameters))
        )
        where = f"on {len(rows.y)} of its training rows"
    # off the optimum: there the gradient is zero, and relative distances mean nothing
    parameters = parameters + 0.1 * rng.standard_normal(len(parameters)) * np.maximum(np.abs(parameters), 0.1)
    return check_gradient(
        problem, parameters, f"{model.formula}: gradient of the mean loss near its parameters, {where}"
    )


def check_gradient_example(seed: int = 0) -> GradientCheck:
    """Check the gradient of a small network at random weights: 3 inputs, 4 tanh units, a line beside them."""
    rng = np.random.default_rng(seed)
    network, chosen = Network(3, 1, (4,)), likelihood("binomial")
    problem = _simulated(network, chosen, rng, 25)
    problem = replace(problem, penalty=np.where(network.penalised, 0.01, 0.0))
    title = "3 inputs, 4 tanh units beside a line, binomial with logit: gradient of the penalised mean loss"
    return check_gradient(problem, network.initial(rng) + 0.3 * rng.standard_normal(network.n_parameters), title)


def _simulated(network: Network, chosen: Likelihood, rng: np.random.Generator, n: int) -> Problem:
    """Draw rows that the family admits."""
    X = rng.standard_normal((n, network.inputs))
    shape: Any = (n, network.outputs)
    if chosen.has_classes:
        y = np.eye(network.outputs + 1)[rng.integers(0, network.outputs + 1, n)]
    elif chosen.family.name == "binomial":
        y = rng.integers(0, 2, shape) * 1.0
    elif chosen.family.name == "poisson":
        y = rng.poisson(3.0, shape) * 1.0
    else:
        y = rng.standard_normal(shape)
    return Problem(network, chosen, X, y, np.ones(n), np.zeros(n), np.zeros(network.n_parameters))
