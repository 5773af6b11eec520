"""Put every question to a table, in the order of what does most harm."""

from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.data.table import Table
from pliant.findings.columns import (
    codes_for_missing,
    constants,
    few_values,
    identifiers,
    lone_levels,
    mostly_missing,
    wild_rows,
)
from pliant.findings.pairs import copies_of_the_response, duplicates
from pliant.findings.record import Findings
from pliant.findings.view import View
from pliant.findings.whole import rows_a_parameter, the_response


def find(
    design: Design, table: Table, arrays: Arrays, family: str, parameters: float, what: str = "coefficients"
) -> Findings:
    """Look at a table as a formula reads it.

    Parameters
    ----------
    design : Design
        Learnt from the table.
    table : Table
    arrays : Arrays
        Of its complete rows.
    family : str
        Name of the family.
    parameters : float
        How many numbers are estimated, or are determined by the data.
    what : str
        How these are called.
    """
    view = View(design, table, arrays)
    return Findings(
        (
            *copies_of_the_response(view),
            *identifiers(view),
            *the_response(view, family),
            *constants(view),
            *duplicates(view),
            *mostly_missing(view),
            *codes_for_missing(view),
            *wild_rows(view),
            *lone_levels(view),
            *few_values(view),
            *rows_a_parameter(view, parameters, what),
        ),
        table.kind,
    )
