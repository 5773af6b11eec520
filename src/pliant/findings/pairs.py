"""What two columns give away together: the same column twice, and the response among the columns."""

from collections.abc import Iterator

import numpy as np

from pliant.data.columns import shown
from pliant.findings.columns import LEVEL_A_ROW, NAMED
from pliant.findings.record import Finding
from pliant.findings.view import View, centred_units
from pliant.types import Array, IntArray

ROUNDING = 1e-6  # share of a column's deviation that a line through another leaves, if it is the same column
LEAST_ROWS = 8  # below, few values agree by chance
MOST_PARTS = 50  # columns of which sums are looked at
RANKED = 50  # different values from which the same order is no chance
SHARED = 3.0  # rows a level from which levels with one response each are no chance


def duplicates(view: View) -> Iterator[Finding]:
    """Columns of the design matrix that are one another in other units, and factors with the same groups."""
    at = np.flatnonzero(view.holds_numbers)
    if view.n >= 3 and len(at) > 1:
        units, varies = centred_units(view.some_inputs[:, at])
        close = np.abs(units.T @ units) > 1.0 - ROUNDING
        close &= varies & varies[:, None]
        told: set[int] = set()
        for i, j in at[np.argwhere(np.triu(close, 1))].tolist():
            of_i, of_j = view.input_columns[i], view.input_columns[j]
            if j in told or not of_j or of_i == of_j:
                continue
            line = _line(view.inputs(i), view.inputs(j))
            if line is None:
                continue
            told.add(j)
            first, second = view.input_names[i], view.input_names[j]
            words = (
                f"{shown(second)} is {_formula(line, first)} in every row: it says nothing more; leave out one of them"
            )
            yield Finding("duplicate", (*of_i, *of_j), words)
    names = list(view.groups)
    for a, first in enumerate(names):
        for second in names[a + 1 :]:
            if _same_groups(view.groups[first][0], view.groups[second][0]):
                words = f"{shown(second)} has the groups of {shown(first)}: it says nothing more; leave out one of them"
                yield Finding("duplicate", (first, second), words)


def copies_of_the_response(view: View) -> Iterator[Finding]:
    """Columns that know the response of every row."""
    own = view.design.response.columns
    for name in set(own) & set(view.design.reads):
        words = f"column {shown(name)} is in the response and among the columns that explain it; leave it out there"
        yield Finding("copy of the response", (name,), words)
    y = view.response
    if y is None or view.n < 3 or len(np.unique(y[view.some])) < 2:
        return
    are_classes = view.design.response.coding == "classes"
    if not are_classes:
        copies = tuple(_same_numbers(view, y, set(own)))
        yield from copies or _made_of_columns(view, y, set(own))
    yield from _by_groups(view, y, set(own))


def _same_numbers(view: View, y: Array, own: set[str]) -> Iterator[Finding]:
    """Columns of the design matrix that are the response in other units, or in its order."""
    node = str(view.design.response.node)
    values, some = view.some_inputs, y[view.some]
    if values.shape[1] == 0:
        return
    units, varies = centred_units(np.column_stack([values, some]))
    closeness = np.abs(units[:, -1] @ units[:, :-1])
    distinct = len(np.unique(some))
    enough = view.n >= LEAST_ROWS if distinct < 4 else view.n >= 3 + 2 * (view.n < LEAST_ROWS)
    ranked = distinct >= RANKED
    order = np.argsort(some, kind="stable") if ranked else None
    for j in np.flatnonzero(varies[:-1]):
        columns, name = view.input_columns[j], view.input_names[j]
        if not columns or set(columns) & own:
            continue
        if enough and closeness[j] > 1.0 - ROUNDING:
            line = _line(view.inputs(int(j)), y)
            if line is not None:
                words = (
                    f"the response {shown(node)} is {_formula(line, name)} in every row: {shown(name)} is a copy of "
                    "it, which no new row will have; leave it out"
                )
                yield Finding("copy of the response", columns, words)
                continue
        if order is not None and closeness[j] > 0.5 and _same_order(values[order, j], some[order]):
            whole = np.argsort(y, kind="stable")
            if view.is_certain or _same_order(view.inputs(int(j))[whole], y[whole]):
                words = (
                    f"{shown(name)} puts all {view.n:,} rows in the order of the response {shown(node)}, without an "
                    "exception: it looks made from it; leave it out if a new row will not have it"
                )
                yield Finding("copy of the response", columns, words)


def _made_of_columns(view: View, y: Array, own: set[str]) -> Iterator[Finding]:
    """Several columns of numbers that add up to the response, as the parts of a total do."""
    at = np.flatnonzero(view.holds_numbers)
    if not 2 <= len(at) <= MOST_PARTS or len(view.some) < SHARED * (len(at) + 1) or len(np.unique(y[view.some])) < 4:
        return
    units, _ = centred_units(np.column_stack([view.some_inputs[:, at], y[view.some]]))
    weights = np.linalg.lstsq(units[:, :-1], units[:, -1], rcond=1e-9)[0]
    if np.linalg.norm(units[:, -1] - units[:, :-1] @ weights) > ROUNDING:
        return
    used = at[np.abs(weights) > ROUNDING]
    columns = tuple(dict.fromkeys(name for j in used for name in view.input_columns[j]))
    if len(used) < 2 or set(columns) & own:
        return
    named = ", ".join(shown(view.input_names[j]) for j in used[:NAMED]) + (" ..." if len(used) > NAMED else "")
    words = (
        f"the response {shown(str(view.design.response.node))} is a weighted sum of {named}, but for rounding: it is "
        "made from them; leave out those that a new row will not have"
    )
    yield Finding("copy of the response", columns, words)


def _by_groups(view: View, y: Array, own: set[str]) -> Iterator[Finding]:
    """Factors (and, for classes, numbers) of which every level has one response."""
    are_classes = view.design.response.coding == "classes"
    candidates = dict(view.groups)
    if are_classes:
        for name in view.plain:
            if view.distinct[name] <= 2 * view.arrays.y.shape[1]:
                distinct, codes = np.unique(view.values(name), return_inverse=True)
                candidates[name] = (codes, tuple(map(str, distinct)))
    for node, (codes, _) in candidates.items():
        if node in own or view.n < LEAST_ROWS:
            continue
        if not _determines(codes[view.some], y[view.some]) or not _determines(codes, y):
            continue
        levels = len(np.unique(codes))
        if levels < 2 or view.n < SHARED * levels or levels >= LEVEL_A_ROW * view.n:
            continue
        words = (
            f"each of the {levels} levels of {shown(node)} has one response in all its rows: it knows the response, "
            "and a new row's will not be known; leave it out"
        )
        yield Finding("copy of the response", (node,), words)


def _line(x: Array, y: Array) -> tuple[float, float] | None:
    """Give intercept and slope of y on x if all rows lie on that line, but for rounding."""
    units, varies = centred_units(np.column_stack([x, y]))
    if not varies.all():
        return None
    cosine = float(units[:, 0] @ units[:, 1])
    left = units[:, 1] - cosine * units[:, 0]
    if float(left @ left) > ROUNDING**2:
        return None
    slope = float((np.max(y) - np.min(y)) / (np.max(x) - np.min(x))) * float(np.sign(cosine))
    at = float(np.mean(y) - slope * np.mean(x))
    return (0.0 if abs(at) < ROUNDING * float(np.std(y)) else at), slope


def _formula(line: tuple[float, float], name: str) -> str:
    """Write a line in another column."""
    at, slope = line
    is_one = abs(slope - 1.0) < 1e-9
    said = name if is_one else f"-{name}" if abs(slope + 1.0) < 1e-9 else f"{slope:.6g} {name}"
    if at == 0.0:
        return f"equal to {said}" if is_one else said
    return f"{said} {'-' if at < 0.0 else '+'} {abs(at):.6g}"


def _same_order(x: Array, y: Array) -> bool:
    """Say whether x (m,) rises or falls with y (m,), which is sorted, and stays where it stays."""
    dx, dy = np.diff(x), np.diff(y)
    return bool(np.all(np.sign(dx) == np.sign(dy)) or np.all(np.sign(dx) == -np.sign(dy)))


def _determines(codes: IntArray, y: Array | IntArray) -> bool:
    """Say whether every group (n,) has one value of y (n,)."""
    order = np.argsort(codes, kind="stable")
    group, value = codes[order], y[order]
    return not np.any((group[1:] == group[:-1]) & (value[1:] != value[:-1]))


def _same_groups(a: IntArray, b: IntArray) -> bool:
    """Say whether two factors part the rows alike."""
    first = slice(0, 200)
    if not (_determines(a[first], b[first]) and _determines(b[first], a[first])):
        return False
    return len(np.unique(a)) > 1 and _determines(a, b) and _determines(b, a)
