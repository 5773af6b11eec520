"""The worked example's sine, by several programs with their defaults: how far each is from the true curve.

    python benchmarks/sine.py                some minutes; writes its table in README.md
    python benchmarks/sine.py --rows FILE    keeps every fit's error, and goes on from what is there
    python benchmarks/sine.py --smoke        one seed, and nothing written

y = 4 sin x + a normal error of sd 1, 100 rows from -5 to 5; fitted with 20 of them, drawn by chance, and with all.
pyGAM and PyTorch are optional: their lines are left out where they are not installed.
"""

import argparse
import importlib.util
import itertools
import json
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from digits import write_between

import pliant
from pliant.types import Array

N_SEEDS, SOME, ALL = 50, 20, 100
X = np.linspace(-5.0, 5.0, ALL)
TRUTH = 4.0 * np.sin(X)
BARS = {SOME: 0.75, ALL: 0.32}
BETWEEN = ("<!-- sine -->\n", "<!-- /sine -->")
OURS = "pliant.fit"
Fit = Callable[[Array, Array], Array]  # rows (n,) of x and y -> predictions (100,) at X


def draw(seed: int, n: int) -> tuple[Array, Array]:
    """Give n rows; the 20 are a part of the 100."""
    rng = np.random.default_rng(seed)
    y, kept = TRUTH + rng.normal(size=ALL), rng.choice(ALL, SOME, replace=False)
    return (X, y) if n == ALL else (X[np.sort(kept)], y[np.sort(kept)])


def by_line(x: Array, y: Array) -> Array:
    """The least squares line."""
    return np.asarray(np.polyval(np.polyfit(x, y, 1), X))


def by_sklearn(x: Array, y: Array) -> Array:
    """MLPRegressor as it comes."""
    from sklearn.neural_network import MLPRegressor

    return np.asarray(MLPRegressor(random_state=0).fit(x[:, None], y).predict(X[:, None]))


def by_pygam(x: Array, y: Array) -> Array:
    """LinearGAM as it comes."""
    from pygam import LinearGAM

    return np.asarray(LinearGAM().fit(x[:, None], y).predict(X[:, None]))


def by_pygam_search(x: Array, y: Array) -> Array:
    """LinearGAM with its search over penalties."""
    from pygam import LinearGAM

    return np.asarray(LinearGAM().gridsearch(x[:, None], y, progress=False).predict(X[:, None]))


def by_torch(x: Array, y: Array) -> Array:
    """Fit the loop that people write: 64 tanh units, Adam at 0.01, 2,000 steps, both columns standardised.

    All seeds (S, n) at once, as networks that share nothing: the loss is the sum of theirs and Adam goes number by
    number, so that each takes the steps that it would take alone.
    """
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)  # so few rows gain nothing from more
    centre, scale = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    level, spread = y.mean(axis=1, keepdims=True), y.std(axis=1, keepdims=True)

    def tensor(values: Array) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32)[:, :, None]

    inputs, response, everywhere = (
        tensor((x - centre) / scale),
        tensor((y - level) / spread),
        tensor((X - centre) / scale),
    )
    ends = {"W": (1, 64, 1.0), "b": (1, 64, 1.0), "V": (64, 1, 0.125), "c": (1, 1, 0.125)}  # as torch.nn.Linear draws
    net = {k: torch.empty(len(x), i, j).uniform_(-end, end).requires_grad_() for k, (i, j, end) in ends.items()}

    def forward(at: torch.Tensor) -> torch.Tensor:
        return torch.tanh(at @ net["W"] + net["b"]) @ net["V"] + net["c"]

    rule = torch.optim.Adam(net.values(), lr=0.01)
    for _ in range(2_000):
        rule.zero_grad()
        ((forward(inputs) - response) ** 2).mean(dim=1).sum().backward()
        rule.step()
    with torch.no_grad():
        return np.asarray(level + spread * forward(everywhere).numpy()[:, :, 0].astype(float))


PROGRAMS: dict[str, tuple[str, Fit]] = {
    "the line": ("numpy", by_line),
    "scikit-learn MLPRegressor": ("sklearn", by_sklearn),
    "pyGAM LinearGAM": ("pygam", by_pygam),
    "pyGAM LinearGAM, gridsearch": ("pygam", by_pygam_search),
}
TORCH = "PyTorch by hand, 1-64-1"


@dataclass(frozen=True)
class Row:
    """What one program made of one seed."""

    program: str
    n: int
    seed: int
    error: float
    verdict: str = ""


def by_pliant(x: Array, y: Array) -> tuple[Array, str]:
    """Members as the recipe has them; and the verdict."""
    model = pliant.fit("y ~ x", {"x": x, "y": y})
    said = pliant.compare(model).verdict
    assert said is not None
    return np.asarray(model.predict({"x": X})["prediction"]), said.kind


def try_one(program: str, n: int, seed: int) -> Row:
    """Fit one program to one seed."""
    x, y = draw(seed, n)
    kind = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 200 steps were too few
        if program == OURS:
            predicted, kind = by_pliant(x, y)
        else:
            predicted = PROGRAMS[program][1](x, y)
    return Row(program, n, seed, float(np.mean((predicted - TRUTH) ** 2) ** 0.5), kind)


def try_torch(n: int, seeds: int) -> list[Row]:
    """Fit all seeds at once."""
    x, y = (np.stack(each) for each in zip(*(draw(seed, n) for seed in range(seeds)), strict=True))
    errors = np.mean((by_torch(x, y) - TRUTH) ** 2, axis=1) ** 0.5
    return [Row(TORCH, n, seed, float(error)) for seed, error in enumerate(errors)]


def measure(seeds: int, kept: Path | None) -> list[Row]:
    """Give a row for every program, size and seed; those in the file need no fit, and new ones are added to it."""
    lines = kept.read_text().splitlines() if kept is not None and kept.exists() else []
    rows = [Row(**json.loads(line)) for line in lines]
    known = {(row.program, row.n, row.seed) for row in rows}

    def add(new: list[Row]) -> None:
        rows.extend(new)
        if kept is not None:
            with kept.open("a") as file:
                file.writelines(json.dumps(asdict(row)) + "\n" for row in new)

    for program in (OURS, *(name for name, (module, _) in PROGRAMS.items() if importlib.util.find_spec(module))):
        for n, seed in itertools.product(BARS, range(seeds)):
            if (program, n, seed) not in known:
                add([try_one(program, n, seed)])
    for n in BARS if importlib.util.find_spec("torch") else ():
        if (TORCH, n, seeds - 1) not in known:
            add(try_torch(n, seeds))
    return [row for row in rows if row.seed < seeds]


def median_error(values: list[float]) -> float:
    """Give the simulation's standard error of a median, by 999 draws with replacement."""
    rng = np.random.default_rng(0)
    return float(np.std(np.median(rng.choice(values, (999, len(values))), axis=1)))


def cell(values: list[float]) -> str:
    """Give median, its standard error, and the quartiles."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.2f} ± {median_error(values):.2f} ({low:.2f} to {high:.2f})"


def table(rows: list[Row]) -> str:
    """Give the table, and what the verdicts were."""
    lines = ["| program | 20 rows | 100 rows |", "|---|---|---|"]
    for program in dict.fromkeys(row.program for row in rows):
        mine = [[row for row in rows if row.program == program and row.n == n] for n in BARS]
        cells = " | ".join(cell([row.error for row in each]) for each in mine)
        lines.append(f"| {program} | {cells} |")
    bars = " and ".join(f"{bar} with {n} rows" for n, bar in BARS.items())
    said = {n: Counter(row.verdict for row in rows if row.program == OURS and row.n == n) for n in BARS}
    words = {
        "curve": "that the curve earns its keep",
        "not yet": "that there is curvature",
        "line": "that the line is enough",
    }
    verdicts = "; ".join(
        f"with {n} rows " + ", ".join(f"{words[kind]} in {count}" for kind, count in counts.most_common())
        for n, counts in said.items()
    )
    lines.append(f"\nThe bars for pliant's median: {bars}. The verdict says, of {said[ALL].total()} seeds, {verdicts}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description="Measure the distance from a sine.")
    parser.add_argument("--smoke", action="store_true", help="one seed, and nothing written")
    parser.add_argument("--rows", type=Path, help="a file of JSON lines to keep every fit's error in")
    asked = parser.parse_args()
    text = table(measure(1 if asked.smoke else N_SEEDS, asked.rows))
    print(text)
    if not asked.smoke:
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
