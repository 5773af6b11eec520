"""Damped Gauss-Newton (Levenberg-Marquardt) for any likelihood, with weight decay fixed or set by evidence.

The step of iteratively reweighted least squares with the network's Jacobian in place of the design matrix:

    (A'A / phi + diag(alpha) + m I) d = A'b / phi - alpha theta

A row of A is the root of a row's information times its Jacobian, b the residual that belongs to it, so that A'b is
minus the slope of the summed loss and b'b is Pearson's statistic. With fewer rows than parameters the system of
the rows is solved instead of that of the parameters (Woodbury). With no hidden layer, no decay and no damping this
is IRLS.

Evidence (type-II maximum likelihood): every group of parameters has one decay alpha, chosen so that the data are
most probable; gamma, the number of parameters that the data determine, falls out.

Knows nothing of networks or tables: an objective gives the loss and the system. Two tries of damping a step are the
rule. An eigendecomposition, after which every further try would cost next to nothing, takes as long as eleven roots.

References
----------
Marquardt (1963), An algorithm for least-squares estimation of nonlinear parameters.
MacKay (1992), A practical Bayesian framework for backpropagation networks.
Foresee and Hagan (1997), Gauss-Newton approximation to Bayesian learning.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs, dtrtri

from pliant.types import Array, BoolArray, IntArray

MAX_TRIES, TRIES_TO_FLOOR = 12, 40  # of one step, with four times the damping each time
LEAST_DAMPING, LEAST_TO_FLOOR = 1e-8, 1e-15
BEFORE_EVIDENCE = 3  # steps with the decay as it began
PRIOR = 0.02  # shape and rate of the gamma prior on a decay: a weak one, that keeps it finite
ALPHA_RANGE = (1e-4, 1e6)
TINY = 1e-300
MOST_FINISHING, SMALL = 200, 1e-6  # steps without damping, and how short the last has to be, relative
LEAST_ROWS = 0.1  # share of the rows that the dispersion is divided by, at least


Fall = tuple[Array, float, float]  # parameters (k,), their value, and the damping that led there


class System(Protocol):
    """What a step asks of A (N, k) and b (N,) at some parameters."""

    @property
    def pull(self) -> Array:
        """Give A'b (k,)."""

    @property
    def squares(self) -> float:
        """Give b'b."""

    def solve(self, phi: float, decay: Array, right: Array) -> Array | None:
        """Solve (A'A / phi + diag(decay)) d = right (k,); None if it cannot be factored."""

    def inverse_diagonal(self, phi: float, decay: Array) -> Array | None:
        """Give the diagonal (k,) of (A'A / phi + diag(decay))^-1; None if it cannot be factored."""


class Objective(Protocol):
    """What is minimised: a sum of losses over rows, of parameters (k,)."""

    def loss(self, parameters: Array) -> float:
        """Give the summed loss; inf or NaN where it does not exist."""

    def system(self, parameters: Array) -> System:
        """Give the system of A and b; asked again for the same array, it is the same."""

    def fall(self, at: "Damped", decay: Array, pull: Array, tries: int) -> "Fall | None":
        """Do what `fall` does, in whatever way."""


@dataclass(frozen=True)
class Damped:
    """Where a fit stands, and what decides its next step."""

    parameters: Array  # (k,)
    alphas: Array  # (groups,), decay of each group
    phi: float  # dispersion
    damping: float
    value: float  # F = loss / phi + sum_g alpha_g |theta_g|^2 / 2
    determined: float = float("nan")  # sum of the gammas: how many parameters the data determine
    steps: int = 0
    settled: bool = False
    stuck: bool = False  # no damping makes the value fall


@dataclass(frozen=True)
class Scheme:
    """What is held fixed during a fit.

    Attributes
    ----------
    groups : ndarray of int, shape (k,)
        The group of each parameter, from 0; -1 for those with the decay `rest`.
    rest : float
    evidence : bool
        Whether the decays are set by evidence, else they stay as they begin.
    dispersion_known : bool
        phi is 1; else it is Pearson's statistic over rows less determined parameters, anew at each step.
    n_rows : int
        Responses with weight: rows times outputs.
    kept : tuple of int
        Groups whose decay evidence leaves as it is.
    tolerance : float, optional
        Settled when a row gains less than this by a step; by default 1e-6 with evidence, 1e-8 without. At 0 it goes on
        until no step makes the value fall, for `finish` to end. (Marquardt's damping, times diag(A'A), was tried: from
        its first starting point MGH17 of NIST then runs away, and BoxBOD too; with plain damping all arrive.)
    """

    groups: IntArray
    rest: float
    evidence: bool
    dispersion_known: bool
    n_rows: int
    kept: tuple[int, ...] = ()
    tolerance: float | None = None

    @property
    def enough(self) -> float:
        """Give the fall of the value that is as good as none."""
        tolerance = (1e-6 if self.evidence else 1e-8) if self.tolerance is None else self.tolerance
        return tolerance * self.n_rows

    def decay(self, alphas: Array) -> Array:
        """Give the decay of each parameter (k,)."""
        levels = np.empty(len(alphas) + 1)
        levels[:-1], levels[-1] = alphas, self.rest
        return levels[self.groups]

    def summed(self, values: Array, count: int) -> Array:
        """Give the sum of values (k,) over each of so many groups."""
        inside, groups = self._inside
        return np.asarray(np.bincount(groups, values[inside], count), np.float64)

    @cached_property
    def _inside(self) -> tuple[BoolArray, IntArray]:
        """Mark the parameters (k,) of a group, and give the group of each of these."""
        inside = self.groups >= 0
        return inside, self.groups[inside]


def start(objective: Objective, parameters: Array, alphas: Array, phi: float, scheme: Scheme) -> Damped:
    """Give the state before the first step."""
    value = _value(objective, parameters, scheme.decay(alphas), phi)
    return Damped(parameters, alphas, phi, 1.0, value)


def fall(objective: Objective, at: Damped, decay: Array, pull: Array, tries: int) -> Fall | None:
    """Damp a step, four times as much with each try, until the value falls; None if it does not."""
    system, damping = objective.system(at.parameters), at.damping
    for _ in range(tries):
        move = system.solve(at.phi, decay + damping, pull)
        if move is not None:
            parameters = at.parameters + move
            value = _value(objective, parameters, decay, at.phi)
            if value < at.value:
                return parameters, value, damping
        damping *= 4.0
    return None


def step(objective: Objective, at: Damped, scheme: Scheme) -> Damped:
    """Take one step: damped until the value falls, then the decays anew.

    Settled once both the value falls and a step without damping promises less than the scheme's tolerance a row
    (with evidence, and every decay moves by less than 2 %). A small fall alone is not enough: a heavily damped step
    may fall little far from a minimum.
    """
    system = objective.system(at.parameters)
    decay = scheme.decay(at.alphas)
    pull = system.pull / at.phi - decay * at.parameters
    to_floor = scheme.enough == 0.0
    found = objective.fall(at, decay, pull, TRIES_TO_FLOOR if to_floor else MAX_TRIES)
    enough = scheme.enough
    if found is None:
        return replace(at, steps=at.steps + 1, settled=_promise(system, at.phi, decay, pull) < enough, stuck=True)
    parameters, value, damping = found
    near = at.value - value < enough and _promise(system, at.phi, decay, pull) < enough
    damping = max(damping / 4.0, LEAST_TO_FLOOR if to_floor else LEAST_DAMPING)
    moved = replace(at, parameters=parameters, value=value, damping=damping, steps=at.steps + 1)
    if not scheme.evidence:
        return replace(moved, settled=near)
    if moved.steps < BEFORE_EVIDENCE:
        return moved
    weighed = _weigh(objective, moved, scheme)
    still = bool((np.abs(np.log(weighed.alphas / at.alphas)) < 0.02).all())
    return replace(weighed, settled=still and near)


def finish(objective: Objective, at: Damped, scheme: Scheme) -> Damped:
    """Take steps without damping as long as each is shorter than the last, to the floor of float64.

    The value knows a minimum to half its digits only, since it is flat there; the slope knows it to all of them.
    """
    decay, last = scheme.decay(at.alphas), np.inf
    for _ in range(MOST_FINISHING):
        system = objective.system(at.parameters)
        move = system.solve(at.phi, decay, system.pull / at.phi - decay * at.parameters)
        if move is None:
            return at
        long = float(np.max(np.abs(move) / (np.abs(at.parameters) + TINY)))
        if not long < last:
            return replace(at, settled=last < SMALL)
        parameters = at.parameters + move
        value = _value(objective, parameters, decay, at.phi)
        at, last = replace(at, parameters=parameters, value=value, steps=at.steps + 1), long
        if long == 0.0:
            break
    return replace(at, settled=last < SMALL)


def _weigh(objective: Objective, at: Damped, scheme: Scheme) -> Damped:
    """Set decays and dispersion by evidence.

    gamma_k = 1 - alpha_k (B^-1)_kk,    alpha_g = (gamma_g + a) / (|theta_g|^2 + a),    B = A'A / phi + diag(alpha)
    """
    system = objective.system(at.parameters)
    decay = scheme.decay(at.alphas)
    diagonal = system.inverse_diagonal(at.phi, decay)
    if diagonal is None:
        return at
    determined = 1.0 - decay * diagonal
    count = len(at.alphas)
    gammas, squares = scheme.summed(determined, count), scheme.summed(at.parameters**2, count)
    alphas = np.minimum(np.maximum((gammas + PRIOR) / (squares + PRIOR), ALPHA_RANGE[0]), ALPHA_RANGE[1])
    for group in scheme.kept:
        alphas[group] = at.alphas[group]
    phi = at.phi
    if not scheme.dispersion_known:
        phi = system.squares / max(scheme.n_rows - float(np.sum(determined)), LEAST_ROWS * scheme.n_rows)
    phi = phi if phi > 0.0 else at.phi
    value = _value(objective, at.parameters, scheme.decay(alphas), phi)
    return replace(at, alphas=alphas, phi=phi, determined=float(np.sum(determined)), value=value)


def weigh_up(objective: Objective, at: Damped, scheme: Scheme) -> Damped:
    """Count the parameters that the data determine at the end of a fit; without evidence nobody has yet."""
    decay = np.maximum(scheme.decay(at.alphas), LEAST_DAMPING)
    diagonal = objective.system(at.parameters).inverse_diagonal(at.phi, decay)
    if diagonal is None:
        return at
    return replace(at, determined=float(np.sum(1.0 - decay * diagonal)))


@dataclass(frozen=True)
class RowSystem:
    """A system by way of A itself, in NumPy: that of the parameters, or of the rows where these are fewer."""

    A: Array  # (N, k)
    b: Array  # (N,)

    @cached_property
    def pull(self) -> Array:
        """Give A'b (k,)."""
        return self.A.T @ self.b

    @cached_property
    def squares(self) -> float:
        """Give b'b."""
        return float(self.b @ self.b)

    @cached_property
    def gram(self) -> Array:
        """Give A'A (k, k)."""
        return self.A.T @ self.A

    def solve(self, phi: float, decay: Array, right: Array) -> Array | None:
        """Solve (A'A / phi + diag(decay)) d = right (k,); None if it cannot be factored."""
        if self.A.shape[1] <= self.A.shape[0]:
            factor = _factor(self._with_diagonal(phi, decay))
            return None if factor is None else np.asarray(dpotrs(factor, right, lower=1)[0])
        scaled = self.A / decay
        factor = _factor(phi * np.eye(len(self.A)) + scaled @ self.A.T)
        if factor is None:
            return None
        return np.asarray(right / decay - scaled.T @ dpotrs(factor, scaled @ right, lower=1)[0])

    def inverse_diagonal(self, phi: float, decay: Array) -> Array | None:
        """Give the diagonal (k,) of (A'A / phi + diag(decay))^-1; None if it cannot be factored."""
        N, k = self.A.shape
        if k > N and np.all(decay > 0.0):
            scaled = self.A / decay
            factor = _factor(phi * np.eye(N) + scaled @ self.A.T)
            if factor is None:
                return None
            half = dtrtri(factor, lower=1)[0] @ scaled
            return np.asarray(1.0 / decay - np.einsum("ij,ij->j", half, half))
        factor = _factor(self._with_diagonal(phi, decay))
        if factor is None:
            return None
        half = dtrtri(factor, lower=1)[0]
        return np.asarray(np.einsum("ij,ij->j", half, half))

    def _with_diagonal(self, phi: float, decay: Array) -> Array:
        """Give A'A / phi + diag(decay)."""
        whole = self.gram / phi
        whole.flat[:: len(whole) + 1] += decay
        return whole


def _factor(matrix: Array) -> Array | None:
    """Give the lower root of a matrix, which is lost; None if it has none. The upper half is zero.

    LAPACK itself: SciPy's wrappers take as long again for a hundred parameters.
    """
    if not np.isfinite(matrix.sum()):
        return None
    root, failed = dpotrf(matrix, lower=1, clean=1, overwrite_a=1)
    return None if failed else np.asarray(root)


def _promise(system: System, phi: float, decay: Array, pull: Array) -> float:
    """Give the fall that the step without damping promises, half of pull' B^-1 pull; inf if there is none."""
    move = system.solve(phi, decay + LEAST_DAMPING, pull)
    return np.inf if move is None else 0.5 * float(pull @ move)


def _value(objective: Objective, parameters: Array, decay: Array, phi: float) -> float:
    """Give F; inf where it is not a number."""
    value = objective.loss(parameters) / phi + 0.5 * float(decay @ parameters**2)
    return value if math.isfinite(value) else math.inf
