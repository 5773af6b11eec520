"""What is chosen where nothing is asked.

Every choice is a plain rule of what was asked and of the number of rows, and each comes with the sentence that
the summary prints. A value that the user gave is never changed.
"""

from pliant.recipe.asked import Asked, Plan, count_epochs, what_was_asked, widths
from pliant.recipe.choose import NOTHING_BENDS, choose
from pliant.recipe.curvature import refine, widen
from pliant.recipe.deep import activation_of, by_small_steps, instead, worth_it
from pliant.recipe.engine import settle_engine

__all__ = [
    "NOTHING_BENDS",
    "Asked",
    "Plan",
    "activation_of",
    "by_small_steps",
    "choose",
    "count_epochs",
    "instead",
    "refine",
    "settle_engine",
    "what_was_asked",
    "widen",
    "widths",
    "worth_it",
]
