"""Measure how often `model.check()` suspects a true model, and how often it finds what is wrong with a false one.

    python benchmarks/check_size.py             400 tables of a true model, 100 of a false one: a quarter of an hour
    python benchmarks/check_size.py --smoke     a few tables a line: that it runs

A true model may be suspected in at most 5 % of tables, over all questions together; with 400 tables the figure has
a standard error of about 1.1 %. Tables are drawn here by NumPy, not by the package. Families that the installed
version does not have are left out.
"""

import argparse
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

import pliant
from pliant.errors import ConvergenceError
from pliant.functions.families import FAMILIES

ROWS, TABLES = 100, 400
Rng = np.random.Generator
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """How responses are drawn, and the model that is fitted to them."""

    name: str
    family: str
    draw: Callable[[Rng, Columns], np.ndarray]
    true: bool = True
    weighted: bool = False  # with a column of prior weights, the trials
    link: str | None = None


def line(t: Columns) -> np.ndarray:
    """The linear predictor of every true model."""
    return 0.4 + 0.6 * t["x"] + 0.3 * t["z"] + 0.4 * (t["g"] == "b")


def logistic(eta: np.ndarray) -> np.ndarray:
    """The inverse of the logit."""
    return 1.0 / (1.0 + np.exp(-eta))


def classes(rng: Rng, t: Columns) -> np.ndarray:
    """Three classes whose logits against the first are lines."""
    eta = np.column_stack([0.0 * t["x"], line(t), 0.2 - 0.7 * t["x"]])
    noise = rng.gumbel(size=eta.shape)  # the greatest of logit plus Gumbel noise is a draw from the softmax
    return np.array(["a", "b", "c"])[np.argmax(eta + noise, axis=1)]


def tweedie(rng: Rng, t: Columns) -> np.ndarray:
    """Compound Poisson with power 1.5 and dispersion 1."""
    mu = np.exp(line(t))
    jumps = rng.poisson(2.0 * np.sqrt(mu))
    return np.array([rng.gamma(1.0, 0.5 * np.sqrt(m), k).sum() for k, m in zip(jumps, mu, strict=True)])


def gaussian(rng: Rng, mu: np.ndarray, scale: object = 1.0) -> np.ndarray:
    """Normal about a mean."""
    return mu + scale * rng.normal(size=len(mu))


def coin(rng: Rng, eta: np.ndarray) -> np.ndarray:
    """0 or 1, with a logit."""
    return (rng.random(len(eta)) < logistic(eta)) * 1.0


def trials(rng: Rng, t: Columns) -> np.ndarray:
    """The share of successes of w trials."""
    return rng.binomial(t["w"].astype(int), logistic(line(t))) / t["w"]


def counts(rng: Rng, mu: np.ndarray) -> np.ndarray:
    """Poisson."""
    return rng.poisson(mu) * 1.0


def scattered(rng: Rng, t: Columns) -> np.ndarray:
    """Negative binomial with theta 2."""
    return counts(rng, rng.gamma(2.0, np.exp(line(t)) / 2.0))


def with_zeros(rng: Rng, t: Columns) -> np.ndarray:
    """Poisson counts of which a quarter are made zero."""
    return counts(rng, np.exp(1.0 + line(t))) * (rng.random(ROWS) < 0.75)


WILD = 7.0 * (np.arange(ROWS) == 3)
CASES = (
    Case("gaussian", "gaussian", lambda rng, t: gaussian(rng, line(t))),
    Case("gaussian, weighted", "gaussian", lambda rng, t: gaussian(rng, line(t), t["w"] ** -0.5), weighted=True),
    Case("binomial, 0 and 1", "binomial", lambda rng, t: coin(rng, line(t))),
    Case("binomial, trials", "binomial", trials, weighted=True),
    Case("poisson", "poisson", lambda rng, t: counts(rng, np.exp(line(t)))),
    Case("poisson, few counts", "poisson", lambda rng, t: counts(rng, np.exp(line(t) - 1.5))),
    Case("multinomial", "multinomial", classes),
    Case("gamma", "gamma", lambda rng, t: rng.gamma(2.0, np.exp(line(t)) / 2.0), link="log"),
    Case("inverse_gaussian", "inverse_gaussian", lambda rng, t: rng.wald(np.exp(line(t)), 4.0), link="log"),
    Case("negative_binomial", "negative_binomial", scattered),
    Case("tweedie", "tweedie", tweedie),
    Case("poisson to overdispersed counts", "poisson", scattered, true=False),
    Case("poisson to counts, a quarter made zero", "poisson", with_zeros, true=False),
    Case("gaussian to a curve", "gaussian", lambda rng, t: gaussian(rng, line(t) + t["x"] ** 2), true=False),
    Case("gaussian to a wave", "gaussian", lambda rng, t: gaussian(rng, np.sin(2.0 * t["x"]), 0.5), true=False),
    Case("binomial, 0 and 1, to a curve", "binomial", lambda rng, t: coin(rng, 2.0 * t["x"] ** 2 - 1.0), true=False),
    Case("gaussian to growing scatter", "gaussian", lambda rng, t: gaussian(rng, line(t), np.exp(t["x"])), true=False),
    Case("gaussian to skewed responses", "gaussian", lambda rng, t: line(t) + rng.exponential(size=ROWS), true=False),
    Case("gaussian to one wild row", "gaussian", lambda rng, t: gaussian(rng, line(t)) + WILD, true=False),
)


def alarms(case_and_seed: tuple[int, int, int]) -> tuple[str, ...]:
    """Fit one table of a case; name the questions that raised an alarm."""
    index, seed, n = case_and_seed
    case, rng = CASES[index], np.random.default_rng([index, seed])
    t = {
        "x": rng.uniform(-1.5, 1.5, ROWS),
        "z": rng.normal(size=ROWS),
        "g": np.array(["a", "b"])[rng.integers(0, 2, ROWS)],
        "w": rng.integers(1, 9, ROWS) * 1.0,
    }
    table = t | {"y": case.draw(rng, t)}
    given = {"weights": "w"} if case.weighted else {}
    try:
        model = pliant.fit("y ~ x + z + g", table, hidden=(), family=case.family, link=case.link, **given)
    except ConvergenceError:
        return ("not fitted",)
    return model.check(n, seed).alarms


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure how often check() is right.")
    parser.add_argument("--smoke", action="store_true", help="a few tables only: does it run at all")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    asked = parser.parse_args()
    n = 199 if asked.smoke else 249
    print(f"tables of {ROWS} rows, {n} simulated from each fit\n")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for true, title in ((True, "a true model, suspected"), (False, "a false model, found out")):
            print(f"{title:<42}{'any':>6}   by question")
            for i, case in enumerate(CASES):
                if case.true is not true or case.family not in FAMILIES or asked.only not in case.name:
                    continue
                tables = 2 if asked.smoke else TABLES if true else TABLES // 4
                found = list(pool.map(alarms, [(i, seed, n) for seed in range(tables)], chunksize=4))
                fitted = [each for each in found if each != ("not fitted",)]
                by_question = Counter(name for each in fitted for name in each)
                said = ", ".join(f"{name} {100 * k / len(fitted):.1f}" for name, k in by_question.most_common())
                any_share = 100 * sum(map(bool, fitted)) / max(len(fitted), 1)
                left = f"; {tables - len(fitted)} not fitted" if len(fitted) < tables else ""
                print(f"{case.name:<42}{any_share:>5.1f}%   {said}{left}", flush=True)
            print()


if __name__ == "__main__":
    main()
