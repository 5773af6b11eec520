"""Decide between line and network, and how a network is trained."""

from collections.abc import Mapping
from dataclasses import replace

from pliant.engines import choose_engine
from pliant.errors import ArgumentError, said
from pliant.optimisers import DRIVERS, OPTIMISERS
from pliant.optimisers import optimiser as find_optimiser
from pliant.optimisers.checks import check_choice, check_count, check_number, check_word
from pliant.recipe.asked import FIRTH, Asked, Plan, count_epochs, penalty, share, widths
from pliant.recipe.curvature import CURVATURE_ROWS, MEMBERS_REASON, by_curvature, with_members
from pliant.recipe.deep import by_small_steps
from pliant.record import Settings

FULL_BATCH_ROWS = 2_000  # to here one step sees all rows; beyond, batches of 256
HOLD_OUT_ROWS = 100  # from here the recipe can spare a fifth of the rows to choose when to stop
MOST_MEMBERS = 10**9  # one a row, if there are so many
STEPS = 4_000  # what the recipe's training may take
NOTHING_BENDS = "there is no column that could bend, so this is the line: the mean alone"


def choose(asked: Asked, n_rows: int, gaussian: bool = True) -> Plan:
    """Decide what is left open.

    Parameters
    ----------
    asked : Asked
    n_rows : int
        Of the table.
    gaussian : bool
        Whether the family is gaussian.

    Returns
    -------
    Plan
        Its settings have a reason for each thing that was decided here; none where everything was asked for.

    Raises
    ------
    ArgumentError
        If widths, optimiser or engine are not known, or the engine cannot run.
    """
    check_word("engine", asked.engine)
    given = asked.optimiser_settings
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise ArgumentError(f"optimiser_settings is {said(given)}; it has to be a dict by name")
    asked = replace(asked, seed=check_count("seed", asked.seed, most=2**128 - 1), validation=share(asked.validation))
    hidden = widths(asked.hidden)
    descent = (
        asked.optimiser,
        asked.learning_rate,
        asked.epochs,
        asked.batch,
        asked.schedule,
        asked.validation,
    )
    if hidden == () and all(value is None for value in descent):
        plan = Plan((), True, _exact(asked))
        return replace(plan, members=_members(asked, plan))
    small = n_rows <= CURVATURE_ROWS and all(value is None for value in (*descent, asked.patience))
    small = small and not asked.optimiser_settings
    if asked.optimiser in DRIVERS or small:
        plan = by_curvature(asked, (8,) if hidden is None else hidden, hidden is None)
    elif _is_open(asked, descent) and _may_have_members(asked):
        return by_small_steps(asked, n_rows, gaussian)
    else:
        plan = _descent(asked, hidden, n_rows)
    plan = with_members(replace(plan, members=_members(asked, plan)), asked)
    return _with_reason(plan, MEMBERS_REASON) if plan.members == 0 else plan


def _is_open(asked: Asked, descent: tuple[object, ...]) -> bool:
    """Say whether nobody asked for anything of the network or its training."""
    left = (*descent, asked.hidden, asked.patience, asked.regularisation)
    return all(value is None for value in left) and not asked.optimiser_settings


def _may_have_members(asked: Asked) -> bool:
    """Say whether the fit may be of members."""
    return asked.members != 1 and asked.engine != "torch"


def _with_reason(plan: Plan, reason: str) -> Plan:
    return replace(plan, settings=replace(plan.settings, reasons=(*plan.settings.reasons, reason)))


def _members(asked: Asked, plan: Plan) -> int | None:
    """Give how many fold members to fit; None for one fit to all rows."""
    if isinstance(asked.members, bool):
        check_count("members", asked.members, at_least=1)
    if asked.members is None:
        return 0 if plan.open and plan.hidden and asked.engine != "torch" else None
    if not plan.hidden or plan.settings.validation is not None:
        if asked.members == 1:
            return None
        why = "a line has no members" if not plan.hidden else "members hold out their own folds: leave out validation"
        raise ArgumentError(f"members={said(asked.members)}: {why}")
    return None if asked.members == 1 else check_count("members", asked.members, at_least=2, most=MOST_MEMBERS)


def _exact(asked: Asked) -> Settings:
    """Give the settings of the line fitted by IRLS.

    Raises
    ------
    ArgumentError
        If something was asked of a training, which there is none of, or there is no such engine.
    """
    for name, value in (("patience", asked.patience), ("optimiser_settings", dict(asked.optimiser_settings) or None)):
        if value is not None:
            raise ArgumentError(f"{name} belongs to a training, and an exact line is not trained; leave it out")
    choose_engine(asked.engine, asked.digits)
    return Settings(
        engine="reference",
        optimiser="irls",
        optimiser_settings={},
        learning_rate=0.0,
        epochs=0,
        batch=None,
        schedule="constant",
        regularisation=0.0 if asked.regularisation == FIRTH else penalty(asked.regularisation),
        validation=None,
        patience=None,
        seed=asked.seed,
        precision="float64",
        firth=asked.regularisation == FIRTH,
    )


def _descent(asked: Asked, hidden: tuple[int, ...] | None, n_rows: int) -> Plan:
    """Decide on a training by descent."""
    reasons = []
    validation, regularisation = asked.validation, asked.regularisation
    patience = None if asked.patience is None else check_count("patience", asked.patience)
    by_recipe = hidden is None
    if hidden is None:
        hidden = (8,)
        reasons.append("8 hidden units beside the line: enough to bend, few enough to train at once")
        if regularisation is None:
            regularisation = 1e-3
            reasons.append("regularisation 0.001 on the hidden weights, so that they bend only for a reason")
        if validation is None and n_rows >= HOLD_OUT_ROWS:
            validation = 0.2
            reasons.append("a fifth of the rows held out, and the weights kept that did best on them")
    batch = None if asked.batch is None else check_count("batch", asked.batch, at_least=1)
    if batch is None and n_rows > FULL_BATCH_ROWS and asked.optimiser != "gd":
        batch = 256
        reasons.append(f"256 rows a step, since the table has more than {FULL_BATCH_ROWS:,} rows")
    epochs = None if asked.epochs is None else count_epochs(asked.epochs)
    if epochs is None:
        steps_an_epoch = 1 if batch is None else -(-n_rows // batch)
        epochs = max(1, STEPS // steps_an_epoch) if by_recipe else 500
        reasons.append(f"at most {epochs:,} epochs")
    if patience is None and validation is not None and by_recipe:
        patience = max(10, epochs // 10)
    if asked.optimiser is not None:
        check_choice("optimiser", asked.optimiser, (*OPTIMISERS, *DRIVERS))
    rule = find_optimiser(asked.optimiser or "adam", **asked.optimiser_settings)
    settings = Settings(
        engine=choose_engine(asked.engine, asked.digits),
        optimiser=rule.name,
        optimiser_settings=dict(rule.settings),
        learning_rate=0.01 if asked.learning_rate is None else check_number("learning_rate", asked.learning_rate),
        epochs=epochs,
        batch=batch,
        schedule=asked.schedule or "constant",
        regularisation=penalty(regularisation),
        validation=validation,
        patience=patience,
        seed=asked.seed,
        precision=asked.digits,
        reasons=tuple(reasons),
    )
    return Plan(hidden, False, settings)
