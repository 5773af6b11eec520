"""The picture of a check: the residuals' distribution, what is left of their mean, and the question that matters.

Grey holds 95 % of the tables that the model itself gives, each from end to end: a band that a true model's curve leaves
anywhere in one table of twenty. (Pointwise bands, which R's pictures have, are left somewhere by most true models.)
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import make_frame
from pliant.inference.check import Check, Test, check, row_numbers
from pliant.inference.check_words import p_words
from pliant.inference.measures import FITTED, normal_scores
from pliant.plots.look import BAND, BAR, COLOURS, FAINT, INK, SOFT, Picture, head, name_point, new_panels, plain, points
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

PANEL = 3.6, 3.2  # inches, of a panel by itself
POINT, ALARM = COLOURS[0], COLOURS[1]
THIRD = ("zeros", "dispersion", "spread", "curvature")  # what the last panel counts, if it is asked
COUNTED = {
    "zeros": "zeros / zeros expected",
    "dispersion": "scatter / scatter of the family",
    "spread": "scatter at great / at small fitted means",
    "curvature": "bend of the residuals",
}
ASKED = {
    "zeros": "Zeros",
    "dispersion": "Scatter about the mean",
    "spread": "Scatter along the mean",
    "curvature": "Bend of the residuals",
}


def plot_check(model: "Fitted", n: int = 249, seed: int = 0) -> Picture:
    """Draw what `model.check(n, seed)` looked at.

    Left, the sorted quantile residuals against those expected (for classes and 0/1: shares against
    probabilities); in the middle, the residuals along the fitted mean, or along the column where they bend;
    right, the number that speaks most against the model among those of the simulated tables.

    Parameters
    ----------
    model : Fitted
    n, seed : int
        As in `check`.

    Returns
    -------
    Picture
        With `.data`: one row a row of the table, sorted by residual: `row` (from 1), `expected`, `residual` (in
        standard deviations), and the column along which residuals are drawn. For classes and 0/1 one row a
        group: `probability`, `share`, `low`, `high`, `outcome`.
    """
    found = check(model, n, seed)
    return draw_check(model, found)


def draw_check(model: "Fitted", found: Check) -> Picture:
    """Draw a check that has been made."""
    panels = _panels(found)
    title = found.verdict.split("\n")[0]
    also = [name for name in found.alarms if found[name].sentence != title]
    subtitle = f"{model.formula}   {model.family}, {model.link} link; {found.rows.n:,} rows.   "
    if also:
        subtitle += f"Also against it: {', '.join(also)}.   "
    subtitle += f"Grey: 95 % of {found.n} simulated tables lie wholly inside."
    figure, axes = new_panels(title, subtitle, (1, len(panels)), 3.7 * len(panels), 4.3)
    data = [draw(model, found, each) for draw, each in zip(panels, axes, strict=True)]
    figure.data = make_frame(data[0] or _residuals(found), model.frame_kind)
    return figure


def check_panels(model: "Fitted", found: Check) -> list[Picture]:
    """Draw each panel of a check as a picture of its own, for a page that may be narrow."""
    pictures = []
    for draw in _panels(found):
        figure, axes = new_panels("", "", (1, 1), *PANEL)
        figure.data = make_frame(draw(model, found, axes[0]) or _residuals(found), model.frame_kind)
        figure.alt = f"{axes[0].get_title(loc='left')}: {axes[0].texts[0].get_text()}."  # type: ignore[attr-defined]
        pictures.append(figure)
    return pictures


def _panels(found: Check) -> list[Callable[["Fitted", Check, Any], dict[str, Any]]]:
    """Give what draws each panel, and gives its numbers if they are the picture's."""
    panels: list[Callable[[Fitted, Check, Any], dict[str, Any]]] = []
    if found.residuals is not None:
        panels.append(_draw_quantiles)
    elif found.drawn.groups:
        panels.append(_draw_shares)
    panels.append(_draw_along)
    if _counted(found) is not None:
        panels.append(_draw_count)
    return panels


def _residuals(found: Check) -> dict[str, Any]:
    return {"row": row_numbers(found), "residual": found.drawn.scores}


def _counted(found: Check) -> Test | None:
    """Choose what the last panel shows: the first alarm among those that can be counted, else the first asked."""
    asked = {test.name: test for test in found.tests}
    alarms = [name for name in THIRD if name in asked and asked[name].alarm]
    if "dispersion" in alarms:
        alarms = ["dispersion"]
    left = alarms or [name for name in ("dispersion", "spread", "curvature") if name in asked]
    return asked[left[0]] if left else None


def _p(test: Test) -> str:
    return p_words(test.p_value, test.least_p)


def _draw_quantiles(model: "Fitted", found: Check, axes: Any) -> dict[str, Any]:
    """Draw the sorted residuals against the normal quantiles, with the band of the simulated tables."""
    from scipy.special import betaincinv

    assert found.residuals is not None
    n = len(found.residuals)
    order = np.argsort(found.residuals, kind="stable")
    sorted_scores = normal_scores(found.residuals[order])
    places = np.arange(1, n + 1)
    expected = normal_scores((places - 0.5) / n)
    few = np.unique(np.round(np.concatenate([np.geomspace(1, n, 150), n + 1 - np.geomspace(1, n, 150)]))).astype(int)
    half = found.drawn.level / 2.0
    low, high = (
        normal_scores(np.asarray(betaincinv(few, n + 1.0 - few, p), dtype=np.float64)) for p in (half, 1.0 - half)
    )
    axes.fill_between(expected[few - 1], low, high, color=BAND, lw=0)
    ends = np.array([expected[0], expected[-1]])
    axes.plot(ends, ends, color=SOFT, lw=1.0)
    points(axes, expected, sorted_scores)
    axes.set_xlabel("expected (standard deviations)")
    axes.set_ylabel("quantile residual (standard deviations)")
    test = found["uniformity"]
    answer = f"not {found.family} ({_p(test)})" if test.alarm else f"as {found.family} ({_p(test)})"
    head(axes, "Distribution about the mean", answer)
    column = found.drawn.along
    rows = row_numbers(found)
    return {
        "row": rows[order],
        "expected": expected,
        "residual": sorted_scores,
        column: found.drawn.values[order],
    }


def _draw_shares(model: "Fitted", found: Check, axes: Any) -> dict[str, Any]:
    """Draw the share in each group of like probability against that probability."""
    mean, share, low, high, outcome = found.drawn.groups
    axes.plot([0.0, 1.0], [0.0, 1.0], color=SOFT, lw=1.0)
    names = model.design.response.levels if model.likelihood.has_classes else (model.design.response.label,)
    axes.vlines(mean, low, high, color=BAND, lw=7.0 if len(mean) <= 12 else 4.0)
    for c, name in enumerate(names):
        mine = outcome == c
        axes.plot(mean[mine], share[mine], "o", ms=5.5, mew=0, color=COLOURS[c % len(COLOURS)], label=plain(str(name)))
    if len(names) > 1:
        axes.legend(frameon=False, fontsize=9, loc="upper left", handletextpad=0.1)
    top, bottom = max(mean.max(), share.max(), high.max()), min(mean.min(), share.min(), low.min())
    room = 0.04 * (top - bottom)
    axes.set_xlim(bottom - room, top + room)
    axes.set_ylim(bottom - room, top + room)
    axes.set_xlabel("probability, mean of a group of rows")
    axes.set_ylabel("share in the group")
    test = found["calibration"]
    head(axes, "Shares against probabilities", f"{'apart' if test.alarm else 'agree'} ({_p(test)})")
    named = [str(names[int(c)]) for c in outcome]
    return {"probability": mean, "share": share, "low": low, "high": high, "outcome": named}


def _draw_along(model: "Fitted", found: Check, axes: Any) -> dict[str, Any]:
    """Draw the residuals along the fitted mean or a column, their smooth, and where a true model's would lie."""
    drawn = found.drawn
    bent = "curvature" in found.alarms
    axes.fill_between(drawn.places, drawn.smooth_low, drawn.smooth_high, color=BAND, lw=0)
    axes.axhline(0.0, color=SOFT, lw=1.0)
    shares = bool(drawn.groups)
    if not shares:
        points(axes, drawn.values, drawn.scores)
    axes.plot(drawn.places, drawn.smooth, color=ALARM if bent else INK, lw=2.0)
    label = plain(model.design.response.label, 28)
    level = f" of {plain(model.design.response.levels[drawn.outcome], 20)}" if model.likelihood.has_classes else ""
    fitted = f"fitted probability{level}" if shares else f"fitted mean of {label}"
    axes.set_xlabel(fitted if drawn.along == FITTED else plain(drawn.along))
    kind = "quantile residual" if found.residuals is not None else "residual"
    axes.set_ylabel(f"share{level} less probability, smoothed" if shares else f"{kind} (standard deviations)")
    if "outliers" in found.alarms and not shares:
        _name_rows(found, axes)
    if "curvature" in [test.name for test in found.tests]:
        test = found["curvature"]
        answer = f"{'a bend is left' if bent else 'no bend is left'} ({_p(test)})"
    else:
        answer = "too few values to bend along"
    head(axes, "Residuals along " + ("the mean" if drawn.along == FITTED else plain(drawn.along, 24)), answer)
    return {}


def _name_rows(found: Check, axes: Any, most: int = 3) -> None:
    """Write the row numbers beside the residuals that lie farther out than chance gives."""
    for i in found.far[:most]:
        name_point(axes, found.drawn.values[i], found.drawn.scores[i], f"row {row_numbers(found)[i]}", ALARM)


def _draw_count(model: "Fitted", found: Check, axes: Any) -> dict[str, Any]:
    """Draw a number of the observed table among those of the simulated ones."""
    test = _counted(found)
    assert test is not None
    colour = ALARM if test.alarm else POINT
    drawn, value = test.simulated, test.statistic
    far = test.name == "curvature" and value > 8.0 * float(drawn.max())  # seen together on a logarithmic axis only
    if far:
        axes.set_xscale("log")
    counts, _, _ = axes.hist(drawn, bins=_edges(drawn, far), color=BAR, ec=BAR, lw=0.3)
    axes.axvline(value, color=colour, lw=2.0)
    top = 1.22 * float(np.max(counts))
    axes.set_ylim(0.0, top)
    ends = (drawn.min(), drawn.max()) if far else np.quantile(drawn, [0.002, 0.998])
    left, right = min(ends[0], value), max(ends[1], value)
    room = 0.06 * (right - left)
    axes.set_xlim(left if far else left - room, 1.5 * right if far else right + room)
    to_left = value > 0.5 * (left + right)
    axes.annotate(
        f"this table: {value:,.0f}" if value >= 1000.0 else f"this table: {value:.3g}",
        (value, 0.96 * top),
        xytext=(-6 if to_left else 6, 0),
        textcoords="offset points",
        ha="right" if to_left else "left",
        va="center",
        color=colour,
        fontsize=9,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    )
    axes.grid(visible=False, axis="x")
    axes.tick_params(colors=SOFT)
    axes.spines["left"].set_color(FAINT)
    axes.set_xlabel(COUNTED[test.name])
    axes.set_ylabel("simulated tables")
    answer = f"{'beyond' if test.alarm else 'within'} what chance gives ({_p(test)})"
    head(axes, ASKED[test.name], answer)
    return {}


def _edges(values: Array, logarithmic: bool) -> Array:
    """Give bins of a histogram whose width a few extreme values do not set."""
    if logarithmic:
        return np.geomspace(float(values.min()), float(values.max()), 21)
    low, high = (float(bound) for bound in np.quantile(values, [0.01, 0.99]))
    width = (high - low) / 20.0
    if not width > 0.0:
        return np.array([low - 0.5, low + 0.5])
    ends = np.floor((values.min() - low) / width), np.ceil((values.max() - low) / width)
    edges = low + width * np.arange(max(ends[0], -200.0), min(ends[1], 400.0) + 1.0)
    return np.unique(np.maximum(edges, 0.0))  # nothing that is counted is negative
