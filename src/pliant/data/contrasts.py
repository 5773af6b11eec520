"""Contrasts: how the levels of a factor become columns.

A contrast is a matrix with one row a level. A column that is written for every level ("full") is one too: the
identity. Which of them a term of a formula gets is decided in `matrix.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pliant.data.bases import apply_poly, learn_poly
from pliant.errors import ArgumentError
from pliant.types import Array

_POWERS = (".L", ".Q", ".C")  # R's names of linear, quadratic and cubic


@dataclass(frozen=True)
class Contrast:
    """The columns that stand for L levels."""

    matrix: Array  # (L, c)
    labels: tuple[str, ...]  # one a column: "T.b", "b" (full), "S.a", "H.b", ".L"
    r_labels: tuple[str, ...]  # as R writes them behind the name: "b", "b", "1", "1", ".L"


def contrast_matrix(levels: tuple[str, ...], contrast: str, reference: int = 0) -> Contrast:
    """Give the columns of a contrast.

    Parameters
    ----------
    levels : tuple of str
    contrast : {"treatment", "full", "sum", "helmert", "poly"}
        treatment: one column a level but the reference. full: one a level. sum: level against the mean of all,
        the last level is -1 everywhere. helmert: level against the mean of those before it. poly: orthonormal
        polynomials of 1, 2, ... L. All as R's `contr.treatment`, `contr.sum`, `contr.helmert`, `contr.poly`.
    reference : int
        Index of the reference level; treatment only.

    Returns
    -------
    Contrast
        One level has no column, except with "full".

    Examples
    --------
    >>> contrast_matrix(("a", "b", "c"), "helmert").matrix
    array([[-1., -1.],
           [ 1., -1.],
           [ 0.,  2.]])
    """
    if contrast not in _CONTRASTS:
        raise ArgumentError(f"contrast {contrast!r} is not known; choose one of {', '.join(_CONTRASTS)}")
    return _CONTRASTS[contrast](levels, reference)


def _full(levels: tuple[str, ...], reference: int) -> Contrast:
    return Contrast(np.eye(len(levels)), levels, _as_r(levels))


def _treatment(levels: tuple[str, ...], reference: int) -> Contrast:
    others = [i for i in range(len(levels)) if i != reference]
    shown = _as_r(levels)
    return Contrast(
        np.eye(len(levels))[:, others],
        tuple(f"T.{levels[i]}" for i in others),
        tuple(shown[i] for i in others),
    )


def _sum(levels: tuple[str, ...], reference: int) -> Contrast:
    matrix = np.eye(len(levels))[:, :-1]
    matrix[-1] = -1.0
    return Contrast(matrix, tuple(f"S.{level}" for level in levels[:-1]), _counted(len(levels) - 1))


def _helmert(levels: tuple[str, ...], reference: int) -> Contrast:
    row, column = np.arange(len(levels))[:, None], np.arange(len(levels) - 1)[None, :]
    matrix = (row == column + 1) * (column + 1.0) - (row <= column) * 1.0
    return Contrast(matrix, tuple(f"H.{level}" for level in levels[1:]), _counted(len(levels) - 1))


def _poly(levels: tuple[str, ...], reference: int) -> Contrast:
    count = len(levels)
    if count < 2:
        return Contrast(np.zeros((count, 0)), (), ())
    steps = np.arange(1.0, count + 1.0)
    matrix = apply_poly(steps, learn_poly(steps, {"degree": count - 1}))
    labels = (*_POWERS, *(f"^{power}" for power in range(4, count)))[: count - 1]
    return Contrast(matrix, labels, labels)


def _counted(count: int) -> tuple[str, ...]:
    """Give R's names of columns that have none: 1, 2, ..."""
    return tuple(str(number + 1) for number in range(count))


def _as_r(levels: tuple[str, ...]) -> tuple[str, ...]:
    """Give levels as R writes them; those of a boolean are FALSE and TRUE."""
    return tuple(level.upper() for level in levels) if set(levels) <= {"False", "True"} else levels


_CONTRASTS: dict[str, Callable[[tuple[str, ...], int], Contrast]] = {
    "treatment": _treatment,
    "full": _full,
    "sum": _sum,
    "helmert": _helmert,
    "poly": _poly,
}
