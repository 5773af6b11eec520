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
Labels = tuple[tuple[str, ...], tuple[str, ...]]  # pliant's and R's, one a column


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
    labels, r_labels = contrast_labels(levels, contrast, reference)
    return Contrast(_MATRICES[contrast](len(levels), reference), labels, r_labels)


def contrast_labels(levels: tuple[str, ...], contrast: str, reference: int = 0) -> Labels:
    """Name the columns of a contrast, as pliant does and as R does, without making them."""
    if contrast not in _LABELS:
        raise ArgumentError(f"contrast {contrast!r} is not known; choose one of {', '.join(_LABELS)}")
    return _LABELS[contrast](levels, reference)


def _full_labels(levels: tuple[str, ...], reference: int) -> Labels:
    return levels, _as_r(levels)


def _treatment_labels(levels: tuple[str, ...], reference: int) -> Labels:
    others = [i for i in range(len(levels)) if i != reference]
    shown = _as_r(levels)
    return tuple(f"T.{levels[i]}" for i in others), tuple(shown[i] for i in others)


def _sum_labels(levels: tuple[str, ...], reference: int) -> Labels:
    return tuple(f"S.{level}" for level in levels[:-1]), _counted(len(levels) - 1)


def _helmert_labels(levels: tuple[str, ...], reference: int) -> Labels:
    return tuple(f"H.{level}" for level in levels[1:]), _counted(len(levels) - 1)


def _poly_labels(levels: tuple[str, ...], reference: int) -> Labels:
    labels = (*_POWERS, *(f"^{power}" for power in range(4, len(levels))))[: max(len(levels) - 1, 0)]
    return labels, labels


def _full(count: int, reference: int) -> Array:
    return np.eye(count)


def _treatment(count: int, reference: int) -> Array:
    return np.eye(count)[:, [i for i in range(count) if i != reference]]


def _sum(count: int, reference: int) -> Array:
    matrix = np.eye(count)[:, :-1]
    matrix[-1] = -1.0
    return matrix


def _helmert(count: int, reference: int) -> Array:
    row, column = np.arange(count)[:, None], np.arange(count - 1)[None, :]
    return np.asarray((row == column + 1) * (column + 1.0) - (row <= column) * 1.0)


def _poly(count: int, reference: int) -> Array:
    if count < 2:
        return np.zeros((count, 0))
    steps = np.arange(1.0, count + 1.0)
    return apply_poly(steps, learn_poly(steps, {"degree": count - 1}))


def _counted(count: int) -> tuple[str, ...]:
    """Give R's names of columns that have none: 1, 2, ..."""
    return tuple(str(number + 1) for number in range(count))


def _as_r(levels: tuple[str, ...]) -> tuple[str, ...]:
    """Give levels as R writes them; those of a boolean are FALSE and TRUE."""
    return tuple(level.upper() for level in levels) if set(levels) <= {"False", "True"} else levels


_LABELS: dict[str, Callable[[tuple[str, ...], int], Labels]] = {
    "treatment": _treatment_labels,
    "full": _full_labels,
    "sum": _sum_labels,
    "helmert": _helmert_labels,
    "poly": _poly_labels,
}
_MATRICES: dict[str, Callable[[int, int], Array]] = {
    "treatment": _treatment,
    "full": _full,
    "sum": _sum,
    "helmert": _helmert,
    "poly": _poly,
}
