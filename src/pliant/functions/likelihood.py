"""A family with a link: all that a fit asks of the response.

The engines ask for `loss` and `delta`, the line for `step_rows`, `deviance` and `valid`. Shapes are settled
here, once: y is (n, q), or (n, C) for classes; eta is (n, q), with q = C - 1 for classes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pliant.errors import ArgumentError, near, said
from pliant.functions.families import FAMILIES
from pliant.functions.links import LINKS
from pliant.functions.records import Family, Link, Pair, Whole
from pliant.types import Array, BoolArray

LEAST_INFORMATION = 1e-60  # a divisor; rows that know less pull as if they knew this much
LARGEST_NUMBER = 1e270
CLOSE = 1e-300  # to the end of an interval
# name, or name(parameter=value); the parameter's own name may be left out
SPELLING = re.compile(r"(?P<name>\w+)(?P<given>\s*\(\s*(?:(?P<parameter>\w+)\s*=\s*)?(?P<value>[^()=\s]*)\s*\))?")


@dataclass(frozen=True)
class Likelihood:
    """One family with one of its links.

    loss_i = -log density(y_i; eta_i), without the terms that eta does not move
    """

    family: Family
    link: Link

    def __reduce__(self) -> tuple[Callable[..., "Likelihood"], tuple[dict[str, Any]]]:
        """Pickle by name: the records hold functions."""
        return Likelihood.from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say: the names, and the family's parameter if it has one."""
        said: dict[str, Any] = {"family": self.family.name, "link": self.link.name}
        if self.family.parameter is not None:
            said |= {"parameter": self.family.parameter, "estimated": self.family.estimated}
        return said

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Likelihood":
        """Build it again from `to_dict`; other entries are not read."""
        found = likelihood(said["family"], said["link"])
        if "parameter" not in said:
            return found
        made = found.with_parameter(said["parameter"])
        return replace(made, family=replace(made.family, estimated=bool(said["estimated"])))

    def with_parameter(self, value: float) -> "Likelihood":
        """Give the same link with the family's parameter at another value."""
        return replace(self, family=_with_parameter(self.family, value))

    @cached_property
    def _loss(self) -> Pair:
        return self.family.make_loss(self.link)

    @cached_property
    def _delta(self) -> Pair:
        return self.family.make_delta(self.link)

    @cached_property
    def _information(self) -> Callable[[Array], Array]:
        return self.family.make_information(self.link)

    @cached_property
    def _whole(self) -> Whole | None:
        return self.family.make_whole(self.link)

    @cached_property
    def _always_inside(self) -> bool:
        """Whether the link cannot leave the family's interval."""
        (low, high), (least, most) = self.family.interval, self.link.range
        return low <= least and most <= high

    @property
    def is_linear(self) -> bool:
        """Say whether the information of a row is the same for every eta, so that one step ends at the solution."""
        return self.scales_with_response

    @property
    def has_classes(self) -> bool:
        """Say whether the outputs of a row share one response: its information is then a matrix."""
        return self.family.coding == "classes"

    @property
    def scales_with_response(self) -> bool:
        """Say whether a response in other units has its eta in these units too: gaussian with the identity."""
        return self.family.name == "gaussian" and self.link.name == "identity"

    def outputs(self, y: Array) -> int:
        """Give the number of columns of eta for a response (n, q) or (n, C)."""
        return int(y.shape[1]) - self.has_classes

    def mean(self, eta: Array) -> Array:
        """Give the mean (n, q) or (n, C) of each row, in the units of the response."""
        return self.link.inverse(eta)

    def loss(self, y: Array, eta: Array) -> Array:
        """Give the loss (n,) of each row, summed over outputs; inf where the family has no such mean."""
        with np.errstate(over="ignore"):  # what overflows is infinite on purpose
            each: Array = np.sum(self._loss(y, eta), axis=-1)
        if self._always_inside or np.iscomplexobj(each):
            return each
        return np.where(self._inside(eta), each, np.inf)

    def delta(self, y: Array, eta: Array) -> Array:
        """Give d loss / d eta (n, q)."""
        with np.errstate(over="ignore"):
            return self._delta(y, eta)

    def information(self, eta: Array) -> Array:
        """Give the expected second derivative of the loss: slope^2 / variance (n, q); classes: (n, q, q)."""
        with np.errstate(over="ignore"):
            return self._information(eta)

    def deviance(self, y: Array, mu: Array) -> Array:
        """Give the unit deviance (n,) of each row, summed over outputs."""
        with np.errstate(over="ignore"):
            each: Array = np.sum(self.family.deviance(y, mu), axis=-1)
        return each

    def pearson(self, y: Array, mu: Array) -> Array:
        """Give (y - mu)^2 / variance (n,) of each row, summed over outputs; zeros for classes, which need none."""
        if self.has_classes:
            return np.zeros(len(y))
        residual = y - mu
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            each: Array = np.sum(residual * residual / self.family.variance(mu), axis=-1)
        return each

    def start(self, y: Array, weights: Array) -> Array:
        """Give a first eta (n, q) that family and link admit, from the response alone."""
        return self._admitted_eta(self.family.start(y, weights[:, None]))

    def constant(self, y: Array, weights: Array) -> Array:
        """Give the eta (q,) of the weighted mean response: the line of no input at all."""
        return np.asarray(self._admitted_eta((weights @ y / np.sum(weights))[None, :])[0])

    def valid(self, eta: Array, mu: Array) -> bool:
        """Say whether every row lies inside the family and the link."""
        if not (self.link.valid_eta(eta) and bool(np.isfinite(mu).all())):
            return False
        return self._always_inside or bool(np.all(self._inside(eta)))

    def step_rows(self, y: Array, eta: Array, mu: Array) -> tuple[Array, Array]:
        """Give F (n, r, q) and r (n, r) of a Fisher step.

        F'F is the information of a row on eta, and F'r is minus the slope of its loss.
        """
        if self.has_classes:
            root = np.sqrt(np.maximum(mu, LEAST_INFORMATION))
            same = np.eye(mu.shape[1])[:, 1:]
            return root[:, :, None] * (same - mu[:, None, 1:]), (y - mu) / root
        if self._whole is not None:
            _, _, information, pull = self._whole(y, eta)
        else:
            information, pull = self.information(eta), -self.delta(y, eta)
        return _stepping(information, pull)

    def pass_rows(self, y: Array, eta: Array) -> tuple[Array, Array, Array] | None:
        """Give the loss (n,), F and r of `step_rows` at once.

        Where a row lies outside the family or the link there is None, or a loss that is not finite.
        """
        if self._whole is None:
            mu = self.mean(eta)
            return (self.loss(y, eta), *self.step_rows(y, eta, mu)) if self.valid(eta, mu) else None
        with np.errstate(over="ignore", invalid="ignore"):  # an eta that is not finite has no finite loss
            _, loss, information, pull = self._whole(y, eta)
        return (loss[:, 0] if loss.shape[1] == 1 else np.sum(loss, axis=1), *_stepping(information, pull))

    def _admitted_eta(self, mu: Array) -> Array:
        """Give the eta of means, those that the family or the link does not admit moved inside."""
        low = max(self.family.interval[0], self.link.range[0])
        high = min(self.family.interval[1], self.link.range[1])
        mu = np.clip(mu, low + CLOSE if np.isfinite(low) else None, np.nextafter(high, low))
        if self.family.name == "gaussian" and self.link.name != "identity":
            mu = _off_zero(mu, signed=low < 0.0)
        return np.asarray(self.link.link(mu))

    def _inside(self, eta: Array) -> BoolArray:
        """Mark the rows (n,) whose means lie inside the family's interval.

        Where the link cannot leave the interval, a mean that has been rounded onto its end is inside.
        """
        low, high = self.family.interval
        if self._always_inside:
            return np.ones(eta.shape[:-1], dtype=bool)
        mu = self.link.inverse(eta)
        inside: BoolArray = np.all((mu > low) & (mu < high), axis=-1)
        return inside


def likelihood(family: str, link: str | None = None) -> Likelihood:
    """Give a family with a link by their names.

    Parameters
    ----------
    family : str
        A name of `FAMILIES`. A family with a parameter takes it in brackets, "negative_binomial(theta=2)" or
        "tweedie(power=1.5)": it is then held there, and else estimated.
    link : str, optional
        One of the family's links; the first is the default.

    Raises
    ------
    ArgumentError
        If there is no such family, or it does not take that link or that parameter; names the choices.
    """
    found = _family(family)
    name = found.links[0] if link is None else link
    if name not in found.links:
        raise ArgumentError(
            f"the {found.name} family does not take the link {said(name)};{near(name, found.links)} "
            f"choose one of {', '.join(found.links)}"
        )
    return Likelihood(found, LINKS[name])


def _family(text: object) -> Family:
    """Read a family's name, with its parameter in brackets if it is given."""
    read = SPELLING.fullmatch(text.strip()) if isinstance(text, str) else None
    name = text if read is None else read["name"]
    if read is None or name not in FAMILIES:
        raise ArgumentError(
            f"there is no family {said(name)};{near(name, FAMILIES)} choose one of {', '.join(FAMILIES)}"
        )
    found = FAMILIES[read["name"]]
    if read["given"] is None:
        return found
    wanted = f"{found.name}({found.parameter_name}={found.parameter:g})" if found.parameter else found.name
    if found.parameter is None or read["parameter"] not in (None, found.parameter_name):
        raise ArgumentError(f"family={text!r} has a parameter that {found.name} does not have; write {wanted!r}")
    try:
        value = float(read["value"])
    except ValueError:
        raise ArgumentError(f"family={text!r}: {read['value']!r} is not a number; write {wanted!r}") from None
    return replace(_with_parameter(found, value), estimated=False)


def _with_parameter(family: Family, value: float) -> Family:
    """Give the family with a parameter that lies inside its range, or say that it does not."""
    low, high = family.parameter_range
    if not (low < value < high and np.isfinite(value)):
        bounds = f"above {low:g}" if high == np.inf else f"between {low:g} and {high:g}"
        raise ArgumentError(f"the {family.parameter_name} of {family.name} lies {bounds}; it was given as {value:g}")
    return family.with_parameter(float(value))


def _stepping(information: Array, pull: Array) -> tuple[Array, Array]:
    """Give F (n, q, q) and r (n, q) from the information and minus the slope of each eta."""
    root = np.sqrt(np.minimum(np.maximum(information, LEAST_INFORMATION), LARGEST_NUMBER))
    pull = np.minimum(np.maximum(pull, -LARGEST_NUMBER), LARGEST_NUMBER)
    wide = root[:, :, None]
    return wide if pull.shape[1] == 1 else wide * np.eye(pull.shape[1]), pull / root


def _off_zero(mu: Array, signed: bool) -> Array:
    """Move starting means away from zero, or above it, to a tenth of their usual size."""
    least = 0.1 * float(np.mean(np.abs(mu))) or 1.0
    if not signed:
        return np.maximum(mu, least)
    return np.where(np.abs(mu) < least, np.where(mu < 0.0, -least, least), mu)
