"""Who runs the members: threads of this process, unless a face brings another way, as `pliant.sklearn` does joblib's.

Which way it is changes no digit, since members do not depend on one another. Ctrl-C comes to the main thread, which
only waits for the others: it halts them, and a job that takes long looks whether it is to end.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from typing import Any

from threadpoolctl import threadpool_limits

Job = Callable[[int], Any]
Run = Callable[[Job, Sequence[int]], Iterable[Any]]  # gives job(k) for every k, in their order

_RUN: ContextVar[Run | None] = ContextVar("run", default=None)
_HALT: ContextVar[Event | None] = ContextVar("halt", default=None)  # of the thread that a job runs on


@contextmanager
def run_by(run: Run) -> Iterator[None]:
    """Have the members that are fitted meanwhile run by `run`; a job can be pickled."""
    before = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(before)


def run_all(job: Job, count: int, threads: int | None) -> Iterator[Any]:
    """Give job(k) for every k below `count`, in their order; by default on one thread a processor."""
    run = _RUN.get()
    with threadpool_limits(1, user_api="blas"):
        if run is not None:
            yield from run(job, range(count))
            return
        halt = Event()
        with ThreadPoolExecutor(min(count, threads or os.cpu_count() or 1)) as pool:
            jobs = [pool.submit(_on_thread, halt, job, k) for k in range(count)]
            try:
                for each in jobs:
                    yield each.result()
            except BaseException:
                halt.set()
                pool.shutdown(cancel_futures=True)
                raise


def look_up(_: object = None) -> None:
    """End the job that calls this, as Ctrl-C would, if all jobs are to end; it may be given as a report."""
    halt = _HALT.get()
    if halt is not None and halt.is_set():
        raise KeyboardInterrupt


def _on_thread(halt: Event, job: Job, k: int) -> Any:
    _HALT.set(halt)
    return job(k)
