"""The sections of a report, in their order: each is written from the subject, or is left out where it has nothing.

To add one, write a function that gives a `Part` or None, and put it into the list at the foot.
"""

from collections.abc import Callable

from pliant.page import Part
from pliant.report.about import again, data, in_full, model_section
from pliant.report.fit import coefficients, fit_section, new_rows, verdict_section
from pliant.report.reasons import effects, intervals
from pliant.report.rows import Subject
from pliant.report.trust import check_section, training

SECTIONS: tuple[Callable[[Subject], Part | None], ...] = (
    fit_section,
    verdict_section,
    coefficients,
    effects,
    intervals,
    new_rows,
    check_section,
    model_section,
    training,
    data,
    again,
    in_full,
)
