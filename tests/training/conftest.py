"""Small programs that keep the engine's contract with no network in them: the loop is tested on its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pliant.engines.contract import State
from pliant.optimisers import Rule, optimiser
from pliant.training import TrainingState, train
from pliant.types import Array, IntArray

Loss = Callable[[Array, Array], tuple[float, Array]]


def parabola(parameters: Array, rows: Array) -> tuple[float, Array]:
    """Half the squared distance to the rows, curved more in the later parameters."""
    curvature = np.arange(1.0, parameters.size + 1.0)
    apart = parameters - rows
    return float(0.5 * (curvature * apart**2).sum(axis=1).mean()), curvature * apart.mean(axis=0)


def rosenbrock(parameters: Array, rows: Array) -> tuple[float, Array]:
    """The banana-shaped valley with its floor at (1, 1); the rows do not matter."""
    a, b = parameters
    slope = np.array([-400.0 * a * (b - a * a) - 2.0 * (1.0 - a), 200.0 * (b - a * a)])
    return float(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2), slope


class SmallProgram:
    """Keeps `Program`: a loss of parameters and rows, a rule, a batch size."""

    def __init__(self, rule: Rule, rows: Array, batch: int | None = None, loss: Loss = parabola) -> None:
        self.rule, self.rows, self.loss = rule, rows, loss
        self.batch = rows.shape[0] if batch is None else min(batch, rows.shape[0])
        self.calls: list[int] = []
        self.before_epoch: Callable[[int], None] = lambda epoch: None

    def run(self, state: State, orders: IntArray, rates: Array) -> State:
        assert orders.shape == (rates.shape[0], self.rows.shape[0])
        self.calls.append(orders.shape[0])
        parameters, moments, step = state.parameters, tuple(state.moments), state.step
        losses = []
        for e, order in enumerate(orders):
            self.before_epoch(state.epoch + e + 1)
            order = order if self.batch < self.rows.shape[0] else np.arange(self.rows.shape[0])
            seen = 0.0
            for s, rate in enumerate(rates[e]):
                rows = self.rows[order[s * self.batch : (s + 1) * self.batch]]
                loss, gradient = self.loss(parameters, rows)
                seen += loss * rows.shape[0]
                step += 1
                parameters, moments = self.rule.step(parameters, gradient, moments, step, rate)
            losses.append(seen / self.rows.shape[0])
        return replace(
            state,
            parameters=parameters,
            moments=np.array(moments).reshape(state.moments.shape),
            step=step,
            epoch=state.epoch + orders.shape[0],
            losses=np.concatenate([state.losses, losses]),
        )

    def evaluate(self, parameters: Array, X: Array, y: Array, weights: Array, offset: Array) -> float:
        return self.loss(parameters, X)[0]

    def normal(self) -> None:
        return None


def begin(start: list[float], rule: Rule, seed: int = 7) -> State:
    """The state before the first epoch."""
    return State(
        parameters=np.array(start),
        moments=np.zeros((rule.n_moments, len(start))),
        step=0,
        epoch=0,
        losses=np.zeros(0),
        rng=np.random.PCG64(seed).state,
    )


def validation_rows(rows: Array) -> tuple[Array, Array, Array, Array]:
    m = rows.shape[0]
    return rows, np.zeros((m, 1)), np.ones(m), np.zeros(m)


class Workshop:
    """What the tests build trainings from."""

    rows = np.random.default_rng(5).normal([2.0, -1.0, 0.5], 1.0, size=(23, 3))
    validation = validation_rows(np.random.default_rng(6).normal([1.5, -0.5, 0.5], 1.0, size=(9, 3)))
    start = (4.0, 3.0, -2.0)
    begin = staticmethod(begin)
    Program = SmallProgram
    parabola = staticmethod(parabola)
    rosenbrock = staticmethod(rosenbrock)

    def program(self, name: str = "gd", batch: int | None = None, **settings: float) -> SmallProgram:
        return SmallProgram(optimiser(name, **settings), self.rows, batch)

    def run(self, program: SmallProgram, state: State | TrainingState | None = None, **arguments: Any) -> Any:
        state = begin(list(self.start), program.rule) if state is None else state
        plan = {"n": program.rows.shape[0], "epochs": 20, "learning_rate": 0.05, "batch": program.batch}
        return train(program, state, **(plan | arguments))


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()
