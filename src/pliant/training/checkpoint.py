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
from pliant.modelfile import read_model, write_model
from pliant.training.state import TrainingState

SECONDS = 30.0  # between two writes


def engine_of(path: str | os.PathLike[str]) -> str | None:
    """Give the engine of the training that a file keeps, in which it goes on; None if there is no such file yet."""
    if not os.path.lexists(path):
        return None
    engine: str | None = read_model(os.fspath(path))[0].get("checkpoint", {}).get("engine")
    return engine


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
            write_model(self.path, {"checkpoint": self.identity, "state": text}, arrays)
            self.written = monotonic()
