"""Fit 1,000 small odd tables: finite predictions or a clear error, and units that do not matter.

    python benchmarks/random_tables.py             an hour; writes the counts into README.md
    python benchmarks/random_tables.py --smoke     3 tables, nothing written
    python benchmarks/random_tables.py --only 17   one table, with what became of it

A table has 5 to 24 rows and some of: a constant, a duplicated and a collinear column, units of 1e12 and 1e-12, outliers
of 1e6 deviations, more columns than rows, a factor with a level a row, missing values. Every family takes its turn.
Each is fitted by the recipe and as a line, predicted at its own rows and at new ones, and fitted again with one column
in another unit. A failure is a prediction that is not finite, a warning, or an exception that is not pliant's own.
"""

import argparse
import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between

import pliant

BETWEEN = ("<!-- random tables -->\n", "<!-- /random tables -->")
TABLES, SMOKE = 1_000, 3
KEPT = Path(__file__).parents[1] / "out" / "random_tables.jsonl"
WAYS = ("recipe", "line")
LIMIT = 1e-8  # of the spread of the predictions: what another unit may move
FAMILIES = (
    "gaussian",
    "binomial",
    "poisson",
    "multinomial",
    "gamma",
    "inverse_gaussian",
    "negative_binomial",
    "tweedie",
    "quasipoisson",
    "quasibinomial",
)
UNITS = {"times 1e6": lambda x: 1e6 * x, "times 2^20": lambda x: 2.0**20 * x, "times 1e-6": lambda x: 1e-6 * x}
Columns = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One table, and new rows of its kind."""

    number: int
    family: str
    oddities: tuple[str, ...]
    table: Columns
    new: Columns


@dataclass
class Outcome:
    """What became of the fits."""

    fits: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    moves: dict[str, list[tuple[float, str]]] = field(default_factory=dict)


def draw(number: int) -> Case:
    """Draw a table; the number is its seed."""
    rng = np.random.default_rng([20_261, number])
    family = FAMILIES[number % len(FAMILIES)]
    oddities = tuple(name for name in ODDITIES if rng.random() < 0.25)
    n = 5 if "five rows" in oddities else int(rng.integers(20, 25) if rng.random() < 0.2 else rng.integers(6, 13))
    p = int(rng.integers(1, 5)) if "more columns than rows" not in oddities else n + int(rng.integers(1, 4))
    X = rng.standard_normal((2 * n, p)) * rng.choice([0.1, 1.0, 50.0], p) + rng.choice([0.0, 10.0], p)
    columns: Columns = {f"x{j + 1}": X[:, j] for j in range(p)}
    for name in oddities:
        ODDITIES[name](columns, rng, n)
    for name in {"label", "group"} & set(columns):
        columns[name][n:] = _seen(columns, name, number, n, rng)
    z = (X[:, 0] - np.mean(X[:, 0])) / np.std(X[:, 0])
    y = _response(family, 0.6 * z + 0.5 * np.sin(2.0 * z), rng)
    return Case(
        number,
        family,
        oddities,
        {"y": y[:n], **{name: values[:n] for name, values in columns.items()}},
        {name: values[n:] for name, values in columns.items()},
    )


def _seen(columns: Columns, name: str, number: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw levels for new rows among those of the rows that are complete: an unseen one is refused by name."""
    kept = columns[name][:n]
    if "holes" in columns and not imputes(number):
        kept = kept[~np.isnan(columns["holes"][:n])]
    return rng.choice(kept if len(kept) else columns[name][:n], n)


def imputes(number: int) -> bool:
    """Say whether missing values are filled in this table; else its rows are dropped."""
    return number % 2 == 1


def _response(family: str, eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a response of the family."""
    mu = np.exp(np.clip(eta, -3.0, 3.0))
    if family == "gaussian":
        return eta + 0.3 * rng.standard_normal(len(eta))
    if family in ("binomial", "quasibinomial"):
        return (rng.random(len(eta)) < mu / (1.0 + mu)) * 1.0
    if family == "multinomial":
        return np.array(["a", "b", "c"])[np.clip(np.round(eta + rng.standard_normal(len(eta))) + 1.0, 0, 2).astype(int)]
    if family in ("gamma", "inverse_gaussian"):
        return mu * rng.gamma(4.0, 0.25, len(eta))
    if family == "tweedie":
        return np.array([np.sum(rng.gamma(2.0, 0.5, k)) for k in rng.poisson(mu)])
    return rng.poisson(3.0 * mu) * 1.0


def _constant(columns: Columns, rng: np.random.Generator, n: int) -> None:
    columns["constant"] = np.full(2 * n, rng.choice([0.0, 1.0, 1e9]))


def _duplicated(columns: Columns, rng: np.random.Generator, n: int) -> None:
    columns["again"] = 3.0 * columns["x1"] + rng.choice([0.0, 2.0])


def _collinear(columns: Columns, rng: np.random.Generator, n: int) -> None:
    columns["sum"] = sum(values for name, values in columns.items() if name[0] == "x")
    if rng.random() < 0.5:
        columns["sum"] = columns["sum"] * (1.0 + 1e-6 * rng.standard_normal(2 * n))


def _huge(columns: Columns, rng: np.random.Generator, n: int) -> None:
    columns["huge"] = 1e12 * rng.standard_normal(2 * n)


def _tiny(columns: Columns, rng: np.random.Generator, n: int) -> None:
    columns["tiny"] = 1e-12 * rng.standard_normal(2 * n)


def _outlier(columns: Columns, rng: np.random.Generator, n: int) -> None:
    columns["wild"] = rng.standard_normal(2 * n)
    columns["wild"][rng.integers(0, 2 * n)] = 1e6


def _level_a_row(columns: Columns, rng: np.random.Generator, n: int) -> None:
    labels = np.array([f"row {i}" for i in range(n)])
    columns["label"] = np.concatenate([labels, labels])


def _groups(columns: Columns, rng: np.random.Generator, n: int) -> None:
    labels = rng.choice(["a", "b", "c"], n)
    columns["group"] = np.concatenate([labels, rng.choice(np.unique(labels), n)])


def _holes(columns: Columns, rng: np.random.Generator, n: int) -> None:
    columns["holes"] = np.where(rng.random(2 * n) < 0.3, np.nan, rng.standard_normal(2 * n))


def _nothing(columns: Columns, rng: np.random.Generator, n: int) -> None:
    """The size of the table is drawn by this name."""


ODDITIES: dict[str, Callable[[Columns, np.random.Generator, int], None]] = {
    "five rows": _nothing,
    "more columns than rows": _nothing,
    "constant column": _constant,
    "duplicated column": _duplicated,
    "collinear columns": _collinear,
    "units of 1e12": _huge,
    "units of 1e-12": _tiny,
    "an outlier of 1e6": _outlier,
    "a level a row": _level_a_row,
    "a factor": _groups,
    "missing values": _holes,
}


def _fit(case: Case, table: Columns, how: str) -> tuple[Any, str]:
    """Fit a table; give the model, or the kind of error that said why not."""
    options: dict[str, Any] = {"hidden": ()} if how == "line" else {}
    try:
        return pliant.fit(
            "y ~ .",
            table,
            family=case.family,
            missing="impute" if imputes(case.number) else "drop",
            threads=1,
            **options,
        ), ""
    except pliant.PliantError as error:
        if "\n" in str(error) or len(str(error)) > 400:
            raise
        return None, f"{type(error).__name__}: {_gist(str(error))}"


def _gist(message: str) -> str:
    """Give the start of a message, without what is of this table only."""
    words = message.split(";")[0].split("(")[0]
    words = words.split(": the coefficients")[0].split(" in Intercept")[0]
    return " ".join("..." if any(c.isdigit() for c in word) else word for word in words.split())[:90]


def _predictions(model: Any, table: Columns) -> np.ndarray:
    """Give the numbers (m, q) that are predicted."""
    frame = model.predict(table)
    return np.column_stack([frame[name].to_numpy() for name in frame.columns if frame[name].dtype.is_numeric()])


def _part(columns: Columns, rows: np.ndarray) -> Columns:
    return {name: values[rows] for name, values in columns.items() if name != "y"}


def _complete(case: Case, columns: Columns) -> np.ndarray:
    """Mark the rows that have to be predicted."""
    holes = columns.get("holes")
    if holes is None or imputes(case.number):
        return np.ones(len(columns["x1"]), bool)
    rows = ~np.isnan(holes)
    for name in {"label", "group"} & set(columns):  # of a row that was dropped the level is not known
        rows &= np.isin(columns[name], case.table[name][~np.isnan(case.table["holes"])])
    return rows


def look_at(case: Case, how: str, outcome: Outcome) -> None:
    """Fit one table one way, and again in other units."""
    where = f"table {case.number}, {case.family}, {how} ({', '.join(case.oddities)})"
    model, error = _fit(case, case.table, how)
    outcome.fits += 1
    if model is None:
        outcome.errors[error] = outcome.errors.get(error, 0) + 1
    else:
        for rows in (case.table, case.new):
            values = _predictions(model, _part(rows, _complete(case, rows)))
            if not np.isfinite(values).all():
                outcome.failures.append(f"{where}: a prediction is not finite")
    every = list(UNITS)
    for what in every if how == "line" else [every[case.number // len(FAMILIES) % len(every)]]:
        change = UNITS[what]
        for column in _changed(case):
            moved = case.table | {column: change(case.table[column])}
            other, other_error = _fit(case, moved, how)
            if (model is None) != (other is None):
                outcome.failures.append(
                    f"{where}: {column} {what} changes {error or 'a fit'} to {other_error or 'a fit'}"
                )
            elif model is not None:
                rows = _complete(case, case.table)
                ours, theirs = _predictions(model, _part(case.table, rows)), _predictions(other, _part(moved, rows))
                outcome.moves.setdefault(f"{how}, {what}", []).append((_move(ours, theirs), f"{column} of {where}"))


def _move(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Give the largest change of a prediction, as a share of their spread (or of a billionth of their size)."""
    size = float(np.max(np.abs(ours), initial=0.0)) or 1.0
    ours, theirs = ours / size, theirs / size  # counts may be predicted as 1e200: no square overflows
    return float(np.max(np.abs(ours - theirs), initial=0.0)) / max(float(np.std(ours)), 1e-9)


def _changed(case: Case) -> list[str]:
    """Name the columns that get another unit: one drawn by the table's number."""
    numbers = [name for name, values in case.table.items() if name != "y" and values.dtype.kind == "f"]
    return [numbers[case.number % len(numbers)]]


def run(case: Case, ways: Iterable[str] = WAYS) -> Outcome:
    """Give what became of one table."""
    outcome = Outcome()
    for how in ways:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                look_at(case, how, outcome)
        except Exception as problem:  # what this script is there to find
            where = f"table {case.number}, {case.family}, {how} ({', '.join(case.oddities)})"
            outcome.failures.append(f"{where}: {type(problem).__name__}: {str(problem)[:200]}")
    return outcome


def kept(path: Path, numbers: range, processes: int) -> list[Outcome]:
    """Give the outcome of every table, from a file what is there already: a long run may be stopped and go on."""
    lines = path.read_text().splitlines() if path.exists() else []
    done = {number: Outcome(**said) for number, said in map(json.loads, lines)}
    left = [number for number in numbers if number not in done]
    with ProcessPoolExecutor(processes) as pool, path.open("a") as file:
        for number, outcome in zip(left, pool.map(run, map(draw, left)), strict=True):
            done[number] = outcome
            file.write(json.dumps([number, asdict(outcome)]) + "\n")
            file.flush()
    return [done[number] for number in numbers]


def report(outcomes: list[Outcome]) -> str:
    """Write what became of all tables, in Markdown."""
    errors: Counter[str] = Counter()
    for outcome in outcomes:
        errors.update(outcome.errors)
    failures = [text for outcome in outcomes for text in outcome.failures]
    fits, refused = sum(outcome.fits for outcome in outcomes), sum(errors.values())
    lines = [
        f"{len(outcomes):,} tables, each by the recipe and as a line: {fits:,} fits. {refused:,} are refused with "
        f"a clear error, {len(failures)} fail; the others predict.",
        "",
        "| refused, in one line | fits |",
        "|---|---|",
        *(f"| {said} | {count} |" for said, count in errors.most_common()),
        "",
        "| one column in another unit | fits | largest change of a prediction, of their spread | above 1e-8 |",
        "|---|---|---|---|",
    ]
    for what in sorted({what for outcome in outcomes for what in outcome.moves}):
        moves = [move for outcome in outcomes for move, _ in outcome.moves.get(what, [])]
        lines.append(f"| {what} | {len(moves)} | {max(moves):.1e} | {sum(move > LIMIT for move in moves)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fit the tables, print what became of them, and write it into README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few tables, nothing written")
    parser.add_argument("--only", type=int, help="one table, and what became of it")
    parser.add_argument("--tables", type=int, default=TABLES, help="how many")
    parser.add_argument("--kept", type=Path, default=KEPT, help="a file of what was done; the run goes on from it")
    parser.add_argument("--processes", type=int, default=1, help="of which each fits other tables")
    given = parser.parse_args()
    if given.smoke or given.only is not None:
        numbers = range(SMOKE) if given.only is None else range(given.only, given.only + 1)
        outcomes = [run(draw(number)) for number in numbers]
    else:
        given.kept.parent.mkdir(exist_ok=True)
        outcomes = kept(given.kept, range(given.tables), given.processes)
    print(report(outcomes))
    problems = [text for outcome in outcomes for text in outcome.failures]
    moved = [(m, what, where) for o in outcomes for what, each in o.moves.items() for m, where in each if m > LIMIT]
    problems += [f"{where}: {what} moves a prediction by {move:.1e}" for move, what, where in moved]
    print("\n".join(problems))
    if given.smoke or given.only is not None:
        if problems:
            raise SystemExit(1)
    else:
        write_between(report(outcomes), BETWEEN)


if __name__ == "__main__":
    main()
