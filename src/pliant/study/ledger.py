"""What a search has measured, in memory and in a file from which it goes on.

The file belongs to one search: formula, rows, arguments, candidates, folds and levels are written beside the losses,
and a search that differs in any of it is refused.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from pliant.data.files import check_target
from pliant.errors import ArgumentError, ModelFileError
from pliant.modelfile import hold, read_model, write_model
from pliant.schema import (
    ANYTHING,
    DIGEST,
    NUMBERS,
    TEXT,
    Field,
    Unfit,
    Values,
    check_arrays,
    mapping,
    number,
    record,
    row,
    shown,
    whole,
)
from pliant.types import Array

KEY = re.compile(r"\d{1,9}/\d{1,18}/\d{1,9}")  # of a trial

SECONDS = 10.0  # between two writes
SEARCH = record(
    "a search",
    {
        "sha256": Field(DIGEST, "of the whole file, these 64 characters counted as zeros"),
        "format": Field(whole(1), "version of the format"),
        "search": Field(mapping(ANYTHING), "which search it is: formula, rows, arguments, candidates, folds, levels"),
        "trials": Field(
            mapping(row(number(0.0), TEXT)), "of each trial, candidate/rows/fold, its seconds and why it failed"
        ),
    },
)


def check_search(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Hold what a file says to what belongs in the file of a search; what is wrong raises Unfit."""
    SEARCH.test(facts, "")
    one = Values(("rows",), NUMBERS, "losses of the rows of its fold; NaN where one could not be predicted")
    for key in dict.fromkeys((*facts["trials"], *arrays)):
        check_arrays({name: arrays[name] for name in (key,) if name in arrays}, {key: one}, {})
        if key not in facts["trials"] or not KEY.fullmatch(key):
            raise Unfit(f"trials has {shown(key)} not, or it is no candidate/rows/fold")


class Trial(NamedTuple):
    """One fit of a search."""

    candidate: int
    rows: int  # to train on, at most
    fold: int  # that it does not see

    @property
    def key(self) -> str:
        """What the file calls it."""
        return "/".join(map(str, self))


@dataclass(frozen=True)
class Measured:
    """What a trial lost."""

    losses: Array  # (rows of the fold,), unit deviances; NaN where the row could not be predicted
    seconds: float
    failed: str = ""  # why there is no fit


class Ledger:
    """The trials of one search. As a context it is written at the end, however that comes.

    Parameters
    ----------
    path : path, optional
        Where they are kept; in memory alone by default.
    identity : mapping
        What the search is: in words, with JSON values that are compared one by one.

    Raises
    ------
    ArgumentError
        If the file is of another search; says what differs.
    ModelFileError
        If it is damaged, or not the file of a search.
    """

    def __init__(self, path: str | os.PathLike[str] | None, identity: Mapping[str, Any]) -> None:
        self.path = None if path is None else os.fspath(path)
        self.identity = dict(identity)
        self.trials: dict[str, Measured] = {}
        self.written, self.waiting = monotonic(), False
        if self.path is not None:
            check_target(self.path)
            if os.path.lexists(self.path):
                self._read(self.path)

    def _read(self, path: str) -> None:
        """Take what a file holds."""
        facts, arrays = read_model(path)
        if "search" not in facts:
            raise ModelFileError(f"{path} is not the file of a search; name another file")
        hold(path, facts, arrays, check_search)
        there = facts["search"]
        different = [name for name in self.identity if there.get(name) != self.identity[name]]
        if different:
            *others, last = different
            named = f"{', '.join(others)} and {last}" if others else last
            raise ArgumentError(
                f"the checkpoint {path} is of another search: {named} differ{'' if others else 's'}; "
                "name another file, or remove this one"
            )
        self.trials = {
            key: Measured(arrays[key], float(seconds), failed) for key, (seconds, failed) in facts["trials"].items()
        }

    def get(self, trial: Trial) -> Measured | None:
        """Give what was measured, if it was."""
        return self.trials.get(trial.key)

    def put(self, trial: Trial, found: Measured) -> None:
        """Keep what was measured; in the file every ten seconds."""
        self.trials[trial.key] = found
        self.waiting = True
        if monotonic() - self.written > SECONDS:
            self.write()

    def seconds(self, candidate: int) -> float:
        """Give the seconds of all trials of a candidate."""
        return float(sum(each.seconds for key, each in self.trials.items() if key.startswith(f"{candidate}/")))

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.write()

    def write(self) -> None:
        """Write what the file does not hold yet."""
        if self.path is None or not self.waiting:
            return
        trials = {key: (each.seconds, each.failed) for key, each in self.trials.items()}
        arrays = {key: np.asarray(each.losses) for key, each in self.trials.items()}
        write_model(self.path, {"search": self.identity, "trials": trials}, arrays, check_search)
        self.written, self.waiting = monotonic(), False
