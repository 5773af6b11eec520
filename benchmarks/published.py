"""Fit the twenty published splits of five tables, and stand beside what was published for them.

    python benchmarks/published.py                  every split, and write the tables into README.md: an hour or two
    python benchmarks/published.py --smoke          one split of one table, nothing written
    python benchmarks/published.py --cache FILE     keep the figures of every split, and go on from there
    python benchmarks/published.py --again          measure anew what FILE has
    python benchmarks/published.py --splits 5 --tables yacht power    fewer, nothing written

Test rows are those of the splits that Hernandez-Lobato and Adams drew (2015), nine tenths to one, in uci_splits.json
of the folder PLIANT_DATA, where the published figures are as well. pliant gets a formula with a point.

The negative log-likelihood is that of the response of test rows under what pliant states of a new row, by its public
doors alone: Student's t about the prediction, whose 68 % and 95 % intervals are those of `predict(method="scaled")`.
Their ratio, its median over rows, gives the degrees of freedom, one number for all; their size the scale of each
row. Beside it stands what is left of that without shape and spread: one normal distribution for all rows, with the
root mean square of what members missed out of fold.

References
----------
Hernandez-Lobato and Adams (2015), Probabilistic backpropagation for scalable learning of Bayesian neural networks.
Gal and Ghahramani (2016), Dropout as a Bayesian approximation.
Lakshminarayanan, Pritzel and Blundell (2017), Simple and scalable predictive uncertainty estimation using deep
ensembles.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between
from kept import Kept
from scipy.optimize import brentq
from scipy.stats import norm, t
from suite import DATA, entries, read
from threadpoolctl import threadpool_limits

import pliant
from pliant.types import Array

BETWEEN = ("<!-- published -->\n", "<!-- /published -->")
TABLES = ("yacht", "energy", "concrete", "power", "kin8nm")
SPLITS = 20
INNER, OUTER = 0.6826894921370859, 0.95  # one deviation of a normal distribution, and the usual level
FEWEST, MOST = 1.5, 1e3  # degrees of freedom; with the most it is normal
Figures = dict[str, float]


def students(inner: Array, outer: Array) -> tuple[float, Array]:
    """Give degrees of freedom and scales (m,) of the t distributions that have these half intervals."""
    at = (1.0 + np.array([INNER, OUTER])) / 2.0
    ratio = float(np.median(outer / inner))

    def beyond(df: float) -> float:
        near, far = t.ppf(at, df)
        return float(far / near - ratio)

    df = MOST if beyond(MOST) >= 0.0 else FEWEST if beyond(FEWEST) <= 0.0 else float(brentq(beyond, FEWEST, MOST))
    near, far = t.ppf(at, df)
    return df, np.sqrt(inner / near * outer / far)


def fit_split(name: str, frame: Any, target: str, rows: list[int]) -> Figures:
    """Fit all rows but these, and give the errors at these."""
    new, train = frame.iloc[rows].reset_index(drop=True), frame.drop(index=rows).reset_index(drop=True)
    y = new[target].to_numpy(dtype=float)
    began = time.perf_counter()
    with threadpool_limits(1):
        model = pliant.fit(f"{target} ~ .", train, threads=1)
        mu = model.predict(new)["prediction"].to_numpy(dtype=float)
    seconds = time.perf_counter() - began
    halves = []
    for level in (INNER, OUTER):
        found = model.predict(new, interval=level, method="scaled")
        halves.append((found["upper"] - found["lower"]).to_numpy(dtype=float) / 2.0)
    df, scales = students(*halves)
    assert model.members is not None, f"{name}: a model without members states no spread"
    deviation = float(np.sqrt(np.nanmean(model.members.scores**2)))
    return {
        "rmse": float(np.sqrt(np.mean((y - mu) ** 2))),
        "nll": -float(np.mean(t.logpdf(y - mu, df, scale=scales))),
        "nll_normal": -float(np.mean(norm.logpdf(y - mu, scale=deviation))),
        "df": df,
        "seconds": seconds,
    }


def measure(asked: tuple[str, ...], splits: int, kept: Kept) -> dict[str, list[Figures]]:
    """Give the figures of every split, by table."""
    drawn = json.loads((DATA / "uci_splits.json").read_text())
    results: dict[str, list[Figures]] = {}
    for name in asked:
        task, frame = read(name)
        results[name] = []
        for split, rows in enumerate(drawn[name][:splits]):
            found = kept.get(f"{name}/{split}")
            if found is None:
                found = fit_split(name, frame, task.target, rows)
                kept.put(f"{name}/{split}", found)
            results[name].append(found)
        said = {what: with_error([each[what] for each in results[name]]) for what in results[name][0]}
        print(name, len(results[name]), said, flush=True)
    return results


def with_error(values: list[float]) -> str:
    """Write a mean and, where there are several values, its standard error."""
    mean = f"{np.mean(values):.3g}" if abs(np.mean(values)) >= 1.0 else f"{np.mean(values):.3f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.1g}"


def report(results: dict[str, list[Figures]]) -> str:
    """Give the tables in Markdown: ours beside the published figures, errors and likelihoods."""
    said = {name: [each for each in entries()[name]["references"] if each["kind"] == "published"] for name in results}
    models = list(dict.fromkeys(each["model"] for name in results for each in said[name]))
    lines = []
    for metric, own in (("rmse", {"pliant": "rmse"}), ("nll", {"pliant": "nll", "pliant, one normal": "nll_normal"})):
        lines += [f"| {metric.upper()} | {' | '.join((*own, *models))} |", "|---|" + "---|" * (len(own) + len(models))]
        for name, figures in results.items():
            cells = [with_error([each[key] for each in figures]) for key in own.values()]
            values = {each["model"]: str(each["value"]) for each in said[name] if each["metric"] == metric}
            cells += [values.get(model, "").replace("+-", "±") for model in models]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    counts = sorted({len(figures) for figures in results.values()})
    taken = ", ".join(f"{name} {np.mean([each['seconds'] for each in f]):.1f}" for name, f in results.items())
    lines.append(
        f"Means of {' or '.join(map(str, counts))} splits ± standard error. Seconds of a fit by one thread: {taken}."
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="Fit the twenty published splits of five tables.")
    parser.add_argument("--smoke", action="store_true", help="one split of one table, nothing written")
    parser.add_argument("--cache", type=Path, help="a file that keeps the figures of every split")
    parser.add_argument("--again", action="store_true", help="measure anew what the file has")
    parser.add_argument("--splits", type=int, default=SPLITS, help="the first so many, nothing written")
    parser.add_argument("--tables", nargs="+", choices=TABLES, help="only these, nothing written")
    asked = parser.parse_args()
    if not (DATA / "uci_splits.json").exists():
        print(f"nothing measured: there are no splits in {DATA}; name their folder by PLIANT_DATA")
        return
    tables = tuple(asked.tables or (("yacht",) if asked.smoke else TABLES))
    splits = 1 if asked.smoke else min(asked.splits, SPLITS)
    text = report(measure(tables, splits, Kept(asked.cache, again=lambda key: asked.again)))
    print(text)
    if not asked.tables and splits == SPLITS:
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
