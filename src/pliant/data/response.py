"""The response: from the left side of a formula to the columns of y.

The family says which of three codings it needs; this page does the coding, and says in words what does not fit.
"number": as it stands; `cbind(a, b)` gives two responses. "binary": 0 and 1 or proportions; of two levels the
second is the success; `cbind(successes, failures)` gives proportions and weights. "classes": a column a level.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant.data.columns import FactorColumn, NumberColumn, shown, shown_rows
from pliant.data.evaluate import States, number
from pliant.data.formula import Call, Name, Node, variables
from pliant.data.table import Table
from pliant.errors import LevelError, ResponseError
from pliant.types import Array

MOST_CLASSES = 1_000


@dataclass(frozen=True)
class Response:
    """What is modelled, and how it was coded."""

    node: Node
    coding: str  # "number", "binary" or "classes"
    levels: tuple[str, ...]  # of classes, or (failure, success); none for numbers
    names: tuple[str, ...]  # of the columns of y

    @property
    def n_outputs(self) -> int:
        """Number of columns of y, and of the mean."""
        return len(self.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that it reads."""
        return variables(self.node)

    @property
    def parts(self) -> tuple[Node, ...]:
        """What is arithmetic, and may learn something; nothing where it names levels."""
        if self.levels:
            return ()
        return self.node.arguments if isinstance(self.node, Call) and self.node.function == "cbind" else (self.node,)

    @property
    def label(self) -> str:
        """How an axis calls it."""
        return f"{self.node} = {self.levels[1]}" if self.coding == "binary" and self.levels else str(self.node)

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can say; the node is that of the formula."""
        return {"coding": self.coding, "levels": self.levels, "names": self.names}

    @classmethod
    def from_dict(cls, node: Node, said: Mapping[str, Any]) -> "Response":
        """Build it again from `to_dict`."""
        return cls(node, said["coding"], tuple(said["levels"]), tuple(said["names"]))


def learn_response(node: Node, table: Table, coding: str) -> Response:
    """Decide how the response is coded.

    Raises
    ------
    ResponseError
        If the column is not of the kind that the family needs; says what it is and what to do.
    """
    if isinstance(node, Call) and node.function == "cbind":
        return _several(node, coding)
    column = table[node.name] if isinstance(node, Name) else None
    name = str(node)
    if coding == "classes":
        levels = _class_levels(name, column)
        return Response(node, coding, levels, levels)
    if not isinstance(column, FactorColumn):
        return Response(node, coding, (), (name,))
    if coding == "number":
        raise ResponseError(_text_response(name, column))
    if len(column.levels) != 2:
        listed = ", ".join(shown(level, 20) for level in column.levels[:5])
        more = " ..." if len(column.levels) > 5 else ""
        raise ResponseError(
            f"the response {shown(name)} has {len(column.levels)} level{'s' * (len(column.levels) != 1)} ({listed}"
            f"{more}); binomial takes two, multinomial more"
        )
    return Response(node, coding, column.levels, (name,))


def read_response(response: Response, table: Table, states: States) -> tuple[Array, Array | None]:
    """Give y (n, q), NaN where missing, and the trials (n,) of each row where the response has them.

    Raises
    ------
    LevelError
        If a level turns up that training did not have.
    """
    node = response.node
    if isinstance(node, Call) and node.function == "cbind":
        values = np.column_stack([number(part, table, states) for part in node.arguments])
        return _of_trials(values, table, node) if response.coding == "binary" else (values, None)
    if not response.levels:
        return number(node, table, states)[:, None], None
    assert isinstance(node, Name)
    codes = _codes(response, table, node.name)
    missing = codes < 0
    if response.coding == "binary":
        y = codes[:, None] * 1.0
    else:
        y = np.eye(len(response.levels))[np.where(missing, 0, codes)]
    y[missing] = np.nan
    return y, None


def _several(node: Call, coding: str) -> Response:
    names = tuple(str(part) for part in node.arguments)
    if coding == "number":
        return Response(node, coding, (), names)
    if coding == "binary" and len(names) == 2:
        return Response(node, coding, (), (names[0],))
    wanted = "cbind(successes, failures)" if coding == "binary" else "one column of classes"
    raise ResponseError(f"the response {shown(str(node))} does not fit the family, which takes {wanted}")


def _class_levels(name: str, column: object) -> tuple[str, ...]:
    """Give the levels of a factor, or the distinct values of whole numbers in their order."""
    if isinstance(column, FactorColumn):
        levels = column.levels
        if len(levels) > MOST_CLASSES:
            raise ResponseError(
                f"the response {shown(name)} has {len(levels):,} levels, more than {MOST_CLASSES:,}: if it names "
                "single rows it is no response, else join rare levels"
            )
    elif isinstance(column, NumberColumn):
        values = np.unique(column.values[~column.missing])
        if np.any(values != np.round(values)) or len(values) > MOST_CLASSES:
            raise ResponseError(
                f"the response {shown(name)} has {len(values)} different numbers; classes are text or whole numbers, "
                "and numbers that measure something are for family='gaussian'"
            )
        levels = tuple(str(int(value)) for value in values)
    else:
        raise ResponseError(f"classes are the levels of one column, not {shown(name)}")
    if len(levels) < 2:
        raise ResponseError(f"the response {shown(name)} has {len(levels)} level; classes need at least two")
    return levels


def _text_response(name: str, column: FactorColumn) -> str:
    family = "binomial" if len(column.levels) == 2 else "multinomial"
    kind = f"is {column.why}" if column.why else f"has the levels {', '.join(column.levels[:4])}"
    return f"the response {shown(name)} {kind}; this family takes numbers; for levels choose family='{family}'"


def _codes(response: Response, table: Table, name: str) -> Any:
    """Give the index of each row's level among those of training, -1 where missing."""
    column = table[name]
    if isinstance(column, NumberColumn):
        said = [None if np.isnan(v) else str(int(v)) if v == int(v) else str(v) for v in column.values]
        there = sorted({text for text in said if text is not None})
        at = {text: i for i, text in enumerate(there)}
        codes = np.array([-1 if text is None else at[text] for text in said], dtype=np.int64)
        levels: tuple[str, ...] = tuple(there)
    else:
        codes, levels = column.codes, column.levels
    known = set(response.levels)
    unknown = [i for i, level in enumerate(levels) if level not in known]
    for i in unknown:
        rows = np.flatnonzero(codes == i)
        if len(rows):
            raise LevelError(
                f"{table.source}: the response {shown(name)} has the level {shown(levels[i])} ({shown_rows(rows)}), "
                f"which the training rows do not have; they have {', '.join(response.levels[:8])}"
            )
    place = {level: i for i, level in enumerate(response.levels)}
    translate = np.array([place.get(level, -1) for level in levels] + [-1])
    return translate[codes]


def _of_trials(values: Array, table: Table, node: Call) -> tuple[Array, Array]:
    """Give the share of successes (n, 1) and the number of trials (n,)."""
    bad = np.flatnonzero(np.any(values < 0.0, axis=1))
    if len(bad):
        raise ResponseError(f"{table.source}: {node} has negative numbers ({shown_rows(bad)}); successes are counts")
    trials = np.sum(values, axis=1)
    share = values[:, :1] / np.where(trials == 0.0, 1.0, trials)[:, None]
    return share, trials
