"""The four plots of R's `plot.lm` and `plot.glm`, for those who know them: residuals, quantiles, scale, leverage.

As in R, deviance residuals over their standard deviation are in the quantile and scale plots, Pearson residuals in
the others; the fitted values are on the scale of the link.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import make_frame
from pliant.errors import InputError
from pliant.inference.measures import normal_scores, smoother
from pliant.inference.residuals import leverage, residuals
from pliant.plots.look import COLOURS, SOFT, Picture, head, name_point, new_panels, plain, points
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

LABELLED = 3


@dataclass(frozen=True)
class Diagnostics:
    """What the four plots show, a number a row."""

    row: IntArray  # (n,), in the table, from 1
    fitted: Array  # (n,), eta
    residual: Array  # (n,), Pearson
    std_deviance: Array  # (n,), deviance residual / sqrt(dispersion (1 - leverage))
    std_pearson: Array  # (n,), likewise
    leverage: Array  # (n,)
    cooks_distance: Array  # (n,), std_pearson^2 leverage / (1 - leverage) / rank


def diagnostics(model: "Fitted") -> Diagnostics:
    """Give standardised residuals, leverage and Cook's distance of the training rows with weight.

    D_i = r_i^2 h_i / (dispersion p (1 - h_i)^2), with r the Pearson residual and p the rank; NaN where h_i = 1.

    Raises
    ------
    InputError
        If the model is not an exact line, has classes, or came from a file.
    """
    arrays = model.data()
    if model.facts.inverse_information is None or model.network.outputs > 1:
        raise InputError(
            "the four plots need the leverage of an exact line with one linear predictor; "
            "look at model.plot_check(), or fit the line with hidden=()"
        )
    used = arrays.weights > 0.0
    h = np.minimum(leverage(model)[used], 1.0)
    rank = int(np.sum(np.isfinite(model.parameters)))
    pearson, deviance = (np.asarray(residuals(model, kind))[used] for kind in ("pearson", "deviance"))
    free = np.where(1.0 - h < 1e-10, np.nan, 1.0 - h)
    scale = np.sqrt(model.dispersion * free)
    std = pearson / scale
    eta = model.linear_predictor(arrays.X, arrays.offset)[used, 0]
    return Diagnostics(arrays.rows[used] + 1, eta, pearson, deviance / scale, std, h, std**2 * h / (free * rank))


def plot_diagnostics(model: "Fitted", labelled: int = LABELLED) -> Picture:
    """Draw R's four plots of a line, the rows of greatest Cook's distance named by their number.

    Parameters
    ----------
    model : Fitted
        An exact line with its data.
    labelled : int
        How many rows to name.

    Returns
    -------
    Picture
        With `.data`: `row`, `fitted`, `residual`, `std_deviance_residual`, `std_pearson_residual`, `leverage`,
        `cooks_distance`, in the order of the table.

    Raises
    ------
    InputError
        If the model is not an exact line, or came from a file.
    """
    d = diagnostics(model)
    named = _most_distant(d, labelled)
    most = ", ".join(f"{d.row[i]} ({d.cooks_distance[i]:.2g})" for i in named)
    figure, axes = new_panels(
        f"Residuals and leverage: {model.formula}",
        f"{model.family}, {model.link} link; {len(d.row):,} rows."
        + (f"   Greatest Cook's distances: rows {most}." if most else ""),
        (2, 2),
        8.4,
        7.4,
    )
    for draw, each in zip(_panels(model, d, named), axes, strict=True):
        draw(each)
    figure.data = make_frame(_columns(d), model.frame_kind)
    return figure


def diagnostic_panels(model: "Fitted", labelled: int = LABELLED) -> list[Picture]:
    """Draw each of the four plots as a picture of its own, for a page that may be narrow."""
    d = diagnostics(model)
    named = _most_distant(d, labelled)
    pictures = []
    for draw in _panels(model, d, named):
        figure, axes = new_panels("", "", (1, 1), 3.6, 3.2)
        draw(axes[0])
        figure.data = make_frame(_columns(d), model.frame_kind)
        figure.alt = f"{axes[0].get_title(loc='left')}."  # type: ignore[attr-defined]
        pictures.append(figure)
    return pictures


def _most_distant(d: Diagnostics, labelled: int) -> IntArray:
    """Give the places of the rows with the greatest Cook's distances."""
    return np.argsort(-np.nan_to_num(d.cooks_distance), kind="stable")[: max(labelled, 0)]


def _panels(model: "Fitted", d: Diagnostics, named: IntArray) -> list[Callable[[Any], None]]:
    """Give what draws each of the four plots."""
    pearson, deviance = ("", "") if model.family == "gaussian" else ("Pearson ", "deviance ")
    unit = _unit(model)
    residual = f"{pearson}residual".capitalize() if pearson else "residual"
    return [
        lambda axes: _draw_fitted(axes, d, named, unit, residual),
        lambda axes: _draw_normal(axes, d, named, f"standardised {deviance}residual"),
        lambda axes: _draw_scale(axes, d, named, unit, f"√|standardised {deviance}residual|"),
        lambda axes: _draw_leverage(axes, d, named, model, f"standardised {pearson}residual"),
    ]


def _columns(d: Diagnostics) -> dict[str, Any]:
    """Give what the four plots show as columns."""
    return {
        "row": d.row,
        "fitted": d.fitted,
        "residual": d.residual,
        "std_deviance_residual": d.std_deviance,
        "std_pearson_residual": d.std_pearson,
        "leverage": d.leverage,
        "cooks_distance": d.cooks_distance,
    }


def _unit(model: "Fitted") -> str:
    """Name the scale of the fitted values."""
    label = plain(model.design.response.label, 28)
    return f"fitted mean of {label}" if model.link == "identity" else f"fitted {model.link} of {label}"


def _trend(axes: Any, x: Array, y: Array) -> None:
    """Draw the smooth of y along x."""
    known = np.isfinite(y)
    if len(np.unique(x[known])) > 4:
        places, weights = smoother(x[known])
        axes.plot(places, weights @ y[known], color=COLOURS[1], lw=1.8)


def _name(axes: Any, x: Array, y: Array, d: Diagnostics, named: IntArray) -> None:
    """Write row numbers beside points: towards the middle of the panel, one above the other where they meet."""
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    taken: list[tuple[float, float]] = []
    for i in sorted(named, key=lambda i: -y[i] if np.isfinite(y[i]) else 0.0):
        if not np.isfinite(y[i]):
            continue
        at = float(y[i])
        while any(abs(x[i] - tx) < 0.1 * (right - left) and abs(at - ty) < 0.042 * (high - low) for tx, ty in taken):
            at -= 0.012 * (high - low)
        taken.append((float(x[i]), at))
        name_point(axes, float(x[i]), at, str(d.row[i]), COLOURS[1])


def _draw_fitted(axes: Any, d: Diagnostics, named: IntArray, unit: str, label: str) -> None:
    axes.axhline(0.0, color=SOFT, lw=1.0)
    points(axes, d.fitted, d.residual)
    _trend(axes, d.fitted, d.residual)
    axes.set_xlabel(unit)
    axes.set_ylabel(label)
    _name(axes, d.fitted, d.residual, d, named)
    head(axes, "Residuals against fitted", "a trend is a curve that the line misses")


def _draw_normal(axes: Any, d: Diagnostics, named: IntArray, label: str) -> None:
    known = np.isfinite(d.std_deviance)
    order = np.argsort(d.std_deviance[known], kind="stable")
    n = len(order)
    offset = 0.375 if n <= 10 else 0.5  # as R's ppoints
    expected = np.full(len(known), np.nan)
    places = np.empty(n)
    counted: Array = np.arange(1.0, n + 1.0)
    places[order] = normal_scores((counted - offset) / (n + 1.0 - 2.0 * offset))
    expected[known] = places
    y = d.std_deviance
    quarters = np.quantile(y[known], [0.25, 0.75])
    slope = (quarters[1] - quarters[0]) / 1.3489795003921634  # the normal distribution's own
    ends = np.array([places.min(), places.max()])
    axes.plot(ends, quarters.mean() + slope * ends, color=SOFT, lw=1.0)
    points(axes, expected[known], y[known])
    axes.set_xlabel("normal quantile")
    axes.set_ylabel(label)
    _name(axes, expected, y, d, named)
    head(axes, "Normal quantiles", "the line goes through the quartiles")


def _draw_scale(axes: Any, d: Diagnostics, named: IntArray, unit: str, label: str) -> None:
    y = np.sqrt(np.abs(d.std_deviance))
    points(axes, d.fitted, y)
    _trend(axes, d.fitted, y)
    axes.set_ylim(0.0, None)
    axes.set_xlabel(unit)
    axes.set_ylabel(label)
    _name(axes, d.fitted, y, d, named)
    head(axes, "Scale against fitted", "a trend is scatter that changes with the mean")


def _draw_leverage(axes: Any, d: Diagnostics, named: IntArray, model: "Fitted", label: str) -> None:
    axes.axhline(0.0, color=SOFT, lw=1.0)
    points(axes, d.leverage, d.std_pearson)
    known = np.isfinite(d.std_pearson)
    right = 1.08 * float(d.leverage.max())
    reach = 1.15 * float(np.max(np.abs(d.std_pearson[known])))
    axes.set_xlim(0.0, right)
    axes.locator_params(axis="x", nbins=6)
    axes.set_ylim(-reach, reach)
    rank = int(np.sum(np.isfinite(model.parameters)))
    h = np.linspace(1e-4 * right, min(right, 0.9999), 400)
    seen = False
    for distance, dash in ((0.5, (0, (4, 3))), (1.0, (0, (8, 3)))):
        curve = np.sqrt(distance * rank * (1.0 - h) / h)
        inside = curve < reach
        if not inside.any():
            continue
        seen = True
        for sign in (1.0, -1.0):
            axes.plot(h[inside], sign * curve[inside], color=SOFT, lw=1.0, ls=dash)
        axes.annotate(
            f"{distance:g}",
            (h[-1], curve[-1]),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=8.5,
            color=SOFT,
            va="center",
            annotation_clip=False,
        )
    axes.set_xlabel("leverage")
    axes.set_ylabel(label)
    _name(axes, d.leverage, d.std_pearson, d, named)
    said = "dashed: Cook's distance of 0.5 and 1" if seen else "no row has a Cook's distance near 0.5"
    head(axes, "Residuals against leverage", said)
