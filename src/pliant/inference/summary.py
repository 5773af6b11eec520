"""A fitted model in words: one set of lines and tables, written as text or as HTML."""

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from pliant.inference.coefficients import coefficients, outcome_names, statistic_name, term_names, tidy
from pliant.inference.glance import deviance_explained
from pliant.optimisers import DRIVERS

if TYPE_CHECKING:
    from pliant.model import Fitted
    from pliant.training import History

STARS = "*** p < 0.001   ** p < 0.01   * p < 0.05   . p < 0.1"


@dataclass(frozen=True)
class Grid:
    """A table of the summary: heads, and rows of text cells whose first is a name."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Summary:
    """What `model.summary()` gives: prints as text, shows as HTML in a notebook."""

    title: str
    facts: tuple[str, ...]
    grids: tuple[Grid, ...]
    closing: tuple[str, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [self.title, *self.facts]
        for grid in self.grids:
            lines += ["", *([grid.title] if grid.title else []), *_align(grid)]
        lines += ["", *self.closing]
        if self.notes:
            lines += ["", *(f"note: {note}" for note in self.notes)]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{escape(self.title)}</strong></p>", _paragraph(self.facts)]
        for grid in self.grids:
            head = "".join(f"<th>{escape(h)}</th>" for h in grid.heads)
            body = "".join(
                f"<tr><th style='text-align:left'>{escape(row[0])}</th>"
                + "".join(f"<td style='text-align:right'>{escape(cell)}</td>" for cell in row[1:])
                + "</tr>"
                for row in grid.rows
            )
            caption = f"<caption>{escape(grid.title)}</caption>" if grid.title else ""
            parts.append(f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        parts += [_paragraph(self.closing)]
        if self.notes:
            parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in self.notes) + "</ul>")
        return f"<div class='pliant-summary'>{''.join(parts)}</div>"


def summarise(model: "Fitted", names: str = "pliant") -> Summary:
    """Give the summary of a line or of a network.

    Parameters
    ----------
    model : Fitted
    names : {"pliant", "r"}
        How coefficients are called.
    """
    facts = (
        model.formula,
        f"family {model.family}, link {model.link}; {_count(model.facts.n_rows, 'row')}",
    )
    if not model.is_line:
        return Summary(_network_title(model), facts, (), _network_lines(model), model.notes)
    if model.facts.inverse_information is None:
        title = f"The line, fitted by {_how(model)}"
        return Summary(title, facts, _bare_grids(model, names), _closing(model), model.notes)
    title = "The line: a generalised linear model, fitted exactly"
    return Summary(title, facts, _coefficient_grids(model, names), _closing(model), model.notes)


def _coefficient_grids(model: "Fitted", names: str) -> tuple[Grid, ...]:
    """Give a coefficient table an outcome, as R prints them."""
    columns = tidy(model, 0.95, names)
    p, letter = len(model.design.names), statistic_name(model)
    heads = ("", "estimate", "std. error", f"{letter} value", f"Pr(>|{letter}|)", "")
    numbers = [columns[k] for k in ("estimate", "std_error", "statistic", "p_value")]
    outcomes = outcome_names(model)
    grids = []
    for j, outcome in enumerate(outcomes):
        part = slice(j * p, (j + 1) * p)
        estimate, error, statistic, probability = (values[part] for values in numbers)
        rows = zip(
            columns["term"][part],
            *(_digits(values) for values in (estimate, error)),
            [_fixed(value, 3) for value in statistic],
            [_p_value(value) for value in probability],
            [_stars(value) for value in probability],
            strict=True,
        )
        grids.append(Grid(_outcome(model, outcome), heads, tuple(rows)))
    return tuple(grids)


def _bare_grids(model: "Fitted", names: str) -> tuple[Grid, ...]:
    """Give the estimates alone, where no standard error is to be had."""
    terms = term_names(model, names)
    return tuple(
        Grid(_outcome(model, outcome), ("", "estimate"), tuple(zip(terms, _digits(column), strict=True)))
        for outcome, column in zip(outcome_names(model), coefficients(model).T, strict=True)
    )


def _outcome(model: "Fitted", outcome: str) -> str:
    """Name the outcome of one table where there are several."""
    if model.family == "multinomial":
        return f"{outcome} against {model.design.response.levels[0]}"
    return outcome if model.network.outputs > 1 else ""


def _closing(model: "Fitted") -> tuple[str, ...]:
    """Give dispersion, deviances and criteria, as R's summary ends."""
    facts = model.facts
    if model.likelihood.family.dispersion_known:
        spread = f"dispersion 1, as the {model.family} family has it"
    elif model.family == "gaussian":
        spread = f"residual standard deviation {_short(np.sqrt(facts.dispersion))}"
    else:
        spread = f"dispersion {_short(facts.dispersion)}"
    explained = deviance_explained(model)
    share = "" if np.isnan(explained) else f" ({100 * explained:.1f} % of the deviance explained)"
    lines = [
        spread,
        f"null deviance {_short(facts.null_deviance)} on {facts.df_null} degrees of freedom",
        f"deviance      {_short(facts.deviance)} on {facts.df_residual} degrees of freedom{share}",
    ]
    if not np.isnan(model.aic):
        lines.append(f"AIC {model.aic:.1f}, BIC {model.bic:.1f}, log-likelihood {facts.log_likelihood:.1f}")
        lines.append(STARS)
    return tuple(lines)


def _network_title(model: "Fitted") -> str:
    widths = ", ".join(str(width) for width in model.network.hidden)
    line = " beside a line" if model.network.skip else ""
    return f"A network of {widths} {model.network.activation} units{line}"


def _network_lines(model: "Fitted") -> tuple[str, ...]:
    """Say what was trained, how, and how close it came on the rows it saw."""
    rows, k = model.facts.n_rows, model.n_parameters
    explained = deviance_explained(model)
    lines = [
        f"{_count(model.network.inputs, 'input')} of the design matrix, {_count(k, 'parameter')}, "
        f"{rows / k:.1f} rows a parameter" + _determined(model),
        f"trained by {_how(model)}",
    ]
    history = model.history
    if history is not None and len(history):
        lines.append(_training_line(history))
    lines.append(
        f"deviance {_short(model.deviance)} of {_short(model.null_deviance)} without any input"
        + ("" if np.isnan(explained) else f" ({100 * explained:.1f} % explained, on the rows it was trained on)")
    )
    lines += [f"chosen for you: {reason}" for reason in model.settings.reasons]
    return tuple(lines)


def _determined(model: "Fitted") -> str:
    """Say how many of the parameters the data determine, where that was counted."""
    effective = model.facts.effective_parameters
    return "" if np.isnan(effective) else f"; the data determine {effective:.1f} of them"


def _training_line(history: "History") -> str:
    """Say how long it trained, and the losses at the end."""
    what = "step" if np.isnan(history["learning_rate"][-1]) else "epoch"
    text = f"{_count(int(history['epoch'][-1]), what)}, last loss {_short(history['loss'][-1])}"
    measured = history["validation_loss"][np.isfinite(history["validation_loss"])]
    return text + (f", lowest loss on rows held out {_short(measured.min())}" if len(measured) else "")


def _how(model: "Fitted") -> str:
    """Say by what and in which engine a network or a line was trained."""
    s = model.settings
    if s.optimiser == "irls":
        return f"iteratively reweighted least squares with regularisation {s.regularisation:g}"
    if s.optimiser in DRIVERS:
        by = {"lm": "damped Gauss-Newton (lm)", "lbfgs": "L-BFGS (lbfgs)"}[s.optimiser]
        decay = "weight decay by evidence" if s.evidence else f"regularisation {s.regularisation:g}"
        return f"{by}, {decay}; seed {s.seed}; in the {s.engine} engine"
    batch = "all rows a step" if s.batch is None else f"{s.batch} rows a step"
    decay = f", regularisation {s.regularisation:g}" if s.regularisation else ""
    return (
        f"{s.optimiser} (learning rate {s.learning_rate:g}, {s.schedule}; {batch}{decay}; seed {s.seed}) "
        f"in the {s.engine} engine"
    )


def _align(grid: Grid) -> list[str]:
    """Set a grid in columns: names to the left, numbers to the right."""
    rows = [grid.heads, *grid.rows]
    widths = [max(len(row[j]) for row in rows) for j in range(len(grid.heads))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in rows
    ]


def _paragraph(lines: tuple[str, ...]) -> str:
    return "<p>" + "<br>".join(escape(line) for line in lines) + "</p>"


def _digits(values: np.ndarray, digits: int = 6) -> list[str]:
    """Write a column of numbers to about six digits of its own, so that it can be quoted."""
    return ["aliased" if np.isnan(v) else _short(v, digits) for v in values]


def _short(value: float, digits: int = 6) -> str:
    """Write a number to some digits, with a thousand as 1000 and a millionth as 1e-06."""
    if not np.isfinite(value):
        return "not known"
    size = abs(value)
    if size != 0.0 and (size < 1e-4 or size >= 1e9):
        return f"{value:.{digits - 1}e}"
    before = math.floor(math.log10(size)) + 1 if size else 1  # digits before the point, negative for zeros after it
    return f"{value:.{max(digits - before, 0)}f}"


def _fixed(value: float, places: int) -> str:
    return "" if np.isnan(value) else f"{value:.{places}f}"


def _p_value(value: float) -> str:
    if np.isnan(value):
        return ""
    return "< 2e-16" if value < 2e-16 else f"{value:.3g}" if value >= 1e-4 else f"{value:.2e}"


def _stars(value: float) -> str:
    if np.isnan(value):
        return ""
    return next((mark for limit, mark in ((1e-3, "***"), (1e-2, "**"), (0.05, "*"), (0.1, ".")) if value < limit), "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
