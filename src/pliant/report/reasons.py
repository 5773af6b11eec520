"""Sections on reasons and on promises: what each column does, what it is worth, and what the intervals reach."""

import numpy as np

from pliant.errors import InputError
from pliant.inference.coverage import coverage, coverage_sentence
from pliant.inference.summary.numbers import short
from pliant.model import Fitted
from pliant.page import Part
from pliant.plots import plot_coverage, plot_effects, plot_importance
from pliant.plots.look import take_foot
from pliant.report.markup import drawing, paragraph, table
from pliant.report.rows import Subject

LEVELS = (0.5, 0.8, 0.9, 0.95)
STRENGTH_SHOWN = 5  # pairs


def effects(subject: Subject) -> Part | None:
    """Draw the effect of each column, how much each is worth, and which columns act together."""
    model = subject.model
    if not subject.has_rows or len(model.design.reads) < 2:
        return None
    label = model.design.response.label
    picture = plot_effects(model, width=4.4)
    alt = f"The effect on {label} of each of {len(model.design.reads)} columns."
    caption = (
        f"What each column does to the mean of {label}, the others going along as they do in the rows. All panels have "
        "one scale, so that what looks large is large."
    )
    body = [drawing("effects", picture, alt, f"{caption} {take_foot(picture)}", None)]
    if model.members is not None:
        alt = f"How much the prediction of {label} worsens without each column."
        caption = (
            "How much the predictions worsen when a column takes the values of other rows. Where two columns say the "
            "same, both look less important than they are."
        )
        picture = plot_importance(model, width=4.4)
        body.append(drawing("importance", picture, alt, f"{caption} {take_foot(picture)}", None))
        body.append(_together(model))
    return Part("effects", "What each column does", "\n".join(body))


def _together(model: Fitted) -> str:
    """Name the columns that act together most."""
    from pliant.inference.effect_frames import asked_of, interactions

    found, _ = interactions(asked_of(model, None, "ale", "response"), None)
    count = min(len(found["first"]), STRENGTH_SHOWN)
    rows = [
        (
            f"{found['first'][i]} and {found['second'][i]}",
            *([str(found["response"][i])] if "response" in found else []),
            f"{found['strength'][i]:.2f}",
            short(float(found["size"][i]), 3),
            short(float(found["std_error"][i]), 3),
        )
        for i in range(count)
    ]
    heads = ("columns", *(["response"] if "response" in found else []), "strength", "size", "std. error")
    return table(heads, rows, "Columns that act together, beyond what each does alone")


def intervals(subject: Subject) -> Part | None:
    """Say what the prediction intervals reach on rows that were not seen."""
    model = subject.model
    said = coverage_sentence(model)
    if said is None or model.members is None:
        return None
    body = [paragraph(f"{said[0].upper()}{said[1:]}.")]
    levels = sorted({each.level for each in model.members.reached if not each.where and each.level in LEVELS})
    found = coverage(model, None, levels)
    rows = [
        (
            f"{100 * found['level'][i]:g} %",
            f"{100 * found['coverage'][i]:.1f} %",
            f"{100 * found['conf_low'][i]:.1f} to {100 * found['conf_high'][i]:.1f}",
            short(float(found["mean_width"][i]), 4) if np.isfinite(found["mean_width"][i]) else "no end",
        )
        for i in range(len(levels))
    ]
    body.append(table(("interval", "rows inside", "of new rows, 95 % sure", "mean width"), rows))
    try:
        picture = plot_coverage(model)
    except InputError:  # a model from a file keeps no more than the numbers above
        return Part("intervals", "What its intervals reach", "\n".join(body))
    caption = (
        "The share of rows inside their 95 % intervals, each made without the row: over all, in thirds of the "
        "predictions, and by where a row lies among the others. A part left of the line is promised too much."
    )
    alt = "The share of rows inside their 95 % intervals, over all rows and in parts of them."
    body.append(drawing("coverage", picture, alt, caption, 2.6))
    return Part("intervals", "What its intervals reach", "\n".join(body))
