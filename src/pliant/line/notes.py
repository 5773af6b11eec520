"""What there is to say of an exact line: columns left out, numbers that mean little, why a fit did not settle."""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.functions.likelihood import Likelihood
from pliant.optimisers.irls import SETTLED, LineFit
from pliant.record import Facts
from pliant.types import Array

NAMED = 8  # columns that a note names
WORTH_SAYING = 1e7  # a condition beyond it: half of float64's digits
PERFECT = 1e-28  # a variance below this share of the means' square is rounding (R: 1e-30)


def aliased_notes(design: Design, arrays: Arrays, line: LineFit) -> tuple[str, ...]:
    """Name the columns that others determine, and those that are zero wherever a row has weight."""
    if not line.aliased.any():
        return ()
    empty = ~np.any(arrays.X[arrays.weights > 0.0] != 0.0, axis=0)
    notes = []
    for gone, why in (
        (line.aliased & ~empty, "determined by the columns before and left out (aliased)"),
        (line.aliased & empty, "zero in every row with weight and left out"),
    ):
        names = [name for name, is_gone in zip(design.names, gone, strict=True) if is_gone]
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            notes.append(f"{', '.join(names[:NAMED])}{more} {'is' if len(names) == 1 else 'are'} {why}")
    return tuple(notes)


def condition_notes(line: LineFit) -> tuple[str, ...]:
    """Say where columns nearly agree: the digits of the coefficients hang on the last digits of the table."""
    if not WORTH_SAYING < line.condition < np.inf:
        return ()
    return (
        f"some columns nearly determine others (condition {line.condition:.0e}): the coefficients are right for these "
        "numbers, but change with their last digits; centre the columns, or use poly(x, degree)",
    )


def reliability_notes(chosen: Likelihood, arrays: Arrays, mu: Array, facts: Facts) -> tuple[str, ...]:
    """Say where numbers of the summary mean little."""
    notes = []
    scatter = facts.dispersion * float(np.mean(chosen.family.variance(mu)))
    if not chosen.family.dispersion_known and scatter < PERFECT * float(np.mean(mu) ** 2 + np.var(mu)):
        notes.append("the fit is essentially perfect: standard errors, tests and AIC are unreliable")
    if not chosen.family.dispersion_known and facts.df_residual <= 0 and facts.inverse_information is not None:
        notes.append("there are as many coefficients as rows, so nothing is left to tell their errors from")
    if chosen.family.name == "binomial" and np.isnan(facts.log_likelihood):
        notes.append("weights times response are not whole numbers of successes, so there is no likelihood and no AIC")
    if chosen.family.name in ("poisson", "negative_binomial") and np.any(arrays.y != np.round(arrays.y)):
        notes.append("the response is not whole numbers: the likelihood and AIC are those of a density, not of counts")
    return tuple(notes)


def why_not(chosen: Likelihood, design: Design, line: LineFit, y: Array) -> str:
    """Say in one line why a fit did not settle, with its state."""
    steps = np.max(line.last_step[~line.aliased], axis=1)
    order = np.argsort(-steps, kind="stable")
    moving = [i for i in order if not steps[i] < SETTLED] or [order[0]]
    kept = [name for name, gone in zip(design.names, line.aliased, strict=True) if not gone]
    names = [kept[i] for i in sorted(moving)]
    state = f"after {line.steps} steps the deviance is {line.deviance:.6g}"
    if chosen.family.name != "gaussian" and np.all(y == y[0]):
        return f"the response is {y[0, 0]:g} in every row, so there is nothing to fit: its mean has no finite eta"
    if chosen.family.dispersion_known:
        edge = "" if chosen.link.name in ("logit", "softmax", "probit", "cloglog") else ", or a mean lies at its bound"
        return (
            f"the line does not settle: the coefficients of {', '.join(names[:5])} run off without end, as when "
            f"columns separate the rows of one outcome from the others{edge} ({state}); leave one of them out, or ask "
            "for regularisation=0.01"
        )
    return f"the line does not settle in {', '.join(names[:5])} ({state}); try another link, or other columns"
