"""Count on simulated tables whether separation is caught and named, against certificates in rational arithmetic.

    python benchmarks/separation.py            500 tables, and the time that a large one takes
    python benchmarks/separation.py --smoke    a few of each

The truth is no second opinion of floating-point: a linear programme (another one than pliant's) proposes, and integers
decide. A direction is proved to gain on every row that it is said to gain on; that no direction gains on any of the
others is proved by positive multipliers under which these rows sum to zero (Gordan's theorem). The coefficients that
run off are read from the exact null space of the rows that cannot gain.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import linprog

import pliant
from pliant.errors import ConvergenceError, SeparationError

Rows = list[list[int]]


@dataclass(frozen=True)
class Case:
    """One simulated table with the arguments of its fit."""

    formula: str
    table: dict[str, Any]
    options: dict[str, Any]


@dataclass(frozen=True)
class Truth:
    """What is proved of a case."""

    kind: str  # "overlap", "quasi-complete" or "complete"
    columns: tuple[str, ...]


FORMULAS = (
    "y ~ x",
    "y ~ x + z",
    "y ~ x + g",
    "y ~ g * h",
    "y ~ x * h",
    "y ~ 0 + x + z",
    "y ~ x + twice + g",
    "y ~ g + h",
)


def simulate(seed: int, family: str) -> Case:
    """Draw a table of small whole numbers: slopes from weak to without an error, levels from full to empty."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 60))
    x, z = rng.integers(-9, 10, (2, n))
    g, h = rng.choice(list("abc"), n), rng.choice(["u", "v"], n)
    table: dict[str, Any] = {"x": x, "z": z, "twice": 2 * x + 1, "g": g, "h": h, "e": rng.normal(size=n)}
    slope = rng.choice([0.0, 0.3, 1.0, 20.0], 3)
    eta = slope[0] * x / 3.0 + slope[1] * z / 3.0 + slope[2] * (g == "b") + rng.choice([0.0, 1.0, 3.0]) * (h == "v")
    options: dict[str, Any] = {"family": family}
    if rng.random() < 0.3:
        options["offset"] = "e"
    if family == "multinomial":
        noise = rng.choice([0.01, 1.0]) * rng.gumbel(size=(n, 3))
        table["y"] = np.array(list("pqr"))[np.argmax(np.outer(eta - eta.mean(), [0.0, 1.0, 1.5]) + noise, axis=1)]
        table["y"][:3] = list("pqr")
    elif family == "poisson":
        table["y"] = rng.poisson(np.exp(np.clip(eta - 1.5, -9.0, 2.0))) * (rng.random(n) < 0.7)
    else:
        options["link"] = str(rng.choice(["logit", "probit", "cloglog"]))
        table["y"] = (rng.logistic(size=n) < eta - np.median(eta)).astype(float)
    if rng.random() < 0.3:
        table["w"] = rng.integers(0, 3, n) * 1.0
        table["w"][:3] = 2.0
        options["weights"] = "w"
        if family == "binomial" and rng.random() < 0.5:
            table["y"][0] = 0.5
    return Case(str(rng.choice(FORMULAS)), table, options)


def truth(case: Case) -> Truth:
    """Prove whether the outcomes of a table are separated, and which coefficients run off."""
    bare = {**case.options, "offset": None}
    model = pliant.fit(case.formula, case.table, hidden=(), regularisation=1.0, **bare)  # for its design
    rows, used = model.data(), model.data().weights > 0.0
    X = [[int(v) for v in row] for row in rows.X[used].tolist()]
    kept = _independent(X)
    names = [model.design.names[j] for j in kept]
    parting, level = _conditions([[row[j] for j in kept] for row in X], rows.y[used], case.options["family"])
    levels = model.design.response.levels[1:]
    labels = [f"{c}: {name}" for c in levels for name in names] if model.family == "multinomial" else names
    gains, direction = _proposed(parting, level, len(labels))
    stays = [row for row, gain in zip(parting, gains, strict=True) if not gain]
    _prove_that_none_gains(stays, level)
    basis = _null_basis(stays + level, len(labels))
    _prove_that_all_gain([row for row, gain in zip(parting, gains, strict=True) if gain], basis, direction)
    if not any(gains):
        return Truth("overlap", ())
    kind = "quasi-complete" if stays or level else "complete"
    return Truth(kind, tuple(label for j, label in enumerate(labels) if any(vector[j] for vector in basis)))


def _conditions(X: Rows, y: Any, family: str) -> tuple[Rows, Rows]:
    """Write out what each row asks: its product with a direction is not negative, or is zero."""
    parting, level = [], []
    for x, response in zip(X, y.tolist(), strict=True):
        if family == "multinomial":
            own, p = response.index(1.0), len(x)
            for other in set(range(len(response))) - {own}:
                row = [0] * (p * len(response))
                row[p * own : p * own + p] = x
                row[p * other : p * other + p] = [-v for v in x]
                parting.append(row[p:])
        elif response[0] == 0.0:
            parting.append([-v for v in x])
        elif response[0] == 1.0 and family == "binomial":
            parting.append(list(x))
        else:
            level.append(list(x))
    return parting, level


def _proposed(parting: Rows, level: Rows, k: int) -> tuple[list[bool], list[float]]:
    """Maximise the sum of gains, each cut at 1, over all directions: say which rows gain, and by which direction."""
    m = len(parting)
    if m == 0:
        return [], [0.0] * k
    above = np.hstack([-np.array(parting, dtype=float), np.eye(m)])
    same = np.hstack([np.array(level, dtype=float), np.zeros((len(level), m))]) if level else None
    goal = np.concatenate([np.zeros(k), -np.ones(m)])
    bounds = [(None, None)] * k + [(0.0, 1.0)] * m
    done = linprog(goal, above, np.zeros(m), same, np.zeros(len(level)) if level else None, bounds, method="highs")
    return (done.x[k:] > 0.5).tolist(), done.x[:k].tolist()


def _prove_that_none_gains(stays: Rows, level: Rows) -> None:
    """Find multipliers, positive for `stays`, under which all rows sum to zero exactly; fail if there are none."""
    if not stays:
        return
    rows = stays + level
    A = np.array(rows, dtype=float).T
    bounds = [(1.0, None)] * len(stays) + [(None, None)] * len(level)
    done = linprog(np.zeros(len(rows)), A_eq=A, b_eq=np.zeros(len(A)), bounds=bounds, method="highs")
    assert done.x is not None, "the rows that stay can gain after all"
    near = [Fraction(v).limit_denominator(10**6) for v in done.x]
    k = len(A)
    left = [-sum(m * row[j] for m, row in zip(near, rows, strict=True)) for j in range(k)]
    z = _solution(_gram(rows, k), left)
    exact = [m + sum(a * b for a, b in zip(row, z, strict=True)) for m, row in zip(near, rows, strict=True)]
    assert all(sum(m * row[j] for m, row in zip(exact, rows, strict=True)) == 0 for j in range(k))
    assert all(m > 0 for m in exact[: len(stays)]), "the multipliers are not positive"


def _prove_that_all_gain(gaining: Rows, basis: list[list[Fraction]], direction: list[float]) -> None:
    """Find a direction in the span of a basis by which every row gains exactly; fail if the proposed one does not."""
    if not gaining:
        return
    ends = [max(j for j, v in enumerate(vector) if v) for vector in basis]
    exact = [Fraction(0)] * len(direction)
    for vector, end in zip(basis, ends, strict=True):  # each has a one at its end, where the others are zero
        exact = [a + Fraction(direction[end]) * v for a, v in zip(exact, vector, strict=True)]
    assert all(sum(a * b for a, b in zip(row, exact, strict=True)) > 0 for row in gaining), "not all rows gain"


def _gram(rows: Rows, k: int) -> list[list[Fraction]]:
    A = np.array(rows, dtype=np.int64).reshape(-1, k)
    return [[Fraction(v) for v in row] for row in (A.T @ A).tolist()]


def _reduced(matrix: list[list[Fraction]], columns: int) -> tuple[list[list[Fraction]], list[int]]:
    """Bring a matrix to reduced row echelon form; give it and its pivot columns."""
    matrix, pivots = [list(row) for row in matrix], []
    for j in range(columns):
        at = next((i for i in range(len(pivots), len(matrix)) if matrix[i][j]), None)
        if at is None:
            continue
        top = len(pivots)
        matrix[top], matrix[at] = matrix[at], matrix[top]
        matrix[top] = [v / matrix[top][j] for v in matrix[top]]
        for i, row in enumerate(matrix):
            if i != top and row[j]:
                matrix[i] = [a - row[j] * b for a, b in zip(row, matrix[top], strict=True)]
        pivots.append(j)
    return matrix, pivots


def _independent(X: Rows) -> list[int]:
    """Name the columns that no earlier ones determine."""
    return _reduced(_gram(X, len(X[0])), len(X[0]))[1]


def _solution(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Solve a consistent system, with zero where it is free."""
    k = len(right)
    reduced, pivots = _reduced([[*row, value] for row, value in zip(matrix, right, strict=True)], k)
    solution = [Fraction(0)] * k
    for row, j in zip(reduced, pivots, strict=False):
        solution[j] = row[k]
    return solution


def _null_basis(rows: Rows, k: int) -> list[list[Fraction]]:
    """Give the directions that move none of the rows, each with a one where the others have zero."""
    reduced, pivots = _reduced(_gram(rows, k), k)
    basis = []
    for free in sorted(set(range(k)) - set(pivots)):
        vector = [Fraction(int(j == free)) for j in range(k)]
        for row, j in zip(reduced, pivots, strict=False):
            vector[j] = -row[free]
        basis.append(vector)
    return basis


def answer(case: Case) -> Truth:
    """Give what pliant says of a case."""
    try:
        model = pliant.fit(case.formula, case.table, hidden=(), **case.options)
    except SeparationError as said:
        return Truth(said.kind, said.columns)
    except ConvergenceError as said:
        return Truth(str(said), ())
    assert np.isfinite(model.deviance)
    return Truth("overlap", ())


def cases(count: int) -> list[Case]:
    """Give tables: six of ten binomial, two multinomial, two poisson."""
    families = ["binomial"] * 6 + ["multinomial"] * 2 + ["poisson"] * 2
    return [simulate(seed, families[seed % 10]) for seed in range(count)]


def large(rows: int, columns: int, kind: str) -> tuple[float, str]:
    """Time one fit of a large table: seconds, and what was said."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(rows, columns - 1))
    eta = X @ rng.normal(size=columns - 1)
    y = (eta > 0.0 if kind == "complete" else eta + rng.logistic(size=rows) > 0.0).astype(float)
    if kind == "quasi-complete":
        X[:, 0] = (rng.random(rows) < 1e-3) & (y == 1.0)
    start = time.perf_counter()
    try:
        pliant.fit(X, y, family="binomial", hidden=())
        said = "overlap"
    except SeparationError as problem:
        said = f"{problem.kind}, {len(problem.columns)} named"
    return time.perf_counter() - start, said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    counts: Counter[str] = Counter()
    seconds = 0.0
    for case in cases(30 if smoke else 500):
        true = truth(case)
        start = time.perf_counter()
        said = answer(case)
        seconds += time.perf_counter() - start
        verdict = "as proved" if said == true else f"WRONG: {said}"
        counts[f"{case.options['family']:<12} {true.kind:<15} {verdict}"] += 1
    print("\n".join(f"{line:<45} {count}" for line, count in sorted(counts.items())))
    print(f"{seconds:.1f} s for all fits")
    for kind in ("overlap", "quasi-complete", "complete"):
        took, said = large(2_000 if smoke else 100_000, 20, kind)
        print(f"large table, {kind}: {took:.2f} s, said: {said}")


if __name__ == "__main__":
    main()
