"""The worked story, "a line, then a curve", in its own words: the functions that `pliant tour` walks through."""

from pliant.story.by_torch import train_torch
from pliant.story.functions import Path, gradient_step, layer, network_gradient, squared_loss, training_loop

__all__ = ["Path", "gradient_step", "layer", "network_gradient", "squared_loss", "train_torch", "training_loop"]
