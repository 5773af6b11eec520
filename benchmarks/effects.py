"""Do the bands of effects cover, and which way is right where columns go together.

    python benchmarks/effects.py              40 tables a cell: some minutes on a quiet machine
    python benchmarks/effects.py --smoke      2 tables a cell, and nothing is written

y = 2 sin x + z^2 / 2 + e, e ~ N(0, 0.5); x and z normal, correlated rho. Of each fit with its ten members: at how
many points of the curve of x, between the 2.5 and 97.5 % quantiles of the rows, does the 95 % band hold the true
effect on the same rows (2 sin x, centred); how wide is it beside 2 x 1.96 deviations of the curve over tables, which
is what the best band would be; and whether the interval of the average slope holds the true one, mean 2 cos x. Last,
the root mean square of the curve about the truth, for accumulated local effects and for partial dependence.
"""

import argparse

import numpy as np
from digits import write_between

import pliant
from pliant.types import Array

CELLS = ((50, 0.0), (200, 0.0), (200, 0.95))
BETWEEN = ("<!-- effects -->\n", "<!-- /effects -->")
GRID = np.linspace(-1.6, 1.6, 33)


def one(n: int, rho: float, seed: int) -> tuple[float, Array, Array, bool, float, float]:
    """Fit one table: share covered, curve on a grid, mean width of the band there, slope held, both errors."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    z = rho * x + np.sqrt(1.0 - rho**2) * rng.normal(size=n)
    y = 2.0 * np.sin(x) + 0.5 * z**2 + 0.5 * rng.normal(size=n)
    model = pliant.fit("y ~ x + z", {"x": x, "z": z, "y": y}, seed=seed, threads=1)
    ends = np.quantile(x, [0.025, 0.975])
    errors = []
    for method in ("pdp", "ale"):
        found = model.effects("x", method=method)
        at, effect, low, high = (found[name].to_numpy() for name in ("x", "effect", "lower", "upper"))
        true = 2.0 * np.sin(at)
        true -= np.mean(np.interp(x, at, true))  # over the rows, as the effect is
        inside = (at >= ends[0]) & (at <= ends[1])
        errors.append(float(np.sqrt(np.mean((effect - true)[inside] ** 2))))
    covered = float(np.mean(((low <= true) & (true <= high))[inside]))
    slope = model.avg_slopes(variables="x")
    held = bool(slope["conf_low"][0] <= np.mean(2.0 * np.cos(x)) <= slope["conf_high"][0])
    curve = np.interp(GRID, at, effect) - np.interp(GRID, at, true)
    return covered, curve, np.interp(GRID, at, high - low), held, errors[1], errors[0]


def table(count: int) -> str:
    """Give the table as text."""
    rows = [
        "| rows | correlation | band covers | its width, best = 1 | average slope covers | ALE off by | PDP off by |",
        "|---|---|---|---|---|---|---|",
    ]
    for n, rho in CELLS:
        found = [one(n, rho, seed) for seed in range(count)]
        covered, held = (np.array([each[k] for each in found], dtype=float) for k in (0, 3))
        best = 2.0 * 1.96 * np.std([each[1] for each in found], axis=0, ddof=1)
        width = float(np.mean(np.mean([each[2] for each in found], axis=0) / np.maximum(best, 1e-12)))
        ale, pdp = (float(np.median([each[k] for each in found])) for k in (4, 5))
        rows.append(
            f"| {n} | {rho:g} | {100 * covered.mean():.1f} % (± {100 * 1.96 * covered.std(ddof=1) / count**0.5:.1f}) "
            f"| {width:.2f} | {100 * held.mean():.0f} % | {ale:.3f} | {pdp:.3f} |"
        )
        print(rows[-1], flush=True)
    return "\n".join([*rows, "", f"{count} tables a cell.", ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    text = table(2 if smoke else 40)
    if not smoke:
        write_between(text, BETWEEN)
