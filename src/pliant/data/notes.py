"""What a design has to say of its table: what was detected, dropped and filled, in sentences."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pliant.data.columns import shown
from pliant.data.evaluate import Value
from pliant.data.formula import Node, Terms
from pliant.data.given import given_numbers
from pliant.data.groups import Groups
from pliant.data.missing import Fill, dropped_note, fills_note
from pliant.data.response import Response
from pliant.data.table import Table
from pliant.types import BoolArray


def design_notes(
    table: Table,
    terms: Terms,
    reads: tuple[str, ...],
    response: Response,
    values: dict[Node, Value],
    keep: BoolArray,
    fills: Mapping[str, Fill],
    given: Mapping[str, Any],
) -> tuple[str, ...]:
    """Say what was detected and what was done; `given` holds weights, offset and frequencies as they came."""
    read = set(reads) | set(response.columns)
    notes = [note for note in table.notes if ": column " not in note or any(shown(name) in note for name in read)]
    notes += terms.notes
    if not keep.all():
        holes = {name: table[name].missing for name in dict.fromkeys((*response.columns, *reads)) if name not in fills}
        for what, value in given.items():
            if value is not None:
                holes[value if isinstance(value, str) else what] = np.isnan(given_numbers(what, value, table))
        notes += dropped_note(holes, keep)
    if fills:
        notes += fills_note(table.take(np.flatnonzero(keep)), fills)
    for node, value in values.items():
        if isinstance(value, Groups) and len(value.levels) == 1:
            notes.append(f"{node} has one level, {shown(value.levels[0])}, in the rows that are left: it says nothing")
    if given["offset"] is not None:
        notes.append(
            "the offset came as numbers, not as a column: predictions for a table are made without it; "
            "name a column, offset='...', to have it used there"
        )
    if response.coding == "binary" and response.levels:
        notes.append(f"the mean is the probability that {response.node} is {shown(response.levels[1])}")
    return tuple(notes)
