"""Time a training step in pliant's compiled engine beside other libraries that do the same training.

    python benchmarks/speed.py                some minutes; writes its tables in README.md, and docs/images/speed.svg
    python benchmarks/speed.py --threads 2    the big job alone; nothing written
    python benchmarks/speed.py --smoke        small jobs, and nothing written

Jobs are in problems.py, one file a library in libraries/. That all do the same training is checked first: after
about a hundred steps from the same initial values every loss has to be pliant's, to a thousandth.
"""

import statistics
import tempfile
import time
from functools import partial

from digits import write_between
from libraries import LIBRARIES, taking_part
from line_speed import highest
from problems import JOBS, SMOKE, Job, Train
from turns import in_child, in_turn, parser, ratio, save, say_absent, short

ROUNDS, CHECKED, AGREEMENT = 7, 100, 1e-3
MINE = "pliant"
BETWEEN = ("<!-- speed -->\n", "<!-- /speed -->")
Found = dict[str, dict[str, tuple[float, ...]]]  # library, job: microseconds, ratio; first seconds, megabytes


def check(job: Job, trains: dict[str, Train]) -> None:
    """Stop if a library does another training than pliant."""
    epochs = max(1, min(job.epochs, CHECKED * job.epochs // job.steps))
    same = [name for name in trains if getattr(LIBRARIES[name], "SAME_START", True)]
    losses = {name: job.loss(trains[name](epochs)) for name in same}
    for name, loss in losses.items():
        if abs(loss / losses[MINE] - 1.0) > AGREEMENT:
            raise SystemExit(f"{name} does another training than pliant in {job.name}: {loss} and {losses[MINE]}")


def measure(job: Job, threads: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Give microseconds a step, and the ratio to pliant, of every library that is here."""
    trains = {name: library.prepare(job, threads) for name, library in taking_part(job).items()}
    check(job, trains)
    for train in trains.values():
        train(job.epochs)
    taken = in_turn({name: partial(train, job.epochs) for name, train in trains.items()}, rounds)
    return {
        name: (statistics.median(seconds) / job.steps * 1e6, ratio(taken, name, MINE))
        for name, seconds in taken.items()
    }


def first(job: Job, name: str, threads: int) -> tuple[float, float]:
    """Give the seconds from nothing to the end of a first training, less those of a second, and megabytes."""
    began = time.perf_counter()
    train = LIBRARIES[name].prepare(job, threads)
    train(job.epochs)
    ended = time.perf_counter()
    memory = highest() / 1e3
    train(job.epochs)
    return ended - began - (time.perf_counter() - ended), memory


def collect(jobs: tuple[Job, ...], threads: int, rounds: int) -> Found:
    """Measure jobs in processes of their own: one for the turns, and one a library for the first call.

    With a single round only pliant's first call is measured.
    """
    found: Found = {name: {} for name in LIBRARIES}
    for job in jobs:
        column = job.name if threads == 1 else f"{job.name}, {threads} threads"
        for name, timed in in_child(measure, threads, job, threads, rounds).items():
            found[name][column] = timed
            if rounds > 1 or name == MINE:
                found[name][column] += in_child(first, threads, job, name, threads)
            print(f"{column}, {name}:", *(f"{value:.4g}" for value in found[name][column]), flush=True)
    return found


def compiling(job: Job) -> float:
    """Give the seconds of pliant's very first call, whose kernels are in no cache yet."""
    with tempfile.TemporaryDirectory() as empty:
        return in_child(first, 1, job, MINE, 1, NUMBA_CACHE_DIR=empty)[0]


def table(found: Found, jobs: tuple[Job, ...]) -> str:
    """Give the tables in Markdown."""
    columns = list(found[MINE])
    heads = ("microseconds a step (ratio to pliant)", "first call, seconds; memory, MB")
    timed, first_calls = ([f"| {head} | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)] for head in heads)
    for name, row in found.items():
        cells = [row.get(column, ()) for column in columns]
        if any(len(c) > 0 for c in cells):
            said = [f"{short(c[0])} ({short(c[1])})" if c else "" for c in cells]
            timed.append(f"| {name} | {' | '.join(said)} |")
        if any(len(c) > 2 for c in cells):
            said = [f"{c[2]:.1f}; {c[3]:.0f}" if c else "" for c in cells]
            first_calls.append(f"| {name} | {' | '.join(said)} |")
    sizes = "; ".join(f"{job.name}: {job.sizes}" for job in jobs)
    return "\n".join([f"{sizes}.\n", *timed, "\nA ratio above 1: pliant takes less time.\n", *first_calls, ""])


def draw(found: Found) -> None:
    """Draw a panel a column, a row a library."""
    from pliant.plots.look import COLOURS, head, new_panels

    columns = list(found[MINE])
    picture, axes = new_panels(
        "A training step, in microseconds", "Same network, rows, order and float32 in all. Scales are logarithmic.",
        (1, len(columns)), 2.2 * len(columns) + 1.2, 2.8,
    )  # fmt: skip
    names = [name for name, row in reversed(found.items()) if row]
    for panel, column in zip(axes, columns, strict=True):
        head(panel, column)
        for at, name in enumerate(names):
            if column in found[name]:
                micro = found[name][column][0]
                panel.plot(micro, at, "o", color=COLOURS[1 if name == MINE else 0], markersize=6)
                panel.annotate(short(micro), (micro, at), (0, 5), textcoords="offset points", ha="center", fontsize=7.5)
        panel.set_xscale("log")
        panel.set_xlim(0.3, 40_000)
        panel.set_xticks([1, 10, 100, 1_000, 10_000], ["1", "", "100", "", "10,000"])
        panel.minorticks_off()
        panel.set_yticks(range(len(names)), names if panel is axes[0] else [""] * len(names))
        panel.set_ylim(-0.5, len(names) - 0.3)
    save(picture, "speed", "Microseconds of a training step in pliant and in other libraries, for each job.")


def main() -> None:
    """Measure, print, and write."""
    arguments = parser(__doc__, "small jobs")
    arguments.add_argument("--threads", type=int, help="the big job with so many threads, and nothing written")
    asked = arguments.parse_args()
    say_absent(library.available() for library in LIBRARIES.values())
    if asked.smoke:
        print(table(collect(SMOKE, 1, 1), SMOKE))
    elif asked.threads:
        print(table(collect(JOBS[-1:], asked.threads, ROUNDS), JOBS[-1:]))
    else:
        found = collect(JOBS, 1, ROUNDS)
        for name, row in collect(JOBS[-1:], 2, ROUNDS).items():
            found[name] |= row
        ever = f"\npliant's very first call, which compiles: {compiling(JOBS[0]):.1f} s.\n"
        write_between(table(found, JOBS) + ever, BETWEEN)
        draw(found)


if __name__ == "__main__":
    main()
