"""Who runs the members: threads of this process, unless a face brings another way, as `pliant.sklearn` does joblib's.

Which way it is changes no digit, since members do not depend on one another. Ctrl-C comes to the main thread, which
only waits for the others: it halts them, and a job that takes long looks whether it is to end.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Lock, Thread
from typing import Any

from threadpoolctl import threadpool_limits

Job = Callable[[int], Any]
Run = Callable[[Job, Sequence[int]], Iterable[Any]]  # gives job(k) for every k, in their order

_RUN: ContextVar[Run | None] = ContextVar("run", default=None)
_HALT: ContextVar[Event | None] = ContextVar("halt", default=None)  # of the thread that a job runs on


class OneThread:
    """BLAS held to one thread while members are fitted anywhere in the process, then left as it was found.

    The number is one for the process. Were each fit to set it and set it back, a fit that ends while another runs
    would set the other's number free, and the other could leave the process with one thread for good. threadpoolctl
    from 3.8 on lets the thread that set the number first change it, and no other while that one lives; so a thread
    that lives for nothing else does.
    """

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.held: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if self.inside == 0:
                _elsewhere(self._hold)
            self.inside += 1

    def __exit__(self, *problem: object) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                _elsewhere(self.held.restore_original_limits)

    def _hold(self) -> None:
        self.held = threadpool_limits(1, user_api="blas")


def _elsewhere(do: Callable[[], None]) -> None:
    """Do something in a thread of its own, and wait for it."""
    thread = Thread(target=do)
    thread.start()
    thread.join()


ONE_THREAD = OneThread()


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
    with ONE_THREAD:
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
