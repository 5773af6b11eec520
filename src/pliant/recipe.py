"""What is chosen where nothing is asked.

Every choice is a plain rule of what was asked and of the number of rows, and each comes with the sentence that
the summary prints. A value that the user gave is never changed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pliant.engines import choose_engine
from pliant.errors import ArgumentError
from pliant.optimisers import DRIVERS, OPTIMISERS
from pliant.optimisers import optimiser as find_optimiser
from pliant.optimisers.checks import check_choice, check_count
from pliant.record import Settings

FULL_BATCH_ROWS = 2_000  # to here one step sees all rows; beyond, batches of 256
HOLD_OUT_ROWS = 100  # from here the recipe can spare a fifth of the rows to choose when to stop
STEPS = 4_000  # what the recipe's training may take
CURVATURE_ROWS = 5_000  # to here damped Gauss-Newton takes the whole table at every step
CURVATURE_WORK = 2e9  # rows times outputs times parameters squared: about a second a step; beyond, L-BFGS
DRIVER_STEPS = {"lm": 200, "lbfgs": 1_000}


@dataclass(frozen=True)
class Asked:
    """The arguments of `fit` that decide what is trained and how; None where nothing was asked."""

    hidden: int | Sequence[int] | None
    engine: str
    optimiser: str | None
    learning_rate: float | None
    epochs: int | None
    batch: int | None
    schedule: str | None
    regularisation: float | str | None
    validation: float | None
    patience: int | None
    seed: int
    precision: str
    optimiser_settings: Mapping[str, float]
    members: int | None = None


def widths(hidden: int | Sequence[int] | None) -> tuple[int, ...] | None:
    """Give the widths of the hidden layers: () for a line, None where the recipe decides.

    Raises
    ------
    ArgumentError
        If a width is not a whole number above 0.
    """
    if hidden is None:
        return None
    given = list(hidden) if isinstance(hidden, Sequence) and not isinstance(hidden, str) else [hidden]
    given = [] if given == [0] else given
    for width in given:
        if isinstance(width, bool) or not hasattr(width, "__index__") or int(width) < 1:
            raise ArgumentError(f"hidden={hidden!r}: a width is a whole number above 0; () or 0 is the line")
    return tuple(int(width) for width in given)


@dataclass(frozen=True)
class Plan:
    """What is to be fitted, and how."""

    hidden: tuple[int, ...]
    exact: bool  # the line by IRLS; else a training by descent
    settings: Settings
    members: int | None = None  # fold members: how many, 0 for as many as suit the rows; None: one fit to all rows
    open: bool = False  # nobody asked for an optimiser: `refine` may still choose another


def choose(asked: Asked, n_rows: int) -> Plan:
    """Decide what is left open.

    Parameters
    ----------
    asked : Asked
    n_rows : int
        Of the table.

    Returns
    -------
    Plan
        Its settings have a reason for each thing that was decided here; none where everything was asked for.

    Raises
    ------
    ArgumentError
        If widths, optimiser or engine are not known, or the engine cannot run.
    """
    check_count("seed", asked.seed)
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
    if asked.optimiser in DRIVERS or small:
        plan = _curvature(asked, (8,) if hidden is None else hidden, hidden is None)
    else:
        plan = _descent(asked, hidden, n_rows)
    return replace(plan, members=_members(asked, plan))


def _members(asked: Asked, plan: Plan) -> int | None:
    """Give how many fold members to fit; None for one fit to all rows."""
    if asked.members is None:
        return 0 if plan.open and plan.hidden and asked.engine != "torch" else None
    if not plan.hidden or plan.settings.validation is not None:
        if asked.members == 1:
            return None
        why = "a line has no members" if not plan.hidden else "members hold out their own folds: leave out validation"
        raise ArgumentError(f"members={asked.members!r}: {why}")
    return None if asked.members == 1 else check_count("members", asked.members, at_least=2)


def refine(plan: Plan, rows: int, outputs: int, n_parameters: int) -> Plan:
    """Leave damped Gauss-Newton for L-BFGS where its Jacobian is too big, if nobody asked for it.

    Parameters
    ----------
    plan : Plan
    rows, outputs, n_parameters : int
        Known once design and network are.

    Raises
    ------
    ArgumentError
        If somebody asked for it.
    """
    if plan.settings.optimiser != "lm" or rows * outputs * n_parameters**2 <= CURVATURE_WORK:
        return plan
    size = f"{rows:,} rows and {n_parameters:,} parameters"
    if not plan.open:
        raise ArgumentError(f"{size} are too many for lm, which solves for all at once; choose optimiser='lbfgs'")
    regularisation = plan.settings.regularisation or 1e-3
    reasons = (
        *(reason for reason in plan.settings.reasons if "Gauss-Newton" not in reason and "evidence" not in reason),
        f"L-BFGS with regularisation {regularisation:g}, since {size} are many for damped Gauss-Newton",
    )
    settings = replace(
        plan.settings,
        optimiser="lbfgs",
        epochs=DRIVER_STEPS["lbfgs"],
        regularisation=regularisation,
        evidence=False,
        reasons=reasons,
    )
    return replace(plan, settings=settings)


def _curvature(asked: Asked, hidden: tuple[int, ...], by_recipe: bool) -> Plan:
    """Decide on a fit by a driver, which takes the whole table at every step.

    Raises
    ------
    ArgumentError
        If something was asked for that belongs to training by small steps.
    """
    given = {
        "learning_rate": asked.learning_rate,
        "batch": asked.batch,
        "schedule": asked.schedule,
        "validation": asked.validation,
        "patience": asked.patience,
    }
    wrong = [name for name, value in given.items() if value is not None]
    if wrong or asked.optimiser_settings:
        named = wrong[0] if wrong else "optimiser_settings"
        raise ArgumentError(f"{named} means nothing to {asked.optimiser}, which takes the whole table at every step")
    name = asked.optimiser or "lm"
    reasons = []
    if by_recipe:
        reasons.append("8 hidden units beside the line: enough to bend, few enough to train at once")
    if asked.optimiser is None:
        reasons.append("damped Gauss-Newton from the fitted line, since the table is small")
    evidence = asked.regularisation == "evidence" or (asked.regularisation is None and name == "lm")
    if evidence and name != "lm":
        raise ArgumentError("evidence needs the curvature of optimiser='lm'; give lbfgs a number")
    if evidence and asked.regularisation is None:
        reasons.append("weight decay by evidence, so that the hidden units bend only for a reason")
    epochs = DRIVER_STEPS[name] if asked.epochs is None else check_count("epochs", asked.epochs)
    settings = Settings(
        engine=choose_engine(asked.engine, asked.precision),
        optimiser=name,
        optimiser_settings={},
        learning_rate=0.0,
        epochs=epochs,
        batch=None,
        schedule="constant",
        regularisation=0.0 if evidence else _not_negative("regularisation", asked.regularisation or 0.0),
        validation=None,
        patience=None,
        seed=asked.seed,
        precision=asked.precision,
        evidence=evidence,
        reasons=tuple(reasons),
    )
    return Plan(hidden, False, settings, open=asked.optimiser is None)


def _exact(asked: Asked) -> Settings:
    """Give the settings of the line fitted by IRLS."""
    return Settings(
        engine="reference",
        optimiser="irls",
        optimiser_settings={},
        learning_rate=0.0,
        epochs=0,
        batch=None,
        schedule="constant",
        regularisation=_not_negative("regularisation", asked.regularisation or 0.0),
        validation=None,
        patience=None,
        seed=asked.seed,
        precision="float64",
    )


def _descent(asked: Asked, hidden: tuple[int, ...] | None, n_rows: int) -> Plan:
    """Decide on a training by descent."""
    reasons = []
    validation, patience, regularisation = asked.validation, asked.patience, asked.regularisation
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
    epochs = None if asked.epochs is None else check_count("epochs", asked.epochs)
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
        engine=choose_engine(asked.engine, asked.precision),
        optimiser=rule.name,
        optimiser_settings=dict(rule.settings),
        learning_rate=0.01 if asked.learning_rate is None else asked.learning_rate,
        epochs=epochs,
        batch=batch,
        schedule=asked.schedule or "constant",
        regularisation=_not_negative("regularisation", regularisation or 0.0),
        validation=validation,
        patience=patience,
        seed=asked.seed,
        precision=asked.precision,
        reasons=tuple(reasons),
    )
    return Plan(hidden, False, settings)


def _not_negative(name: str, value: object) -> float:
    """Give a finite number from 0 on, or say what it is not."""
    if value == "evidence":
        raise ArgumentError("regularisation='evidence' goes with optimiser='lm', which has the curvature it needs")
    if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0.0):
        raise ArgumentError(f"{name}={value!r} must be a number from 0 on")
    return float(value)
