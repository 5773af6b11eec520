"""A picture as SVG that takes its colours and its type from where it stands.

matplotlib writes colours, typeface and sizes of letters into the drawing. Here each of them becomes a CSS variable,
so that one picture serves a light page and a dark one, and can be read on a telephone without shouting on a desk; as
a file by itself it brings the variables along, with a dark set for those who ask for it. Nothing is fetched, and the
same picture gives the same text.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from matplotlib.text import Text

from pliant.harmless import escape, visible
from pliant.plots.look import BAND, BAR, COLOURS, FAINT, INK, SOFT, STYLE, Picture, in_style
from pliant.types import Array

LIGHT = {"ink": INK, "soft": SOFT, "faint": FAINT, "band": BAND, "bar": BAR, "ground": "#ffffff"}
LIGHT |= {f"c{i}": c for i, c in enumerate(COLOURS)}
DARK = {
    "ink": "#e8e6e1",
    "soft": "#a5adb8",
    "faint": "#39414c",
    "band": "#2a3038",
    "bar": "#4b5561",
    "ground": "#15191e",
    "c0": "#62b0ee",
    "c1": "#ff9a52",
    "c2": "#41c79a",
    "c3": "#e3a2c9",
    "c4": "#efbd52",
    "c5": "#8fcdf5",
    "c6": "#b4b4b4",
}
NAMES = {colour: name for name, colour in LIGHT.items()} | {"#000000": "ink"}
SHOWN, MARGIN = 640, 8.0  # of a picture that stands by itself: pixels across, and room around it in its own units
LETTERS = (1.0, 0.87, 0.75)  # times the drawn size: on a telephone, on a tablet, where there is room
FONT = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
TAG = re.compile(r"<[^>]*>")  # matplotlib writes < and > of words and attributes as &lt; and &gt;
RULES = "stroke-linejoin:round;stroke-linecap:butt"


@dataclass(frozen=True)
class Svg:
    """A picture as text: to stand in a page, and to be a file."""

    inline: str
    file: str
    live: dict[str, Any] | None  # what a slider moves, in the units of the drawing


def as_svg(picture: Picture, name: str) -> Svg:
    """Give a picture as SVG, with `name` before every id, so that many can stand in one page."""
    buffer = StringIO()
    with in_style({**STYLE, "svg.fonttype": "none"}), _plain_words(picture), warnings.catch_warnings():
        # the browser has glyphs that matplotlib's typeface lacks
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        picture.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    drawing = re.sub(r"^.*?(?=<svg)|<metadata>.*?</metadata>|<style.*?</style>", "", buffer.getvalue(), flags=re.DOTALL)
    drawing = TAG.sub(lambda tag: _tag(tag[0], name), visible(drawing))
    body = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    assert body is not None
    assert view is not None
    alt = escape(getattr(picture, "alt", ""))
    content = re.sub(r"\n\s*", "\n", body[1])
    opening = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img"'
    wide, high = (float(side) + 2.0 * MARGIN for side in view.groups())
    size = f'viewBox="{-MARGIN:g} {-MARGIN:g} {wide:g} {high:g}" width="{SHOWN}" height="{SHOWN * high / wide:.0f}"'
    return Svg(
        inline=f'{opening} {view[0]} aria-label="{alt}">{content}</svg>',
        file=f"{opening} {size}>\n<title>{alt}</title>\n<style>{_sheet()}</style>{content}</svg>\n",
        live=_live(picture),
    )


def _tag(tag: str, name: str) -> str:
    """Give one tag with short numbers, `name` before its ids, and variables; words between tags stay as they are."""
    tag = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), tag)
    tag = re.sub(r'\bid="', f'id="{name}-', tag)
    tag = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{name}-", tag)
    tag = re.sub(r"#[0-9a-f]{6}", lambda colour: _variable(colour[0]), tag)
    tag = re.sub(r"font: ([^;\"]*?)([\d.]+px) [^;\"]*", r"font: \1calc(\2*var(--letters)) var(--figure-font)", tag)
    tag = re.sub(r"font-size: ([\d.]+px)", r"font-size: calc(\1*var(--letters))", tag)  # matplotlib from 3.11
    return re.sub(r"font-family: [^;\"]*", "font-family: var(--figure-font)", tag)


@contextmanager
def _plain_words(picture: Picture) -> Iterator[None]:
    """Take the halo from words while they are drawn: with it they would be outlines, and the style sheet gives one."""
    effects = {words: words.get_path_effects() for words in picture.findobj(Text)}
    for words in effects:
        words.set_path_effects([])
    yield
    for words, given in effects.items():
        words.set_path_effects(given)


def variables(colours: dict[str, str]) -> str:
    """Give colours as CSS variables."""
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


def _sheet() -> str:
    """Give the style sheet of a picture that stands by itself."""
    near, tablet, far = LETTERS
    return (
        f"svg{{{variables(LIGHT)}--figure-font:{FONT};--letters:{near};background:var(--ground);"
        f"max-width:100%;height:auto}}*{{{RULES}}}"
        f"@media (min-width:28rem){{svg{{--letters:{tablet}}}}}@media (min-width:38rem){{svg{{--letters:{far}}}}}"
        "text{paint-order:stroke;stroke:var(--ground);stroke-width:2.5px}"
        f"@media (prefers-color-scheme:dark){{svg{{{variables(DARK)}}}}}"
    )


def _variable(colour: str) -> str:
    """Give a colour of the house as its variable, any other as it is."""
    return f"var(--{NAMES[colour]})" if colour in NAMES else colour


def _live(picture: Picture) -> dict[str, Any] | None:
    """Give what a slider moves: places are known once the picture has been drawn."""
    make, axes = getattr(picture, "live", None), getattr(picture, "main_axes", None)
    if make is None or axes is None:
        return None
    height = picture.get_size_inches()[1] * 72.0

    def place(x: Array, y: Array) -> Array:
        dots = axes.transData.transform(np.column_stack([x, y])) * 72.0 / picture.dpi
        return np.column_stack([dots[:, 0], height - dots[:, 1]])

    live: dict[str, Any] = make(place)
    return live
