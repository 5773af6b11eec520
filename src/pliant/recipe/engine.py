"""Decide which engine trains, where nobody asked for one: by how long the training may be, and by nothing else.

A table and arguments then give the same numbers whatever ran before in the process, and on every machine alike.
"""

from dataclasses import replace

from pliant.engines import choose_engine
from pliant.recipe.asked import Asked, Plan

STEP = 50_000  # numbers that a step costs beside its arithmetic: some 0.1 ms, whatever its size
SQUARED = 16  # products of J'J that are made in the time of one number of J
MEMBERS = 10  # where as many are fitted as suit the rows


def settle_engine(plan: Plan, asked: Asked, rows: int, outputs: int, n_parameters: int) -> Plan:
    """Give the plan with its engine, once design and network are known.

    Raises
    ------
    MissingExtraError
        If the engine cannot run here.
    """
    if plan.deep:
        return plan
    name = choose_engine(asked.engine, asked.digits, numbers_to_work(plan, rows, outputs, n_parameters))
    return replace(plan, settings=replace(plan.settings, engine=name))


def numbers_to_work(plan: Plan, rows: int, outputs: int, n_parameters: int) -> float:
    """Give about how many numbers the training works through if it takes all its steps; NumPy needs some 2 ns each."""
    settings = plan.settings
    size = rows if settings.batch is None else min(settings.batch, rows)
    steps = settings.epochs * -(-rows // max(size, 1))
    each = float(size * n_parameters)
    if settings.optimiser == "lm":
        each *= outputs * (1.0 + n_parameters / SQUARED)
    fits = 1 if plan.members is None else plan.members or MEMBERS
    return float(fits * steps) * (STEP + each)
