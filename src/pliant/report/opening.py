"""What a report begins with: the verdict as its title, a paragraph, and a few numbers."""

import numpy as np

from pliant.inference.glance import deviance_explained
from pliant.inference.out_of_fold import NOTHING, out_of_fold_lines, worse_than_nothing
from pliant.inference.summary import summarise
from pliant.inference.summary.network import network_title, what_predicts
from pliant.inference.summary.numbers import count, p_value, short
from pliant.model import Fitted
from pliant.page import escape
from pliant.report.markup import paragraph, words
from pliant.report.rows import Subject


def sentence(subject: Subject) -> str:
    """Give the verdict: what is to be read if nothing else is."""
    model = subject.model
    if model.members is not None:
        return model.members.verdict.sentence
    share = deviance_explained(model)
    response = model.design.response.label
    if not model.is_line:
        known = "a part" if np.isnan(share) else f"{100 * share:.0f} %"
        return (
            f"The network explains {known} of the deviance of {response} on the rows it was trained on; of rows it did "
            "not see nothing is known."
        )
    if np.isnan(share) or not model.design.has_intercept:
        return f"A line for {response}."
    return f"The line explains {100 * share:.0f} % of the deviance of {response}."


def opening(subject: Subject) -> str:
    """Give title, paragraph and numbers as HTML."""
    model = subject.model
    said = "".join(f"<div><dt>{escape(name)}</dt><dd>{words(value)}</dd></div>" for name, value in _numbers(subject))
    return "\n".join(
        [
            f"<h1>{words(sentence(subject))}</h1>",
            f'<p class="formula-line"><code>{escape(model.formula)}</code></p>',
            paragraph(*_lede(model)),
            f'<dl class="tiles">{said}</dl>',
        ]
    )


def _lede(model: Fitted) -> list[str]:
    """Say in sentences what the model is and what it rests on."""
    rows = count(model.facts.n_rows, "row")
    of = f"family {model.family}, link {model.link}"
    if model.is_line:
        test = [line.partition("; ")[2] for line in summarise(model).words if "; " in line]
        said = [f"The model is a generalised linear model ({of}), fitted exactly to {rows}."]
        if model.settings.firth or model.settings.regularisation:
            said = [f"The model is a generalised linear model with a penalty ({of}), fitted to {rows}."]
        return [*said, *(f"{each[0].upper()}{each[1:]}" for each in test)]
    title = network_title(model)
    said = [f"The model is {title[0].lower()}{title[1:]} ({of}), fitted to {rows}."]
    if model.members is not None:
        verdict = model.members.verdict
        low, high = short(verdict.low, 3), short(verdict.high, 3)
        said.append(
            f"Each network was fitted without one of {len(model.members)} folds and judged on it: against the line the "
            f"curve saves {short(verdict.gain, 3)} in deviance a row (95 % confidence interval {low} to {high})."
        )
        nothing = worse_than_nothing(out_of_fold_lines(model))
        if nothing:
            said.append(f"Mind that {nothing}.")
        said.append(f"The model {what_predicts(model.members)}.")
    return said


def _numbers(subject: Subject) -> list[tuple[str, str]]:
    """Give the numbers below the title, by name."""
    model = subject.model
    found = [("rows", f"{model.facts.n_rows:,}")]
    lines = {line.name: line.loss for line in out_of_fold_lines(model)}
    if lines:
        predicts = next((loss for name, loss in lines.items() if "what predicts" in name), None)
        assert model.members is not None
        own = lines["line"] if model.members.share == 0.0 else lines["curve"] if predicts is None else predicts
        if lines[NOTHING] > 0.0:
            found.append(("deviance explained, rows not seen", f"{100 * (1 - own / lines['no input']):.0f} %"))
            found.append(("by the line alone", f"{100 * (1 - lines['line'] / lines['no input']):.0f} %"))
    elif not np.isnan(deviance_explained(model)):
        found.append(("deviance explained, training rows", f"{100 * deviance_explained(model):.0f} %"))
    whole = [] if model.members is None else [e for e in model.members.reached if not e.where and e.level == 0.95]
    if whole and np.isfinite(whole[0].mean_width):
        found.append(("of rows not seen lie in their 95 % interval", f"{100 * whole[0].share:.1f} %"))
    effective = model.facts.effective_parameters
    k = f"{model.n_parameters:,}"
    found.append(
        ("parameters", k) if np.isnan(effective) else ("parameters that the data determine", f"{effective:.1f} of {k}")
    )
    if model.is_line and not model.likelihood.family.dispersion_known and np.isfinite(model.dispersion):
        gaussian = model.family == "gaussian"
        spread = np.sqrt(model.dispersion) if gaussian else model.dispersion
        found.append(("residual standard error" if gaussian else "dispersion", short(float(spread), 4)))
    if model.members is not None and not np.isnan(model.members.verdict.p_value):
        found.append(("p of the test for curvature", p_value(model.members.verdict.p_value)))
    if model.is_line and not np.isnan(model.aic):
        found.append(("AIC", f"{model.aic:.1f}"))
    return found
