"""The story as one page of HTML that needs nothing else: no file beside it, no network, no script to be read."""

from collections.abc import Mapping
from importlib.resources import files

from pliant._version import __version__
from pliant.page import Figure, Part, build, code_cell, escape, figure, fill, inline, prose
from pliant.plots.svg import Svg
from pliant.tour.run import Chapter, Told
from pliant.tour.source import Prose

BANNER = "banner"  # the figure that stands below the title
HEADER = """<h1>$title</h1>
$lede
<p class="facts"><span>seed $seed</span><span>activation $activation</span><span>pliant $version</span></p>
$banner"""
FOLD = '<p><button type="button" data-fold hidden aria-pressed="false">Fold all code</button></p>'
FOOTER = """<p>Made by <code>pliant tour --seed $seed --activation $activation</code>. Every number and every figure
on this page came from the code that stands beside it. MIT licence; the penguins are CC0: Horst, Hill and Gorman
(2020).</p>"""


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
    said = {"seed": str(seed), "activation": escape(activation)}
    header = fill(
        HEADER,
        title=escape(first.section.title),
        lede=prose(lede[0].text),
        version=escape(__version__),
        banner=_figure(BANNER, "", drawings) if BANNER in drawings else "",
        **said,
    )
    return build(
        "tour",
        first.section.title,
        lede[0].text.partition(". ")[0] + ".",
        header,
        [_part(chapter, drawings) for chapter in rest],
        fill(FOOTER, **said),
        preface="\n".join(_cell(part, drawings) for part in others),
        beside=FOLD,
        style=_file("tour.css"),
        script=_file("tour.js"),
    )


def _file(name: str) -> str:
    """Read a file that lies beside this one."""
    return files("pliant.tour").joinpath(name).read_text("utf-8").strip()


def _part(chapter: Chapter, drawings: Mapping[str, Svg]) -> Part:
    section = chapter.section
    body = "\n".join(prose(part.text) if isinstance(part, Prose) else _cell(part, drawings) for part in chapter.parts)
    return Part(section.anchor, inline(section.title), body)


def _cell(told: Told, drawings: Mapping[str, Svg]) -> str:
    """Give a block of code with what it printed and drew, or what is missing."""
    code = told.code
    text = code.text.replace("\n\n\n", "\n\n")  # two empty lines are for files, not for pages
    below = []
    if told.printed:
        below.append(f'<pre class="out" tabindex="0" aria-label="printed">{escape(told.printed.rstrip())}</pre>')
    if told.missing:
        below.append(f'<p class="missing">Not run: {inline(told.missing)}</p>')
    cell = code_cell(code.language, text, *below)
    if code.figure in drawings and code.figure != BANNER:
        return cell + "\n" + _figure(code.figure, code.caption, drawings, code.hint)
    return cell


def _figure(name: str, caption: str, drawings: Mapping[str, Svg], hint: str = "") -> str:
    return figure(Figure(name, drawings[name], inline(caption), inline(hint)))
