"""The pictures of effects: a panel a column on one scale, or two columns together; and of importance, a line a column.

Every panel has the same y axis, so that what is large looks large. Colours are the house's, those of surfaces by how
opaque they are: one picture serves a light page and a dark one.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.columns import FactorColumn, NumberColumn
from pliant.data.frame_io import plain_values
from pliant.data.table import make_frame
from pliant.errors import ArgumentError
from pliant.inference.effect_frames import Asked, asked_of, check_column
from pliant.inference.effects import Curve
from pliant.plots.effect_words import cut, effect_of, first_of, foot, name_levels, signed
from pliant.plots.look import COLOURS, INK, SOFT, Picture, head, new_panels, plain
from pliant.plots.surfaces import draw_surface
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted

PANEL = 1.75  # inches, least width of one
MOST = 12  # panels
RUG = 200  # ticks at most


def plot_effects(
    model: "Fitted",
    first: str | Sequence[str] | None = None,
    second: str | None = None,
    table: object = None,
    *,
    method: str = "ale",
    type: str = "response",
    level: float = 0.95,
    width: float | None = None,
    most: int = MOST,
) -> Picture:
    """Draw what the columns do to the mean: each by itself in a panel, or two together as a surface.

    Parameters
    ----------
    model : Fitted
    first : str or sequence of str, optional
        One column, several, or (nothing given) all that the formula reads, those with the largest effects first.
    second : str, optional
        The other of two columns whose joint effect is drawn: filled contours of two numbers, a curve a level of a
        number and a factor.
    table, method, type, level
        As in `Fitted.effects`.
    width : float, optional
        Inches; by it the panels are laid out. By default as wide as up to four panels ask.
    most : int
        Panels that are drawn at most.

    Returns
    -------
    Picture
        With `.data`: of panels `column`, `value` or (of a factor) `level`, `response` (of classes), `effect`,
        `std_error`, `lower`, `upper`, `n_rows`; of a surface the frame that `Fitted.effects` gives.

    Raises
    ------
    ArgumentError
        If the formula does not read a column; names the nearest.
    InputError
        If the model came from a file and no table is given.
    """
    asked = asked_of(model, table, method, type, level)
    if second is not None:
        if not isinstance(first, str):
            raise ArgumentError("a surface is of two columns: plot_effects('x', 'z')")
        return draw_surface(asked, first, second, 6.4 if width is None else width)
    names = [first] if isinstance(first, str) else list(model.design.reads if first is None else first)
    for name in names:
        check_column(model, name)
    curves = [asked.curve(name) for name in names]
    total = len(curves)
    if first is None:
        curves = sorted(curves, key=lambda found: -_size(asked, found))
    curves = curves[: max(1, most)]
    across = min(len(curves), 4 if width is None else max(1, min(4, int(width / PANEL))))
    down = -(-len(curves) // across)
    wide = width if width is not None else 6.4 if across == 1 else 2.7 * across
    tall = 4.2 if len(curves) == 1 and wide > 4.0 else 2.35 * down + 0.85
    said = foot(asked)
    if any(not found.axis.steps for found in curves):
        said += " Pale: the outermost 5 % of the rows."
    if len(curves) < total:
        said += f" The {len(curves)} largest of {total} effects."
    elif first is None and total > 1:
        said += " The largest first."
    figure, axes = new_panels(_title(asked, [found.axis.name for found in curves]), said, (down, across), wide, tall)
    for empty in axes[len(curves) :]:
        empty.remove()
    for i, (found, panel) in enumerate(zip(curves, axes, strict=False)):
        _draw(asked, found, panel, wide / across, len(curves) == 1)
        if i % across:
            panel.tick_params(labelleft=False)
        else:
            panel.set_ylabel(plain(effect_of(asked, long=across * down == 1), 60))
    _share_scale(axes[: len(curves)])
    if len(_outcomes(asked)) > 1:
        _name_outcomes(asked, figure)
    figure.data = make_frame(_data(asked, curves), model.frame_kind)
    figure.alt = f"Effects of {', '.join(found.axis.name for found in curves)} on {model.design.response.label}"  # type: ignore[attr-defined]
    return figure


def _outcomes(asked: Asked) -> tuple[str, ...]:
    """Name what is drawn in each panel: the classes, or the one response."""
    return asked.names if asked.basis.model.likelihood.has_classes else asked.names[:1]


def _title(asked: Asked, names: list[str]) -> str:
    label = first_of(asked)
    return f"What {names[0]} does to {label}" if len(names) == 1 else f"What each column does to {label}"


def _size(asked: Asked, found: Curve) -> float:
    """Give the standard deviation of an effect over the rows, the largest of all outcomes."""
    shares = found.axis.shares(asked.at.counts)
    sizes = np.sqrt(shares @ found.effect.estimate**2)
    return float(np.max(np.nan_to_num(sizes)))


def _draw(asked: Asked, found: Curve, panel: Any, wide: float, alone: bool) -> None:
    """Draw one effect into its panel, named above it, or below if it is the only one."""
    estimate, _, low, high = asked.bounds(found.effect, found.level)
    column = found.axis.column
    panel.axhline(0.0, color=SOFT, lw=0.8)
    count = len(_outcomes(asked))
    rows = found.axis.shares(asked.at.counts) * np.sum(asked.at.counts[found.axis.near[:, 0] >= 0])
    if found.axis.steps:
        _draw_points(found, panel, estimate[:, :count], low, high, wide, rows)
    else:
        _draw_lines(asked, found, panel, estimate[:, :count], low, high, wide)
    reach = np.nanmin(estimate[:, :count]), np.nanmax(estimate[:, :count])
    said = f"{signed(reach[0])} to {signed(reach[1])}"
    if alone:
        panel.set_xlabel(plain(column.name))
        panel.set_title(said, loc="left", fontsize=9, color=SOFT)
    else:
        head(panel, cut(column.name, int(11 * wide)), said)


def _draw_lines(asked: Asked, found: Curve, panel: Any, estimate: Array, low: Array, high: Array, wide: float) -> None:
    """Draw the curve of a number with its band; pale where the outer five in a hundred of the rows lie."""
    column = found.axis.column
    assert isinstance(column, NumberColumn)
    x = plain_values(NumberColumn(column.name, found.axis.points, column.is_date))
    known = found.axis.near[:, 0] >= 0
    values = np.repeat(column.values[known], asked.at.counts[known].astype(int))
    inner = np.quantile(values, [0.025, 0.975])
    middle = (found.axis.points >= inner[0]) & (found.axis.points <= inner[1])
    for c in range(estimate.shape[1]):
        colour = COLOURS[c % len(COLOURS)]
        if np.any(np.isfinite(low[:, c])):
            panel.fill_between(x, low[:, c], high[:, c], color=colour, alpha=0.17, lw=0)
        panel.plot(x, estimate[:, c], color=colour, lw=1.9, alpha=0.45, solid_capstyle="butt")
        panel.plot(x[middle], estimate[middle, c], color=colour, lw=1.9, solid_capstyle="butt")
    ticks = np.quantile(values, np.linspace(0.0, 1.0, RUG), method="inverted_cdf") if len(values) > RUG else values
    at = plain_values(NumberColumn(column.name, ticks, column.is_date))
    panel.vlines(at, 0.0, 0.045, transform=panel.get_xaxis_transform(), color=INK, lw=0.6, alpha=0.45)
    if column.is_date:
        panel.xaxis.set_major_formatter(_dates(panel))
    else:
        panel.locator_params(axis="x", nbins=5 if wide > 2.2 else 3)
    panel.margins(x=0.02)


def _draw_points(found: Curve, panel: Any, estimate: Array, low: Array, high: Array, wide: float, rows: Array) -> None:
    """Draw the effect of every level as a point with its interval."""
    G, count = estimate.shape
    at = np.arange(G, dtype=np.float64)
    for c in range(count):
        colour = COLOURS[c % len(COLOURS)]
        shift = 0.0 if count == 1 else 0.5 * (c / (count - 1) - 0.5)
        panel.vlines(at + shift, low[:, c], high[:, c], color=colour, lw=1.6, alpha=0.55)
        panel.plot(at + shift, estimate[:, c], "o", ms=5.5, mew=0, color=colour)
    panel.set_xlim(-0.6, G - 0.4)
    panel.grid(visible=False, axis="x")
    name_levels(panel.xaxis, found.axis.column, found.axis.points, wide, rows)


def _share_scale(panels: list[Any]) -> None:
    """Give all panels the y axis that the curves ask for; bands may be cut where they are very wide."""
    low = min(panel.get_ylim()[0] for panel in panels)
    high = max(panel.get_ylim()[1] for panel in panels)
    lines = [np.asarray(line.get_ydata(), dtype=float) for panel in panels for line in panel.get_lines()]
    ends = np.concatenate([line[np.isfinite(line)] for line in lines])
    reach = max(float(np.ptp(ends)), 1e-300)
    low, high = max(low, float(ends.min()) - 0.5 * reach), min(high, float(ends.max()) + 0.5 * reach)
    for panel in panels:
        panel.set_ylim(low - 0.06 * (high - low), high)


def _name_outcomes(asked: Asked, figure: Picture) -> None:
    """Name the colours of classes above the panels."""
    from matplotlib.lines import Line2D

    names = _outcomes(asked)
    handles = [
        Line2D([], [], color=COLOURS[c % len(COLOURS)], lw=2, label=cut(name, 24)) for c, name in enumerate(names)
    ]
    figure.legend(
        handles=handles, loc="outside upper right", labelcolor=INK, ncols=min(len(names), 4), frameon=False, fontsize=9
    )


def _dates(panel: Any) -> Any:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=2, maxticks=5)  # type: ignore[no-untyped-call]
    panel.xaxis.set_major_locator(locator)
    return ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]


def _data(asked: Asked, curves: list[Curve]) -> dict[str, Any]:
    """Give the numbers that are drawn."""
    blocks: list[dict[str, Any]] = []
    for found in curves:
        column, G = found.axis.column, len(found.axis.points)
        levels = column.levels if isinstance(column, FactorColumn) else None
        estimate, errors, low, high = asked.bounds(found.effect, found.level)
        rows = np.bincount(found.axis.nearest[found.axis.near[:, 0] >= 0], minlength=G)
        for c, name in enumerate(_outcomes(asked)):
            block: dict[str, Any] = {
                "column": [column.name] * G,
                "value": found.axis.points if levels is None else np.full(G, np.nan),
                "level": [None if levels is None else levels[int(code)] for code in found.axis.points],
                "response": [name] * G,
                "effect": estimate[:, c],
                "std_error": errors[:, c],
                "lower": low[:, c],
                "upper": high[:, c],
                "n_rows": rows,
            }
            blocks.append(block)
    several = len(_outcomes(asked)) > 1
    data: dict[str, Any] = {}
    for name, values in blocks[0].items():
        if name == "response" and not several:
            continue
        parts = [block[name] for block in blocks]
        data[name] = np.concatenate(parts) if isinstance(values, np.ndarray) else [v for part in parts for v in part]
    return data
