"""The plan of a training: how long, in what batches, at what rates, in what row order.

All arguments are checked here, once. The plan holds no state: what it gives for an epoch depends on the
number of the epoch and on the generator's state at its beginning.
"""

from dataclasses import dataclass, replace

import numpy as np

from pliant.engines.contract import State
from pliant.errors import ArgumentError
from pliant.optimisers.checks import check_choice, check_count, check_number
from pliant.training.schedule import SCHEDULES, rates
from pliant.types import Array, IntArray


@dataclass(frozen=True)
class Plan:
    """Checked arguments of a training."""

    n: int  # training rows
    epochs: int  # the training ends after this epoch, counted from its start
    batch: int | None  # rows of a step; None: all rows, in the table's order
    learning_rate: float
    schedule: str
    horizon: int  # epochs over which the schedule runs
    patience: int | None  # epochs without a better validation loss before an early stop
    every: int  # epochs from one validation to the next

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return 1 if self.batch is None else -(-self.n // self.batch)

    def rates(self, state: State, epochs: int) -> Array:
        """Give the learning rates of the next epochs; (epochs, steps)."""
        horizon = max(1, self.horizon * self.steps)
        flat = rates(self.schedule, self.learning_rate, state.step, epochs * self.steps, horizon)
        return flat.reshape(epochs, self.steps)

    def orders(self, state: State, epochs: int) -> tuple[IntArray, State]:
        """Give the row orders (epochs, n) of the next epochs, and the state with the generator after them.

        A full batch takes the table's order, and the generator is left alone.
        """
        if self.batch is None or state.rng is None:
            return np.broadcast_to(np.arange(self.n), (epochs, self.n)), state
        generator = np.random.Generator(np.random.PCG64(0))
        generator.bit_generator.state = state.rng
        orders = np.empty((epochs, self.n), dtype=np.int64)
        for order in orders:
            order[:] = generator.permutation(self.n)
        return orders, replace(state, rng=dict(generator.bit_generator.state))

    def validates(self, epoch: int) -> bool:
        """Whether the validation loss is measured after this epoch; a matter of its number alone."""
        return epoch % self.every == 0 or epoch == self.horizon

    def until_validation(self, epoch: int) -> int:
        """Give how many epochs there are from here to the next validation."""
        ahead = self.every - epoch % self.every
        return min(ahead, self.horizon - epoch) if epoch < self.horizon else ahead


def make_plan(
    *,
    n: int,
    epochs: int,
    batch: int | None,
    learning_rate: float,
    schedule: str,
    horizon: int | None,
    patience: int | None,
    every: int,
    validates: bool,
    state: State,
) -> Plan:
    """Check the arguments of `train` and give the plan; ArgumentError says what is wrong."""
    n = check_count("n", n, at_least=1)
    epochs = check_count("epochs", epochs)
    batch = None if batch is None else check_count("batch", batch, at_least=1)
    if patience is not None:
        patience = check_count("patience", patience, at_least=1)
        if not validates:
            raise ArgumentError("patience needs validation rows; pass validation=0.2 or leave patience out")
    if batch is not None and batch >= n:
        batch = None
    if batch is not None and state.rng is None:
        raise ArgumentError("batches are drawn at random, and the state has no generator; start it with a seed")
    return Plan(
        n=n,
        epochs=epochs,
        batch=batch,
        learning_rate=check_number("learning_rate", learning_rate, above=0.0),
        schedule=check_choice("schedule", schedule, SCHEDULES),
        horizon=epochs if horizon is None else check_count("horizon", horizon),
        patience=patience,
        every=check_count("every", every, at_least=1),
    )
