"""Sections on how far the model can be trusted: what speaks against it, and how its training went."""

import numpy as np

from pliant.errors import InputError
from pliant.inference.check import Check, check
from pliant.inference.out_of_fold import losses, mean_loss
from pliant.inference.summary.network import how_trained
from pliant.inference.summary.numbers import short
from pliant.model import Fitted
from pliant.page import Part
from pliant.plots import check_panels, diagnostic_panels, plot_training
from pliant.report.markup import drawing, lines, panels, paragraph, table
from pliant.report.rows import Subject


def check_section(subject: Subject) -> Part | None:
    """Say what speaks against the model, with the pictures to it; of an exact line also the four that R users know."""
    model = subject.model
    if not subject.has_rows:
        return None
    body = []
    try:
        found = check(model)
    except InputError as problem:  # too few rows, several responses, no distribution
        body.append(paragraph(f"The model was not checked: {problem}."))
    else:
        body += _checked(model, found)
    if model.is_line and model.facts.inverse_information is not None and model.network.outputs == 1:
        caption = (
            "The residuals and the leverage of the rows, as R draws them; the rows of the greatest Cook's distances "
            "are named by their number in the table."
        )
        body.append(panels("diagnostics", diagnostic_panels(model), caption))
    return Part("check", "Could the model have given this table?", "\n".join(body))


def _checked(model: Fitted, found: Check) -> list[str]:
    """Give the answers of a check: first what was found."""
    alarms = [test for test in found.tests if test.alarm]
    rest = [test.sentence for test in found.tests if not test.alarm]
    body = [lines((test.sentence for test in alarms), kind="alarms")] if alarms else [paragraph(found.verdict)]
    caption = (
        f"The table among {found.n} that the model itself gives: grey is what 95 % of those have. "
        "Each picture says what it asks and what is to be seen."
    )
    body.append(panels("check", check_panels(model, found), caption))
    body.append(table(*found.table_of_tests(), caption="All questions that were asked"))
    body.append(lines(rest))
    notes = (*(f"{note[0].upper()}{note[1:]}." for note in found.notes),)
    if alarms:
        body.append(
            paragraph("! speaks against the model, at a level of 0.05 over all questions together.", kind="quiet")
        )
    if notes:
        body.append(lines(notes, kind="quiet"))
    return body


def training(subject: Subject) -> Part | None:
    """Say how the fit came about: each member with its fold, or the losses of the training."""
    model = subject.model
    if model.is_line and model.training is None:
        return None
    body = [paragraph(f"Trained by {how_trained(model)}.")]
    if model.members is not None:
        body.append(_members(model))
    elif model.history is not None and len(model.history):
        caption = "The mean loss by epoch; where rows were held out, theirs too, and the epoch that was kept."
        body.append(drawing("training", plot_training(model), "The loss of the training by epoch.", caption))
    return Part("training", "How it was trained", "\n".join(body))


def _members(model: Fitted) -> str:
    """Give a row a member: the rows it did not see, and what line and curve lose on them."""
    kept = model.members
    assert kept is not None
    said = (
        f"Each of the {len(kept)} members began at the line of its own rows, with weights drawn from the seed, and "
        "took damped Gauss-Newton steps until it settled. Members do not know of one another; what differs between "
        "them is what the rows and the start by chance leave open."
    )
    if model.settings.optimiser != "lm":
        said = f"Each of the {len(kept)} members was trained without its fold, from a start of its own."
    if kept.out_of_fold is None or model.arrays is None:
        return paragraph(said)
    arrays = model.arrays
    curve, line = (losses(model, eta) for eta in kept.out_of_fold)
    rows = []
    for k in range(len(kept)):
        own = np.flatnonzero(kept.folds == k)
        part = arrays.take(own)
        of_line, of_curve = mean_loss(line[own], part), mean_loss(curve[own], part)
        rows.append((str(k + 1), f"{len(own):,}", short(of_line, 4), short(of_curve, 4), short(of_line - of_curve, 3)))
    heads = ("member", "rows not seen", "line", "curve", "gain")
    return paragraph(said) + table(heads, rows, "Deviance a row on the rows that a member did not see")
