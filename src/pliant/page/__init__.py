"""A page of HTML in the house look that needs nothing else: what the tour and the report are written with."""

from pliant.harmless import escape
from pliant.page.markup import fill, inline, prose, python
from pliant.page.skeleton import Figure, Part, build, code_cell, figure

__all__ = ["Figure", "Part", "build", "code_cell", "escape", "figure", "fill", "inline", "prose", "python"]
