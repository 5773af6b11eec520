"""Write a summary as LaTeX with booktabs rules. Everything is escaped; numbers are set in mathematics."""

import re

from pliant.inference.summary.content import Grid, Summary

ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "'": r"\textquotesingle{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # after \\ a bracket would be a length
    "]": "{]}",
    **{character: "\\" + character for character in "&%$#_"},
}
NUMBER = re.compile(r"(< )?(-?\d[\d.]*)(?:e([+-]\d+))?")
HEAD = re.compile(r"Pr\(>\|(.)\|\)")
WIDE = 6  # columns; with more a table is set closer
PLAIN = {"'": "'", '"': "''", "`": "`"}  # without the textcomp symbols, which need a package on older systems


def as_latex(summary: Summary, caption: str | None = None, label: str | None = None) -> str:
    r"""Give the tables of a summary, one below the other, with the closing lines in small print."""
    grids = "\n\\medskip\n\n".join(_tabular(grid) for grid in summary.grids)
    legends = tuple(dict.fromkeys(grid.legend for grid in summary.grids if grid.legend))
    calls = tuple(f"\\texttt{{{escape(line.removeprefix('Call: '))}}}" for line in summary.facts if "Call: " in line)
    first = (summary.verdict, summary.title) if summary.verdict else ()  # the title of a line says what its table shows
    facts = tuple(escape(line) for line in (*first, *summary.facts) if "Call: " not in line)
    closing = tuple(escape(line) for line in (*legends, *summary.closing, *summary.words))
    notes = tuple(f"Note: {escape(note)}" for note in summary.notes)
    small = "\\par\n".join(
        (*facts, *calls, *closing, *notes) if summary.verdict else (*calls, *facts, *closing, *notes)
    )
    body = f"{grids}\n\n\\smallskip\n{{\\raggedright\\footnotesize\n{small}\\par}}\n"
    if caption is None:
        return f"% needs \\usepackage{{booktabs}}\n{{\\centering\n{body}}}\n"
    named = f"\\label{{{re.sub(r'[^A-Za-z0-9:_.-]', '-', label)}}}" if label else ""
    return (
        "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n"
        f"\\caption{{{escape(caption)}}}{named}\n{body}\\end{{table}}\n"
    )


def _tabular(grid: Grid) -> str:
    starred = grid.heads[-1] == "" and len(grid.heads) > 1
    numbers = len(grid.heads) - 1 - starred
    columns = "l" + "r" * numbers + ("@{\\,}l" if starred else "")
    lines = [f"\\begin{{tabular}}{{{columns}}}"]
    if grid.title and grid.title != "Coefficients":
        lines.append(f"\\multicolumn{{{len(grid.heads)}}}{{l}}{{\\textbf{{{escape(grid.title)}}}}} \\\\")
    lines += ["\\toprule", " & ".join(_head(head) for head in grid.heads) + " \\\\", "\\midrule"]
    for row in grid.rows:
        cells = [escape(row[0]), *(_cell(cell) for cell in row[1 : 1 + numbers])]
        cells += [f"$^{{{row[-1]}}}$" if row[-1] else ""] if starred else []
        lines.append(" & ".join(cells) + " \\\\")
    table = "\n".join([*lines, "\\bottomrule", "\\end{tabular}"]) + "\n"
    return f"{{\\small\\setlength{{\\tabcolsep}}{{3pt}}%\n{table}}}\n" if len(grid.heads) > WIDE else table


def _head(head: str) -> str:
    """Give a head: "t value" and "Pr(>|t|)" with their letter in mathematics."""
    probability = HEAD.fullmatch(head)
    if probability:
        return f"$\\Pr(>|{probability.group(1)}|)$"
    return f"${head[0]}$ value" if head[1:] == " value" else escape(head)


def _cell(cell: str) -> str:
    """Give a cell: a number in mathematics, with its power of ten written out."""
    number = NUMBER.fullmatch(cell)
    if number is None:
        return escape(cell)
    below, digits, power = number.groups()
    times = "" if power is None else f" \\times 10^{{{int(power)}}}"
    return f"${'< ' if below else ''}{digits}{times}$"


def escape(text: str) -> str:
    r"""Escape what LaTeX would take for its own.

    Examples
    --------
    >>> escape("body_mass_g ~ x^2")
    'body\\_mass\\_g \\textasciitilde{} x\\textasciicircum{}2'
    """
    return "".join(PLAIN.get(character, ESCAPES.get(character, character)) for character in text)
