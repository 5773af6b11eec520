"""Training along a path of weight decays, from weak to strong, each fit from where the last one ended.

Which of them is best only the rows can tell that a fit did not see: `ensemble` asks its folds. From strong to weak
would begin at a saddle, where all hidden weights are zero.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pliant.engines.contract import Problem, Program, State
from pliant.optimisers import gauss_newton
from pliant.optimisers.gauss_newton import Damped, Scheme
from pliant.training.solve import HIDDEN, begin_lm
from pliant.types import Array

STRONGER = (1.0, 4.0, 16.0, 64.0)  # times the decay that evidence gives the hidden weights
DECAYS = (0.003, 0.03, 0.3, 3.0, 30.0)  # of the hidden weights, against the sum of the losses
MORE_STEPS = 15  # to each further decay
ENOUGH = 1e-5  # gain a row that ends it
SOFT = 0.01  # damping on the way: a warm start is near


@dataclass(frozen=True)
class Point:
    """One fit of a path."""

    strength: float  # an entry of STRONGER or DECAYS
    parameters: Array  # (k,)
    effective_parameters: float
    decays: tuple[float, ...]  # by evidence: of the hidden weights, of the line
    noise: float  # the dispersion that belongs to them


def strengths(evidence: bool) -> tuple[float, ...]:
    """Give the strengths of a path, from weak to strong."""
    return STRONGER if evidence else DECAYS


def solve_path(
    program: Program,
    problem: Problem,
    state: State,
    steps: int,
    evidence: bool,
    n_rows: int | None = None,
    look: Callable[[], None] | None = None,
) -> list[Point]:
    """Fit by damped Gauss-Newton with one weight decay after another.

    With evidence the first fit has the decays that make the data most probable. The next have that of the hidden
    weights 4, 16 and 64 times as strong, and set the line's, and the dispersion, by evidence again: in small tables
    evidence leaves the hidden weights too free.

    Parameters
    ----------
    program : Program
    problem : Problem
        The one that the program was loaded with. Its penalty is left out; `decays` marks what a fixed decay is for.
    state : State
        Where to begin.
    steps : int
        At most, of the first fit.
    evidence : bool
        Else the decays are `DECAYS`.
    n_rows : int, optional
        Rows with weight, each as often as its frequency says.
    look : callable, optional
        Called before every step: an exception from it ends the path.
    """
    objective, scheme, at = begin_lm(program, problem, state, evidence, n_rows)
    if not evidence:
        marks = np.ones(len(at.parameters)) if problem.decays is None else problem.decays
        scheme = replace(scheme, groups=np.where(marks > 0.0, 0, -1), rest=0.0)
        at = gauss_newton.start(objective, at.parameters, np.array([DECAYS[0]]), 1.0, scheme)
    at = _settle(objective, at, replace(scheme, tolerance=None if evidence else ENOUGH), steps, look)
    first = at.alphas
    points: list[Point] = []
    for strength in strengths(evidence):
        if points:
            alphas = np.array(at.alphas)
            alphas[HIDDEN] = first[HIDDEN] * strength if evidence else strength
            further = replace(scheme, kept=(HIDDEN,), tolerance=ENOUGH)
            began = gauss_newton.start(objective, at.parameters, alphas, at.phi, further)
            began = replace(began, damping=SOFT, steps=gauss_newton.BEFORE_EVIDENCE)
            at = _settle(objective, began, further, began.steps + MORE_STEPS, look)
        at = gauss_newton.weigh_up(objective, at, scheme)
        decays = tuple(float(alpha) for alpha in at.alphas) if evidence else ()
        points.append(Point(strength, at.parameters, at.determined, decays, float(at.phi)))
    return points


def _settle(
    objective: gauss_newton.Objective, at: Damped, scheme: Scheme, steps: int, look: Callable[[], None] | None
) -> Damped:
    """Step until it has settled, or for so many steps in all."""
    while at.steps < steps and not (at.settled or at.stuck):
        if look is not None:
            look()
        at = gauss_newton.step(objective, at, scheme)
    return at
