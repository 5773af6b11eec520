"""Whether numbers are of a size that a fit can compute with: neither so large nor so small that digits are lost.

A float64 goes to 1.8e308, and below 2.2e-308 it loses its digits one by one; a float32 goes to 3.4e38 and 1.2e-38.
Beyond, a square or a sum overflows in some corner of a fit, and what comes out is a warning of NumPy, a foreign error
or, worst, a number. So it is said here, with the column and the row, before anything is computed.
"""

import numpy as np

from pliant.data.arrays import Arrays
from pliant.data.columns import shown_rows
from pliant.data.design import Design
from pliant.errors import ArgumentError, ResponseError, TableError
from pliant.types import Array

COLUMNS, RESPONSE = (1e-150, 1e302), (1e-300, 1e302)  # of a line, which scales its columns
TRAINED = (1e-150, 1e150)  # where squares of the response are summed
MEMBERS = (1e-75, 1e75)  # where squares of variances are
SINGLE_SMALLEST, SINGLE_LARGEST = 1e-37, 1e37
SINGLE_SQUARED = 1e18
REMEDY = "give them in other units"
MOST_COLUMNS = 10_000  # the information of a line is a matrix of as many rows and columns: 800 MB


def check_sizes(design: Design, arrays: Arrays, trained: bool = False, members: bool = False) -> None:
    """See that every column of the design matrix, the response, the weights and the offset can be computed with.

    Parameters
    ----------
    design, arrays
        In the units of the user.
    trained, members : bool
        Whether squares of the response and the offset, and with members of the columns, are summed as they are.

    Raises
    ------
    TableError, ResponseError
        If one is too large, or all of it too small; names the column and the first rows.
    """
    if arrays.X.shape[1] > MOST_COLUMNS:
        raise TableError(
            f"the formula has {arrays.X.shape[1]:,} columns, and {MOST_COLUMNS:,} are the most that a fit can solve "
            "for; name those that matter, or join rare levels"
        )
    allowed = MEMBERS if members else COLUMNS
    sizes = np.maximum(np.max(arrays.X, axis=0, initial=0.0), -np.min(arrays.X, axis=0, initial=0.0))
    for j in np.flatnonzero((sizes > allowed[1]) | ((sizes < allowed[0]) & (sizes > 0.0))):
        raise TableError(_words(f"the column {design.names[j]!r}", arrays.X[:, j], arrays, allowed))
    allowed = MEMBERS if members else TRAINED if trained else RESPONSE
    if problem := _words(f"the response {design.response.label!r}", arrays.y, arrays, allowed):
        raise ResponseError(problem)
    if problem := _words("the offset", arrays.offset, arrays, (0.0, allowed[1])):
        raise TableError(problem)
    if problem := _words("the weights", arrays.weights, arrays, RESPONSE):
        raise TableError(problem)


def _words(what: str, values: Array, arrays: Arrays, allowed: tuple[float, float]) -> str:
    """Say what is too large, or too small as a whole, and in which rows; nothing where all is well."""
    smallest, largest = allowed
    by_row = np.max(np.abs(values.reshape(len(values), -1)), axis=1, initial=0.0)
    reached = float(np.max(by_row, initial=0.0))
    if reached > largest:
        where = shown_rows(arrays.rows[by_row > largest])
        return f"a number of {what} reaches {reached:.3g} ({where}): squares overflow beyond {largest:g}; {REMEDY}"
    if 0.0 < reached < smallest:
        return f"no number of {what} is above {reached:.3g} in size, and squares vanish below {smallest:g}; {REMEDY}"
    return ""


def check_single(design: Design, X: Array, y: Array, offset: Array, weights: Array) -> None:
    """See that what is trained on, in the units of training, is left whole by 32 bits a number.

    Raises
    ------
    ArgumentError
        If a number becomes infinite, or all of a column 0; names the column and the remedy.
    """
    inputs = design.names[design.has_intercept :]
    named = [(f"the column {inputs[j] if j < len(inputs) else j!r}", X[:, j]) for j in range(X.shape[1])]
    named += [(f"the response {design.response.label!r}", y), ("the offset", offset), ("the weights", weights)]
    for what, values in named:
        reached = float(np.max(np.abs(values), initial=0.0))
        largest = SINGLE_LARGEST if what.startswith("the col") else SINGLE_SQUARED
        small = 0.0 < reached < SINGLE_SMALLEST and what != "the offset"
        if reached > largest or small:
            limit = "beyond" if not small else "below"
            raise ArgumentError(
                f"precision='float32' cannot hold {what}: it reaches {reached:.3g}, {limit} "
                f"{SINGLE_SMALLEST if small else largest:g}; give precision='float64', standardise=True, or other units"
            )
