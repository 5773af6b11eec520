"""Time a whole fit - ten members, intervals and verdict - beside one fit of other networks.

    python benchmarks/whole_fit.py            some minutes; writes its table in README.md
    python benchmarks/whole_fit.py --smoke    60 rows, and nothing written

pliant.fit, predict with 95 % intervals for the same rows, and compare; the others only fit, once, and give neither.
The programs take turns within one process, after a first fit that loads their code. pytabkit is optional.
"""

import argparse
import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from digits import write_between

import pliant
from pliant.types import Array

COLUMNS, ROUNDS, SIZES = 8, 3, (100, 500, 2_000)
BETWEEN = ("<!-- whole fit -->\n", "<!-- /whole fit -->")


def data(n: int) -> tuple[Array, Array]:
    """Draw X (n, 8) and a response with a line, a wave and an interaction in it."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, COLUMNS))
    return X, X[:, 0] - 0.5 * X[:, 1] + np.sin(2.0 * X[:, 2]) + X[:, 3] * X[:, 4] + rng.normal(size=n)


def by_pliant(X: Array, y: Array) -> None:
    """Members, intervals of every row, verdict."""
    model = pliant.fit(X, y)
    model.predict(X, interval=0.95)
    pliant.compare(model)


def by_sklearn(X: Array, y: Array) -> None:
    """MLPRegressor as it comes: one network of 100 units, no early stop."""
    from sklearn.neural_network import MLPRegressor

    MLPRegressor(random_state=0).fit(X, y).predict(X)


def by_realmlp(X: Array, y: Array) -> None:
    """RealMLP-TD-S as it comes: one network."""
    from pytabkit import RealMLP_TD_S_Regressor

    RealMLP_TD_S_Regressor(device="cpu", random_state=0).fit(X, y).predict(X)


PROGRAMS: dict[str, tuple[str, Callable[[Array, Array], None]]] = {
    "pliant": ("pliant", by_pliant),
    "scikit-learn MLPRegressor": ("sklearn", by_sklearn),
    "RealMLP-TD-S": ("pytabkit", by_realmlp),
}


def seconds(fit: Callable[[Array, Array], None], X: Array, y: Array) -> float:
    """Time one fit."""
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 200 steps were too few
        fit(X, y)
    return time.perf_counter() - began


def measure(n: int, rounds: int) -> dict[str, float]:
    """Give the median seconds of every program that is installed."""
    X, y = data(n)
    installed = {name: fit for name, (module, fit) in PROGRAMS.items() if importlib.util.find_spec(module)}
    for fit in installed.values():
        seconds(fit, X[:60], y[:60])
    taken: dict[str, list[float]] = {name: [] for name in installed}
    for _ in range(rounds):
        for name, fit in installed.items():
            taken[name].append(seconds(fit, X, y))
    return {name: statistics.median(values) for name, values in taken.items()}


def table(sizes: tuple[int, ...], rounds: int) -> str:
    """Measure and give the table in Markdown; the ratio is another program's time over pliant's."""
    rivals = [name for name in PROGRAMS if name != "pliant"]
    heads = " | ".join(f"{name}, one fit: seconds (ratio)" for name in rivals)
    lines = [
        f"| rows x {COLUMNS} | pliant, all of it | {heads} |",
        "|---|---|" + "---|" * len(rivals),
    ]
    for n in sizes:
        taken = measure(n, rounds)
        mine = taken["pliant"]
        cells = [f"{taken[r]:.2f} ({taken[r] / mine:.2f})" if r in taken else "not installed" for r in rivals]
        lines.append(f"| {n:,} | {mine:.2f} s | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n\nA ratio above 1: pliant's ten members, intervals and verdict take less time.\n"


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description="Time a whole fit beside one fit of other networks.")
    parser.add_argument("--smoke", action="store_true", help="60 rows, and nothing written")
    if parser.parse_args().smoke:
        PROGRAMS.pop("RealMLP-TD-S")  # half a minute
        table((60,), 1)
    else:
        write_between(table(SIZES, ROUNDS), BETWEEN)


if __name__ == "__main__":
    main()
