"""The exact line: a generalised linear model, solved and not trained."""

from pliant.line.exact import fit_exact_line
from pliant.line.shape import parameter_for_network

__all__ = ["fit_exact_line", "parameter_for_network"]
