"""Fold members: one fit that predicts, knows its error on rows it did not see, and judges line against curve."""

from pliant.ensemble.better import better
from pliant.ensemble.folds import n_folds
from pliant.ensemble.members import Task, fit_members

__all__ = ["Task", "better", "fit_members", "n_folds"]
