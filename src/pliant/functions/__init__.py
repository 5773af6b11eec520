"""Activations, links and families: values and slopes in plain NumPy, each with its independent torch line."""

from pliant.functions.activations import ACTIVATIONS, Activation
from pliant.functions.families import FAMILIES
from pliant.functions.likelihood import Likelihood, likelihood
from pliant.functions.links import LINKS
from pliant.functions.records import Family, Link

__all__ = ["ACTIVATIONS", "FAMILIES", "LINKS", "Activation", "Family", "Likelihood", "Link", "likelihood"]
