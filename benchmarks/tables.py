"""Compare predictions on sixteen public tables: pliant, its line, and other programs, each with its defaults.

    python benchmarks/tables.py                  measure everything and write the tables into README.md: some hours
    python benchmarks/tables.py --smoke          one fold of one table, nothing written
    python benchmarks/tables.py --cache FILE     keep every score and its seconds, and go on from there
    python benchmarks/tables.py --again WHO      what FILE has of these programs is measured anew
    python benchmarks/tables.py --big-folds 5    tables over 5,000 rows: so many of the five folds, 2 by default
    python benchmarks/tables.py --tables pima    only some, nothing written
    python benchmarks/tables.py --only XGBoost   only some programs, nothing written
    python benchmarks/tables.py --without TabM   all programs but some

All programs see the same folds: five, stratified for classes, drawn three times to 400 rows; and one thread. The score
is the root mean square error for a gaussian response, the mean deviance for counts and positive ones, and the log loss
for classes, averaged over folds. `suite.py` reads the tables, `peers.py` says how each program is used.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between
from kept import Kept
from peers import LIMITS, SLOW, TREES, UNRANKED, Peer, peers
from suite import BIG_ROWS, DATA, FOLDS, Task, admissible, folds, measure_of, names, read, repeats, score
from threadpoolctl import threadpool_limits

import pliant

BETWEEN = ("<!-- tables -->\n", "<!-- /tables -->")
RIDGE = 1e-4  # of a line that has no finite fit otherwise, as pliant's own message advises
Results = dict[str, dict[str, list[list[float]]]]  # of each table, program and fold: score and seconds


def by_pliant(line: bool) -> Peer:
    """Give pliant itself: a formula with a point, missing values filled, the logarithm of an exposure as offset."""

    def predict(task: Task, train: Any, new: Any) -> np.ndarray:
        asked: dict[str, Any] = {"family": task.family, "missing": "impute"}
        formula = f"{task.target} ~ ."
        if task.exposure is not None:
            formula += f" - {task.exposure} + offset(log({task.exposure}))"
        if not line:
            model = pliant.fit(formula, train, **asked, threads=1)
        else:
            try:
                model = pliant.fit(formula, train, **asked, hidden=())
            except pliant.errors.SeparationError:
                model = pliant.fit(formula, train, **asked, hidden=(), regularisation=RIDGE)
        found = model.predict(known_levels(task, train, new))
        if len(task.levels) > 2:
            return np.column_stack([found[f"probability[{level}]"] for level in task.levels])
        mu = np.array(found["prediction"], dtype=float)
        return np.column_stack([1.0 - mu, mu]) if task.levels else mu

    return predict


def known_levels(task: Task, train: Any, new: Any) -> Any:
    """Give new rows with a level that no training row has as missing: pliant refuses it (one row of adult)."""
    return new.assign(**{name: new[name].where(new[name].isin(train[name])) for name in task.factors})


def measure(chosen: dict[str, Peer], asked: tuple[str, ...], kept: Kept, big_folds: int, smoke: bool) -> Results:
    """Give score and seconds of every program in every fold, by table."""
    results: Results = {}
    warm: set[str] = set()
    for name in asked:
        task, frame = read(name)
        able = {who: peer for who, peer in chosen.items() if len(frame) <= LIMITS.get(who, len(frame))}
        results[name] = {who: [] for who in able}
        for repeat in range(1 if smoke else repeats(len(frame))):
            fold = folds(task, frame[task.target], repeat)
            for k in range(1 if smoke else big_folds if len(frame) > BIG_ROWS else FOLDS):
                train, new = frame[fold != k].reset_index(drop=True), frame[fold == k].reset_index(drop=True)
                for who, predict in able.items():
                    key = f"{name}/{repeat}/{k}/{who}"
                    found = kept.get(key)
                    if found is None:
                        if who not in warm:
                            warm_up(predict)
                            warm.add(who)
                        began = time.perf_counter()
                        with threadpool_limits(1):
                            predicted = predict(task, train, new)
                        seconds = time.perf_counter() - began
                        predicted = admissible(task, train, new, predicted)
                        found = [score(task, new[task.target], predicted), seconds]
                        kept.put(key, found)
                    results[name][who].append(found)
        print(name, {who: f"{v:.4g}, {s:.2f} s" for who, (v, s) in means(results[name]).items()}, flush=True)
    return results


def means(by_program: dict[str, list[list[float]]]) -> dict[str, tuple[float, float]]:
    """Give the mean score and the mean seconds of every program."""
    averages = {who: np.mean(found, axis=0) for who, found in by_program.items()}
    return {who: (float(both[0]), float(both[1])) for who, both in averages.items()}


def warm_up(predict: Peer) -> None:
    """Fit the smallest table once, so that no program is charged for loading its code."""
    task, frame = read("mcycle")
    predict(task, frame, frame)


def report(results: Results, chosen: dict[str, Peer]) -> str:
    """Give the tables in Markdown: scores and what they come to, seconds, and how far pliant is from the best tree."""
    from scipy.stats import rankdata

    ranked = [who for who in chosen if who not in UNRANKED]
    scores = {name: {who: v for who, (v, _) in means(each).items()} for name, each in results.items()}
    seconds = {name: {who: s for who, (_, s) in means(each).items()} for name, each in results.items()}
    size = {name: len(read(name)[1]) for name in results}
    head, rule = " | ".join(chosen), "---|" * len(chosen)
    lines = [f"| table | rows | score | {head} |", f"|---|---|---|{rule}"]
    ranks: dict[str, list[float]] = {who: [] for who in ranked}
    excess: dict[str, list[float]] = {who: [] for who in ranked}
    above: dict[str, list[float]] = {who: [] for who in ranked}
    for name, each in scores.items():
        family = read(name)[0].family
        there = [who for who in ranked if who in each]
        values = [each[who] for who in there]
        power = 2 if family == "gaussian" else 1  # so that a ratio is one of deviances
        for who, rank in zip(there, rankdata(values), strict=True):
            ranks[who].append(float(rank))
            excess[who].append(each[who] / min(values) - 1.0)
            above[who].append((each[who] / each["the line"]) ** power - 1.0)
        cells = ["" if who not in each else _bold(each[who], min(each.values())) for who in chosen]
        lines.append(f"| {name} | {size[name]:,} | {measure_of(family)} | {' | '.join(cells)} |")
    for what, of, form in (
        ("mean rank", lambda who: float(np.mean(ranks[who])), "{:.2f}"),
        ("tables where it is first", lambda who: sum(rank < 2.0 for rank in ranks[who]), "{}"),
        ("mean excess over the best", lambda who: float(np.mean(excess[who])), "{:.1%}"),
        ("worst against the line, in deviance", lambda who: max(above[who]), "{:+.1%}"),
    ):
        cells = [form.format(of(who)) if who in ranked else "" for who in chosen]
        lines.append(f"| {what} | | | {' | '.join(cells)} |")
    lines += ["", f"| seconds a fit, with its prediction | rows | {head} |", f"|---|---|{rule}"]
    for name, each in seconds.items():
        cells = ["" if who not in each else f"{each[who]:.2f}" for who in chosen]
        lines.append(f"| {name} | {size[name]:,} | {' | '.join(cells)} |")
    lines += ["", "| table | best tree | its score | pliant | pliant against it |", "|---|---|---|---|---|"]
    for name, each in scores.items():
        tree = min((who for who in TREES if who in each), key=lambda who: each[who], default=None)
        if tree is not None:
            gap = each["pliant"] / each[tree] - 1.0
            lines.append(f"| {name} | {tree} | {each[tree]:.4g} | {each['pliant']:.4g} | {gap:+.1%} |")
    return "\n".join(lines) + "\n"


def _bold(value: float, best: float) -> str:
    """Write a score, bold if it is the best."""
    return f"**{value:.4g}**" if value == best else f"{value:.4g}"


def main() -> None:
    """Measure, print and write."""
    everything = names()
    parser = argparse.ArgumentParser(description="Compare predictions on sixteen public tables.")
    parser.add_argument("--smoke", action="store_true", help="one fold of one table, nothing written")
    parser.add_argument("--cache", type=Path, help="a file that keeps every score")
    parser.add_argument("--big-folds", type=int, default=2, help="of tables over 5,000 rows, 1 to 5")
    parser.add_argument("--tables", nargs="+", choices=everything or None, help="only these, nothing written")
    parser.add_argument("--only", nargs="+", help="only these programs, nothing written")
    parser.add_argument("--without", nargs="+", default=[], help="all programs but these")
    parser.add_argument("--again", nargs="+", default=[], help="measure these programs anew")
    asked = parser.parse_args()
    if not everything:
        print(f"nothing measured: there are no tables in {DATA}; name their folder by PLIANT_DATA")
        return
    chosen = {"pliant": by_pliant(line=False), "the line": by_pliant(line=True)} | peers()
    if unknown := [who for who in (*(asked.only or ()), *asked.again, *asked.without) if who not in chosen]:
        parser.error(f"{', '.join(unknown)}: not among {', '.join(chosen)}, which are installed")
    chosen = {who: peer for who, peer in chosen.items() if who not in asked.without}
    if asked.only:
        chosen = {who: chosen[who] for who in asked.only}
    elif asked.smoke:
        chosen = {who: peer for who, peer in chosen.items() if who not in SLOW}
    tables = tuple(asked.tables or (("mcycle",) if asked.smoke else everything))
    kept = Kept(asked.cache, again=lambda key: key.rsplit("/", 1)[1] in asked.again)
    results = measure(chosen, tables, kept, asked.big_folds, asked.smoke)
    if asked.only:
        return
    text = report(results, chosen)
    print(text)
    if not (asked.smoke or asked.tables):
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
