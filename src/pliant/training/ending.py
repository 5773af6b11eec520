"""However a fit or a search ends that keeps a checkpoint, its file is written: done, by an error, Ctrl-C or SIGTERM."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP


@contextmanager
def kept_to_the_end(file: AbstractContextManager[Any] | None) -> Iterator[None]:
    """Have a file, if there is one, written when what runs meanwhile ends: that it does when its context is left."""
    if file is None:
        yield
        return
    with _signals_wait(), file:
        yield


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let SIGTERM and SIGHUP stop what runs as Ctrl-C does, and end the process only then.

    Machines that are shared or shut down send the one some seconds before they kill, a terminal that closes the other.
    A handler of the caller's own stays, and only the main thread may set one.
    """
    own = [number for number in ENDINGS if signal.getsignal(number) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        own = []
    came: list[int] = []

    def stop(number: int, frame: Any) -> None:
        came.append(number)
        if len(came) == 1:  # a second one would break off the writing
            raise KeyboardInterrupt

    for number in own:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in own:
            signal.signal(number, signal.SIG_DFL)
        if came:
            os.kill(os.getpid(), came[0])
