"""Groups: what a factor of a formula is once it has been read from a table.

Levels are texts everywhere; a number that names groups is printed. Known levels are kept by name, never by
position, so that a table with other levels, or in another order, means the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pliant.data.columns import nearest, shown, shown_rows
from pliant.data.formula import Setting
from pliant.errors import FormulaError, LevelError
from pliant.types import Array, IntArray

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Groups:
    """A factor of a term that names levels."""

    codes: IntArray  # (n,), index into levels, -1 is missing; the number of levels: counts as their average
    levels: tuple[str, ...]
    contrast: str = "treatment"  # "treatment", "sum", "helmert" or "poly"
    reference: int = 0  # index of the reference level; treatment only


def number_text(value: float) -> str:
    """Print a number as a level: 15 significant digits, as R; whole numbers in full.

    Examples
    --------
    >>> [number_text(value) for value in (1.0, 2.5, 0.1 + 0.2, 100000.0)]
    ['1', '2.5', '0.3', '100000']
    """
    if value == int(value) and abs(value) < 2.0**53:
        return str(int(value))
    return f"{value:.15g}"


def date_text(days: float) -> str:
    """Print a date as a level: 2024-02-29."""
    return str(np.datetime64(0, "D") + int(days) * _DAY) if days == int(days) else number_text(days)


def groups_of_numbers(values: Array, are_dates: bool) -> Groups:
    """Make groups of equal numbers (n,), the levels in the order of the numbers; NaN is missing."""
    codes = np.full(len(values), -1, dtype=np.int64)
    present = ~np.isnan(values)
    distinct, inverse = np.unique(values[present], return_inverse=True)
    texts = [date_text(value) if are_dates else number_text(value) for value in distinct.tolist()]
    levels = tuple(dict.fromkeys(texts))  # numbers that print alike are one level
    place = {level: index for index, level in enumerate(levels)}
    codes[present] = np.array([place[text] for text in texts], dtype=np.int64)[inverse]
    return Groups(codes, levels)


def used_levels(groups: Groups) -> list[str]:
    """Give the levels that occur, in their order."""
    counts = np.bincount(groups.codes[groups.codes >= 0], minlength=len(groups.levels))
    return [level for level, count in zip(groups.levels, counts[: len(groups.levels)], strict=True) if count]


def with_levels(groups: Groups, levels: Sequence[str], said: str, known_from: str) -> Groups:
    """Give the same groups coded by `levels`; the first of them is the reference.

    `said` says which column of which table the groups are, `known_from` where the levels are from.

    Raises
    ------
    LevelError
        If a row has another level; names level, rows and what is known.
    """
    place = {level: index for index, level in enumerate(levels)}
    unknown = [level for level in used_levels(groups) if level not in place]
    if unknown:
        rows = np.flatnonzero(groups.codes == groups.levels.index(unknown[0]))
        others = f" and {len(unknown) - 1} more that are" if len(unknown) > 1 else ", which is"
        listed = ", ".join(map(shown, levels[:8])) + (" and others" if len(levels) > 8 else "")
        raise LevelError(
            f"{said} has the level {shown(unknown[0])} ({shown_rows(rows)}){others} not among {known_from}: {listed}; "
            "correct the level or leave such rows out"
        )
    places = [place.get(level, -1) for level in groups.levels]
    moved = np.array([*places, len(levels), -1], dtype=np.int64)  # what counts as the average still does; -1 stays -1
    return replace(groups, codes=moved[groups.codes], levels=tuple(levels), reference=0)


def wanted_levels(setting: Setting) -> list[str]:
    """Give the levels of a setting as texts."""
    assert isinstance(setting, tuple)
    return [level if isinstance(level, str) else number_text(level) for level in setting]


def with_contrast(groups: Groups, contrast: Setting | None, ref: Setting | None, said: str) -> Groups:
    """Give the groups with the contrast and the reference level of `C(...)`, where these are given.

    Raises
    ------
    FormulaError
        If the reference is not a level, or the contrast has none.
    """
    if contrast is not None:
        groups = replace(groups, contrast=str(contrast))
    if ref is None:
        return groups
    if groups.contrast != "treatment":
        raise FormulaError(f"{said}: a {groups.contrast} contrast has no reference level; leave out ref or contrast")
    wanted = ref if isinstance(ref, str) else number_text(float(ref)) if isinstance(ref, (int, float)) else str(ref)
    if set(groups.levels) <= {"False", "True"}:
        wanted = wanted.capitalize()  # R writes TRUE
    if wanted not in groups.levels:
        raise FormulaError(f"{said}: {shown(wanted)} is not a level{nearest(wanted, groups.levels)}")
    return replace(groups, reference=groups.levels.index(wanted))
