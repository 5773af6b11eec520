"""What stands around the text of a page: head, contents, sections, figures, foot; and its style and script.

A page is one text: nothing is fetched, and without a script it reads as well. Whoever calls gives HTML that is
escaped already, except where it says text.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from pliant._version import __version__
from pliant.harmless import escape
from pliant.page.markup import fill, python
from pliant.plots.svg import DARK, LETTERS, LIGHT, Svg, variables

SECTION = """<section id="$anchor">
<h2><span class="number">$number</span><a href="#$anchor">$title</a></h2>
$body
</section>"""
CODE = """<details open>
<summary>$language</summary>
<pre tabindex="0"><code>$code</code></pre>
</details>"""
FIGURE = """<figure id="figure-$name"$live>
$drawing
<figcaption><b>Figure</b>$caption$hint</figcaption>
</figure>"""


@dataclass(frozen=True)
class Part:
    """A section of a page."""

    anchor: str  # small letters and hyphens
    title: str  # HTML, without links
    body: str  # HTML


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption."""

    name: str
    drawing: Svg
    caption: str  # HTML
    hint: str = ""  # HTML: how to move it, shown by the script that lets it be moved


def build(
    brand: str,
    title: str,
    description: str,
    header: str,
    parts: Sequence[Part],
    footer: str,
    *,
    preface: str = "",
    beside: str = "",
    style: str = "",
    script: str = "",
) -> str:
    """Give a page.

    Parameters
    ----------
    brand, title, description : str
        Text: what it is ("tour"), its title, and a sentence for those who search.
    header, footer, preface, beside : str
        HTML: above the contents, at the foot, before the first section, below the contents.
    parts : sequence of Part
        Numbered from 1 on.
    style, script : str
        Of this kind of page, after that of the house.
    """
    return fill(
        _file("page.html"),
        brand=escape(brand),
        title=escape(title),
        description=escape(description),
        version=escape(__version__),
        style=f"{_style()}\n{style}".strip(),
        script=f"{_file('page.js').strip()}\n{script}".strip(),
        header=header,
        contents="\n".join(_entry(number, part) for number, part in enumerate(parts, start=1)),
        beside=beside,
        main="\n".join(filter(None, [preface, *(_section(n, part) for n, part in enumerate(parts, start=1))])),
        footer=footer,
    )


def figure(shown: Figure) -> str:
    """Give a figure as HTML; what a slider moves goes along with it."""
    hint = f'<span class="hint" hidden> {shown.hint}</span>' if shown.hint else ""
    live = shown.drawing.live
    moves = "" if live is None else f' data-live="{escape(json.dumps(live, separators=(",", ":")))}"'
    drawing = shown.drawing.inline
    return fill(FIGURE, name=shown.name, live=moves, drawing=drawing, caption=shown.caption, hint=hint)


def code_cell(language: str, text: str, *below: str) -> str:
    """Give code (text) as it is typed, coloured if it is "python", with HTML below it."""
    coloured = python(text) if language == "python" else escape(text)
    shown = fill(CODE, language="code" if language == "python" else "shell", code=coloured.rstrip("\n"))
    return "\n".join(['<div class="cell">', shown, *below, "</div>"])


def _file(name: str) -> str:
    """Read a file that lies beside this one."""
    return files("pliant.page").joinpath(name).read_text("utf-8")


def _style() -> str:
    """Give the style sheet, with the colours and the sizes of letters of the figures."""
    near, tablet, far = map(str, LETTERS)
    colours = {"light": variables(_inside(LIGHT)), "dark": variables(_inside(DARK))}
    return fill(_file("page.css"), **colours, near=near, tablet=tablet, far=far).strip()


def _inside(colours: dict[str, str]) -> dict[str, str]:
    """Leave the ground out: in the page the paper is the ground."""
    return {name: colour for name, colour in colours.items() if name != "ground"}


def _entry(number: int, part: Part) -> str:
    return f'<li><span>{number}</span><a href="#{part.anchor}">{part.title}</a></li>'


def _section(number: int, part: Part) -> str:
    return fill(SECTION, anchor=part.anchor, number=str(number), title=part.title, body=part.body)
