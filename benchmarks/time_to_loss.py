"""Time to the same loss: how long every way of training takes to come within a tenth of the best loss of all.

    python benchmarks/time_to_loss.py            some minutes; writes its table in README.md
    python benchmarks/time_to_loss.py --smoke    20 rows, one seed, and nothing written

The loss is 1/2 mean (y - eta)^2 + 1/2 penalty |weights|^2, in float64, on one thread; the penalty is that of a prior,
0.1 over the rows. The mark is 1.1 times the lowest loss that any way reaches from any of the initial values. First the
fewest steps are found that reach it, then a training of just so many is timed, after a first call. Initial values are
the same in all but scikit-learn, which draws its own, and nnet, whose units are logistic too.
"""

import math
import statistics
import time
from dataclasses import replace

from digits import write_between
from libraries import r_nnet
from libraries.to_loss import METHODS
from problems import Job, Train
from turns import in_child, parser, say_absent, short

SEEDS, WITHIN, REPEATS = 5, 1.1, 3
BETWEEN = ("<!-- time to loss -->\n", "<!-- /time to loss -->")
TABLES = tuple(
    Job(name, rows, inputs, hidden, None, METHODS["pliant, adam"].most, 0.01, 0.1 / rows, dtype="float64")
    for name, rows, inputs, hidden in (
        ("sine, 20 rows", 20, 1, (64,)),
        ("sine, 200 rows", 200, 1, (64,)),
        ("table, 1,000 rows x 8", 1_000, 8, (32,)),
    )
)


def fewest(job: Job, train: Train, mark: float, most: int) -> int | None:
    """Give the fewest steps that reach the mark, to about a twentieth; None if `most` do not."""
    high = 1
    while high < most and job.loss(train(high)) > mark:
        high *= 2
    if job.loss(train(high)) > mark:
        return None
    low = high // 2
    while high - low > max(1, low // 20):
        middle = (low + high) // 2
        if job.loss(train(middle)) > mark:
            low = middle
        else:
            high = middle
    return high


def seconds(train: Train, steps: int) -> float:
    """Time a training of so many steps, at best of a few."""
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        train(steps)
        taken.append(time.perf_counter() - began)
    return min(taken)


def measure(job: Job, seeds: int) -> dict[str, list[float]]:
    """Give the seconds to the mark of every way, infinite where a seed does not reach it; and the mark."""
    ways = {name: method for name, method in METHODS.items() if method.available() is None}
    jobs = [replace(job, seed=seed) for seed in range(seeds)]
    trains = {(name, each.seed): method.prepare(each) for each in jobs for name, method in ways.items()}
    lowest = min(job.loss(train(ways[name].most)) for (name, _), train in trains.items())
    mark, found = WITHIN * lowest, {name: [math.inf] * seeds for name in ways}
    for (name, seed), train in trains.items():
        steps = fewest(job, train, mark, ways[name].most)
        if steps is not None:
            found[name][seed] = seconds(train, steps)
    if r_nnet.available() is None:
        found[r_nnet.NAME] = r_nnet.seconds(job, mark, seeds)
    return {"mark": [mark], **found}


def cell(values: list[float], quickest: float) -> str:
    """Give the median, its ratio to the quickest way, and how many seeds reach the mark if not all."""
    median, reached = statistics.median(values), sum(math.isfinite(value) for value in values)
    said = f"{short(1e3 * median)} ms ({short(median / quickest)})" if math.isfinite(median) else "not reached"
    return said if reached == len(values) else f"{said}, {reached} of {len(values)}"


def table(jobs: tuple[Job, ...], seeds: int) -> str:
    """Measure and give the table in Markdown."""
    found = []
    for job in jobs:
        found.append(in_child(measure, 1, job, seeds))
        print(job.name, found[-1], flush=True)
    marks = [each.pop("mark")[0] for each in found]
    quickest = [min(statistics.median(values) for values in each.values()) for each in found]
    lines = [
        f"| median of {seeds} (ratio to the quickest) | {' | '.join(job.name for job in jobs)} |",
        "|---|" + "---|" * len(jobs),
    ]
    for name in found[0]:
        cells = [cell(each[name], least) for each, least in zip(found, quickest, strict=True)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append(f"| the mark: a loss of | {' | '.join(f'{mark:.4g}' for mark in marks)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table and write it."""
    asked = parser(__doc__, "20 rows, one seed").parse_args()
    say_absent(way.available() for way in (*METHODS.values(), r_nnet))
    if asked.smoke:
        print(table(TABLES[:1], 1))
    else:
        write_between(table(TABLES, SEEDS), BETWEEN)


if __name__ == "__main__":
    main()
