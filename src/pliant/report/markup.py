"""The parts of a report as HTML: paragraphs, tables, lists of facts, figures. All text is escaped here, and once.

A report shows names from a table, so nothing in it is Markdown: what looks like a link or a heading is a name.
"""

import re
from collections.abc import Iterable, Sequence

from pliant.inference.summary import Grid
from pliant.page import Figure, escape, figure
from pliant.plots import Picture
from pliant.plots.look import for_page
from pliant.plots.svg import as_svg

P_VALUE = re.compile(r"\bp (?:=|&lt;) [\d.]+(?:e-?\d+)?(?<!\.)")
NUMBER = re.compile(r"[-<]? ?\d[\d.,]*(?:e[+-]?\d+)?( %)?( to -?\d[\d.,]*(?:e[+-]?\d+)?)?")


def paragraph(*sentences: str, kind: str = "") -> str:
    """Give sentences as one paragraph."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{' '.join(map(words, sentences))}</p>"


def words(text: str) -> str:
    """Escape a sentence, with a minus as long as a plus, and keep a p-value on one line."""
    return P_VALUE.sub(r'<span class="one">\g<0></span>', _minus(text))


def lines(sentences: Iterable[str], kind: str = "") -> str:
    """Give sentences as items of a list."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<ul{attribute}>" + "".join(f"<li>{words(each)}</li>" for each in sentences) + "</ul>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Give names with what is said of each."""
    return (
        '<dl class="facts-list">'
        + "".join(f"<div><dt>{escape(name)}</dt><dd>{_code_or_text(said)}</dd></div>" for name, said in pairs)
        + "</dl>"
    )


def _code_or_text(said: str) -> str:
    """Give a fact; text in ` ` is code."""
    if len(said) > 1 and said[0] == said[-1] == "`":
        return f"<code>{escape(said[1:-1])}</code>"
    return escape(said)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """Give a table of text; cells that are numbers stand to the right, the first of a row is its name."""
    body = list(rows)
    right = [j > 0 and all(not row[j] or _is_number(row[j]) for row in body) for j in range(len(heads))]
    names = "".join(f"<th scope='col'{_side(right[j])}>{escape(each)}</th>" for j, each in enumerate(heads))
    said = "".join(
        f"<tr><th scope='row'>{_name(row[0])}</th>"
        + "".join(f"<td{_side(right[j])}>{_minus(cell)}</td>" for j, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in body
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    head, whole = f"<thead><tr>{names}</tr></thead>", f"<tbody>{said}</tbody>"
    return f'<div class="wide" tabindex="0" role="group"><table>{title}{head}{whole}</table></div>'


def grid(shown: Grid, caption: bool = True) -> str:
    """Give a table of a summary."""
    legend = paragraph(shown.legend, kind="quiet") if shown.legend else ""
    return table(shown.heads, shown.rows, shown.title if caption else "") + legend


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell.removesuffix("  !")) is not None or cell in ("aliased", "not known")


def _side(right: bool) -> str:
    return " class='n'" if right else ""


def _name(cell: str) -> str:
    """Escape a name, and let it break after a mark between its words."""
    return re.sub(r"([_:\[(.])(?=\w)", r"\1<wbr>", escape(cell))


def _minus(cell: str) -> str:
    """Escape a cell, with a minus as long as a plus."""
    return escape(re.sub(r"(?<![^ ])-(?=\d)", "\N{MINUS SIGN}", cell))


def drawing(name: str, picture: Picture, alt: str, caption: str, height: float | None = 3.1) -> str:
    """Give a picture with its caption; `alt` says in words what it shows."""
    return figure(Figure(name, as_svg(for_page(picture, alt, height=height), name), escape(caption)))


def panels(name: str, pictures: Sequence[Picture], caption: str) -> str:
    """Give small pictures side by side, below each other where there is no room, with one caption."""
    drawn = "".join(f'<div class="panel">{as_svg(each, f"{name}-{i}").inline}</div>' for i, each in enumerate(pictures))
    return (
        f'<figure id="figure-{name}" class="panels"><div>{drawn}</div>'
        f"<figcaption><b>Figure</b>{escape(caption)}</figcaption></figure>"
    )
