"""Studies: several fits of one table, set side by side on rows that none of them saw."""

from pliant.study.compare import Comparison, compare, comparison_of
from pliant.study.search import Search, search

__all__ = ["Comparison", "Search", "compare", "comparison_of", "search"]
