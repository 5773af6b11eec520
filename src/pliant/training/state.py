"""Everything a training needs to go on: what the engine moves, the best so far, the history.

It knows neither data nor network. Whoever goes on brings the same rows, the same optimiser and the same plan;
the result is then, bit for bit, that of a training which never stopped.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pliant.engines.contract import State
from pliant.errors import ModelFileError
from pliant.schema import (
    COUNTS,
    FINITE,
    NOT_NEGATIVE,
    NUMBERS,
    Field,
    Unfit,
    Values,
    check_arrays,
    choice,
    maybe,
    parse_json,
    record,
    whole,
)
from pliant.training.history import COLUMNS, History
from pliant.types import Array

ARRAYS = ("parameters", "moments", "losses", "best_parameters", "best_loss")
WORD = 2**128 - 1  # the largest number of the generator's state
STATE = {  # the arrays of a file
    "parameters": Values(("k",), FINITE, "where the training stands"),
    "moments": Values(("moments", "k"), FINITE, "running values of the optimiser"),
    "losses": Values(("losses",), NUMBERS, "of every epoch"),
    "best_parameters": Values(("k",), FINITE, "of the lowest validation loss"),
    "best_loss": Values((), NUMBERS, "the lowest validation loss; NaN: none"),
    "history_epoch": Values(("told",), COUNTS, "number of the epoch"),
    "history_loss": Values(("told",), NUMBERS, "of the training rows during it"),
    "history_validation_loss": Values(("told",), NUMBERS, "of the rows held out, after it; NaN: not measured"),
    "history_learning_rate": Values(("told",), NUMBERS, "of its first step; NaN: none"),
    "history_seconds": Values(("told",), NOT_NEGATIVE, "of training up to its end"),
}
GENERATOR = record(
    "the state of a generator",
    {
        "bit_generator": Field(choice("PCG64"), "its name"),
        "state": Field(
            record("two numbers", {name: Field(whole(0, WORD), "of 128 bits") for name in ("state", "inc")}),
            "its state",
        ),
        "has_uint32": Field(whole(0, 1), "whether half a number is left"),
        "uinteger": Field(whole(0, 2**32 - 1), "which"),
    },
)
FACTS = record(
    "the state of training",
    {
        "step": Field(whole(), "updates made"),
        "epoch": Field(whole(), "epochs done"),
        "best_epoch": Field(whole(), "the one that the best parameters are of"),
        "rng": Field(maybe(GENERATOR), "that draws the orders of the rows; null: none"),
    },
)


@dataclass(frozen=True)
class TrainingState:
    """A training between two epochs."""

    state: State
    best_parameters: Array  # (k,), of the lowest validation loss; without validation those of the start
    best_loss: float = math.nan  # lowest validation loss, NaN before the first one
    best_epoch: int = 0  # the epoch it was measured after; patience is counted from here
    history: History = field(default_factory=History, compare=False)

    @classmethod
    def start(cls, state: State) -> "TrainingState":
        """Give the training that begins with this state of the engine."""
        return cls(state, state.parameters, best_epoch=state.epoch)

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.state.epoch

    def to_arrays(self) -> tuple[dict[str, Array], str]:
        """Give the arrays (float64) and, as JSON text, the facts; together they are the whole state."""
        inner = self.state
        arrays = {
            "parameters": inner.parameters,
            "moments": inner.moments,
            "losses": inner.losses,
            "best_parameters": self.best_parameters,
            "best_loss": np.array(self.best_loss),
        }
        arrays |= {f"history_{name}": values for name, values in self.history.to_arrays().items()}
        facts = {"step": inner.step, "epoch": inner.epoch, "best_epoch": self.best_epoch, "rng": inner.rng}
        return arrays, json.dumps(facts)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], facts: str) -> "TrainingState":
        """Read what `to_arrays` gave.

        Raises
        ------
        ModelFileError
            If something is missing, or shapes do not belong together; says what.
        """
        try:
            held = _facts(facts)
            check_arrays(arrays, STATE, {})
        except Unfit as problem:
            raise ModelFileError(f"the state of training cannot be read: {problem}; the file may be damaged") from None
        part = {name: np.array(arrays[name], dtype=np.float64) for name in ARRAYS}
        state = State(
            parameters=part["parameters"],
            moments=part["moments"],
            step=held["step"],
            epoch=held["epoch"],
            losses=part["losses"],
            rng=held["rng"],
        )
        history = History.from_dict({name: arrays[f"history_{name}"] for name in COLUMNS})
        return cls(state, part["best_parameters"], float(part["best_loss"]), held["best_epoch"], history)


def _facts(text: str) -> dict[str, Any]:
    """Read the JSON part: three counts and the state of the generator."""
    facts: dict[str, Any] = parse_json(text, "its text")
    FACTS.test(facts, "")
    return facts
