"""Look for arguments of `fit` that predict better than its defaults do, for those who want to.

Nothing here is needed for a good fit: the recipe is the first candidate, is measured to the end, and is what is given
back unless another one gains more than the noise of the comparison.
"""

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pliant._version import __version__
from pliant.data.arrays import Arrays
from pliant.data.design import learn_design
from pliant.data.entry import formula_and_table
from pliant.data.given import given_groups
from pliant.data.table import Table, make_frame
from pliant.ensemble.folds import draw_folds
from pliant.ensemble.verdict import deviance_out_of_fold
from pliant.errors import ArgumentError, LevelError
from pliant.fitting import check_response, fit
from pliant.functions.likelihood import likelihood
from pliant.harmless import visible
from pliant.inference.summary.numbers import short
from pliant.measure import fingerprint
from pliant.model import Fitted
from pliant.optimisers.checks import check_count
from pliant.recipe import widths
from pliant.study.halving import DEFAULT, MANY, Level, Score, choose_best, halve, plan_levels
from pliant.study.ledger import Ledger
from pliant.study.space import (
    LINE,
    Settings,
    check_arguments,
    default_space,
    draw_candidates,
    in_words,
    read_space,
)
from pliant.training import kept_to_the_end, progress_bar
from pliant.types import Array, IntArray

A_ROW = ("weights", "offset", "frequencies", "groups")  # arguments that may be one value a row
STREAM = 8  # of the seed: folds, and the order in which rows come in
SHOWN = 8  # candidates that a print shows


@dataclass(frozen=True, eq=False)
class Search:
    """What `search` gives: the best settings, the model fitted with them, and all candidates; prints what was found.

    Attributes
    ----------
    best : dict
        Arguments of `fit` beside those that were given; empty where the default is as good as anything found.
    model : Fitted
        Fitted with them to all rows.
    scores : tuple of Score
        One a candidate, the best of the last level first.
    candidates : tuple of dict
        The settings of each, by number; 0 is the default.
    levels : tuple of Level
        What the candidates of each level were given.
    """

    best: Settings
    model: Fitted
    scores: tuple[Score, ...]
    candidates: tuple[Settings, ...]
    levels: tuple[Level, ...]
    n_rows: int
    frame_kind: str = field(default="polars", repr=False)

    def to_frame(self) -> Any:
        """Give all candidates as a frame of the kind that was given, the best of the last level first.

        Returns
        -------
        frame
            `candidate` (0 is the default), `level` that it came to, `score` (mean deviance a row out of fold), `gain`
            over the default on the same rows with its 95 % interval `lower` and `upper`, `seconds`, `failed` (why
            there is no fit), and a column a setting. Scores of one level are of the same rows; between levels
            compare the gains.
        """
        columns: dict[str, Any] = {
            "candidate": np.array([s.candidate for s in self.scores]),
            "level": np.array([s.level for s in self.scores]),
            "score": np.array([s.loss for s in self.scores]),
            "gain": np.array([s.gain for s in self.scores]),
            "lower": np.array([s.low for s in self.scores]),
            "upper": np.array([s.high for s in self.scores]),
            "seconds": np.array([s.seconds for s in self.scores]),
            "failed": [s.failed for s in self.scores],
        }
        for name in dict.fromkeys(name for settings in self.candidates for name in settings):
            columns[name] = _setting([self.candidates[s.candidate].get(name) for s in self.scores])
        return make_frame(columns, self.frame_kind)

    def __str__(self) -> str:
        last = [s for s in self.scores if s.level == self.scores[0].level][:SHOWN]
        rows = [("candidate", "deviance a row", "gain", "95 % interval", "seconds", "")]
        for score in last:
            gain, interval = "", ""
            if not math.isnan(score.gain):
                gain, interval = short(score.gain, 4), f"{short(score.low, 4)} to {short(score.high, 4)}"
            settings = in_words(self.candidates[score.candidate])
            rows.append((str(score.candidate), short(score.loss, 5), gain, interval, f"{score.seconds:.1f}", settings))
        widths = [max(len(row[j]) for row in rows) for j in range(5)]
        table = ["  ".join([*(c.rjust(w) for c, w in zip(r[:5], widths, strict=True)), r[5]]).rstrip() for r in rows]
        return visible("\n".join([self.sentence, "", *table, "", self._said_of_levels()]))

    __repr__ = __str__

    @property
    def sentence(self) -> str:
        """What was found, in a sentence to quote."""
        others = len(self.candidates) - 1
        best = next((s for s in self.scores if self.best and self.candidates[s.candidate] == self.best), None)
        if best is None:
            return f"The default is as good as the best of {others} other candidates, out of fold."
        usual = next(s for s in self.scores if s.candidate == DEFAULT)
        share = best.gain / usual.loss if usual.loss > 0.0 else 0.0
        return (
            f"Of {others} candidates {in_words(self.best)} is the best: out of fold it takes {share:.1%} off the "
            "default's deviance."
        )

    def _said_of_levels(self) -> str:
        """Say what the levels were given."""
        said = []
        for level in self.levels:
            folds = f"{level.folds} fold{'s' * (level.folds > 1)}"
            part = "" if level.rows >= self.levels[-1].rows else f" with {level.rows:,} rows to train on"
            said.append(f"{level.candidates} candidates on {folds}{part}")
        return f"{self.n_rows:,} rows; {', then '.join(said)}; the default on all of them"


def search(
    formula: object,
    table: object,
    /,
    *,
    space: object = None,
    candidates: int = 27,
    folds: int | None = None,
    factor: int = 3,
    seed: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    **arguments: Any,
) -> Search:
    """Search for arguments of `fit` that predict better than its defaults, by successive halving.

    All candidates are fitted without one fold of the rows and measured on it; the better third is measured on more
    folds (and, of large tables, fitted to more rows), and so on, until the last few have been measured on all folds.
    The folds are the same for all. The default, `fit` with nothing but `arguments`, is among the candidates to the
    end, and is given back unless the best gains more than one standard error over it.

    Parameters
    ----------
    formula, table : str; frame, dict of arrays, or path
        As for `fit`.
    space : dict or list of dict, optional
        Choices by argument of `fit`: a list of values, or a distribution with `rvs`, as those of `scipy.stats`. Of
        several dicts one is drawn first, so that settings which belong together stay together. By default small
        networks with their decay by folds or evidence and deep ones by small steps, to 5,000 rows; beyond, deep ones.
    candidates : int
        How many are tried, the default and, without a space of your own, the line among them.
    folds : int, optional
        By default 9, and 3 beyond 20,000 rows; one a row where the rows are fewer.
    factor : int
        Of the candidates of a level one in so many goes on, and is given so many times as much.
    seed : int
        Of the candidates, the folds and every fit: the same seed gives the same result.
    checkpoint : path, optional
        A file that keeps what was measured, about every ten seconds and when the search ends or is interrupted. If it
        is there already, the search goes on from it; a file of another search is refused.
    progress : bool, optional
        None: on a terminal only.
    **arguments
        Other arguments of `fit`, such as family, weights or groups: the same for all candidates.

    Returns
    -------
    Search
        `best`, `model` (fitted to all rows with them), and `to_frame()`: all candidates with scores and seconds.

    Raises
    ------
    InputError
        If formula, table, space or an argument cannot be used, or settings of a candidate do not go together.
    ConvergenceError
        If the default cannot be fitted; another candidate that cannot is left out, and the frame says why.

    References
    ----------
    Jamieson and Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization.

    Examples
    --------
    >>> import pliant
    >>> table = {"x": list(range(40)), "y": [(x % 7) + 0.5 * x for x in range(40)]}
    >>> found = pliant.search("y ~ x", table, space={"hidden": [(), 2]}, members=2, folds=2)
    >>> [dict(settings) for settings in found.candidates]
    [{}, {'hidden': ()}, {'hidden': 2}]
    """
    check_arguments(list(arguments), fit, "search")
    count, factor = check_count("candidates", candidates, at_least=2), check_count("factor", factor, at_least=2)
    seed = check_count("seed", seed)
    parsed, read = formula_and_table(formula, table)
    arrays, labels = _rows(parsed, read, arguments)
    n = len(arrays.y)
    n_folds = min(n, (9 if n <= MANY else 3) if folds is None else check_count("folds", folds, at_least=2))
    if n < 4:
        raise ArgumentError(f"{read.source}: {n} rows are too few to search with; give more rows, or fit the line")
    rng = np.random.default_rng([seed, STREAM])
    classes = likelihood(arguments.get("family", "gaussian")).family.coding in ("classes", "binary")
    fold_of = draw_folds(n_folds, arrays.y, rng, classes, labels, bool(arguments.get("in_order", False)))
    first: list[Settings] = [{}]
    if space is None:
        chosen = default_space(n, arguments)
        first += [LINE] if "hidden" not in arguments else []
    else:
        chosen = read_space(space, fit, arguments)
    drawn = draw_candidates(chosen, first, count, seed)
    levels = plan_levels(len(drawn), n_folds, factor, n - n // n_folds)
    identity = _identity(parsed.text or str(parsed), arrays, arguments, drawn, fold_of, levels, seed)
    ledger = Ledger(checkpoint, identity)

    def measure(settings: Settings, fitted: IntArray, predicted: IntArray) -> Array:
        """Fit to some of the rows, and give what is lost on others."""
        here = _at(arguments, read, arrays.rows[fitted])
        model = _fit(parsed.text, read.take(arrays.rows[fitted]), here, settings, seed)
        beside = {k: v for k, v in _at(arguments, read, arrays.rows[predicted]).items() if k in A_ROW[:3]}
        return _losses(model, read.take(arrays.rows[predicted]), beside)

    order = rng.permutation(n)
    with kept_to_the_end(None if checkpoint is None else ledger), progress_bar(progress) as report:
        scores = halve(drawn, levels, arrays, fold_of, order, measure, ledger, report)
    best = drawn[choose_best(scores, n).candidate]
    model = _fit(parsed.text, read, arguments, best, seed)
    return Search(best, model, tuple(scores), tuple(drawn), tuple(levels), n, read.kind)


def _rows(parsed: Any, read: Table, arguments: Mapping[str, Any]) -> tuple[Arrays, Array | None]:
    """Give the rows that can be fitted, and the group of each, where there are groups."""
    chosen = likelihood(arguments.get("family", "gaussian"), arguments.get("link"))
    groups = arguments.get("groups")
    design, arrays = learn_design(
        parsed,
        read,
        coding=chosen.family.coding,
        missing=arguments.get("missing", "drop"),
        **{what: arguments.get(what) for what in A_ROW[:3]},
        standardise=False,
        scale_response=False,
        left_out=(groups,) if isinstance(groups, str) else (),
    )
    check_response(chosen, design, arrays)
    return arrays, None if groups is None else given_groups(groups, read, arrays.rows)


def _at(arguments: Mapping[str, Any], read: Table, rows: IntArray) -> dict[str, Any]:
    """Give the arguments of `fit` for some rows of the table: what is one value a row is taken there."""
    by_row = {k: v for k, v in arguments.items() if k in A_ROW and v is not None and not isinstance(v, str)}
    return {
        **arguments,
        **{k: np.ma.asarray(v)[rows] if np.ma.isMA(v) else np.asarray(v)[rows] for k, v in by_row.items()},
    }


def _fit(text: str, read: Table, arguments: Mapping[str, Any], settings: Settings, seed: int) -> Fitted:
    """Fit one candidate; what a line, or a fit without members, has no use for is left out."""
    given = {**arguments, **settings}
    is_line = widths(given.get("hidden")) == ()
    if is_line or given.get("validation") is not None or given.get("members") == 1:
        unused = ("groups", "in_order", *(("members",) if is_line else ()))
        given = {k: v for k, v in given.items() if k not in unused}
    model = fit(text, read, **given, seed=seed, progress=False)
    if model.interrupted:
        raise KeyboardInterrupt
    return model


def _losses(model: Fitted, part: Table, beside: Mapping[str, Any]) -> Array:
    """Give the unit deviance of each row; NaN where a level was in no row of the fit.

    Such rows are found by halves: they are few, and the same for all candidates.
    """
    try:
        arrays = model.design.arrays(part, **beside)
    except LevelError:
        n = part.n_rows
        if n == 1:
            return np.full(1, np.nan)
        halves = (np.arange(n // 2), np.arange(n // 2, n))
        return np.concatenate([_losses(model, part.take(rows), _at(beside, part, rows)) for rows in halves])
    eta = model.linear_predictor(arrays.X, arrays.offset)
    losses = np.full(part.n_rows, np.nan)
    losses[arrays.rows] = deviance_out_of_fold(model.likelihood, arrays.y, eta)
    return losses


def _identity(
    text: str,
    arrays: Arrays,
    arguments: Mapping[str, Any],
    drawn: list[Settings],
    folds: IntArray,
    levels: list[Level],
    seed: int,
) -> dict[str, Any]:
    """Say what a search is, in words that a message can name."""
    plain = {
        k: v if isinstance(v, str | bool | int | float) else "values" for k, v in arguments.items() if k != "threads"
    }
    return {
        "the formula": text,
        "the rows of the table": fingerprint(arrays),
        "the arguments": sorted(f"{name}={value!r}" for name, value in plain.items()),
        "the candidates": [in_words(settings) for settings in drawn],
        "the folds": hashlib.sha256(np.ascontiguousarray(folds).tobytes()).hexdigest(),
        "the levels": [[level.candidates, level.folds, level.rows] for level in levels],
        "the seed": seed,
        "the version of pliant": __version__,
    }


def _setting(values: list[Any]) -> Any:
    """Give a setting as a column of a frame: numbers, or text."""
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
        return np.array([math.nan if value is None else float(value) for value in values])
    return [None if value is None else value if isinstance(value, str) else repr(value) for value in values]
