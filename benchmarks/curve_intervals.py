"""Count how often the intervals, bands and sets of a curve hold, and how long a million candidates take.

    python benchmarks/curve_intervals.py           print the tables and write them into README.md: about an hour
    python benchmarks/curve_intervals.py --smoke   one table of the first cells, nothing written

Tables are simulated, so that the mean is known. Bands (nominal 95 %) are asked whether they hold the mean at 41 places
from one end of the inputs to the other; prediction intervals whether they hold new responses, in the half of the
inputs where responses scatter little and in the one where they scatter much; sets whether they hold the class.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import pliant
from pliant.ensemble.pooled import kth_smallest
from pliant.ensemble.quantiles import kth_quantile
from pliant.functions.likelihood import likelihood
from pliant.types import Array

README = Path(__file__).parent / "README.md"
BETWEEN = ("<!-- curve intervals -->\n", "<!-- /curve intervals -->")
PLACES = 41
NEW = 400
SPREADS = ((False, 100), (True, 100), (True, 300))  # uneven or not, rows
SETS = ((2, 100), (2, 300), (3, 150))  # classes, rows
CLASSES = np.array(["a", "b", "c"])


def sine(x: Array) -> Array:
    """A curve that a line cannot follow."""
    return 4.0 * np.sin(x)


def mild(x: Array) -> Array:
    """A curve that is nearly a line."""
    return x + 0.15 * x**2


def straight(x: Array) -> Array:
    """A line."""
    return 1.0 + 0.5 * x


BANDS: tuple[tuple[str, str, Callable[[Array], Array], int, bool], ...] = (
    ("sine, 50 rows", "gaussian", sine, 50, False),
    ("sine, 200 rows", "gaussian", sine, 200, False),
    ("sine, 100 rows, uneven spread", "gaussian", sine, 100, True),
    ("mild curve, 100 rows", "gaussian", mild, 100, False),
    ("line, 50 rows", "gaussian", straight, 50, False),
    ("counts, 100 rows", "poisson", lambda x: 1.0 + np.sin(x), 100, False),
    ("0 and 1, 200 rows", "binomial", lambda x: 2.0 * np.sin(x), 200, False),
)


def table(
    family: str, curve: Callable[[Array], Array], n: int, uneven: bool, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw a table of x and y."""
    x = rng.uniform(-3.0, 3.0, n)
    if family == "poisson":
        return {"x": x, "y": rng.poisson(np.exp(curve(x))) * 1.0}
    if family == "binomial":
        return {"x": x, "y": (rng.random(n) < 1.0 / (1.0 + np.exp(-curve(x)))) * 1.0}
    return {"x": x, "y": curve(x) + spread(x, uneven) * rng.standard_normal(n)}


def spread(x: Array, uneven: bool) -> Array:
    """Give the standard deviation at x: from 0.35 to 2.7 where it is uneven."""
    return np.exp(x / 3.0) if uneven else np.ones_like(x)


def of(frame: Any, *names: str) -> Array:
    """Give columns of a frame as an array."""
    return np.array([frame[name].to_list() for name in names], dtype=float)


def bands(count: int, cells: int) -> Iterator[str]:
    """Count how often bands hold the mean, and how wide they are."""
    yield "| what | jackknife | width | Laplace | width |"
    yield "| --- | --- | --- | --- | --- |"
    for name, family, curve, n, uneven in BANDS[:cells]:
        held: dict[str, list[tuple[float, float]]] = {"jackknife": [], "laplace": []}
        for seed in range(count):
            rng = np.random.default_rng([seed, n, *name.encode()])
            given = table(family, curve, n, uneven, rng)
            model = pliant.fit("y ~ x", given, family=family, seed=seed)
            x = np.linspace(np.min(given["x"]), np.max(given["x"]), PLACES)
            for method, tally in held.items():
                frame = model.predict_mean_interval({"x": x}, type="link", method=method)
                lower, upper = of(frame, "lower", "upper")
                tally.append((float(np.mean((lower <= curve(x)) & (curve(x) <= upper))), float(np.mean(upper - lower))))
        row = ["{:.1%} | {:.2f}".format(*np.mean(t, axis=0)) for t in held.values()]
        yield f"| {name} | {' | '.join(row)} |"


def halves(count: int, cells: int) -> Iterator[str]:
    """Count how often prediction intervals hold new responses where these scatter little and much."""
    yield "| spread, rows | method | all | little spread | much spread | width |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for uneven, n in SPREADS[:cells]:
        held: dict[str, list[Array]] = {method: [] for method in ("cv+", "scaled", "split", "laplace")}
        for seed in range(count):
            rng = np.random.default_rng([seed, n, uneven])
            model = pliant.fit("y ~ x", table("gaussian", sine, n, uneven, rng), seed=seed)
            new = table("gaussian", sine, NEW, uneven, rng)
            low = new["x"] < 0.0
            for method, tally in held.items():
                lower, upper = of(model.predict(new, interval=0.95, method=method), "lower", "upper")
                inside = (lower <= new["y"]) & (new["y"] <= upper)
                tally.append(
                    np.array([np.mean(inside), np.mean(inside[low]), np.mean(inside[~low]), np.mean(upper - lower)])
                )
        for method, tally in held.items():
            all_, little, much, width = np.mean(tally, axis=0)
            shape = "uneven" if uneven else "even"
            yield f"| {shape}, {n} | {method} | {all_:.1%} | {little:.1%} | {much:.1%} | {width:.2f} |"


def sets(count: int, cells: int) -> Iterator[str]:
    """Count how often sets hold the class of a new row, and how many classes they have."""
    yield "| classes, rows | held | classes in a set |"
    yield "| --- | --- | --- |"
    for classes, n in SETS[:cells]:
        found = []
        for seed in range(count):
            rng = np.random.default_rng([seed, n, classes])
            given, new = (classes_table(classes, rows, rng) for rows in (n, NEW))
            family = "binomial" if classes == 2 else "multinomial"
            frame = pliant.fit("y ~ x + z", given, family=family, seed=seed).predict(new, interval=0.95)
            held = [y in said.split(", ") for y, said in zip(new["y"], frame["set"].to_list(), strict=True)]
            found.append((np.mean(held), np.mean(of(frame, "set_size"))))
        yield "| {}, {} | {:.1%} | {:.2f} |".format(classes, n, *np.mean(found, axis=0))


def classes_table(classes: int, n: int, rng: np.random.Generator) -> dict[str, Array]:
    """Draw a table of x, z and a class y."""
    x, z = rng.uniform(-3.0, 3.0, (2, n))
    eta = np.column_stack([np.zeros(n), 3.0 * np.sin(x) + z, 2.0 * np.cos(x) - z][:classes])
    return {"x": x, "z": z, "y": CLASSES[np.argmax(eta + rng.gumbel(size=eta.shape), axis=1)]}


def speed(rows: int) -> Iterator[str]:
    """Time one end of an interval: by search, and by selection among all candidates."""
    yield "| scores | search, a row | all candidates, a row | counts by search, a row |"
    yield "| --- | --- | --- | --- |"
    rng, K, poisson = np.random.default_rng(0), 10, likelihood("poisson")
    for n in (100, 1_000, 20_000):
        lists = [np.sort(np.abs(rng.standard_normal(n // K))) for _ in range(K)]
        centres = rng.normal(size=rows) + 0.2 * rng.standard_normal((K, rows))
        ones, rank = np.ones_like(centres), int(0.95 * (n + 1))
        few = max(1, min(rows, 20_000_000 // n))
        quick = seconds(kth_smallest, centres, ones, lists, rank) / rows
        slow = seconds(select, centres[:, :few], lists, rank) / few
        counts = seconds(kth_quantile, poisson, 1.0, np.exp(1.0 + centres), ones, lists, rank) / rows
        yield f"| {n:,} | {1e6 * quick:.0f} us | {1e6 * slow:.0f} us | {1e6 * counts:.0f} us |"


def select(centres: Array, lists: list[Array], rank: int) -> Array:
    """Give what `kth_smallest` gives, by reading every candidate."""
    candidates = np.hstack([centre[:, None] + scores for centre, scores in zip(centres, lists, strict=True)])
    return np.partition(candidates, rank - 1, axis=1)[:, rank - 1]


def seconds(call: Callable[..., object], *arguments: object) -> float:
    """Time a call."""
    began = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - began


def main() -> None:
    """Count, print and write."""
    parser = argparse.ArgumentParser(description="Count how often the intervals of a curve hold.")
    parser.add_argument("--smoke", action="store_true", help="one table of the first cells: does it run at all")
    parser.add_argument("--tables", type=int, default=200, help="tables a cell")
    parser.add_argument("--part", choices=("bands", "halves", "sets", "speed"), help="this part only, nothing written")
    asked = parser.parse_args()
    count, cells = (1, 1) if asked.smoke else (asked.tables, len(BANDS))
    parts = {
        "bands": lambda: bands(count, cells),
        "halves": lambda: halves(count, cells),
        "sets": lambda: sets(count, cells),
        "speed": lambda: speed(500 if asked.smoke else 20_000),
    }
    text = [f"{count} tables a cell; nominal 95 %.\n\n"]
    print(text[0])
    for name, part in parts.items():
        if asked.part in (None, name):
            for line in part():
                print(line, flush=True)
                text.append(line + "\n")
            text.append("\n")
            print()
    if not (asked.smoke or asked.part):
        whole = README.read_text()
        before, after = whole.split(BETWEEN[0])[0], whole.split(BETWEEN[1])[1]
        README.write_text(before + BETWEEN[0] + "".join(text) + BETWEEN[1] + after)


if __name__ == "__main__":
    main()
