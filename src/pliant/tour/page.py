"""The story as one page of HTML that needs nothing else: no file beside it, no network, no script to be read."""

import json
from collections.abc import Mapping
from importlib.resources import files

from pliant._version import __version__
from pliant.plots.svg import DARK, LETTERS, LIGHT, Svg, variables
from pliant.tour.markup import escape, fill, inline, prose, python
from pliant.tour.run import Chapter, Told
from pliant.tour.source import Prose

BANNER = "banner"  # the figure that stands below the title

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


def build_page(chapters: tuple[Chapter, ...], drawings: Mapping[str, Svg], seed: int, activation: str) -> str:
    """Give the page.

    Parameters
    ----------
    chapters : tuple of Chapter
        The story, run; the first has the title.
    drawings : mapping of str to Svg
        By the names of the figures.
    seed, activation
        What the story was run with.
    """
    first, *rest = chapters
    lede = [part for part in first.parts if isinstance(part, Prose)]
    others = [part for part in first.parts if isinstance(part, Told)]
    return fill(
        _file("page.html"),
        title=escape(first.section.title),
        description=escape(lede[0].text.partition(". ")[0] + "."),
        version=escape(__version__),
        style=_style(),
        script=_file("page.js").strip(),
        lede=prose(lede[0].text),
        seed=str(seed),
        activation=escape(activation),
        banner=_figure(BANNER, "", drawings) if BANNER in drawings else "",
        contents="\n".join(_entry(chapter) for chapter in rest),
        preface="\n".join(_cell(part, drawings) for part in others),
        sections="\n".join(_section(chapter, drawings) for chapter in rest),
    )


def _file(name: str) -> str:
    """Read a file that lies beside this one."""
    return files("pliant.tour").joinpath(name).read_text("utf-8")


def _style() -> str:
    """Give the style sheet, with the colours and the sizes of letters of the figures."""
    near, tablet, far = map(str, LETTERS)
    colours = {"light": variables(_inside(LIGHT)), "dark": variables(_inside(DARK))}
    return fill(_file("page.css"), **colours, near=near, tablet=tablet, far=far).strip()


def _inside(colours: dict[str, str]) -> dict[str, str]:
    """Leave the ground out: in the page the paper is the ground."""
    return {name: colour for name, colour in colours.items() if name != "ground"}


def _entry(chapter: Chapter) -> str:
    section = chapter.section
    link = f'<a href="#{section.anchor}">{inline(section.title)}</a>'
    return f"<li><span>{section.number}</span>{link}</li>"


def _section(chapter: Chapter, drawings: Mapping[str, Svg]) -> str:
    section = chapter.section
    return fill(
        SECTION,
        anchor=section.anchor,
        number=str(section.number),
        title=inline(section.title),
        body="\n".join(
            prose(part.text) if isinstance(part, Prose) else _cell(part, drawings) for part in chapter.parts
        ),
    )


def _cell(told: Told, drawings: Mapping[str, Svg]) -> str:
    """Give a block of code with what it printed and drew, or what is missing."""
    code = told.code
    text = code.text.replace("\n\n\n", "\n\n")  # two empty lines are for files, not for pages
    shown = python(text) if code.language == "python" else escape(text)
    parts = [fill(CODE, language="code" if code.language == "python" else "shell", code=shown.rstrip("\n"))]
    if told.printed:
        parts.append(f'<pre class="out" tabindex="0" aria-label="printed">{escape(told.printed.rstrip())}</pre>')
    if told.missing:
        parts.append(f'<p class="missing">Not run: {inline(told.missing)}</p>')
    cell = "\n".join(['<div class="cell">', *parts, "</div>"])
    if code.figure in drawings and code.figure != BANNER:
        return cell + "\n" + _figure(code.figure, code.caption, drawings, code.hint)
    return cell


def _figure(name: str, caption: str, drawings: Mapping[str, Svg], hint: str = "") -> str:
    """Give a figure; how to move it is shown by the script that lets it be moved."""
    drawing = drawings[name]
    hint = f'<span class="hint" hidden> {inline(hint)}</span>' if hint else ""
    live = "" if drawing.live is None else f' data-live="{escape(json.dumps(drawing.live, separators=(",", ":")))}"'
    return fill(FIGURE, name=name, live=live, drawing=drawing.inline, caption=inline(caption), hint=hint)
