"""Decide on the middle recipe: three layers beside the line, trained by small steps, each member on its own rows.

    embedded inputs -> learned scale -> 128 -> 128 -> 128 -> outputs,   plus the line

NTK scaling, Adam on a falling wave, a budget of steps, and of every member the weights that did best on the fold that
it does not see. `docs/decisions/0016` has the measurements.

References
----------
Holzmueller, Grinsztajn and Steinwart (2024), Better by Default. Jacot, Gabriel and Hongler (2018), Neural Tangent
Kernel.
"""

from pliant.engines import choose_engine
from pliant.optimisers import optimiser as find_optimiser
from pliant.recipe.asked import Asked, Plan
from pliant.record import Settings

WIDTHS, ACTIVATION = (128, 128, 128), "silu"
RATE_GAUSSIAN, RATE_ELSE = 0.07, 0.04
DECAY_OF_SQUARES = 0.95  # of Adam's second moment
MEMBERS = 5
FEW_ROWS, FEW_STEPS, STEPS, MOST_STEPS, EPOCHS = 5_000, 1_000, 1_500, 4_000, 20
BATCHES = ((3_000, 128), (20_000, 256), (50_000, 512), (200_000, 1_024))  # to so many rows, so many a step
LARGEST_BATCH = 2_048
LEAST_ROWS = 500  # beyond, a table whose curve is strong is worth it
RECIPE_WORK = 3e8  # rows times outputs times parameters squared, for a step of damped Gauss-Newton
STRONG = 0.5  # of the line's deviance that the curve takes off, out of fold
BENDS_REASON = "three layers of 128 units on embedded inputs, beside the line: rows enough to bend anywhere"
STEPS_REASON = "small steps on a falling wave; of each network the weights that did best on the fold it does not see"


def by_small_steps(asked: Asked, n_rows: int, gaussian: bool) -> Plan:
    """Decide on members that are trained by small steps.

    Parameters
    ----------
    asked : Asked
    n_rows : int
        To train on.
    gaussian : bool
        Whether the family is gaussian, whose response is standardised.
    """
    engine, precision = asked.engine, asked.precision
    if precision is None:
        fast = "float64" if engine == "reference" else "float32"
        reason = choose_engine("auto", "float32")
        precision = fast if engine != "auto" or reason == "compiled" else "float64"
    batch = next((size for rows, size in BATCHES if n_rows <= rows), LARGEST_BATCH)
    rule = find_optimiser("adam", beta2=DECAY_OF_SQUARES)
    settings = Settings(
        engine=choose_engine(engine, precision),
        optimiser=rule.name,
        optimiser_settings=dict(rule.settings),
        learning_rate=RATE_GAUSSIAN if gaussian else RATE_ELSE,
        epochs=_epochs(n_rows, batch),
        batch=batch,
        schedule="wave",
        regularisation=0.0,
        validation=None,
        patience=None,
        seed=asked.seed,
        precision=precision,
        parametrisation="ntk",
        reasons=(BENDS_REASON, STEPS_REASON),
    )
    return Plan(WIDTHS, False, settings, members=asked.members or MEMBERS, deep=True)


def _epochs(n_rows: int, batch: int) -> int:
    """Give the epochs of the budget of steps."""
    steps_an_epoch = max(1, n_rows // batch)
    least = FEW_STEPS if n_rows <= FEW_ROWS else STEPS
    return -(-min(max(least, EPOCHS * steps_an_epoch), MOST_STEPS) // steps_an_epoch)


def instead(plan: Plan, asked: Asked, sizes: tuple[int, int, int], gaussian: bool) -> Plan:
    """Give small steps in place of damped Gauss-Newton where the latter would take minutes.

    Parameters
    ----------
    plan : Plan
        With its widths.
    asked : Asked
    sizes : rows, inputs, outputs
    gaussian : bool
    """
    rows, inputs, outputs = sizes
    parameters = sum(plan.hidden) * (inputs + 1 + outputs) + (inputs + 1) * outputs
    if rows <= LEAST_ROWS or rows * outputs * float(parameters) ** 2 <= RECIPE_WORK or not _free(plan, asked):
        return plan
    return by_small_steps(asked, rows, gaussian)


def _free(plan: Plan, asked: Asked) -> bool:
    """Say whether members may be trained by small steps, since nobody asked for anything else."""
    nothing = plan.open and asked.hidden is None and asked.regularisation is None
    return nothing and asked.engine != "torch" and plan.members is not None


def activation_of(plan: Plan, asked: str | None) -> str:
    """Give the activation of the hidden units."""
    return asked or (ACTIVATION if plan.deep else "tanh")


def worth_it(plan: Plan, asked: Asked, rows: int, share: float) -> bool:
    """Say whether rows whose curve takes `share` off the line's deviance are worth a second, deeper fit."""
    return _free(plan, asked) and rows > LEAST_ROWS and share > STRONG
