"""What the prediction intervals of a model reach: on rows out of fold, or on a table whose responses are known.

See `ensemble.coverage` for how a row is judged by what did not see its fold. The interval of a coverage is that of
Clopper and Pearson, with the rows as independent draws: it says how far the coverage of new rows may lie from the
share that was counted.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import FactorColumn, Table, read_table
from pliant.ensemble.coverage import THIRDS, Unseen, claims, count_inside, thirds, unseen_intervals
from pliant.errors import ArgumentError, InputError, said
from pliant.optimisers.checks import check_share
from pliant.record import Reached
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

NOT_HERE = (
    "this model has no coverage out of fold: it needs members and a family with prediction intervals; give a table "
    "whose responses are known, coverage(table)"
)
UNEVEN = 0.01  # chance that a third is named for what it lacks, where the rows outside are spread evenly
BY = ("fold", "prediction", "support")


def binomial_interval(inside: Array, rows: Array, confidence: float = 0.95) -> tuple[Array, Array]:
    """Give the interval of Clopper and Pearson (1934) for shares inside / rows."""
    from scipy.special import betaincinv

    tail, outside = 0.5 - confidence / 2.0, rows - inside
    low = np.where(inside > 0, betaincinv(np.maximum(inside, 0.5), outside + 1.0, tail), 0.0)
    high = np.where(outside > 0, betaincinv(inside + 1.0, np.maximum(outside, 0.5), 1.0 - tail), 1.0)
    return low, high


def coverage(
    model: "Fitted", table: object = None, level: float | Sequence[float] = 0.95, by: str | None = None, **method: Any
) -> dict[str, Any]:
    """Give the columns of `Fitted.coverage`."""
    several = isinstance(level, Sequence) and not isinstance(level, str) and len(level) > 0
    levels = [check_share("level", each) for each in (level if several else [level])]  # type: ignore[union-attr]
    if table is None and method.get("method") is not None:
        raise ArgumentError(
            f"method={said(method['method'])} is of the intervals of a table; give one, or leave it out"
        )
    if table is None and by is None and (model.members is None or model.members.out_of_fold is None):
        return _columns(_kept(model, levels), None)
    found, names = [], [""]
    parts = None
    for each in levels:
        if table is None:
            read, counts, values = _out_of_fold(model, each)
        else:
            read, counts, values = _new_rows(model, table, each, method)
        if by is not None and parts is None:
            parts, names = _parts(model, read, by, values["prediction"], table is None)
        for i, name in enumerate(names):
            mine = np.ones(len(counts), dtype=bool) if parts is None else parts == i
            ends = (values["lower"][mine], values["upper"][mine], values["inside"][mine] > 0.0)
            found.append(count_inside(float(each), name, ends, counts[mine]))
    return _columns(found, by)


def coverage_sentence(model: "Fitted") -> str | None:
    """Give the coverage that a fit claims, in a sentence to quote; None where it claims nothing."""
    from pliant.inference.summary.numbers import short

    kept = model.members
    if kept is None:
        return None
    whole = [each for each in kept.reached if not each.where and each.level <= 0.95 and np.isfinite(each.mean_width)]
    if not whole:
        return None
    best = max(whole, key=lambda each: each.level)
    low, high = binomial_interval(np.array(best.inside), np.array(best.rows))
    said = (
        f"of {best.rows:,} rows that their member did not see, {best.inside:,} ({100 * best.share:.1f} %) lay inside "
        f"the {100 * best.level:g} % interval made without them (new rows: {100 * low:.1f} to {100 * high:.1f} %); "
        f"mean width {short(best.mean_width, 3)}"
    )
    if best.level < 0.95:
        said += "; for 95 % the rows outside a fold are too few"
    for each in kept.reached:
        if each.where and each.level == best.level and each.share < each.level and _is_uneven(each, best):
            said += f"; but in the third with the {each.where} predictions only {100 * each.share:.1f} %"
    return said


def _is_uneven(part: Reached, whole: Reached) -> bool:
    """Whether more of the rows outside lie in a third than chance would put there: their number is nearly given."""
    from scipy.special import bdtrc

    outside = part.rows - part.inside
    chance = bdtrc(outside - 1, whole.rows - whole.inside, part.rows / whole.rows) if outside else 1.0
    return bool(chance < UNEVEN / len(THIRDS))


def _kept(model: "Fitted", levels: list[float]) -> list[Reached]:
    """Give what the model keeps at some levels."""
    if model.members is None or not model.members.reached:
        raise InputError(NOT_HERE)
    whole = {each.level: each for each in model.members.reached if not each.where}
    for level in levels:
        if level not in whole:
            at = ", ".join(f"{each:g}" for each in whole)
            raise InputError(
                f"this model came from a file, which keeps the coverage at {at} only; level={level!r} is not"
            )
    return [whole[level] for level in levels]


def _out_of_fold(model: "Fitted", level: float) -> tuple[Table, Array, dict[str, Array]]:
    """Give the training table's used rows, how often each counts, and its intervals out of fold."""
    kept = model.members
    if (
        kept is None
        or kept.out_of_fold is None
        or kept.fold_shares is None
        or not claims(model.likelihood, kept.scores)
    ):
        raise InputError(NOT_HERE)
    arrays = model.data()
    rows = Unseen(
        model.likelihood, arrays, *kept.out_of_fold, kept.folds, kept.fold_shares, model.dispersion, model.settings.seed
    )
    lower, upper, inside = unseen_intervals(rows, level)
    values = {
        "lower": lower,
        "upper": upper,
        "inside": np.asarray(inside, dtype=np.float64),
        "prediction": rows.prediction,
    }
    return model.training_table().take(arrays.rows), arrays.counts * (arrays.weights > 0.0), values


def _new_rows(model: "Fitted", table: object, level: float, method: Any) -> tuple[Table, Array, dict[str, Array]]:
    """Give a table whose responses are known, its complete rows as ones, and their intervals."""
    from pliant.inference.intervals import prediction_interval

    read = read_table(table)
    absent = [name for name in model.design.response.columns if name not in read]
    if absent:
        raise InputError(f"{read.source} has no column {absent[0]!r}: a coverage needs the responses")
    found = prediction_interval(model, read, "response", level, **method)
    y = model.design.read_response(read)[:, 0]
    known = np.isfinite(y) & np.isfinite(found["prediction"])
    values = {name: np.where(known, found[name], 0.0) for name in ("lower", "upper", "prediction")}
    values["inside"] = np.asarray((values["lower"] <= y) & (y <= values["upper"]), dtype=np.float64)
    return read, np.asarray(known, dtype=np.float64), values


def _parts(model: "Fitted", read: Table, by: str, prediction: Array, trained: bool) -> tuple[IntArray, list[str]]:
    """Give the part (m,) in which each row lies, and the names of the parts."""
    if by == "prediction":
        return thirds(prediction), list(THIRDS)
    if by == "fold" and trained:
        assert model.members is not None
        return model.members.folds, [str(k) for k in range(len(model.members))]
    if by == "support":
        from pliant.data.support import WORDS
        from pliant.inference.support import judge

        return judge(model, read)[0], list(WORDS)
    if by not in read:
        known = ", ".join((*(name for name in BY if trained or name != "fold"), *read.names))
        raise ArgumentError(f"by={by!r} is not known; choose from {known}")
    column = read[by]
    if isinstance(column, FactorColumn):
        return column.codes, list(column.levels)
    values = np.unique(column.values[~column.missing])
    if len(values) > 20:
        raise ArgumentError(f"by={by!r} has {len(values)} values; cut it into a factor of few levels first")
    return np.searchsorted(values, column.values), [f"{value:g}" for value in values]


def _columns(found: list[Reached], by: str | None) -> dict[str, Any]:
    """Give the columns of the frame; parts without rows are left out."""
    found = [each for each in found if each.rows or by is None]
    rows, inside = (np.array([getattr(each, name) for each in found], dtype=float) for name in ("rows", "inside"))
    low, high = binomial_interval(inside, rows)
    columns: dict[str, Any] = {} if by is None else {by: [each.where for each in found]}
    return columns | {
        "level": np.array([each.level for each in found]),
        "rows": rows.astype(np.int64),
        "coverage": np.array([each.share for each in found]),
        "conf_low": low,
        "conf_high": high,
        "mean_width": np.array([each.mean_width for each in found]),
    }
