"""Compare predictions on eight small public tables: pliant, its line, and other programs, each with its defaults.

    python benchmarks/tables.py                  measure everything and write the table into README.md
    python benchmarks/tables.py --smoke          one fold of two tables, nothing written
    python benchmarks/tables.py --cache FILE     keep every score, and go on from there
    python benchmarks/tables.py --tables pima    only some, nothing written

The tables are read from the folder PLIANT_DATA, ../shared/data by default. All programs see the same folds: five, stratified
for classes, drawn anew in each repeat. The score is the root mean square error for a gaussian response, the mean
deviance for a positive one, and the log loss for classes, averaged over folds.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between
from peers import Peer, Task, peers

import pliant

HERE = Path(__file__).parent
DATA = Path(os.environ.get("PLIANT_DATA", HERE.parent.parent / "shared" / "data"))
NAMES = ("mcycle", "engel", "airquality", "yacht", "energy", "concrete", "pima", "penguins")
BETWEEN = ("<!-- tables -->\n", "<!-- /tables -->")
FOLDS, SEED = 5, 2026
SMALL_ROWS = 400  # to here three repeats of the folds, beyond one
TINY = 1e-15  # a probability is at least this, as scikit-learn's log loss has it
RIDGE = 1e-4  # of a line that has no finite fit otherwise, as pliant's own message advises


def read(name: str) -> tuple[Task, Any]:
    """Give a table of the suite and what is asked of it."""
    import pandas as pd

    said = {entry["name"]: entry for entry in json.loads((DATA / "suite.json").read_text())["sets"]}[name]
    frame = pd.read_csv(DATA / said["file"]).drop(columns=said["drop"])
    inputs = [column for column in frame.columns if column != said["target"]]
    factors = tuple(column for column in inputs if column in said["categorical"])
    numbers = tuple(column for column in inputs if column not in factors)
    return Task(name, said["family"], said["target"], numbers, factors, tuple(said.get("classes", ()))), frame


def folds(task: Task, y: Any, repeat: int) -> np.ndarray:
    """Draw the fold of every row."""
    rng = np.random.default_rng([SEED, repeat])
    order = rng.permutation(len(y))
    if task.levels:
        order = order[np.argsort(np.asarray(y)[order], kind="stable")]
    found = np.empty(len(y), dtype=int)
    found[order] = np.arange(len(y)) % FOLDS
    return found


def score(task: Task, y: Any, predicted: np.ndarray) -> float:
    """Give the loss of a prediction."""
    if task.levels:
        at = [task.levels.index(level) for level in y]
        return float(-np.mean(np.log(np.clip(predicted[np.arange(len(at)), at], TINY, 1.0))))
    y = np.asarray(y, dtype=float)
    if task.family == "gamma":
        ratio = y / predicted
        return float(np.mean(2.0 * (ratio - 1.0 - np.log(ratio))))
    return float(np.sqrt(np.mean((y - predicted) ** 2)))


def by_pliant(line: bool) -> Peer:
    """Give pliant itself: a formula with a point, and missing values filled."""

    def predict(task: Task, train: Any, new: Any) -> np.ndarray:
        asked: dict[str, Any] = {"family": task.family, "missing": "impute"}
        formula = f"{task.target} ~ ."
        if not line:
            model = pliant.fit(formula, train, **asked, threads=1)
        else:
            try:
                model = pliant.fit(formula, train, **asked, hidden=())
            except pliant.errors.SeparationError:
                model = pliant.fit(formula, train, **asked, hidden=(), regularisation=RIDGE)
        found = model.predict(new)
        if len(task.levels) > 2:
            return np.column_stack([found[f"probability[{level}]"] for level in task.levels])
        mu = np.array(found["prediction"], dtype=float)
        return np.column_stack([1.0 - mu, mu]) if task.levels else mu

    return predict


def measure(names: tuple[str, ...], chosen: dict[str, Peer], cache: Path | None, smoke: bool) -> dict[str, Any]:
    """Give score and seconds of every program in every fold, by table."""
    kept: dict[str, Any] = json.loads(cache.read_text()) if cache is not None and cache.exists() else {}
    results: dict[str, Any] = {}
    for name in names:
        task, frame = read(name)
        repeats = 1 if smoke or len(frame) > SMALL_ROWS else 3
        for repeat in range(repeats):
            fold = folds(task, frame[task.target], repeat)
            for k in range(1 if smoke else FOLDS):
                train, new = frame[fold != k].reset_index(drop=True), frame[fold == k].reset_index(drop=True)
                for who, predict in chosen.items():
                    key = f"{name}/{repeat}/{k}/{who}"
                    if key not in kept:
                        began = time.perf_counter()
                        predicted = predict(task, train, new)
                        seconds = time.perf_counter() - began
                        kept[key] = [score(task, new[task.target], predicted), seconds]
                        if cache is not None:
                            cache.write_text(json.dumps(kept))
                    results.setdefault(name, {}).setdefault(who, []).append(kept[key])
        print(
            name,
            {who: round(float(np.mean([s for s, _ in found])), 4) for who, found in results[name].items()},
            flush=True,
        )
    return results


def table(results: dict[str, Any], chosen: dict[str, Peer]) -> str:
    """Give the table in Markdown: scores, excess over the best program, and seconds a fit."""
    lines = ["| table | " + " | ".join(chosen) + " |", "|---|" + "---|" * len(chosen)]
    means = {
        name: {who: float(np.mean([s for s, _ in found])) for who, found in each.items()}
        for name, each in results.items()
    }
    for name, each in means.items():
        best = min(each.values())
        cells = [f"**{value:.4g}**" if value == best else f"{value:.4g}" for value in each.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    excess = {who: [means[name][who] / min(means[name].values()) - 1.0 for name in means] for who in chosen}
    above = {who: [means[name][who] / means[name]["the line"] - 1.0 for name in means] for who in chosen}
    ranks = {who: [sorted(means[name].values()).index(means[name][who]) + 1 for name in means] for who in chosen}
    seconds = {who: [t for name in results for _, t in results[name][who]] for who in chosen}
    lines.append("| mean excess over the best | " + " | ".join(f"{np.mean(v):.1%}" for v in excess.values()) + " |")
    lines.append("| worst against the line | " + " | ".join(f"{max(v):+.1%}" for v in above.values()) + " |")
    lines.append("| mean rank | " + " | ".join(f"{np.mean(v):.2f}" for v in ranks.values()) + " |")
    lines.append("| seconds a fit, mean | " + " | ".join(f"{np.mean(v):.2f}" for v in seconds.values()) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="Compare predictions on eight small public tables.")
    parser.add_argument("--smoke", action="store_true", help="one fold of two tables, nothing written")
    parser.add_argument("--cache", type=Path, help="a file that keeps every score")
    parser.add_argument("--tables", nargs="+", choices=NAMES, help="only these, nothing written")
    parser.add_argument("--only", nargs="+", help="only these programs, nothing written")
    asked = parser.parse_args()
    if not (DATA / "suite.json").exists():
        raise SystemExit(f"there are no tables in {DATA}; name their folder by PLIANT_DATA")
    chosen = {"pliant": by_pliant(line=False), "the line": by_pliant(line=True)} | peers()
    names = tuple(asked.tables or (("mcycle", "airquality") if asked.smoke else NAMES))
    if asked.only:
        chosen = {who: chosen[who] for who in asked.only}
    results = measure(names, chosen, asked.cache, asked.smoke)
    if asked.only:
        return
    text = table(results, chosen)
    print(text)
    if not (asked.smoke or asked.tables):
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
