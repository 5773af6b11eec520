"""The look before the fit, of a formula and a table or of a fitted model."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.design import learn_design
from pliant.data.entry import formula_and_table
from pliant.findings import Findings, find
from pliant.fitting import check_response
from pliant.functions.likelihood import likelihood
from pliant.optimisers.checks import with_known_names

if TYPE_CHECKING:
    from pliant.model import Fitted


@with_known_names
def look(
    formula: object,
    table: object,
    /,
    *,
    family: str = "gaussian",
    weights: Any = None,
    offset: Any = None,
    frequencies: Any = None,
    missing: str = "drop",
    groups: Any = None,
) -> Findings:
    """Look at a table as a formula reads it, and say what will spoil a fit, before there is one.

    Parameters
    ----------
    formula, table : str; frame, dict of arrays, or path
        As for `fit`, as the other arguments are.

    Returns
    -------
    Findings
        Prints a line a finding, each with a figure and a remedy; `to_frame()` gives kind, columns and words.
        Empty if nothing is to be minded. Parameters are those of the line.

    Raises
    ------
    InputError
        If formula, table or an argument cannot be used.

    Examples
    --------
    >>> import pliant
    >>> table = {"y": [3.0, 5.0, 4.0, 8.0], "x": [1.0, 2.0, 3.0, 4.0], "in_cm": [300.0, 500.0, 400.0, 800.0]}
    >>> print([finding.kind for finding in pliant.look("y ~ .", table)])
    ['few rows']
    """
    chosen = likelihood(family)
    parsed, read = formula_and_table(formula, table)
    design, arrays = learn_design(
        parsed,
        read,
        coding=chosen.family.coding,
        missing=missing,
        weights=weights,
        offset=offset,
        frequencies=frequencies,
        standardise=False,
        scale_response=False,
        left_out=(groups,) if isinstance(groups, str) else (),
    )
    check_response(chosen, design, arrays)
    return find(design, read, arrays, chosen.family.name, len(design.names) * chosen.outputs(arrays.y))


def all_notes(model: "Fitted") -> tuple[str, ...]:
    """Give the notes of a model, and what the look at its table found; a model from a file has the former."""
    if model.table is None or model.arrays is None:
        return model.notes
    return tuple(dict.fromkeys((*model.notes, *look_of(model).notes)))


def look_of(model: "Fitted") -> Findings:
    """Look at the table of a fitted model.

    The parameters are those that the data determine, where the fit counted them, else all; none of a line that is held
    back by a penalty, or of networks that were stopped by their own folds: these are the remedy already.

    Raises
    ------
    InputError
        If it came from a file, which holds no data.
    """
    count, what = float(model.n_parameters), "coefficients" if model.is_line else "weights"
    if np.isfinite(model.facts.effective_parameters):
        count, what = model.facts.effective_parameters, "parameters that the data determine"
    if model.is_line and (model.settings.firth or model.settings.regularisation > 0.0):
        count = 0.0
    if model.settings.parametrisation == "ntk":
        count = 0.0
    return find(model.design, model.training_table(), model.data(), model.family, count, what)
