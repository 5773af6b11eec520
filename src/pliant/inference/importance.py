"""Permutation importance: how much worse are the predictions when a column says nothing of the row it stands in.

In every row the column takes the value of another row, and the mean deviance rises. For a model with members each row
is predicted by the member that did not see it, so what a column only helped to learn by heart counts for nothing.
Values come from all rows and not from the row's own fold, since a fold may have two rows, or one.

    importance = mean over rows of  d(y_i, mu with the column of row j) - d(y_i, mu_i),   j another row

The pairs (i, j) are cyclic shifts of one random order: no row gets its own value, and n - 1 repeats would go through
all pairs, which is the estimate of Fisher, Rudin and Dominici.

References
----------
Breiman (2001), Random forests, Machine Learning 45. Fisher, Rudin and Dominici (2019), All models are wrong, but many
are useful, Journal of Machine Learning Research 20. Nadeau and Bengio (2003), Inference for the generalization error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.columns import shown
from pliant.data.given import written_out
from pliant.data.table import Table, read_table
from pliant.descent import seed_stream
from pliant.ensemble.verdict import constant_losses
from pliant.errors import ArgumentError, InputError
from pliant.inference.coefficients import wald_interval
from pliant.inference.effect_frames import check_column
from pliant.inference.jackknife import eta_of_member
from pliant.inference.slopes import asked_columns
from pliant.measure import fingerprint
from pliant.optimisers.checks import check_count
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

SHUFFLES = 6  # stream of the seed
MOST = 20_000  # rows; of more some are drawn
OUT_OF_FOLD, TRAINING, GIVEN = "out of fold", "training rows", "given table"


@dataclass(frozen=True)
class Rows:
    """The rows on which importance is measured, each as often as its frequency says."""

    table: Table
    arrays: Arrays  # those of the table's rows that can be used
    copies: IntArray  # (m,), index into arrays, a row once a copy
    folds: IntArray | None  # (n,), the member that did not see each of them
    measured_on: str


def importance(
    model: "Fitted",
    table: object,
    groups: Mapping[str, Sequence[str]] | None,
    repeats: int,
    seed: int | None,
    level: float,
) -> tuple[dict[str, Any], str]:
    """Give what every column, or group of columns, is worth, the most important first.

    Returns
    -------
    dict of columns, kind of frame
        `column`, `importance`, `std_error`, `lower`, `upper`, `share`, `measured_on`.
    """
    check_count("repeats", repeats, at_least=1)
    asked = _groups(model, groups)
    rows = _rows(model, table)
    rng = seed_stream(model.settings.seed if seed is None else check_count("seed", seed, at_least=0), SHUFFLES)
    donors = _donors(rng, len(rows.copies), repeats)
    arrays, copies = rows.arrays, rows.copies
    own = _losses(model, rows, arrays.X, arrays.offset, np.arange(len(arrays.y)))
    nothing = _share_of(model, rows, own)
    found = []
    for name, columns in asked.items():
        rise, times = np.zeros(len(arrays.y)), np.zeros(len(arrays.y))
        for giving in donors:
            worse, known = _shuffled(model, rows, columns, copies[giving])
            np.add.at(rise, copies[known], worse[known] - own[copies[known]])
            np.add.at(times, copies[known], 1.0)
        if not np.any(times):
            raise InputError(f"no row can take the value that another has in {name}, so its importance is not known")
        mean, error, df = _mean_rise(rise / np.maximum(times, 1.0), rows, times > 0.0)
        low, high = wald_interval(np.array([mean]), np.array([error]), level, df)
        found.append((name, mean, error, low[0], high[0], mean / nothing if nothing > 0.0 else np.nan))
    found.sort(key=lambda row: -row[1])
    heads = ("column", "importance", "std_error", "lower", "upper", "share")
    framed: dict[str, Any] = {head: np.array([row[j] for row in found]) for j, head in enumerate(heads)}
    return framed | {"measured_on": [rows.measured_on] * len(found)}, rows.table.kind


def _groups(model: "Fitted", groups: Mapping[str, Sequence[str]] | None) -> dict[str, tuple[str, ...]]:
    """Give the columns that are shuffled together, by name: every column by itself but those of `groups`."""
    reads = asked_columns(model, None)
    if groups is not None and not isinstance(groups, Mapping):
        raise ArgumentError(f"groups={groups!r}: give names with their columns, such as {{'size': ['a', 'b']}}")
    named = {
        str(name): (columns,) if isinstance(columns, str) else tuple(columns)
        for name, columns in (groups or {}).items()
    }
    together = [column for columns in named.values() for column in columns]
    for column in together:
        check_column(model, column)
        if together.count(column) > 1:
            raise ArgumentError(f"{shown(column)} stands in several groups; put it into one")
    for name, columns in named.items():
        if not columns:
            raise ArgumentError(f"the group {shown(name)} has no columns; leave it out")
        if name in reads and name not in columns:
            raise ArgumentError(f"the group {shown(name)} is called like a column that is not in it; rename it")
    return named | {name: (name,) for name in reads if name not in together}


def _rows(model: "Fitted", table: object) -> Rows:
    """Give the rows to measure on: the training rows, out of fold where there are members, or those of a table."""
    if table is None:
        read, arrays, measured_on = model.training_table(), model.data(), TRAINING
    else:
        read = read_table(table)
        response = model.design.response
        absent = [name for name in response.columns if name not in read]
        if absent:
            raise InputError(
                f"{read.source} has no column {shown(absent[0])}: importance needs the response to compare"
            )
        given = {what: name for what, name in model.settings.given.items() if name is not None and name in read}
        arrays, measured_on = model.design.arrays(read, **given), GIVEN
        if model.members is not None:
            read, arrays = written_out(read, arrays, given.get("frequencies"))
        if len(arrays.y) and fingerprint(arrays, None) == model.facts.fingerprint:
            measured_on = TRAINING  # the training table again, for a model from a file
    folds = None
    if measured_on == TRAINING and model.members is not None:
        folds, measured_on = model.members.folds, OUT_OF_FOLD
    kept = np.flatnonzero((arrays.weights > 0.0) & (arrays.counts > 0.0))
    if len(kept) < len(arrays.y):
        arrays, folds = arrays.take(kept), None if folds is None else folds[kept]
    copies = np.repeat(np.arange(len(arrays.y)), arrays.counts.astype(np.int64))
    if len(copies) < 2:
        raise InputError(
            f"{read.source} has {len(copies)} complete rows; importance needs two or more to exchange values"
        )
    if len(copies) > MOST:
        copies = np.sort(seed_stream(model.settings.seed, SHUFFLES, 1).choice(copies, MOST, replace=False))
    return Rows(read, arrays, copies, folds, measured_on)


def _donors(rng: np.random.Generator, m: int, repeats: int) -> list[IntArray]:
    """Give, for every repeat, the row whose value each of m rows takes; never its own."""
    order = rng.permutation(m)
    shifts = rng.permutation(m - 1)[:repeats] + 1
    found = []
    for shift in shifts:
        giving = np.empty(m, dtype=np.int64)
        giving[order] = np.roll(order, -int(shift))
        found.append(giving)
    return found


def _shuffled(model: "Fitted", rows: Rows, columns: Sequence[str], giving: IntArray) -> tuple[Array, Any]:
    """Give the losses (m,) of the copies with other rows' values in some columns, and which are known."""
    arrays, copies, table = rows.arrays, rows.copies, rows.table
    names = model.design.reads
    taking = {name: table[name].take(arrays.rows[copies]) for name in names}
    from_others = {name: table[name].take(arrays.rows[giving]) for name in columns}
    before = Table(taking, len(copies), table.source, table.kind)
    found = model.design.matrix(replace(before, columns=taking | from_others))
    given = arrays.offset[copies] - np.nan_to_num(model.design.matrix(before).offset)  # that came as an argument
    offset = np.where(found.complete, found.offset, 0.0) + given
    X = np.where(found.complete[:, None], found.X, 0.0)
    return _losses(model, rows, X, offset, copies), found.complete


def _losses(model: "Fitted", rows: Rows, X: Array, offset: Array, at: IntArray) -> Array:
    """Give the unit deviance (m,) of rows `at` of the arrays, each by the member that did not see it."""
    if rows.folds is None:
        eta = model.linear_predictor(X, offset)
    else:
        eta, folds = np.empty((len(X), model.network.outputs)), rows.folds[at]
        for k in np.unique(folds):
            mine = folds == k
            eta[mine] = eta_of_member(model, int(k), X[mine], offset[mine])
    with np.errstate(all="ignore"):  # far from the data a mean may overflow: the loss is then infinite
        return model.likelihood.deviance(rows.arrays.y[at], model.likelihood.mean(eta))


def _share_of(model: "Fitted", rows: Rows, own: Array) -> float:
    """Give the mean deviance that the mean of the response alone leaves, out of fold where importance is."""
    arrays = rows.arrays
    folds = np.zeros(len(arrays.y), dtype=np.int64) if rows.folds is None else rows.folds
    losses = constant_losses(model.likelihood, arrays, folds)
    return float(arrays.totals @ losses / np.sum(arrays.totals))


def _mean_rise(rise: Array, rows: Rows, known: Any) -> tuple[float, float, float]:
    """Give the weighted mean of the rows' rises, its standard error and the degrees of freedom of t.

    Out of fold the folds' means tell the error, with the members' likeness in it: s^2 (1/K + 1/(K - 1)), after Nadeau
    and Bengio. Elsewhere the rows do.
    """
    totals = np.where(known, rows.arrays.totals, 0.0)
    share = totals / np.sum(totals)
    mean = float(share @ np.where(known, rise, 0.0))
    if rows.folds is None:
        n = float(np.sum(rows.arrays.counts[known]))
        each = np.where(known, rows.arrays.weights / np.sum(totals) * (rise - mean), 0.0)
        return mean, float(np.sqrt(rows.arrays.counts @ each**2 * n / max(n - 1.0, 1.0))), n - 1.0
    folds = np.unique(rows.folds[known])
    means = np.array([np.average(rise[m], weights=totals[m]) for m in (known & (rows.folds == k) for k in folds)])
    K = len(means)
    if K < 2:
        return mean, np.nan, np.nan
    return mean, float(np.std(means, ddof=1) * (1.0 / K + 1.0 / (K - 1.0)) ** 0.5), K - 1.0
