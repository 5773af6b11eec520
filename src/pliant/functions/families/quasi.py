"""Quasi families: poisson's and binomial's mean and variance, times a dispersion that is estimated.

Only mean and variance are assumed, so there is no likelihood, no AIC, and no distribution to draw from.
"""

from dataclasses import replace

import numpy as np

from pliant.errors import InputError
from pliant.functions.families.binomial import BINOMIAL
from pliant.functions.families.poisson import POISSON
from pliant.functions.records import Family
from pliant.types import Array


def no_log_likelihood(
    y: Array, mu: Array, weights: Array, dispersion: float, frequencies: Array | float = 1.0
) -> float:
    """NaN, as R's logLik gives NA."""
    return float("nan")


def _quasi(family: Family, instead: str) -> Family:
    """Give the quasi family that shares a family's mean and variance."""
    name = f"quasi{family.name}"
    sentence = (
        f"{name} has no distribution, only a mean and a variance, so nothing can be drawn from it and no response "
        f"has a probability; fit family={instead} for that"
    )

    def draw(rng: np.random.Generator, mu: Array, weights: Array, dispersion: float) -> Array:
        raise InputError(sentence)

    def cumulative(y: Array, mu: Array, weights: Array, dispersion: float) -> tuple[Array, Array]:
        raise InputError(sentence)

    return replace(
        family,
        name=name,
        dispersion_known=False,
        log_likelihood=no_log_likelihood,
        draw=draw,
        cumulative=cumulative,
        has_likelihood=False,
    )


QUASIPOISSON = _quasi(POISSON, "'negative_binomial' or 'poisson'")
QUASIBINOMIAL = _quasi(BINOMIAL, "'binomial'")
