"""The history of a training: one row an epoch.

It grows at its end while the loop runs, so its columns are lists; readers take them as arrays.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pliant.errors import ModelFileError
from pliant.types import Array

COLUMNS = ("epoch", "loss", "validation_loss", "learning_rate", "seconds")


class History:
    """What each epoch came to.

    | column | meaning |
    |---|---|
    | `epoch` | number of the epoch, from 1 |
    | `loss` | mean loss of the training rows during it, with the penalty |
    | `validation_loss` | mean loss of the validation rows after it, without penalty; NaN if not measured |
    | `learning_rate` | of the first step of the epoch |
    | `seconds` | time of training up to the end of the epoch |

    Examples
    --------
    >>> history = History()
    >>> history.append(1, 0.5, float("nan"), 0.01, 0.002)
    >>> history["loss"]
    array([0.5])
    """

    def __init__(self) -> None:
        self._columns: dict[str, list[float]] = {name: [] for name in COLUMNS}

    def append(self, epoch: int, loss: float, validation_loss: float, learning_rate: float, seconds: float) -> None:
        """Add the row of an epoch."""
        for column, value in zip(
            self._columns.values(), (epoch, loss, validation_loss, learning_rate, seconds), strict=True
        ):
            column.append(float(value))

    def __len__(self) -> int:
        return len(self._columns["epoch"])

    def __repr__(self) -> str:
        return f"History({len(self)} epochs)"

    def __getitem__(self, column: str) -> Array:
        """Give a column; (epochs,)."""
        return np.array(self._columns[column], dtype=np.float64)

    @property
    def elapsed(self) -> float:
        """Seconds of training so far."""
        return self._columns["seconds"][-1] if len(self) else 0.0

    def lowest_epoch(self) -> int | None:
        """Give the first epoch of the lowest finite loss; None if there is none."""
        losses = self["loss"]
        if not np.isfinite(losses).any():
            return None
        return int(self["epoch"][np.argmin(np.where(np.isfinite(losses), losses, np.inf))])

    def until(self, epoch: int) -> "History":
        """Give a copy that holds the rows up to this epoch, whole ones only."""
        rows = sum(e <= epoch for e in self._columns["epoch"])
        part = History()
        part._columns = {name: values[:rows] for name, values in self._columns.items()}
        return part

    def copy(self) -> "History":
        """Give a copy that grows apart."""
        part = History()
        part._columns = {name: list(values) for name, values in self._columns.items()}
        return part

    def to_arrays(self) -> dict[str, Array]:
        """Give every column as an array (epochs,)."""
        return {name: self[name] for name in COLUMNS}

    def to_dict(self) -> dict[str, list[float | str | None]]:
        """Give every column as a list that JSON keeps exactly: NaN is None, infinity is text."""
        return {name: [_plain(v) for v in values] for name, values in self._columns.items()}

    @classmethod
    def from_dict(cls, columns: Mapping[str, Sequence[Any] | Array]) -> "History":
        """Read what `to_dict` or `to_arrays` gave.

        Raises
        ------
        ModelFileError
            If a column is missing, is not numbers, or the columns differ in length.
        """
        history = cls()
        try:
            for name in COLUMNS:
                history._columns[name] = [math.nan if v is None else float(v) for v in columns[name]]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"the history cannot be read ({error!r}); the file may be damaged") from error
        if len({len(values) for values in history._columns.values()}) > 1:
            raise ModelFileError("the columns of the history differ in length; the file may be damaged")
        return history


def _plain(value: float) -> float | str | None:
    """Give a number as standard JSON can hold it."""
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
