"""The summary of a line: R's numbers in R's words, and a sentence that can be quoted."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.inference.call import python_call
from pliant.inference.coefficients import tidy
from pliant.inference.covariance import covariance_of
from pliant.inference.estimates import coefficients, outcome_names, term_names
from pliant.inference.glance import deviance_explained
from pliant.inference.look import all_notes
from pliant.inference.summary.content import Grid, Summary
from pliant.inference.summary.network import how_trained, summarise_network
from pliant.inference.summary.numbers import LEGEND, count, digits, fixed, p_value, p_words, short, stars
from pliant.inference.tails import upper_tail

if TYPE_CHECKING:
    from pliant.model import Fitted


def summarise(model: "Fitted", names: str = "pliant", cov_type: str = "nonrobust", groups: Any = None) -> Summary:
    """Give the summary of a line or of a network.

    Parameters
    ----------
    model : Fitted
    names : {"pliant", "r"}
        How coefficients are called.
    cov_type, groups
        Which covariance the standard errors of a line are taken from, as `covariance_of` has it.
    """
    scope = f"family {model.family}, link {model.link}; {count(model.facts.n_rows, 'row')}"
    if not model.is_line:
        if cov_type != "nonrobust":
            coefficients(model)  # says why there are none
        return summarise_network(model, (scope,))
    if model.facts.inverse_information is None:
        if cov_type != "nonrobust":
            covariance_of(model, cov_type, groups)  # says why there is none
        title = f"The line, fitted by {how_trained(model)}"
        grids, words = _bare_grids(model, names), _words(model, tested=False)
        return Summary(title, (model.formula, scope), grids, _closing(model), all_notes(model), words)
    title = "The line: a generalised linear model, fitted exactly"
    if model.settings.firth:
        title = "The line: a generalised linear model, fitted by Firth's penalised likelihood"
    grids, robust = _coefficient_grids(model, names, cov_type, groups)
    facts = (f"Call: {python_call(model)}", scope, *([robust] if robust else []))
    return Summary(title, facts, grids, _closing(model), all_notes(model), _words(model, tested=not robust))


def _coefficient_grids(model: "Fitted", names: str, cov_type: str, groups: Any) -> tuple[tuple[Grid, ...], str]:
    """Give a coefficient table an outcome, as R prints them, and on what the errors rest if not on the family."""
    found = covariance_of(model, cov_type, groups)
    columns = tidy(model, 0.95, names, cov_type, groups)
    p, letter = len(model.design.names), "z" if np.isinf(found.df) else "t"
    heads = ("", "Estimate", "Std. Error", f"{letter} value", f"Pr(>|{letter}|)", "")
    numbers = [columns[k] for k in ("estimate", "std_error", "statistic", "p_value")]
    grids = []
    for j, outcome in enumerate(outcome_names(model)):
        part = slice(j * p, (j + 1) * p)
        estimate, error, statistic, probability = (values[part] for values in numbers)
        rows = zip(
            columns["term"][part],
            digits(estimate),
            ["" if np.isnan(b) else short(e) for b, e in zip(estimate, error, strict=True)],
            [fixed(value, 3) for value in statistic],
            [p_value(value) for value in probability],
            [stars(value) for value in probability],
            strict=True,
        )
        legend = LEGEND if any(map(stars, probability)) else ""
        grids.append(Grid(_outcome(model, outcome), heads, tuple(rows), legend))
    return tuple(grids), found.words


def _bare_grids(model: "Fitted", names: str) -> tuple[Grid, ...]:
    """Give the estimates alone, where no standard error is to be had."""
    terms = term_names(model, names)
    return tuple(
        Grid(_outcome(model, outcome), ("", "Estimate"), tuple(zip(terms, digits(column), strict=True)))
        for outcome, column in zip(outcome_names(model), coefficients(model).T, strict=True)
    )


def _outcome(model: "Fitted", outcome: str) -> str:
    """Name the table of one outcome."""
    if model.family == "multinomial":
        return f"{outcome} against {model.design.response.levels[0]}"
    return outcome if model.network.outputs > 1 else "Coefficients"


def _closing(model: "Fitted") -> tuple[str, ...]:
    """Give dispersion, deviances and criteria, as R's summary ends."""
    facts = model.facts
    spread = f"Dispersion parameter for {model.family} family taken to be "
    if model.likelihood.family.dispersion_known:
        spread += "1"
    else:
        spread += short(facts.dispersion)
        if model.family == "gaussian" and np.isfinite(facts.dispersion):
            spread += f" (residual standard error {short(float(np.sqrt(facts.dispersion)))})"
        elif model.family != "gaussian":
            spread += ", by Pearson's statistic"
    lines = [
        spread,
        *_parameter_line(model),
        f"Null deviance: {short(facts.null_deviance)} on {facts.df_null:,} degrees of freedom",
        f"Residual deviance: {short(facts.deviance)} on {facts.df_residual:,} degrees of freedom",
    ]
    if not np.isnan(model.aic):
        lines.append(f"AIC: {model.aic:.1f}, BIC: {model.bic:.1f}, log-likelihood: {facts.log_likelihood:.1f}")
    return tuple(lines)


def _parameter_line(model: "Fitted") -> tuple[str, ...]:
    """Give theta or the power with its standard error, or say that it was given."""
    family = model.likelihood.family
    if family.parameter is None:
        return ()
    how = "as given"
    if family.estimated:
        error = "" if np.isnan(model.parameter_error) else f" (Std. Error {short(model.parameter_error)})"
        how = f"by maximum likelihood{error}; the coefficients' errors take it as known"
    return (f"{family.parameter_name}: {short(family.parameter)}, {how}",)


def _words(model: "Fitted", tested: bool) -> tuple[str, ...]:
    """Say how much the line explains, and how sure it is that it explains anything."""
    facts, share = model.facts, deviance_explained(model)
    df = facts.df_null - facts.df_residual
    if np.isnan(share) or df < 1 or not model.design.has_intercept:
        return ()
    said = f"The line explains {100 * share:.1f} % of the deviance of {model.design.response.node}"
    if not tested or not facts.dispersion > 0.0:
        return (f"{said}.",)
    rise = (facts.null_deviance - facts.deviance) / facts.dispersion
    if model.likelihood.family.dispersion_known:
        test = f"chi squared({df}) = {short(rise, 4)}, {p_words(upper_tail(rise, df, np.inf))}"
    else:
        test = f"F({df}, {facts.df_residual}) = {short(rise / df, 4)}, "
        test += p_words(upper_tail(rise / df, df, facts.df_residual))
    return (f"{said}; against the intercept alone {test}.",)
