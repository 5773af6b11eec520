"""Successive halving: many candidates on little of the data, the better ones on more, the last few on all of it.

What a candidate is given more of are folds, and of large tables rows to train on: a fit to a small part of a small
table would tell which candidate suits a smaller table. All candidates of a level are measured on the same rows of the
same folds, each time by fits that did not see them, and the first candidate, the default, goes on to the end.

References
----------
Jamieson and Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization.
Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar (2018), Hyperband: a novel bandit-based approach to hyperparameter
optimization, Journal of Machine Learning Research 18.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pliant.data.arrays import Arrays
from pliant.ensemble.verdict import mean_gain
from pliant.errors import ArgumentError, ConvergenceError
from pliant.study.ledger import Ledger, Measured, Trial
from pliant.study.space import Settings, in_words
from pliant.training import Progress, Report
from pliant.types import Array, IntArray

DEFAULT = 0  # the first of the candidates
LEAST_ROWS = 5_000  # of a fit to a part of the rows
MANY = 20_000  # rows from which three folds tell enough
Measure = Callable[[Settings, IntArray, IntArray], Array]  # settings, rows to fit, rows to predict -> losses of these


@dataclass(frozen=True)
class Level:
    """What the candidates of one level are given."""

    candidates: int
    folds: int
    rows: int  # to train on, at most


@dataclass(frozen=True)
class Score:
    """What is known of a candidate: its mean deviance a row on its last level, and what it gains over the default."""

    candidate: int
    level: int  # from 1
    loss: float
    gain: float
    low: float
    high: float
    seconds: float
    failed: str = ""


def plan_levels(candidates: int, folds: int, factor: int, rows: int) -> list[Level]:
    """Give the levels, the broadest first; `rows` are those that a fit without its fold has.

    Each level has about the same work: fewer candidates by the factor, each with more by the factor.
    """
    given = [(folds, rows)]
    wanted = 1 + max(0, math.ceil(math.log(max(candidates, 1) / factor, factor) - 1e-9))
    while len(given) < wanted:
        folds, rows = given[-1]
        fewer = rows // factor
        if folds > 1:
            given.append((-(-folds // factor), rows))
        elif fewer >= LEAST_ROWS:
            given.append((1, fewer))
        else:
            break
    left = [candidates]
    for _ in given[1:]:
        left.append(-(-left[-1] // factor))
    return [Level(count, *each) for count, each in zip(left, reversed(given), strict=True)]


def halve(
    candidates: Sequence[Settings],
    levels: Sequence[Level],
    arrays: Arrays,
    folds: IntArray,
    order: IntArray,
    measure: Measure,
    ledger: Ledger,
    report: Report | None,
) -> list[Score]:
    """Measure candidates level by level and give the score of each, the best of the last level first.

    Parameters
    ----------
    candidates : sequence of dict
        The default before all others; it goes on to the end.
    levels : sequence of Level
    arrays : Arrays
        The rows, for their weights and frequencies.
    folds : ndarray of int, shape (n,)
        The fold of each row; that of the highest number comes first.
    order : ndarray of int, shape (n,)
        In which rows come into the part of them that a fit is given.
    measure : callable
    ledger : Ledger
        What was measured before, and will be.
    report : callable, optional

    Raises
    ------
    ConvergenceError
        If the default has no fit.
    ArgumentError
        If a candidate's settings do not go together; says which.
    """
    running = list(range(len(candidates)))
    scores: dict[int, Score] = {}
    watch = _Watch(levels, len(folds), int(np.max(folds)) + 1, report)
    for number, level in enumerate(levels, start=1):
        running = [c for c in running if not (c in scores and scores[c].failed)]
        if number > 1:
            best = sorted(running, key=lambda c: (scores[c].loss, c))[: level.candidates]
            running = sorted({DEFAULT, *best})
        found: dict[int, list[Measured]] = {c: [] for c in running}
        for k in range(level.folds):
            fold = int(np.max(folds)) - k
            inside = np.flatnonzero(folds == fold)
            others = order[folds[order] != fold][: level.rows]
            for c in running:
                trial = Trial(c, level.rows, fold)
                fresh = ledger.get(trial) is None and not any(each.failed for each in found[c])
                if not any(each.failed for each in found[c]):
                    found[c].append(_measured(trial, candidates[c], others, inside, measure, ledger))
                watch.count(number, len(others), fresh, [s.loss for s in scores.values() if s.level == number - 1])
        rows = np.concatenate([np.flatnonzero(folds == int(np.max(folds)) - k) for k in range(level.folds)])
        for c in running:
            seconds = ledger.seconds(c)
            scores[c] = _score(c, number, found[c], found[DEFAULT], arrays.take(rows), seconds)
    return sorted(scores.values(), key=lambda s: (-s.level, bool(s.failed), s.loss, s.candidate))


def _measured(
    trial: Trial, settings: Settings, others: IntArray, inside: IntArray, measure: Measure, ledger: Ledger
) -> Measured:
    """Give what a trial lost, from the ledger if it is there."""
    known = ledger.get(trial)
    if known is not None:
        return known
    began = time.perf_counter()
    try:
        found = Measured(measure(settings, np.sort(others), inside), time.perf_counter() - began)
    except ConvergenceError as problem:
        if trial.candidate == DEFAULT:
            raise
        found = Measured(np.full(len(inside), np.nan), time.perf_counter() - began, str(problem))
    except ArgumentError as problem:
        raise ArgumentError(f"candidate {trial.candidate} ({in_words(settings)}): {problem}") from problem
    ledger.put(trial, found)
    return found


def _score(
    candidate: int, level: int, found: list[Measured], default: list[Measured], rows: Arrays, seconds: float
) -> Score:
    """Give the score of a candidate from its losses, on the rows that the default could be measured on."""
    failed = next((each.failed for each in found if each.failed), "")
    if failed:
        return Score(candidate, level, math.nan, math.nan, math.nan, math.nan, seconds, failed)
    losses, usual = (np.concatenate([each.losses for each in side]) for side in (found, default))
    known = np.flatnonzero(np.isfinite(usual))
    part = rows.take(known)
    loss = float(part.totals @ losses[known] / np.sum(part.totals))
    if candidate == DEFAULT:
        return Score(candidate, level, loss, math.nan, math.nan, math.nan, seconds)
    return Score(candidate, level, loss, *mean_gain(usual[known] - losses[known], part), seconds)


class _Watch:
    """Counts the fits for a person who waits."""

    def __init__(self, levels: Sequence[Level], n_rows: int, n_folds: int, report: Report | None) -> None:
        self.levels, self.report = levels, report
        largest = n_rows - n_rows // n_folds
        self.fits = sum(level.candidates * level.folds for level in levels)
        self.work = sum(float(level.candidates) * level.folds * min(level.rows, largest) for level in levels)
        self.done, self.rows, self.fresh, self.began = 0, 0.0, 0.0, time.perf_counter()

    def count(self, level: int, rows: int, fresh: bool, losses: Sequence[float]) -> None:
        """Report one more fit; one that was known before tells nothing of the speed."""
        self.done, self.rows, self.fresh = self.done + 1, self.rows + rows, self.fresh + rows * fresh
        if self.report is None:
            return
        speed = self.fresh / max(time.perf_counter() - self.began, 1e-9)
        best = min((loss for loss in losses if math.isfinite(loss)), default=None)
        left = max(self.work - self.rows, 0.0) / speed if speed else 0.0
        what = f"level {level} of {len(self.levels)}, fit"
        self.report(Progress(self.done, max(self.fits, self.done), best, None, speed, left, what))


def choose_best(scores: Sequence[Score], n_rows: int) -> Score:
    """Give the score to go by: the best of the last level, but the default where that gains no standard error.

    Of several candidates that are as good as one another one comes out first by luck.
    """
    from scipy.special import stdtrit

    best = scores[0]
    if best.candidate == DEFAULT:
        return best
    error = (best.high - best.gain) / float(stdtrit(max(n_rows - 1, 1), 0.975))
    return best if best.gain > error else next(score for score in scores if score.candidate == DEFAULT)
