"""Folds: which rows each member does not see."""

from typing import Any

import numpy as np

from pliant.errors import ArgumentError
from pliant.types import Array, IntArray

FOLDS = 10
EACH_ROW = 20  # below, every row is a fold of its own


def n_folds(n_rows: int, members: int | None = None) -> int:
    """Give the number of folds: ten, or as many as there are rows below twenty.

    Raises
    ------
    ArgumentError
        If it is less than 2 or more than the rows.
    """
    if members is None:
        return n_rows if n_rows < EACH_ROW else FOLDS
    if isinstance(members, bool) or not hasattr(members, "__index__") or not 2 <= int(members) <= n_rows:
        raise ArgumentError(f"members={members!r}: the members are fold fits, from 2 to one a row ({n_rows} here)")
    return int(members)


def draw_folds(
    count: int, y: Array, rng: np.random.Generator, classes: bool = False, groups: Any = None, in_order: bool = False
) -> IntArray:
    """Give the fold (n,) of each row, from 0 to count - 1, as even as can be.

    Parameters
    ----------
    count : int
    y : ndarray, shape (n, q)
        With `classes` the folds hold every class (or 0 and 1) in its share.
    rng : numpy.random.Generator
    classes : bool
    groups : array (n,), optional
        Rows of one group stay together.
    in_order : bool
        Folds are blocks of consecutive rows: for rows in the order of time.

    Raises
    ------
    ArgumentError
        If there are fewer groups than folds.
    """
    n = len(y)
    if groups is not None:
        _, codes = np.unique(np.asarray(groups), return_inverse=True)
        sizes = np.bincount(codes)
        if len(sizes) < count:
            raise ArgumentError(f"there are {len(sizes)} groups for {count} folds; ask for fewer members")
        fold_of, filled = np.empty(len(sizes), dtype=np.int64), np.zeros(count)
        shuffled = rng.permutation(len(sizes))
        for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
            fold_of[group] = np.argmin(filled)
            filled[fold_of[group]] += sizes[group]
        return fold_of[codes]
    if in_order:
        return np.arange(n) * count // n
    order = rng.permutation(n)
    if classes:
        level = np.argmax(y, axis=1) if y.shape[1] > 1 else (y[:, 0] > 0.5).astype(np.int64)
        order = order[np.argsort(level[order], kind="stable")]
    folds = np.empty(n, dtype=np.int64)
    folds[order] = np.arange(n) % count
    return folds
