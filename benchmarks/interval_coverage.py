"""Count how often prediction intervals of nominal 95 % hold a new response, and how wide they are.

    python benchmarks/interval_coverage.py                  200 data sets a cell: half an hour; writes the table
    python benchmarks/interval_coverage.py --smoke          2 data sets of one cell, and nothing written
    python benchmarks/interval_coverage.py --data-sets 40   a pilot, and nothing written

A cell is one way to draw rows: y = 4 sin x + s(x) e with x uniform from -5 to 5 and e normal, at n = 20, 50 and 200,
once with s = 1 and once with s(x) = 0.3 + 0.4 |x|, and 500 new rows of the same kind tell the coverage. Or a real
table of PLIANT_DATA, split at random again and again, nine tenths to fit and one tenth to count.

pliant gets a formula and a table and nothing else. Its rivals are the oracle, which knows mean and spread (its
coverage is 95 % by construction, so its width is the yardstick), and the deep ensemble: five networks of 50
rectified units with a mean and a variance each, by Adam on the Gaussian likelihood from five starts, whose mixture
is read as one normal distribution. It has the number of epochs that served it best in a pilot.

References
----------
Barber, Candes, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+.
Lakshminarayanan, Pritzel and Blundell (2017), Simple and scalable predictive uncertainty estimation using deep
ensembles.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from digits import write_between

import pliant
from pliant.inference.intervals import METHODS
from pliant.types import Array

BETWEEN = ("<!-- interval coverage -->\n", "<!-- /interval coverage -->")
DATA = Path(os.environ.get("PLIANT_DATA", Path(__file__).parents[2] / "shared" / "data"))
STATED = "stated by the fit"  # the coverage of its own CV+ intervals, out of fold
LEVEL, NORMAL, FRESH, COUNT = 0.95, 1.959964, 500, 200
SPREADS: dict[str, Callable[[Array], Array]] = {
    "plain": lambda x: np.ones_like(x),
    "uneven": lambda x: 0.3 + 0.4 * np.abs(x),
}
SIZES = (20, 50, 200)
REAL = {
    "mcycle": "accel ~ times",
    "yacht": "resistance ~ .",
    "concrete": "strength ~ .",
}
SPLITS = {"mcycle": 100, "yacht": 50, "concrete": 20}  # of each table
MEMBERS, UNITS, RATE = 5, 50, 0.01  # of the deep ensemble
EPOCHS = ((200, 100), (10**9, 500))  # to so many rows; 200 or 500 on few rows make it cover less
BATCH = 20  # deep ensembles trained side by side


@dataclass(frozen=True)
class Drawn:
    """One data set: rows to fit, rows to count, and the oracle's interval where the truth is known."""

    formula: str
    table: dict[str, Array]
    fresh: dict[str, Array]
    oracle: tuple[Array, Array] | None = None

    @property
    def response(self) -> str:
        """Name of the response."""
        return self.formula.split("~")[0].strip()

    def inputs(self, rows: dict[str, Array]) -> Array:
        """Give the columns (m, p) that a rival sees."""
        right = self.formula.split("~")[1]
        names = [n for n in rows if n != self.response] if "." in right.split() else right.replace("+", " ").split()
        return np.column_stack([rows[name] for name in names])


@dataclass
class Tally:
    """Coverage and mean width of each data set."""

    coverage: list[float] = field(default_factory=list)
    width: list[float] = field(default_factory=list)

    def add(self, y: Array, low: Array, high: Array) -> None:
        """Count one data set."""
        self.coverage.append(float(np.mean((low <= y) & (y <= high))))
        self.width.append(float(np.mean(high - low)))


def sine(n: int, spread: str, count: int) -> Iterator[Drawn]:
    """Draw tables of 4 sin x with noise."""
    for seed in range(count):
        rng = np.random.default_rng([seed, n, *spread.encode()])
        x = rng.uniform(-5.0, 5.0, n + FRESH)
        s, mean = SPREADS[spread](x), 4.0 * np.sin(x)
        y = mean + s * rng.normal(size=n + FRESH)
        truth = (mean[n:] - NORMAL * s[n:], mean[n:] + NORMAL * s[n:])
        yield Drawn("y ~ x", {"x": x[:n], "y": y[:n]}, {"x": x[n:], "y": y[n:]}, truth)


def real(name: str, count: int) -> Iterator[Drawn]:
    """Split a table of PLIANT_DATA at random, nine tenths to one."""
    import polars

    read = polars.read_csv(DATA / f"{name}.csv")
    formula = REAL[name]
    used = read.columns if "." in formula else [c for c in read.columns if c in formula.replace("~", " ").split()]
    whole = {c: read.select(used).drop_nulls()[c].to_numpy().astype(float) for c in used}
    n = len(whole[used[0]])
    for seed in range(count):
        order = np.random.default_rng([seed, n]).permutation(n)
        fresh, rows = order[: n // 10], order[n // 10 :]
        yield Drawn(formula, {c: v[rows] for c, v in whole.items()}, {c: v[fresh] for c, v in whole.items()})


def deep_ensembles(draws: list[Drawn], seed: int) -> list[tuple[Array, Array]]:
    """Give the intervals of a deep ensemble for each of some data sets of equal size, trained side by side."""
    torch.manual_seed(seed)
    inputs, fresh, responses = [], [], []
    for drawn in draws:
        X, y = drawn.inputs(drawn.table), drawn.table[drawn.response]
        centre, scale = X.mean(axis=0), np.maximum(X.std(axis=0), 1e-12)
        inputs.append((X - centre) / scale)
        fresh.append((drawn.inputs(drawn.fresh) - centre) / scale)
        responses.append((y - y.mean()) / y.std())
    rows, new, z = (torch.tensor(np.stack(v), dtype=torch.float32)[:, None] for v in (inputs, fresh, responses))
    p = rows.shape[-1]
    shapes = ((p, UNITS), (1, UNITS), (UNITS, 2), (1, 2))
    sizes = (p**-0.5, 1.0, UNITS**-0.5, 0.0)
    weights = [
        (torch.randn(len(draws), MEMBERS, *s) * by).requires_grad_() for s, by in zip(shapes, sizes, strict=True)
    ]
    optimiser = torch.optim.Adam(weights, lr=RATE)

    def heads(v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        W, b, V, c = weights
        out = torch.relu(v @ W + b) @ V + c
        return out[..., 0], torch.nn.functional.softplus(out[..., 1]) + 1e-6

    for _ in range(next(epochs for most, epochs in EPOCHS if len(draws[0].table[draws[0].response]) <= most)):
        optimiser.zero_grad()
        mean, variance = heads(rows)
        loss = (0.5 * torch.log(variance) + 0.5 * (z - mean) ** 2 / variance).mean(dim=-1)
        loss.sum().backward()
        optimiser.step()
    with torch.no_grad():
        mean, variance = heads(new)
        middle = mean.mean(dim=1)
        spread = torch.sqrt((variance + mean**2).mean(dim=1) - middle**2)
    found = []
    for drawn, at, by in zip(draws, middle.numpy().astype(float), spread.numpy().astype(float), strict=True):
        y = drawn.table[drawn.response]
        centre_y, reach = y.mean() + at * y.std(), NORMAL * by * y.std()
        found.append((centre_y - reach, centre_y + reach))
    return found


def run_cell(data_sets: list[Drawn], methods: tuple[str, ...]) -> dict[str, Tally]:
    """Count one cell: every method on the same data sets."""
    tallies = {name: Tally() for name in (*methods, "oracle", "deep ensemble", STATED)}
    for seed, drawn in enumerate(data_sets):
        y = drawn.fresh[drawn.response]
        model = pliant.fit(drawn.formula, drawn.table, seed=seed, threads=1)
        for method in methods:
            found = model.predict(drawn.fresh, interval=LEVEL, method=method)
            tallies[method].add(y, *(found[end].to_numpy() for end in ("lower", "upper")))
        for said in model.members.reached:
            if said.level == LEVEL and not said.where and np.isfinite(said.mean_width):
                tallies[STATED].coverage.append(said.share)
        if drawn.oracle is not None:
            tallies["oracle"].add(y, *drawn.oracle)
    for first in range(0, len(data_sets), BATCH):
        batch = data_sets[first : first + BATCH]
        for drawn, ends in zip(batch, deep_ensembles(batch, first), strict=True):
            tallies["deep ensemble"].add(drawn.fresh[drawn.response], *ends)
    return tallies


def cell_text(name: str, tally: Tally) -> str:
    """Say coverage with its error, and the mean width: of the finite ones, with a word on the others."""
    if not tally.coverage:
        return "-" if name == STATED else "- |"
    coverage, width = 100.0 * np.array(tally.coverage), np.array(tally.width)
    error = np.std(coverage, ddof=1) / len(coverage) ** 0.5
    if name == STATED:
        return f"{np.mean(coverage):.1f} ± {error:.1f}"
    finite = np.isfinite(width)
    mean = float(np.mean(width[finite])) if finite.any() else np.inf
    rest = "" if finite.all() else f" ({np.mean(~finite):.0%} infinite)"
    return f"{np.mean(coverage):.1f} ± {error:.1f} | {mean:.3g}{rest}"


def kept_rows(path: Path | None) -> dict[str, str]:
    """Give the rows of the table that an earlier run kept, by cell."""
    if path is None or not path.exists():
        return {}
    return dict(json.loads(line) for line in path.read_text().splitlines())


def main() -> None:
    """Count, print and write."""
    parser = argparse.ArgumentParser(description="Count how often 95 % prediction intervals hold a new response.")
    parser.add_argument("--smoke", action="store_true", help="2 data sets of one cell: does it run at all")
    parser.add_argument("--data-sets", type=int, help="a cell, and splits at most; nothing is written into README.md")
    parser.add_argument("--only", default="", help="cells whose name has this in it; nothing is written")
    parser.add_argument("--methods", default="cv+,scaled,laplace", help="those that pliant does not have are left out")
    parser.add_argument(
        "--keep", type=Path, help="a file of rows that are done: a run that was stopped goes on from it"
    )
    asked = parser.parse_args()
    torch.set_num_threads(1)
    most = 2 if asked.smoke else asked.data_sets or COUNT
    methods = tuple(m for m in asked.methods.split(",") if m in METHODS)
    cells: dict[str, Iterator[Drawn]] = {
        f"4 sin x, {spread}, n = {n}": sine(n, spread, most) for spread in SPREADS for n in SIZES
    }
    for name in REAL:
        if (DATA / f"{name}.csv").exists():
            count = min(most, SPLITS[name])
            cells[f"{name}, {count} random splits"] = real(name, count)
    if asked.smoke:
        cells = dict(list(cells.items())[:1])
    shown = (*methods, "oracle", "deep ensemble", STATED)
    heads = [f"{name}: covered %" + ("" if name == STATED else " | width") for name in shown]
    head = f"| rows | {' | '.join(heads)} |\n" + "|---" * (2 * len(shown)) + "|\n"
    print(head, end="", flush=True)
    rows = kept_rows(asked.keep)
    for name, cell in cells.items():
        if asked.only not in name or name in rows:
            continue
        began = time.process_time()
        tallies = run_cell(list(cell), methods)
        rows[name] = f"| {name} | " + " | ".join(cell_text(each, tallies[each]) for each in shown) + " |"
        print(f"{rows[name]}  {time.process_time() - began:.0f} s of processor", flush=True)
        if asked.keep is not None:
            with asked.keep.open("a") as file:
                file.write(json.dumps([name, rows[name]]) + "\n")
    if not asked.smoke and asked.data_sets is None and not asked.only:
        write_between(head + "".join(rows[name] + "\n" for name in cells), BETWEEN)


if __name__ == "__main__":
    main()
