"""Write a summary as HTML that reads in a light and a dark notebook, and in a narrow one.

Colours are those of the page: lines and quiet text are its own colour, thinned. Everything is escaped, as names of
columns come from files.
"""

import re

from pliant.harmless import escape
from pliant.inference.summary.content import Grid, Summary

MINUS = re.compile(r"(?<= )-(?=\d)")
P_VALUE = re.compile(r"\bp (=|&lt;) [^\s;,]*[^\s;,.]")  # not broken from line to line
BETWEEN_WORDS = re.compile(r"([_:\[(])(?=\w)")
STYLE = """
.pliant-summary{max-width:60em;line-height:1.45}
.pliant-summary p{margin:.5em 0}
.pliant-summary .call{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}
.pliant-summary .wide{overflow-x:auto;margin:.8em 0}
.pliant-summary table{border-collapse:collapse;margin:0;border:0;font-size:1em;font-variant-numeric:tabular-nums}
.pliant-summary caption{text-align:left;font-weight:600;padding:.2em 0;color:inherit}
.pliant-summary tr,.pliant-summary td,.pliant-summary th{background:none!important;border:0;color:inherit}
.pliant-summary td,.pliant-summary th{padding:.15em .75em;text-align:right;white-space:nowrap;font-weight:400}
.pliant-summary th:first-child{text-align:left;padding-left:0;white-space:normal;overflow-wrap:break-word}
.pliant-summary thead th{font-weight:600;border-bottom:1px solid;border-top:1px solid;vertical-align:bottom}
.pliant-summary tbody tr:last-child>*{border-bottom:1px solid}
.pliant-summary .stars{text-align:left;padding-left:0}
.pliant-summary .quiet{opacity:.75;font-size:.9em}
.pliant-summary ul{margin:.5em 0;padding-left:1.2em}
.pliant-summary .one{white-space:nowrap}
@media(max-width:40em){.pliant-summary td,.pliant-summary th{padding:.15em .35em}}
"""


def as_html(summary: Summary) -> str:
    """Give one element that brings its style along."""
    first = [line for line in (summary.verdict, summary.title) if line]
    parts = [f"<style>{STYLE}</style>", f"<p><strong>{escape(first[0])}</strong></p>", _paragraph(tuple(first[1:]))]
    calls = [line for line in summary.facts if line.startswith("Call: ")]
    parts += [f"<p class='call'>{escape(line.removeprefix('Call: '))}</p>" for line in calls]
    parts.append(_paragraph(tuple(line for line in summary.facts if line not in calls)))
    parts += [_table(grid) for grid in summary.grids]
    legends = dict.fromkeys(grid.legend for grid in summary.grids if grid.legend)
    parts += [f"<p class='quiet'>{escape(legend)}</p>" for legend in legends]
    parts += [
        _paragraph(tuple(MINUS.sub("\N{MINUS SIGN}", line) for line in summary.closing)),
        _paragraph(summary.words),
    ]
    if summary.notes:
        parts.append("<ul class='quiet'>" + "".join(f"<li>{escape(note)}</li>" for note in summary.notes) + "</ul>")
    return f"<div class='pliant-summary'>{''.join(parts)}</div>"


def _table(grid: Grid) -> str:
    starred = grid.heads[-1] == "" and len(grid.heads) > 1
    head = "".join(f"<th scope='col'>{escape(h)}</th>" for h in grid.heads)
    body = "".join(
        f"<tr><th scope='row'>{_name(row[0])}</th>"
        + "".join(
            f"<td class='stars'>{escape(cell)}</td>" if starred and cell is row[-1] else f"<td>{_number(cell)}</td>"
            for cell in row[1:]
        )
        + "</tr>"
        for row in grid.rows
    )
    caption = f"<caption>{escape(grid.title)}</caption>" if grid.title else ""
    return f"<div class='wide'><table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _name(cell: str) -> str:
    """Escape a name, and let it break after a mark between its words."""
    return BETWEEN_WORDS.sub(r"\1<wbr>", escape(cell))


def _number(cell: str) -> str:
    """Escape a cell, with a minus as long as a plus."""
    return escape("\N{MINUS SIGN}" + cell[1:] if cell[:1] == "-" and cell[1:2].isdigit() else cell)


def _paragraph(lines: tuple[str, ...]) -> str:
    return (
        "<p>" + "<br>".join(P_VALUE.sub(r"<span class='one'>\g<0></span>", escape(line)) for line in lines) + "</p>"
        if lines
        else ""
    )
