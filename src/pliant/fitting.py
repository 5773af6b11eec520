"""The spine: from a table and a formula to a fitted model, one step after the other.

table -> formula -> design and arrays -> line, or network -> engine -> training -> fitted model

Each step lives in its own room; this page calls them in order and does no arithmetic of its own.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.columns import shown_rows
from pliant.data.design import Design, has_inputs, learn_design
from pliant.data.entry import formula_and_table
from pliant.data.given import count_rows, given_groups, written_out
from pliant.data.sizes import check_sizes
from pliant.data.table import read_table
from pliant.descent import lay_network, split, train_network, training_rows
from pliant.ensemble import Task, better, fit_members, n_folds
from pliant.errors import ArgumentError, InputError, ResponseError
from pliant.functions.activations import ACTIVATIONS
from pliant.functions.likelihood import Likelihood, likelihood
from pliant.identity import identity
from pliant.line import fit_exact_line, parameter_for_network
from pliant.measure import fingerprint, useless
from pliant.model import Fitted, check_fitted
from pliant.optimisers import DRIVERS
from pliant.optimisers.checks import check_choice, check_count, check_flag, check_path, check_word, with_known_names
from pliant.recipe import (
    NOTHING_BENDS,
    Asked,
    Plan,
    activation_of,
    by_small_steps,
    choose,
    count_epochs,
    instead,
    refine,
    settle_engine,
    what_was_asked,
    widen,
    worth_it,
)
from pliant.training import Checkpoint, kept_to_the_end, progress_bar, read_every

FIRST, SECOND = "first", "second"  # stages of a fit in its checkpoint: what is fitted, and what is tried beside it
NOTHING_KEPT = "checkpoint= kept nothing: {} is solved in one go; a fit that is stopped begins anew"


@with_known_names
def fit(
    formula: object,
    table: object,
    /,
    *,
    family: str = "gaussian",
    link: str | None = None,
    hidden: int | Sequence[int] | None = None,
    activation: str | None = None,
    skip: bool = True,
    engine: str = "auto",
    optimiser: str | None = None,
    optimiser_settings: Mapping[str, float] | None = None,
    learning_rate: float | None = None,
    schedule: str | None = None,
    epochs: int | None = None,
    batch: int | None = None,
    regularisation: float | str | None = None,
    validation: float | None = None,
    patience: int | None = None,
    weights: Any = None,
    offset: Any = None,
    frequencies: Any = None,
    missing: str = "drop",
    standardise: bool = True,
    seed: int = 0,
    precision: str | None = None,
    members: int | None = None,
    groups: Any = None,
    in_order: bool = False,
    threads: int | None = None,
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: str = "30 s",
) -> Fitted:
    """Fit a line, or a network that contains it, to a table.

    eta = offset + X beta + hidden part of X;   mu = inverse link(eta);   y ~ family(mu)

    Parameters
    ----------
    formula, table : str; frame, dict of arrays, or path of a CSV or Parquet file
        In either order. Or two arrays, X (n, p) and y (n,) or (n, q).
    family : str
        "gaussian", "binomial", "poisson", "multinomial", "gamma", "inverse_gaussian", "negative_binomial", "tweedie",
        "quasipoisson" or "quasibinomial". theta of the negative binomial and the power of tweedie are estimated;
        "negative_binomial(theta=2)" and "tweedie(power=1.5)" hold them.
    link : str, optional
        By default the family's own, the first of its `links`: identity for gaussian, logit for binomial, else log.
    hidden : int or sequence of int, optional
        Widths of the hidden layers. `()` or 0: the line alone, fitted by iteratively reweighted least squares to
        the floor of float64. None: the recipe decides, and the summary says what and why: 8 or 16 units by damped
        Gauss-Newton to 5,000 rows, beyond them three layers of 128 on embedded inputs by small steps.
    activation : str, optional
        Of the hidden units: a name of `pliant.functions.activations.ACTIVATIONS`. By default tanh, and silu in the
        three layers that the recipe chooses for many rows.
    skip : bool
        Whether the line runs beside the hidden layers; the training then starts from the fitted line.
    engine : str
        "reference", "compiled", "torch", or "auto", which takes the compiled engine for trainings that are long enough
        to pay for its start, and the reference engine for the rest.
    optimiser : str, optional
        "lm" (damped Gauss-Newton) or "lbfgs", which take the whole table at every step and need no learning rate;
        or "gd", "sgd", "adam" or "adamw", with `optimiser_settings` for the rest of their arguments.
    learning_rate : float, optional
        0.01 by default.
    schedule : str, optional
        "constant", "cosine", "exponential", "step" or "wave", over all epochs.
    epochs, batch : int, optional
        Passes over the rows; rows of one step (all of them, or 256 beyond 2,000 rows).
    regularisation : float, "evidence", "cv" or "firth", optional
        "evidence": lm sets one weight decay for the hidden weights and one for the line so that the data are most
        probable, and counts the parameters that the data determine. "cv": the folds of the members choose among
        decays of the hidden weights from 0.003 to 30, against the summed loss. None, with members: that of evidence,
        or 4, 16 or 64 times as strong for the hidden weights, as the folds choose. A number: half of it times the
        squared weights is added to the mean loss: hidden weights, where the line runs beside them, else all weights;
        never biases. In standardised units. "firth": for a binomial line with the logit or a poisson line with the
        log, Firth's penalised likelihood, which is finite where columns separate.
    validation : float, optional
        Share of the rows held out; the weights with the lowest loss on them are kept.
    patience : int, optional
        Epochs without a lower loss on the rows held out before the training stops.
    weights, offset : str or array (n,), optional
        Prior weights, which say how precise a row is; a known part of eta. A column's name, or one number a row of
        the table.
    frequencies : str or array (n,), optional
        How many equal rows each row stands for: whole numbers. The fit is that of the table with its rows
        repeated, in every number: rows, degrees of freedom, likelihood, dispersion, standard errors, folds.
    missing : {"drop", "impute", "error"}
        Rows with missing values: left out, and said so; filled by median or commonest level with an indicator
        column; refused.
    standardise : bool
        Whether a network's inputs (and a gaussian response) are centred and scaled; results are in the user's
        units either way.
    seed : int
        Of initial values, rows held out, and row orders.
    precision : {"float64", "float32"}, optional
        Of the training; "float32" in the compiled and the torch engine. Predictions are float64. By default float64,
        and float32 where the recipe chooses small steps and the compiled engine runs.
    members : int, optional
        Fits that each leave out one fold of the rows, so that their mean knows its error on rows it did not see: it
        gives intervals, and the verdict between line and curve. None: ten where the recipe chooses the optimiser;
        1: a single fit to all rows.
    groups : str or array (n,), optional
        Rows of one group are left out together: a column, or one value a row of the table.
    in_order : bool
        Whether the rows are in the order of time: folds are then blocks of consecutive rows.
    threads : int, optional
        For the members; one a processor by default. The result does not depend on it.
    progress : bool, optional
        None: on a terminal only.
    checkpoint : path, optional
        A file that keeps the fit while it is trained and when it is interrupted: members that are done, and the state
        of those that run. If it is there already, the fit goes on from it, to the last bit as if it had never stopped;
        a file of another fit is refused, with what differs. A line, and one network by lm or lbfgs, are solved in one
        go: nothing is kept, and a note says so.
    checkpoint_every : str
        How often it is written: "30 s", "5 min", "1 h" or "10 epochs".

    Returns
    -------
    Fitted

    Raises
    ------
    InputError
        If formula, table or an argument cannot be used: says what, where and what to do.
    SeparationError
        If columns of a line separate the outcomes, so that it has no finite fit; names the columns.
    ConvergenceError
        If the line does not settle for another reason.

    Examples
    --------
    >>> import pliant
    >>> line = pliant.fit("dist ~ speed", {"speed": [4, 7, 8, 9], "dist": [2, 4, 16, 10]}, hidden=())
    >>> {name: round(value, 3) for name, value in line.coefficients.items()}
    {'Intercept': -7.0, 'speed': 2.143}
    """
    said = what_was_asked(fit, locals())
    asked = Asked(
        hidden,
        engine,
        optimiser,
        learning_rate,
        epochs,
        batch,
        schedule,
        regularisation,
        validation,
        patience,
        seed,
        precision,
        optimiser_settings or {},
        members,
    )
    check_word("family", family)
    if activation is not None:
        check_choice("activation", activation, ACTIVATIONS)
    skip, standardise = bool(check_flag("skip", skip)), bool(check_flag("standardise", standardise))
    in_order = bool(check_flag("in_order", in_order))
    if threads is not None:
        check_count("threads", threads, at_least=1)
    every = read_every(checkpoint_every)
    if progress is not None:
        check_flag("progress", progress)
    if checkpoint is not None:
        check_path("checkpoint", checkpoint)
    chosen = likelihood(family, link)
    parsed, read = formula_and_table(formula, table)
    bends = hidden is not None or has_inputs(parsed, read, weights, offset, frequencies, groups)
    plan = choose(
        asked if bends else replace(asked, hidden=()), count_rows(frequencies, read), chosen.scales_with_response
    )
    file = None if checkpoint is None else Checkpoint(checkpoint, every)
    if plan.members is None and (groups is not None or in_order):
        what = "in_order" if groups is None else "groups"
        raise ArgumentError(f"{what} says which rows members leave out together, and this fit has none; leave it out")
    trained_on = training_rows(read.n_rows, plan.settings.validation, seed)
    beside = {"weights": weights, "offset": offset, "frequencies": frequencies}
    design, arrays = learn_design(
        parsed,
        read,
        coding=chosen.family.coding,
        missing=missing,
        **beside,
        standardise=standardise and not plan.exact,
        scale_response=standardise and not plan.exact and chosen.scales_with_response,
        training=trained_on,
        left_out=(groups,) if isinstance(groups, str) else (),
    )
    check_response(chosen, design, arrays)
    check_sizes(design, arrays, trained=not plan.exact, members=plan.members is not None)
    if plan.exact:
        model = fit_exact_line(chosen, design, arrays, replace(plan.settings, given=_names(beside), asked=said))
    else:
        labels = None if groups is None else given_groups(groups, read, arrays.rows)
        if plan.members is not None and frequencies is not None:
            labels = None if labels is None else np.repeat(labels, arrays.counts.astype(np.int64))
            read, arrays = written_out(read, arrays, frequencies)
        shapes = count(arrays), design.n_inputs, chosen.outputs(arrays.y)
        plan = instead(widen(plan, *shapes), asked, shapes, chosen.scales_with_response)
        rows, held_out = split(arrays, trained_on)
        shape = parameter_for_network(chosen, design, rows)

        def laid(plan: Plan, stage: str) -> tuple[Plan, Task]:
            """Settle a plan for these rows, lay its network, and look whether the checkpoint is of the same fit."""
            own = design.embedded(rows) if plan.deep else design
            network = lay_network(chosen, own, rows, plan.hidden, activation_of(plan, activation), skip)
            sizes = count(rows), network.outputs, network.n_parameters
            begun = file.engine(stage) if file is not None and engine == "auto" else None
            plan = settle_engine(refine(plan, *sizes), replace(asked, engine=begun or engine), *sizes)
            settings = replace(plan.settings, given=_names(beside), asked=said)
            task = Task(shape.likelihood, own, rows, network, settings)
            if file is not None:
                how: dict[str, Any] = {"standardise": standardise}
                if plan.members is not None:
                    how |= {"members": n_folds(len(rows.y), plan.members or None), "in_order": in_order}
                    how |= {} if labels is None else {"groups": np.asarray(labels)}
                file.begin(stage, identity(task.chosen, own, arrays, network, settings, **how))
            return plan, task

        plan, task = laid(plan, FIRST)
        with progress_bar(progress) as report, kept_to_the_end(file):
            if plan.members is None:
                part = None if file is None else file.part(FIRST)
                model = train_network(
                    task.chosen, task.design, rows, held_out, task.network, task.settings, report, checkpoint=part
                )
            else:
                folds = n_folds(len(rows.y), plan.members or None)

                def of_members(task: Task, stage: str) -> Fitted:
                    place = None if file is None else file.places(stage)
                    return fit_members(task, folds, labels, in_order, threads, report, place)

                model = of_members(task, FIRST)
                share = 0.0 if model.members is None else model.members.verdict.share
                if worth_it(plan, asked, len(rows.y), share):
                    deeper = by_small_steps(replace(asked, members=folds), len(rows.y), chosen.scales_with_response)
                    model = better(model, of_members(laid(deeper, SECOND)[1], SECOND))
        model = replace(model, notes=model.notes + shape.notes)
    if file is not None and plan.members is None and (plan.exact or plan.settings.optimiser in DRIVERS):
        what = "a line" if plan.exact else f"one network by {plan.settings.optimiser}"
        model = replace(model, notes=(*model.notes, NOTHING_KEPT.format(what)))
    notes = model.notes if bends else (*model.notes, NOTHING_BENDS)
    if design.n_inputs:
        notes += useless(model.facts, arrays.y, f"the response '{design.response.label}'")
    return replace(model, table=read, frame_kind=read.kind, notes=notes)


@with_known_names
def continue_training(
    model: Fitted,
    epochs: int,
    table: object = None,
    *,
    weights: Any = None,
    offset: Any = None,
    frequencies: Any = None,
    progress: bool | None = None,
) -> Fitted:
    """Train a model further from where its run stood.

    Parameters
    ----------
    model : Fitted
        From `fit` or `load`; not an exact line, which has nothing to go on with.
    epochs : int
        How many more. A schedule stays at its end once its epochs are over.
    table : frame, dict or path, optional
        The training table, for a model from a file.
    weights, offset, frequencies : str or array, optional
        As given to `fit`, for a model from a file; a column that was named there is found by its name.
    progress : bool, optional

    Returns
    -------
    Fitted
        Equal, bit for bit, to one run that was never stopped.

    Raises
    ------
    InputError
        If there is nothing to go on with, or the table is not the one of the training.
    """
    check_fitted("continue_training", model)
    if model.training is None:
        if model.members is not None:
            raise InputError("members have settled, each on its own rows; there is nothing to continue: fit anew")
        raise InputError("the line is fitted to the floor of float64; there is nothing to continue")
    if model.settings.optimiser in DRIVERS:
        raise InputError(f"{model.settings.optimiser} has settled; there is nothing to continue: fit with more epochs=")
    count_epochs(epochs)
    if table is None:
        read, rows, held_out = model.training_table(), model.data(), model.held_out
    else:
        read = read_table(table)
        beside = {"weights": weights, "offset": offset, "frequencies": frequencies}
        named = {what: column for what, column in model.settings.given.items() if column is not None}
        arrays = model.design.arrays(read, **named | {k: v for k, v in beside.items() if v is not None})
        rows, held_out = split(arrays, training_rows(read.n_rows, model.settings.validation, model.settings.seed))
    if fingerprint(rows, held_out) != model.facts.fingerprint:
        raise InputError(f"{read.source} is not the table of the training: its rows differ; fit it anew")
    last = model.training.epoch + epochs
    with progress_bar(progress) as report:
        longer = train_network(
            model.likelihood,
            model.design,
            rows,
            held_out,
            model.network,
            model.settings,
            report,
            before=model.training,
            epochs=last,
        )
    return replace(longer, table=read, frame_kind=model.frame_kind)


def count(arrays: Arrays) -> int:
    """Give the number of rows, each as often as its frequency says."""
    return round(float(np.sum(arrays.counts)))


def _names(beside: Mapping[str, Any]) -> dict[str, str | None]:
    """Give the column that each argument beside the table named; None for one that came as numbers."""
    return {what: value if isinstance(value, str) else None for what, value in beside.items() if value is not None}


def check_response(chosen: Likelihood, design: Design, arrays: Arrays) -> None:
    """Say which rows of the response the family does not admit, if any."""
    family = chosen.family
    bad = np.flatnonzero(~np.all(family.admits(arrays.y), axis=1))
    if len(bad):
        where = shown_rows(arrays.rows[bad])
        raise ResponseError(
            f"the response '{design.response.label}' has values that the {family.name} family does not admit "
            f"({where}); it takes {family.admitted}"
        )
