"""The contract that every engine keeps: what goes in, what comes out.

An engine moves the arrays of a problem once (`load`) and gives a program. Everything that changes comes in as
a `State` and goes out as a new one; nothing hides in the program, so a run that is stopped, written, read and
continued is the unbroken run, bit for bit. Row orders and learning rates are drawn outside, by the training
loop: every engine walks the same path, and parameters agree to 1e-10 in float64 over 100 steps.

An engine that can do more (a Jacobian on the device, members in one batch) has more methods: ask what it can
do, never what it is called.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pliant.errors import ArgumentError
from pliant.functions.likelihood import Likelihood
from pliant.network import Network
from pliant.optimisers.gauss_newton import Damped, Fall, System
from pliant.optimisers.rule import Rule
from pliant.types import Array, IntArray

PRECISIONS = ("float64", "float32")  # of engines that have a choice


def check_precision(precision: str) -> None:
    """Refuse a precision that no engine has.

    Raises
    ------
    ArgumentError
        Names the choices.
    """
    if precision not in PRECISIONS:
        raise ArgumentError(f"there is no precision {precision!r}; choose {' or '.join(PRECISIONS)}")


@dataclass(frozen=True)
class State:
    """Where a training stands: all that a step changes, as NumPy arrays in float64."""

    parameters: Array  # (k,)
    moments: Array  # (m, k), m = rule.n_moments; zeros at the start
    step: int = 0  # updates made so far
    epoch: int = 0  # epochs run so far
    losses: Array = field(default_factory=lambda: np.zeros(0))  # (epoch,), the loss of every epoch so far
    rng: dict[str, Any] | None = None  # of the loop's generator; engines pass it through


@dataclass(frozen=True)
class Problem:
    """What is minimised, as a function of the parameters (k,).

    loss = sum_i w_i l_i / sum_i w_i + 1/2 sum_k penalty_k parameters_k^2

    `decays` and `rates` say how a rule moves, and change no minimum of the loss. A rule's own weight decay goes by the
    rate of each parameter too. Drivers have no rate, and read neither.
    """

    network: Network
    likelihood: Likelihood
    X: Array  # (n, inputs), standardised, without the column of ones
    y: Array  # (n, q), or (n, C) for classes
    weights: Array  # (n,), not negative
    offset: Array  # (n,), on the scale of the link
    penalty: Array  # (k,), not negative
    decays: Array | None = None  # (k,), 1 where a rule's own weight decay applies; None: everywhere
    rates: Array | None = None  # (k,), not negative, times a rule's learning rate; 0: it stays; None: 1 everywhere

    @property
    def n_rows(self) -> int:
        """Give the number of rows, n."""
        return len(self.X)


class Program(Protocol):
    """A problem that an engine has loaded. Arrays go in and come out as NumPy's, in float64."""

    def run(self, state: State, orders: IntArray, rates: Array) -> State:
        """Train for as many epochs as `orders` has rows.

        Parameters
        ----------
        state : State
            Left as it is.
        orders : ndarray of int, shape (epochs, n)
            The order of the rows in each epoch. A batch is a consecutive slice of it; the last may be
            smaller. With a full batch the rows are taken as they lie and only the number of epochs counts.
        rates : ndarray, shape (epochs, steps)
            Learning rate of each step.

        Returns
        -------
        State
            Moved on. To `losses` one value an epoch is appended: the mean of the batch losses, penalty
            included, each at the parameters before its update, weighted by the sum of its row weights.
            A run that diverges ends in inf or NaN; no warning is raised.
        """

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """Give the loss over all rows, penalty included, and its gradient (k,)."""

    def predict(self, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q) for new rows X (m, inputs) and offset (m,)."""

    def jacobian(self, parameters: Array, X: Array) -> Array:
        """Give d eta / d parameters (m, q, k)."""

    def evaluate(self, parameters: Array, X: Array, y: Array, weights: Array, offset: Array) -> float:
        """Give the mean loss over other rows, without penalty."""

    def normal(self) -> "Normal | None":
        """Give what sums the normal equations over all rows in one go, for one thread; None if the engine cannot."""


class Normal(Protocol):
    """What damped Gauss-Newton asks of all rows of a problem, summed, so that A (n r, k) need not be in memory."""

    def loss(self, parameters: Array) -> tuple[float, Array]:
        """Give sum_i w_i l_i, and eta (n, q)."""

    def system(self, parameters: Array, F: Array, b: Array) -> System:
        """Give the system of A, whose lines for row i are F_i (r, q) d eta_i / d parameters.

        Parameters
        ----------
        parameters : ndarray, shape (k,)
        F : ndarray, shape (n, r, q)
            The root of each row's information.
        b : ndarray, shape (n, r)
        """

    def fall(
        self, system: System, at: Damped, decay: Array, pull: Array, tries: int
    ) -> tuple[Fall, float, Array] | None:
        """Give what `gauss_newton.fall` gives, by a system of this object's own, with the loss and eta (n, q) there."""


class Engine(Protocol):
    """One way of computing. `available` says why it cannot run here, or None."""

    @property
    def name(self) -> str:
        """Give its name in `ENGINES`."""

    def available(self) -> str | None:
        """Give the reason why this engine cannot run here, or None if it can."""

    def load(self, problem: Problem, rule: Rule, batch: int | None = None) -> Program:
        """Move the arrays of a problem; `batch` rows a step, None for all."""

    def forward(self, network: Network, parameters: Array, X: Array, offset: Array | None = None) -> Array:
        """Give eta (m, q) of a network without a problem."""


def batches(n: int, batch: int | None) -> list[slice]:
    """Give the slices of a row order that one epoch steps through.

    >>> batches(7, 3)
    [slice(0, 3, None), slice(3, 6, None), slice(6, 7, None)]
    """
    size = n if batch is None else min(batch, n)
    return [slice(at, min(at + size, n)) for at in range(0, n, size)]
