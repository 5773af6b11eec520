"""How a command comes to its end where somebody or something ends it: signals, closed pipes, full disks.

What is still to be written to files is written all the same: a reader who has seen enough of what is printed has not
said that the model is to be lost.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import TextIO

import click

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stop(KeyboardInterrupt):
    """A signal that asks the process to end; what Ctrl-C does to a training, it does too."""


class Heard:
    """The last signal that asked this process to end: of Ctrl-C, unless another came."""

    number: int = signal.SIGINT

    def stop(self, number: int, frame: FrameType | None) -> None:
        """End what runs, as Ctrl-C does; a second signal would break off what is written at the end."""
        if self.number == signal.SIGINT:
            self.number = number
            raise Stop

    @property
    def said(self) -> str:
        """What the user is told."""
        return "interrupted" if self.number == signal.SIGINT else f"stopped by {signal.Signals(self.number).name}"


HEARD = Heard()


def heed_signals() -> None:
    """End in order when the machine shuts down or the terminal closes: no half file, no lost training.

    A signal that whoever started this process has turned off, as `nohup` does, stays off.
    """
    for number in SIGNALS:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, HEARD.stop)


def open_standard() -> None:
    """Give the standard files that are closed a place, lest the next file that is opened takes it.

    What is printed to a closed output would end in a model file. Writing to standard output fails as it should;
    there is nobody to tell what cannot be said on standard error.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free, which is this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)


class Closed(Exception):
    """Whoever read what is printed has seen enough."""


@contextlib.contextmanager
def closed_pipe() -> Iterator[None]:
    """Give a closed pipe a name of our own: click would end the process by itself, with 1."""
    try:
        yield
    except BrokenPipeError as problem:
        raise Closed from problem


def leave(stream: TextIO) -> None:
    """Send what is still to be printed nowhere, so that leaving Python does not fail over it again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class Printing:
    """Prints until that fails, then goes on in silence and fails at the end, when all files are written."""

    def __init__(self) -> None:
        self.problems: dict[bool, OSError] = {}  # by whether it was standard error

    def __enter__(self) -> "Printing":
        return self

    def __call__(self, text: str, err: bool = False, nl: bool = True) -> None:
        if err in self.problems:
            return
        try:
            click.echo(text, err=err, nl=nl)
        except OSError as problem:
            self.problems[err] = problem
            leave(sys.stderr if err else sys.stdout)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None and self.problems:
            raise self.problems[min(self.problems)]  # standard output first
