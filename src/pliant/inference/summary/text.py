"""Write a summary as plain text."""

from pliant.harmless import on_one_line, visible
from pliant.inference.summary.content import Grid, Summary


def as_text(summary: Summary) -> str:
    """Give the lines of a summary, its tables set in columns."""
    lines = [*([summary.verdict] if summary.verdict else []), summary.title, *summary.facts]
    for grid in summary.grids:
        lines += ["", *([f"{grid.title}:"] if grid.title else []), *_align(grid)]
    legends = list(dict.fromkeys(grid.legend for grid in summary.grids if grid.legend))
    if legends:
        lines += ["---", *legends]
    if summary.closing:
        lines += ["", *_at_colons(summary.closing)]
    if summary.words:
        lines += ["", *summary.words]
    if summary.notes:
        lines += ["", *(f"note: {note}" for note in summary.notes)]
    return visible("\n".join(lines))


def _align(grid: Grid) -> list[str]:
    """Set a grid in columns: names and stars to the left, numbers to the right."""
    rows = [[on_one_line(cell) for cell in row] for row in (grid.heads, *grid.rows)]
    widths = [max(len(row[j]) for row in rows) for j in range(len(grid.heads))]
    starred = grid.heads[-1] == "" and len(widths) > 1
    return [
        "  ".join(
            cell.ljust(width) if j == 0 or (starred and j == len(widths) - 1) else cell.rjust(width)
            for j, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _at_colons(lines: tuple[str, ...]) -> list[str]:
    """Set the two deviances with their colons below one another, as R does."""
    ends = [line.index(":") for line in lines if "deviance:" in line]
    return [" " * (max(ends) - line.index(":")) + line if "deviance:" in line else line for line in lines]
