"""The parameter of a family, found from the data: theta of the negative binomial, the power of tweedie.

Line and parameter are found in turn. The caller says how a line is solved for one likelihood; this page says which
likelihood is the next, until neither moves. What comes out is a likelihood with its parameter, to fit as any other.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.functions.compound import compound_expansion
from pliant.functions.likelihood import Likelihood, likelihood
from pliant.line.theta import best_log_theta, theta_score
from pliant.optimisers.irls import LineFit, fit_line
from pliant.types import Array

Solve = Callable[[Likelihood], LineFit]

AT_INFINITY = 1e12  # times the largest mean: a theta at which the negative binomial is poisson to float64
POWERS = (1.01, 1.99)  # where the power of tweedie is looked for
GRID = (1.1, 1.3, 1.5, 1.7, 1.9)
MAX_TURNS, TURNS_OF_SLOPE = 100, 4
APART = 1e-3  # of the powers that a slope is taken from: of fourth order, which leaves 3e-10 of a power (0.01: 3e-6)
NEAR = 1e-6  # a step of the log dispersion that is the last
FAR = 600.0  # from 0, of a logarithm: exp of it is a number still
START_RIDGE = 1e-4  # of the line that a network's parameter is taken from, in standardised units


@dataclass(frozen=True)
class Shape:
    """A likelihood whose parameter has been found, or was given."""

    likelihood: Likelihood
    error: float = math.nan  # standard error of the parameter; NaN where there is none
    notes: tuple[str, ...] = ()


def find_parameter(chosen: Likelihood, arrays: Arrays, solve: Solve) -> Shape:
    """Give the likelihood with its parameter estimated by maximum likelihood; as it is where nothing is to be found.

    Parameters
    ----------
    chosen : Likelihood
    arrays : Arrays
        The rows of the fit.
    solve : callable
        Fits the line for a likelihood whose parameter is held.
    """
    if not chosen.family.estimated:
        return Shape(chosen)
    rows = arrays.take(np.flatnonzero(arrays.weights > 0.0))
    find = _find_theta if chosen.family.parameter_name == "theta" else _find_power
    return find(chosen, rows, solve)


def parameter_for_network(chosen: Likelihood, design: Design, rows: Arrays) -> Shape:
    """Give the likelihood of a network: its parameter is the line's, and held.

    To nine digits: those after them depend on the units of the columns, and a descent magnifies what it is given.
    """
    if not chosen.family.estimated:
        return Shape(chosen)
    X = design.line_inputs(rows.X)
    ridge = np.full(X.shape[1], START_RIDGE * np.sum(rows.totals))
    if design.has_intercept:
        X, ridge = np.hstack([np.ones((len(X), 1)), X]), np.append(0.0, ridge)
    first = replace(rows, X=X, y=rows.y[:, :1])

    def solve(given: Likelihood) -> LineFit:
        return fit_line(given, X, first.y, rows.totals, rows.offset, ridge=ridge)

    found = find_parameter(chosen, first, solve)
    assert found.likelihood.family.parameter is not None
    held = found.likelihood.with_parameter(float(f"{found.likelihood.family.parameter:.9g}"))
    found, family = replace(found, likelihood=held), held.family
    note = f"{family.parameter_name} {family.parameter:.6g} is that of the line, held fixed while the network trains"
    return replace(found, notes=(*found.notes, note))


def _means(chosen: Likelihood, rows: Arrays, line: LineFit) -> Array:
    """Give the means (n, 1) of a line."""
    return chosen.mean(rows.X @ np.nan_to_num(line.coefficients) + rows.offset[:, None])


def _find_theta(chosen: Likelihood, rows: Arrays, solve: Solve) -> Shape:
    """Alternate line and theta, from the poisson line on; secants on log theta speed the alternation up."""
    poisson = likelihood("poisson", chosen.link.name)
    line = solve(poisson)
    mu = _means(poisson, rows, line)
    # As where a group has zeros only, or no mean is above zero: what goes wrong is said of the line, by its own fit
    if not (line.converged and np.max(mu) > 0.0):
        return Shape(chosen)
    at = best_log_theta(rows.y, mu, rows.totals, None)
    smallest, before = math.inf, (math.nan, math.nan)
    for _ in range(MAX_TURNS):
        if at is None or at > math.log(AT_INFINITY * np.max(mu)):
            return _no_overdispersion(chosen, mu)
        given = chosen.with_parameter(math.exp(at))
        line = solve(given)
        mu = _means(given, rows, line)
        if not line.converged:
            return Shape(given)
        answer = best_log_theta(rows.y, mu, rows.totals, at)
        if answer is None:
            return _no_overdispersion(chosen, mu)
        gap = answer - at
        if abs(gap) < 4e-16 * max(1.0, abs(at)) or (abs(gap) < 1e-10 and abs(gap) >= 0.5 * smallest):
            break
        secant = at - gap * (at - before[0]) / (gap - before[1]) if gap != before[1] else answer
        smallest, before = min(smallest, abs(gap)), (at, gap)
        at = secant if abs(secant - answer) < 2.0 * abs(gap) else answer  # NaN, at first, is not below
    assert at is not None
    information = theta_score(rows.y, mu, rows.totals, math.exp(at))[1]
    return Shape(chosen.with_parameter(math.exp(at)), information**-0.5 if information > 0.0 else math.nan)


def _no_overdispersion(chosen: Likelihood, mu: Array) -> Shape:
    """Put theta so far out that the family is poisson, and say so."""
    note = (
        "there is no overdispersion: the likelihood rises as theta goes to infinity, where the negative binomial is "
        "poisson; fit family='poisson'"
    )
    return Shape(chosen.with_parameter(AT_INFINITY * max(1.0, float(np.max(mu)))), notes=(note,))


def _find_power(chosen: Likelihood, rows: Arrays, solve: Solve) -> Shape:
    """Search the power with the largest profile likelihood: a grid, then Brent's search about the best."""
    from scipy.optimize import minimize_scalar

    profile = _Profile(chosen, rows, solve)
    grid = sorted({*GRID, *POWERS})
    best = int(np.argmin([profile(power) for power in grid]))
    if profile.value[grid[best]] == math.inf:  # no line settles, or it fits perfectly: the line's own fit says so
        return Shape(chosen)
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    with np.errstate(invalid="ignore"):  # of an infinite value less another
        found = minimize_scalar(profile, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
    power, error = float(found.x), math.nan
    notes: tuple[str, ...] = ()
    if profile.value[grid[best]] < found.fun:
        power = grid[best]
    margin = min(power - POWERS[0], POWERS[1] - power)
    if margin > 1e-4:
        power, curvature = _to_the_bottom(profile, power, min(APART, 0.5 * margin))
        error = curvature**-0.5 if 0.0 < curvature < math.inf else math.nan
    else:
        end = "poisson, scaled" if power < 1.5 else "gamma, which has no zeros"
        notes = (f"the power lies at the end of its range, {power:.3g}: the response is nearer to {end}",)
    return Shape(chosen.with_parameter(power), error, notes)


def _to_the_bottom(profile: "_Profile", power: float, h: float) -> tuple[float, float]:
    """Give the power where the slope is zero, and the curvature there; by differences of the fourth order, h apart.

    A search by values ends where they are flat to rounding, at half the digits, which another unit of a column is
    enough to move.
    """
    begun = power
    for _ in range(TURNS_OF_SLOPE):
        far, near, at, after, beyond = (profile(power + k * h) for k in (-2.0, -1.0, 0.0, 1.0, 2.0))
        slope = (far - 8.0 * near + 8.0 * after - beyond) / (12.0 * h)
        curvature = (16.0 * (near + after) - 30.0 * at - far - beyond) / (12.0 * h * h)
        step = -slope / curvature if curvature > 0.0 else math.nan
        if not abs(power + step - begun) < h:  # no smooth bottom here: what the search found stays
            return begun, curvature
        power += step
        if abs(step) < 1e-10:
            break
    return power, curvature


class _Profile:
    """Minus the log likelihood of a power, with line and dispersion at their best for it."""

    def __init__(self, chosen: Likelihood, rows: Arrays, solve: Solve) -> None:
        self.chosen, self.rows, self.solve = chosen, rows, solve
        self.value: dict[float, float] = {}

    def __call__(self, power: float) -> float:
        if power not in self.value:
            self.value[power] = self._value(float(power))
        return self.value[power]

    def _value(self, power: float) -> float:
        """Fit the line, then the dispersion by Newton's steps on its log."""
        given, rows = self.chosen.with_parameter(power), self.rows
        line = self.solve(given)
        if not line.converged:
            return math.inf
        mu, weights, counts = _means(given, rows, line), rows.weights[:, None], rows.counts[:, None]
        pearson = float(np.average(weights * (rows.y - mu) ** 2 / given.family.variance(mu), weights=counts))
        if not 0.0 < pearson < math.inf:
            return math.inf
        at = min(max(math.log(pearson), -FAR), FAR)
        value, first, second = _at_dispersion(rows, mu, at, power)
        for _ in range(MAX_TURNS):
            step = -first / second if second < 0.0 else math.copysign(0.5, first)
            if abs(step) < NEAR:
                return -(value + 0.5 * first * step)
            after = min(max(at + min(max(step, -1.0), 1.0), -FAR), FAR)
            found = _at_dispersion(rows, mu, after, power)
            while (
                not found[0] >= value
            ):  # near power 1 there are several peaks, and a whole step may end beneath another
                after = 0.5 * (at + after)
                if abs(after - at) < NEAR:
                    return -value
                found = _at_dispersion(rows, mu, after, power)
            at, (value, first, second) = after, found
        return -value


def _at_dispersion(rows: Arrays, mu: Array, at: float, power: float) -> tuple[float, float, float]:
    """Give the log likelihood of a log dispersion, its slope and its curvature."""
    parts = compound_expansion(rows.y, mu, math.exp(at) / rows.weights[:, None], power)
    value, first, second = (float(np.sum(rows.counts[:, None] * part)) for part in parts)
    return value, first, second
