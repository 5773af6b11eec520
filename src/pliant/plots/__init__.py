"""Pictures: matplotlib figures, each with its numbers as `.data`."""

from pliant.plots.fitted import plot_fit
from pliant.plots.look import Picture, save_figure
from pliant.plots.training import plot_training

__all__ = ["Picture", "plot_fit", "plot_training", "save_figure"]
