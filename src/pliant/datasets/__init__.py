"""Small tables to try things on: the Palmer penguins, and two simulated ones whose truth is known.

`line` is the table that a straight line fits; `sine` is the one where it fails. They are drawn anew from a
seed, so nothing of them is shipped; `penguins` reads the file beside this page, whose source and licence are
in README.md there. All are given as frames, as `predict` gives its answers.
"""

from pathlib import Path
from typing import Any

import numpy as np

from pliant.data.table import make_frame
from pliant.errors import ArgumentError
from pliant.types import Array


def line(n: int = 100, seed: int = 0) -> Any:
    """Give points around a straight line.

    y = 2 x + 3 + noise, noise ~ N(0, 2^2), x evenly from -10 to 10

    Parameters
    ----------
    n : int
        Rows, at least 2.
    seed : int
        Of the noise; the same seed gives the same table.

    Returns
    -------
    polars.DataFrame
        Columns x and y.

    Raises
    ------
    ArgumentError
        If there are fewer than 2 rows, or the seed is negative.

    Examples
    --------
    >>> line(3)["x"].to_list()
    [-10.0, 0.0, 10.0]
    """
    x = _evenly(-10.0, 10.0, n)
    return make_frame({"x": x, "y": 2.0 * x + 3.0 + 2.0 * _noise(n, seed)}, "polars")


def sine(n: int = 100, seed: int = 0) -> Any:
    """Give points around a sine, which no straight line fits.

    y = 4 sin(x) + noise, noise ~ N(0, 1), x evenly from -5 to 5

    Parameters
    ----------
    n : int
        Rows, at least 2.
    seed : int
        Of the noise; the same seed gives the same table.

    Returns
    -------
    polars.DataFrame
        Columns x, y and truth, which is 4 sin(x).

    Raises
    ------
    ArgumentError
        If there are fewer than 2 rows, or the seed is negative.

    Examples
    --------
    >>> sine(3)["truth"].to_list()[1]
    0.0
    """
    x = _evenly(-5.0, 5.0, n)
    truth = 4.0 * np.sin(x)
    return make_frame({"x": x, "y": truth + _noise(n, seed), "truth": truth}, "polars")


def penguins() -> Any:
    """Give 344 penguins of three species, measured near Palmer Station, Antarctica, in 2007 to 2009.

    Returns
    -------
    polars.DataFrame
        Columns species, island, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex, year.
        Two penguins were not measured, and the sex of eleven is not known: these values are null.

    References
    ----------
    Horst, Hill and Gorman (2020), palmerpenguins, doi:10.5281/zenodo.3960218.
    Gorman, Williams and Fraser (2014), PLoS ONE 9(3):e90081, doi:10.1371/journal.pone.0090081.

    Examples
    --------
    >>> penguins().shape
    (344, 8)
    """
    import polars

    return polars.read_csv(penguins_path(), null_values="NA")


def penguins_path() -> Path:
    """Give the path of the penguins as a CSV file, for the command line."""
    return Path(__file__).with_name("penguins.csv")


def _evenly(low: float, high: float, n: int) -> Array:
    """Give n values, shape (n,), from low to high."""
    if n < 2:
        raise ArgumentError(f"n={n!r} is too few rows; ask for at least 2")
    return np.linspace(low, high, n)


def _noise(n: int, seed: int) -> Array:
    """Give n standard normal values, shape (n,)."""
    if seed < 0:
        raise ArgumentError(f"seed={seed!r} is negative; give 0 or more")
    return np.random.default_rng(seed).standard_normal(n)
