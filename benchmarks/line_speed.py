"""Time the line beside statsmodels, scikit-learn and glum, and take the memory of each.

    python benchmarks/line_speed.py            some minutes; writes the table into README.md
    python benchmarks/line_speed.py --smoke    small sizes, nothing written

From arrays X (n, 20) and y to fitted coefficients and, where a program has them, standard errors. The programs
take turns within one process, round after round, after a first fit that loads their code. Memory is taken in a
process of its own for each: the largest resident size less that before the fit.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from digits import write_between

COLUMNS = 20
SIZES = (100, 10_000, 1_000_000)
FAMILIES = ("gaussian", "binomial", "poisson")
BETWEEN = ("<!-- line speed -->\n", "<!-- /line speed -->")
Fit = Callable[[str, np.ndarray, np.ndarray], object]


def data(family: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw X and y."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, COLUMNS))
    eta = X @ (0.1 * rng.normal(size=COLUMNS)) - 0.5
    if family == "gaussian":
        return X, eta + rng.normal(size=n)
    if family == "binomial":
        return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))) * 1.0
    return X, rng.poisson(np.exp(eta)) * 1.0


def by_pliant(family: str, X: np.ndarray, y: np.ndarray) -> object:
    """Fit by pliant: a whole model, checked, with its deviances."""
    import pliant

    line = pliant.fit(X, y, family=family, hidden=())
    return line.coefficients, line.standard_errors


def by_statsmodels(family: str, X: np.ndarray, y: np.ndarray) -> object:
    """Fit by statsmodels' GLM."""
    import statsmodels.api as sm

    fit = sm.GLM(y, sm.add_constant(X), getattr(sm.families, family.capitalize())()).fit()
    return fit.params, fit.bse


def by_sklearn(family: str, X: np.ndarray, y: np.ndarray) -> object:
    """Fit by scikit-learn without a penalty: coefficients alone."""
    from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor

    make = {
        "gaussian": LinearRegression,
        "binomial": lambda: LogisticRegression(C=np.inf),
        "poisson": lambda: PoissonRegressor(alpha=0.0),
    }
    return make[family]().fit(X, y).coef_


def by_glum(family: str, X: np.ndarray, y: np.ndarray) -> object:
    """Fit by glum without a penalty, its standard errors too."""
    from glum import GeneralizedLinearRegressor

    fit = GeneralizedLinearRegressor(family="normal" if family == "gaussian" else family, alpha=0.0).fit(X, y)
    return fit.coef_, fit.std_errors(X, y)


def by_glum_alone(family: str, X: np.ndarray, y: np.ndarray) -> object:
    """Fit by glum without a penalty: coefficients alone."""
    from glum import GeneralizedLinearRegressor

    return GeneralizedLinearRegressor(family="normal" if family == "gaussian" else family, alpha=0.0).fit(X, y).coef_


PROGRAMS: dict[str, Fit] = {
    "pliant": by_pliant,
    "statsmodels": by_statsmodels,
    "scikit-learn, no errors": by_sklearn,
    "glum": by_glum,
    "glum, no errors": by_glum_alone,
}


def there() -> dict[str, Fit]:
    """Give the programs that are installed."""
    import importlib.util

    return {name: fit for name, fit in PROGRAMS.items() if "glum" not in name or importlib.util.find_spec("glum")}


def times(family: str, n: int, rounds: int) -> dict[str, float]:
    """Give the median seconds of each program, measured in turn."""
    X, y = data(family, n)
    programs = there()
    small = data(family, 200)
    for fit in programs.values():
        fit(family, *small)
    found: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, fit in programs.items():
            start = time.perf_counter()
            fit(family, X, y)
            found[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in found.items()}


def memory(name: str, family: str, n: int) -> float:
    """Give the megabytes that a fit needs beyond its data, from a process of its own."""
    command = [sys.executable, __file__, "--memory", name, family, str(n)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_memory(name: str, family: str, n: int) -> None:
    """Fit once in this process and print the megabytes."""
    PROGRAMS[name](family, *data(family, 200))
    X, y = data(family, n)
    before = highest()
    PROGRAMS[name](family, X, y)
    print((highest() - before) / 1e3)


def highest() -> float:
    """Give the largest resident size of this process so far, in kilobytes.

    Linux counts `ru_maxrss` from before a process loaded its own program: it begins with the size of the parent.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform == "darwin" else 1.0)
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def table(sizes: tuple[int, ...], rounds: dict[int, int]) -> str:
    """Measure everything and give the table in Markdown."""
    names = list(there())
    lines = [
        "| rows | family | pliant | "
        + " | ".join(f"{name}: ratio" for name in names[1:])
        + " | memory, MB: "
        + " / ".join(names)
        + " |",
        "|---|---|---|" + "---|" * len(names),
    ]
    for n in sizes:
        for family in FAMILIES:
            found = times(family, n, rounds[n])
            ratios = " | ".join(f"{found[name] / found['pliant']:.2f}" for name in names[1:])
            taken = " / ".join(f"{memory(name, family, n):.0f}" for name in names) if n >= 100_000 else ""
            lines.append(f"| {n:,} | {family} | {found['pliant'] * 1e3:.1f} ms | {ratios} | {taken} |")
            print(lines[-1], flush=True)
    return "\n".join(lines) + "\n\nA ratio above 1: pliant takes less time.\n"


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description="Time the line beside other programs.")
    parser.add_argument("--smoke", action="store_true", help="small sizes, nothing written")
    parser.add_argument("--memory", nargs=3, metavar=("PROGRAM", "FAMILY", "ROWS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    if asked.memory:
        print_memory(asked.memory[0], asked.memory[1], int(asked.memory[2]))
    elif asked.smoke:
        table((100, 2_000), {100: 3, 2_000: 3})
    else:
        write_between(table(SIZES, {100: 41, 10_000: 15, 1_000_000: 3}), BETWEEN)


if __name__ == "__main__":
    main()
