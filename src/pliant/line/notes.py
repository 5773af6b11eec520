"""What there is to say of an exact line: columns left out, numbers that mean little, why a fit did not settle."""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.functions.likelihood import Likelihood
from pliant.line.firth import takes_firth
from pliant.line.separation import Separation
from pliant.optimisers.irls import SETTLED, LineFit
from pliant.record import Facts
from pliant.types import Array, BoolArray

NAMED = 8  # columns that a note or a message names
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
    if not chosen.family.dispersion_known:
        scatter = facts.dispersion * float(np.mean(chosen.family.variance(mu)))
        if scatter < PERFECT * float(np.vdot(mu, mu)) / mu.size:
            notes.append("the fit is essentially perfect: standard errors, tests and AIC are unreliable")
    if not chosen.family.dispersion_known and facts.df_residual <= 0 and facts.inverse_information is not None:
        notes.append("there are as many coefficients as rows, so nothing is left to tell their errors from")
    if chosen.family.name == "binomial" and np.isnan(facts.log_likelihood):
        notes.append("weights times response are not whole numbers of successes, so there is no likelihood and no AIC")
    if chosen.family.name in ("poisson", "negative_binomial") and np.any(arrays.y != np.round(arrays.y)):
        notes.append("the response is not whole numbers: the likelihood and AIC are those of a density, not of counts")
    return tuple(notes)


def firth_note(facts: Facts, line: LineFit) -> str:
    """Say what a fit by Firth's penalised likelihood is."""
    kept = ~np.isnan(np.diagonal(line.covariance))
    half = -0.5 * float(np.linalg.slogdet(line.covariance[np.ix_(kept, kept)])[1])
    penalised = (
        "" if np.isnan(facts.log_likelihood) else f" (penalised log-likelihood {facts.log_likelihood + half:.6g})"
    )
    return (
        f"estimates are of Firth's penalised likelihood{penalised}, which takes away the bias of first order and is "
        "finite under separation; deviance and log-likelihood are without the penalty, and there is no AIC"
    )


def separated(
    chosen: Likelihood, design: Design, found: Separation, aliased: BoolArray, arrays: Arrays
) -> tuple[str, str, tuple[str, ...], dict[str, float]]:
    """Give message, kind, coefficients and direction of a `SeparationError`."""
    kept = [name for name, gone in zip(design.names, aliased, strict=True) if not gone]
    levels = design.response.levels[1:] if chosen.has_classes else ("",)
    coefficients = {
        f"{level}: {name}" if level else name: float(found.direction[j, c])
        for c, level in enumerate(levels)
        for j, name in enumerate(kept)
        if found.runs_off[j, c]
    }
    y = arrays.y[arrays.weights > 0.0]
    if np.all(y == y[0]):
        state = f"the response is {y[0, 0]:g} in every row, so there is nothing to fit: its mean has no finite eta"
        return state, found.kind, tuple(coefficients), coefficients
    offered = "regularisation='firth' or regularisation=0.01" if takes_firth(chosen) else "regularisation=0.01"
    message = (
        f"{found.kind} separation: the coefficients of {_run_off(kept, levels, found)} run off without end, since "
        f"they separate {_whom(chosen, found)}; ask for {offered}, or leave columns out"
    )
    return message, found.kind, tuple(coefficients), coefficients


def _whom(chosen: Likelihood, found: Separation) -> str:
    """Say which rows are separated."""
    if found.kind == "complete":
        return "the outcomes of all rows without an error"
    if chosen.has_classes:
        return "some of the levels from others without an error"
    if np.isinf(chosen.family.interval[1]):
        return f"{found.n_separated} rows with response 0 from the others"
    return f"the outcomes of {found.n_separated} of the {found.n_rows} rows without an error"


def _run_off(kept: list[str], levels: tuple[str, ...], found: Separation) -> str:
    """Name the columns that run off; with the classes in which they do, where there are classes."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, row in zip(kept, found.runs_off, strict=True):
        if row.any():
            groups.setdefault(tuple(str(level) for level, runs in zip(levels, row, strict=True) if runs), []).append(
                name
            )
    said = []
    for classes, names in groups.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        where = f" ({', '.join(classes)})" if classes != ("",) else ""
        said.append(", ".join(names[:NAMED]) + more + where)
    return "; ".join(said)


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
    usual = chosen.family.links[0]
    if chosen.link.name != usual and _can_leave(chosen):
        return (
            f"the line does not settle in {', '.join(names[:NAMED])} ({state}), since with the {chosen.link.name} "
            f"link a mean can run into an end of the {chosen.family.name} family; try link={usual!r}, or other columns"
        )
    return (
        f"the line does not settle in {', '.join(names[:NAMED])} ({state}); try another link, other columns, or "
        "regularisation=0.01"
    )


def too_large(arrays: Arrays) -> str:
    """Say that a fit left the range of float64, and what is largest in the data."""
    largest = {
        "the columns": arrays.X,
        "the response": arrays.y,
        "the weights": arrays.weights,
        "the offset": arrays.offset,
    }
    sizes = ", ".join(f"{np.max(np.abs(values), initial=0.0):.2g} in {name}" for name, values in largest.items())
    return f"the line leaves the range of floating-point numbers (the largest are {sizes}); give them in other units"


def _can_leave(chosen: Likelihood) -> bool:
    """Say whether there is an eta that the link or the family does not admit."""
    (low, high), (least, most) = chosen.family.interval, chosen.link.range
    return least < low or most > high or not bool(np.all(chosen.link.admits(np.array([-1.0, 0.0, 1.0]))))
