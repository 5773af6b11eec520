"""How often the verdict is right: under a true line, and where there is a bend to find.

    python benchmarks/verdict.py                about twenty minutes of one processor; writes its tables in README.md
    python benchmarks/verdict.py --rows FILE    keeps what each data set gave, and goes on from what is there
    python benchmarks/verdict.py --smoke        a few data sets, and nothing written

A true line is judged wrongly when "the curve earns its keep" is said of it, or "there is curvature". Both need whole
fits with members. The part of the test that needs none, random bends, is tried on many more data sets.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from digits import write_between

import pliant
from pliant.ensemble.curvature import curvature_test
from pliant.ensemble.verdict import kind_of
from pliant.functions.likelihood import likelihood
from pliant.types import Array

N_SIZE, N_POWER = {30: 28, 100: 16, 500: 6}, {30: 16, 100: 16, 500: 8}  # data sets a cell, by rows
N_TEST = 400  # for the part of the test that needs no members
BETWEEN = ("<!-- verdict -->\n", "<!-- /verdict -->")
ROWS = (30, 100, 500)
Draw = Callable[[np.random.Generator, int, int], tuple[Array, Array]]


@dataclass(frozen=True)
class Problem:
    """Data to draw: (rng, n, p) gives inputs (n, p) and a response (n,)."""

    name: str
    draw: Draw
    family: str = "gaussian"


def _line(X: Array) -> Array:
    """Give a line of slopes 1, -1/2, 1/4 ..."""
    return np.asarray(X @ (-0.5) ** np.arange(X.shape[1]))


def normal(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
    """Normal inputs, normal errors of sd 1."""
    X = rng.normal(size=(n, p))
    return X, _line(X) + rng.normal(size=n)


def heavy(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
    """Errors of Student's t with 3 degrees of freedom."""
    X = rng.normal(size=(n, p))
    return X, _line(X) + rng.standard_t(3, size=n)


def uneven(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
    """Errors whose sd grows tenfold over the range of the first input."""
    X = rng.uniform(-2.0, 2.0, size=(n, p))
    return X, _line(X) + 10.0 ** (X[:, 0] / 4.0) * rng.normal(size=n)


def skewed(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
    """Lognormal inputs: a few rows far out."""
    X = np.exp(rng.normal(size=(n, p)))
    return X, _line(X) + rng.normal(size=n)


def skewed_uneven(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
    """Both: the rows far out are the noisy ones."""
    X = np.exp(rng.normal(size=(n, p)))
    return X, _line(X) + 0.5 * X[:, 0] * rng.normal(size=n)


def counts(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
    """Counts with a log-linear mean."""
    X = rng.normal(size=(n, p))
    return X, rng.poisson(np.exp(0.5 + 0.5 * _line(X))).astype(float)


def events(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
    """Zeros and ones with a linear log odds."""
    X = rng.normal(size=(n, p))
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-_line(X)))).astype(float)


LINES = (
    Problem("normal", normal),
    Problem("t, 3 df", heavy),
    Problem("uneven spread", uneven),
    Problem("skewed inputs", skewed),
    Problem("skewed and uneven", skewed_uneven),
)
OTHERS = (Problem("poisson", counts, "poisson"), Problem("binomial", events, "binomial"))


def bend(shape: Callable[[Array], Array], size: float) -> Draw:
    """Give data whose bend, of sd 1 before, has the sd `size` beside errors of sd 1."""

    def draw(rng: np.random.Generator, n: int, p: int) -> tuple[Array, Array]:
        X = rng.normal(size=(n, p))
        return X, _line(X) + size * shape(X) + rng.normal(size=n)

    return draw


def square(X: Array) -> Array:
    """x1^2, of mean 0 and sd 1."""
    return np.asarray((X[:, 0] ** 2 - 1.0) / 2.0**0.5)


def product(X: Array) -> Array:
    """x1 x2, of sd 1."""
    return np.asarray(X[:, 0] * X[:, 1])


def sine(X: Array) -> Array:
    """sin(3 x1), of sd about 0.7: almost nothing linear in it."""
    return np.asarray(2.0**0.5 * np.sin(3.0 * X[:, 0]))


SHAPES = (("square", square, 1), ("interaction", product, 3), ("sine", sine, 1))
BENDS = ((30, 1.0), (100, 0.5), (100, 1.0), (500, 0.3))  # rows, and size of the bend


@dataclass(frozen=True)
class Cell:
    """One kind of data: what is drawn, how many rows and inputs."""

    name: str
    draw: Draw
    n: int
    p: int
    family: str = "gaussian"


@dataclass(frozen=True)
class Row:
    """What one data set gave."""

    name: str
    n: int
    p: int
    seed: int
    low: float
    share: float
    p_value: float
    strict: float  # lower end of the gain's interval after Nadeau and Bengio

    @property
    def kind(self) -> str:
        """Give the verdict."""
        return kind_of(self.low, self.share, self.p_value)


def line_cells() -> list[Cell]:
    """Give the true lines, of one input and of four."""
    cells = [Cell(each.name, each.draw, n, p) for each in LINES[:4] for n in ROWS for p in (1, 4)]
    return cells + [Cell(each.name, each.draw, 100, 2, each.family) for each in OTHERS]


def bend_cells() -> list[Cell]:
    """Give the true bends."""
    return [Cell(f"{name} {size}", bend(shape, size), n, p) for name, shape, p in SHAPES for n, size in BENDS]


def judge(cell: Cell, seed: int) -> Row:
    """Fit line and curve to one data set."""
    X, y = cell.draw(np.random.default_rng(seed), cell.n, cell.p)
    comparison = pliant.compare(pliant.fit(X, y, family=cell.family, threads=1))
    said, strict = comparison.verdict, comparison.strict
    assert said is not None
    assert strict is not None
    return Row(cell.name, cell.n, cell.p, seed, said.low, said.share, said.p_value, strict[0])


def simulate(cells: list[Cell], counts: dict[int, int], kept: Path | None) -> list[Row]:
    """Give so many rows of every cell; those in the file need no fit, and new ones are added to it."""
    known = {}
    if kept is not None and kept.exists():
        for line in kept.read_text().splitlines():
            row = Row(**json.loads(line))
            known[row.name, row.n, row.p, row.seed] = row
    rows = []
    for seed in range(max(counts.values())):
        for cell in (each for each in cells if seed < counts[each.n]):
            row = known.get((cell.name, cell.n, cell.p, seed))
            if row is None:
                row = judge(cell, seed)
                if kept is not None:
                    with kept.open("a") as file:
                        file.write(json.dumps(asdict(row)) + "\n")
            rows.append(row)
    return rows


def random_bends(problem: Problem, n: int, p: int, count: int) -> float:
    """Give how often random bends alone call a true line curved at the level of 5 %."""
    called, chosen = 0, likelihood(problem.family, None)
    for seed in range(count):
        X, y = problem.draw(np.random.default_rng(seed), n, p)
        line = pliant.fit(X, y, hidden=(), family=problem.family)
        arrays = line.data()
        eta = arrays.X @ np.array(list(line.coefficients.values()))[:, None]
        called += curvature_test(chosen, arrays, eta, (X - X.mean(axis=0)) / X.std(axis=0)) < 0.05
    return called / count


def percent(rows: list[Row], *kinds: str) -> str:
    """Give how often one of the kinds was said, as a percentage."""
    return f"{100.0 * np.mean([row.kind in kinds for row in rows]):.0f} %" if rows else ""


def of_cell(rows: list[Row], name: str, n: int) -> list[Row]:
    """Give the rows of one kind of data."""
    return [row for row in rows if row.name == name and row.n == n]


def size_table(rows: list[Row], count: int) -> str:
    """Give the table of true lines; `count` data sets for random bends alone."""
    lines = [
        "| true line | wrong with 30 rows | 100 | 500 | all: curve / curvature "
        "| random bends alone, p < 0.05, 100 rows of 1 / 4 inputs |",
        "|---|---|---|---|---|---|",
    ]
    for problem in (*LINES, *OTHERS):
        cells = []
        for n in ROWS:
            here = of_cell(rows, problem.name, n)
            cells.append(f"{sum(row.kind != 'line' for row in here)} of {len(here)}" if here else "")
        mine = [row for row in rows if row.name == problem.name]
        alone = [f"{100.0 * random_bends(problem, 100, p, count):.1f} %" for p in (1, 4)]
        said = f"{percent(mine, 'curve')} / {percent(mine, 'not yet')}" if mine else "not fitted"
        lines.append(f"| {problem.name} | {' | '.join(cells)} | {said} | {' / '.join(alone)} |")
        print(lines[-1], flush=True)
    wrong = np.mean([row.kind != "line" for row in rows])
    error = (max(wrong, 1.0 / len(rows)) * (1.0 - wrong) / len(rows)) ** 0.5
    lines.append(
        f"\nOf all {len(rows)} true lines {100.0 * wrong:.1f} % ± {100.0 * error:.1f} % were judged wrongly: "
        f"{sum(row.kind == 'curve' for row in rows)} as a curve that earns its keep, "
        f"{sum(row.kind == 'not yet' for row in rows)} as curvature that does not pay yet. The bar is 5 %."
    )
    return "\n".join(lines) + "\n"


def power_table(rows: list[Row]) -> str:
    """Give the table of true bends."""
    lines = [
        "| bend, its sd beside errors of sd 1 | rows | data sets | the curve earns its keep | curvature seen at all "
        "| Nadeau-Bengio, same folds |",
        "|---|---|---|---|---|---|",
    ]
    for cell in bend_cells():
        here = of_cell(rows, cell.name, cell.n)
        strict = f"{100.0 * np.mean([row.strict > 0.0 for row in here]):.0f} %"
        said = f"{percent(here, 'curve')} | {percent(here, 'curve', 'not yet')}"
        lines.append(f"| {cell.name} | {cell.n} | {len(here)} | {said} | {strict} |")
    seen, strict = percent(rows, "curve"), f"{100.0 * np.mean([row.strict > 0.0 for row in rows]):.0f} %"
    lines.append(
        f"\nOver all {len(rows)} data sets the curve earns its keep in {seen}, by Nadeau and Bengio in {strict}."
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables and write them."""
    parser = argparse.ArgumentParser(description="Count how often the verdict is right.")
    parser.add_argument("--smoke", action="store_true", help="a few data sets, and nothing written")
    parser.add_argument("--rows", type=Path, help="a file of JSON lines to keep the data sets' verdicts in")
    parser.add_argument("--only", choices=("lines", "bends"), help="simulate one half, for --rows, and write nothing")
    asked = parser.parse_args()
    if asked.smoke:
        rows = simulate([*line_cells()[:1], *bend_cells()[:1]], {30: 2}, None)
        print(*rows, random_bends(LINES[0], 30, 1, 5), sep="\n")
        return
    lines = simulate(line_cells(), N_SIZE, asked.rows) if asked.only != "bends" else []
    bends = simulate(bend_cells(), N_POWER, asked.rows) if asked.only != "lines" else []
    if asked.only is None:
        text = size_table(lines, N_TEST) + "\n" + power_table(bends)
        print(text)
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
