"""What the speed benchmarks share: processes held to some threads, turns, and where pictures go.

A machine drifts while it is measured, so programs take turns within one process and ratios are taken turn by turn.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Times = dict[str, list[float]]  # seconds of one call, a turn each

COUNTS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "POLARS_MAX")
AT_LEAST = 0.05  # seconds of a turn: a short call is repeated
IMAGES = Path(__file__).parents[1] / "docs" / "images"


def in_child(script: str, threads: int, *arguments: str, **variables: str) -> Any:
    """Run a script in a process held to some threads, with environment variables; give the JSON of its last line."""
    held = {f"{name}_THREADS": str(threads) for name in COUNTS}
    command = (sys.executable, str(Path(script).resolve()), *arguments)
    done = subprocess.run(command, env=os.environ | held | variables, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ends with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def hold(threads: int) -> None:
    """Hold this process to as many processors as threads, where the system can: some libraries ask it, and no one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def in_turn(calls: dict[str, Callable[[], object]], rounds: int, at_least: float = AT_LEAST) -> Times:
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


def save(picture: Any, name: str, alt: str) -> None:
    """Write a picture among those of the documents."""
    from pliant.plots.svg import as_svg

    picture.alt = alt
    (IMAGES / f"{name}.svg").write_text(as_svg(picture, name).file)
