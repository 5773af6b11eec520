"""The trainings of one fit in a file, so that a fit that was stopped goes on where it stood.

A fit is one training or has parts: members, of one recipe and perhaps of another beside it. The file keeps the result
of every part that is done and the state of those that run, all together, and is replaced whole. A part that is done in
a second, as one by damped Gauss-Newton, is kept when it is done; its steps are not.

The file belongs to one fit: what is fitted, how, and to which rows is written beside the states, and a fit that differs
in any of it is refused, with what differs. It knows neither data nor network.
"""

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Any

from pliant.data.columns import shown
from pliant.data.files import check_target
from pliant.errors import ArgumentError, ModelFileError, PliantWarning
from pliant.modelfile import MAX_BYTES, hold, read_model, write_model
from pliant.schema import (
    ANYTHING,
    DIGEST,
    TEXT,
    Field,
    Unfit,
    check_arrays,
    choice,
    mapping,
    parse_json,
    record,
    row,
    whole,
)
from pliant.training.every import USUAL, Every, read_every
from pliant.training.state import FACTS, STATE, TrainingState
from pliant.types import Array

MOST = 5  # differences that a message names
SHORTEST = 60  # characters of a value in a message
Found = Mapping[str, Array]  # arrays by name: the result of a part
State = Callable[[], TrainingState]


@dataclass(frozen=True)
class Identity:
    """What a fit is: settings by name, with JSON values, and digests of what is too long to show."""

    settings: Mapping[str, Any]
    digests: Mapping[str, str]  # of "the values of 'x'", for example

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say."""
        return {"settings": dict(self.settings), "digests": dict(self.digests)}


FOUND, STANDS = "found", "state"  # kinds of a part: done, and on its way
CHECKPOINT = record(
    "a checkpoint",
    {
        "sha256": Field(DIGEST, "of the whole file, these 64 characters counted as zeros"),
        "format": Field(whole(1), "version of the format"),
        "checkpoint": Field(
            mapping(
                record(
                    "settings and digests",
                    {
                        "settings": Field(mapping(ANYTHING), "settings, network, family, formula, number of rows"),
                        "digests": Field(mapping(TEXT), "of what is too long to show, such as the values of a column"),
                    },
                )
            ),
            "which fit it is, by the stage of it",
        ),
        "parts": Field(
            mapping(row(choice(FOUND, STANDS), TEXT)),
            "whether it is done, or how it stands: JSON of step, epoch, best_epoch, and rng",
        ),
    },
)


def check_checkpoint(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Hold what a file says to what belongs in a checkpoint; what is wrong raises Unfit."""
    CHECKPOINT.test(facts, "")
    for name in arrays:
        if name.rpartition("/")[0] not in facts["parts"]:
            raise Unfit(f"the array {shown(name, SHORTEST)} is of no part")
    for name, (kind, text) in facts["parts"].items():
        if kind == STANDS:
            FACTS.test(parse_json(text, f"parts[{name}]"), f"parts[{name}]")
            check_arrays(_of_part(name, arrays), STATE, {})


def _of_part(name: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Give the arrays of a part by their own names."""
    return {key.removeprefix(f"{name}/"): values for key, values in arrays.items() if key.rpartition("/")[0] == name}


class Checkpoint:
    """The file of one fit. As a context it is written at the end, however that comes.

    Parameters
    ----------
    path : path
    every : Every
        From one write to the next.

    Raises
    ------
    ArgumentError
        If the file cannot be written where it is to be.
    ModelFileError
        If what is there is damaged or no checkpoint.
    """

    def __init__(self, path: str | os.PathLike[str], every: Every | None = None) -> None:
        self.path, self.every = os.fspath(path), every or read_every(USUAL)
        check_target(self.path)
        self._stages: dict[str, Any] = {}
        self._found: dict[str, Found] = {}
        self._states: dict[str, State] = {}
        self._written_epochs: dict[str, int] = {}
        self._lock, self._writing = Lock(), Lock()  # of what is kept, and of the file
        self._changes, self._written_changes = 0, 0
        if os.path.lexists(self.path):
            self._read()
        self.written = monotonic()

    def _read(self) -> None:
        """Take what the file holds."""
        facts, arrays = read_model(self.path)
        if "checkpoint" not in facts:
            raise ModelFileError(f"{self.path} is a model, not a checkpoint; name another file")
        hold(self.path, facts, arrays, check_checkpoint)
        self._stages = dict(facts["checkpoint"])
        for name, (kind, text) in facts["parts"].items():
            own = _of_part(name, arrays)
            if kind == FOUND:
                self._found[name] = own
            else:
                state = TrainingState.from_arrays(own, text)
                self._states[name] = _constantly(state)
                self._written_epochs[name] = state.epoch

    def engine(self, stage: str) -> str | None:
        """Give the engine of a stage of the fit in the file, in which it goes on; None if there is none yet."""
        engine = self._stages.get(stage, {}).get("settings", {}).get("engine")
        return engine if isinstance(engine, str) else None

    def begin(self, stage: str, identity: Identity) -> None:
        """Begin a stage of the fit, all that is trained in one way, or go on with it.

        Raises
        ------
        ArgumentError
            If the file is of another fit; says what differs.
        """
        differs = differences(self._stages[stage], identity.to_dict()) if stage in self._stages else []
        if differs:
            raise ArgumentError(
                f"the checkpoint {self.path} is of another training: {'; '.join(differs)}; "
                "name another file, or remove this one"
            )
        self._stages[stage] = identity.to_dict()

    def part(self, name: str) -> "Part":
        """Give the place of one part of the fit."""
        return Part(self, name)

    def places(self, stage: str) -> Callable[[int], "Part"]:
        """Give the place of every member of a stage, by its number."""
        return lambda k: self.part(f"{stage}.{k}")

    def state(self, name: str) -> TrainingState | None:
        """Give the state that a part goes on from; None at its beginning."""
        state = self._states.get(name)
        return None if state is None else state()

    def found(self, name: str) -> Found | None:
        """Give what a part found; None if it is not done."""
        return self._found.get(name)

    def keep(self, name: str, epoch: int, state: State) -> None:
        """Keep the state of a part after an epoch, for the next write; `state` is called when it comes."""
        with self._lock:
            self._states[name] = state
            self._changes += 1
        epochs = self.every.epochs
        if epochs is not None and epoch - self._written_epochs.get(name, 0) >= epochs:
            self.write()
        elif monotonic() - self.written > self.every.seconds:
            self._write_unless_busy()

    def done(self, name: str, found: Found) -> None:
        """Keep what a part found, in place of its state."""
        with self._lock:
            self._found[name] = found
            self._states.pop(name, None)
            self._changes += 1
        if self.every.epochs is not None or monotonic() - self.written > self.every.seconds:
            self._write_unless_busy()

    def until_due(self, name: str, epoch: int) -> int | None:
        """Give how many epochs a part may go on until the next write; None where time decides."""
        epochs = self.every.epochs
        return None if epochs is None else max(1, self._written_epochs.get(name, 0) + epochs - epoch)

    def _write_unless_busy(self) -> None:
        """Write, unless another part is writing: its file is new enough."""
        if not self._writing.locked():
            self.write()

    def write(self) -> None:
        """Write what the file does not hold yet.

        A disk that is full costs the checkpoint and not the training: it warns, and the next write is tried all the
        same.
        """
        with self._writing:
            self._write()

    def _write(self) -> None:
        """Write all parts as they stand; one thread at a time."""
        with self._lock:
            changes = self._changes
            if changes == self._written_changes:
                return
            found, states = dict(self._found), {name: state() for name, state in self._states.items()}
        parts: dict[str, Any] = {}
        arrays: dict[str, Array] = {}
        for name, result in found.items():
            parts[name] = [FOUND, ""]
            arrays |= {f"{name}/{key}": values for key, values in result.items()}
        for name, state in states.items():
            own, text = state.to_arrays()
            parts[name] = [STANDS, text]
            arrays |= {f"{name}/{key}": values for key, values in own.items()}
        self._written_epochs |= {name: state.epoch for name, state in states.items()}
        try:
            size = sum(values.nbytes for values in arrays.values())
            if size > MAX_BYTES:
                raise ModelFileError(f"{self.path} would have {size:,} bytes, and {MAX_BYTES:,} are the most")
            write_model(self.path, {"checkpoint": self._stages, "parts": parts}, arrays, check_checkpoint)
            self._written_changes = changes
        except ModelFileError as problem:
            warnings.warn(f"{problem}; the fit goes on without a checkpoint", PliantWarning, stacklevel=2)
        self.written = monotonic()

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.write()


@dataclass(frozen=True)
class Part:
    """The place of one part of a fit in its checkpoint."""

    checkpoint: Checkpoint
    name: str

    def state(self) -> TrainingState | None:
        """Give the state to go on from; None at the beginning."""
        return self.checkpoint.state(self.name)

    def keep(self, epoch: int, state: State) -> None:
        """Keep the state after an epoch."""
        self.checkpoint.keep(self.name, epoch, state)

    def until_due(self, epoch: int) -> int | None:
        """Give how many epochs there are until the next write; None where time decides."""
        return self.checkpoint.until_due(self.name, epoch)

    def found(self) -> Found | None:
        """Give what was found; None if it is not done."""
        return self.checkpoint.found(self.name)

    def done(self, found: Found) -> None:
        """Keep what was found."""
        self.checkpoint.done(self.name, found)


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Say what differs between two fits, each as `Identity.to_dict` has it: values there and here, or names of columns.

    Another formula or number of rows changes all columns, and is said alone of the data.
    """
    before, now = there.get("settings", {}), here["settings"]
    said = [
        f"{name}: {_brief(before.get(name))} there, {_brief(value)} here"
        for name, value in now.items()
        if before.get(name) != value or name not in before
    ]
    if all(before.get(name) == now[name] for name in ("formula", "rows") if name in now):
        old, new = there.get("digests", {}), here["digests"]
        other = [name for name in {**new, **old} if old.get(name) != new.get(name)]
        said += [f"{name} differ" for name in other]
    return said if len(said) <= MOST else [*said[:MOST], f"{len(said) - MOST} more"]


def _brief(value: Any) -> str:
    """Give a setting as a message shows it."""
    if value is None:
        return "none"
    return shown(value, SHORTEST) if isinstance(value, str) else shown(value, SHORTEST).strip("'")


def _constantly(state: TrainingState) -> State:
    """Give a function that gives a state."""
    return lambda: state
