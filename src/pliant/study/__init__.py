"""Studies: several fits of one table, set side by side on rows that none of them saw."""

from pliant.study.compare import Comparison, compare, comparison_of

__all__ = ["Comparison", "compare", "comparison_of"]
