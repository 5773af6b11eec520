"""What is chosen where nothing is asked.

Every choice is a plain rule of what was asked and of the number of rows, and each comes with the sentence that
the summary prints. A value that the user gave is never changed.
"""

from pliant.recipe.asked import Asked, Plan, widths
from pliant.recipe.choose import choose
from pliant.recipe.curvature import refine, widen

__all__ = ["Asked", "Plan", "choose", "refine", "widen", "widths"]
