"""Training by descent: a network, or a line on request, in any engine."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.data.sizes import check_single
from pliant.engines import engine
from pliant.engines.contract import Problem, Program, State
from pliant.errors import ArgumentError, ConvergenceError, ModelFileError
from pliant.functions.likelihood import Likelihood
from pliant.measure import fingerprint, measure
from pliant.model import Fitted, linear_predictor
from pliant.network import Network
from pliant.optimisers import DRIVERS, optimiser
from pliant.optimisers.irls import fit_line
from pliant.optimisers.rule import Rule
from pliant.record import Facts, Settings
from pliant.training import (
    Part,
    Point,
    Report,
    Result,
    Solved,
    TrainingState,
    Validation,
    solve_lbfgs,
    solve_lm,
    solve_path,
    train,
)
from pliant.types import Array, BoolArray

START_RIDGE = 1e-4  # of the line that a network starts from: it need only be near, and has to exist
START_WORK = 1e9  # products in one step of that line; with many outputs beyond this, the start is the mean alone
MOST_PARAMETERS = 100_000_000  # 800 MB
WORSE = (
    "the training ran away: at its end the fit was worse than no model at all; the parameters are those after epoch "
    "{}, where the loss was lowest; try a lower learning rate"
)
SPLIT, START, ORDERS = range(3)  # what the seed's separate streams are for


def lay_network(
    chosen: Likelihood, design: Design, arrays: Arrays, hidden: Sequence[int], activation: str, skip: bool
) -> Network:
    """Give the network that fits the design.

    Raises
    ------
    ArgumentError
        If terms are to stay linear and there is no line for them, or there are more parameters than memory.
    """
    if design.scaling.embedding is None:
        bends = tuple(j for j, bend in enumerate(design.input_bends) if bend)
    else:
        bends = tuple(range(design.n_inputs, design.scaling.n_inputs))
    some_stay_linear = len(bends) < design.scaling.n_inputs
    if not (all(design.input_bends) or skip):
        raise ArgumentError("net(...) leaves other terms to the line, which skip=False takes away; drop one of them")
    network = Network(
        inputs=design.scaling.n_inputs,
        outputs=chosen.outputs(arrays.y),
        hidden=tuple(hidden),
        activation=activation,
        skip=skip,
        bias=design.has_intercept,
        bends=bends if some_stay_linear else None,
    )
    if network.n_parameters > MOST_PARAMETERS:
        raise ArgumentError(
            f"hidden={tuple(hidden)} has {network.n_parameters:,} parameters, and {MOST_PARAMETERS:,} are the most "
            "that are trained here; choose smaller widths"
        )
    return network


def training_rows(n_rows: int, validation: float | None, seed: int) -> BoolArray | None:
    """Mark the rows of a table that are trained on; None for all.

    Raises
    ------
    ArgumentError
        If the share to hold out leaves no row on one side.
    """
    if validation is None:
        return None
    held_out = round(validation * n_rows)
    if not 0 < held_out < n_rows:
        raise ArgumentError(f"validation={validation!r} holds out {held_out} of {n_rows} rows; choose another share")
    chosen = np.ones(n_rows, dtype=bool)
    chosen[seed_stream(seed, SPLIT).permutation(n_rows)[:held_out]] = False
    return chosen


def split(arrays: Arrays, trained_on: BoolArray | None) -> tuple[Arrays, Arrays | None]:
    """Give the rows to train on, and the rows held out; `trained_on` (table rows,) marks the former."""
    if trained_on is None:
        return arrays, None
    inside = trained_on[arrays.rows]
    if inside.all() or not inside.any():
        raise ArgumentError("no complete row is left on one side of the validation split; choose another share or seed")
    return arrays.take(np.flatnonzero(inside)), arrays.take(np.flatnonzero(~inside))


def train_network(
    chosen: Likelihood,
    design: Design,
    rows: Arrays,
    held_out: Arrays | None,
    network: Network,
    settings: Settings,
    report: Report | None = None,
    before: TrainingState | None = None,
    epochs: int | None = None,
    checkpoint: Part | None = None,
    member: int | None = None,
) -> Fitted:
    """Train a network from its start, or from where a training stood.

    Parameters
    ----------
    chosen, design, rows, held_out, network, settings
        What to fit, to which rows, and how; rows held out only tell which weights to keep.
    report : callable, optional
        Takes the progress.
    before : TrainingState, optional
        Go on from here; else from initial values, which hold the fitted line where the network has one.
    epochs : int, optional
        The last epoch; that of the settings by default, over which the schedule runs in any case.
    checkpoint : Part, optional
        Where the state is kept, and where a training that was stopped goes on from. A driver keeps none.
    member : int, optional
        Number of this one among the members of an ensemble: it has random numbers of its own.

    Raises
    ------
    ConvergenceError
        If the loss is not finite at the start already.
    """
    problem, program = load(chosen, design, rows, network, settings)
    if settings.optimiser in DRIVERS:
        start = _initial(problem, design, settings, member)
        _check_start(program, start)
        return _solved(chosen, design, rows, network, settings, _drive(program, problem, start, settings, rows, report))
    resumed = before is None and checkpoint is not None
    if before is None and checkpoint is not None:
        before = checkpoint.state()
        moments = (_rule(settings).n_moments, network.n_parameters)
        if before is not None and before.state.moments.shape != moments:
            raise ModelFileError("the state in the checkpoint is of another network; the file may be damaged")
    beginning = partial(_initial, problem, design, settings, member)
    if before is None:
        before = TrainingState.start(beginning())
        _check_start(program, before.state)

    def trained(origin: TrainingState, last: int, part: Part | None) -> Result:
        """Train to an epoch."""
        return train(
            program,
            origin,
            n=len(rows.y),
            epochs=last,
            learning_rate=settings.learning_rate,
            batch=settings.batch,
            schedule=settings.schedule,
            horizon=settings.epochs,
            validation=None if held_out is None else _validation(design, held_out),
            patience=settings.patience,
            report=report,
            checkpoint=part,
            beginning=beginning,
        )

    def measured(result: Result) -> Facts:
        """Measure what a training came to."""
        mu = chosen.mean(linear_predictor(design, network, result.parameters, rows.X, rows.offset))
        return measure(chosen, rows, mu, network.n_parameters // network.outputs, design.has_intercept)

    result = trained(before, settings.epochs if epochs is None else epochs, checkpoint)
    facts = measured(result)
    losses, lowest = result.history["loss"], result.history.lowest_epoch() or 0
    ran_away = held_out is None and len(losses) > 0 and facts.deviance > facts.null_deviance and losses[-1] > losses[0]
    origin = TrainingState.start(beginning()) if resumed and before.epoch >= lowest else before
    if ran_away and origin.epoch < lowest < result.epoch:
        again = trained(origin, lowest - 1, None)
        result = replace(again, history=result.history, stopped="diverged", reason=WORSE.format(lowest - 1))
        facts = measured(result)
    return Fitted(
        design,
        network,
        chosen,
        result.parameters,
        settings,
        replace(facts, fingerprint=fingerprint(rows, held_out)),
        design.notes + _training_notes(result, network),
        result.state,
        stopped=result.stopped,
        arrays=rows,
        held_out=held_out,
    )


def train_path(
    chosen: Likelihood,
    design: Design,
    rows: Arrays,
    network: Network,
    settings: Settings,
    member: int,
    look: Callable[[], None] | None = None,
) -> list[Point]:
    """Train one member of an ensemble along a path of weight decays; see `train_network` and `training/path.py`.

    `look` is called at every step, and may end it by an exception.
    """
    problem, program = load(chosen, design, rows, network, settings)
    start = _initial(problem, design, settings, member)
    _check_start(program, start)
    n_rows = round(float(np.sum(rows.counts[rows.weights > 0.0])))
    return solve_path(program, problem, start, settings.epochs, settings.evidence, n_rows, look)


def _check_start(program: Program, state: State) -> None:
    """Refuse a start whose loss is not a number."""
    loss = program.loss_and_gradient(state.parameters)[0]
    if not np.isfinite(loss):
        raise ConvergenceError(f"the loss is {loss} before the first step; try another link or seed")


def _drive(
    program: Program, problem: Problem, start: State, settings: Settings, rows: Arrays, report: Report | None
) -> Solved:
    """Let the driver that was chosen run."""
    if settings.optimiser == "lm":
        n_rows = round(float(np.sum(rows.counts[rows.weights > 0.0])))
        return solve_lm(program, problem, start, settings.epochs, settings.evidence, report, n_rows)
    return solve_lbfgs(program, problem, start, settings.epochs, report)


def _solved(
    chosen: Likelihood, design: Design, rows: Arrays, network: Network, settings: Settings, solved: Solved
) -> Fitted:
    """Give the model that a driver found."""
    parameters = solved.result.parameters
    mu = chosen.mean(linear_predictor(design, network, parameters, rows.X, rows.offset))
    count = solved.effective_parameters if np.isfinite(solved.effective_parameters) else network.n_parameters
    facts = measure(chosen, rows, mu, int(np.ceil(count / network.outputs)), design.has_intercept)
    facts = replace(
        facts,
        effective_parameters=solved.effective_parameters,
        decays=solved.decays,
        noise=solved.dispersion,
        fingerprint=fingerprint(rows, None),
    )
    return Fitted(
        design,
        network,
        chosen,
        parameters,
        settings,
        facts,
        design.notes + (() if solved.settled else (f"{solved.result.reason}; fit with more epochs=",)),
        solved.result.state,
        stopped=solved.result.stopped,
        arrays=rows,
    )


def _training_notes(result: Result, network: Network) -> tuple[str, ...]:
    """Say how the training ended, if that is worth a note, and that a line by descent is not the exact one."""
    notes = (result.reason,) if result.noteworthy else ()
    if network.hidden:
        return notes
    return (*notes, "this line was trained, not solved: hidden=() with no argument of training fits it exactly")


def load(
    chosen: Likelihood, design: Design, rows: Arrays, network: Network, settings: Settings
) -> tuple[Problem, Program]:
    """Hand the rows to the engine, in the units of training."""
    X, (y, offset) = design.inputs(rows.X), design.scaling.scale_response(rows.y, rows.offset)
    if settings.optimiser in DRIVERS and (settings.evidence or settings.by_folds or settings.regularisation > 0.0):
        X, y = design.scaling.rounded(X, y)
    if settings.precision == "float32":
        check_single(design, X, y, offset, rows.totals)
    penalty = settings.regularisation * _penalised(network)
    rule = _rule(settings)
    decays, rates = _penalised(network), _rates(design, network, settings)
    problem = Problem(network, chosen, X, y, rows.totals, offset, penalty, decays=decays, rates=rates)
    return problem, engine(settings.engine, settings.precision).load(problem, rule, settings.batch)


def _rates(design: Design, network: Network, settings: Settings) -> Array | None:
    """Give the factors (k,) of the rate; the line does not see the columns of an embedding, so that these stay 0."""
    if settings.parametrisation != "ntk":
        return None
    factors = network.rate_factors()
    skip = network.views(factors).skip
    if skip is not None:
        skip[design.n_inputs :] = 0.0
    return np.asarray(factors)


def _rule(settings: Settings) -> Rule:
    """Give the optimiser's rule; a driver has none, and gets the plainest, which nobody calls."""
    return optimiser("gd" if settings.optimiser in DRIVERS else settings.optimiser, **settings.optimiser_settings)


def _penalised(network: Network) -> Array:
    """Mark with 1 the parameters (k,) that are held back: weights, but not those of a line beside hidden layers."""
    marks = network.penalised * 1.0
    skip = network.views(marks).skip
    if skip is not None:
        skip[:] = 0.0
    return np.asarray(marks)


def _initial(problem: Problem, design: Design, settings: Settings, member: int | None = None) -> State:
    """Draw initial values; where a line runs beside hidden layers, it is the fitted one.

    A step of the line of q outputs costs n q (p q)^2, hours for hundreds of classes: there it starts as the mean.
    """
    network, chosen, y, weights = problem.network, problem.likelihood, problem.y, problem.weights
    line = None
    n_inputs = design.n_inputs
    work = len(y) * network.outputs * float((1 + n_inputs) * network.outputs) ** 2
    if network.has_skip and network.outputs > 1 and work > START_WORK:
        line = np.zeros((1 + network.inputs, network.outputs))
        if design.has_intercept:
            line[0] = chosen.constant(y, weights)
    elif network.has_skip:
        ones = np.ones((len(y), 1))
        X = np.hstack([ones, problem.X[:, :n_inputs]])
        ridge = np.full(X.shape[1], START_RIDGE * np.sum(weights))
        ridge[0] = 0.0 if design.has_intercept else np.inf
        kept = np.isfinite(ridge)
        start = fit_line(chosen, X[:, kept], y, weights, problem.offset, ridge=ridge[kept], polished=False)
        line = np.zeros((1 + network.inputs, network.outputs))
        line[: len(kept)][kept] = start.coefficients
    own = () if member is None else (member,)
    parameters = network.initial(seed_stream(settings.seed, START, *own), line, settings.parametrisation)
    moments = np.zeros((_rule(settings).n_moments, len(parameters)))
    return State(parameters, moments, rng=dict(seed_stream(settings.seed, ORDERS, *own).bit_generator.state))


def _validation(design: Design, rows: Arrays) -> Validation:
    """Give the rows held out in the units of training."""
    y, offset = design.scaling.scale_response(rows.y, rows.offset)
    return design.inputs(rows.X), y, rows.totals, offset


def seed_stream(seed: int, *purpose: int) -> np.random.Generator:
    """Give the seed's own generator for one purpose (of one member), so that none disturbs another."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=purpose)))
