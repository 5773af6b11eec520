"""The jobs that every library is timed on, as data: rows, initial values and row orders are the same for all.

All are gaussian with tanh units, by Adam with constant rate. An epoch's last batch has the rows that are left. With
one input the data are the sine, 4 sin x + noise, standardised. `Library` is what each file of libraries/ offers.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from pliant.engines.contract import Problem, batches
from pliant.engines.reference import predict
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.types import Array, IntArray

Train = Callable[[int], Array]  # epochs at most the job's -> parameters (k,), in pliant's order


def missing(module: str, package: str) -> str | None:
    """Give how to install a package if there is no such module, else None."""
    if importlib.util.find_spec(module) is not None:
        return None
    return f"{package} is not installed and is left out; pip install {package}"


class Library(Protocol):
    """One way to train a network of one output."""

    NAME: str

    def available(self) -> str | None:
        """Give the reason why it cannot run here, or None if it can."""

    def prepare(self, job: "Job", threads: int) -> Train:
        """Give a callable that trains from the start for some epochs."""


@dataclass(frozen=True)
class Job:
    """One training. `batch` is None for all rows a step."""

    name: str
    rows: int
    inputs: int
    hidden: tuple[int, ...]
    batch: int | None
    epochs: int
    rate: float = 0.01
    penalty: float = 0.0  # of each weight, biases free
    seed: int = 4  # of the initial values
    dtype: str = "float32"

    @property
    def steps(self) -> int:
        """Give the number of steps of the whole job."""
        return self.epochs * len(batches(self.rows, self.batch))

    @property
    def sizes(self) -> str:
        """Give what is trained in words."""
        widths = "-".join(str(width) for width in (self.inputs, *self.hidden, 1))
        return f"{self.rows:,} rows, {widths}, " + (f"batch {self.batch:,}" if self.batch else "full batch")

    @cached_property
    def network(self) -> Network:
        """Give the network; no line beside the layers, as elsewhere there is none."""
        return Network(self.inputs, 1, self.hidden, "tanh", skip=False)

    @cached_property
    def X(self) -> Array:
        """Draw the inputs (n, p)."""
        if self.inputs == 1:
            return np.linspace(-(3.0**0.5), 3.0**0.5, self.rows)[:, None].astype(self.dtype)
        return np.random.default_rng(1).normal(size=(self.rows, self.inputs)).astype(self.dtype)

    @cached_property
    def y(self) -> Array:
        """Draw the response (n, 1), of about unit spread."""
        noise = np.random.default_rng(3).normal(size=(self.rows, 1))
        if self.inputs == 1:
            return ((4.0 * np.sin(5.0 / 3.0**0.5 * self.X) + noise) / 3.0).astype(self.dtype)
        slopes = np.random.default_rng(2).normal(size=(self.inputs, 3)) / self.inputs**0.5
        return (np.sin(2.0 * self.X @ slopes).sum(axis=1, keepdims=True) + 0.3 * noise).astype(self.dtype)

    @cached_property
    def start(self) -> Array:
        """Draw the initial parameters (k,)."""
        return self.network.initial(np.random.default_rng(self.seed)).astype(self.dtype)

    @cached_property
    def orders(self) -> IntArray:
        """Draw the row order of every epoch (epochs, n)."""
        rng = np.random.default_rng(5)
        if self.batch is None:
            return np.tile(np.arange(self.rows), (self.epochs, 1))
        return np.array([rng.permutation(self.rows) for _ in range(self.epochs)])

    @cached_property
    def rates(self) -> Array:
        """Give the learning rate of every step (epochs, steps of an epoch)."""
        return np.full((self.epochs, self.steps // self.epochs), self.rate)

    @cached_property
    def problem(self) -> Problem:
        """Give the job as an engine takes it."""
        penalty = self.penalty * self.network.penalised
        X, y = self.X.astype(np.float64), self.y.astype(np.float64)
        nothing = np.zeros(self.rows)
        return Problem(self.network, likelihood("gaussian"), X, y, nothing + 1.0, nothing, penalty)

    def loss(self, parameters: Array) -> float:
        """Give the mean loss of all rows, penalty included, in float64: 1/2 mean (y - eta)^2 + 1/2 penalty |w|^2."""
        parameters = parameters.astype(np.float64)
        errors = self.problem.y - predict(self.network, parameters, self.problem.X)
        return float(0.5 * np.mean(errors**2) + 0.5 * np.sum(self.problem.penalty * parameters**2))


JOBS = (
    Job("seed", 20, 1, (64,), None, 10_000),
    Job("small", 1_000, 8, (64, 64), 32, 40, 0.003),
    Job("mid", 10_000, 8, (64, 64), 256, 10, 0.003),
    Job("big", 100_000, 20, (256, 256), 1_024, 1, 0.001),
)
SMOKE = (Job("seed, 50 steps", 20, 1, (64,), None, 50), Job("batches", 70, 3, (16, 16), 32, 4, 0.003))
