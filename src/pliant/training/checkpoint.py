"""A training's state in a file, so that a run that was stopped goes on where it stood.

The file belongs to one training: what is fitted, how, and to which rows is written beside the state, and a
training that differs in any of it is refused.
"""

import os
from collections.abc import Mapping
from time import monotonic
from typing import Any

from pliant.data.files import check_target
from pliant.errors import ArgumentError, ModelFileError
from pliant.modelfile import hold, read_model, write_model
from pliant.schema import ANYTHING, DIGEST, TEXT, Field, check_arrays, mapping, parse_json, record, whole
from pliant.training.state import FACTS, STATE, TrainingState
from pliant.types import Array

SECONDS = 30.0  # between two writes


def engine_of(path: str | os.PathLike[str]) -> str | None:
    """Give the engine of the training that a file keeps, in which it goes on; None if there is no such file yet."""
    if not os.path.lexists(path):
        return None
    facts, arrays = read_model(path)
    if "checkpoint" not in facts:
        return None
    hold(path, facts, arrays, check_checkpoint)
    engine: str | None = facts["checkpoint"].get("engine")
    return engine


CHECKPOINT = record(
    "a checkpoint",
    {
        "sha256": Field(DIGEST, "of the whole file, these 64 characters counted as zeros"),
        "format": Field(whole(1), "version of the format"),
        "checkpoint": Field(mapping(ANYTHING), "which training it is: settings, network, family, formula, rows"),
        "state": Field(TEXT, "JSON of step, epoch, best_epoch, and rng of the training"),
    },
)


def check_checkpoint(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Hold what a file says to what belongs in a checkpoint; what is wrong raises Unfit."""
    CHECKPOINT.test(facts, "")
    FACTS.test(parse_json(facts["state"], "state"), "state")
    check_arrays(arrays, STATE, {})


class Checkpoint:
    """The file of one training.

    Parameters
    ----------
    path : path
    identity : mapping
        What the training is: names with JSON values, compared one by one.
    """

    def __init__(self, path: str | os.PathLike[str], identity: Mapping[str, Any]) -> None:
        self.path, self.identity = os.fspath(path), dict(identity)
        check_target(self.path)
        self.written = monotonic()

    def read(self) -> TrainingState | None:
        """Give the state to go on from; None if there is no file yet.

        Raises
        ------
        ArgumentError
            If the file is of another training; says what differs.
        ModelFileError
            If the file is damaged or no checkpoint.
        """
        if not os.path.lexists(self.path):
            return None
        facts, arrays = read_model(self.path)
        if "checkpoint" not in facts:
            raise ModelFileError(f"{self.path} is a model, not a checkpoint; name another file")
        hold(self.path, facts, arrays, check_checkpoint)
        there = facts["checkpoint"]
        different = [name for name in self.identity if there.get(name) != self.identity[name]]
        if different:
            raise ArgumentError(
                f"the checkpoint {self.path} is of another training: {', '.join(different)} differ; "
                "name another file, or remove this one"
            )
        return TrainingState.from_arrays(arrays, facts["state"])

    def keep(self, state: TrainingState, now: bool = False) -> None:
        """Write the state, but not more often than every half minute unless it has to be now."""
        if now or monotonic() - self.written > SECONDS:
            arrays, text = state.to_arrays()
            write_model(self.path, {"checkpoint": self.identity, "state": text}, arrays, check_checkpoint)
            self.written = monotonic()
