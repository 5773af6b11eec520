"""However a fit or a search ends that keeps a checkpoint, its file is written: done, by an error, Ctrl-C or SIGTERM."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn


@contextmanager
def kept_to_the_end(file: AbstractContextManager[Any] | None) -> Iterator[None]:
    """Have a file, if there is one, written when what runs meanwhile ends: that it does when its context is left."""
    if file is None:
        yield
        return
    with sigterm_waits(), file:
        yield


@contextmanager
def sigterm_waits() -> Iterator[None]:
    """Let SIGTERM stop what runs as Ctrl-C does, and end the process only then.

    Machines that are shared or shut down send it some seconds before they kill. A handler of the caller's own stays,
    and only the main thread may set one.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    came = []

    def stop(number: int, frame: Any) -> NoReturn:
        came.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if came:
            os.kill(os.getpid(), signal.SIGTERM)
