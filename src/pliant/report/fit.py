"""Sections on what the model says: the fit against the data, line against curve, coefficients, new rows."""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.support import OUTSIDE
from pliant.data.table import NumberColumn, Table
from pliant.errors import InputError
from pliant.functions.likelihood import Likelihood
from pliant.inference.coverage import coverage
from pliant.inference.out_of_fold import LINE, Line, out_of_fold_lines, predicting_eta
from pliant.inference.summary import summarise
from pliant.inference.summary.network import cells
from pliant.inference.summary.numbers import count, short
from pliant.inference.support import judge
from pliant.model import Fitted
from pliant.page import Part
from pliant.plots import plot_against, plot_fit, plot_folds
from pliant.report.markup import drawing, grid, lines, paragraph, table
from pliant.report.rows import Subject
from pliant.study import comparison_of
from pliant.types import Array


def fit_section(subject: Subject) -> Part | None:
    """Show the data with the fitted mean, and the response against its prediction."""
    model = subject.model
    if not subject.has_rows:
        return None
    body = []
    several = model.members is not None and len(model.design.reads) > 2  # their picture is that of the effects
    try:
        picture = None if several else plot_fit(model)
    except InputError as problem:  # a model of the mean alone reads no column
        picture = None
        body.append(paragraph(f"{problem}."))
    if picture is not None:
        held = f" Drawn {picture.subtitle}." if picture.subtitle else ""
        alt = f"The data and the fitted mean of {model.formula}."
        body.append(drawing("fit", picture, alt, f"{_caption(model)}{held}", 3.3))
    mean, how = _means(model)
    y = model.data().y
    if model.likelihood.has_classes:
        body.append(_confusion(model, mean, y, how))
    elif model.network.outputs == 1 and model.likelihood.family.coding == "number":
        caption = f"Each row: its response over what was {how}. Rows on the line were met exactly."
        alt = f"Responses of {len(y):,} rows over their predictions, {how}."
        body.append(drawing("against", plot_against(model, mean[:, 0], y[:, 0], how), alt, caption))
    return Part("fit", "Fit against data", "\n".join(body))


def _caption(model: Fitted) -> str:
    """Say what the picture of the fit shows."""
    response = model.design.response.label
    numbers = len({name for name in model.design.reads if isinstance(model.training_table()[name], NumberColumn)})
    if model.is_line and not model.likelihood.has_classes:
        return f"The rows, and the fitted mean of {response} with its 95 % confidence band."
    if model.members is not None and numbers == len(model.design.reads) == 1 and not model.likelihood.has_classes:
        return (
            f"The rows, the curve and the line. The inner band is the 95 % confidence interval of the mean, the outer "
            f"one that of a new row of {response}, where the family has one; beyond the data both are guesses."
        )
    if numbers == len(model.design.reads) == 2 and not model.likelihood.has_classes:
        return (
            f"The fitted mean of {response}, with the rows in the same colours: a row that stands out from its ground "
            "is a residual. The faded part is not enclosed by rows: what is said there is a guess."
        )
    if model.likelihood.has_classes:
        return "The probability of each class along one column; the ticks below are the rows of each class."
    return f"The rows, and the fitted mean of {response} along one column."


def _means(model: Fitted) -> tuple[Array, str]:
    """Give the mean (n, C) of each training row, and how it came about: without its fold, where that is known."""
    arrays = model.data()
    if model.members is not None and model.members.out_of_fold is not None:
        return model.likelihood.mean(predicting_eta(model)), "predicted without its fold"
    return model.likelihood.mean(model.linear_predictor(arrays.X, arrays.offset)), "fitted"


def _confusion(model: Fitted, mean: Array, y: Array, how: str) -> str:
    """Count the rows of each class by the class that was most probable."""
    levels = model.design.response.levels
    counts = np.zeros((len(levels), len(levels)), dtype=int)
    np.add.at(counts, (np.argmax(y, axis=1), np.argmax(mean, axis=1)), 1)
    right = float(np.trace(counts)) / max(int(counts.sum()), 1)
    rows = [
        (level, *(f"{number:,}" for number in counts[i]), f"{100 * counts[i, i] / max(int(counts[i].sum()), 1):.0f} %")
        for i, level in enumerate(levels)
    ]
    said = f"Of {len(y):,} rows {100 * right:.1f} % have the class that was most probable, as {how}."
    return table(("class", *levels, "right"), rows, "Rows of each class, by the most probable class") + paragraph(said)


def verdict_section(subject: Subject) -> Part | None:
    """Set line and curve side by side on rows that neither saw."""
    model = subject.model
    if model.members is None:
        return None
    said = model.members.verdict
    body = [paragraph(said.sentence)]
    found = out_of_fold_lines(model)
    if found:
        heads = ("", "deviance a row", "gain on the line", "95 % interval")
        body.append(table(heads, [_without_reference(line) for line in found]))
        picture = plot_folds(model)
        alt = f"The gain of the curve on the line in each of {len(model.members)} folds."
        caption = (
            "What the curve saves against the line in each fold, in deviance a row, on rows that neither saw; the mean "
            "with its 95 % confidence interval. Right of zero the curve is better."
        )
        body += [drawing("folds", picture, alt, caption, 0.9 + 0.17 * len(model.members))]
        body.append(lines(f"{note[0].upper()}{note[1:]}." for note in comparison_of(model).notes))
    return Part("line-or-curve", "Line or curve", "\n".join(body))


def _without_reference(line: Line) -> tuple[str, ...]:
    said = cells(line)
    return (f"{said[0]}, the reference", *said[1:]) if line.name == LINE else said


def coefficients(subject: Subject) -> Part | None:
    """Give the coefficients of a line, with what they rest on."""
    model = subject.model
    if not model.is_line:
        return None
    said = summarise(model)
    body = [grid(each, caption=len(said.grids) > 1) for each in said.grids]
    body.append(lines(said.closing))
    return Part("coefficients", "Coefficients", "\n".join(body))


def new_rows(subject: Subject) -> Part | None:
    """Say how the model does on rows that are not those of its training."""
    model, arrays = subject.model, subject.new
    if arrays is None or subject.table is None:
        return None
    mean = model.likelihood.mean(model.linear_predictor(arrays.X, arrays.offset))
    own, null = (_loss(model.likelihood, arrays, each) for each in (mean, _constant(model, arrays)))
    source = "the table" if subject.table.kind != "file" else subject.table.source
    said = [
        f"These are {count(len(arrays.y), 'row')} of {source}, which are not those of the training.",
        f"Mean deviance a row: {short(own, 5)}; of their own mean alone: {short(null, 5)}.",
    ]
    if null > 0.0:
        said.append(f"The model explains {100 * (1 - own / null):.1f} % of their deviance.")
    body = [paragraph(*said)]
    if model.likelihood.has_classes:
        body.append(_confusion(model, mean, arrays.y, "predicted"))
    elif model.network.outputs == 1 and model.likelihood.family.coding == "number":
        body.append(_covered(model, subject.table))
        alt = f"Responses of {len(arrays.y):,} new rows over their predictions."
        picture = plot_against(model, mean[:, 0], arrays.y[:, 0], "predicted")
        body.append(drawing("new", picture, alt, "Each new row: its response over its prediction."))
    return Part("new-rows", "New rows", "\n".join(each for each in body if each))


def _loss(likelihood: Likelihood, arrays: Arrays, mean: Array) -> float:
    return float(arrays.totals @ likelihood.deviance(arrays.y, mean) / np.sum(arrays.totals))


def _constant(model: Fitted, arrays: Arrays) -> Array:
    """Give the mean (n, C) of a model that knows only these rows' own mean."""
    eta = np.tile(model.likelihood.constant(arrays.y, arrays.totals), (len(arrays.y), 1))
    return model.likelihood.mean(eta)


def _covered(model: Fitted, read: Table) -> str:
    """Say how many of new rows lie in their intervals, and how many lie outside the training rows."""
    said = []
    try:
        found = coverage(model, read)
    except InputError as problem:  # a quasi family has no intervals, nor has a network by another way than lm
        said.append(f"Intervals: {problem}.")
    else:
        low, high = 100 * found["conf_low"][0], 100 * found["conf_high"][0]
        said.append(
            f"The 95 % prediction intervals hold {100 * found['coverage'][0]:.1f} % of them (95 % sure: {low:.1f} to "
            f"{high:.1f} %); their mean width is {short(float(found['mean_width'][0]), 4)}."
        )
    if model.region is not None:
        outside = int(np.sum(judge(model, read)[0] == OUTSIDE))
        said.append(
            f"{count(outside, 'row')} of the table {'lies' if outside == 1 else 'lie'} outside the training rows."
        )
    return paragraph(*said)
