"""Decide on a fit by a driver: damped Gauss-Newton, or L-BFGS, with the whole table at every step."""

from dataclasses import replace

from pliant.engines import choose_engine
from pliant.errors import ArgumentError
from pliant.recipe.asked import BY_FOLDS, EVIDENCE, Asked, Plan, count_epochs, penalty
from pliant.record import Settings

CURVATURE_ROWS = 5_000  # to here damped Gauss-Newton takes the whole table at every step
CURVATURE_WORK = 2e9  # rows times outputs times parameters squared: about a second a step; beyond, not at all
MEMBERS_REASON = "a network a fold, so that the fit knows its error on rows it did not see"
UNITS_REASON = "8 hidden units beside the line: enough to bend, few enough to train at once"
MORE_UNITS, MORE_ROWS = 16, 3.5  # so many units where there are so many rows for each of their parameters
EVIDENCE_REASON = "weight decay by evidence, so that the hidden units bend only for a reason"
BY_FOLDS_REASON = (
    "weight decay by evidence, and stronger where the folds say so: the hidden units bend only for a reason"
)
MEMBER_STEPS = 60  # of a member's first fit: more gain little, see decision 0014
LEAST_ROWS = 3  # for members that leave one out
DRIVER_STEPS = {"lm": 200, "lbfgs": 1_000}


def by_curvature(asked: Asked, hidden: tuple[int, ...], by_recipe: bool) -> Plan:
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
        reasons.append(UNITS_REASON)
    if asked.optimiser is None:
        reasons.append("damped Gauss-Newton from the fitted line, since the table is small")
    evidence = asked.regularisation == EVIDENCE or (asked.regularisation is None and name == "lm")
    if evidence and name != "lm":
        raise ArgumentError("evidence needs the curvature of optimiser='lm'; give lbfgs a number")
    by_folds = asked.regularisation == BY_FOLDS
    if by_folds and name != "lm":
        raise ArgumentError("regularisation='cv' goes along a path of decays by optimiser='lm'; give lbfgs a number")
    if evidence and asked.regularisation is None:
        reasons.append(EVIDENCE_REASON)
    epochs = DRIVER_STEPS[name] if asked.epochs is None else count_epochs(asked.epochs)
    settings = Settings(
        engine=choose_engine(asked.engine, asked.digits),
        optimiser=name,
        optimiser_settings={},
        learning_rate=0.0,
        epochs=epochs,
        batch=None,
        schedule="constant",
        regularisation=0.0 if evidence or by_folds else penalty(asked.regularisation),
        validation=None,
        patience=None,
        seed=asked.seed,
        precision=asked.digits,
        evidence=evidence,
        by_folds=by_folds,
        reasons=tuple(reasons),
    )
    return Plan(hidden, False, settings, open=asked.optimiser is None)


def widen(plan: Plan, rows: int, inputs: int, outputs: int) -> Plan:
    """Give the recipe's network more units where the rows are many for them: they bend where fewer cannot."""
    parameters = MORE_UNITS * (inputs + 1 + outputs)
    if UNITS_REASON not in plan.settings.reasons or rows * outputs < MORE_ROWS * parameters:
        return plan
    more = f"{MORE_UNITS} hidden units beside the line: {rows:,} rows are enough for their {parameters:,} parameters"
    reasons = tuple(more if reason == UNITS_REASON else reason for reason in plan.settings.reasons)
    return replace(plan, hidden=(MORE_UNITS,), settings=replace(plan.settings, reasons=reasons))


def with_members(plan: Plan, asked: Asked) -> Plan:
    """Let the folds of the members choose how strong the decay is, where nobody asked for another."""
    settings, reasons = plan.settings, plan.settings.reasons
    if settings.by_folds and plan.members is None:
        raise ArgumentError(
            "regularisation='cv' lets the folds of members choose; ask for members=10, or leave members out"
        )
    if plan.members is None or settings.optimiser != "lm":
        return plan
    if settings.evidence and asked.regularisation is None:
        reasons = tuple(BY_FOLDS_REASON if reason == EVIDENCE_REASON else reason for reason in reasons)
        settings = replace(settings, by_folds=True)
    if settings.by_folds and asked.epochs is None:
        settings = replace(settings, epochs=MEMBER_STEPS)
    return replace(plan, settings=replace(settings, reasons=reasons))


def refine(plan: Plan, rows: int, outputs: int, n_parameters: int) -> Plan:
    """Leave damped Gauss-Newton for L-BFGS where its Jacobian is too big, if nobody asked for it; members for one fit.

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
    if plan.open and rows < LEAST_ROWS:
        reasons = tuple(reason for reason in plan.settings.reasons if reason != MEMBERS_REASON)
        settings = replace(plan.settings, reasons=reasons, by_folds=False, epochs=DRIVER_STEPS[plan.settings.optimiser])
        plan = replace(plan, members=None, settings=settings)
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
        by_folds=False,
        reasons=reasons,
    )
    return replace(plan, settings=settings)
