"""Whether what a file says of a design belongs together: formula, what was learnt, and the columns that they give.

A design is told twice in a file: by its formula with what stateful parts learnt, and by the columns of its matrix. The
second follows from the first, and is worked out again here on a table without rows, so that no file can be read whose
predictions would break, or would mean something else than its columns say.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pliant.data.columns import Column, FactorColumn, NumberColumn
from pliant.data.contrasts import contrast_matrix
from pliant.data.design import Design
from pliant.data.evaluate import Groups, evaluate, number
from pliant.data.formula import Call, Name, variables
from pliant.data.learnt import check_states
from pliant.data.matrix import Columns, build_columns, full_codings, term_widths
from pliant.data.table import Table
from pliant.data.whole import whole_columns
from pliant.errors import PliantError
from pliant.schema import Unfit, shown

MOST_POLYNOMIAL = 100  # levels of a polynomial contrast; from about forty on it cannot be computed


def check_design(said: Mapping[str, Any]) -> Design:
    """Give the design that a file describes, each field of which is of its kind.

    Raises
    ------
    Unfit
        If its parts do not belong together; says which.
    """
    try:
        design = Design.from_dict(said)
    except PliantError as problem:
        raise Unfit(f"design.formula cannot be used: {str(problem).splitlines()[0]}") from None
    terms = design.terms
    factors = [factor for term in terms.terms for factor in term.factors]
    check_states([*factors, *terms.offsets, *design.response.parts], design.states)
    for name in design.dates:
        if Name(name) not in factors or not design.dates[name]:
            raise Unfit(f"design.dates has {shown(name)}, which is no term by its name, or stands for nothing")
    table = _no_rows(design)
    try:
        columns = _columns(design, table, len(said["names"]))
        for node in (*terms.offsets, *design.response.parts):
            number(node, table, design.states)
    except PliantError as problem:
        raise Unfit(f"design cannot be used: {str(problem).splitlines()[0]}") from None
    _check_columns(design, columns)
    _check_response(design)
    _check_fills(design)
    return design


def _no_rows(design: Design) -> Table:
    """Give a table of no rows, with columns of the kinds that were learnt."""
    nothing = np.zeros(0, dtype=np.int64)
    names = dict.fromkeys((*design.reads, *design.response.columns))
    columns: dict[str, Column] = {
        name: FactorColumn(name, nothing, ()) if str(Name(name)) in design.states else NumberColumn(name, np.zeros(0))
        for name in names
    }
    return Table(columns, 0, "design", "polars")


def _columns(design: Design, table: Table, told: int) -> Columns:
    """Work out what the columns of the design matrix are called; not if there are not so many as the file has."""
    terms = design.terms
    if terms.plain is not None and not design.states and not design.dates:
        if any(design.full):
            raise Unfit("design.full has factors, where all are numbers")
        return whole_columns(terms.plain)
    values = {node: evaluate(node, table, design.states) for term in terms.terms for node in term.factors}
    full = full_codings(terms, {node: isinstance(value, Groups) for node, value in values.items()})
    if tuple(full) != design.full:
        raise Unfit("design.full has other factors than the formula codes in full")
    for value in values.values():
        if isinstance(value, Groups) and value.contrast == "poly":
            if len(value.levels) > MOST_POLYNOMIAL:
                raise Unfit(f"design.states has {len(value.levels)} levels for a polynomial contrast")
            contrast_matrix(value.levels, value.contrast)
    width = sum(term_widths(terms, full, values)) + terms.intercept
    if width > told:
        raise Unfit(f"design.names has {told:,} columns, where formula and states give {width:,}")
    return build_columns(terms, table, design.states, full, values)


def _check_columns(design: Design, columns: Columns) -> None:
    """Hold names and marks to those that were worked out."""
    marked = [name for name, by in design.fills.items() if by.indicated]
    after = (len(design.terms.terms),) * len(marked)
    expected: dict[str, tuple[Any, Any]] = {
        "names": (design.names, columns.names + tuple(f"{name}[missing]" for name in marked)),
        "r_names": (design.r_column_names, columns.r_names + tuple(f"{name}_missing" for name in marked)),
        "term_of": (design.term_of, columns.term_of + after),
        "input_bends": (design.input_bends, columns.bends[design.has_intercept :] + (True,) * len(marked)),
    }
    for name, (told, worked_out) in expected.items():
        if told != worked_out:
            raise Unfit(f"design.{name} is not what formula, states and fills give")


def _check_response(design: Design) -> None:
    """Hold coding, levels and names of the response to its node."""
    response, node = design.response, design.response.node
    several = node.arguments if isinstance(node, Call) and node.function == "cbind" else ()
    names: tuple[str, ...] = tuple(map(str, several)) if several else (str(node),)
    many: tuple[int, ...] = (0,)
    if response.coding == "classes":
        names = response.levels
    elif response.coding == "binary":
        names = names[:1]
    if response.coding != "number" and isinstance(node, Name):
        many = (0, 2) if response.coding == "binary" else tuple(range(2, len(response.levels) + 1))
    if len(response.levels) not in many or (response.coding == "classes" and not many):
        raise Unfit(
            f"design.response.levels has {len(response.levels)} levels, which {node} as {response.coding} has not"
        )
    if response.names != names or (response.coding == "binary" and len(several) not in (0, 2)):
        raise Unfit("design.response.names is not what the formula gives")


def _check_fills(design: Design) -> None:
    """Hold what fills missing values to the columns that are read, and to their levels."""
    inputs = {name for term in design.terms.terms for node in term.factors for name in variables(node)}
    filled = inputs if design.missing == "impute" else set()
    if set(design.fills) != filled:
        other = sorted(set(design.fills) ^ filled)[0]
        raise Unfit(
            f"design.fills with missing={design.missing!r} has to name the columns of the terms; see {shown(other)}"
        )
    for name, by in design.fills.items():
        levels = design.states.get(str(Name(name)), {}).get("levels")
        if isinstance(by.value, str) != (levels is not None) or (levels is not None and by.value not in levels):
            raise Unfit(f"design.fills has {shown(by.value)} for {shown(name)}, which is not of its kind or its levels")
