"""The look before the fit: what in a table will spoil a model of it, found and said in words.

Each finding has a figure and a remedy. Nothing is changed, and nothing is refused: the fit goes its way.
"""

from pliant.findings.find import find
from pliant.findings.record import Finding, Findings

__all__ = ["Finding", "Findings", "find"]
