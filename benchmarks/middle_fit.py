"""Time whole fits of many rows beside RealMLP-TD-S and scikit-learn's network: one table, one program after the other.

    python benchmarks/middle_fit.py            10,000 and 50,000 rows (RealMLP 10,000); writes the table into README.md
    python benchmarks/middle_fit.py --smoke    600 rows, without RealMLP, nothing written

Rows are simulated: eight numbers, of which one jumps, one waves and two meet, and noise. Each program has its defaults
and one thread, and a first small fit that is not counted. The error is against the mean without its noise, on new
rows, over that of the mean response. pliant's time holds its folds, its verdict and what its intervals need.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from digits import write_between
from peers import LIMITS, peers
from suite import Task
from threadpoolctl import threadpool_limits

import pliant

BETWEEN = ("<!-- middle_fit -->\n", "<!-- /middle_fit -->")
PROGRAMS = ("MLP, scikit-learn", "RealMLP-TD-S")
NOISE = 0.5
INPUTS = tuple(f"x{j}" for j in range(8))


def simulate(n: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw a table, and the means of its rows."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, len(INPUTS)))
    mu = X[:, 0] + np.sin(3.0 * X[:, 1]) + np.floor(2.0 * X[:, 2]) / 2.0 + X[:, 3] * X[:, 4]
    return dict(zip(INPUTS, X.T, strict=True)) | {"y": mu + rng.normal(0.0, NOISE, n)}, mu


def by_pliant(train: object, new: object) -> np.ndarray:
    """Fit pliant's default and predict."""
    return np.array(pliant.fit("y ~ .", train, threads=1, progress=False).predict(new)["prediction"], dtype=float)


def main() -> None:
    """Measure, print and write."""
    import pandas as pd

    parser = argparse.ArgumentParser(description="Time whole fits of many rows.")
    parser.add_argument("--smoke", action="store_true", help="600 rows, without RealMLP, nothing written")
    asked = parser.parse_args()
    task = Task("simulated", "gaussian", "y", INPUTS, (), (), ())
    programs: dict[str, Callable[[object, object], np.ndarray]] = {"pliant": by_pliant}
    for who, peer in peers().items():
        if who in PROGRAMS and not (asked.smoke and who == "RealMLP-TD-S"):
            programs[who] = lambda train, new, peer=peer: peer(task, train, new)
    lines = ["| rows | program | seconds | against pliant | error |", "|---|---|---|---|---|"]
    for n in (600,) if asked.smoke else (10_000, 50_000):
        tables = [simulate(rows, seed) for rows, seed in ((n, 1), (10_000, 2), (300, 3))]
        (train, _), (new, mu), (small, _) = tables
        seconds: dict[str, float] = {}
        for who, predict in programs.items():
            if n > LIMITS.get(who, n):
                continue
            predict(pd.DataFrame(simulate(6_000, 4)[0] if who == "pliant" else small), pd.DataFrame(small))
            began = time.perf_counter()
            with threadpool_limits(1):
                found = predict(pd.DataFrame(train), pd.DataFrame(new))
            seconds[who] = time.perf_counter() - began
            error = float(np.sqrt(np.mean((found - mu) ** 2)) / np.std(mu))
            ratio = seconds[who] / seconds["pliant"]
            lines.append(f"| {n:,} | {who} | {seconds[who]:.1f} | {ratio:.1f} | {error:.3f} |")
            print(lines[-1], flush=True)
    if not asked.smoke:
        write_between("\n".join(lines) + "\n", BETWEEN)


if __name__ == "__main__":
    main()
