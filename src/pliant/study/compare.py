"""Line against curve, and curve against curve, out of fold.

Every number here is of rows that the fit did not see. Nothing is fitted twice: a model with members has its
out-of-fold values already.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.table import make_frame
from pliant.ensemble.verdict import mean_gain
from pliant.errors import ArgumentError, InputError
from pliant.fitting import fit
from pliant.harmless import escape, on_one_line
from pliant.inference.look import look_of
from pliant.inference.out_of_fold import Line, losses, mean_loss, out_of_fold_lines, predicting_eta
from pliant.inference.summary.network import cells
from pliant.inference.summary.numbers import short
from pliant.model import Fitted
from pliant.record import Verdict
from pliant.types import Array, IntArray

NO_MEMBERS = (
    "this model has no members, so nothing is known of rows it did not see; pliant.compare(formula, table) fits "
    "line and curve in the same folds"
)


@dataclass(frozen=True)
class Comparison:
    """What `compare` gives: prints the verdict and the table behind it, shows as HTML in a notebook."""

    lines: tuple[Line, ...]
    verdict: Verdict | None
    strict: tuple[float, float] | None  # the gain's interval after Nadeau and Bengio, from the folds' means
    notes: tuple[str, ...]
    frame_kind: str = "polars"

    def __str__(self) -> str:
        heads = ("", "deviance a row", "gain", "95 % interval")
        rows = [heads, *(cells(line) for line in self.lines)]
        widths = [max(len(row[j]) for row in rows) for j in range(4)]
        table = [
            "  ".join([r[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(r[1:], widths[1:], strict=True))])
            for r in rows
        ]
        said = [] if self.verdict is None else [self.verdict.sentence, ""]
        return "\n".join(
            [*map(on_one_line, said), *(line.rstrip() for line in table), "", *map(on_one_line, self.notes)]
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{h}</th>" for h in ("", "deviance a row", "gain", "95 % interval"))
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(line)) + "</tr>" for line in self.lines
        )
        said = "" if self.verdict is None else f"<p><strong>{escape(self.verdict.sentence)}</strong></p>"
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<div class='pliant-comparison'>{said}<table><tr>{heads}</tr>{body}</table>{notes}</div>"

    def to_frame(self) -> Any:
        """The table as a frame of the kind that was fitted: name, loss, gain, low, high."""
        fields = ("name", "loss", "gain", "low", "high")
        columns: dict[str, Any] = {f: [getattr(line, f) for line in self.lines] for f in fields}
        columns = {k: v if k == "name" else np.array(v, dtype=float) for k, v in columns.items()}
        return make_frame(columns, self.frame_kind)


def compare(first: Any, second: Any = None, *others: Fitted, **arguments: Any) -> Comparison:
    """Compare line and curve on rows that neither saw, or several fitted curves with one another.

    Parameters
    ----------
    first, second : str and frame, dict or path
        A formula and a table, as for `fit`, whose other arguments may follow by name. Or fitted models with members,
        of one response and the same rows; any number of them.

    Returns
    -------
    Comparison
        Its `verdict` says which of line and curve the data support, in a sentence to quote.

    Raises
    ------
    InputError
        If a model has no members, or the models are of different rows or responses.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error; Bouckaert and Frank (2004).
    """
    models = [m for m in (first, second, *others) if isinstance(m, Fitted)]
    if not models:
        model = fit(first, second, **arguments)
        return comparison_of(model)
    if arguments:
        raise ArgumentError(f"compare fits nothing where models are given; leave out {', '.join(arguments)}")
    if len(models) == 1 and second is None:
        return comparison_of(models[0])
    if len(models) != 2 + len(others):
        raise ArgumentError("compare takes a formula and a table, or fitted models only")
    return _several(models)


def comparison_of(model: Fitted) -> Comparison:
    """Compare the line and the curve within one model with members.

    Raises
    ------
    InputError
        If the model has none.
    """
    kept = model.members
    if kept is None:
        raise InputError(NO_MEMBERS)
    if kept.out_of_fold is None:
        raise InputError("this model came from a file, which holds no values out of fold; fit it again to compare")
    curve, line = (losses(model, eta) for eta in kept.out_of_fold)
    arrays, said, lines = model.data(), kept.verdict, out_of_fold_lines(model)
    strict = _strict(line - curve, arrays, kept.folds, len(kept))
    low, high = short(strict[0], 4), short(strict[1], 4)
    asked = "test for any curvature (along the bend that the members found, and random ones; HC3)"
    p = "" if np.isnan(said.p_value) else f"{asked}: p = {said.p_value:.2g}; "
    notes = (
        f"{said.n_rows:,} rows, each predicted by a fit that did not see it ({len(kept)} folds)",
        f"{p}strict interval of the gain over folds (Nadeau and Bengio): {low} to {high}",
    )
    return Comparison(lines, said, strict, (*notes, *look_of(model).notes), model.frame_kind)


def _several(models: list[Fitted]) -> Comparison:
    """Compare curves by their losses out of fold, each with the best."""
    for model in models:
        if model.members is None or model.members.out_of_fold is None:
            raise InputError(f"{model.formula}: {NO_MEMBERS}")
    first = models[0].data()
    for model in models[1:]:
        rows = model.data()
        if rows.y.shape != first.y.shape or not np.array_equal(rows.y, first.y) or model.family != models[0].family:
            raise InputError("the models are of different rows, responses or families; compare fits of one table")
    found = [losses(m, predicting_eta(m)) for m in models]
    means = [mean_loss(each, first) for each in found]
    best = int(np.argmin(means))
    lines = []
    for name, each, mean in zip(_names(models), found, means, strict=True):
        gain = (np.nan,) * 3 if each is found[best] else mean_gain(found[best] - each, first)
        lines.append(Line(name, mean, *gain))
    notes = (f"{len(first.y):,} rows out of fold; gains are over the best, {_names(models)[best]}",)
    return Comparison(tuple(lines), None, None, notes, models[0].frame_kind)


def _names(models: list[Fitted]) -> list[str]:
    """Name the models: by formula where these differ, else by their hidden widths."""
    formulas = [model.formula for model in models]
    if len(set(formulas)) == len(models):
        return formulas
    widths = ["-".join(map(str, m.members.network.hidden)) if m.members else "line" for m in models]
    return [
        f"{i + 1}: {formula}, hidden {width}" for i, (formula, width) in enumerate(zip(formulas, widths, strict=True))
    ]


def _strict(d: Array, arrays: Arrays, folds: IntArray, count: int) -> tuple[float, float]:
    """Give the interval of the gain from the means of the folds with weight: var = s^2 (1/K + 1/(K - 1))."""
    from scipy.special import stdtrit

    weights = np.bincount(folds, arrays.totals, count)
    sums = np.bincount(folds, arrays.totals * d, count)
    means = sums[weights > 0.0] / weights[weights > 0.0]
    count = len(means)
    if count < 2:
        return -np.inf, np.inf
    error = float(np.std(means, ddof=1)) * (1.0 / count + 1.0 / (count - 1)) ** 0.5
    reach = float(stdtrit(count - 1, 0.975)) * error
    return float(np.mean(means)) - reach, float(np.mean(means)) + reach
