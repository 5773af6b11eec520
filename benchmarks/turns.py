"""What the speed benchmarks share: processes held to some threads, turns, and where pictures go.

A machine drifts while it is measured, so programs take turns within one process and ratios are taken turn by turn.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

T = TypeVar("T")
Times = dict[str, list[float]]  # seconds of one call, a turn each

COUNTS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "POLARS_MAX")
AT_LEAST = 0.05  # seconds of a turn: a short call is repeated
IMAGES = Path(__file__).parents[1] / "docs" / "images"


def in_child(function: Callable[..., T], threads: int, *arguments: object, **variables: str) -> T:
    """Call a function in a fresh process held to some threads, with environment variables as well."""
    held = {f"{name}_THREADS": str(threads) for name in COUNTS} | variables
    context = multiprocessing.get_context("spawn")
    with mock.patch.dict(os.environ, held), ProcessPoolExecutor(1, context, _hold, (threads,)) as pool:
        return pool.submit(function, *arguments).result()


def _hold(threads: int) -> None:
    """Hold this process to as many processors as threads, where the system can: some libraries ask it, and no one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def in_turn(calls: Mapping[str, Callable[[], object]], rounds: int, at_least: float = AT_LEAST) -> Times:
    """Time calls one after the other, round after round; each has been called before."""
    taken: Times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            began, repeats, spent = time.perf_counter(), 0, 0.0
            while spent < at_least or not repeats:
                call()
                repeats += 1
                spent = time.perf_counter() - began
            taken[name].append(spent / repeats)
    return taken


def ratio(taken: Times, name: str, to: str) -> float:
    """Give the median over the rounds of one program's time over another's."""
    return statistics.median(a / b for a, b in zip(taken[name], taken[to], strict=True))


def short(number: float) -> str:
    """Give a number with three digits, and none of its whole ones left out."""
    return f"{number:,.0f}" if number >= 99.5 else f"{number:.3g}"


def save(picture: Any, name: str, alt: str) -> None:
    """Write a picture among those of the documents."""
    from pliant.plots.svg import as_svg

    picture.alt = alt
    (IMAGES / f"{name}.svg").write_text(as_svg(picture, name).file)


def parser(script: str | None, smoke: str) -> argparse.ArgumentParser:
    """Give a parser that says the first line of a script, and knows --smoke."""
    made = argparse.ArgumentParser(description=(script or "").partition("\n")[0])
    made.add_argument("--smoke", action="store_true", help=f"{smoke}, and nothing written")
    return made


def say_absent(reasons: Iterable[str | None]) -> None:
    """Name what is not installed, a sentence each."""
    for reason in dict.fromkeys(filter(None, reasons)):
        print(f"{reason}.")
