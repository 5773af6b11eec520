"""How every picture looks: size, colours, type, and a figure that carries its data.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers, on a ground that prints. Figures
are made without pyplot: nothing global changes and nothing piles up in memory.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from pliant.errors import ArgumentError, MissingExtraError
from pliant.harmless import visible

try:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.patheffects import withStroke
except ImportError as problem:
    raise MissingExtraError("pictures need matplotlib; pip install 'pliant[plots]'") from problem

INK, SOFT, FAINT = "#1f2933", "#5f6c7b", "#d5dbe1"
BAND, BAR = "#e4e8ec", "#c3cad2"  # grey of what chance gives: of a band, of a histogram
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "svg.fonttype": "path",
    "svg.hashsalt": "pliant",
    "savefig.facecolor": "white",
}
OUTSIDE = re.compile(
    r"<!DOCTYPE.*?>\n?|<metadata>.*?</metadata>", re.DOTALL
)  # they name addresses that a reader may ask
FORMATS = (".svg", ".png", ".pdf")


_ONE_AT_A_TIME = RLock()


@contextmanager
def in_style(style: Any) -> Iterator[None]:
    """Draw in a style, one thread after the other: matplotlib has one style for the whole process."""
    with _ONE_AT_A_TIME, rc_context(style):
        yield


class Picture(Figure):
    """A matplotlib figure that carries the numbers it draws, and shows itself in a notebook."""

    data: Any  # a frame: one row a drawn point of the curves
    subtitle: str = ""  # at what the columns are held that are not drawn

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=144)
        return buffer.getvalue()


def new_picture(title: str, subtitle: str = "", width: float = 6.4, height: float = 4.2) -> tuple[Picture, Axes]:
    """Give an empty figure in the house style with one pair of axes."""
    with in_style(STYLE):
        figure = Picture(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
    figure.suptitle(_wrapped(title, 70), x=0.01, ha="left", fontsize=11.5, fontweight="bold", color=INK)
    figure.subtitle = subtitle
    if subtitle:
        axes.set_title(_wrapped(subtitle, 95), loc="left", fontsize=8.5, color=SOFT)
    return figure, axes


def new_panels(
    title: str, subtitle: str, shape: tuple[int, int], width: float, height: float
) -> tuple[Picture, list[Axes]]:
    """Give an empty figure in the house style with (rows, columns) pairs of axes, read from left to right."""
    with in_style(STYLE):
        said = _wrapped(subtitle, int(16 * width))
        foot = (0.14 + 0.16 * (1 + said.count("\n"))) / height if subtitle else 0.0
        room = (0.0, foot, 1.0, 1.0 - foot)
        layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, wspace=0.02, hspace=0.03, rect=room)
        figure = Picture(figsize=(width, height), layout=layout)
        axes = figure.subplots(*shape, squeeze=False)
    figure.suptitle(_wrapped(title, int(9.5 * width)), x=0.01, ha="left", fontsize=11.5, fontweight="bold", color=INK)
    if subtitle:
        figure.text(0.01, 0.06 / height, said, fontsize=8.5, color=SOFT, va="bottom")
    for each in axes.ravel():
        each.tick_params(labelsize=8.5)
        each.xaxis.label.set_size(9)
        each.yaxis.label.set_size(9)
    return figure, list(axes.ravel())


def for_page(picture: Picture, alt: str, height: float | None = 3.1) -> Picture:
    """Give a picture the size of a telephone, where a page's letters are read; its title goes into the caption.

    Without a height it keeps its own size.
    """
    if height is not None:
        picture.set_size_inches(4.4, height)
    picture.suptitle("")
    if picture.subtitle:
        picture.axes[0].set_title("", loc="left")
    picture.alt = alt  # type: ignore[attr-defined]  # read by the page
    return picture


def take_foot(picture: Picture) -> str:
    """Give the words at the foot of a picture, and take them out of it: on a page they belong to the caption."""
    suptitle = picture.get_suptitle()
    said = [words for words in picture.texts if words.get_text() != suptitle]
    for words in said:
        words.remove()
    engine = picture.get_layout_engine()
    if said and isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0.0, 0.0, 1.0, 1.0))
    return " ".join(" ".join(words.get_text().split()) for words in said).replace(r"\$", "$")


def brief(text: str, width: int = 40) -> str:
    """Give a name from a table on one line, and short."""
    seen = "".join(c if c.isprintable() else "?" for c in text[: width + 1])
    return seen[:width] + "..." if len(seen) > width else seen


def plain(text: str, width: int = 40) -> str:
    """Give a name from a table as a picture can write it: on one line, short, and no mathematics."""
    return brief(text, width).replace("$", r"\$")


def head(axes: Axes, question: str, answer: str = "") -> None:
    """Set above a panel what it shows, and below that in soft ink what to see in it."""
    axes.set_title(question, loc="left", fontsize=10, color=INK, pad=20 if answer else 6)
    if answer:
        axes.annotate(
            answer,
            (0.0, 1.0),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            fontsize=8.5,
            color=SOFT,
        )


def name_point(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write a name beside a point, towards the middle of the panel, with a white edge so that it can be read."""
    left, right = axes.get_xlim()
    to_left = x > 0.5 * (left + right)
    axes.annotate(
        text,
        (x, y),
        xytext=(-5 if to_left else 5, 0),
        textcoords="offset points",
        ha="right" if to_left else "left",
        va="center",
        fontsize=8.5,
        color=colour,
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )


def points(axes: Axes, x: Any, y: Any) -> None:
    """Draw points as small and as clear as their number asks, very many as pixels."""
    n = len(x)
    size, alpha = (4.5, 0.75) if n <= 100 else (3.5, 0.5) if n <= 1000 else (2.5, 0.3)
    axes.plot(x, y, "o", ms=size, mew=0, alpha=alpha, color=COLOURS[0], rasterized=n > 2000)


def label_ends(axes: Axes, labels: list[tuple[float, float, str, str]]) -> None:
    """Name curves at their right ends; by a legend where the names would lie on each other or leave the axes.

    Parameters
    ----------
    axes : Axes
    labels : list of (x, y, text, colour)
    """
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    gap, reach = 0.05 * (high - low), 0.15 * (right - left)
    placed: list[tuple[float, float]] = []
    for x, y, _, _ in sorted(labels, key=lambda label: label[1]):
        at = y
        for other_x, other_y in placed:
            if abs(x - other_x) < reach and at - other_y < gap:
                at = other_y + gap
        if at - y > 1.5 * gap or at > high:
            handles = [axes.plot([], [], color=colour, lw=2, label=text)[0] for *_, text, colour in labels]
            axes.legend(handles=handles, frameon=False, fontsize=9)
            return
        placed.append((x, at))
    for (x, at), (_, _, text, colour) in zip(placed, sorted(labels, key=lambda label: label[1]), strict=True):
        axes.annotate(
            text,
            (x, at),
            xytext=(5, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=9,
            annotation_clip=False,
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )


def picture_ending(path: str) -> str:
    """Give the ending of a picture's file, or say which there are."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in FORMATS:
        raise ArgumentError(f"{path}: a picture is written as .svg, .png or .pdf; name it so")
    return ending


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as .svg, .png or .pdf, whole or not at all; the same figure gives the same file.

    Raises
    ------
    ArgumentError
        If the ending is another, or the file cannot be written.
    """
    from io import BytesIO

    from pliant.data.writing import write_file

    target = os.fspath(path)
    ending = picture_ending(target)
    dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(ending)
    buffer = BytesIO()
    with in_style(STYLE):
        figure.savefig(buffer, format=ending[1:], dpi=160, metadata=dated)
    content = buffer.getvalue()
    if ending == ".svg":
        content = visible(OUTSIDE.sub("", content.decode())).encode()
    write_file(target, content, ArgumentError)


def _wrapped(text: str, width: int) -> str:
    """Break a long line at spaces, at most twice, and keep `$` from meaning mathematics."""
    import textwrap

    return "\n".join(textwrap.wrap(visible(text).replace("$", r"\$"), width, max_lines=3, placeholder=" ..."))
