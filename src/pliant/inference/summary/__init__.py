"""A fitted model in words: what it says, and that as text, HTML or LaTeX."""

from pliant.inference.summary.content import Grid, Summary
from pliant.inference.summary.line import summarise

__all__ = ["Grid", "Summary", "summarise"]
