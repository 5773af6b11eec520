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
from pliant.training.history import COLUMNS, History
from pliant.types import Array

ARRAYS = ("parameters", "moments", "losses", "best_parameters", "best_loss")
FACTS = ("step", "epoch", "best_epoch", "rng")


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
        held = _facts(facts)
        missing = [name for name in (*ARRAYS, *(f"history_{c}" for c in COLUMNS)) if name not in arrays]
        if missing:
            raise ModelFileError(f"the state of training lacks {', '.join(missing)}; the file may be damaged")
        part = {name: np.array(arrays[name], dtype=np.float64) for name in ARRAYS}
        if not _belong_together(part):
            raise ModelFileError("the arrays of the state of training differ in size; the file may be damaged")
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
    try:
        facts = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError("the state of training is not JSON; the file may be damaged") from error
    if not isinstance(facts, dict) or set(facts) != set(FACTS):
        raise ModelFileError(f"the state of training needs {', '.join(FACTS)}; the file may be damaged")
    counts = [facts[name] for name in FACTS[:-1]]
    if not all(type(count) is int and count >= 0 for count in counts):
        raise ModelFileError("step, epoch and best_epoch have to be whole numbers; the file may be damaged")
    if facts["rng"] is not None:
        try:
            np.random.PCG64(0).state = facts["rng"]
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise ModelFileError("the state of the generator cannot be read; the file may be damaged") from error
    return facts


def _belong_together(part: Mapping[str, Array]) -> bool:
    """Whether the arrays have the shapes (k,), (m, k), (epochs,), (k,) and ()."""
    shapes = [part[name].shape for name in ARRAYS]
    k, epochs = part["parameters"].size, part["losses"].size
    return shapes == [(k,), (*shapes[1][:1], k), (epochs,), (k,), ()]
