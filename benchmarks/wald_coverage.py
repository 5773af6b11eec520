"""Count how often 95 % intervals cover, over many simulated tables of every family.

    python benchmarks/wald_coverage.py              1,000 tables a family: some minutes on a quiet machine
    python benchmarks/wald_coverage.py --smoke      20 tables a family

A table has 200 rows and three columns: a normal one, a uniform one, and a factor of three levels. Every coefficient of
every line that converged gives one Wald interval. Of each fit is also asked how near to zero its score is,
max_j |sum_i w_i delta_i x_ij| / sum_i |w_i delta_i x_ij|, and whether an exception is one of pliant's own.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

import pliant
from pliant.errors import PliantError
from pliant.functions import FAMILIES, likelihood
from pliant.functions.records import Family
from pliant.types import Array

N = 200
FORMULA = "y ~ x + u + g"
BETA = np.array([0.4, 0.3, -0.5, 0.2, -0.3])  # intercept, x, u, g[T.b], g[T.c]
LEVELS = np.array(["a", "b", "c"])
DISPERSION = {"gaussian": 2.0, "gamma": 0.4, "inverse_gaussian": 0.2, "tweedie": 1.0}
TRUTH = {"negative_binomial": "negative_binomial(theta=2)", "tweedie": "tweedie(power=1.5)"}
SPREAD = 4.0  # of the quasi families: the variance of their draws over that of the family without dispersion


@dataclass
class Tally:
    """What was counted for one family."""

    name: str
    tables: int = 0
    refused: int = 0  # with a sentence of ours: separated classes, for example
    foreign: list[str] = field(default_factory=list)  # exceptions that are not ours
    covered: int = 0
    intervals: int = 0
    by_fit: list[float] = field(default_factory=list)  # share of its coefficients that each fit covers
    worst_score: float = 0.0
    shape_covered: int = 0
    shape_fits: int = 0

    @property
    def share(self) -> float:
        """Share of the intervals that cover."""
        return self.covered / max(self.intervals, 1)

    @property
    def error(self) -> float:
        """Standard error of that share; the intervals of one fit hang together."""
        return float(np.std(self.by_fit, ddof=1)) / len(self.by_fit) ** 0.5 if len(self.by_fit) > 1 else np.nan


def tables(name: str, count: int) -> Iterator[tuple[dict[str, Array], Array]]:
    """Draw tables of a family, and the coefficients (p, q) that they come from."""
    chosen = likelihood(TRUTH.get(name, name))
    for seed in range(count):
        rng = np.random.default_rng([seed, *name.encode()])
        x, u, g = rng.normal(size=N), rng.uniform(size=N), rng.integers(0, 3, N)
        X = np.column_stack([np.ones(N), x, u, g == 1, g == 2])
        beta = np.column_stack([BETA, -BETA[::-1]]) if chosen.has_classes else BETA[:, None]
        table = {"x": x, "u": u, "g": LEVELS[g]}
        yield table | response(chosen.family, chosen.mean(X @ beta), rng), beta


def response(family: Family, mu: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Draw the column y, and for shares of trials their number w."""
    ones = np.ones((N, 1))
    if family.name == "quasipoisson":  # negative binomial of variance SPREAD mu
        return {"y": rng.negative_binomial(mu[:, 0] / (SPREAD - 1.0), 1.0 / SPREAD).astype(float)}
    if family.name == "quasibinomial":  # beta-binomial of 13 trials, whose variance is SPREAD times the binomial's
        trials, total = 13, (13 - SPREAD) / (SPREAD - 1.0)
        chance = rng.beta(mu[:, 0] * total, (1.0 - mu[:, 0]) * total)
        return {"y": rng.binomial(trials, chance) / trials, "w": np.full(N, float(trials))}
    y = family.draw(rng, mu, ones, DISPERSION.get(family.name, 1.0))
    return {"y": np.array(["p", "q", "r"])[np.argmax(y, axis=1)] if family.coding == "classes" else y[:, 0]}


def count(name: str, how_many: int) -> Tally:
    """Fit one family to its tables."""
    tally = Tally(name)
    truth = likelihood(TRUTH.get(name, name)).family.parameter
    for table, beta in tables(name, how_many):
        tally.tables += 1
        try:
            fit = pliant.fit(FORMULA, table, family=name, hidden=(), weights="w" if "w" in table else None)
            intervals = fit.conf_int()
        except PliantError:
            tally.refused += 1
            continue
        except Exception as problem:  # the question is whether there are any
            tally.foreign.append(f"{type(problem).__name__}: {problem}")
            continue
        low, high = (np.asarray(intervals[column]) for column in ("lower", "upper"))
        inside = (low <= beta.T.ravel()) & (beta.T.ravel() <= high)
        tally.covered, tally.intervals = tally.covered + int(np.sum(inside)), tally.intervals + inside.size
        tally.by_fit.append(float(np.mean(inside)))
        tally.worst_score = max(tally.worst_score, score_of(fit))
        if truth is not None and np.isfinite(fit.parameter_error):
            value = fit.likelihood.family.parameter
            assert value is not None
            tally.shape_fits += 1
            tally.shape_covered += abs(value - truth) < 1.959964 * fit.parameter_error
    return tally


def score_of(fit: pliant.Fitted) -> float:
    """Give the largest entry of the score, over the sum of the sizes of its summands."""
    rows = fit.data()
    eta = fit.linear_predictor(rows.X, rows.offset)
    pull = rows.weights[:, None] * fit.likelihood.delta(rows.y, eta)
    return float(np.max(np.abs(rows.X.T @ pull) / (np.abs(rows.X).T @ np.abs(pull))))


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description="Count how often 95 % intervals cover.")
    parser.add_argument("--smoke", action="store_true", help="20 tables a family: does it run at all")
    parser.add_argument("--family", action="append", help="these families only")
    asked = parser.parse_args()
    warnings.simplefilter("error")  # a warning that reaches the user counts as foreign
    how_many = 20 if asked.smoke else 1000
    print(f"{how_many} tables of {N} rows a family; Wald intervals of {FORMULA}\n")
    head = ("family", "covered %", "+-", "fits", "refused", "foreign", "worst score", "theta, power %", "seconds")
    print("{:<18}{:>10}{:>7}{:>7}{:>9}{:>9}{:>13}{:>16}{:>9}".format(*head))
    for name in asked.family or FAMILIES:
        began = time.perf_counter()
        tally = count(name, how_many)
        shape = f"{100 * tally.shape_covered / tally.shape_fits:.1f}" if tally.shape_fits else ""
        print(
            f"{name:<18}{100 * tally.share:>10.2f}{100 * tally.error:>7.2f}{len(tally.by_fit):>7}{tally.refused:>9}"
            f"{len(tally.foreign):>9}{tally.worst_score:>13.1e}{shape:>16}{time.perf_counter() - began:>9.1f}",
            flush=True,
        )
        for sentence in sorted(set(tally.foreign))[:3]:
            print(f"    {sentence}")


if __name__ == "__main__":
    main()
