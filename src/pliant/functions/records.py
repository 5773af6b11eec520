"""What a link is and what a family is: the records that links.py, families.py and classes.py fill in."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pliant.types import Array, BoolArray, IntArray

Plain = Callable[[Array], Array]

FLOOR = 1e-280  # a mean below it is as good as zero


def _no_logarithm(eta: Array) -> Array:
    raise NotImplementedError("this link gives no logarithm of this kind; no family that lists it asks for it")


@dataclass(frozen=True)
class Link:
    """One link: eta = link(mu), mu = inverse(eta), d mu / d eta = slope(eta, mu)."""

    name: str
    link: Plain
    inverse: Plain
    slope: Callable[[Array, Array], Array]  # of eta and mu = inverse(eta), which is already at hand
    range: tuple[float, float]  # the interval of `inverse`
    torch_inverse: Callable[[Any, Any], Any] = field(repr=False)  # of the module torch and eta
    log_inverse: Plain = field(default=_no_logarithm, repr=False)  # log mu
    log_inverse_slope: Plain = field(default=_no_logarithm, repr=False)
    log_rest: Plain = field(default=_no_logarithm, repr=False)  # log(1 - mu)
    log_rest_slope: Plain = field(default=_no_logarithm, repr=False)
    torch_logs: Callable[[Any, Any], tuple[Any, Any]] | None = field(default=None, repr=False)
    admits: Callable[[Array], BoolArray] = field(default=np.isfinite, repr=False)  # eta by eta

    def valid_eta(self, eta: Array) -> bool:
        """Say whether the link admits every one of these, as R's `valideta` does."""
        return bool(np.all(self.admits(eta)))


# of y, mu, weights (n, 1) and dispersion: P(Y < y) and P(Y <= y), equal where the response is continuous
Cumulative = Callable[[Array, Array, Array, float], tuple[Array, Array]]
Draw = Callable[[np.random.Generator, Array, Array, float], Array]  # of mu, weights (n, 1) and dispersion
Pair = Callable[[Array, Array], Array]  # of y and eta
# of y and eta: mean, loss, information and minus d loss / d eta, whose common parts are computed once
Whole = Callable[[Array, Array], tuple[Array, Array, Array, Array]]


@dataclass(frozen=True)
class Family:
    """One family. Arrays are (n, q); the functions hold for one number too, but for multinomial."""

    name: str
    links: tuple[str, ...]  # the first is the default
    coding: str  # of the response: "number", "binary" or "classes"
    dispersion_known: bool  # the dispersion is 1
    interval: tuple[float, float]  # of the mean
    variance: Callable[[Array], Array]  # of mu, for dispersion 1
    make_loss: Callable[[Link], Pair] = field(repr=False)
    make_delta: Callable[[Link], Pair] = field(repr=False)  # d loss / d eta
    make_information: Callable[[Link], Callable[[Array], Array]] = field(repr=False)  # slope^2 / variance
    deviance: Pair = field(repr=False)  # of y and mu: unit deviance
    start: Pair = field(repr=False)  # of y and weights (n, 1): a first mu
    log_likelihood: Callable[..., float] = field(repr=False)  # y, mu, weights (n,), dispersion, frequencies (n,) or 1
    admits: Callable[[Array], BoolArray] = field(repr=False)  # response by response
    admitted: str = field(repr=False)  # the same, in words
    torch_loss: Callable[[Any, Any, Any, Link], Any] = field(repr=False)  # torch, y, eta, link -> (n,)
    draw: Draw = field(repr=False)
    make_whole: Callable[[Link], Whole | None] = field(default=lambda link: None, repr=False)  # a quicker way, if any
    cumulative: Cumulative | None = field(default=None, repr=False)  # none where responses have no order
    has_likelihood: bool = True  # a quasi family has none: its log likelihood is NaN, its draws are refused
    parameter: float | None = None  # theta or power, where each value is a family of its own
    parameter_name: str = ""
    parameter_range: tuple[float, float] = (-np.inf, np.inf)  # its ends excluded
    make: "Callable[[float], Family] | None" = field(default=None, repr=False)  # of the parameter
    estimated: bool = False  # whether the parameter is found from the data, and not given

    @property
    def aic_extra(self) -> int:
        """Give the number of parameters that are estimated beside the coefficients: dispersion, theta, power."""
        return (not self.dispersion_known) + self.estimated

    @property
    def title(self) -> str:
        """Give the name with the parameter, as `likelihood` takes it."""
        return self.name if self.parameter is None else f"{self.name}({self.parameter_name}={self.parameter!r})"

    def with_parameter(self, value: float) -> "Family":
        """Give the same family with another parameter; as before, given or found."""
        assert self.make is not None
        return replace(self.make(value), estimated=self.estimated)

    def check(self, y: Array) -> tuple[IntArray, str]:
        """Give the rows, from 0, of a response (n, q) that the family does not admit, and what it admits."""
        rows = np.flatnonzero(~self.admits(y).reshape(len(y), -1).all(axis=1))
        return rows, self.admitted

    def valid_mu(self, mu: Array) -> bool:
        """Say whether every mean lies inside the family's interval, its ends included."""
        low, high = self.interval
        return bool(np.all(np.isfinite(mu) & (mu >= low) & (mu <= high)))
