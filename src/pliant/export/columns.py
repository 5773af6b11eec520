"""What a file asks of its reader: one input a column, a number or a text, and what a missing or unknown one becomes.

pliant raises an error where a level is unknown, a number infinite or an expression undefined. A file cannot: there the
row is predicted as missing (NaN), as is a row with a missing value unless the model fills it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.data.design import Design
from pliant.data.fields import MISSING
from pliant.data.formula import Name
from pliant.errors import InputError
from pliant.export.graph import NUMBER, WHOLE, Graph, Input, Symbol, not_a_number
from pliant.types import Array

BOOLEANS = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"}  # as a file of text may have them


@dataclass(frozen=True)
class Levels:
    """A factor to come: codes (rows, 1), whole; the number of levels itself where the level is missing or unknown."""

    codes: Symbol
    levels: tuple[str, ...]


def finite(values: Any) -> Any:
    """Give numbers with NaN for infinite ones: what pliant refuses is missing here."""
    return np.where(np.isinf(values), not_a_number(), values)


class Columns:
    """The columns that a design reads, as inputs of a graph; `single` says whether they come in float32."""

    def __init__(self, graph: Graph, design: Design, single: bool) -> None:
        if not design.reads:
            raise InputError(f"{design.formula.text} reads no column, so there is nothing to give to an exported file")
        self.graph, self.design, self.single = graph, design, single
        for name in design.reads:
            state = design.states.get(str(Name(name)))
            graph.inputs[name] = Input(name, None if state is None else tuple(state["levels"]))

    def read(self, name: str) -> Any:
        """Give a column, `Levels` or numbers (rows, 1), filled if the model fills it; infinite numbers as they are."""
        levels, fill = self.graph.inputs[name].levels, self.design.fills.get(name)
        if levels is not None:
            missing = len(levels) if fill is None else levels.index(str(fill.value))
            codes = self.graph.add("Level", width=1, of=WHOLE, reads=name, levels=levels, missing=missing)
            return Levels(codes, levels)
        values: Any = self._given(name)
        if fill is not None:
            by = nearest_single(fill.value) if self.single else fill.value  # as if it had been given
            values = np.where(np.isnan(values), by, values)
        return values

    def indicators(self) -> list[Symbol]:
        """Give the columns that mark missing values, of those that had some in training."""
        return [self._is_missing(name) for name, fill in self.design.fills.items() if fill.indicated]

    def zeros(self) -> Any:
        """Give a column (rows, 1) of zeros."""
        return self.graph.cast(self._is_missing(self.design.reads[0]), NUMBER) * 0.0

    def _given(self, name: str) -> Any:
        return self.graph.add("Input", width=1, reads=name)

    def _is_missing(self, name: str) -> Any:
        """Give 1 where a column is missing, else 0."""
        levels = self.graph.inputs[name].levels
        if levels is None:
            return self.graph.cast(np.isnan(self._given(name)), NUMBER)
        return self.graph.add("Absent", width=1, reads=name, levels=levels)


def marks(levels: tuple[str, ...]) -> tuple[str, ...]:
    """Give the texts that mean missing: those of a CSV file, unless they are levels."""
    return tuple(text for text in MISSING if text not in levels)


def spellings(levels: tuple[str, ...]) -> dict[str, int]:
    """Give every text that means a level, with its code; those of a boolean may be written in four ways more."""
    codes = {level: code for code, level in enumerate(levels)}
    if set(levels) <= {"False", "True"}:
        codes |= {text: codes[level] for text, level in BOOLEANS.items() if level in codes}
    return codes


def nearest_single(values: Any) -> Array:
    """Give the numbers that float32 makes of these."""
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float64).astype(np.float32).astype(np.float64)
