"""Training by a driver: the whole table at every step, and curvature instead of a learning rate.

What `loop.py` is for rules that step along a gradient, this is for damped Gauss-Newton (`lm`) and L-BFGS
(`lbfgs`). Both ask the engine's program for what they need and so run on every engine; both are done when
they have settled, so there is nothing to go on with.
"""

import math
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from pliant.engines.contract import Problem, Program, State
from pliant.optimisers import gauss_newton
from pliant.optimisers.gauss_newton import Damped, Fall, RowSystem, Scheme, System
from pliant.training.history import History
from pliant.training.loop import Result
from pliant.training.progress import Progress, Report
from pliant.training.state import TrainingState
from pliant.types import Array, IntArray

START_ALPHA = 0.01  # of every group; from 1 a third of small fits never left the line
REST_ALPHA = 1e-6  # of biases at the output, and of gains
MEMORY = 20  # pairs of steps that L-BFGS remembers
HIDDEN, LINE, REST = 0, 1, -1  # groups of parameters


@dataclass(frozen=True)
class Solved:
    """How a driver ended, and what it learnt on the way."""

    result: Result
    settled: bool  # nothing more to gain
    effective_parameters: float = math.nan  # how many the data determine
    dispersion: float = math.nan  # in the units of training
    decays: tuple[float, ...] = ()  # by evidence: of the hidden weights, of the line


class Rows:
    """A problem as damped Gauss-Newton sees it, by way of an engine's program."""

    def __init__(self, program: Program, problem: Problem, held: Array | None = None) -> None:
        """Keep the program; `held` (k,) has the values of parameters that stay, NaN where one is free."""
        self.program, self.problem, self.held = program, problem, held
        self.root = np.sqrt(problem.weights)
        self.normal = program.normal() if held is None else None
        self.kept: tuple[Array, System] | None = None  # parameters and system of the last call
        self.seen: tuple[Array, Array, float] | None = None  # parameters, eta and loss of the last call

    def whole(self, free: Array) -> Array:
        """Give all parameters from the free ones."""
        if self.held is None:
            return free
        parameters = np.array(self.held)
        parameters[np.isnan(self.held)] = free
        return parameters

    def loss(self, parameters: Array) -> float:
        """Give sum_i w_i l_i."""
        if self.seen is not None and self.seen[0] is parameters:
            return self.seen[2]
        problem = self.problem
        if self.normal is not None:
            loss, eta = self.normal.loss(parameters)
        else:
            with np.errstate(all="ignore"):
                eta = self.program.predict(self.whole(parameters), problem.X, problem.offset)
                loss = float(problem.weights @ problem.likelihood.loss(problem.y, eta))
        self.seen = parameters, eta, loss
        return loss

    def system(self, parameters: Array) -> System:
        """Give the system of A and b: summed by the engine where it can, and the parameters do not outnumber the rows.

        A step ends where the next begins: the last system is kept.
        """
        if self.kept is not None and self.kept[0] is parameters:
            return self.kept[1]
        system: System
        F, b = self._information(parameters)
        if self.normal is not None and b.size >= len(parameters):
            system = self.normal.system(parameters, F, b)
        else:
            system = RowSystem(*self._rows(parameters, F, b))
        self.kept = parameters, system
        return system

    def fall(self, at: Damped, decay: Array, pull: Array, tries: int) -> Fall | None:
        """Damp a step until the value falls: in the engine where it can, so that threads wait less for Python."""
        system = self.system(at.parameters)
        if self.normal is None or isinstance(system, RowSystem):
            return gauss_newton.fall(self, at, decay, pull, tries)
        found = self.normal.fall(system, at, decay, pull, tries)
        if found is None:
            return None
        (parameters, value, damping), loss, eta = found
        self.seen = parameters, eta, loss
        return parameters, value, damping

    def rows(self, parameters: Array) -> tuple[Array, Array]:
        """Give A (n r, k) and b (n r,): see `gauss_newton`."""
        return self._rows(parameters, *self._information(parameters))

    def _information(self, parameters: Array) -> tuple[Array, Array]:
        """Give the root F (n, r, q) of each row's information and the residuals b (n, r) that belong to it."""
        problem, likelihood = self.problem, self.problem.likelihood
        if self.seen is not None and self.seen[0] is parameters:
            eta = self.seen[1]
        else:
            eta = self.program.predict(self.whole(parameters), problem.X, problem.offset)
        F, r = likelihood.step_rows(problem.y, eta, likelihood.mean(eta))
        return self.root[:, None, None] * F, self.root[:, None] * r

    def _rows(self, parameters: Array, F: Array, b: Array) -> tuple[Array, Array]:
        """Give A (n r, k) and b (n r,)."""
        J = self.program.jacobian(self.whole(parameters), self.problem.X)
        if self.held is not None:
            J = J[:, :, np.isnan(self.held)]
        return (F * J if F.shape[1:] == (1, 1) else F @ J).reshape(-1, J.shape[2]), b.ravel()


def begin_lm(
    program: Program, problem: Problem, state: State, evidence: bool, n_rows: int | None = None
) -> tuple[Rows, Scheme, Damped]:
    """Give what damped Gauss-Newton minimises, what it holds fixed, and where it begins; see `solve_lm`."""
    objective, family = Rows(program, problem), problem.likelihood.family
    count = (int(np.count_nonzero(problem.weights)) if n_rows is None else n_rows) * problem.network.outputs
    if evidence:
        scheme = Scheme(evidence_groups(problem), REST_ALPHA, True, family.dispersion_known, count)
        phi = 1.0 if family.dispersion_known else _first_dispersion(objective, state.parameters, count)
        alphas = np.full(2, START_ALPHA)
    else:
        levels, groups = np.unique(problem.penalty, return_inverse=True)
        scheme = Scheme(groups, 0.0, False, family.dispersion_known, count)
        alphas, phi = levels * max(float(np.sum(problem.weights)), 1e-300), 1.0
    return objective, scheme, gauss_newton.start(objective, state.parameters, alphas, phi, scheme)


def solve_lm(
    program: Program,
    problem: Problem,
    state: State,
    steps: int,
    evidence: bool,
    report: Report | None = None,
    n_rows: int | None = None,
) -> Solved:
    """Fit by damped Gauss-Newton.

    Parameters
    ----------
    program : Program
    problem : Problem
        The one that the program was loaded with; its penalty is the decay, unless evidence sets it.
    state : State
        Where to begin.
    steps : int
        At most.
    evidence : bool
        Whether the decays of the hidden weights and of the line are set by evidence.
    report : callable, optional
    n_rows : int, optional
        Rows with weight, each as often as its frequency says; by default each once.
    """
    objective, scheme, at = begin_lm(program, problem, state, evidence, n_rows)
    total = max(float(np.sum(problem.weights)), 1e-300)
    history, began, stopped = History(), perf_counter(), "done"
    try:
        while at.steps < steps and not (at.settled or at.stuck):
            at = gauss_newton.step(objective, at, scheme)
            seconds = perf_counter() - began
            history.append(at.steps, at.phi * at.value / total, math.nan, math.nan, seconds)
            _tell(report, history, steps, problem.n_rows)
    except KeyboardInterrupt:
        stopped = "interrupted"
    at = gauss_newton.weigh_up(objective, at, scheme)
    decays = tuple(float(alpha) for alpha in at.alphas) if evidence else ()
    result = _result(state, at.parameters, history, stopped, at.settled)
    return Solved(result, at.settled, at.determined, at.phi, decays)


def solve_to_floor(program: Program, problem: Problem, state: State, steps: int, held: Array | None = None) -> Solved:
    """Fit by damped Gauss-Newton without decay, to the floor of float64: where the parameters themselves are wanted.

    Parameters
    ----------
    program : Program
    problem : Problem
        Its penalty is left out.
    state : State
        Where to begin.
    steps : int
        At most, before the last ones without damping.
    held : ndarray, shape (k,), optional
        The values of parameters that stay as they are; NaN where one is free. By default all are free.
    """
    objective = Rows(program, problem, held)
    free = state.parameters if held is None else state.parameters[np.isnan(held)]
    count = int(np.count_nonzero(problem.weights)) * problem.network.outputs
    scheme = Scheme(np.full(len(free), REST), 0.0, False, True, count, tolerance=0.0)
    at = gauss_newton.start(objective, free, np.zeros(0), 1.0, scheme)
    history, began = History(), perf_counter()
    while at.steps < steps and not at.stuck:
        at = gauss_newton.step(objective, at, scheme)
        history.append(at.steps, at.value / count, math.nan, math.nan, perf_counter() - began)
    at = gauss_newton.finish(objective, at, scheme)
    result = _result(state, objective.whole(at.parameters), history, "done", at.settled)
    return Solved(result, at.settled)


def solve_lbfgs(program: Program, problem: Problem, state: State, steps: int, report: Report | None = None) -> Solved:
    """Fit by L-BFGS (SciPy's, memory 20), with the problem's own penalty.

    References
    ----------
    Liu and Nocedal (1989), On the limited memory BFGS method for large scale optimization.
    """
    history, began, last = History(), perf_counter(), [state.parameters]

    def objective(parameters: Array) -> tuple[float, Array]:
        with np.errstate(all="ignore"):
            loss, gradient = program.loss_and_gradient(parameters)
        if not (np.isfinite(loss) and np.isfinite(gradient).all()):
            return 1e300, np.zeros_like(parameters)
        return float(loss), gradient

    def after(intermediate_result: OptimizeResult) -> None:
        last[0] = np.array(intermediate_result.x)
        loss = float(intermediate_result.fun)
        history.append(len(history) + 1, loss, math.nan, math.nan, perf_counter() - began)
        _tell(report, history, steps, problem.n_rows)

    stopped, settled = "done", True
    try:
        done = minimize(
            objective,
            state.parameters,
            jac=True,
            method="L-BFGS-B",
            callback=after,
            options={"maxiter": steps, "maxcor": MEMORY, "maxfun": 20 * steps, "ftol": 1e-14, "gtol": 1e-8},
        )
        parameters, settled = np.asarray(done.x), done.status != 1
    except KeyboardInterrupt:
        parameters, stopped = last[0], "interrupted"
    return Solved(_result(state, parameters, history, stopped, settled), settled)


def _tell(report: Report | None, history: History, steps: int, n: int) -> None:
    """Report a step; how long the rest takes at most."""
    if report is not None:
        done, seconds = len(history), max(history.elapsed, 1e-9)
        report(Progress(done, steps, history["loss"][-1], None, n * done / seconds, seconds / done * (steps - done)))


def evidence_groups(problem: Problem) -> IntArray:
    """Give the group (k,) of each parameter: the hidden layers, the line, and the rest: output biases and gains."""
    network = problem.network
    groups = np.full(network.n_parameters, HIDDEN)
    layers, skip = network.views(groups)
    if layers[-1].biases is not None:
        layers[-1].biases[:] = REST
    if skip is not None:
        skip[:] = LINE
    gains = network.gains_of(groups)
    if gains is not None:
        gains[:] = REST
    if not network.hidden:
        layers[-1].weights[:] = LINE
    return groups


def _first_dispersion(objective: Rows, parameters: Array, count: int) -> float:
    """Give Pearson's statistic at the start over the rows, or 1 if it is no use."""
    phi = objective.system(parameters).squares / max(count, 1)
    return phi if math.isfinite(phi) and phi > 0.0 else 1.0


def _result(state: State, parameters: Array, history: History, stopped: str, settled: bool) -> Result:
    """Give what the loop gives: the state after the last step, and in a sentence how it ended."""
    epoch = len(history)
    reason = "settled" if settled else f"still falling when it was {'interrupted' if stopped != 'done' else 'stopped'}"
    losses = np.concatenate([state.losses, history["loss"]])
    after = replace(state, parameters=parameters, step=state.step + epoch, epoch=state.epoch + epoch, losses=losses)
    point = TrainingState(after, parameters, best_epoch=epoch, history=history)
    return Result(point, parameters, epoch, history, stopped, f"{reason} after {epoch} steps")
