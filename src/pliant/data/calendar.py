"""Dates in a formula: the year, month, weekday and hour of a day, and which of them a date stands for.

A date is a number, days since 1970-01-01 (in UTC where a time zone was given): its trend. A date that is a term by
its name stands for this trend and for the parts of the calendar that say something the trend does not. A part does
where its values come round again: a month that was seen in one year only cannot be told from the trend. The year
itself never comes round, and the trend with the months says all that it says.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from pliant.data.columns import NumberColumn
from pliant.data.formula import Call, Formula, Name, Node, Term, Terms, children, variables
from pliant.data.table import Table
from pliant.types import Array, BoolArray, IntArray

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_DAYS = 1e8  # beyond the year 270,000: no date, but seconds or milliseconds perhaps
MILLISECONDS = 86_400_000.0  # a day; times are rounded to one, as a time of day is not exact in days
ROUNDS = 2.0  # how often a value of a part must have come round, on average, to be told from the trend
ROWS = 10.0  # that a value of a part must have, on average

Dates = Mapping[str, tuple[str, ...]]  # of each date that is a term by its name: the parts that it stands for


def _moments(days: Array) -> IntArray:
    """Give days (n,) in whole milliseconds; 0 where missing."""
    return np.round(np.nan_to_num(days) * MILLISECONDS).astype(np.int64)


def _whole_days(days: Array) -> IntArray:
    """Give the day (n,) of each moment, since 1970-01-01."""
    return np.floor_divide(_moments(days), int(MILLISECONDS))


def _months(days: Array) -> IntArray:
    """Give the months (n,) since January 1970."""
    return _whole_days(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _year(days: Array) -> IntArray:
    """Give the year (n,): 2024."""
    return np.asarray(1970 + np.floor_divide(_months(days), 12))


def _month(days: Array) -> IntArray:
    """Give the place (n,) of the month in MONTHS."""
    return np.asarray(np.mod(_months(days), 12))


def _weekday(days: Array) -> IntArray:
    """Give the place (n,) of the weekday in WEEKDAYS; 1970-01-01 was a Thursday."""
    return np.asarray(np.mod(_whole_days(days) + 3, 7))


def _hour(days: Array) -> IntArray:
    """Give the hour (n,), from 0 to 23."""
    return np.asarray(np.mod(np.floor_divide(_moments(days), 3_600_000), 24))


PARTS: dict[str, Callable[[Array], IntArray]] = {"year": _year, "month": _month, "weekday": _weekday, "hour": _hour}
LEVELS = {"month": MONTHS, "weekday": WEEKDAYS}  # of the parts that name groups; the others are numbers
_ROUNDS_OF: dict[str, Callable[[Array], IntArray]] = {"month": _year, "weekday": _whole_days, "hour": _whole_days}


def date_parts(formula: Formula, terms: Terms, table: Table, training: BoolArray) -> dict[str, tuple[str, ...]]:
    """Give what each date stands for that is a term by its name, as far as there is more than its trend.

    month    where the months that occur have been seen in two years each, on average
    weekday  where the weekdays that occur have been seen twice each, on average, and the dates do not stand for
             months (all the first of one, or all the last)
    hour     where times of day differ, and the hours that occur have been seen on two days each, on average

    and there are ten rows for each of them, on average.

    Parameters
    ----------
    formula : Formula
        A part that it names itself is all that the date gets.
    terms : Terms
    table : Table
    training : ndarray of bool, shape (n,)
        The rows to go by.
    """
    chosen = _named_parts(formula.right)
    found = {}
    for name in dict.fromkeys(node.name for node in map(_name_of, terms.terms) if node is not None):
        column = None if table.in_block(name) or name in chosen else table[name]
        if not isinstance(column, NumberColumn) or not column.is_date:
            continue
        days = column.values[training & ~column.missing]
        parts = tuple(part for part in _ROUNDS_OF if _says_more(part, days))
        if parts:
            found[name] = parts
    return found


def with_dates(terms: Terms, dates: Dates) -> Terms:
    """Give the terms with the parts that dates stand for, each behind its date."""
    if not dates:
        return terms
    more: list[Term] = []
    for term in terms.terms:
        more.append(term)
        name = _name_of(term)
        if name is not None:
            more += [Term((Call(part, (name,)),), term.bends) for part in dates.get(name.name, ())]
    return replace(terms, terms=tuple(more))


def date_notes(dates: Dates) -> list[str]:
    """Say what each date stands for."""
    said = []
    for name, parts in dates.items():
        node = Name(name)
        *others, last = (f"{part}({node})" for part in parts)
        listed = f", {', '.join(others)} and {last}" if others else f" and {last}"
        said.append(
            f"{node} is a date: it stands for its trend (days since 1970){listed}; write I({node}) for the trend alone"
        )
    return said


def _name_of(term: Term) -> Name | None:
    """Give the name of a term that is a column by its name."""
    first = term.factors[0] if len(term.factors) == 1 else None
    return first if isinstance(first, Name) else None


def _says_more(part: str, days: Array) -> bool:
    """Say whether a part of these dates (n,) tells what the trend cannot."""
    values = PARTS[part](days)
    n_values = len(np.unique(values))
    if n_values < 2 or len(days) < ROWS * n_values or (part == "weekday" and _are_months(days)):
        return False
    rounds = np.unique(np.column_stack([values, _ROUNDS_OF[part](days)]), axis=0)
    return len(rounds) >= ROUNDS * n_values


def _are_months(days: Array) -> bool:
    """Say whether every date is the first day of a month, or every one the last."""
    own = _months(days)
    return bool(np.all(own != _months(days - 1.0)) or np.all(own != _months(days + 1.0)))


def _named_parts(node: Node) -> set[str]:
    """Give the columns of which a formula names a part of the calendar itself."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call) and node.function in PARTS:
            found.update(variables(node))
        waiting.extend(children(node))
    return found
