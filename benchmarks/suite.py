"""The sixteen public tables of the benchmark, what is asked of each, their folds, and the score of a prediction.

The tables lie in the folder PLIANT_DATA, ../shared/data by default, beside suite.json, which says of each its response,
family, factors, dates, exposure and the columns that tell the answer. They are read only, and never shipped.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
DATA = Path(os.environ.get("PLIANT_DATA", HERE.parent.parent / "shared" / "data"))
FOLDS, SEED = 5, 2026
SMALL_ROWS = 400  # to here three repeats of the folds, beyond one
BIG_ROWS = 5_000  # beyond, only some of the five folds are measured
TINY = 1e-15  # a probability is at least this, as scikit-learn's log loss has it
FLOOR = 1e-3  # of the mean response: a predicted mean of counts or positive numbers is at least this


@dataclass(frozen=True)
class Task:
    """What is predicted from what."""

    name: str
    family: str  # "gaussian", "gamma", "poisson", "binomial" or "multinomial"
    target: str
    numbers: tuple[str, ...]
    factors: tuple[str, ...]
    dates: tuple[str, ...]
    levels: tuple[str, ...]  # of the response; () for a number
    exposure: str | None = None  # of counts: how long each was watched

    def exposures(self, frame: Any) -> np.ndarray:
        """Give the exposure (n,) of every row; ones where there is none."""
        return np.ones(len(frame)) if self.exposure is None else frame[self.exposure].to_numpy(dtype=float)


def entries() -> dict[str, Any]:
    """Give what suite.json says, by table."""
    return {entry["name"]: entry for entry in json.loads((DATA / "suite.json").read_text())["sets"]}


def names() -> tuple[str, ...]:
    """Give the names of all tables; none where they are not there."""
    return tuple(entries()) if (DATA / "suite.json").exists() else ()


def read(name: str) -> tuple[Task, Any]:
    """Give a table and what is asked of it; factors and classes are text, missing values stay missing."""
    import pandas as pd

    said = entries()[name]
    frame = (
        pd.read_parquet(DATA / said["file"]) if said["file"].endswith("parquet") else pd.read_csv(DATA / said["file"])
    )
    frame = frame.drop(columns=said["drop"])
    levels = tuple(said.get("classes", ()))
    factors = tuple(column for column in frame.columns if column in said["categorical"])
    dates = tuple(said["dates"])
    for column in (*factors, *((said["target"],) if levels else ())):
        frame[column] = frame[column].astype(str).where(frame[column].notna())
    apart = {said["target"], said["exposure"], *factors, *dates}
    numbers = tuple(column for column in frame.columns if column not in apart)
    return Task(name, said["family"], said["target"], numbers, factors, dates, levels, said["exposure"]), frame


def repeats(n_rows: int) -> int:
    """Give how often the folds are drawn anew."""
    return 3 if n_rows <= SMALL_ROWS else 1


def folds(task: Task, y: Any, repeat: int) -> np.ndarray:
    """Draw the fold (n,) of every row, stratified for classes."""
    rng = np.random.default_rng([SEED, repeat])
    order = rng.permutation(len(y))
    if task.levels:
        order = order[np.argsort(np.asarray(y)[order], kind="stable")]
    found = np.empty(len(y), dtype=int)
    found[order] = np.arange(len(y)) % FOLDS
    return found


def admissible(task: Task, train: Any, new: Any, predicted: np.ndarray) -> np.ndarray:
    """Give predictions that the family admits: means of counts and positive numbers not under the floor."""
    if task.family not in ("poisson", "gamma"):
        return predicted
    exposed = task.exposures(train).mean()
    least = FLOOR * train[task.target].mean() / exposed * task.exposures(new)
    return np.maximum(predicted, least)


def score(task: Task, y: Any, predicted: np.ndarray) -> float:
    """Give the loss of a prediction: root mean square error, mean deviance, or log loss."""
    if task.levels:
        at = [task.levels.index(level) for level in y]
        return float(-np.mean(np.log(np.clip(predicted[np.arange(len(at)), at], TINY, 1.0))))
    y = np.asarray(y, dtype=float)
    if task.family == "gamma":
        ratio = y / predicted
        return float(np.mean(2.0 * (ratio - 1.0 - np.log(ratio))))
    if task.family == "poisson":
        logs = np.where(y > 0.0, y * np.log(np.maximum(y, 1.0) / predicted), 0.0)
        return float(np.mean(2.0 * (logs - y + predicted)))
    return float(np.sqrt(np.mean((y - predicted) ** 2)))


def measure_of(family: str) -> str:
    """Say what the score of a family is."""
    return {"gaussian": "RMSE", "gamma": "gamma deviance", "poisson": "Poisson deviance"}.get(family, "log loss")
