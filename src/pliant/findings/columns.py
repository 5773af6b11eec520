"""What one column alone gives away: an identifier, a constant, a code for what is missing, one wild row."""

import re
from collections.abc import Iterator

import numpy as np

from pliant.data.columns import NumberColumn, shown
from pliant.data.formula import variables
from pliant.findings.record import Finding
from pliant.findings.view import View
from pliant.types import Array

LEAST_ROWS = 10  # below, whole numbers all different are nothing odd
LEVEL_A_ROW = 0.8  # levels a row from which a factor names rows
MOSTLY = 0.5  # missing, from which a column is
SPREADS = 1e3  # interquartile ranges that a wild row is away
CODES = (99.0, 999.0, 9999.0, 99999.0, -9.0, -99.0, -999.0, -9999.0, -99999.0)
APART = 2.0  # ranges of all other values that a code lies away from them
RARE = 0.05  # of the rows: a value that rare is no code of a group
NAMED = 3  # levels, values or columns that are named
ID_WORDS = (
    "id ids uid uuid guid key index idx row rows rowid rowname rownames rownum obs observation case caseid record "
    "recordid serial nr no num number subject patient participant respondent customer account unnamed"
)
TIME_WORDS = (
    "t time times year years yr month months week weeks day days date hour hours minute minutes second seconds "
    "period quarter trend age wave visit round step epoch generation dose distance depth position"
)


def identifiers(view: View) -> Iterator[Finding]:
    """Columns of numbers that name the rows, and factors with about a level a row."""
    if view.n >= LEAST_ROWS:
        for name in view.numbers:
            how = _numbers_rows(view, name)
            if how:
                words = f"column {shown(name)} {how}: it names rows and measures nothing; leave it out"
                yield Finding("identifier", (name,), words)
    for node, (codes, levels) in view.groups.items():
        present = int(np.count_nonzero(np.bincount(codes[codes >= 0], minlength=len(levels))))
        if view.n >= 5 and present >= LEVEL_A_ROW * view.n:
            words = (
                f"{shown(node)} has {present:,} levels in {view.n:,} rows: it names them and says nothing of new ones; "
                "leave it out, or group its levels"
            )
            yield Finding("identifier", _columns(view, node), words)


def _numbers_rows(view: View, name: str) -> str:
    """Say how a column of numbers names the rows, or give ''."""
    column = view.table[name]
    assert isinstance(column, NumberColumn)
    some = view.ordered[name]
    if column.is_date or view.distinct[name] < len(some) or not np.array_equal(some, np.round(some)):
        return ""
    words = [word.lower() for word in re.findall(r"[A-Za-z][a-z]*|[A-Z]+", name)]
    is_named, is_time = (any(word in known.split() for word in words) for known in (ID_WORDS, TIME_WORDS))
    by_dot = name not in variables(view.design.formula.right) and len(view.design.reads) > 1
    if is_time or not (is_named or by_dot):
        return ""
    values, n = column.values, column.n_rows
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low in (0.0, 1.0) and high - low == n - 1 and np.all(np.diff(values) == 1.0):
        return f"counts the rows, {low:.0f} to {high:.0f}"
    if is_named and len(np.unique(view.values(name))) == view.n:
        return f"has another whole number in each of {view.n:,} rows"
    return ""


def constants(view: View) -> Iterator[Finding]:
    """Columns with one value in every row that is used."""
    for name in view.numbers:
        value = view.ordered[name][0]
        if view.distinct[name] == 1 and (view.is_certain or np.all(view.values(name) == value)):
            words = f"column {shown(name)} is {value:g} in every row: it says nothing; leave it out"
            yield Finding("constant", (name,), words)
    for node, (codes, levels) in view.groups.items():
        if np.all(codes == codes[0]):
            words = f"{node} has one level, {shown(levels[codes[0]])}, in the rows that are left: it says nothing"
            yield Finding("constant", _columns(view, node), words)


def mostly_missing(view: View) -> Iterator[Finding]:
    """Columns that cost most of the rows, or are filled in most of them."""
    if view.is_whole and not view.design.fills:
        return
    for name in (*view.design.reads, *view.design.response.columns):
        share = float(np.mean(view.table[name].missing))
        if share <= MOSTLY:
            continue
        said = f"column {shown(name)} is missing in {share:.0%} of the rows"
        if name in view.design.fills:
            words = f"{said}, which are filled with one value; leave it out, or keep only whether it is missing"
        else:
            words = f"{said}, and these are dropped; leave it out, or give missing='impute'"
        yield Finding("mostly missing", (name,), words)


def codes_for_missing(view: View) -> Iterator[Finding]:
    """Numbers such as 999 that lie far from all others of their column."""
    for name in view.numbers:
        j = view.plain.get(name)
        ends = view.ordered[name][[0, -1]] if j is None else [end[j] for end in view.ends]
        for code in CODES:
            if code in ends and (found := _is_code(code, view.values(name))):
                words = (
                    f"column {shown(name)} is {code:g} in {found}, far from its other values: if that is a code for "
                    "missing, leave these cells empty"
                )
                yield Finding("code for missing", (name,), words)


def _is_code(code: float, values: Array) -> str:
    """Say in how many rows a code stands, if it lies far from the rest; else give ''."""
    at = values == code
    count = int(np.count_nonzero(at))
    rest = values[~at]
    if not count or len(rest) < 5 or (code < 0.0 and np.min(rest) < 0.0):
        return ""
    low, high = float(np.min(rest)), float(np.max(rest))
    gap = code - high if code > 0.0 else low - code
    if not (high > low and gap > APART * (high - low)):
        return ""
    return "1 row" if count == 1 else f"{count:,} rows"


def few_values(view: View) -> Iterator[Finding]:
    """Numbers that are 1, 2 and 3, or 0, 1 and 2: codes, as often as not."""
    for name in view.plain:
        if view.distinct[name] != 3 or view.n < 30:
            continue
        values, counts = np.unique(view.ordered[name], return_counts=True)
        if np.min(counts) < RARE * np.sum(counts):
            continue
        if values[0] not in (0.0, 1.0) or not np.all(np.diff(values) == 1.0):
            continue
        if not view.is_certain and not np.all(np.isin(view.values(name), values)):
            continue
        words = (
            f"column {shown(name)} has the values {values[0]:g}, {values[1]:g} and {values[2]:g}, taken as a number; "
            f"if they are codes of groups write factor({name})"
        )
        yield Finding("few values", (name,), words)


def wild_rows(view: View) -> Iterator[Finding]:
    """A row that lies a thousand interquartile ranges from the median, in a column that enters as it is."""
    for name, j in view.plain.items():
        some = view.ordered[name]
        lower, middle, upper = (float(some[int(q * (len(some) - 1))]) for q in (0.25, 0.5, 0.75))
        reach = SPREADS * (upper - lower)
        low, high = (float(ends[j]) for ends in view.ends)
        if not 0.0 < reach < np.inf or max(middle - low, high - middle) <= reach:
            continue
        values = view.arrays.X[:, j]
        at = int(np.argmax(values) if high - middle > middle - low else np.argmin(values))
        far = abs(values[at] - middle) / (upper - lower)
        remedy = f"; if it is right, take log({name})" if low > 0.0 else ""
        words = (
            f"column {shown(name)} is {values[at]:g} in row {view.arrays.rows[at] + 1}, {far:,.0f} interquartile "
            f"ranges from the median {middle:g}: see whether that is an error{remedy}"
        )
        yield Finding("wild row", (name,), words)


def lone_levels(view: View) -> Iterator[Finding]:
    """Levels that a single row has."""
    for node, (codes, levels) in view.groups.items():
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        lone = np.flatnonzero(counts == 1)
        present = int(np.count_nonzero(counts))
        if len(lone) == 0 or present >= LEVEL_A_ROW * view.n:
            continue
        named = ", ".join(shown(levels[i]) for i in lone[:NAMED]) + (" ..." if len(lone) > NAMED else "")
        which = "a level" if len(lone) == 1 else f"{len(lone)} levels"
        words = f"{shown(node)} has {which} with one row ({named}), which fits it alone; join rare levels"
        yield Finding("lone level", _columns(view, node), words)


def _columns(view: View, node: str) -> tuple[str, ...]:
    """Give the columns of the table that a factor of a term reads."""
    return next(variables(each) for each in view.nodes if str(each) == node)
