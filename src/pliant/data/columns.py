"""The two kinds of column: numbers and factors.

A column knows its values and why it is what it is; it does not know the table or the file it came from.
Everything is one of two kinds because a formula asks one question of a column: is it a number, or does it
name groups? A boolean is a factor with the levels False and True, a date is a number of days.
"""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from pliant.errors import TableError
from pliant.types import Array, BoolArray, IntArray


def shown(text: object, width: int = 40) -> str:
    """Give a text as a message can show it: printable, on one line, quoted, at most `width` characters."""
    plain = "".join(c if c.isprintable() else "?" for c in str(text)[: width + 1])
    return f"'{plain[:width]}...'" if len(plain) > width else f"'{plain}'"


def shown_rows(rows: Iterable[int], most: int = 5) -> str:
    """Name rows, given from 0, as people count them: 'row 3', 'rows 3, 9 and 17', 'rows 3, 9 and 40 more'."""
    numbers = [int(row) + 1 for row in rows]
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    if len(numbers) > most:
        return f"rows {', '.join(map(str, numbers[:most]))} and {len(numbers) - most} more"
    return f"rows {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def nearest(name: str, names: Iterable[str]) -> str:
    """Give '; did you mean ...?' or, if there are few names, what there is."""
    known = list(names)
    folded = {known_name.casefold(): known_name for known_name in reversed(known)}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if found:
        return f"; did you mean {shown(folded[found[0]])}?"
    listed = ", ".join(shown(known_name) for known_name in known[:8])
    return f"; it has {listed}{' and others' if len(known) > 8 else ''}"


def check_names(wanted: Iterable[str], names: Collection[str], source: str) -> None:
    """Raise a TableError with the nearest name if a wanted column is not there."""
    for name in wanted:
        if name not in names:
            raise TableError(f"{source} has no column {shown(name)}{nearest(name, names)}")


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """A column of numbers, or of dates as days since 1970-01-01."""

    name: str
    values: Array  # (n,), NaN is missing
    is_date: bool = False
    problem: str | None = None  # why the column cannot be used; a Table raises it when the column is asked for

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def missing(self) -> BoolArray:
        """Which rows have no value, shape (n,)."""
        return np.isnan(self.values)

    def take(self, rows: IntArray) -> "NumberColumn":
        """Give the column of these rows, counted from 0."""
        return NumberColumn(self.name, self.values[rows], self.is_date, self.problem)

    def check_finite(self, source: str) -> None:
        """Raise a TableError that names the rows if any value is infinite."""
        infinite = np.flatnonzero(np.isinf(self.values))
        if len(infinite):
            what = "an infinite value" if len(infinite) == 1 else f"{len(infinite)} infinite values"
            raise TableError(
                f"{source}: column {shown(self.name)} has {what} ({shown_rows(infinite)}); "
                "replace them by numbers or leave them empty (missing)"
            )


@dataclass(frozen=True, eq=False)
class FactorColumn:
    """A column that names groups: text, a categorical, or a boolean."""

    name: str
    codes: IntArray  # (n,), index into levels, -1 is missing
    levels: tuple[str, ...]  # only levels that occur; a boolean always has two
    is_boolean: bool = False
    is_ordered: bool = False
    why: str = ""  # why a column that looks like numbers is text, naming the first rows; else empty

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @property
    def missing(self) -> BoolArray:
        """Which rows have no value, shape (n,)."""
        return np.asarray(self.codes < 0)

    def take(self, rows: IntArray) -> "FactorColumn":
        """Give the column of these rows, counted from 0; the levels stay."""
        return FactorColumn(self.name, self.codes[rows], self.levels, self.is_boolean, self.is_ordered, self.why)


Column = NumberColumn | FactorColumn


def unusable(name: str, n_rows: int, problem: str) -> NumberColumn:
    """Give a column that says what is wrong with it as soon as it is used, and not before."""
    return NumberColumn(name, np.full(n_rows, np.nan), problem=problem)


def exact_problem(position: int, value: object) -> str:
    """Say that a whole number is too large for a float64 to hold."""
    where = f"{shown_rows([position])}: {shown(value)}"
    return (
        f"holds whole numbers past 2^53 that cannot be kept exactly ({where}); "
        "if they are labels, write them as text, such as 'id7'; if they are numbers, divide them"
    )


def integers_to_floats(values: np.ndarray) -> tuple[Array, str | None]:
    """Give integers as float64, and the problem if one of them is not the same afterwards."""
    floats = values.astype(np.float64)
    if values.dtype.itemsize < 8 or not len(values):
        return floats, None
    large = np.flatnonzero(np.abs(floats) >= 2.0**53)
    for position in large:
        if int(floats[position]) != int(values[position]):
            return floats, exact_problem(int(position), int(values[position]))
    return floats, None
