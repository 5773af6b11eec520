"""What a summary holds, whatever it is written in: lines, tables and notes. `text`, `markup` and `latex` write it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """A table of a summary: heads, and rows of text cells whose first is a name; a last head "" is for stars."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: str = ""


@dataclass(frozen=True)
class Summary:
    """What `model.summary()` gives: prints as text, shows as HTML in a notebook, and gives LaTeX.

    Attributes
    ----------
    title : str
        What it is.
    facts : tuple of str
        What was fitted, by which call, to what.
    grids : tuple of Grid
        Coefficient tables, one an outcome.
    closing : tuple of str
        Dispersion, deviances and criteria.
    notes : tuple of str
        What was done to the data and what to mind.
    words : tuple of str
        Sentences that can be quoted.
    verdict : str
        What is to be read first, if anything is.
    """

    title: str
    facts: tuple[str, ...]
    grids: tuple[Grid, ...]
    closing: tuple[str, ...]
    notes: tuple[str, ...]
    words: tuple[str, ...] = ()
    verdict: str = ""

    def __str__(self) -> str:
        from pliant.inference.summary.text import as_text

        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from pliant.inference.summary.markup import as_html

        return as_html(self)

    def _repr_latex_(self) -> str:  # notebooks show the HTML; a notebook that becomes a PDF takes this
        return self.latex()

    def latex(self, caption: str | None = None, label: str | None = None) -> str:
        """Give the tables and closing lines as LaTeX; needs `\\usepackage{booktabs}`.

        Parameters
        ----------
        caption, label : str, optional
            With a caption it is a floating table, to which `label` refers.
        """
        from pliant.inference.summary.latex import as_latex

        return as_latex(self, caption, label)
