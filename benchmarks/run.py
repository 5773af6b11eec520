"""Measure what a user waits for, and print it as a table.

    python benchmarks/run.py            some minutes' care: medians of many runs
    python benchmarks/run.py --smoke    a few seconds: that everything here runs, and roughly how long it takes

Machines drift, so every time stands beside a yardstick that was measured in turn with it, in the same run: read
the ratios. README.md says what each line is.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pliant import datasets
from pliant.engines import engine
from pliant.engines.contract import Problem, State
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser

Job = Callable[[], object]


@dataclass(frozen=True)
class Line:
    """One line of the table: the first of a group is its yardstick."""

    name: str
    seconds: float  # median
    ratio: float  # to the yardstick
    promised: float | None = None  # seconds at most, on a quiet machine


def in_turn(jobs: dict[str, Job], rounds: int, promised: dict[str, float] | None = None) -> list[Line]:
    """Time jobs one after the other, round after round; give the medians, as ratios to the first."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():  # once unmeasured, so that files are read and code is loaded
        job()
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(each) for name, each in times.items()}
    yardstick = next(iter(medians.values()))
    return [Line(name, median, median / yardstick, (promised or {}).get(name)) for name, median in medians.items()]


def process(*arguments: str) -> Job:
    """Give a job that runs a command and fails if the command does."""

    def job() -> None:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)} ends with {done.returncode}:\n{done.stderr}")

    return job


def waiting(rounds: int, folder: Path) -> list[Line]:
    """Time whole processes: what a user waits for at the shell."""
    pliant = str(Path(sys.executable).with_name("pliant"))
    penguins, formula = str(datasets.penguins_path()), "body_mass_g ~ flipper_length_mm + species"
    jobs = {
        "python -c pass": process(sys.executable, "-c", "pass"),
        "python -c 'import pliant'": process(sys.executable, "-c", "import pliant"),
        "pliant --help": process(pliant, "--help"),
        "pliant fit, the penguins' line": process(pliant, "fit", penguins, formula, "--line"),
        "the same, with model and picture": process(
            *(pliant, "fit", penguins, formula, "--line"),
            *("--out", str(folder / "m.pliant"), "--plot", str(folder / "m.svg")),
        ),
    }
    return in_turn(jobs, rounds, {"python -c 'import pliant'": 0.25, "pliant --help": 0.15})


def stepping(rounds: int, steps: int) -> list[Line]:
    """Time one Adam step of the small network of the story: 20 rows, 1-64-1 tanh, all rows a step."""
    x = np.linspace(-1.0, 1.0, 20)[:, None]
    network = Network(inputs=1, outputs=1, hidden=(64,), skip=False)
    nothing = np.zeros(network.n_parameters)
    problem = Problem(network, likelihood("gaussian"), x, np.sin(4.0 * x), np.ones(20), np.zeros(20), penalty=nothing)
    start = State(network.initial(np.random.default_rng(0)), np.zeros((2, network.n_parameters)))
    orders = np.tile(np.arange(20), (steps, 1))
    rates = np.full((steps, 1), 0.01)

    def job(name: str) -> Job:
        program = engine(name).load(problem, optimiser("adam"))
        return lambda: program.run(start, orders, rates)

    lines = in_turn({f"Adam step, {name} engine": job(name) for name in ("reference", "torch")}, rounds)
    return [Line(line.name, line.seconds / steps, line.ratio) for line in lines]


def shown(groups: list[list[Line]]) -> str:
    """Give the table as text."""
    rows = [("what", "median", "ratio", "promised")]
    for group in groups:
        for line in group:
            promise = "" if line.promised is None else f"at most {line.promised:.2f} s"
            rows.append((line.name, duration(line.seconds), f"{line.ratio:.2f}", promise))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{what:<{widths[0]}}  {median:>{widths[1]}}  {ratio:>{widths[2]}}  {promise}".rstrip()
        for what, median, ratio, promise in rows
    )


def duration(seconds: float) -> str:
    """Give a time in the unit that reads best."""
    if seconds >= 0.1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} us"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what a user waits for.")
    parser.add_argument("--smoke", action="store_true", help="a few seconds only: does it run at all")
    smoke = parser.parse_args().smoke
    with tempfile.TemporaryDirectory() as folder:
        groups = [
            waiting(2 if smoke else 15, Path(folder)),
            stepping(2 if smoke else 9, 20 if smoke else 300),
        ]
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, numpy {np.__version__}\n")
    print(shown(groups))


if __name__ == "__main__":
    main()
