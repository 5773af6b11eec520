"""The worked example's sine, by several programs with their defaults: how far each is from the true curve.

    python benchmarks/sine.py            some minutes; writes its table in README.md
    python benchmarks/sine.py --smoke    two seeds, and nothing written

y = 4 sin x + a normal error of sd 1, 100 rows from -5 to 5; fitted with 20 of them, drawn by chance, and with all.
pyGAM and PyTorch are optional: their lines are left out where they are not installed.
"""

import argparse
import importlib.util
import time
import warnings
from collections import Counter
from collections.abc import Callable

import numpy as np
from digits import write_between

import pliant
from pliant.types import Array

N_SEEDS, SOME, ALL = 50, 20, 100
X = np.linspace(-5.0, 5.0, ALL)
TRUTH = 4.0 * np.sin(X)
BARS = {SOME: 0.75, ALL: 0.32}
BETWEEN = ("<!-- sine -->\n", "<!-- /sine -->")
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
    """Fit the loop that people write: 64 tanh units, Adam at 0.01, 2,000 steps, both columns standardised."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)  # so few rows gain nothing from more
    centre, scale, level, spread = x.mean(), x.std(), y.mean(), y.std()
    inputs = torch.tensor((x - centre) / scale, dtype=torch.float32)[:, None]
    response = torch.tensor((y - level) / spread, dtype=torch.float32)[:, None]
    net = torch.nn.Sequential(torch.nn.Linear(1, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))
    rule = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(2_000):
        rule.zero_grad()
        torch.nn.functional.mse_loss(net(inputs), response).backward()
        rule.step()
    with torch.no_grad():
        eta = net(torch.tensor((X - centre) / scale, dtype=torch.float32)[:, None])
    return np.asarray(level + spread * eta.numpy()[:, 0].astype(float))


PROGRAMS: dict[str, tuple[str, Fit]] = {
    "the line": ("numpy", by_line),
    "scikit-learn MLPRegressor": ("sklearn", by_sklearn),
    "PyTorch by hand, 1-64-1": ("torch", by_torch),
    "pyGAM LinearGAM": ("pygam", by_pygam),
    "pyGAM LinearGAM, gridsearch": ("pygam", by_pygam_search),
}


def distance(predicted: Array) -> float:
    """Give the root mean square error against the true curve at all 100 places."""
    return float(np.mean((predicted - TRUTH) ** 2) ** 0.5)


def measure(n: int, seeds: int) -> tuple[dict[str, list[float]], dict[str, list[float]], Counter[str]]:
    """Give errors and seconds by program, and how often each verdict was given."""
    errors: dict[str, list[float]] = {"pliant.fit": []}
    seconds: dict[str, list[float]] = {"pliant.fit": []}
    said: Counter[str] = Counter()
    installed = {k: fit for k, (module, fit) in PROGRAMS.items() if importlib.util.find_spec(module)}
    for seed in range(seeds):
        x, y = draw(seed, n)
        began = time.perf_counter()
        model = pliant.fit("y ~ x", {"x": x, "y": y})
        predicted = np.asarray(model.predict({"x": X})["prediction"])
        seconds["pliant.fit"].append(time.perf_counter() - began)
        errors["pliant.fit"].append(distance(predicted))
        said[pliant.compare(model).verdict.kind] += 1  # type: ignore[union-attr]
        for name, fit in installed.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that 200 steps were too few
                began = time.perf_counter()
                predicted = fit(x, y)
            seconds.setdefault(name, []).append(time.perf_counter() - began)
            errors.setdefault(name, []).append(distance(predicted))
    return errors, seconds, said


def median_error(values: list[float]) -> float:
    """Give the simulation's standard error of a median, by 999 draws with replacement."""
    rng = np.random.default_rng(0)
    return float(np.std(np.median(rng.choice(values, (999, len(values))), axis=1)))


def cell(values: list[float]) -> str:
    """Give median, its standard error, and the quartiles."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.2f} ± {median_error(values):.2f} ({low:.2f} to {high:.2f})"


def table(seeds: int) -> str:
    """Measure, and give the table with what the verdicts were."""
    few, few_seconds, few_said = measure(SOME, seeds)
    many, many_seconds, many_said = measure(ALL, seeds)
    lines = ["| program | 20 rows | 100 rows | seconds: 20 / 100 rows |", "|---|---|---|---|"]
    for name in few:
        took = f"{np.median(few_seconds[name]):.2g} / {np.median(many_seconds[name]):.2g}"
        lines.append(f"| {name} | {cell(few[name])} | {cell(many[name])} | {took} |")
    bars = " and ".join(f"{BARS[n]} with {n} rows" for n in BARS)
    verdicts = "; ".join(f"with {n} rows {_verdicts(said)}" for n, said in ((SOME, few_said), (ALL, many_said)))
    lines.append(f"\nThe bars for pliant's median: {bars}. The verdict: {verdicts} of {seeds} seeds.")
    return "\n".join(lines) + "\n"


def _verdicts(said: Counter[str]) -> str:
    """Name the verdicts with their numbers."""
    return ", ".join(f"{kind!r} in {count}" for kind, count in said.most_common())


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description="Measure the distance from a sine.")
    parser.add_argument("--smoke", action="store_true", help="two seeds, and nothing written")
    smoke = parser.parse_args().smoke
    text = table(2 if smoke else N_SEEDS)
    print(text)
    if not smoke:
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
