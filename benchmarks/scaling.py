"""What a training step costs against rows, width, depth, members and threads, measured and drawn.

    python benchmarks/scaling.py            some minutes; writes its table in README.md and docs/images/scaling.svg
    python benchmarks/scaling.py --smoke    two points a panel, and nothing written

One of rows, width and depth changes at a time, from 256 rows, 8 inputs and two layers of 64 tanh units; all rows a
step, Adam, float32, one thread. JAX and PyTorch take turns with pliant where they are installed. Members are
independent trainings of the seed job's network, shared out among one or two threads of one process. Points
are apart in time, so that each is the best of three rounds.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from digits import write_between
from libraries import LIBRARIES, pliant_engine
from problems import Job
from turns import in_child, in_turn, parser, save, say_absent, short

ROUNDS, AMOUNT = 3, 2e9  # operations of one training, about
BETWEEN = ("<!-- scaling -->\n", "<!-- /scaling -->")
COMPARED = (pliant_engine.NAME, "JAX", "PyTorch")
MEMBERS = "members"
SWEEPS: dict[str, tuple[int, ...]] = {
    "rows": (10, 30, 100, 300, 1_000, 3_000, 10_000),
    "width": (4, 8, 16, 32, 64, 128, 256),
    "depth": (1, 2, 3, 4, 6, 8),
    MEMBERS: (1, 4, 16, 64, 256, 1_000),
}
THREADS = (1, 2)
Found = dict[str, list[float]]  # library: microseconds a step, one a point


def job(what: str, value: int) -> Job:
    """Give the job of one point, with as many steps as take about the same time."""
    if what == MEMBERS:
        return Job(what, 20, 1, (64,), None, 500)
    shape = {"rows": 256, "width": 64, "depth": 2} | {what: value}
    made = Job(what, shape["rows"], 8, (shape["width"],) * shape["depth"], None, 1)
    steps = int(AMOUNT / (6.0 * made.rows * made.network.n_parameters))
    return Job(what, made.rows, 8, made.hidden, None, min(max(steps, 5), 500))


def measure(what: str, values: tuple[int, ...], rounds: int) -> Found:
    """Give the microseconds a step of every library that is here, at each value."""
    names = [name for name in COMPARED if LIBRARIES[name].available() is None]
    found: Found = {name: [] for name in names}
    for value in values:
        point = job(what, value)
        calls = {name: partial(LIBRARIES[name].prepare(point, 1), point.epochs) for name in names}
        for call in calls.values():
            call()
        for name, seconds in in_turn(calls, rounds).items():
            found[name].append(min(seconds) / point.steps * 1e6)
    return found


def measure_members(what: str, values: tuple[int, ...], rounds: int) -> Found:
    """Give the microseconds of a step of all members together, by one thread and by two."""
    found: Found = {_by(threads): [] for threads in THREADS}
    point = job(what, 1)
    for value in values:
        trains = [pliant_engine.prepare(point, 1) for _ in range(value)]
        pools = [ThreadPoolExecutor(threads) for threads in THREADS]
        calls: dict[str, Callable[[], object]] = {
            _by(threads): partial(_all, pool, trains, point.epochs)
            for threads, pool in zip(THREADS, pools, strict=True)
        }
        for call in calls.values():
            call()
        for name, seconds in in_turn(calls, rounds).items():
            found[name].append(min(seconds) / point.steps * 1e6)
        for pool in pools:
            pool.shutdown()
    return found


def _by(threads: int) -> str:
    return f"{pliant_engine.NAME}, {threads} thread{'s' * (threads > 1)}"


def _all(pool: ThreadPoolExecutor, trains: list[Any], epochs: int) -> None:
    """Train every member."""
    list(pool.map(lambda train: train(epochs), trains))


def collect(sweeps: dict[str, tuple[int, ...]], rounds: int) -> dict[str, Found]:
    """Measure every sweep in a process of its own."""
    found = {}
    for what, values in sweeps.items():
        measuring, threads = (measure_members, max(THREADS)) if what == MEMBERS else (measure, 1)
        found[what] = in_child(measuring, threads, what, values, rounds)
        print(what, values, found[what], flush=True)
    return found


def table(sweeps: dict[str, tuple[int, ...]], found: dict[str, Found]) -> str:
    """Give the numbers in Markdown, and what the second thread gains."""
    lines = []
    for what, values in sweeps.items():
        lines += [f"| {what} | {' | '.join(f'{value:,}' for value in values)} |", "|---|" + "---|" * len(values)]
        for name, micros in found[what].items():
            lines.append(f"| {name} | {' | '.join(map(short, micros))} |")
        lines.append("")
    one, two = (found[MEMBERS][_by(threads)][-1] for threads in THREADS)
    count, steps = sweeps[MEMBERS][-1], job(MEMBERS, 1).steps
    said = f"{count:,} members take {1e-6 * one * steps:.2f} s for {steps} steps each by one thread"
    lines.append(f"Microseconds a step. {said}; two threads are {one / two:.2f} times as fast.")
    return "\n".join([*lines, ""])


def draw(sweeps: dict[str, tuple[int, ...]], found: dict[str, Found]) -> None:
    """Draw a panel a sweep, on logarithmic scales."""
    from pliant.plots.look import COLOURS, head, new_panels

    said = "All rows a step, 8 inputs, float32; where one changes the others are 256 rows, 64 units, 2 layers."
    picture, axes = new_panels("A training step, in microseconds, as tables and networks grow", said, (2, 2), 7.0, 5.6)
    for panel, (what, values) in zip(axes, sweeps.items(), strict=True):
        head(panel, what if what != MEMBERS else "members of 20 rows, 1-64-1")
        for colour, (name, micros) in zip((COLOURS[1], COLOURS[0], COLOURS[2]), found[what].items(), strict=False):
            panel.plot(values, micros, "o-", color=colour, markersize=3.5, linewidth=1.4, label=name)
        panel.set_xscale("log", base=2 if what != "rows" else 10)
        panel.set_yscale("log")
        panel.set_xticks(values, [f"{value:,}" for value in values])
        panel.minorticks_off()
        panel.legend(fontsize=7.5, frameon=False)
    save(picture, "scaling", "Microseconds of a training step against rows, width, depth and members.")


def main() -> None:
    """Measure, print, draw and write."""
    asked = parser(__doc__, "two points a panel").parse_args()
    say_absent(LIBRARIES[name].available() for name in COMPARED)
    if asked.smoke:
        few = {what: values[:2] for what, values in SWEEPS.items()}
        print(table(few, collect(few, 1)))
    else:
        found = collect(SWEEPS, ROUNDS)
        write_between(table(SWEEPS, found), BETWEEN)
        draw(SWEEPS, found)


if __name__ == "__main__":
    main()
