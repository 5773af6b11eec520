"""How many epochs the engine is asked for at once.

That is a matter of speed alone: about a tenth of a second's worth, so that Ctrl-C and progress are prompt
while a compiled engine still runs many epochs without coming back. What an epoch does depends only on the
state before it, hence the result is the same to the last bit for any portions.
"""

from dataclasses import replace
from time import perf_counter

import numpy as np

from pliant.engines.contract import Program, State
from pliant.training.plan import Plan

SECONDS = 0.1  # what one call of the engine should take
MOST_NUMBERS = 2_000_000  # row numbers or rates drawn ahead: 16 MB


class Portions:
    """Runs epochs, few or many at a time as their measured speed allows."""

    def __init__(self, program: Program, plan: Plan) -> None:
        self.program, self.plan = program, plan
        self.most = max(1, MOST_NUMBERS // (plan.n if plan.batch else 1))
        self.next = 1

    def run(self, state: State, left: int) -> State:
        """Give the state after some epochs, at least one and at most `left`; its losses are of these alone.

        Were they all handed back and forth, the time for them would grow with the square of the epochs.
        """
        epochs = min(self.next, left, self.most)
        began = perf_counter()
        orders, state = self.plan.orders(state, epochs)
        state = replace(state, losses=np.zeros(0))
        after = self.program.run(state, orders, self.plan.rates(state, epochs))
        each = (perf_counter() - began) / epochs
        # Tenfold at most: the first call may have compiled something and is no measure.
        self.next = max(1, int(min(10 * epochs, SECONDS / max(each, 1e-9))))
        return replace(after, rng=state.rng)

    def one_by_one(self) -> None:
        """Ask for a single epoch next."""
        self.next = 1
