"""Pictures: matplotlib figures, each with its numbers as `.data`."""

from pliant.plots.against import plot_against, plot_folds
from pliant.plots.check import check_panels, plot_check
from pliant.plots.coverage import plot_coverage
from pliant.plots.diagnostics import diagnostic_panels, plot_diagnostics
from pliant.plots.effects import plot_effects
from pliant.plots.fitted import plot_fit
from pliant.plots.importance import plot_importance
from pliant.plots.look import Picture, save_figure
from pliant.plots.training import plot_training

__all__ = [
    "Picture",
    "check_panels",
    "diagnostic_panels",
    "plot_against",
    "plot_check",
    "plot_coverage",
    "plot_diagnostics",
    "plot_effects",
    "plot_fit",
    "plot_folds",
    "plot_importance",
    "plot_training",
    "save_figure",
]
