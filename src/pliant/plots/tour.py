"""The pictures of the tour. Each says in words what it shows (`alt`), from the numbers it draws.

They are drawn as wide as a telephone shows them, with letters to be read there; where there is more room, `svg`
makes the letters smaller and nothing else. They draw on no ground of their own. Where a reader may move something,
the picture also gives what moves (`live`), for the page's slider.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from pliant.plots.look import COLOURS, FAINT, INK, SOFT, STYLE, Picture, in_style
from pliant.types import Array

LOOK: Any = {**STYLE, "font.size": 9.5, "axes.grid": False, "svg.fonttype": "none", "axes.linewidth": 0.8}
WIDTH, HEIGHT = 4.4, 2.75  # inches
TITLE: Any = {"x": 0.0, "ha": "left", "fontsize": 10.5, "fontweight": "bold", "color": INK}
LEGEND: Any = {"loc": "lower left", "bbox_to_anchor": (-0.015, 1.0), "frameon": False, "labelcolor": INK}
LEGEND |= {"handlelength": 1.3, "handletextpad": 0.5, "columnspacing": 1.1, "borderaxespad": 0.2}
ROOM, LETTER, BESIDE = 285.0, 5.1, 29.0  # of a row of a legend, of a letter in it, beside each name; points
EQUAL = 10.0**-17.5  # where distances of zero stand on a logarithmic axis
TO_SVG = Callable[[Array, Array], Array]  # x and y (n,) of the axes to the picture's own units (n, 2)


class TourPicture(Picture):
    """A picture with its description in words and, where something can be moved, what moves."""

    alt: str = ""
    live: Callable[[TO_SVG], dict[str, Any]] | None = None
    main_axes: Axes


class Scene(NamedTuple):
    """What lies behind the curves."""

    points: tuple[Array, Array] | None
    truth: Array | None


def described(picture: Picture, alt: str) -> Picture:
    """Give a picture its description in words, and the size, the title and the ink of the others."""
    picture.set_size_inches(WIDTH, 3.1)
    picture.suptitle(picture.get_suptitle(), **TITLE)
    for words in picture.axes[0].texts:
        words.set(color=INK, fontsize=9.5)
    picture.alt = alt  # type: ignore[attr-defined]  # read by the page, where there is one
    return picture


def curves(
    x: Array,
    lines: Mapping[str, Array],
    labels: tuple[str, str] = ("x", "y"),
    *,
    points: tuple[Array, Array] | None = None,
    truth: Array | None = None,
    title: str = "",
) -> TourPicture:
    """Draw curves by name over x, with points and a true curve behind them."""
    picture, axes = _picture(title, *labels)
    _draw_scene(axes, x, Scene(points, truth))
    for i, (name, values) in enumerate(lines.items()):
        axes.plot(x, values, color=COLOURS[i % len(COLOURS)], lw=1.55, label=name, solid_capstyle="round")
    _legend(picture, axes)
    picture.alt = _sentence(
        title,
        _scene_in_words(Scene(points, truth)),
        *(f"{name}: from {v[0]:.1f} at the left to {v[-1]:.1f} at the right" for name, v in lines.items()),
    )
    return picture


def squares(x: Array, y: Array, prediction: Array) -> TourPicture:
    """Draw the squares on the distances between points and a line."""
    picture, axes = _picture("The loss is an area", "x", "y", height=3.1)
    for at, observed, hat in zip(x, y, prediction, strict=True):
        side = abs(observed - hat)
        axes.fill([at, at + side, at + side, at], [hat, hat, observed, observed], color=COLOURS[1], alpha=0.25, lw=0)
        axes.plot([at, at], [hat, observed], color=COLOURS[1], lw=1.4)
    axes.plot(x, prediction, color=COLOURS[0], lw=1.55, label="prediction")
    axes.plot(x, y, "o", color=INK, ms=4.6, label="observed")
    axes.set_aspect("equal", adjustable="datalim")
    _legend(picture, axes)
    areas = ", ".join(f"{area:.2f}" for area in (y - prediction) ** 2)
    picture.alt = f"A line and five observations; a square stands on each distance; the areas are {areas}."
    return picture


def guess(x: Array, y: Array, weights: Array) -> TourPicture:
    """Draw the line of two weights over points; on a page both weights can be moved."""
    picture, axes = _picture("A first guess", "x", "y")
    _draw_scene(axes, x, Scene((x, y), None))
    axes.plot(x, weights[0] + weights[1] * x, color=COLOURS[1], lw=1.75, gid="moving", label="the line")
    axes.set_ylim(min(y) - 4.0, max(y) + 4.0)
    picture.alt = (
        f"A hundred observations that rise, and a line that is flatter: intercept {weights[0]:g}, slope {weights[1]:g}."
    )

    def live(place: TO_SVG) -> dict[str, Any]:
        corner, unit = place(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        return {
            "kind": "weights",
            "x": x.round(4).tolist(),
            "y": y.round(4).tolist(),
            "weights": weights.tolist(),
            "origin": corner.round(3).tolist(),
            "unit": (unit - corner).round(5).tolist(),
        }

    picture.live = live
    return picture


def slope(weights: Array, losses: Array, at: float, loss: float, derivative: float) -> TourPicture:
    """Draw the loss over one weight, with the tangent at one value of it and the way down."""
    picture, axes = _picture("Uphill and downhill", "slope", "loss")
    near = np.array([at - 0.55, at + 0.75])
    axes.plot(weights, losses, color=COLOURS[0], lw=1.55, label="loss")
    axes.plot(near, loss + derivative * (near - at), color=COLOURS[1], lw=1.4, label="tangent: the derivative")
    deep = float(np.ptp(losses))
    below = float(losses.min()) - 0.2 * deep
    axes.plot([at, at], [below, loss], color=SOFT, lw=0.8, ls=(0, (1.2, 2.2)), dash_capstyle="round")
    axes.plot(at, loss, "o", color=INK, ms=4.6)
    step = float(np.sign(-derivative))
    for reach, name, colour in ((0.7 * step, "downhill: the step", COLOURS[1]), (-0.7 * step, "uphill", SOFT)):
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (at + reach, below), (at, below), arrowprops=arrow)
        side = "left" if reach > 0.0 else "right"
        axes.text(at + 1.1 * reach, below, name, color=INK, fontsize=9.5, va="center", ha=side)
    axes.set_ylim(bottom=below - 0.1 * deep)
    axes.set_yticks([])
    _legend(picture, axes)
    way = "right" if step > 0 else "left"
    picture.alt = (
        f"The loss over the slope is a bowl. At slope {at:g} the tangent leans so that downhill is to the {way}."
    )
    return picture


def surface(intercepts: Array, slopes: Array, losses: Array, path: Array) -> TourPicture:
    """Draw the loss (slopes, intercepts) over two weights by its rings, and the path of a descent."""
    picture, axes = _picture("A hundred steps downhill", "intercept", "slope", height=2.35)
    depth = losses - losses.min()
    levels = np.geomspace(np.quantile(depth, 0.01), depth.max(), 12)
    for level in levels:
        axes.contourf(intercepts, slopes, depth, levels=[0.0, level], colors=[COLOURS[0]], alpha=0.055)
    axes.contour(intercepts, slopes, depth, levels=levels, colors=[COLOURS[0]], linewidths=0.6, alpha=0.55)
    axes.plot(*path.T, "-", color=COLOURS[1], lw=1.1, label="path")
    axes.plot(*path.T, "o", color=COLOURS[1], ms=2.2, mew=0)
    words: Any = {"textcoords": "offset points", "color": INK, "fontsize": 9.5}
    axes.annotate("start", path[0], xytext=(-6, -1), ha="right", va="center", **words)
    axes.annotate("end", path[-1], xytext=(6, 4), **words)
    axes.plot(*path[0], "o", color=INK, ms=4.2)
    axes.plot(*path[-1], "o", color=INK, ms=4.2)
    axes.set_aspect("equal")
    picture.alt = (
        f"Rings of equal loss around a long narrow valley. The path zigzags across it from "
        f"({path[0, 0]:.0f}, {path[0, 1]:.0f}), then follows the floor to ({path[-1, 0]:.1f}, {path[-1, 1]:.1f})."
    )
    return picture


def distances(found: Mapping[str, Array]) -> TourPicture:
    """Draw relative distances between two gradients, one dot a trial, by the way the second was found."""
    picture, axes = _picture(
        "Three ways to one gradient", "relative distance to the derivative by hand", "", height=2.3
    )
    rng = np.random.default_rng(0)
    for i, (name, values) in enumerate(reversed(list(found.items()))):
        shown = np.maximum(values, EQUAL)  # what agrees to the last bit has no logarithm
        height = i + rng.uniform(-0.16, 0.16, len(shown))
        colour = COLOURS[len(found) - 1 - i]
        axes.plot(shown, height, "o", ms=2.6, mew=0, alpha=0.5, color=colour)
        axes.annotate(name, (0.6 * EQUAL, i + 0.27), color=INK, va="bottom", fontsize=9.5)
    axes.set_xscale("log")
    axes.set_xlim(0.5 * EQUAL, 1e-4)
    axes.set_ylim(-0.35, len(found) - 0.2)
    axes.set_xticks([EQUAL, *(10.0**n for n in range(-15, -3, 3))])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: "0" if value <= EQUAL else f"{value:.0e}"))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    order = sorted(found, key=lambda name: float(np.median(found[name])))
    picture.alt = (
        "Dots on a logarithmic axis, one for each random trial and each way; "
        f"from the nearest to the derivative by hand to the farthest: {'; '.join(order)}."
    )
    return picture


def losses(lines: Mapping[str, Array], floor: tuple[str, float] | None = None) -> TourPicture:
    """Draw losses by epoch, and a loss that cannot be undercut."""
    picture, axes = _picture("The loss, epoch by epoch", "epoch", "loss", height=2.35)
    for i, (name, values) in enumerate(lines.items()):
        axes.plot(np.arange(len(values)), values, color=COLOURS[i], lw=1.55, label=name, solid_capstyle="round")
    if floor is not None:
        axes.axhline(floor[1], color=SOFT, lw=1.0, ls=(0, (4, 3)), label=floor[0])
    axes.set_ylim(bottom=0.0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    _legend(picture, axes)
    picture.alt = _sentence(
        *(f"{name}: the loss falls from {v[0]:,.1f} to {v[-1]:,.1f} in {len(v)} epochs" for name, v in lines.items()),
        "" if floor is None else f"a dashed line marks {floor[0]}, {floor[1]:,.1f}",
    )
    return picture


def moving(
    x: Array,
    stages: Sequence[Array],
    captions: Sequence[str],
    labels: tuple[str, str] = ("x", "y"),
    *,
    points: tuple[Array, Array],
    truth: Array | None = None,
) -> TourPicture:
    """Draw a curve at stages of its training: all of them faintly, the last in full, and on a page each by itself."""
    picture, axes = _picture("From the first epoch to the last", *labels)
    _draw_scene(axes, x, Scene(points, truth))
    for stage in stages[:: max(1, len(stages) // 8)]:
        axes.plot(x, stage, color=COLOURS[0], lw=0.8, alpha=0.45)
    axes.plot(x, stages[-1], color=COLOURS[1], lw=1.75, gid="moving", label="prediction")
    _legend(picture, axes)
    shown = [stage.round(5) for stage in stages]
    picture.alt = _sentence(
        _scene_in_words(Scene(points, truth)),
        f"a curve moves through {len(stages)} stages, from {captions[0]} to {captions[-1]}",
    )

    def live(place: TO_SVG) -> dict[str, Any]:
        return {"kind": "frames", "captions": list(captions), "paths": [_path(place(x, stage)) for stage in shown]}

    picture.live = live
    return picture


def banner(x: Array, stages: Sequence[Array], points: tuple[Array, Array]) -> TourPicture:
    """Draw a training as one ornament: every stage of a curve, the later the stronger, without axes."""
    with in_style(LOOK):
        picture = TourPicture(figsize=(7.2, 2.1))
        axes = picture.add_axes((0.0, 0.02, 1.0, 0.96))
    picture.main_axes = axes
    axes.set_axis_off()
    for i, stage in enumerate(stages[:-1]):
        axes.plot(x, stage, color=COLOURS[0], lw=0.8, alpha=0.28 + 0.45 * i / len(stages))
    axes.plot(x, stages[-1], color=COLOURS[1], lw=2.4, solid_capstyle="round")
    axes.plot(*points, "o", color=INK, ms=3.4, mew=0)
    axes.set_xlim(x[0], x[-1])
    picture.alt = f"Twenty points, and a curve at {len(stages)} stages between almost flat and the wave that fits them."
    return picture


def _picture(title: str, x_label: str, y_label: str, height: float = HEIGHT) -> tuple[TourPicture, Axes]:
    """Give an empty picture with one pair of axes."""
    with in_style(LOOK):
        picture = TourPicture(figsize=(WIDTH, height), layout="constrained")
        axes = picture.add_subplot()
    picture.main_axes = axes
    if title:
        picture.suptitle(title, **TITLE)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.tick_params(length=3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    return picture, axes


def _draw_scene(axes: Axes, x: Array, scene: Scene) -> None:
    """Draw observations and truth, quietly."""
    if scene.truth is not None:
        axes.plot(x, scene.truth, color=SOFT, lw=1.1, ls=(0, (1.2, 2.2)), dash_capstyle="round", label="truth")
    if scene.points is not None:
        many = len(scene.points[0]) > 50
        axes.plot(*scene.points, "o", color=INK, ms=2.8 if many else 3.8, mew=0, alpha=0.6, label="observed")


def _legend(picture: TourPicture, axes: Axes) -> None:
    """Name what is drawn in a row above the axes, each in the order of drawing."""
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        columns = _columns(labels)
        axes.legend(handles, labels, ncols=columns, **LEGEND)
        more = -(-len(labels) // columns) - 1
        picture.set_size_inches(WIDTH, picture.get_size_inches()[1] + 0.18 * more)
    axes.grid(visible=True, axis="y", color=FAINT, lw=0.5)


def _columns(labels: Sequence[str]) -> int:
    """Give in how many columns the names of a legend need the fewest rows; they are placed column by column."""
    for rows in range(1, len(labels)):
        widest = [max(map(len, labels[at : at + rows])) for at in range(0, len(labels), rows)]
        if LETTER * sum(widest) + BESIDE * len(widest) <= ROOM:
            return len(widest)
    return 1


def _path(places: Array) -> str:
    """Give places (n, 2) as the path of an SVG."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _scene_in_words(scene: Scene) -> str:
    """Say what lies behind the curves."""
    said = []
    if scene.points is not None:
        x, y = scene.points
        said.append(f"{len(x)} observations, x from {min(x):.1f} to {max(x):.1f}, y from {min(y):.1f} to {max(y):.1f}")
    said += [] if scene.truth is None else [f"a true curve between {scene.truth.min():.1f} and {scene.truth.max():.1f}"]
    return " and ".join(said)


def _sentence(*parts: str) -> str:
    """Join what there is to say."""
    said = [part for part in parts if part]
    return "; ".join(said)[:1].upper() + "; ".join(said)[1:] + "."
