"""What response and rows give away: values that another family is for, and rows too few for what is estimated."""

from collections.abc import Iterator

import numpy as np

from pliant.data.columns import shown
from pliant.findings.record import Finding
from pliant.findings.view import View

ROWS_A_PARAMETER = 3.0
FEW_VALUES, FEW_FROM = 5, 50  # values of a response that is taken as a measurement, from so many rows
LEAST_FOR_TWO = 10  # rows from which two values are no chance
FEW_OF_A_CLASS = 3


def the_response(view: View, family: str) -> Iterator[Finding]:
    """A response that gaussian does not suit, that never changes, or a class that hardly occurs."""
    y, response = view.response, view.design.response
    if y is None:
        return
    name, columns = shown(str(response.node)), response.columns
    some = np.unique(y[view.some])
    if len(some) == 1 and (view.is_certain or np.all(y == some[0])):
        said = response.levels[int(some[0])] if response.levels else f"{some[0]:g}"
        yield Finding(
            "constant response", columns, f"the response {name} is {said} in every row: nothing is to explain"
        )
        return
    if response.coding == "classes":
        counts = np.sum(view.arrays.y, axis=0)
        for level, count in zip(response.levels, counts.tolist(), strict=True):
            if count < FEW_OF_A_CLASS:
                rows = f"{count:.0f} row{'s' * (count != 1.0)}"
                words = (
                    f"the class {shown(level)} has {rows}: too few to learn from; join it with another, or leave it out"
                )
                yield Finding("rare class", columns, words)
        return
    if family != "gaussian" or len(some) > FEW_VALUES or view.n < LEAST_FOR_TWO:
        return
    values = some if view.is_certain else np.unique(y)
    if len(values) == 2:
        code = "" if np.array_equal(values, (0.0, 1.0)) else f", with {values[1]:g} coded as 1,"
        words = (
            f"the response {name} has two values, {values[0]:g} and {values[1]:g}; family='binomial'{code} gives "
            "probabilities, gaussian leaves the range"
        )
        yield Finding("two responses", columns, words)
    elif len(values) <= FEW_VALUES and view.n >= FEW_FROM and np.array_equal(values, np.round(values)):
        listed = ", ".join(f"{value:g}" for value in values[:-1])
        words = (
            f"the response {name} has {len(values)} values, {listed} and {values[-1]:g}, taken as a measurement; "
            "counts are for family='poisson', classes for 'multinomial'"
        )
        yield Finding("few responses", columns, words)


def rows_a_parameter(view: View, parameters: float, what: str) -> Iterator[Finding]:
    """Fewer than three rows for each number that is estimated."""
    arrays, said = view.arrays, "rows"
    counts = 1.0 * (arrays.weights > 0.0) if arrays.frequencies is None else arrays.frequencies * (arrays.weights > 0.0)
    rows = float(np.sum(counts))
    y, response = view.response, view.design.response
    if response.coding == "binary" and y is not None and np.all((y == 0.0) | (y == 1.0)):
        ones = float(counts @ y)
        if rows > min(ones, rows - ones):
            rows, said = min(ones, rows - ones), "rows of the rarer outcome"
    if parameters > 0.0 and rows < ROWS_A_PARAMETER * parameters and rows > 0.0:
        words = (
            f"{rows:,.0f} {said} for {parameters:,.4g} {what}, {rows / parameters:.1f} each: below three a fit follows "
            "its rows; take fewer columns or levels, or regularise"
        )
        yield Finding("few rows", (), words)
