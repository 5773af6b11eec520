"""The fitted model: what was learnt, and one-line doors to what can be asked of it."""

from pliant.model.fitted import NO_DATA, Fitted, check_fitted, linear_predictor

__all__ = ["NO_DATA", "Fitted", "check_fitted", "linear_predictor"]
