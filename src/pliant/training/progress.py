"""Progress of a training, for a person who waits.

The loop hands a `Progress` to a callable about ten times a second; `progress_bar` makes one that draws with
rich on a terminal. Where standard error is a pipe or a file, nothing is written and rich is not loaded.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    epoch: int  # epochs done
    epochs: int  # epochs planned
    loss: float | None  # mean loss of the last epoch; None for members, each of which has its own
    validation_loss: float | None  # the last one measured, None without validation
    rows_per_second: float  # training rows passed, in this call
    seconds_left: float  # if no early stop comes
    what: str = "epoch"  # that is counted

    def __str__(self) -> str:
        if self.loss is None:
            return f"{self.what} {self.epoch:,} of {self.epochs:,}"
        loss = f"loss {self.loss:.5g}"
        if self.validation_loss is not None:
            loss += f" · validation {self.validation_loss:.5g}"
        return f"{self.what} {self.epoch:,} of {self.epochs:,} · {loss}"


Report = Callable[[Progress], None]


@contextmanager
def progress_bar(show: bool | None = None) -> Iterator[Report | None]:
    """Give what `train` takes as `report`: a bar on standard error, or None.

    Parameters
    ----------
    show : bool or None
        None: on a terminal only. True: always. False: never.

    Examples
    --------
    >>> with progress_bar(show=False) as report:
    ...     report is None
    True
    """
    if show is None:
        show = sys.stderr is not None and sys.stderr.isatty()
    if not show:
        yield None
        return
    with _bar() as bar:
        task = bar.add_task("starting", total=None, speed="")

        def report(progress: Progress) -> None:
            left = _duration(progress.seconds_left)
            bar.update(
                task,
                total=progress.epochs,
                completed=progress.epoch,
                description=str(progress),
                speed=f"{_short(progress.rows_per_second)} rows/s · {left} left",
            )

        yield report


def _bar() -> Any:
    """Make rich's bar: what is reached, how much of it, how fast; it leaves no trace when it ends."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[speed]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )


def _short(number: float) -> str:
    """Give a count to three figures with k, M or G."""
    for unit in ("", "k", "M"):
        if number < 999.5:
            return f"{number:.3g}{unit}"
        number /= 1000.0
    return f"{number:.3g}G"


def _duration(seconds: float) -> str:
    """Give a time left in the largest units that matter."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s" if minutes else f"{whole} s"
