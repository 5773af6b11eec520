"""The exact line: a generalised linear model, solved and not trained."""

from pliant.line.exact import fit_exact_line

__all__ = ["fit_exact_line"]
