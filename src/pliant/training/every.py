"""How often a checkpoint is written: "30 s", "5 min", "1 h" or "10 epochs"."""

import math
import re
from dataclasses import dataclass

from pliant.errors import ArgumentError

USUAL = "30 s"
WRITTEN = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)\s*", re.ASCII)
SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
}
EPOCHS = ("epoch", "epochs")
LONGEST = 366 * 86_400.0  # a year


@dataclass(frozen=True)
class Every:
    """From one write to the next: seconds, or epochs of one network."""

    seconds: float = math.inf
    epochs: int | None = None


def read_every(text: object) -> Every:
    """Read how often a checkpoint is to be written.

    Raises
    ------
    ArgumentError
        If it is not a number above 0 with a unit, or epochs are not whole.

    Examples
    --------
    >>> read_every("5 min"), read_every("10epochs")
    (Every(seconds=300.0, epochs=None), Every(seconds=inf, epochs=10))
    """
    found = WRITTEN.fullmatch(text) if isinstance(text, str) and len(text) < 100 else None
    said = repr(text) if len(repr(text)) < 100 else f"{repr(text)[:90]}..."
    if found is None or found[2] not in (*SECONDS, *EPOCHS):
        raise ArgumentError(f"checkpoint_every={said}: write '30 s', '5 min', '1 h' or '10 epochs'")
    if found[2] in EPOCHS:
        if not found[1].isdigit() or not 0 < int(found[1]) <= LONGEST:
            raise ArgumentError(f"checkpoint_every={said}: epochs are whole, from 1 on; write '10 epochs'")
        return Every(epochs=int(found[1]))
    seconds = float(found[1]) * SECONDS[found[2]]
    if not 0.0 < seconds <= LONGEST:
        raise ArgumentError(f"checkpoint_every={said}: the time is above 0 and at most a year; write '5 min'")
    return Every(seconds=seconds)
